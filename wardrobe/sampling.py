"""Balanced sampling: pictures with rare labels are seen more often in an epoch."""

import numpy as np
import numpy.typing as npt

from wardrobe.labels import LabelSpace

MAX_LABEL_WEIGHT = 10.0
"""A label's weight at most: a class with one picture must not be shown a hundred times an epoch."""


def balanced_weights(
    targets: npt.NDArray[np.float32],
    known: npt.NDArray[np.bool_],
    label_space: LabelSpace,
    power: float = 0.5,
) -> npt.NDArray[np.float64]:
    """Returns how often each picture should be drawn `(pictures,)`, 1 on average.

    A label that n pictures have weighs `min((n_max / n) ** power, MAX_LABEL_WEIGHT)`, where n_max
    is the count of the commonest label of its attribute. A picture weighs the mean, over the
    attributes known of it, of its heaviest label; with nothing known it weighs as little as a
    picture with only commonest labels. Then all are scaled to a mean of 1.

    Args:
        targets: multi-hot labels `(pictures, labels)`.
        known: which attributes are known `(pictures, attributes)`.
        label_space: names the columns.
        power: 0 draws all alike, 0.5 by the square root of rarity, 1 evens the classes out.
    """
    totals = np.zeros(len(targets))
    for column, attribute in enumerate(label_space.attributes):
        block = targets[:, label_space.slices[attribute.name]] * known[:, column, None]
        counts = block.sum(axis=0, dtype=np.float64)
        ratios = counts.max(initial=1) / np.maximum(counts, 1)
        label_weights = np.minimum(ratios**power, MAX_LABEL_WEIGHT)
        totals += (block * label_weights).max(axis=1, initial=0)
    known_attributes = known.sum(axis=1)
    weights = np.where(known_attributes > 0, totals / np.maximum(known_attributes, 1), 1)
    weights /= weights.mean()
    return weights


def epoch_order(
    weights: npt.NDArray[np.float64], draws: int, seed: int, epoch: int
) -> npt.NDArray[np.int64]:
    """Returns the indices of the pictures of an epoch `(draws,)`, in the order to be seen.

    The same seed and epoch give the same order. A picture that should be drawn w times comes
    floor(w) or ceil(w) times (systematic resampling), so the mix of labels hardly varies between
    epochs; with equal weights and as many draws as pictures every picture comes once.

    Args:
        weights: how often each picture is drawn, relative to the others `(pictures,)`.
        draws: pictures of an epoch.
        seed: of the run.
        epoch: from 0.
    """
    generator = np.random.default_rng((seed, epoch))
    order = generator.permutation(len(weights))
    cumulative = np.cumsum(weights[order])
    marks = (generator.random() + np.arange(draws)) * (cumulative[-1] / draws)
    # Rounding may lift the last mark to the very end, past the last picture.
    drawn = np.minimum(np.searchsorted(cumulative, marks, side="right"), len(weights) - 1)
    return generator.permutation(order[drawn])
