"""Per-label thresholds: tuned on a split, judged out of fold, kept in `thresholds.json`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from wardrobe.calibration import fit_temperatures
from wardrobe.errors import CheckpointError
from wardrobe.files import read_numbers, write_json
from wardrobe.guarantee import Guarantee
from wardrobe.labels import LabelSpace
from wardrobe.metrics import known_pairs
from wardrobe.probabilities import from_logits, select

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
    """Temperatures, thresholds and how they did.

    Attributes:
        temperatures: `(labels,)`, fitted on all items.
        thresholds: `(labels,)`, tuned on all items.
        positive: `(items, labels)`, the truth tuned on, False where unknown.
        shared: `(labels,)`, whether the label is too rare for a threshold of its own.
        probabilities_before: `(items, labels)`, not calibrated.
        probabilities_after: `(items, labels)`, by temperatures fitted without that item's fold.
        selected_before: `(items, labels)`, decisions at `DEFAULT`, not calibrated.
        selected_after: `(items, labels)`, decisions by temperatures and thresholds that were
            fitted without that item's fold.
    """

    temperatures: FloatArray
    thresholds: FloatArray
    positive: BoolArray
    shared: BoolArray
    probabilities_before: FloatArray
    probabilities_after: FloatArray
    selected_before: BoolArray
    selected_after: BoolArray


def tune_thresholds(
    logits: FloatArray,
    targets: FloatArray,
    known: BoolArray,
    label_space: LabelSpace,
    *,
    judged: BoolArray | None = None,
    temperatures: FloatArray | None = None,
    target: Target = BEST_F1,
    guarantee: Guarantee | None = None,
    minimum_positives: int = 20,
    folds: int = 5,
    seed: int = 0,
) -> TunedThresholds:
    """Calibrates, tunes one threshold a label, and judges the method out of fold.

    A label with fewer than `minimum_positives` positives takes the threshold tuned on all labels
    of its attribute together. From there on, with n positives, the threshold is n parts its own
    and `minimum_positives` parts the shared one: it moves away as fast as the evidence grows.

    Args:
        logits: `(items, labels)`, not calibrated.
        targets: `(items, labels)` in {0, 1}.
        known: `(items, attributes)`.
        judged: `(items, labels)`, known beside those; temperatures are not fitted to them.
        temperatures: `(labels,)`, kept as they are; None fits them first, on the same items.
        guarantee: what the thresholds of its attributes are chosen for instead.
        folds: parts the items are dealt into at random.

    Raises:
        BadRequestError: the guarantee is out of reach.
    """
    pairs = known_pairs(known, label_space)
    if judged is not None:
        pairs |= judged
    positive = (targets > 0) & pairs
    shared = positive.sum(axis=0) < minimum_positives
    tuner = _Tuner(label_space, shared, minimum_positives, target, guarantee)

    def fit(rows: npt.NDArray[np.bool_]) -> FloatArray:
        if temperatures is not None:
            return temperatures
        return fit_temperatures(
            logits[rows],
            targets[rows],
            known[rows],
            label_space,
            minimum_positives=minimum_positives,
        )

    before = from_logits(logits, label_space)
    after, selected_after = np.zeros_like(before), np.zeros(before.shape, bool)
    fold_of = np.random.default_rng(seed).permutation(len(logits)) % folds
    for fold in np.unique(fold_of):
        out, rest = fold_of == fold, fold_of != fold
        probabilities = from_logits(logits / fit(rest), label_space)
        thresholds = tuner.tune(probabilities[rest], positive[rest], pairs[rest])
        after[out] = probabilities[out]
        selected_after[out] = select(probabilities[out], thresholds, label_space)
    fitted = fit(np.ones(len(logits), bool))
    probabilities = from_logits(logits / fitted, label_space)
    if guarantee is not None:
        guarantee.check(
            probabilities, positive, tuner.selectable(probabilities, pairs), label_space
        )
    default = np.full(len(label_space), DEFAULT, np.float32)
    return TunedThresholds(
        temperatures=fitted,
        thresholds=tuner.tune(probabilities, positive, pairs),
        positive=positive,
        shared=shared,
        probabilities_before=before,
        probabilities_after=after,
        selected_before=select(before, default, label_space) & pairs,
        selected_after=selected_after & pairs,
    )


@dataclass(frozen=True)
class _Tuner:
    label_space: LabelSpace
    shared: BoolArray
    shrinkage: int
    target: Target
    guarantee: Guarantee | None

    def selectable(self, probabilities: FloatArray, pairs: BoolArray) -> BoolArray:
        """Returns the known pairs that a threshold of 0 selects."""
        nothing = np.zeros(len(self.label_space), np.float32)
        return select(probabilities, nothing, self.label_space) & pairs

    def tune(self, probabilities: FloatArray, positive: BoolArray, pairs: BoolArray) -> FloatArray:
        """Returns `(labels,)`; `pairs` are those known `(items, labels)`."""
        selectable = self.selectable(probabilities, pairs)
        thresholds = np.full(len(self.label_space), DEFAULT, np.float32)
        for columns in self.label_space.slices.values():
            usable, truth = selectable[:, columns], positive[:, columns]
            pooled = self._cut(probabilities[:, columns][usable], truth[usable], truth.sum())
            for column in range(columns.start, columns.stop):
                usable, truth = selectable[:, column], positive[:, column]
                own = self._cut(probabilities[usable, column], truth[usable], truth.sum())
                thresholds[column] = (
                    pooled if self.shared[column] else self._shrink(own, pooled, truth.sum())
                )
        if self.guarantee is None:
            return thresholds
        return self.guarantee.apply(
            thresholds, probabilities, positive, selectable, self.label_space
        )

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
    guarantee: Guarantee | None = None,
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
        "guarantee": asdict(guarantee) if guarantee else None,
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
    values = read_numbers(path, "thresholds", label_space.names)
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise CheckpointError(
                f"{path} gives {name} the threshold {value}; it must be in [0, 1]"
            )
    return np.array([values[name] for name in label_space.names], np.float32)
