"""Applies thresholds to a checkpoint, or to predictions without their pictures."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wardrobe.command import command
from wardrobe.encoders.checkpoint import LABELS, THRESHOLDS
from wardrobe.errors import BadRequestError, DatasetError
from wardrobe.files import write_text
from wardrobe.labels import LabelSpace
from wardrobe.prediction import open_output, tags_to_json
from wardrobe.tagger import Tagger
from wardrobe.thresholds import load_thresholds


@command
def main(argv: Sequence[str] | None) -> None:
    """Runs apply_per_class_thresholds.py."""
    arguments = _parse(argv)
    if arguments.target.is_dir():
        if arguments.out is not None:
            raise BadRequestError("--out goes with a predictions file, not with a checkpoint")
        # Reading them against the checkpoint's labels is what proves that they fit.
        label_space = LabelSpace.load(arguments.labels or arguments.target / LABELS)
        load_thresholds(arguments.thresholds, label_space)
        content = arguments.thresholds.read_text(encoding="utf-8")
        write_text(arguments.target / THRESHOLDS, content)
        return
    label_space = LabelSpace.load(arguments.labels or arguments.thresholds.with_name(LABELS))
    thresholds = load_thresholds(arguments.thresholds, label_space)
    apply_to_predictions(arguments.target, Tagger(label_space, thresholds), arguments.out)


def apply_to_predictions(predictions: Path, tagger: Tagger, out: Path | None) -> None:
    """Decides again what is selected in a file of predictions; lines with an error stay.

    Args:
        predictions: JSON lines of predict_vit_multilabel.py.
        out: file to replace, which may be `predictions` itself; None is standard output.

    Raises:
        DatasetError: a line is not such a prediction, or its labels are not the tagger's.
    """
    try:
        lines = predictions.open("rb")
    except OSError as error:
        raise DatasetError(f"cannot read {predictions}: {error}") from error
    with lines, open_output(out) as handle:
        for number, line in enumerate(lines, start=1):
            content = _decide_again(line, tagger, f"{predictions}:{number}")
            handle.write(json.dumps(content, ensure_ascii=False) + "\n")


def _decide_again(line: bytes, tagger: Tagger, place: str) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(line)
        if "error" in content:
            return content
        found = {
            f"{attribute}={tag['label']}": float(tag["probability"])
            for attribute, tags in content["tags"].items()
            for tag in tags
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(
            f"{place} is not a line of predict_vit_multilabel.py: {error!r}"
        ) from error
    names = tagger.label_space.names
    if found.keys() != set(names):
        odd = sorted(found.keys() ^ set(names))
        raise DatasetError(
            f"{place}: {odd[0]!r} is a label of the prediction or of the thresholds, not of both; "
            "they must be of one checkpoint"
        )
    row = np.array([[found[name] for name in names]], np.float32)
    return {**content, "tags": tags_to_json(tagger.decide(row)[0])}


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="apply_per_class_thresholds.py",
        description="Apply a thresholds.json to predictions (what is selected is decided again) "
        "or to a checkpoint (its thresholds.json is replaced).",
        epilog="examples:\n  python apply_per_class_thresholds.py preds.jsonl "
        "--thresholds models/wardrobe-base/thresholds.json --out selected.jsonl\n"
        "  python apply_per_class_thresholds.py models/wardrobe-base --thresholds mine.json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("target", type=Path, help="JSON lines of predictions, or a checkpoint")
    parser.add_argument("--thresholds", type=Path, required=True, help="a thresholds.json")
    parser.add_argument(
        "--labels",
        type=Path,
        help="labels.json (default: the checkpoint's, for predictions the one beside --thresholds)",
    )
    parser.add_argument("--out", type=Path, help="new predictions (default: standard output)")
    return parser.parse_args(argv)
