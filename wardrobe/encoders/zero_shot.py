"""Tags without heads: a label is a phrase, and a picture has the labels whose phrases fit it.

Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021), 3.1.
"""

from collections.abc import Callable, Sequence

from wardrobe.encoders.base import FloatArray
from wardrobe.labels import LabelSpace

# The label with the context of its attribute, as the paper advises (3.1.4); other attributes name
# the thing itself.
_TEMPLATES = {
    "colour": "a photo of {} clothing",
    "gender": "a photo of clothing for {}",
    "age_group": "a photo of clothing for {}",
    "season": "a photo of clothing for {}",
    "usage": "a photo of {} clothing",
    "pattern": "a photo of {} clothing",
    "sleeve_length": "a photo of clothing with {} sleeves",
    "leg_length": "a photo of clothing with {} legs",
    "details": "a photo of clothing with {}",
}
_THING = "a photo of {}"
_NEUTRAL = "a photo of clothing"


def label_phrases(label_space: LabelSpace) -> list[str]:
    """Returns the phrase of every label, in the order of the columns."""
    return [
        _TEMPLATES.get(attribute.name, _THING).format(label.lower())
        for attribute in label_space.attributes
        for label in attribute.labels
    ]


def label_weights(
    label_space: LabelSpace,
    encode_texts: Callable[[Sequence[str]], FloatArray],
    *,
    absolute: bool,
) -> FloatArray:
    """Returns the directions `(labels, dimension)` whose dot products with pictures are logits.

    Args:
        encode_texts: texts → unit vectors `(texts, dimension)`.
        absolute: whether a single phrase's cosine says if it fits, as after SigLIP's training.
            CLIP's only says which of several phrases fits better: there, a `multi` label is
            compared with a phrase that leaves it out. (No phrase denies it: these models hardly
            understand negation, Alhamoud et al. 2025.)
    """
    weights = encode_texts(label_phrases(label_space))
    if not absolute:
        neutral = encode_texts([_NEUTRAL])[0]
        for attribute in label_space.attributes:
            if attribute.kind == "multi":
                weights[label_space.slices[attribute.name]] -= neutral
    return weights
