"""How good the tags of a split are."""

from dataclasses import dataclass

import numpy as np

from wardrobe.calibration import Reliability
from wardrobe.labels import Attribute, LabelSpace
from wardrobe.metrics import (
    BoolArray,
    Estimate,
    FloatArray,
    Values,
    average_precisions,
    bootstrap_weights,
    class_and_overall_f1,
    f1_score,
    known_pairs,
    mean_estimates,
    micro_mean_average_precision,
    top_label_hits,
)
from wardrobe.probabilities import select

COMMON = 5
"""Positives from which a label counts as common: the average precision of fewer is mostly luck."""


@dataclass(frozen=True)
class LabelScores:
    """How one label did; precision, recall and F1 are those of the decisions at its threshold."""

    name: str
    positives: int
    average_precision: float
    threshold: float
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class AttributeScores:
    """How one attribute did, over the items where it is known.

    Attributes:
        labels: how many of its labels occur.
        accuracy: share of items whose most probable label is right.
        majority_label: the commonest label of the split.
        majority: accuracy of always answering that label.
        mean_average_precision: over the labels that occur.
        reliability: of its selected tags.
    """

    name: str
    kind: str
    items: int
    labels: int
    accuracy: Estimate
    majority_label: str
    majority: float
    mean_average_precision: Estimate
    reliability: Reliability


@dataclass(frozen=True)
class TaggingScores:
    """How the tags of a split did.

    Attributes:
        macro, common: mean average precision of the labels that occur, and of those with at
            least `COMMON` positives.
        micro: average precision of all known (item, label) pairs as one ranking.
        class_f1, overall_f1: CF1 and OF1 of the decisions at the checkpoint's thresholds.
        reliability: of all selected tags.
    """

    items: int
    macro_labels: int
    common_labels: int
    macro: Estimate
    common: Estimate
    micro: Estimate
    class_f1: Estimate
    overall_f1: Estimate
    reliability: Reliability
    attributes: tuple[AttributeScores, ...]
    labels: tuple[LabelScores, ...]


@dataclass(frozen=True)
class Tagged:
    """Tags of a split beside the truth.

    Attributes:
        probabilities, targets: `(items, labels)`.
        known: `(items, attributes)`.
    """

    label_space: LabelSpace
    thresholds: FloatArray
    probabilities: FloatArray
    targets: FloatArray
    known: BoolArray


def evaluate_tagging(tagged: Tagged, resamples: int = 1000) -> TaggingScores:
    """Scores tags; intervals are of `resamples` bootstrap draws of the items."""
    space = tagged.label_space
    scores = (tagged.probabilities, tagged.targets, tagged.known, space)
    weights = bootstrap_weights(len(tagged.probabilities), resamples)
    precisions = average_precisions(*scores, weights=weights)
    # A label of which a resample draws no item keeps its own: dropping it would favour the others.
    precisions = np.where(np.isnan(precisions), precisions[0], precisions)
    pairs = known_pairs(tagged.known, space)
    positive = (tagged.targets > 0) & pairs
    selected = select(tagged.probabilities, tagged.thresholds, space) & pairs
    counts = positive.sum(axis=0)
    class_f1, overall_f1 = class_and_overall_f1(selected, positive, weights=weights)
    return TaggingScores(
        items=len(tagged.probabilities),
        macro_labels=int((counts > 0).sum()),
        common_labels=int((counts >= COMMON).sum()),
        macro=Estimate.of(_row_means(precisions)),
        common=Estimate.of(_row_means(precisions[:, counts >= COMMON])),
        micro=Estimate.of(micro_mean_average_precision(*scores, weights=weights)),
        class_f1=Estimate.of(class_f1),
        overall_f1=Estimate.of(overall_f1),
        reliability=Reliability.of(tagged.probabilities[selected], positive[selected]),
        attributes=tuple(
            _score_attribute(tagged, index, attribute, precisions, selected, resamples)
            for index, attribute in enumerate(space.attributes)
            if tagged.known[:, index].any()
        ),
        labels=_score_labels(tagged, selected, positive, precisions[0]),
    )


def _score_attribute(
    tagged: Tagged,
    index: int,
    attribute: Attribute,
    precisions: Values,
    selected: BoolArray,
    resamples: int,
) -> AttributeScores:
    rows, columns = tagged.known[:, index], tagged.label_space.slices[attribute.name]
    targets, probabilities = tagged.targets[rows, columns], tagged.probabilities[rows, columns]
    counts = targets.sum(axis=0)
    hits = top_label_hits(probabilities, targets)
    chosen = selected[rows, columns]
    return AttributeScores(
        name=attribute.name,
        kind=attribute.kind,
        items=int(rows.sum()),
        labels=int((counts > 0).sum()),
        accuracy=mean_estimates({"accuracy": hits}, resamples)["accuracy"],
        majority_label=attribute.labels[counts.argmax()],
        majority=float(counts.max() / rows.sum()),
        mean_average_precision=Estimate.of(_row_means(precisions[:, columns])),
        reliability=Reliability.of(probabilities[chosen], targets[chosen]),
    )


def _score_labels(
    tagged: Tagged, selected: BoolArray, positive: BoolArray, precisions: Values
) -> tuple[LabelScores, ...]:
    positives, chosen = positive.sum(axis=0), selected.sum(axis=0)
    true = (selected & positive).sum(axis=0)
    f1 = f1_score(true, chosen, positives)
    return tuple(
        LabelScores(
            name=tagged.label_space.names[column],
            positives=int(positives[column]),
            average_precision=float(precisions[column]),
            threshold=float(tagged.thresholds[column]),
            precision=float(true[column] / chosen[column]) if chosen[column] else 0.0,
            recall=float(true[column] / positives[column]),
            f1=float(f1[column]),
        )
        for column in np.flatnonzero(positives)
    )


def _row_means(values: Values) -> Values:
    """Returns the mean of each row's defined values; nan for a row without any."""
    defined = ~np.isnan(values)
    counts = defined.sum(axis=1)
    sums = np.where(defined, values, 0).sum(axis=1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
