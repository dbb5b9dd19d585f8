"""Tag logits → probabilities → decisions; the one place that says what "selected" means."""

import numpy as np
import numpy.typing as npt

from wardrobe.labels import LabelSpace, Scope

FloatArray = npt.NDArray[np.float32]

_LEAST = 1e-6  # what a probability of 0 is taken for where it must become a logit


def from_logits(logits: FloatArray, label_space: LabelSpace) -> FloatArray:
    """Returns probabilities `(pictures, labels)`: softmax of a `single` attribute, else sigmoid."""
    probabilities = np.empty_like(logits, np.float32)
    for attribute in label_space.attributes:
        columns = label_space.slices[attribute.name]
        block = logits[:, columns].astype(np.float64)
        if attribute.kind == "single":
            exponentials = np.exp(block - block.max(axis=1, keepdims=True))
            probabilities[:, columns] = exponentials / exponentials.sum(axis=1, keepdims=True)
        else:
            probabilities[:, columns] = 1 / (1 + np.exp(-block))
    return probabilities


def to_logits(probabilities: FloatArray, label_space: LabelSpace) -> FloatArray:
    """Returns logits `(pictures, labels)` that `from_logits` turns into these probabilities."""
    bounded = np.clip(probabilities.astype(np.float64), _LEAST, 1 - _LEAST)
    logits = np.log(bounded)
    for attribute in label_space.attributes:
        if attribute.kind == "multi":
            columns = label_space.slices[attribute.name]
            logits[:, columns] -= np.log1p(-bounded[:, columns])
    return logits.astype(np.float32)


def select(
    probabilities: FloatArray, thresholds: FloatArray, label_space: LabelSpace
) -> npt.NDArray[np.bool_]:
    """Returns which labels are selected `(pictures, labels)`.

    A label needs at least its threshold; of a `single` attribute only the most probable label
    can be selected. Of an attribute that does not apply to what the picture most probably shows
    (`leg_length` of a shirt), no label is.
    """
    selected = probabilities >= thresholds
    for attribute in label_space.attributes:
        columns = label_space.slices[attribute.name]
        if attribute.kind == "single":
            best = probabilities[:, columns].argmax(axis=1)
            only_best = np.zeros_like(selected[:, columns])
            only_best[np.arange(len(best)), best] = True
            selected[:, columns] &= only_best
        if attribute.applies_to:
            selected[:, columns] &= _applies(attribute.applies_to, probabilities, label_space)
    return selected


def _applies(
    scope: Scope, probabilities: FloatArray, label_space: LabelSpace
) -> npt.NDArray[np.bool_]:
    """Returns whether each picture's most probable kind is in the scope `(pictures, 1)`."""
    kinds = label_space.slices[scope.attribute]
    within = [f"{scope.attribute}={label}" for label in scope.labels]
    fits = np.isin(label_space.names[kinds], within)
    return fits[probabilities[:, kinds].argmax(axis=1), np.newaxis]
