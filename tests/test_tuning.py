"""optimize_thresholds.py and apply_per_class_thresholds.py, with an encoder of mean colours."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.fakes import ColourEncoder
from wardrobe import prediction, tuning
from wardrobe.applying import main as apply_main
from wardrobe.calibration import load_temperatures
from wardrobe.encoders import PictureEncoding
from wardrobe.errors import CheckpointError
from wardrobe.manifest import Item, Manifest
from wardrobe.thresholds import BEST_F1, load_thresholds, save_thresholds
from wardrobe.tuning import main as optimize_main
from wardrobe.tuning_set import read_split

SPACE = ColourEncoder.label_space


@pytest.fixture(autouse=True)
def colour_encoder(monkeypatch):
    for module in (prediction, tuning):
        monkeypatch.setattr(module, "load_encoder", lambda *_, **__: ColourEncoder())


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    SPACE.save(folder / "labels.json")
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Grey pictures; `bright` begins at 180 of 255 although the encoder says it does at 128."""
    root = tmp_path / "greys"
    root.mkdir()
    items = []
    for level in np.linspace(20, 250, 60).astype(int).tolist():
        Image.new("RGB", (4, 4), (level, level - 10, level - 20)).save(root / f"{level}.png")
        tone = {"tone": ("bright",) if level - 10 >= 180 else ("reddish",)}
        items.append(Item(f"{level}.png", "val", "", {"colour": ("Red",), **tone}))
    Manifest(root, tuple(items), SPACE).save()
    return root


def test_optimize_writes_thresholds_that_fit_the_split(checkpoint, data, capsys):
    arguments = ["--checkpoint", str(checkpoint), "--data", str(data), "--minimum-positives", "1"]
    assert optimize_main(arguments) == 0
    thresholds = load_thresholds(checkpoint / "thresholds.json", SPACE)
    temperatures = load_temperatures(checkpoint / "calibration.json", SPACE)
    # Its own best cut, drawn a seventeenth (16 positives, minimum 1) to the shared one.
    logit_of_180 = 10 * (180 / 255 - 0.5) / temperatures[SPACE.names.index("tone=bright")]
    probability_of_180 = 1 / (1 + np.exp(-logit_of_180))
    assert thresholds[SPACE.names.index("tone=bright")] == pytest.approx(
        probability_of_180, abs=0.07
    )
    content = json.loads((checkpoint / "thresholds.json").read_text())
    assert content["tuned_on"] == {"data": ["greys"], "split": "val", "items": 60}
    assert content["target"] == {"measure": "f1"}
    printed = capsys.readouterr().out
    assert "tone=bright" in printed
    assert "out of fold" in printed


def test_a_second_run_finds_the_same_and_leaves_the_calibration_alone(
    checkpoint, data, monkeypatch, capsys
):
    arguments = ["--checkpoint", str(checkpoint), "--data", str(data)]
    assert optimize_main(arguments) == 0
    first = {path.name: path.read_bytes() for path in checkpoint.iterdir()}
    assert "built again" in capsys.readouterr().out
    # As a checkpoint read from the folder would: its logits are divided by its temperatures.
    calibrated = CalibratedEncoder(load_temperatures(checkpoint / "calibration.json", SPACE))
    monkeypatch.setattr(tuning, "load_encoder", lambda *_, **__: calibrated)
    assert optimize_main(arguments) == 0
    assert "built again" not in capsys.readouterr().out
    assert {path.name: path.read_bytes() for path in checkpoint.iterdir()} == first


class CalibratedEncoder(ColourEncoder):
    def __init__(self, temperatures):
        self.temperatures = temperatures

    def encode_pictures(self, pixels):
        encoding = super().encode_pictures(pixels)
        if self.temperatures is None:
            return encoding
        return PictureEncoding(encoding.vectors, encoding.logits / self.temperatures)


def test_a_guarantee_keeps_the_calibration_and_is_written_down(
    checkpoint, data, monkeypatch, capsys
):
    monkeypatch.setattr(
        tuning, "load_encoder", lambda *_, **__: CalibratedEncoder(np.full(5, 2, np.float32))
    )
    arguments = ["--checkpoint", str(checkpoint), "--data", str(data)]
    assert optimize_main([*arguments, "--guarantee-recall", "0.7", "--attributes", "tone"]) == 0
    assert "guaranteed: a mean recall of at least 0.7" in capsys.readouterr().out
    assert not (checkpoint / "calibration.json").exists()
    content = json.loads((checkpoint / "thresholds.json").read_text())
    assert content["guarantee"]["measure"] == "recall"
    assert content["guarantee"]["attributes"] == ["tone"]
    assert content["thresholds"]["tone=bright"] == content["thresholds"]["tone=reddish"]
    # Each picture has one label of `tone`, at these probabilities: at most 30 % may be missed.
    levels = np.linspace(20, 250, 60).astype(int) - 10
    reds = 1 / (1 + np.exp(-5 * ((levels + 10) / 255 - 0.5)))
    brights = 1 / (1 + np.exp(-5 * (levels / 255 - 0.5)))
    found = np.where(levels >= 180, brights, reds) >= content["thresholds"]["tone=bright"]
    assert 0.7 < found.mean() < 0.75


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--guarantee-recall", "1"], "cannot be guaranteed for colour"),
        (
            ["--guarantee-precision", "0.9", "--attributes", "season"],
            "attribute 'season', only of colour, tone",
        ),
        (["--attributes", "tone"], "--attributes goes with a guarantee"),
    ],
)
def test_an_impossible_guarantee_is_refused(checkpoint, data, capsys, flags, complaint):
    assert optimize_main(["--checkpoint", str(checkpoint), "--data", str(data), *flags]) == 2
    assert complaint in capsys.readouterr().err
    assert not (checkpoint / "thresholds.json").exists()


def test_a_dry_run_writes_nothing(checkpoint, data, capsys):
    arguments = ["--checkpoint", str(checkpoint), "--data", str(data), "--dry-run"]
    assert optimize_main([*arguments, "--precision-at-least", "0.9"]) == 0
    assert "tone=bright" in capsys.readouterr().out
    assert not (checkpoint / "thresholds.json").exists()
    assert not (checkpoint / "calibration.json").exists()


def test_several_datasets_are_tuned_as_one(checkpoint, data):
    arguments = ["--checkpoint", str(checkpoint), "--data", str(data), str(data)]
    assert optimize_main([*arguments, "--recall-at-least", "0.95"]) == 0
    content = json.loads((checkpoint / "thresholds.json").read_text())
    assert content["tuned_on"]["items"] == 120
    assert content["target"] == {"measure": "recall", "at_least": 0.95}


@pytest.mark.parametrize("bound", ["0", "1.2", "high", "nan"])
def test_an_impossible_bound_is_refused(checkpoint, data, capsys, bound):
    arguments = ["--checkpoint", str(checkpoint), "--data", str(data)]
    with pytest.raises(SystemExit):
        optimize_main([*arguments, "--precision-at-least", bound])
    assert "must be a number over 0 and at most 1" in capsys.readouterr().err


def test_an_empty_split_is_refused_by_name(checkpoint, data, capsys):
    arguments = ["--checkpoint", str(checkpoint), "--data", str(data), "--split", "test"]
    assert optimize_main(arguments) == 2
    assert "no item in split 'test'; its splits are ['val']" in capsys.readouterr().err


def test_an_encoder_without_heads_is_refused(data):
    encoder = ColourEncoder()
    encoder.label_space = None
    with pytest.raises(CheckpointError, match="cannot tag"):
        read_split(encoder, [data], "val")


@pytest.fixture
def predictions(tmp_path: Path, data: Path) -> Path:
    out = tmp_path / "preds.jsonl"
    given = [str(data / "20.png"), "missing.png", str(data / "250.png")]
    assert prediction.main([*given, "--out", str(out)]) == 0
    return out


def save(path: Path, values: list[float]) -> Path:
    save_thresholds(path, np.array(values, np.float32), SPACE, target=BEST_F1, minimum_positives=20)
    return path


def test_applied_to_predictions_only_the_decisions_change(checkpoint, predictions, tmp_path):
    thresholds = save(checkpoint / "thresholds.json", [0.4, 0.1, 0.1, 0.9999, 0.0])
    before = [json.loads(line) for line in predictions.read_text().splitlines()]
    arguments = [str(predictions), "--thresholds", str(thresholds), "--out", str(predictions)]
    assert apply_main(arguments) == 0
    after = [json.loads(line) for line in predictions.read_text().splitlines()]
    assert after[1] == before[1]
    limits = dict(zip(SPACE.names, [0.4, 0.1, 0.1, 0.9999, 0.0], strict=True))
    for old, new in ((before[0], after[0]), (before[2], after[2])):
        assert new["path"] == old["path"]
        for attribute, tags in new["tags"].items():
            assert [(t["label"], t["probability"]) for t in tags] == [
                (t["label"], t["probability"]) for t in old["tags"][attribute]
            ]
            for position, tag in enumerate(tags):
                limit = limits[f"{attribute}={tag['label']}"]
                assert tag["threshold"] == pytest.approx(limit)
                allowed = attribute == "tone" or position == 0  # colour is single
                assert tag["selected"] == (allowed and tag["probability"] >= limit)


def test_applied_to_a_checkpoint_its_thresholds_are_replaced(checkpoint, tmp_path, capsys):
    mine = save(tmp_path / "mine.json", [0.1, 0.2, 0.3, 0.4, 0.5])
    save(checkpoint / "thresholds.json", [0.5] * 5)
    assert apply_main([str(checkpoint), "--thresholds", str(mine)]) == 0
    assert (checkpoint / "thresholds.json").read_bytes() == mine.read_bytes()
    mine.write_text('{"thresholds": {"colour=Mauve": 0.5}}')
    assert apply_main([str(checkpoint), "--thresholds", str(mine)]) == 2
    assert "unknown colour=Mauve" in capsys.readouterr().err
    assert load_thresholds(checkpoint / "thresholds.json", SPACE)[0] == np.float32(0.1)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "preds.jsonl:2 is not a line of predict_vit_multilabel.py"),
        ('{"path": "a.png"}', "preds.jsonl:2 is not a line of predict_vit_multilabel.py"),
        ('{"path": "a.png", "tags": {}}', "'colour=Blue' is a label of"),
    ],
)
def test_a_broken_predictions_file_is_refused_and_left_alone(
    checkpoint, predictions, capsys, line, complaint
):
    thresholds = save(checkpoint / "thresholds.json", [0.5] * 5)
    first, *_ = predictions.read_text().splitlines()
    predictions.write_text(f"{first}\n{line}\n")
    arguments = [str(predictions), "--thresholds", str(thresholds), "--out", str(predictions)]
    assert apply_main(arguments) == 2
    assert complaint in capsys.readouterr().err
    assert predictions.read_text() == f"{first}\n{line}\n"
