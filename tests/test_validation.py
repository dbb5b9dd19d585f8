"""Validation: planted faults are found, nothing else is, and --fix loses nothing."""

import csv
import io
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wardrobe.errors import DatasetError
from wardrobe.labels import Attribute, LabelSpace
from wardrobe.manifest import Item, Manifest
from wardrobe.validation import validate
from wardrobe.validation.duplicates import duplicate_groups
from wardrobe.validation.findings import KINDS
from wardrobe.validation.pictures import inspect, inspect_pictures
from wardrobe.validation.quarantine import quarantine
from wardrobe.validation.report import as_text, write_report

COLOUR = Attribute("colour", "multi", ("Red", "Blue"))
SPACE = LabelSpace((Attribute("article_type", "single", ("Shirts", "Tshirts", "Hats")), COLOUR))
SPACE_WITH_SLIPS = LabelSpace(
    (
        Attribute("article_type", "single", ("Shirts", "Tshirts", "Hats", "T-Shirts", "Shirt")),
        COLOUR,
    )
)
MINIMUM_COUNT = 3


def photograph(seed, swap_colours=False):
    """A picture of soft random blotches; the colourway has the same brightness and other hues."""
    generator = np.random.default_rng(seed)
    blotches = Image.fromarray(generator.integers(0, 256, (32, 24, 3), np.uint8))
    picture = blotches.resize((96, 128), Image.Resampling.BICUBIC).convert("YCbCr")
    if swap_colours:
        brightness, blue, red = picture.split()
        picture = Image.merge("YCbCr", (brightness, red, blue))
    return picture.convert("RGB")


def encoded(picture, picture_format="JPEG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, picture_format, **options)
    return buffer.getvalue()


class Dataset:
    """A root under construction."""

    def __init__(self, root):
        self.root = root
        self.items = []
        self.space = SPACE

    def add(
        self,
        name,
        *article_types,
        colour=("Red",),
        split="train",
        caption="A thing",
        content=None,
    ):
        if content is None:
            content = encoded(photograph(len(self.items)), quality=90)
        if content:
            (self.root / name).write_bytes(content)
        labels = {"article_type": article_types, "colour": colour}
        known = {attribute: answers for attribute, answers in labels.items() if answers}
        self.items.append(Item(name, split, caption, known))

    def manifest(self):
        manifest = Manifest(self.root, tuple(self.items), self.space)
        manifest.save()
        return manifest


@pytest.fixture
def dataset(tmp_path):
    """Sixty faultless items."""
    dataset = Dataset(tmp_path)
    for number in range(60):
        article_type = "Tshirts" if number % 2 else "Shirts"
        colour = ("Blue",) if number % 3 else ("Red", "Blue")
        split = "train" if number % 5 else "val"
        dataset.add(f"{number}.jpg", article_type, colour=colour, split=split)
    for number in range(3):
        dataset.add(f"hat{number}.jpg", "Hats")
    return dataset


def validated(manifest):
    """Returns the findings as {kind: [(names concerned, names taken out)]}, without rare labels."""
    pictures = inspect_pictures(manifest)
    findings = validate(manifest, pictures, duplicate_groups(pictures), MINIMUM_COUNT)
    found = defaultdict(list)
    for finding in findings:
        assert finding.kind in KINDS
        names, taken = (
            {manifest.items[position].image_path for position in positions}
            for positions in (finding.items, finding.quarantine)
        )
        if finding.kind != "rare_label":
            found[finding.kind].append((names, taken))
    return findings, dict(found)


def taken_out(name):
    return [({name}, {name})]


def test_a_faultless_dataset_has_no_findings(dataset):
    assert validated(dataset.manifest()) == ([], {})


def plant_faults(dataset):
    """Adds a fault of every kind and returns what validation must say, like `validated`."""
    dataset.space = SPACE_WITH_SLIPS
    add = dataset.add
    good = encoded(photograph(1000))
    add("truncated.jpg", "Shirts", content=good[: len(good) // 2])
    add("text.jpg", "Shirts", content=b"not a picture")
    add("missing.jpg", "Shirts", content=b"")
    add("really.png.jpg", "Shirts", content=encoded(photograph(1001), "PNG"))

    second, fourth, held_out = (dataset.root / name for name in ("2.jpg", "4.jpg", "10.jpg"))
    smaller = encoded(Image.open(fourth).resize((72, 96)), quality=80)
    add("copy.jpg", "Shirts", colour=("Blue",), content=second.read_bytes())
    add("smaller.jpg", "Shirts", colour=("Blue",), content=smaller)
    add("colourway.jpg", "Shirts", content=encoded(photograph(4, swap_colours=True)))
    add("leak.jpg", "Shirts", colour=("Blue",), content=held_out.read_bytes())
    add("tested.jpg", "Shirts", split="test", content=encoded(photograph(1002)))
    add("validated.jpg", "Shirts", split="val", content=encoded(photograph(1002), quality=50))
    add("hat.jpg", "Hats", content=encoded(photograph(1003)))
    add("shirt.jpg", "Shirts", content=encoded(photograph(1003)))

    add("unknown.jpg", "Tshrts")
    add("misspelt.jpg", "T-Shirts")
    add("similar.jpg", "Shirt")
    add("two.jpg", "Shirts", "Hats")
    add("typeless.jpg")
    add("mute.jpg", "Shirts", caption="")
    add("nothing.jpg", colour=(), caption="")
    for number in range(5):
        add(f"overlap{number}.jpg", "Shirts", caption="Nice t-shirts for summer")
    return {
        "unreadable_picture": [
            *taken_out("truncated.jpg"),
            *taken_out("text.jpg"),
            *taken_out("missing.jpg"),
        ],
        "wrong_extension": taken_out("really.png.jpg"),
        "exact_duplicate": [
            ({"2.jpg", "copy.jpg"}, {"copy.jpg"}),
            ({"hat.jpg", "shirt.jpg"}, {"shirt.jpg"}),
        ],
        "near_duplicate": [({"4.jpg", "smaller.jpg"}, {"smaller.jpg"})],
        "duplicate_across_splits": [
            ({"10.jpg", "leak.jpg"}, {"leak.jpg"}),
            ({"tested.jpg", "validated.jpg"}, {"validated.jpg"}),
        ],
        "contradictory_labels": [({"hat.jpg", "shirt.jpg"}, {"hat.jpg", "shirt.jpg"})],
        "unknown_label": taken_out("unknown.jpg"),
        "misspelt_label": taken_out("misspelt.jpg"),
        "several_labels": taken_out("two.jpg"),
        "nothing_known": taken_out("nothing.jpg"),
        "similar_label": [({"similar.jpg"}, set())],
        "overlapping_labels": 2 * [({f"overlap{number}.jpg" for number in range(5)}, set())],
        "empty_attribute": [
            ({"typeless.jpg", "nothing.jpg"}, set()),
            ({"nothing.jpg"}, set()),
        ],
        "empty_caption": [({"mute.jpg", "nothing.jpg"}, set())],
    }


def test_planted_faults_are_found_and_nothing_else(dataset):
    expected = plant_faults(dataset)
    findings, found = validated(dataset.manifest())
    assert found == expected
    assert set(found) | {"rare_label"} == set(KINDS)
    messages = [finding.message for finding in findings]
    assert "article_type=Tshrts is not in labels.json; Tshirts?" in messages
    assert "article_type=T-Shirts (1); Tshirts (30)?" in messages
    assert "article_type=Shirts: 5 of 48 captions speak of Tshirts instead" in messages
    assert "really.png.jpg should end in .png" in messages
    assert "hat.jpg = shirt.jpg: article_type Hats or Shirts" in messages


def test_of_duplicates_one_without_other_faults_stays(dataset):
    picture = encoded(photograph(2000), "PNG")
    dataset.add("misnamed.jpg", "Hats", split="test", content=picture)
    dataset.add("unknown.png", "Hot", split="val", content=picture)
    dataset.add("good.png", "Hats", content=picture)
    left = quarantine(dataset.manifest(), validated(dataset.manifest())[0])
    assert left.items[-1].image_path == "good.png"
    assert len(left.items) == 64


def test_rare_labels_are_counted(dataset):
    dataset.add("one.jpg", colour=("Red",))
    manifest = dataset.manifest()
    pictures = inspect_pictures(manifest)
    counts = {"Shirts": 30, "Tshirts": 30, "Hats": 3, "Red": 24, "Blue": 60}
    for minimum in (1, 4, 31, 100):
        findings = validate(manifest, pictures, duplicate_groups(pictures), minimum)
        rare = {f.message.split("=")[1].split(":")[0] for f in findings if f.kind == "rare_label"}
        assert rare == {label for label, count in counts.items() if count < minimum}


def test_every_kind_is_explained():
    guide = (Path(__file__).parents[1] / "docs" / "data.md").read_text()
    assert [line.split("`")[1] for line in guide.splitlines() if line.startswith("| `")] == [*KINDS]


def rows_of(path):
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle))


def test_fixing_leaves_a_clean_root_and_loses_nothing(dataset):
    plant_faults(dataset)
    manifest = dataset.manifest()
    before = rows_of(manifest.root / "manifest.csv")
    findings, _ = validated(manifest)
    left = quarantine(manifest, findings)

    assert Manifest.load(manifest.root) == left
    again, _ = validated(left)
    assert [finding for finding in again if finding.quarantine] == []
    assert left.label_space.attributes[0].labels == ("Shirts", "Tshirts", "Hats", "Shirt")

    quarantined = rows_of(manifest.root / "quarantine.csv")
    reasons = {row["image_path"]: row.pop("reason") for row in quarantined}
    assert reasons["copy.jpg"] == "exact_duplicate: 2.jpg = copy.jpg"
    assert reasons["shirt.jpg"] == (
        "exact_duplicate: hat.jpg = shirt.jpg | "
        "contradictory_labels: hat.jpg = shirt.jpg: article_type Hats or Shirts"
    )
    together = rows_of(manifest.root / "manifest.csv") + quarantined

    def path_of(row):
        return row["image_path"]

    assert sorted(together, key=path_of) == sorted(before, key=path_of)


def test_a_second_quarantine_adds_to_the_first(dataset):
    dataset.add("text.jpg", content=b"no")
    left = quarantine(dataset.manifest(), validated(dataset.manifest())[0])
    (left.root / "0.jpg").write_bytes(b"broken since")
    quarantine(left, validated(left)[0])
    rows = rows_of(left.root / "quarantine.csv")
    assert [row["image_path"] for row in rows] == ["text.jpg", "0.jpg"]


def test_a_crash_between_quarantine_and_manifest_is_mended_by_the_next_run(dataset, monkeypatch):
    dataset.add("text.jpg", content=b"no")
    manifest = dataset.manifest()
    findings, _ = validated(manifest)

    def crash(self):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Manifest, "save", crash)
        with pytest.raises(KeyboardInterrupt):
            quarantine(manifest, findings)
    assert Manifest.load(manifest.root) == manifest
    left = quarantine(manifest, findings)
    assert len(left.items) == len(manifest.items) - 1
    assert [row["image_path"] for row in rows_of(left.root / "quarantine.csv")] == ["text.jpg"]


def test_a_dataset_of_faults_alone_is_left_as_it_is(dataset):
    dataset.items.clear()
    dataset.add("text.jpg", content=b"no")
    manifest = dataset.manifest()
    with pytest.raises(DatasetError, match="every one of the 1 items"):
        quarantine(manifest, validated(manifest)[0])
    assert Manifest.load(manifest.root) == manifest


def test_a_phone_picture_of_several_views_may_be_called_jpg(tmp_path):
    views = [photograph(seed) for seed in (0, 1)]
    views[0].save(tmp_path / "phone.jpg", "MPO", save_all=True, append_images=views[1:])
    picture = inspect(tmp_path / "phone.jpg")
    assert picture.error is None
    assert ".jpg" in picture.extensions


def test_the_report_shows_offenders_and_escapes_what_it_quotes(dataset):
    plant_faults(dataset)
    dataset.add("<script>alert(1)<_script>.jpg", "Tshrts")
    for number in range(20):
        dataset.add(f"twin{number}.jpg", content=(dataset.root / "6.jpg").read_bytes())
    manifest = dataset.manifest()
    findings, _ = validated(manifest)
    pictures = inspect_pictures(manifest)
    write_report(manifest, pictures, findings)
    html = (manifest.root / "validation.html").read_text()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert 'src="data:image/jpeg;base64,' in html
    assert "unreadable</div>" in html
    assert "6 of 21 pictures shown" in html
    text = as_text(manifest, pictures, findings)
    row = next(line for line in text.splitlines() if line.startswith("unreadable_picture"))
    assert row.split() == ["unreadable_picture", "3", "3", "3", "quarantined"]
    assert all(kind in text and kind in html for kind in KINDS)
