"""Why an item was found: what each part of the query made of its score."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wardrobe.colours import colour_similarity
from wardrobe.index import CatalogueItem, Snapshot
from wardrobe.query import Part, Query
from wardrobe.ranking import scale_of

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class PartReason:
    """What a part made of a score; the contributions of all parts add up to it."""

    part: str
    weight: float
    similarity: float
    contribution: float


@dataclass(frozen=True)
class TagReason:
    """A tag that the query and the item share; a given one has no probability."""

    tag: str
    probability: float | None


def part_reasons(
    query: Query, snapshot: Snapshot, matching: BoolArray, slots: Sequence[int]
) -> list[list[PartReason]]:
    """Returns for each slot what the parts of a query made of its score.

    Args:
        matching: the slots that the filter leaves, by which colours and cosines were weighed.
    """
    vectors = snapshot.vectors_of(np.array(slots, np.int64))
    colours = snapshot.colours[list(slots)]
    similarities = [_similarities(part, vectors, colours) for part in query.parts]
    weights = [abs(part.weight) for part in query.parts]
    length = 1.0 if query.vector is None else float(np.linalg.norm(query.vector))
    scale = scale_of(query, snapshot, matching) if query.colours else None
    contributions = []
    for part, similarity in zip(query.parts, similarities, strict=True):
        contribution = part.weight * similarity
        if part.kind != "colour":
            contribution = contribution / length
        if part.kind != "colour" and scale is not None:
            share = abs(part.weight) / scale.weight
            span = max(scale.best - scale.usual, 1e-6)
            contribution = scale.weight * (contribution - share * scale.usual) / span
        contributions.append(contribution / sum(weights) if query.colours else contribution)
    return [
        [
            PartReason(part.name, part.weight, float(s[i]), float(c[i]))
            for part, s, c in zip(query.parts, similarities, contributions, strict=True)
        ]
        for i in range(len(slots))
    ]


def tag_reasons(query: Query, wanted: Iterable[str], item: CatalogueItem) -> list[TagReason]:
    """Returns the tags of an item that a query wants, or names in its words."""
    wanted, words = set(wanted), f" {query.words.lower()} "
    reasons = []
    of_item: dict[str, float | None] = {
        f"{a}={label}": p for a, found in item.tags.items() for label, p in found.items()
    }
    of_item |= {f"{a}={label}": None for a, found in item.labels.items() for label in found}
    for tag, probability in of_item.items():
        label = tag.partition("=")[2].lower()
        if tag in wanted or f" {label} " in words or f" {label.removesuffix('s')} " in words:
            reasons.append(TagReason(tag, probability))
    return reasons


def _similarities(part: Part, vectors: FloatArray, colours: FloatArray) -> FloatArray:
    if part.kind == "colour":
        return colour_similarity(colours, part.target)
    similarities: FloatArray = vectors @ part.target
    return similarities
