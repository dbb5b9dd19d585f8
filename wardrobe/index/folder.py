"""An index folder: opened whole or not at all, searched and written to while it lives."""

import logging
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from wardrobe.encoders.base import Encoder
from wardrobe.errors import IndexFolderError, NotReadyError
from wardrobe.index.catalogue import Catalogue
from wardrobe.index.changes import Outcome
from wardrobe.index.columns import Columns
from wardrobe.index.compaction import KEPT_S, compact
from wardrobe.index.entries import CatalogueItem, Change, Entry
from wardrobe.index.record import (
    CATALOGUE,
    RECORD,
    IndexRecord,
    read_record,
    refusal,
    verify,
)
from wardrobe.index.replacement import building_folder, is_aside
from wardrobe.index.snapshot import Slots, Snapshot
from wardrobe.index.succession import Succession
from wardrobe.index.vector_index import VectorIndex

_LOGGER = logging.getLogger(__name__)

_BURDEN, _BURDEN_SHARE = 2_000, 0.05
"""A compaction is due when it would take so many vectors, and such a share, out of the way."""

_Identity = tuple[int | None, tuple[int, int] | None]


class Index:
    """Items and their vectors; safe to read and write from several threads and processes."""

    def __init__(
        self,
        folder: Path,
        encoder: Encoder,
        record: IndexRecord,
        base: VectorIndex,
        identity: _Identity,
    ) -> None:
        """Takes a folder's record and base, and reads its catalogue; see `open`.

        Args:
            identity: of the folder before its record was read.

        Raises:
            IndexFolderError: the catalogue is damaged, or does not fit the base.
        """
        self.folder = folder
        self.record = record
        self._encoder = encoder
        self._opened = identity
        self._maintaining, self._reloading = Lock(), Lock()
        self._catalogue = Catalogue(folder / CATALOGUE, record.picture_root)
        try:
            self._catalogue.check()
            self._slots = self._read_slots(base)
        except BaseException:
            self._catalogue.close()
            raise

    @classmethod
    def open(cls, folder: Path, encoder: Encoder) -> "Index":
        """Opens an index folder made with this encoder.

        Raises:
            IndexFolderError: the folder is missing, incomplete, damaged or made with another
                encoder; the message says which, and how to rebuild it.
        """
        while True:
            place = _locate(folder)
            identity = _identity(place)
            try:
                index = cls._open(place, encoder, identity)
            except IndexFolderError:
                if (_locate(folder), _identity(place)) == (place, identity):
                    raise
                continue  # it was replaced or compacted while it was read
            if (_locate(folder), _identity(place)) == (place, identity):
                if place != folder:
                    _LOGGER.warning(
                        "a build of %s was killed as it replaced the index; the old one serves "
                        "until build_index.py runs again",
                        folder,
                    )
                return index
            index.close()

    @classmethod
    def _open(cls, folder: Path, encoder: Encoder, identity: _Identity) -> "Index":
        record = read_record(folder)
        refuse = refusal(folder, record.command)
        verify(folder, record, encoder)
        try:
            base = VectorIndex.read(folder / record.vectors)
            if (record.count, record.dimension) != (base.count, base.dimension):
                raise IndexFolderError(
                    f"{folder} disagrees with itself: {RECORD} says {record.count} vectors of "
                    f"dimension {record.dimension}, {record.vectors} has {base.count} of "
                    f"dimension {base.dimension}"
                )
            return cls(folder, encoder, record, base, identity)
        except IndexFolderError as error:
            raise refuse(error.message) from error

    @property
    def count(self) -> int:
        """Number of items."""
        return self.snapshot().count

    def warm_up(self) -> None:
        """Touches every vector, so that no search waits for pages of the mapped file."""
        self._slots.base.warm_up()

    def snapshot(self, as_of: int | None = None) -> Snapshot:
        """Returns what is searched: everything written so far, by any process.

        Args:
            as_of: the clock of an earlier snapshot, to see the items of that moment again.

        Raises:
            ExpiredCursorError: that moment is too long ago.
        """
        # Whoever else takes new slots into use may not have seen as much as these.
        slots = self._slots
        while not slots.refresh():
            slots = self._reread(slots)
        return slots.snapshot(as_of)

    def apply(self, changes: Sequence[Change]) -> list[Outcome]:
        """Writes changes, together or not at all; on return they are on disk and are found.

        Returns:
            what became of each; one whose condition fails is refused alone.

        Raises:
            NotReadyError: nothing can be written now.
        """
        if is_aside(self.folder):
            raise NotReadyError(
                "a build was killed as it replaced this index, which serves on but takes no "
                "writes; run build_index.py again"
            )
        return self._catalogue.apply(changes)

    def take_over(self, changes: Sequence[Change]) -> None:
        """Writes what was written to another index, also while this one is closed.

        Raises:
            NotReadyError: nothing can be written now.
        """
        self._catalogue.take_over(changes)

    @property
    def succession(self) -> Succession:
        """What was taken over of other indexes, and which one took this one's place."""
        return self._catalogue.succession

    @property
    def clock(self) -> tuple[int, int]:
        """Number of the last write, and of the last one whose traces are purged."""
        return self._catalogue.clock()

    @property
    def writable(self) -> bool:
        """Whether the file system lets it be written to."""
        return self._catalogue.writable

    @property
    def can_be_written(self) -> bool:
        """Whether anybody can write to it."""
        return self.writable and self._catalogue.database.in_place

    def is_same(self, other: "Index") -> bool:
        """Returns whether another one has opened the same files."""
        return self._catalogue.database.file == other._catalogue.database.file

    def items(self, rows: Sequence[int]) -> dict[int, CatalogueItem]:
        """Returns the items of rows; nothing of one that was purged."""
        return self._catalogue.items(rows)

    def current_rows(self, ids: Sequence[str]) -> dict[str, int]:
        """Returns the rows that items have now, of those that exist."""
        return self._catalogue.rows_of(ids)

    def rows_ever_of(self, ids: Sequence[str]) -> list[int]:
        """Returns the rows of every version of items, also of the dead ones."""
        return self._catalogue.rows_ever_of(ids)

    def words(self, query: str, limit: int) -> list[int]:
        """Returns the rows that match an FTS5 query, best first (BM25)."""
        return self._catalogue.words(query, limit)

    def entry(self, item_id: str) -> Entry:
        """Returns an item with everything that was made of its picture.

        Raises:
            UnknownItemError: no item has this id.
        """
        return self._catalogue.entry(item_id)

    def item(self, item_id: str) -> CatalogueItem:
        """Returns an item.

        Raises:
            UnknownItemError: no item has this id.
        """
        return self.entry(item_id).item

    @property
    def burden(self) -> int:
        """How many versions a compaction would take out of the way."""
        return self.snapshot().slots.tail_length + self._catalogue.purgeable(KEPT_S)

    @property
    def compaction_is_due(self) -> bool:
        """Whether there are so many that searches get slower."""
        return self.burden > max(_BURDEN, _BURDEN_SHARE * self._slots.base.count)

    def maintain(self) -> None:
        """Compacts the folder when that is due, and takes over what another process compacted.

        Raises:
            IndexFolderError: the folder is damaged.
            NotReadyError: it cannot be compacted now.
        """
        in_place = self._catalogue.writable and _identity(self.folder) == self._opened
        if in_place and self.compaction_is_due:
            self.compact()
        self._take_over()

    def compact(self) -> None:
        """Compacts the folder now, unless another process is at it.

        Raises:
            IndexFolderError: the folder is damaged.
            NotReadyError: it cannot be compacted now.
        """
        if _identity(self.folder)[0] != self._opened[0]:
            raise NotReadyError(f"{self.folder} was replaced by another build; swap or start again")
        compact(self.folder, instead_of=self.record.vectors)
        self._take_over()

    def close(self) -> None:
        """Closes the catalogue's file."""
        self._catalogue.close()

    def _take_over(self) -> None:
        """Serves with the base that is in the folder."""
        with self._maintaining:
            identity = _identity(self.folder)
            if identity == self._opened or identity[0] != self._opened[0]:
                return  # nothing is new, or it is another index
            try:
                record = read_record(self.folder)
                verify(self.folder, record, self._encoder)
                base = VectorIndex.read(self.folder / record.vectors)
            except IndexFolderError:
                if _identity(self.folder) == identity:
                    raise
                return  # it was compacted once more
            with self._reloading:
                self._slots = self._read_slots(base)
            self.record, self._opened = record, identity

    def _reread(self, forgotten: Slots) -> Slots:
        """Reads the catalogue anew, as more was purged than these slots had seen."""
        with self._reloading:
            if self._slots is forgotten:
                self._slots = self._read_slots(forgotten.base)
            return self._slots

    def _read_slots(self, base: VectorIndex) -> Slots:
        columns = Columns(self._encoder.label_space, self._encoder.thresholds)
        return Slots(self._catalogue, base, columns)


def _identity(folder: Path) -> _Identity:
    """Returns what tells a folder's catalogue, and its record, from those that replace them.

    The catalogue's inode is not used again while it is open; the folder's would be.
    """
    try:
        record = (folder / RECORD).stat()
        return (folder / CATALOGUE).stat().st_ino, (record.st_ino, record.st_mtime_ns)
    except OSError:
        return None, None


def _locate(folder: Path) -> Path:
    """Returns the folder to read: during a replacement it may be the one moved aside."""
    old = building_folder(folder) / "old"
    return old if not folder.exists() and old.exists() else folder
