"""Tagging and retrieval metrics over plain arrays; docs/evaluation.md defines each of them.

Tagging metrics take `weights (resamples, items)`, how often each resample draws each item, and
give one value a resample: `bootstrap_weights` makes them, None means every item once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wardrobe.labels import LabelSpace

FloatArray = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_CHUNK = 4_000_000  # weights looked at together, so that memory stays at tens of megabytes


# Bootstrap


def bootstrap_weights(items: int, resamples: int = 1000, seed: int = 0) -> Values:
    """Returns how often each resample draws each item `(1 + resamples, items)`.

    The first row draws every item once: it gives the metric itself.
    """
    chances = np.full(items, 1 / max(items, 1))
    drawn = np.random.default_rng(seed).multinomial(items, chances, resamples)
    return np.vstack([np.ones(items), drawn])


@dataclass(frozen=True)
class Estimate:
    """A metric and the middle 95 % of its bootstrap resamples; nan where undefined."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"

    @classmethod
    def of(cls, values: Values) -> "Estimate":
        """Takes a metric's values under `bootstrap_weights`; undefined resamples are left out."""
        resampled = values[1:][~np.isnan(values[1:])]
        if not len(resampled):
            return cls(float(values[0]), float("nan"), float("nan"))
        low, high = np.percentile(resampled, [2.5, 97.5])
        return cls(float(values[0]), float(low), float(high))


def mean_estimates(
    metrics: Mapping[str, Values], resamples: int = 1000, seed: int = 0
) -> dict[str, Estimate]:
    """Returns the means of metrics that each have one value a query (or item), nan left out.

    All metrics must be nan for the same queries.
    """
    table = np.column_stack(list(metrics.values()))
    table = table[~np.isnan(table).any(axis=1)]
    if not len(table):
        return {name: Estimate(float("nan"), float("nan"), float("nan")) for name in metrics}
    means = bootstrap_weights(len(table), resamples, seed) @ table / len(table)
    return {name: Estimate.of(means[:, i]) for i, name in enumerate(metrics)}


# Tagging


def average_precision(
    scores: FloatArray,
    positives: BoolArray,
    weights: Values | None = None,
    items: npt.NDArray[np.int64] | None = None,
) -> Values:
    """Returns the average precision of one ranking under each row of weights `(resamples,)`.

    The sum of precision times gain in recall over distinct scores, so tied items count as one
    step: the definition of scikit-learn, for many weightings with one sort. Without positives nan.

    Args:
        items: the column of the weights that each score belongs to; by default its own place.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = positives[order]
    columns = order if items is None else items[order]
    weights = np.ones((1, columns.max(initial=0) + 1)) if weights is None else weights
    values = np.full(len(weights), np.nan)
    if not ranked.any():
        return values
    ends = np.flatnonzero(np.diff(scores[order], append=np.nan))  # last item of each run of ties
    positive_ends = ranked.cumsum()[ends]
    gains = np.diff(positive_ends, prepend=0) > 0  # the other runs add no recall
    ends, positive_ends = ends[gains], positive_ends[gains] - 1
    chunk = max(1, _CHUNK // len(scores))
    for start in range(0, len(weights), chunk):
        drawn = weights[start : start + chunk, columns]
        seen = drawn.cumsum(axis=1)[:, ends]
        found = drawn[:, ranked].cumsum(axis=1)[:, positive_ends]
        areas = (_divide(found, seen) * np.diff(found, axis=1, prepend=0)).sum(axis=1)
        values[start : start + chunk] = _divide(areas, found[:, -1], empty=np.nan)
    return values


def average_precisions(
    probabilities: FloatArray,
    targets: FloatArray,
    known: BoolArray,
    label_space: LabelSpace,
    *,
    minimum_positives: int = 1,
    weights: Values | None = None,
) -> Values:
    """Returns the average precision of every label over the items where its attribute is known.

    Args:
        probabilities: `(items, labels)`.
        targets: `(items, labels)` in {0, 1}.
        known: `(items, attributes)`.
        minimum_positives: labels with fewer positives (unweighted) are nan.

    Returns:
        `(resamples, labels)`, a single row without weights.
    """
    values = np.full((1 if weights is None else len(weights), len(label_space)), np.nan)
    for index, columns in enumerate(label_space.slices.values()):
        rows = np.flatnonzero(known[:, index])
        for column in range(columns.start, columns.stop):
            positives = targets[rows, column] > 0
            if positives.sum() >= max(1, minimum_positives):
                scores = probabilities[rows, column]
                values[:, column] = average_precision(scores, positives, weights, rows)
    return values


def macro_mean_average_precision(
    probabilities: FloatArray,
    targets: FloatArray,
    known: BoolArray,
    label_space: LabelSpace,
    *,
    minimum_positives: int = 1,
) -> float:
    """Returns the mean of `average_precisions` over labels with enough positives; nan if none."""
    values = average_precisions(
        probabilities, targets, known, label_space, minimum_positives=minimum_positives
    )[0]
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def micro_mean_average_precision(
    probabilities: FloatArray,
    targets: FloatArray,
    known: BoolArray,
    label_space: LabelSpace,
    *,
    weights: Values | None = None,
) -> Values:
    """Returns the average precision of all known (item, label) pairs as one ranking."""
    pairs = known_pairs(known, label_space)
    items = np.nonzero(pairs)[0]
    return average_precision(probabilities[pairs], targets[pairs] > 0, weights, items)


def known_pairs(known: BoolArray, label_space: LabelSpace) -> BoolArray:
    """Returns which (item, label) pairs are known `(items, labels)` from `(items, attributes)`."""
    return np.repeat(known, [len(a.labels) for a in label_space.attributes], axis=1)


def f1_score(true: Values, selected: Values, positives: Values) -> Values:
    """Returns F1 from counts of true positives, selected and positive items; nan if none is."""
    return _divide(2 * true, selected + positives, empty=np.nan)


def class_and_overall_f1(
    selected: BoolArray, positive: BoolArray, *, weights: Values | None = None
) -> tuple[Values, Values]:
    """Returns CF1 and OF1, each `(resamples,)`.

    CF1 is the F1 of the class-mean precision and the class-mean recall (not the mean of the
    classes' F1) over labels with a positive item; the precision of a label never selected is 0.
    OF1 is the F1 of the pooled decisions over all labels. In a resample without any item of a
    label, the label keeps its own precision and recall: dropping it would favour the others.

    Args:
        selected: decisions `(items, labels)`, False where the attribute is unknown.
        positive: truth `(items, labels)`, False where the attribute is unknown.
    """
    weights = np.ones((1, len(selected))) if weights is None else weights
    true_counts = weights @ (positive & selected)
    selected_counts, positive_counts = weights @ selected, weights @ positive
    class_f1 = np.full(len(weights), np.nan)
    occurs = positive.any(axis=0)
    if occurs.any():
        plain_true = (positive & selected).sum(axis=0)
        drawn = positive_counts > 0
        recalls = np.where(
            drawn, _divide(true_counts, positive_counts), _divide(plain_true, positive.sum(axis=0))
        )
        precisions = np.where(
            drawn, _divide(true_counts, selected_counts), _divide(plain_true, selected.sum(axis=0))
        )
        recall, precision = recalls[:, occurs].mean(axis=1), precisions[:, occurs].mean(axis=1)
        class_f1 = _divide(2 * precision * recall, precision + recall)
    return class_f1, f1_score(
        true_counts.sum(axis=1), selected_counts.sum(axis=1), positive_counts.sum(axis=1)
    )


def top_label_hits(probabilities: FloatArray, targets: FloatArray) -> Values:
    """Returns 1 where the most probable label of an attribute is right, else 0 `(items,)`.

    Both arguments hold one attribute's columns, over items where it is known. The mean is the
    accuracy of a `single` attribute, and the precision of the first answer of a `multi` one.
    """
    best = probabilities.argmax(axis=1)
    hits: Values = targets[np.arange(len(best)), best].astype(np.float64)
    return hits


# Retrieval


def rank(
    similarities: FloatArray, own: npt.NDArray[np.int64] | None = None
) -> npt.NDArray[np.int64]:
    """Returns the gallery in order of falling similarity, for each query `(queries, gallery)`.

    Equal similarities keep the order of the gallery. `own` is the column of the query itself, -1
    where it is not in the gallery: it goes last, and must not count as relevant.
    """
    if own is not None:
        inside = np.flatnonzero(own >= 0)
        similarities = similarities.copy()
        similarities[inside, own[inside]] = -np.inf
    return np.argsort(-similarities, axis=1, kind="stable")


def retrieval_metrics(ranked: BoolArray, ks: Sequence[int] = (1, 5, 10)) -> dict[str, Values]:
    """Returns each query's metrics from its whole ranked gallery `(queries, gallery)`.

    `hit@k`, `precision@k` (over k, however small the gallery), `recall@k` (over R, the relevant
    items of the query), `mrr@k` (1 / place of the first relevant item, 0 beyond k), `map@k` (over
    min(R, k)), `ndcg@k` (binary gain) and `r_precision` (precision at R).

    Returns:
        name → `(queries,)`; nan for a query without a relevant item, which is skipped in means.
    """
    total = ranked.sum(axis=1)
    answerable = total > 0
    width = max(*ks, ranked.shape[1])
    found = np.zeros((len(ranked), width))  # relevant items among the first 1, 2, …
    found[:, : ranked.shape[1]] = ranked.cumsum(axis=1)
    found[:, ranked.shape[1] :] = total[:, None]
    rows, last = np.arange(len(ranked)), np.maximum(total, 1) - 1
    metrics = {"r_precision": found[rows, last] / np.maximum(total, 1)}
    for k in ks:
        head = np.zeros((len(ranked), k), bool)
        head[:, : ranked.shape[1]] = ranked[:, :k]
        best = np.minimum(np.maximum(total, 1), k)
        discounts = 1 / np.log2(np.arange(2, k + 2))
        metrics[f"hit@{k}"] = (found[:, k - 1] > 0).astype(np.float64)
        metrics[f"precision@{k}"] = found[:, k - 1] / k
        metrics[f"recall@{k}"] = found[:, k - 1] / np.maximum(total, 1)
        metrics[f"mrr@{k}"] = metrics[f"hit@{k}"] / (head.argmax(axis=1) + 1)
        metrics[f"map@{k}"] = (head * found[:, :k] / np.arange(1, k + 1)).sum(axis=1) / best
        metrics[f"ndcg@{k}"] = (head * discounts).sum(axis=1) / discounts.cumsum()[best - 1]
    return {name: np.where(answerable, values, np.nan) for name, values in metrics.items()}


def _divide(
    numerator: Values, denominator: Values | npt.NDArray[np.int64], empty: float = 0.0
) -> Values:
    """Divides; `empty` where the denominator is 0."""
    result = np.full(np.shape(numerator), empty)
    np.divide(numerator, denominator, out=result, where=np.asarray(denominator) > 0)
    return result
