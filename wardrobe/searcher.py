"""A query → the items that answer it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np
import numpy.typing as npt

from wardrobe.diversity import collapse, diversify, first_of_groups
from wardrobe.index import CatalogueItem, Index, Snapshot
from wardrobe.query import Query
from wardrobe.ranking import POOL, Ranking, rank
from wardrobe.relevance import Relevance

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

DIVERSITY_POOL = 200
"""Candidates that `diversity` chooses among."""

_BLOCK = 1_000
"""Vectors that are read at once."""


@dataclass(frozen=True)
class Hit:
    """An item found.

    Attributes:
        score: cosine with the query, or its mean with colour similarities; None without a query.
        relevance: how likely a person would call it relevant, if that was learnt.
        duplicates: ids of the near-duplicates that it stands for.
    """

    item: CatalogueItem
    slot: int
    score: float | None
    relevance: float | None = None
    duplicates: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Found:
    """A page of results.

    Attributes:
        more: whether there is another page.
        matching: the slots that the filter leaves `(slots,)`.
    """

    hits: list[Hit]
    more: bool
    snapshot: Snapshot
    matching: BoolArray

    @property
    def total(self) -> int:
        """Number of items that the filter leaves."""
        return int(np.count_nonzero(self.matching))


@dataclass(frozen=True, eq=False)
class _Results:
    """Slots and scores of what is kept, in order, and the slots each stands for."""

    slots: IntArray
    scores: FloatArray
    duplicates: dict[int, IntArray] = field(default_factory=dict)

    def take(self, places: Sequence[int] | IntArray | slice) -> "_Results":
        return _Results(self.slots[places], self.scores[places], self.duplicates)


class Searcher:
    """Finds items in an index; safe to use from several threads at once."""

    def __init__(self, index: Index, relevance: Relevance | None = None) -> None:
        """Takes what is searched.

        Args:
            relevance: what cosines mean, if that was learnt.
        """
        self._index = index
        self._relevance = relevance

    def search(self, query: Query) -> Found:
        """Returns the page of results that a query asks for.

        It is full, unless the filter or the rules for results leave fewer, or items of a page of
        `as_of` were deleted since.

        Raises:
            BadRequestError: the query's vector has the wrong dimension, is not finite or is zero,
                or the filter or a field names what no item has.
            ExpiredCursorError: `as_of` is too long ago.
        """
        snapshot = self._index.snapshot(query.as_of)
        matching = self._matching(query, snapshot)
        end = query.offset + query.top_k
        results = self._results(query, snapshot, matching, end + 1)
        page = results.take(slice(query.offset, end))
        relevance = self._relevance_of(query, page.scores)
        hits = self._hits(page, snapshot, relevance, turned=query.as_of is not None)
        if not query.parts:
            hits = [replace(hit, score=None) for hit in hits]
        return Found(hits, len(results.slots) > end, snapshot, matching)

    def _matching(self, query: Query, snapshot: Snapshot) -> BoolArray:
        matching = snapshot.alive
        count = len(matching)
        if query.filter is not None:
            matching = matching & snapshot.columns.mask(query.filter, count)
        if query.must_not:
            matching = matching & ~snapshot.columns.excluded(query.must_not, count)
        if query.without:
            matching = matching.copy()
            matching[snapshot.slots_of(self._index.rows_ever_of(query.without))] = False
        return matching

    def _results(
        self, query: Query, snapshot: Snapshot, matching: BoolArray, wanted: int
    ) -> _Results:
        """Returns at least the results wanted, if there are."""
        pool = _pool(query)
        depth = enough = pool or wanted
        while True:
            ranking = self._relevant(query, rank(query, self._index, snapshot, matching, depth))
            results = _Results(ranking.slots, ranking.scores)
            if query.group_by:
                groups = snapshot.columns.groups(query.group_by, len(matching))
                results = results.take(first_of_groups(groups[results.slots]))
            if query.collapse is not None:
                results = _collapsed(results, snapshot, query.collapse, depth)
            if len(results.slots) >= enough or ranking.complete:
                return _ordered(query, results.take(slice(pool)), snapshot)
            depth *= 4

    def _relevant(self, query: Query, ranking: Ranking) -> Ranking:
        """Returns the candidates that are near enough to be results."""
        if not query.parts:
            return ranking
        keep = np.ones(len(ranking.slots), np.bool_)
        if query.min_score is not None:
            keep &= ranking.scores >= query.min_score
        relevance = self._relevance_of(query, ranking.scores)
        if query.min_relevance is not None and relevance is not None:
            keep &= relevance >= query.min_relevance
        elif query.min_relevance is None and self._is_nonsense(query, relevance):
            keep &= False if ranking.literal is None else ranking.literal
        return ranking if keep.all() else ranking.only(keep)

    def _is_nonsense(self, query: Query, relevance: FloatArray | None) -> bool:
        """Returns whether a query finds nothing that a person would call relevant."""
        if relevance is None or not len(relevance) or len(query.parts) > 1:
            return False
        if query.filter is not None or query.must_not:  # the best may have been left out
            return not relevance.any()
        assert self._relevance is not None
        return float(relevance.max()) < self._relevance.curves[_curve(query)].min_relevance

    def _relevance_of(self, query: Query, scores: FloatArray) -> FloatArray | None:
        """Returns the relevance of cosines: 0 of any, if the query is not about clothing."""
        part = query.leading
        if self._relevance is None or part is None or part.kind == "vector":
            return None
        if part.kind != "item" and not self._relevance.answerable(_curve(query), part.target):
            return np.zeros(len(scores), np.float32)
        return self._relevance.relevance(_curve(query), scores)

    def _hits(
        self,
        page: _Results,
        snapshot: Snapshot,
        relevance: FloatArray | None,
        *,
        turned: bool,
    ) -> list[Hit]:
        """Returns items as they were when the snapshot was taken; on later pages, as they are."""
        shown = {
            int(slot): page.duplicates.get(int(slot), np.empty(0, np.int64)) for slot in page.slots
        }
        rows = snapshot.rows[np.concatenate([page.slots, *shown.values()]).astype(np.int64)]
        items = self._index.items(rows.tolist())
        if turned:
            now = self._index.current_rows([item.id for item in items.values()])
            current = self._index.items(list(now.values()))
            items = {row: current[now[item.id]] for row, item in items.items() if item.id in now}
        judged = [None] * len(page.slots) if relevance is None else relevance.tolist()
        scored = zip(page.slots.tolist(), page.scores.tolist(), judged, strict=True)
        return [
            Hit(
                items[row],
                slot,
                score,
                likely,
                tuple(items[r].id for r in snapshot.rows[shown[slot]].tolist() if r in items),
            )
            for slot, score, likely in scored
            if (row := int(snapshot.rows[slot])) in items
        ]


def _pool(query: Query) -> int | None:
    """Returns how many of the best are reordered: always as many, so that pages fit together."""
    if query.diversity is not None:
        return DIVERSITY_POOL
    return POOL if query.sort and query.parts else None


def _curve(query: Query) -> str:
    """Returns by which curve relevance is judged."""
    return "text" if query.leading is not None and query.leading.kind == "text" else "picture"


def _collapsed(results: _Results, snapshot: Snapshot, threshold: float, enough: int) -> _Results:
    blocks = range(0, len(results.slots), _BLOCK)  # as only a few may be needed of many
    vectors = (snapshot.vectors_of(results.slots[start : start + _BLOCK]) for start in blocks)
    kept = collapse(chain.from_iterable(vectors), threshold, enough)
    duplicates = {
        int(results.slots[place]): results.slots[others]
        for place, others in kept.duplicates.items()
    }
    return _Results(results.slots[kept.places], results.scores[kept.places], duplicates)


def _ordered(query: Query, results: _Results, snapshot: Snapshot) -> _Results:
    if query.diversity is not None:
        vectors = snapshot.vectors_of(results.slots)
        results = results.take(diversify(results.scores, vectors, len(vectors), query.diversity))
    if query.sort:
        keys = snapshot.columns.sort_keys(query.sort, len(snapshot.rows))[results.slots]
        results = results.take(np.argsort(keys, kind="stable"))
    return results
