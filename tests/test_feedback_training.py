"""Feedback reaches training: prepare_dataset.py feedback → targets and masks."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wardrobe import preparation
from wardrobe.errors import DatasetError
from wardrobe.feedback import FeedbackStore, TagJudgement
from wardrobe.files import sha256_of
from wardrobe.labels import Attribute, LabelSpace
from wardrobe.manifest import Item, Manifest
from wardrobe.training.dataset import load_dataset

SPACE = LabelSpace(
    (
        Attribute("colour", "single", ("Red", "Green", "Blue")),
        Attribute("details", "multi", ("Belt", "Hood")),
    )
)


def draw(path: Path, seed: int) -> Path:
    noise = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), np.uint8)
    Image.fromarray(noise).resize((48, 48)).save(path)
    return path


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Eight pictures, the last two in `val`, and `new.png` and `other.png` that are not in it."""
    root = tmp_path / "shop"
    root.mkdir()
    colours = ("Red", "Green", "Blue", "Red", "Green", "Blue", "Red", "Green")
    items = tuple(
        Item(
            draw(root / f"{number}.png", number).name,
            "val" if number > 5 else "train",
            f"item {number}",
            {"colour": (colour,), "details": ("Belt", "Hood")},
        )
        for number, colour in enumerate(colours)
    )
    draw(root / "new.png", 90)
    draw(root / "other.png", 91)
    Manifest(root, items, SPACE).save()
    return root


@pytest.fixture
def correct(shop: Path, tmp_path: Path):
    """Judges tags of pictures, and returns the root of the corrected dataset."""

    def run(*judgements: tuple[str, str, bool]) -> Path:
        store = FeedbackStore(tmp_path / "feedback.sqlite")
        for name, tag, accepted in judgements:
            attribute, _, label = tag.partition("=")
            path = shop / name
            shared = {"item_id": name, "image_path": path, "sha256": sha256_of(path)}
            own = {"attribute": attribute, "label": label, "accepted": accepted}
            store.add_tag(TagJudgement(**shared, **own, fingerprint="f"))
        store.close()
        source = [str(tmp_path / "feedback.sqlite"), str(shop)]
        flags = ["--root", str(tmp_path), "--name", "corrected"]
        assert preparation.main(["feedback", *source, *flags]) == 0
        return tmp_path / "corrected"

    return run


def test_judged_tags_change_targets_and_masks(shop, correct, capsys) -> None:
    root = correct(
        ("0.png", "colour=Blue", True),
        ("1.png", "colour=Green", False),
        ("2.png", "details=Hood", False),
        ("3.png", "colour=Red", True),
        ("4.png", "colour=Red", False),
        ("6.png", "colour=Green", True),
        ("new.png", "colour=Red", True),
    )
    assert "7 judged tags: 4 pictures have other labels" in capsys.readouterr().out
    before, after = load_dataset([shop]), load_dataset([root])
    assert after.label_space == before.label_space
    # Columns: Red, Green, Blue, Belt, Hood; then which of colour and details are known.
    rows = np.hstack([after.train.targets, after.train.known]).astype(int)
    assert [path.name for path in after.train.paths] == [f"{n}.png" for n in range(6)] + ["new.png"]
    assert rows[0].tolist() == [0, 0, 1, 1, 1, 1, 1]  # another label
    assert rows[1].tolist() == [0, 0, 0, 1, 1, 0, 1]  # unknown, which is masked
    assert rows[2].tolist() == [0, 0, 1, 1, 0, 1, 1]  # a known 0
    assert rows[6].tolist() == [1, 0, 0, 0, 0, 1, 0]  # joined, known by this alone
    assert after.val.targets[0].tolist() == [0, 1, 0, 1, 1]
    for number in (3, 4, 5):
        assert np.array_equal(after.train.targets[number], before.train.targets[number])
        assert np.array_equal(after.train.known[number], before.train.known[number])
    assert np.array_equal(after.val.targets[1], before.val.targets[1])
    assert [m.caption for m in Manifest.load(root).items[:8]] == [f"item {n}" for n in range(8)]


def test_what_a_manifest_cannot_express_is_counted_and_left_out(shop, correct, capsys) -> None:
    root = correct(
        ("new.png", "colour=Red", False),  # the colour is still unknown
        ("other.png", "details=Hood", True),  # a belt may be there or not
        ("0.png", "season=Fall", True),  # not asked here
        ("1.png", "colour=Mauve", True),
    )
    said = "0 pictures have other labels than in"
    printed = capsys.readouterr().out
    assert said in printed
    assert "0 joined it, 4 tags left out" in printed
    assert [item.labels for item in Manifest.load(root).items] == [
        item.labels for item in Manifest.load(shop).items
    ]


def test_a_picture_that_changed_since_is_not_taken_for_the_one_judged(shop, correct) -> None:
    sha256 = sha256_of(shop / "0.png")
    correct(("0.png", "colour=Blue", True))
    draw(shop / "0.png", 77)
    assert sha256_of(shop / "0.png") != sha256
    source = [str(shop.parent / "feedback.sqlite"), str(shop)]
    flags = ["--root", str(shop.parent), "--name", "corrected", "--overwrite"]
    assert preparation.main(["feedback", *source, *flags]) == 0
    corrected = Manifest.load(shop.parent / "corrected")
    assert corrected.items[0].labels["colour"] == ("Red",)
    assert len(corrected.items) == 8


def test_the_dataset_must_be_one(correct, shop, tmp_path, capsys) -> None:
    correct(("0.png", "colour=Blue", True))
    (shop / "labels.json").unlink()
    source = [str(tmp_path / "feedback.sqlite"), str(shop)]
    assert preparation.main(["feedback", *source, "--root", str(tmp_path), "--name", "x"]) == 2
    assert "labels.json" in capsys.readouterr().err
    with pytest.raises(DatasetError):
        Manifest.load(tmp_path / "x")
