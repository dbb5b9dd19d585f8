"""Tag logits → tags: probabilities, thresholds and what is selected."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wardrobe.labels import LabelSpace
from wardrobe.probabilities import from_logits, select

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
        return self.decide(from_logits(logits, self.label_space))

    def decide(self, probabilities: FloatArray) -> list[Tags]:
        """Returns the tags of each row of probabilities `(pictures, labels)`."""
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
