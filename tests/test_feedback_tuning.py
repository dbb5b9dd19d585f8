"""Feedback reaches thresholds: optimize_thresholds.py --feedback, with the encoder of colours."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.fakes import ColourEncoder
from wardrobe import tuning
from wardrobe.encoders.base import Encoder
from wardrobe.feedback import FeedbackStore, TagJudgement
from wardrobe.files import sha256_of
from wardrobe.images import read
from wardrobe.manifest import Item, Manifest
from wardrobe.probabilities import from_logits
from wardrobe.thresholds import load_thresholds
from wardrobe.tuning_set import read_split, with_feedback

SPACE = ColourEncoder.label_space
ONES = np.ones(len(SPACE), np.float32)
GREYS = range(20, 240, 4)


def grey(folder: Path, level: int) -> Path:
    path = folder / f"{level}.png"
    Image.new("RGB", (4, 4), (level, level - 10, level - 20)).save(path)
    return path


def probabilities_of(path: Path, encoder: Encoder) -> np.ndarray:
    logits = encoder.encode_pictures(encoder.prepare(read(path))[None]).logits
    return from_logits(logits, SPACE)[0]


def judged(path: Path, tag: str, *, accepted: bool, **others) -> TagJudgement:
    attribute, _, label = tag.partition("=")
    shared = {"item_id": path.stem, "image_path": path, "sha256": sha256_of(path)}
    fingerprint = {"fingerprint": ColourEncoder.fingerprint}
    own = {"attribute": attribute, "label": label, "accepted": accepted}
    return TagJudgement(**shared | fingerprint | own | others)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Greys that are `bright` from 128 on, as the encoder says."""
    root = tmp_path / "greys"
    root.mkdir()
    items = [
        Item(
            grey(root, level).name,
            "val",
            labels={"colour": ("Red",), "tone": ("bright",) if level >= 138 else ("reddish",)},
        )
        for level in GREYS
    ]
    Manifest(root, tuple(items), SPACE).save()
    return root


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    return tmp_path / "shop"


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setattr(tuning, "load_encoder", lambda *_, **__: ColourEncoder())
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    SPACE.save(folder / "labels.json")
    return folder


@pytest.fixture
def store(tmp_path: Path):
    store = FeedbackStore(tmp_path / "feedback.sqlite")
    yield store
    store.close()


def optimize(checkpoint: Path, data: Path, *flags: str) -> float:
    """Returns the threshold of `tone=bright`."""
    arguments = ["--checkpoint", str(checkpoint), "--data", str(data), "--minimum-positives", "1"]
    assert tuning.main([*arguments, *flags]) == 0
    return load_thresholds(checkpoint / "thresholds.json", SPACE)[SPACE.names.index("tone=bright")]


@pytest.mark.parametrize("kept", [True, False])
def test_rejected_tags_raise_a_threshold_and_accepted_ones_lower_it(
    checkpoint, data, shop, store, tmp_path, capsys, kept
) -> None:
    """Whether the probabilities are those kept with the judgements, or encoded again."""
    flags = ["--feedback", str(store._path)]

    def judge(levels, *, accepted):
        for level in levels:
            path = grey(shop, level)
            row = np.round(10_000 * probabilities_of(path, ColourEncoder())).astype(np.uint16)
            probabilities = {"probabilities": row} if kept else {"fingerprint": "older"}
            store.add_tag(judged(path, "tone=bright", accepted=accepted, **probabilities))

    with_nothing = FeedbackStore(tmp_path / "empty.sqlite")
    with_nothing.add_tag(judged(grey(shop, 19), "tone=mauve", accepted=True))
    with_nothing.close()
    alone = optimize(checkpoint, data, "--feedback", str(tmp_path / "empty.sqlite"))
    judge(range(141, 181, 2), accepted=False)
    raised = optimize(checkpoint, data, *flags)
    assert raised > alone + 0.1
    assert not (checkpoint / "calibration.json").exists()
    printed = capsys.readouterr().out
    assert "left out, as their label is none of the encoder's: 1" in printed
    line = [line for line in printed.splitlines() if line.startswith("tone=bright ")][-2]
    accepted, rejected, before, after, agree_before, agree_after = map(float, line.split()[1:])
    assert (accepted, rejected) == (0, 20)
    assert (before, after) == (pytest.approx(alone, abs=1e-3), pytest.approx(raised, abs=1e-3))
    assert agree_before < 0.2
    assert agree_after > agree_before
    content = json.loads((checkpoint / "thresholds.json").read_text())
    assert content["tuned_on"]["judged_tags"] == 20
    assert content["tuned_on"]["items"] == len(GREYS) + 20

    judge(range(141, 181, 2), accepted=True)  # somebody else thinks otherwise, later
    judge(range(101, 139, 2), accepted=True)
    assert optimize(checkpoint, data, *flags) < alone - 0.1


def test_what_is_known_of_judged_pictures(data, shop) -> None:
    encoder = ColourEncoder()
    in_split, rejected, accepted, gone = (
        data / "20.png",
        *(grey(shop, level) for level in (201, 203, 205)),
    )
    judgements = [
        judged(in_split, "colour=Red", accepted=False),
        judged(in_split, "tone=bright", accepted=True),
        judged(rejected, "colour=Blue", accepted=False),
        judged(accepted, "colour=Green", accepted=True),
        judged(accepted, "tone=bright", accepted=True),
        judged(gone, "colour=Red", accepted=True),
        judged(accepted, "colour=Mauve", accepted=True),
    ]
    gone.unlink()
    split = read_split(encoder, [data], "val")
    found, left_out = with_feedback(split, judgements, encoder, ONES)
    assert +left_out == {
        "their label is none of the encoder's": 1,
        "their picture is gone or has changed": 1,
    }
    # Columns: Red, Green, Blue, bright, reddish; then which of colour and tone are known.
    rows = [[int(x) for x in (*found.targets[row], *found.known[row])] for row in (0, -2, -1)]
    assert rows == [[0, 0, 0, 1, 1, 0, 1], [0, 0, 0, 0, 0, 0, 0], [0, 1, 0, 1, 0, 1, 0]]
    assert [found.judged[row].tolist() for row in (0, -2, -1)] == [
        [True, False, False, True, False],
        [False, False, True, False, False],
        [False, True, False, True, False],
    ]
    untouched = slice(1, len(GREYS))
    for name in ("logits", "targets", "known", "judged"):
        before, after = getattr(split, name), getattr(found, name)
        np.testing.assert_array_equal(after[untouched], before[untouched])
    assert len(found.logits) == len(GREYS) + 2
    np.testing.assert_array_equal(found.logits[0], split.logits[0])


def test_probabilities_kept_become_logits_under_the_calibration(data, shop) -> None:
    encoder, temperatures = ColourEncoder(), np.array([2, 2, 2, 0.5, 3], np.float32)
    path = grey(shop, 101)
    row = np.array([7000, 2000, 1000, 10_000, 0], np.uint16)
    judgements = [judged(path, "colour=Red", accepted=True, probabilities=row)]
    path.unlink()  # nothing is encoded again
    split = read_split(encoder, [data], "val")
    found, left_out = with_feedback(split, judgements, encoder, temperatures)
    assert not +left_out
    calibrated = from_logits(found.logits[-1:] / temperatures, SPACE)[0]
    np.testing.assert_allclose(calibrated, row / 10_000, atol=1e-5)


def test_feedback_and_a_guarantee_exclude_each_other(checkpoint, data, store, capsys) -> None:
    arguments = ["--checkpoint", str(checkpoint), "--data", str(data)]
    flags = ["--feedback", str(store._path), "--guarantee-recall", "0.5"]
    assert tuning.main([*arguments, *flags]) == 2
    assert "exclude each other" in capsys.readouterr().err
    assert tuning.main([*arguments, *flags[:2]]) == 2
    assert "there is no feedback in" in capsys.readouterr().err
