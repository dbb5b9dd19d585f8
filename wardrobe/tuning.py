"""Tunes a checkpoint's thresholds, and applies thresholds to a checkpoint or to predictions."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wardrobe.command import command, positive_int
from wardrobe.encoders import Encoder, load_encoder
from wardrobe.encoders.checkpoint import LABELS, THRESHOLDS
from wardrobe.encoding import encode_split
from wardrobe.errors import BadRequestError, CheckpointError, DatasetError
from wardrobe.files import write_text
from wardrobe.labels import Labels, LabelSpace
from wardrobe.manifest import Manifest
from wardrobe.metrics import BoolArray, FloatArray, class_and_overall_f1, f1_score
from wardrobe.prediction import open_output, tags_to_json
from wardrobe.settings import Settings
from wardrobe.tagger import Tagger
from wardrobe.thresholds import (
    BEST_F1,
    DEFAULT,
    Target,
    TunedThresholds,
    load_thresholds,
    save_thresholds,
    tune_thresholds,
)


@command
def optimize_main(argv: Sequence[str] | None) -> None:
    """Runs optimize_thresholds.py."""
    arguments = _parse_optimize(argv)
    settings = Settings()
    if not arguments.checkpoint.is_dir():
        raise CheckpointError(
            f"{arguments.checkpoint} is not a folder, and thresholds are kept in one; of a hub's "
            f"checkpoint make one: hf download {arguments.checkpoint} --local-dir FOLDER"
        )
    encoder = load_encoder(
        str(arguments.checkpoint),
        precision=settings.precision,
        compute_threads=settings.compute_threads,
        labels=settings.labels,
    )
    label_space, probabilities, targets, known = read_scores(
        encoder, arguments.data, arguments.split
    )
    tuned = tune_thresholds(
        probabilities,
        targets,
        known,
        label_space,
        target=arguments.target,
        minimum_positives=arguments.minimum_positives,
        folds=arguments.folds,
        seed=arguments.seed,
    )
    sys.stdout.write(table_of(tuned, label_space))
    if not arguments.dry_run:
        path = arguments.checkpoint / THRESHOLDS
        save_thresholds(
            path,
            tuned.thresholds,
            label_space,
            target=arguments.target,
            minimum_positives=arguments.minimum_positives,
            tuned_on={
                "data": [root.name for root in arguments.data],
                "split": arguments.split,
                "items": len(tuned.positive),
            },
        )
        sys.stdout.write(f"written: {path}\n")


@command
def apply_main(argv: Sequence[str] | None) -> None:
    """Runs apply_per_class_thresholds.py."""
    arguments = _parse_apply(argv)
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


def read_scores(
    encoder: Encoder, roots: Sequence[Path], split: str
) -> tuple[LabelSpace, FloatArray, FloatArray, BoolArray]:
    """Returns the label space, probabilities, targets and known of a split of several datasets.

    Raises:
        CheckpointError: the encoder has no tags.
        DatasetError: a root has no manifest, or no picture in the split.
    """
    label_space = encoder.label_space
    if label_space is None:
        raise CheckpointError(f"{encoder.name} cannot tag, so it has no thresholds to tune")
    probabilities, labels = [], list[Labels]()
    for root in roots:
        encoded = encode_split(encoder, Manifest.load(root), split)
        probabilities.append(encoded.probabilities)
        labels.extend(item.labels for item in encoded.items)
    targets, known = label_space.encode(labels)
    return label_space, np.concatenate(probabilities), targets, known


def table_of(tuned: TunedThresholds, label_space: LabelSpace) -> str:
    """Returns the report: a line a label that occurs, and how all labels do together."""
    truth, before, after = tuned.positive, tuned.selected_before, tuned.selected_after
    positives, selected = truth.sum(axis=0), after.sum(axis=0)
    true = (after & truth).sum(axis=0)
    f1_before = f1_score((before & truth).sum(axis=0), before.sum(axis=0), positives)
    f1_after = f1_score(true, selected, positives)
    width = max(map(len, label_space.names))
    title = f"{'label':{width}}  positives  threshold  F1 at {DEFAULT}     F1  precision  recall"
    lines = [f"tuned on {len(truth)} items; F1, precision and recall are out of fold", title]
    for column in np.flatnonzero(positives):
        lines.append(
            f"{label_space.names[column]:{width}}  {positives[column]:9}  "
            f"{tuned.thresholds[column]:9.3f}  {f1_before[column]:9.3f}  {f1_after[column]:.3f}  "
            f"{true[column] / max(selected[column], 1):9.3f}  "
            f"{true[column] / positives[column]:6.3f}"
            f"{'  shared' if tuned.shared[column] else ''}"
        )
    for name, decisions in ((f"at {DEFAULT}", before), ("tuned, out of fold", after)):
        class_f1, overall_f1 = class_and_overall_f1(decisions, truth)
        lines.append(f"{name}: CF1 {class_f1[0]:.4f}, OF1 {overall_f1[0]:.4f}")
    return "\n".join(lines) + "\n"


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


def _parse_optimize(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="optimize_thresholds.py",
        description="Tune a checkpoint's thresholds on a split and write its thresholds.json.",
        epilog="example:\n  python optimize_thresholds.py --checkpoint models/wardrobe-base "
        "--data multi_label_dataset/demo",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument(
        "--data", type=Path, nargs="+", required=True, metavar="ROOT", help="dataset roots"
    )
    parser.add_argument("--split", default="val", help="what to tune on (default: %(default)s)")
    bounds = parser.add_mutually_exclusive_group()
    bounds.add_argument(
        "--precision-at-least",
        dest="target",
        type=lambda text: Target("precision", _share(text)),
        default=BEST_F1,
        metavar="P",
        help="tune for the most recall at a precision of at least P (default: the best F1)",
    )
    bounds.add_argument(
        "--recall-at-least",
        dest="target",
        type=lambda text: Target("recall", _share(text)),
        default=BEST_F1,
        metavar="R",
        help="tune for the most precision at a recall of at least R",
    )
    parser.add_argument(
        "--minimum-positives",
        type=positive_int,
        default=20,
        help="labels with fewer share one threshold an attribute (default: %(default)s)",
    )
    parser.add_argument(
        "--folds",
        type=int,
        choices=range(2, 21),
        metavar="2-20",
        default=5,
        help="for the out-of-fold figures (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the folds (default: %(default)s)")
    parser.add_argument("--dry-run", action="store_true", help="print the table, write nothing")
    return parser.parse_args(argv)


def _parse_apply(argv: Sequence[str] | None) -> argparse.Namespace:
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


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number over 0 and at most 1")
    return value
