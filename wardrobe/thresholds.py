"""Per-label thresholds: tuned on a split, judged out of fold, kept in `thresholds.json`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from wardrobe.errors import CheckpointError
from wardrobe.files import write_json
from wardrobe.labels import LabelSpace
from wardrobe.metrics import known_pairs
from wardrobe.probabilities import select

DEFAULT = 0.5
"""Threshold where nothing is known about a label, and what tuning is compared with."""

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Target:
    """What a threshold is tuned for.

    Attributes:
        measure: `f1` takes the best F1; `precision` the most recall at a precision of at least
            `at_least`; `recall` the most precision at a recall of at least `at_least`.
        at_least: the bound, in (0, 1]; without effect on `f1`.
    """

    measure: Literal["f1", "precision", "recall"] = "f1"
    at_least: float = 1.0


BEST_F1 = Target()


@dataclass(frozen=True)
class TunedThresholds:
    """Thresholds and how they did.

    Attributes:
        thresholds: `(labels,)`, tuned on all items.
        positive: `(items, labels)`, the truth tuned on, False where unknown.
        shared: `(labels,)`, whether the label is too rare for a threshold of its own.
        selected_before: `(items, labels)`, decisions at `DEFAULT`.
        selected_after: `(items, labels)`, decisions by thresholds tuned without that item's fold.
    """

    thresholds: FloatArray
    positive: BoolArray
    shared: BoolArray
    selected_before: BoolArray
    selected_after: BoolArray


def tune_thresholds(
    probabilities: FloatArray,
    targets: FloatArray,
    known: BoolArray,
    label_space: LabelSpace,
    *,
    target: Target = BEST_F1,
    minimum_positives: int = 20,
    folds: int = 5,
    seed: int = 0,
) -> TunedThresholds:
    """Tunes one threshold a label, and judges the method out of fold.

    A label with fewer than `minimum_positives` positives takes the threshold tuned on all labels
    of its attribute together. From there on, with n positives, the threshold is n parts its own
    and `minimum_positives` parts the shared one: it moves away as fast as the evidence grows.

    Args:
        probabilities: `(items, labels)`.
        targets: `(items, labels)` in {0, 1}.
        known: `(items, attributes)`.
        folds: parts the items are dealt into at random.
    """
    pairs = known_pairs(known, label_space)
    positive = (targets > 0) & pairs
    shared = positive.sum(axis=0) < minimum_positives
    tuner = _Tuner(label_space, shared, minimum_positives, target)
    selectable = select(probabilities, np.zeros(len(label_space), np.float32), label_space) & pairs

    fold_of = np.random.default_rng(seed).permutation(len(probabilities)) % folds
    selected_after = np.zeros(probabilities.shape, bool)
    for fold in np.unique(fold_of):
        out, rest = fold_of == fold, fold_of != fold
        thresholds = tuner.tune(probabilities[rest], positive[rest], selectable[rest])
        selected_after[out] = select(probabilities[out], thresholds, label_space)
    default = np.full(len(label_space), DEFAULT, np.float32)
    return TunedThresholds(
        thresholds=tuner.tune(probabilities, positive, selectable),
        positive=positive,
        shared=shared,
        selected_before=select(probabilities, default, label_space) & pairs,
        selected_after=selected_after & pairs,
    )


@dataclass(frozen=True)
class _Tuner:
    label_space: LabelSpace
    shared: BoolArray
    shrinkage: int
    target: Target

    def tune(
        self, probabilities: FloatArray, positive: BoolArray, selectable: BoolArray
    ) -> FloatArray:
        """Returns `(labels,)`; `selectable` pairs are known and, if `single`, the top label's."""
        thresholds = np.full(len(self.label_space), DEFAULT)
        for columns in self.label_space.slices.values():
            usable, truth = selectable[:, columns], positive[:, columns]
            pooled = self._cut(probabilities[:, columns][usable], truth[usable], truth.sum())
            for column in range(columns.start, columns.stop):
                usable, truth = selectable[:, column], positive[:, column]
                own = self._cut(probabilities[usable, column], truth[usable], truth.sum())
                thresholds[column] = (
                    pooled if self.shared[column] else self._shrink(own, pooled, truth.sum())
                )
        return thresholds.astype(np.float32)

    def _cut(self, scores: FloatArray, truth: BoolArray, positives: int) -> float:
        """Returns the best threshold on one ranking; out of reach, 1 or 0 on the bound's safe side.

        `positives` also counts the items outside the ranking, which no threshold can select.
        """
        if not positives:
            return DEFAULT
        order = np.argsort(-scores, kind="stable")
        ranked = scores[order].astype(np.float64)
        ends = np.flatnonzero(np.diff(ranked, append=-1))  # cuts lie between distinct scores
        found, selected = truth[order].cumsum()[ends], ends + 1
        # Halfway to the next lower score: a new item is as likely to fall on either side.
        cuts = (ranked[ends] + np.append(ranked[ends[1:]], 0)) / 2
        if self.target.measure == "f1":
            return float(cuts[(found / (selected + positives)).argmax()]) if len(cuts) else DEFAULT
        if self.target.measure == "precision":
            reached = np.flatnonzero(found / selected >= self.target.at_least)
            return float(cuts[reached[-1]]) if len(reached) else 1.0
        reached = np.flatnonzero(found / positives >= self.target.at_least)
        return float(cuts[reached[0]]) if len(reached) else 0.0

    def _shrink(self, own: float, pooled: float, positives: int) -> float:
        """Draws a label's own threshold to the shared one, never to the wrong side of a bound."""
        drawn = (positives * own + self.shrinkage * pooled) / max(positives + self.shrinkage, 1)
        if self.target.measure == "precision":
            return max(own, drawn)
        return min(own, drawn) if self.target.measure == "recall" else drawn


def save_thresholds(
    path: Path,
    thresholds: FloatArray,
    label_space: LabelSpace,
    *,
    target: Target,
    minimum_positives: int,
    tuned_on: Mapping[str, Any] | None = None,
) -> None:
    """Writes `thresholds.json`, in the order of the labels.

    Args:
        tuned_on: data, split and number of items, kept for the reader of the file.
    """
    bound = {} if target.measure == "f1" else {"at_least": target.at_least}
    by_name = zip(label_space.names, thresholds, strict=True)
    content = {
        "target": {"measure": target.measure, **bound},
        "minimum_positives": minimum_positives,
        "tuned_on": tuned_on,
        "thresholds": {name: round(float(value), 6) for name, value in by_name},
    }
    write_json(path, content)


def load_thresholds(path: Path, label_space: LabelSpace) -> FloatArray:
    """Reads `thresholds.json` as `(labels,)` in the order of the label space.

    Raises:
        CheckpointError: the file is missing or breaks the format, its labels are not those of
            the label space, or a threshold is not in [0, 1].
    """
    try:
        thresholds = json.loads(path.read_text(encoding="utf-8"))["thresholds"]
        values = {str(name): float(value) for name, value in thresholds.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f'cannot read thresholds from {path}: {error!r}; it must hold {{"thresholds": '
            '{"attribute=label": number}}, as optimize_thresholds.py writes it'
        ) from error
    missing = [name for name in label_space.names if name not in values]
    unknown = sorted(values.keys() - set(label_space.names))
    if missing or unknown:
        raise CheckpointError(
            f"{path} does not fit the labels of the checkpoint: missing {_some(missing)}, "
            f"unknown {_some(unknown)}; remove the file and run optimize_thresholds.py again",
            missing=missing,
            unknown=unknown,
        )
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise CheckpointError(
                f"{path} gives {name} the threshold {value}; it must be in [0, 1]"
            )
    return np.array([values[name] for name in label_space.names], np.float32)


def _some(names: list[str], limit: int = 5) -> str:
    shown = ", ".join(names[:limit]) or "none"
    return f"{shown} and {len(names) - limit} more" if len(names) > limit else shown
