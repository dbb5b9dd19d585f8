"""Temperatures that make probabilities mean what they say, and how far off they are.

Guo et al., "On Calibration of Modern Neural Networks" (2017): tag logits are divided by a
temperature, one a `single` attribute and one a label of a `multi` attribute.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wardrobe.errors import CheckpointError
from wardrobe.files import read_numbers, write_json
from wardrobe.labels import LabelSpace

BINS = 15

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]


def fit_temperatures(
    logits: FloatArray,
    targets: FloatArray,
    known: BoolArray,
    label_space: LabelSpace,
    *,
    minimum_positives: int = 20,
) -> FloatArray:
    """Returns the temperature of every label `(labels,)` that makes the truth most likely.

    A label of a `multi` attribute with fewer than `minimum_positives` positives takes the
    temperature fitted to all labels of its attribute together. From there on, with n positives,
    the logarithm of its temperature is n parts its own and `minimum_positives` parts the shared
    one. An attribute that is never known keeps its logits: temperature 1.

    Args:
        logits: `(items, labels)`, not calibrated.
        targets: `(items, labels)` in {0, 1}.
        known: `(items, attributes)`.
    """
    temperatures = np.ones(len(label_space))
    for index, attribute in enumerate(label_space.attributes):
        columns = label_space.slices[attribute.name]
        truth = targets[known[:, index], columns].astype(np.float64)
        scores = logits[known[:, index], columns].astype(np.float64)
        if not truth.any():
            continue
        if attribute.kind == "single":
            temperatures[columns] = _fit(scores, truth)
            continue
        pooled = _fit_binary(scores, truth)
        for column, positives in enumerate(truth.sum(axis=0)):
            temperatures[columns.start + column] = pooled
            if positives >= minimum_positives:
                own = _fit_binary(scores[:, column], truth[:, column])
                share = positives / (positives + minimum_positives)
                temperatures[columns.start + column] = own**share * pooled ** (1 - share)
    # Rounded as the file has them, so that what is judged is what is served.
    return np.array([float(f"{value:.4g}") for value in temperatures], np.float32)


def _fit_binary(logits: Values, truth: Values) -> float:
    """Fits sigmoids: each is a softmax over its logit and 0."""
    flat, right = logits.ravel(), truth.ravel()
    return _fit(np.column_stack([flat, np.zeros_like(flat)]), np.column_stack([right, 1 - right]))


def _fit(logits: Values, truth: Values) -> float:
    """Returns the temperature of least cross-entropy of softmaxes `(items, labels)`."""
    # The server only reads temperatures, and scipy takes half a second to import.
    from scipy.optimize import minimize_scalar  # type: ignore[import-untyped]
    from scipy.special import logsumexp  # type: ignore[import-untyped]

    items, labels = logits.shape
    # As if one item more were labelled by chance (after Platt 1999): labels that are never wrong
    # among a few items do not become certainties.
    softened = (items * truth / truth.sum(axis=1, keepdims=True) + 1 / labels) / (items + 1)
    expected = float((softened * logits).sum())

    def cross_entropy(log_temperature: float) -> float:
        scale = np.exp(-log_temperature)
        return float((logsumexp(scale * logits, axis=1).sum() - scale * expected) / items)

    best = minimize_scalar(cross_entropy, bounds=(-3, 3), method="bounded")
    return float(np.exp(best.x))


@dataclass(frozen=True)
class Reliability:
    """How often answers are right, by how sure they were: bins of equal width over [0, 1].

    Attributes:
        counts: answers in each bin.
        confidence: their mean probability, nan in an empty bin.
        right: share of them that is right, nan in an empty bin.
        error: expected calibration error: the mean distance of the two, weighed by the answers;
            nan without any.
    """

    counts: tuple[int, ...]
    confidence: tuple[float, ...]
    right: tuple[float, ...]
    error: float

    @classmethod
    def of(
        cls, probabilities: FloatArray, right: npt.NDArray[Any], bins: int = BINS
    ) -> "Reliability":
        """Sorts answers into bins.

        Args:
            probabilities: `(answers,)`.
            right: `(answers,)` in {0, 1}.
        """
        places = np.minimum((probabilities * bins).astype(int), bins - 1)
        counts = np.bincount(places, minlength=bins)
        divisor = np.where(counts > 0, counts, np.nan)
        confidence = np.bincount(places, probabilities, bins) / divisor
        share_right = np.bincount(places, right, bins) / divisor
        distances = np.abs(confidence - share_right) * counts
        error = np.nansum(distances) / counts.sum() if len(places) else np.nan
        return cls(
            tuple(counts.tolist()),
            tuple(confidence.tolist()),
            tuple(share_right.tolist()),
            float(error),
        )


def save_temperatures(
    path: Path,
    temperatures: FloatArray,
    label_space: LabelSpace,
    *,
    minimum_positives: int,
    fitted_on: Mapping[str, Any] | None = None,
) -> None:
    """Writes `calibration.json`: a number a `single` attribute and a label of a `multi` one.

    Args:
        fitted_on: data, split and number of items, kept for the reader of the file.
    """
    by_name = zip(_names(label_space), temperatures, strict=True)
    content = {
        "minimum_positives": minimum_positives,
        "fitted_on": fitted_on,
        "temperatures": {name: float(f"{value:.4g}") for name, value in dict(by_name).items()},
    }
    write_json(path, content)


def load_temperatures(path: Path, label_space: LabelSpace) -> FloatArray:
    """Reads `calibration.json` as `(labels,)` in the order of the label space.

    Raises:
        CheckpointError: the file is missing or breaks the format, its names are not those of the
            label space, or a temperature is not a number over 0.
    """
    names = _names(label_space)
    values = read_numbers(path, "temperatures", list(dict.fromkeys(names)))
    for name, value in values.items():
        if not 0 < value < np.inf:
            raise CheckpointError(
                f"{path} gives {name} the temperature {value}; it must be a number over 0"
            )
    return np.array([values[name] for name in names], np.float32)


def _names(label_space: LabelSpace) -> list[str]:
    """Returns what each column's temperature is called: its attribute, or `attribute=label`."""
    return [
        attribute.name if attribute.kind == "single" else f"{attribute.name}={label}"
        for attribute in label_space.attributes
        for label in attribute.labels
    ]
