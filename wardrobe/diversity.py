"""From ranked candidates those that are kept: one a group, no near-duplicates, different ones."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Kept:
    """Places among the candidates, and the near-duplicates that each stands for."""

    places: list[int]
    duplicates: dict[int, list[int]]


def first_of_groups(groups: IntArray) -> IntArray:
    """Returns the places of the first candidate of each group; a group of -1 is each its own."""
    _, firsts = np.unique(groups, return_index=True)
    return np.union1d(firsts[groups[firsts] >= 0], np.flatnonzero(groups < 0))


def collapse(vectors: Iterable[FloatArray], threshold: float, enough: int) -> Kept:
    """Keeps a candidate unless it is a near-duplicate of a kept one before it.

    Args:
        vectors: of the candidates `(dimension,)`, best first.
        threshold: cosine from which on two count as the same.
        enough: how many are kept at most; what comes after the last of them is not looked at.
    """
    places: list[int] = []
    duplicates: dict[int, list[int]] = {}
    kept: FloatArray | None = None
    for place, vector in enumerate(vectors):
        if kept is None:
            kept = np.empty((enough, len(vector)), np.float32)
        cosines = kept[: len(places)] @ vector
        same = int(cosines.argmax()) if len(places) else 0
        if len(places) and cosines[same] >= threshold:
            duplicates.setdefault(places[same], []).append(place)
            continue
        kept[len(places)] = vector
        places.append(place)
        if len(places) == enough:
            break
    return Kept(places, duplicates)


def diversify(scores: FloatArray, vectors: FloatArray, k: int, diversity: float) -> list[int]:
    """Returns the places of k candidates by maximal marginal relevance.

    Carbonell and Goldstein 1998.

    Args:
        scores: of the candidates, best first.
        vectors: theirs `(candidates, dimension)`.
        diversity: 0 orders by score, 1 by unlikeness to what is taken already.
    """
    nearest = np.full(len(scores), -1.0, np.float32)
    left = np.ones(len(scores), np.bool_)
    taken: list[int] = []
    for _ in range(min(k, len(scores))):
        penalty = nearest if taken else np.zeros_like(nearest)
        worth = (1 - diversity) * scores - diversity * penalty
        best = int(np.where(left, worth, -np.inf).argmax())
        taken.append(best)
        left[best] = False
        nearest = np.maximum(nearest, vectors @ vectors[best])
    return taken
