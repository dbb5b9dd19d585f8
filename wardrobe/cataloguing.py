"""What an encoder made of pictures → entries of a catalogue."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from wardrobe.encoders.base import Encoder, FloatArray
from wardrobe.index import CatalogueItem, Entry
from wardrobe.labels import LabelSpace
from wardrobe.probabilities import select

TEN_THOUSANDTHS = 10_000
"""A catalogue keeps probabilities as whole numbers, so that what is shown is what is compared."""


def entries_of(
    encoder: Encoder,
    items: Sequence[CatalogueItem],
    vectors: FloatArray,
    probabilities: FloatArray | None,
    colours: FloatArray,
) -> Iterator[Entry]:
    """Yields items with their tags, and all that was made of their pictures.

    Args:
        vectors: unit vectors `(items, dimension)`.
        probabilities: of labels `(items, labels)`, or None without heads.
        colours: dominant colours `(items, 3, 4)`.
    """
    label_space, thresholds = encoder.label_space, encoder.thresholds
    if probabilities is None or label_space is None or thresholds is None:
        for item, vector, colour in zip(items, vectors, colours, strict=True):
            yield Entry(item, vector, None, colour)
        return
    selected = select(probabilities, thresholds, label_space)
    kept = np.rint(probabilities * TEN_THOUSANDTHS).astype(np.uint16)
    for row, item in enumerate(items):
        tags = selected_tags(kept[row], selected[row], label_space)
        yield Entry(replace(item, tags=tags), vectors[row], kept[row], colours[row])


def retagged(encoder: Encoder, entry: Entry) -> Entry:
    """Returns an entry with the tags that an encoder's thresholds select by its probabilities."""
    label_space, thresholds, kept = encoder.label_space, encoder.thresholds, entry.probabilities
    if label_space is None or thresholds is None or kept is None:
        return entry
    probabilities = (kept[np.newaxis] / TEN_THOUSANDTHS).astype(np.float32)
    selected = select(probabilities, thresholds, label_space)[0]
    return replace(entry, item=replace(entry.item, tags=selected_tags(kept, selected, label_space)))


def selected_tags(
    probabilities: npt.NDArray[np.uint16], selected: npt.NDArray[np.bool_], label_space: LabelSpace
) -> dict[str, dict[str, float]]:
    """Returns the selected labels and their probabilities, the most specific attribute first."""
    tags = {}
    for name in label_space.most_specific_first:
        columns = label_space.slices[name]
        labels = next(a.labels for a in label_space.attributes if a.name == name)
        chosen = sorted(
            (
                (label, int(p) / TEN_THOUSANDTHS)
                for label, p, s in zip(
                    labels, probabilities[columns], selected[columns], strict=True
                )
                if s
            ),
            key=lambda tag: -tag[1],
        )
        if chosen:
            tags[name] = dict(chosen)
    return tags
