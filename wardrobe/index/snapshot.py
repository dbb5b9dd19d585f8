"""What is in memory of a catalogue, by slot, and what one request sees of it.

A slot is a version's place in arrays that only grow, in the order of rows. A change appends a
slot; all that changes in place is when a version died. So what a request has begun to look at
stays as it was, however much is written meanwhile.
"""

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from wardrobe.errors import ExpiredCursorError, IndexFolderError
from wardrobe.index.catalogue import Catalogue
from wardrobe.index.columns import Columns
from wardrobe.index.entries import FloatArray
from wardrobe.index.exhaustive import search_array
from wardrobe.index.growing import GrowingArray
from wardrobe.index.schema import COLUMNS, StoredVersion
from wardrobe.index.vector_index import VectorIndex

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

_ALIVE = np.iinfo(np.int64).max
_BLOCK = 1_000
_SAME = 0.99
"""A vector in half precision has at least this cosine with itself."""


class Slots:
    """Vectors, columns and colours of every version that is not purged.

    The vectors of a prefix of the slots are in the base, a FAISS index; those of younger ones, the
    tail, are in an array.
    """

    def __init__(self, catalogue: Catalogue, base: VectorIndex, columns: Columns) -> None:
        """Reads the catalogue.

        Raises:
            IndexFolderError: a row or a vector is damaged, or the base was built of others.
        """
        self.base, self.columns = base, columns
        self.clock, self.purged = -1, -1
        self._catalogue = catalogue
        self._lock = threading.Lock()
        self._rows = GrowingArray((), np.int64)
        self._died = GrowingArray((), np.int64)
        self._colours = GrowingArray((3, 4), np.float32)
        self._tail = GrowingArray((base.dimension,), np.float32)
        self._latest: Snapshot | None = None
        self._last_base_row = int(base.rows[-1]) if base.count else -1
        with catalogue.database.scanning() as connection:
            self._take_in(connection)
        rows = self._rows.rows
        self.prefix = int(np.searchsorted(rows, self._last_base_row, side="right"))
        self.base_slots, self.positions = _match(base.rows, rows[: self.prefix])
        self.aligned = len(self.base_slots) == self.prefix and bool((self.base_slots >= 0).all())

    def refresh(self) -> bool:
        """Takes in what was written since, by any process; False if that is forgotten already."""
        with self._lock:
            if self._catalogue.clock() == (self.clock, self.purged):
                return True
            with self._catalogue.database.reading() as connection:
                return self._take_in(connection)

    def snapshot(self, as_of: int | None = None) -> "Snapshot":
        """Returns the slots as they are now, or were at a moment.

        Raises:
            ExpiredCursorError: what died since that moment is forgotten.
        """
        with self._lock:
            moment = self.clock if as_of is None else as_of
            if self._latest and self._latest.clock == moment:
                return self._latest
            if moment < self.purged or moment > self.clock:
                raise ExpiredCursorError(
                    "this page is too old to be gone on with: ask for the first page again"
                )
            rows = self._rows.rows[: np.searchsorted(self._rows.rows, moment, side="right")]
            died = self._died.rows[: len(rows)]
            alive, tail = died > moment, self._tail.rows
            snapshot = Snapshot(self, moment, rows, alive, self._colours.rows, tail)
            if as_of is None:
                self._latest = snapshot
            return snapshot

    @property
    def tail_length(self) -> int:
        """Number of vectors that are not in the base."""
        return len(self._tail.rows)

    def _take_in(self, connection: sqlite3.Connection) -> bool:
        now, purged = connection.execute("SELECT now, purged FROM clock").fetchone()
        if purged > self.clock > -1:
            return False
        if self._last_base_row > now:
            raise IndexFolderError(
                f"the catalogue is an older copy: its last version is {now}, the base has "
                f"{self._last_base_row}"
            )
        # After a damaged row it goes on behind the last one that was taken in.
        last = self._rows.rows[-1:].max(initial=-1)
        born = connection.execute(
            f"SELECT {COLUMNS}, vector FROM items LEFT JOIN vectors USING (row) "
            "WHERE row > ? ORDER BY row",
            (int(last),),
        )
        while block := born.fetchmany(_BLOCK):
            self._append(
                [StoredVersion(*columns[:-1]) for columns in block], [c[-1] for c in block]
            )
        died, rows = self._died.rows, self._rows.rows
        deaths = connection.execute("SELECT row, died FROM items WHERE died > ?", (self.clock,))
        for row, moment in deaths:
            died[np.searchsorted(rows, row)] = moment
        self.clock, self.purged = now, purged
        return True

    def _append(self, versions: Sequence[StoredVersion], vectors: Sequence[bytes | None]) -> None:
        """Adds versions, after all that may be wrong with them."""
        for version in versions:
            version.check()
        whole = np.stack([v.whole(data) for v, data in zip(versions, vectors, strict=True)])
        rows = np.array([version.row for version in versions])
        self._check_base(rows, whole)
        for version, vector in zip(versions, whole, strict=True):
            self.columns.append(version.item(self._catalogue.roots), version.probability_array)
            self._rows.append(version.row)
            self._died.append(_ALIVE if version.died is None else version.died)
            self._colours.append(version.colour_array)
            if version.row > self._last_base_row:
                self._tail.append(vector)

    def _check_base(self, rows: IntArray, vectors: FloatArray) -> None:
        """Refuses a base that lacks a row, or has another vector for it."""
        old = rows <= self._last_base_row
        if not old.any():
            return
        rows, vectors = rows[old], vectors[old]
        positions = np.searchsorted(self.base.rows, rows)
        in_base = self.base.vectors_of(positions)
        alike = np.einsum("ij,ij->i", vectors, in_base) > _SAME
        wrong = np.flatnonzero((self.base.rows[positions] != rows) | ~alike)
        if len(wrong):
            raise IndexFolderError(
                f"the base was built of another catalogue: row {rows[wrong[0]]} differs"
            )


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The items of one moment; safe to use from several threads at once.

    Attributes:
        clock: the moment.
        rows: of the catalogue, by slot `(slots,)`, ascending.
        alive: which slots are items `(slots,)`.
        colours: dominant colours by slot `(slots, 3, 4)` or longer.
    """

    slots: Slots
    clock: int
    rows: IntArray
    alive: BoolArray
    colours: FloatArray
    _tail: FloatArray

    @property
    def columns(self) -> Columns:
        """Tags and metadata by slot."""
        return self.slots.columns

    @property
    def dimension(self) -> int:
        """Length of the vectors."""
        return self.slots.base.dimension

    @cached_property
    def count(self) -> int:
        """Number of items."""
        return int(np.count_nonzero(self.alive))

    def search(
        self, vectors: FloatArray, k: int, allowed: BoolArray | None = None
    ) -> tuple[FloatArray, IntArray]:
        """Returns cosines and slots `(queries, min(k, allowed))`, best first, ties by slot.

        Args:
            vectors: unit vectors `(queries, dimension)`.
            allowed: which slots may be found `(slots,)`; every item by default.
        """
        allowed = self.alive if allowed is None else allowed
        prefix, base_slots = self.slots.prefix, self.slots.base_slots
        # As of an earlier moment there may be fewer slots; the last stands for what was purged.
        old = np.zeros(prefix + 1, np.bool_)
        old[: min(prefix, len(allowed))] = allowed[:prefix]
        in_base = old[:prefix] if self.slots.aligned else old[base_slots]
        scores, positions = self.slots.base.search(vectors, k, in_base)
        found, young = base_slots[positions], allowed[prefix:]
        if not young.any():
            return scores, found
        tail_scores, places = search_array(self._tail[: len(young)], vectors, k, young)
        return _merge(scores, found, tail_scores, places + prefix, k)

    def vectors_of(self, slots: IntArray) -> FloatArray:
        """Returns unit vectors `(slots, dimension)`; of `ivfpq` in half precision."""
        prefix = self.slots.prefix
        vectors = np.empty((len(slots), self._tail.shape[1]), np.float32)
        old = slots < prefix
        vectors[old] = self.slots.base.vectors_of(self.slots.positions[slots[old]])
        vectors[~old] = self._tail[slots[~old] - prefix]
        return vectors

    def slots_of(self, rows: Sequence[int]) -> IntArray:
        """Returns the slots of rows, without those born after this moment."""
        wanted = np.array(rows, np.int64)
        places = np.searchsorted(self.rows, wanted)
        known = places < len(self.rows)
        known[known] = self.rows[places[known]] == wanted[known]
        return places[known]


def _match(base_rows: IntArray, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Returns the slot of each position of the base, and the position of each slot; -1: none."""
    _, slots_in_both, positions_in_both = np.intersect1d(
        rows, base_rows, assume_unique=True, return_indices=True
    )
    slots, positions = np.full(len(base_rows), -1), np.full(len(rows), -1)
    slots[positions_in_both], positions[slots_in_both] = slots_in_both, positions_in_both
    return slots, positions


def _merge(
    scores: FloatArray, slots: IntArray, more_scores: FloatArray, more_slots: IntArray, k: int
) -> tuple[FloatArray, IntArray]:
    """Returns the k best of both, best first, ties by slot."""
    all_scores = np.concatenate([scores, more_scores], axis=1)
    all_slots = np.concatenate([slots, more_slots], axis=1)
    order = np.lexsort((all_slots, -all_scores))[:, :k]
    return np.take_along_axis(all_scores, order, 1), np.take_along_axis(all_slots, order, 1)
