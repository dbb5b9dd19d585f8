"""Candidates for a query among the items that it may find, best first."""

import math
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wardrobe.colours import colour_similarity
from wardrobe.index import Index, Snapshot
from wardrobe.query import Query, unit

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

POOL = 1_000
"""Candidates of each kind where colours are mixed in, or results are sorted."""

WORDS_POOL = 300
"""Candidates by words and by meaning that are fused; always as many, so that pages fit together."""

SCORE_EVERY_MAX = 50_000
"""Of more items than these, only a pool of the nearest is scored where colours are mixed in."""

SAMPLE = 2_000
"""Items of which it is seen what a usual cosine is."""

RANK_CONSTANT = 10
"""Of reciprocal rank fusion (Cormack, Clarke and Büttcher 2009, who take 60); measured."""

_WORD = re.compile(r"\w+")
_FILLERS = frozenset(
    [
        "a",
        "an",
        "and",
        "at",
        "by",
        "for",
        "from",
        "in",
        "is",
        "it",
        "of",
        "on",
        "or",
        "the",
        "this",
        "to",
        "with",
    ]
)


@dataclass(frozen=True, eq=False)
class Ranking:
    """Candidates, best first, ties by slot.

    Attributes:
        slots: `(candidates,)`.
        scores: cosine with the query, or its mean with colour similarities `(candidates,)`.
        literal: which ones have every word of the query; None where words do not count.
        complete: whether no item was left out.
    """

    slots: IntArray
    scores: FloatArray
    literal: BoolArray | None = None
    complete: bool = True

    def only(self, keep: BoolArray) -> "Ranking":
        """Returns those near enough; what is further off was left out on purpose."""
        literal = None if self.literal is None else self.literal[keep]
        return Ranking(self.slots[keep], self.scores[keep], literal)


def rank(query: Query, index: Index, snapshot: Snapshot, allowed: BoolArray, depth: int) -> Ranking:
    """Returns the best candidates among the slots allowed: `depth` of them or more, if there are.

    Raises:
        BadRequestError: the query's vector is zero or has another dimension.
    """
    vector = query.vector
    if query.colours:
        return _by_colour(query, snapshot, allowed)
    if query.mode != "vector" and query.words:
        return _by_words(query, index, snapshot, allowed)
    if vector is None:
        slots = np.flatnonzero(allowed)
        return Ranking(slots, np.zeros(len(slots), np.float32))
    scores, slots = snapshot.search(unit(vector, snapshot.dimension)[None], depth, allowed)
    complete = len(slots[0]) < depth or depth >= int(np.count_nonzero(allowed))
    return Ranking(slots[0], scores[0], complete=complete)


def _by_colour(query: Query, snapshot: Snapshot, allowed: BoolArray) -> Ranking:
    """Ranks by the mean of colour similarities and, stretched to their range, cosines."""
    slots = np.flatnonzero(allowed)
    scale = scale_of(query, snapshot, allowed)
    if len(slots) > SCORE_EVERY_MAX:
        slots = _pool(query, snapshot, allowed, slots)
    scores = _colour_score(query, snapshot, slots)
    if scale is not None:
        scores += scale.weight * scale.stretched(snapshot.vectors_of(slots) @ scale.vector)
    scores /= sum(abs(part.weight) for part in query.parts)
    order = np.lexsort((slots, -scores))
    return Ranking(slots[order], scores[order].astype(np.float32))


@dataclass(frozen=True, eq=False)
class Scale:
    """How cosines are stretched beside colour similarities: a usual item to 0, the best to 1.

    Cosines with a text lie within a fifth of one another, similarities of colours anywhere from 0
    to 1: unstretched, a colour asked for with a word would leave nothing of the word.

    Attributes:
        vector: of the query, unit `(dimension,)`.
        weight: of all its parts that are vectors.
        usual, best: cosines.
    """

    vector: FloatArray
    weight: float
    usual: float
    best: float

    def stretched(self, cosines: FloatArray) -> FloatArray:
        """Returns cosines on the scale."""
        return (cosines - self.usual) / max(self.best - self.usual, 1e-6)


def scale_of(query: Query, snapshot: Snapshot, allowed: BoolArray) -> Scale | None:
    """Returns the scale of a query's cosines; None without vectors, or without items."""
    slots = np.flatnonzero(allowed)
    if query.vector is None or not len(slots):
        return None
    vector = unit(query.vector, snapshot.dimension)
    some = slots[:: math.ceil(len(slots) / SAMPLE)]
    usual = float((snapshot.vectors_of(some) @ vector).mean())
    best = float(snapshot.search(vector[None], 1, allowed)[0][0, 0])
    weight = sum(abs(part.weight) for part in query.parts if part.kind != "colour")
    return Scale(vector, weight, usual, best)


def _pool(query: Query, snapshot: Snapshot, allowed: BoolArray, slots: IntArray) -> IntArray:
    by_colour = _colour_score(query, snapshot, slots)
    nearest = slots[np.argpartition(-by_colour, POOL)[:POOL]]
    if (vector := query.vector) is None:
        return nearest
    found = snapshot.search(unit(vector, snapshot.dimension)[None], POOL, allowed)[1][0]
    return np.union1d(nearest, found)


def _colour_score(query: Query, snapshot: Snapshot, slots: IntArray) -> FloatArray:
    colours = snapshot.colours[slots]
    parts = [part.weight * colour_similarity(colours, part.target) for part in query.colours]
    summed: FloatArray = np.sum(parts, axis=0, dtype=np.float32)
    return summed


def _by_words(query: Query, index: Index, snapshot: Snapshot, allowed: BoolArray) -> Ranking:
    """Ranks by BM25, and in mode `hybrid` fuses that with the ranking by meaning."""
    words = [word for word in _WORD.findall(query.words.lower()) if word not in _FILLERS]
    lexical = _matching(" OR ".join(f'"{w}"' for w in words), index, snapshot, allowed)
    literal = _matching(" ".join(f'"{w}"' for w in words), index, snapshot, allowed)
    rankings = [lexical]
    assert query.vector is not None  # it has words
    vector = unit(query.vector, snapshot.dimension)
    if query.mode == "hybrid":
        rankings.append(snapshot.search(vector[None], WORDS_POOL, allowed)[1][0])
    slots = np.unique(np.concatenate(rankings))
    fused = np.zeros(len(slots))
    for ranking in rankings:
        places = np.searchsorted(slots, ranking)
        fused[places] += 1 / (RANK_CONSTANT + 1 + np.arange(len(ranking)))
    slots = slots[np.lexsort((slots, -fused))]
    scores = np.clip(snapshot.vectors_of(slots) @ vector, -1, 1)
    return Ranking(slots, scores, np.isin(slots, literal))


def _matching(words: str, index: Index, snapshot: Snapshot, allowed: BoolArray) -> IntArray:
    """Returns the allowed slots that match an FTS5 query, best first, `WORDS_POOL` at most."""
    if not words:
        return np.empty(0, np.int64)
    limit = WORDS_POOL
    while True:
        rows = index.words(words, limit)
        slots = snapshot.slots_of(rows)
        slots = slots[allowed[slots]][:WORDS_POOL]
        if len(slots) == WORDS_POOL or len(rows) < limit:
            return slots
        limit *= 8  # filters left out too many
