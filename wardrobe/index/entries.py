"""What a catalogue holds: items, what the encoder made of them, and changes to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wardrobe.labels import Labels

FloatArray = npt.NDArray[np.float32]
Probabilities = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class CatalogueItem:
    """An item of a catalogue.

    Attributes:
        image_path: absolute path of its picture.
        labels: its given labels by attribute, the most specific attribute first.
        tags: its predicted and selected labels with their probabilities, by attribute,
            the most specific attribute first.
        metadata: anything else that was known of it.
        etag: tells this version from any other; empty before it is in a catalogue.
    """

    id: str
    image_path: Path
    caption: str = ""
    labels: Labels = field(default_factory=dict)
    tags: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    etag: str = ""

    @property
    def label_names(self) -> list[str]:
        """Its given labels, or without any its predicted ones; the most specific first."""
        return [label for found in (self.labels or self.tags).values() for label in found]


@dataclass(frozen=True)
class Entry:
    """An item with what was made of its picture.

    Attributes:
        vector: unit vector `(dimension,)`.
        probabilities: of every label in ten-thousandths `(labels,)`, or None without heads.
        colours: dominant colours `(3, 4)`: OKLab lightness, a and b, and share.
    """

    item: CatalogueItem
    vector: FloatArray
    probabilities: Probabilities | None
    colours: FloatArray


@dataclass(frozen=True)
class Change:
    """A write to one item.

    Attributes:
        entry: its new version; None deletes it.
        if_match: the ETag that it must have, or `*` for any.
        if_new: whether it must not exist yet.
    """

    id: str
    entry: Entry | None
    if_match: str | None = None
    if_new: bool = False


@dataclass(frozen=True)
class Written:
    """What became of a change: `created`, `replaced`, `unchanged` or `deleted`."""

    status: str
    etag: str = ""
