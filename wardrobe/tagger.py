"""Tag logits → tags: probabilities, thresholds and what is selected."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wardrobe.labels import LabelSpace

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tag:
    """A predicted label."""

    label: str
    probability: float
    threshold: float
    selected: bool


Tags = dict[str, list[Tag]]
"""Every label of every attribute, most probable first."""


class Tagger:
    """Turns an encoder's logits into tags."""

    def __init__(self, label_space: LabelSpace, thresholds: FloatArray) -> None:
        self.label_space = label_space
        self.thresholds = thresholds

    def tag(self, logits: FloatArray) -> list[Tags]:
        """Returns the tags of each row of logits `(pictures, labels)`."""
        probabilities = probabilities_from_logits(logits, self.label_space)
        chosen = select(probabilities, self.thresholds, self.label_space)
        return [self._row_tags(p, s) for p, s in zip(probabilities, chosen, strict=True)]

    def _row_tags(self, probabilities: FloatArray, chosen: npt.NDArray[np.bool_]) -> Tags:
        names = [label for attribute in self.label_space.attributes for label in attribute.labels]
        tags = [
            Tag(name, float(p), float(t), bool(s))
            for name, p, t, s in zip(names, probabilities, self.thresholds, chosen, strict=True)
        ]
        return {
            attribute: sorted(tags[columns], key=lambda tag: -tag.probability)
            for attribute, columns in self.label_space.slices.items()
        }


def probabilities_from_logits(logits: FloatArray, label_space: LabelSpace) -> FloatArray:
    """Returns probabilities `(pictures, labels)`: softmax inside a `single` attribute, sigmoid for a `multi` one."""
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


def select(probabilities: FloatArray, thresholds: FloatArray, label_space: LabelSpace) -> npt.NDArray[np.bool_]:
    """Returns which labels are selected `(pictures, labels)`.

    A label needs at least its threshold; of a `single` attribute only the most probable label can be selected.
    """
    selected = probabilities >= thresholds
    for attribute in label_space.attributes:
        if attribute.kind == "single":
            columns = label_space.slices[attribute.name]
            best = probabilities[:, columns].argmax(axis=1)
            only_best = np.zeros_like(selected[:, columns])
            only_best[np.arange(len(best)), best] = True
            selected[:, columns] &= only_best
    return selected


def most_specific_first(tags: Tags, order: Sequence[str]) -> list[str]:
    """Returns the selected labels, attributes in the given order."""
    return [tag.label for attribute in order for tag in tags.get(attribute, []) if tag.selected]
