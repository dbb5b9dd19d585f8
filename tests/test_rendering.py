"""The drawn catalogue: what its labels and captions say is what its pictures show."""

import hashlib
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from wardrobe import images
from wardrobe.errors import DatasetError
from wardrobe.manifest import Manifest
from wardrobe.rendering import (
    ARTICLE_TYPES,
    COMBINATIONS,
    Garment,
    draw_garment,
    natural_name,
    write_catalogue,
)
from wardrobe.rendering.captions import caption
from wardrobe.rendering.catalogue import plan

COUNT = 40

# What a person would call these colours, written down apart from the drawing code.
NAMED_COLOURS = {
    "Black": (25, 25, 28),
    "White": (248, 248, 246),
    "Grey": (145, 147, 150),
    "Navy Blue": (28, 38, 88),
    "Blue": (45, 105, 200),
    "Red": (205, 30, 40),
    "Green": (42, 132, 68),
    "Yellow": (246, 208, 60),
    "Pink": (240, 142, 178),
    "Purple": (116, 64, 156),
    "Brown": (112, 70, 42),
    "Beige": (216, 196, 162),
    "Orange": (240, 124, 36),
    "Maroon": (114, 22, 42),
}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    return write_catalogue(tmp_path_factory.mktemp("drawn"), COUNT, seed=3, size=96)


def digests(manifest):
    return {
        item.image_path: hashlib.sha256(manifest.path_of(item).read_bytes()).hexdigest()
        for item in manifest.items
    }


def to_lab(rgb):
    linear = np.where(rgb > 10.31, ((rgb / 255 + 0.055) / 1.055) ** 2.4, rgb / 255 / 12.92)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = linear @ to_xyz.T / (0.95047, 1, 1.08883)
    x, y, z = np.moveaxis(np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def named_colours_shown(garment):
    """Returns how much of the garment is nearest to each named colour, background left out."""
    lab = to_lab(np.asarray(draw_garment(garment, 128), np.float64))
    backdrop = (lab[:, :2].mean(axis=1) + lab[:, -2:].mean(axis=1)) / 2  # row by row
    shown = lab[np.abs(lab - backdrop[:, None]).max(axis=-1) > 2.5]
    names = to_lab(np.array(list(NAMED_COLOURS.values()), np.float64))
    nearest = np.linalg.norm(shown[:, None] - names, axis=-1).argmin(axis=1)
    return Counter(np.array(list(NAMED_COLOURS))[nearest].tolist())


def test_same_seed_gives_the_same_bytes(catalogue, tmp_path):
    again = write_catalogue(tmp_path, COUNT, seed=3, size=96)
    assert digests(again) == digests(catalogue)
    assert (tmp_path / "manifest.csv").read_bytes() == (
        catalogue.root / "manifest.csv"
    ).read_bytes()


def test_longer_catalogue_begins_with_the_shorter_one(catalogue, tmp_path):
    longer = write_catalogue(tmp_path, COUNT + 5, seed=3, size=96)
    assert longer.items[:COUNT] == catalogue.items
    assert digests(catalogue).items() <= digests(longer).items()


def test_another_seed_gives_other_pictures(catalogue, tmp_path):
    other = write_catalogue(tmp_path, COUNT, seed=4, size=96)
    assert not set(digests(other).values()) & set(digests(catalogue).values())


def test_manifest_on_disk_is_the_one_returned(catalogue):
    assert Manifest.load(catalogue.root) == catalogue


def test_every_picture_is_there_and_nothing_else(catalogue):
    written = {path.name for path in (catalogue.root / "images").iterdir()}
    assert written == {catalogue.path_of(item).name for item in catalogue.items}
    for item in catalogue.items:
        assert images.read(catalogue.path_of(item)).size == (96, 96)


def test_labels_survive_the_label_space(catalogue):
    targets, _ = catalogue.label_space.encode([item.labels for item in catalogue.items])
    for row, item in zip(targets, catalogue.items, strict=True):
        decoded = catalogue.label_space.decode(row)
        assert {name: set(labels) for name, labels in decoded.items()} == {
            name: set(labels) for name, labels in item.labels.items()
        }


def test_file_names_say_what_is_drawn(catalogue):
    for item in catalogue.items:
        for attribute in ("article_type", "colour", "pattern"):
            (label,) = item.labels[attribute]
            assert label.lower().replace(" ", "-") in item.image_path


def test_every_type_comes_in_every_colour():
    assert len(ARTICLE_TYPES) >= 20
    drawn = {(g.article_type, g.colour) for g, _ in plan(len(COMBINATIONS), seed=1)}
    assert drawn == {(kind, colour) for kind in ARTICLE_TYPES for colour in NAMED_COLOURS}


def test_splits_are_near_80_10_10_and_train_has_every_combination():
    planned = list(plan(2 * len(COMBINATIONS), seed=5))
    shares = Counter(split for _, split in planned)
    assert shares["train"] / len(planned) == pytest.approx(0.8, abs=0.01)
    assert shares["val"] / len(planned) == pytest.approx(0.1, abs=0.01)
    trained = {(g.article_type, g.colour) for g, split in planned if split == "train"}
    assert len(trained) == len(COMBINATIONS)


def test_no_two_pictures_are_the_same():
    garments = [garment for garment, _ in plan(2 * len(COMBINATIONS), seed=0)]
    assert len(set(garments)) == len(garments)
    twins = [replace(garments[0], seed=seed) for seed in range(5)]
    assert len({draw_garment(twin, 64).tobytes() for twin in twins}) == len(twins)


def test_a_garment_is_drawn_the_same_every_time():
    garment = Garment(
        "Shirts", "Navy Blue", "Striped", "Long", details=("Buttons", "Collar"), seed=7
    )
    assert draw_garment(garment, 64).tobytes() == draw_garment(garment, 64).tobytes()


@pytest.mark.parametrize("article_type", ARTICLE_TYPES)
def test_solid_garments_show_the_colour_they_are_labelled_with(article_type):
    shape = next(g for g, _ in plan(len(COMBINATIONS), seed=0) if g.article_type == article_type)
    start = list(ARTICLE_TYPES).index(article_type) % 3  # a third of the colours each
    for seed, colour in enumerate(list(NAMED_COLOURS)[start::3]):
        shown = named_colours_shown(replace(shape, colour=colour, pattern="Solid", seed=seed))
        neutral = {"Black", "Grey", "White"} - {colour}  # lenses, dials, soles, buckles, shadows
        loudest = max((c for c in shown if c not in neutral), key=shown.__getitem__)
        if colour in ("Black", "Grey", "White"):
            loudest = shown.most_common(2)
            assert colour in dict(loudest), (colour, loudest)
        else:
            assert loudest == colour, (colour, shown.most_common(3))


@pytest.mark.parametrize(
    ("article_type", "field", "fewer", "more"),
    [
        ("Shirts", "sleeve_length", "Short", "Long"),
        ("Dresses", "sleeve_length", "Sleeveless", "Long"),
        ("Jeans", "leg_length", "Cropped", "Full"),
        ("Shorts", "leg_length", "Short", "Knee"),
    ],
)
def test_longer_sleeves_and_legs_cover_more(article_type, field, fewer, more):
    garment = next(g for g, _ in plan(400, seed=0) if g.article_type == article_type)

    def covered(label):
        lab = to_lab(
            np.asarray(draw_garment(replace(garment, **{field: label}, colour="Red"), 128))
        )
        return (lab[..., 1] > 20).sum()  # red on a neutral background

    assert covered(more) > 1.12 * covered(fewer)


def test_each_detail_changes_the_drawing():
    for kind in ARTICLE_TYPES.values():
        optional = {d for choice in kind.details if () in choice for a in choice for d in a}
        plain = Garment(kind.name, "Blue", "Solid", *first_lengths(kind), seed=1)
        for detail in optional:
            drawn = draw_garment(replace(plain, details=(detail,)), 64)
            assert drawn.tobytes() != draw_garment(plain, 64).tobytes(), (kind.name, detail)


def first_lengths(kind):
    return (kind.sleeve_lengths or ("",))[0], (kind.leg_lengths or ("",))[0]


def test_captions_name_colour_and_garment():
    wordings = set()
    for garment, _ in plan(3 * len(COMBINATIONS), seed=2):
        text = caption(garment)
        assert garment.colour.lower() in text.lower()
        assert text.lower().split(" with ")[0].endswith(natural_name(garment.article_type))
        assert text[0].isupper()
        assert "  " not in text
        wordings.add(text)
    assert len(wordings) > 2 * len(COMBINATIONS)


def test_natural_names_are_singular_where_a_person_would_say_so():
    assert natural_name("Shirts") == "shirt"
    assert natural_name("Jeans") == "jeans"
    assert natural_name("Watches") == "watch"


@pytest.mark.parametrize(("count", "size"), [(0, 256), (10, 8), (10, 5000)])
def test_impossible_catalogues_are_refused(tmp_path, count, size):
    with pytest.raises(DatasetError, match="count is|size is"):
        write_catalogue(tmp_path, count, size=size)
    assert not list(tmp_path.iterdir())
