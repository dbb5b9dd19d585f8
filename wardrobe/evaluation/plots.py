"""The report's plots, as PNG in data URIs."""

import base64
import io

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wardrobe.evaluation.tagging import Tagged
from wardrobe.metrics import FloatArray, Values

_BINS = 10
_SMALLEST_BIN = 10  # items; the share of fewer says little, so it is not drawn


def precision_recall_plot(tagged: Tagged) -> str:
    """Draws, for each attribute, precision over recall of all its labels as one ranking."""
    figure, axes = _square("recall", "precision")
    for index, (name, columns) in enumerate(tagged.label_space.slices.items()):
        rows = tagged.known[:, index]
        truth = tagged.targets[rows, columns].ravel()
        if truth.any():
            order = np.argsort(-tagged.probabilities[rows, columns].ravel(), kind="stable")
            found = truth[order].cumsum()
            shown = np.unique(np.geomspace(1, len(order), 300).astype(int)) - 1
            axes.plot(found[shown] / found[-1], found[shown] / (shown + 1), label=name)
    axes.legend(loc="lower left", fontsize=8)
    return _data_uri(figure)


def reliability_plot(tagged: Tagged) -> str:
    """Draws, for each `single` attribute, how often the top label is right by its probability."""
    figure, axes = _square("probability of the top label", "share that is right")
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for index, attribute in enumerate(tagged.label_space.attributes):
        rows, columns = tagged.known[:, index], tagged.label_space.slices[attribute.name]
        if attribute.kind == "single" and rows.any():
            probabilities = tagged.probabilities[rows, columns]
            best = probabilities.argmax(axis=1)
            right = tagged.targets[rows, columns][np.arange(len(best)), best]
            confidence, accuracy, error = _bins(probabilities.max(axis=1), right)
            label = f"{attribute.name} (calibration error {error:.3f})"
            axes.plot(confidence, accuracy, marker="o", markersize=4, label=label)
    axes.legend(loc="lower right", fontsize=8)
    return _data_uri(figure)


def _bins(confidences: FloatArray, right: FloatArray) -> tuple[Values, Values, float]:
    """Returns mean confidence and accuracy of each bin, and the expected calibration error.

    The error is the mean distance of the two over all bins, weighed by their items; bins of fewer
    than `_SMALLEST_BIN` items count in it, but are not returned.
    """
    bins = np.minimum((confidences * _BINS).astype(int), _BINS - 1)
    counts = np.bincount(bins, minlength=_BINS)
    filled = counts > 0
    confidence = np.bincount(bins, confidences, _BINS)[filled] / counts[filled]
    accuracy = np.bincount(bins, right, _BINS)[filled] / counts[filled]
    error = np.abs(accuracy - confidence) @ counts[filled] / len(bins)
    shown = counts[filled] >= _SMALLEST_BIN
    return confidence[shown], accuracy[shown], float(error)


def _square(x_label: str, y_label: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(5.5, 5), layout="constrained", dpi=120)
    axes = figure.add_subplot(xlim=(0, 1.01), ylim=(0, 1.01), xlabel=x_label, ylabel=y_label)
    axes.grid(alpha=0.3)
    return figure, axes


def _data_uri(figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
