"""Calibrates a checkpoint and tunes its thresholds."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wardrobe.calibration import save_temperatures
from wardrobe.command import command, positive_int
from wardrobe.encoders import load_encoder
from wardrobe.encoders.checkpoint import CALIBRATION, THRESHOLDS
from wardrobe.errors import BadRequestError, CheckpointError
from wardrobe.feedback import FeedbackStore
from wardrobe.guarantee import Guarantee
from wardrobe.labels import LabelSpace
from wardrobe.metrics import BoolArray, FloatArray
from wardrobe.settings import read_settings
from wardrobe.thresholds import (
    BEST_F1,
    Target,
    TunedThresholds,
    save_thresholds,
    tune_thresholds,
)
from wardrobe.tuning_set import TuningSet, read_split, with_feedback
from wardrobe.tuning_table import feedback_table, table_of


@command
def main(argv: Sequence[str] | None) -> None:
    """Runs optimize_thresholds.py."""
    arguments = _parse(argv)
    settings = read_settings()
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
        networks=settings.networks,
    )
    had, encoder.temperatures = encoder.temperatures, None  # the network's own logits are read
    split = read_split(encoder, arguments.data, arguments.split)
    label_space, kept = split.label_space, _kept(had, split.label_space)
    guarantee = _guarantee_of(arguments, label_space, split.known)
    if arguments.feedback:
        judgements = FeedbackStore(arguments.feedback).latest_tags()
        data, left_out = with_feedback(split, judgements, encoder, kept)
        tuned = _tune(arguments, data, kept, None)
        split_alone = _tune(arguments, split, kept, None)
        sys.stdout.write(feedback_table(split_alone, tuned, data, left_out) + "\n")
    else:
        data = split
        tuned = _tune(arguments, data, kept if guarantee else None, guarantee)
    sys.stdout.write(table_of(tuned, label_space, guarantee))
    if not arguments.dry_run:
        calibrated = not (guarantee or np.array_equal(tuned.temperatures, kept))
        _write(arguments, data, tuned, guarantee, calibrated)


def _tune(
    arguments: argparse.Namespace,
    data: TuningSet,
    temperatures: FloatArray | None,
    guarantee: Guarantee | None,
) -> TunedThresholds:
    return tune_thresholds(
        data.logits,
        data.targets,
        data.known,
        data.label_space,
        judged=data.judged,
        temperatures=temperatures,
        target=arguments.target,
        guarantee=guarantee,
        minimum_positives=arguments.minimum_positives,
        folds=arguments.folds,
        seed=arguments.seed,
    )


def _write(
    arguments: argparse.Namespace,
    data: TuningSet,
    tuned: TunedThresholds,
    guarantee: Guarantee | None,
    calibrated: bool,
) -> None:
    used: dict[str, Any] = {
        "data": [root.name for root in arguments.data],
        "split": arguments.split,
        "items": len(data.logits),
    }
    if arguments.feedback:
        used["judged_tags"] = int(data.judged.sum())
    if calibrated:
        path = arguments.checkpoint / CALIBRATION
        save_temperatures(
            path,
            tuned.temperatures,
            data.label_space,
            minimum_positives=arguments.minimum_positives,
            fitted_on=used,
        )
        sys.stdout.write(f"written: {path}; indexes made with the checkpoint must be built again\n")
    path = arguments.checkpoint / THRESHOLDS
    save_thresholds(
        path,
        tuned.thresholds,
        data.label_space,
        target=arguments.target,
        minimum_positives=arguments.minimum_positives,
        guarantee=guarantee,
        tuned_on=used,
    )
    sys.stdout.write(f"written: {path}\n")


def _kept(temperatures: FloatArray | None, label_space: LabelSpace) -> FloatArray:
    return np.ones(len(label_space), np.float32) if temperatures is None else temperatures


def _guarantee_of(
    arguments: argparse.Namespace, label_space: LabelSpace, known: BoolArray
) -> Guarantee | None:
    if arguments.guarantee is None:
        if arguments.attributes:
            raise BadRequestError("--attributes goes with a guarantee")
        return None
    if arguments.feedback:
        raise BadRequestError(
            "--feedback and a guarantee exclude each other: a guarantee is about pictures drawn "
            "like those to come, and people choose what they judge"
        )
    asked = [name for name, rows in zip(label_space.slices, known.T, strict=True) if rows.any()]
    names = tuple(arguments.attributes or asked)
    for name in names:
        if name not in asked:
            raise BadRequestError(
                f"the pictures do not say anything of an attribute {name!r}, "
                f"only of {', '.join(asked)}"
            )
    measure, at_least = arguments.guarantee
    return Guarantee(measure, at_least, arguments.confidence, names)


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="optimize_thresholds.py",
        description="Calibrate a checkpoint and tune its thresholds on a split; writes its "
        "calibration.json and thresholds.json.",
        epilog="examples:\n  python optimize_thresholds.py --checkpoint models/wardrobe-base "
        "--data multi_label_dataset/demo\n"
        "  python optimize_thresholds.py --checkpoint models/wardrobe-base "
        "--data multi_label_dataset/demo --feedback state/feedback.sqlite\n"
        "  python optimize_thresholds.py --checkpoint models/wardrobe-base "
        "--data multi_label_dataset/demo --split test --guarantee-precision 0.95 "
        "--attributes colour\n\n"
        "A guarantee is about pictures to come, if they are drawn like those tuned on and those "
        "were used\nneither to train nor to calibrate: it keeps the calibration and wants a split "
        "of its own.\nIt holds for an attribute's labels together, not for each, and on average "
        "over pictures:\nthe recall over the draw of the tuning pictures too, the precision with "
        "--confidence in it.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument(
        "--data", type=Path, nargs="+", required=True, metavar="ROOT", help="dataset roots"
    )
    parser.add_argument("--split", default="val", help="what to tune on (default: %(default)s)")
    parser.add_argument(
        "--feedback",
        type=Path,
        metavar="FILE",
        help="tune on the tags judged in it too (state/feedback.sqlite); keeps the calibration",
    )
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
    guarantees = parser.add_mutually_exclusive_group()
    guarantees.add_argument(
        "--guarantee-recall",
        dest="guarantee",
        type=lambda text: ("recall", _share(text)),
        metavar="R",
        help="of a picture's labels of an attribute, at least R will be selected on average",
    )
    guarantees.add_argument(
        "--guarantee-precision",
        dest="guarantee",
        type=lambda text: ("precision", _share(text)),
        metavar="P",
        help="of a picture's selected labels of an attribute, at least P will be right on average",
    )
    parser.add_argument(
        "--confidence",
        type=_share,
        default=0.9,
        help="that the guaranteed precision holds (default: %(default)s)",
    )
    parser.add_argument(
        "--attributes",
        nargs="+",
        metavar="NAME",
        help="that the guarantee is for (default: all that the split knows); the others are tuned "
        "as without one",
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


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number over 0 and at most 1")
    return value
