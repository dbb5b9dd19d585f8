"""The report's plots, as PNG in data URIs."""

import base64
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from wardrobe.calibration import Reliability
from wardrobe.evaluation.tagging import Tagged, TaggingScores

_COLUMNS = 5


def precision_recall_plot(tagged: Tagged) -> str:
    """Draws, for each attribute, precision over recall of all its labels as one ranking."""
    figure = Figure(figsize=(5.5, 5), layout="constrained", dpi=120)
    axes = figure.add_subplot(xlim=(0, 1.01), ylim=(0, 1.01), xlabel="recall", ylabel="precision")
    axes.grid(alpha=0.3)
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


def reliability_plot(scores: TaggingScores) -> str:
    """Draws how often selected tags are right by their probability: all, and of each attribute.

    A point is a bin; its area grows with the tags in it.
    """
    shown = {"all attributes": scores.reliability}
    shown |= {a.name: a.reliability for a in scores.attributes if any(a.reliability.counts)}
    rows = -(-len(shown) // _COLUMNS)
    figure = Figure(figsize=(2.1 * _COLUMNS, 2.4 * rows), layout="constrained", dpi=120)
    for place, (name, reliability) in enumerate(shown.items(), start=1):
        axes = figure.add_subplot(rows, _COLUMNS, place, xlim=(0, 1.05), ylim=(0, 1.05))
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        count = sum(reliability.counts)
        areas = [300 * in_bin / max(count, 1) for in_bin in reliability.counts]
        axes.scatter(reliability.confidence, reliability.right, areas, alpha=0.7)
        axes.set_title(f"{name}: error {reliability.error:.3f}\n{count} tags", fontsize=8)
        axes.tick_params(labelsize=7)
        axes.grid(alpha=0.3)
    figure.supxlabel("probability", fontsize=9)
    figure.supylabel("share that is right", fontsize=9)
    return _data_uri(figure)


def save_relevance_plot(path: Path, reliabilities: Mapping[str, Reliability]) -> None:
    """Draws how often results are relevant by what their relevance says, a panel a kind of query.

    A point is a bin; its area grows with the logarithm of the pairs in it.
    """
    figure = Figure(figsize=(4 * len(reliabilities), 4), layout="constrained", dpi=120)
    for place, (kind, reliability) in enumerate(reliabilities.items(), start=1):
        axes = figure.add_subplot(
            1, len(reliabilities), place, xlim=(0, 1.02), ylim=(0, 1.02), xlabel="relevance"
        )
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        areas = 12 * np.log1p(reliability.counts)
        axes.scatter(reliability.confidence, reliability.right, areas, alpha=0.7)
        pairs = sum(reliability.counts)
        axes.set_title(
            f"{kind} queries: error {reliability.error:.3f}, {pairs:,} pairs", fontsize=9
        )
        axes.set_ylabel("share that is relevant")
        axes.grid(alpha=0.3)
    figure.savefig(path)


def _data_uri(figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
