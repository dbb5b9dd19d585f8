"""An index folder: opened whole or not at all, searched and written to while it lives."""

import logging
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from wardrobe.encoders.base import Encoder
from wardrobe.errors import IndexFolderError, NotReadyError
from wardrobe.index.catalogue import Catalogue, Outcome
from wardrobe.index.columns import Columns
from wardrobe.index.compaction import compact
from wardrobe.index.entries import CatalogueItem, Change, Entry
from wardrobe.index.record import (
    CATALOGUE,
    RECORD,
    IndexRecord,
    read_record,
    refusal,
    verify,
)
from wardrobe.index.replacement import building_folder
from wardrobe.index.snapshot import Slots, Snapshot
from wardrobe.index.vector_index import VectorIndex

_LOGGER = logging.getLogger(__name__)

_BURDEN, _BURDEN_SHARE = 2_000, 0.05
"""A compaction is due when so many vectors, and such a share, are dead or not in the base."""


class Index:
    """Items and their vectors; safe to read and write from several threads and processes."""

    def __init__(
        self, folder: Path, encoder: Encoder, record: IndexRecord, base: VectorIndex
    ) -> None:
        """Takes a folder's record and base, and reads its catalogue; see `open`.

        Raises:
            IndexFolderError: the catalogue is damaged, or does not fit the base.
        """
        self.folder = folder
        self.record = record
        self._encoder = encoder
        self._reloading = Lock()
        self._opened = _identity(folder)
        self._catalogue = Catalogue(folder / CATALOGUE, record.picture_root)
        try:
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
        place = _locate(folder)
        before = _identity(place)
        try:
            index = cls._open(place, encoder)
        except IndexFolderError:
            if _locate(folder) == place and _identity(place) == before:
                raise
        else:
            if _locate(folder) == place and _identity(place)[0] == before[0]:
                if place != folder:
                    _LOGGER.warning(
                        "a build of %s was killed as it replaced the index; the old one serves "
                        "until build_index.py runs again",
                        folder,
                    )
                return index
            index.close()
        return cls.open(folder, encoder)  # it was replaced or compacted while it was read

    @classmethod
    def _open(cls, folder: Path, encoder: Encoder) -> "Index":
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
            return cls(folder, encoder, record, base)
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
        if not self._slots.refresh():
            self._reload(self._slots.base)
        return self._slots.snapshot(as_of)

    def apply(self, changes: Sequence[Change]) -> list[Outcome]:
        """Writes changes, together or not at all; on return they are on disk and are found.

        Returns:
            what became of each; one whose condition fails is refused alone.

        Raises:
            NotReadyError: nothing can be written now.
        """
        if _identity(self.folder)[0] != self._opened[0]:
            raise NotReadyError(
                f"{self.folder} was replaced by another build, and this server still serves the "
                "one before: swap or reload first"
            )
        return self._catalogue.apply(changes)

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

    def maintain(self) -> None:
        """Compacts the folder when that is due, and takes over what another process compacted."""
        identity = _identity(self.folder)
        if identity[0] != self._opened[0]:
            return
        slots = self._slots
        limit = max(_BURDEN, _BURDEN_SHARE * slots.base.count)
        if identity == self._opened and slots.burden > limit and self._catalogue.writable:
            compact(self.folder)
        if (identity := _identity(self.folder)) != self._opened:
            record = read_record(self.folder)
            verify(self.folder, record, self._encoder)
            self._reload(VectorIndex.read(self.folder / record.vectors))
            self.record, self._opened = record, identity

    def close(self) -> None:
        """Closes the catalogue's file."""
        self._catalogue.close()

    def _reload(self, base: VectorIndex) -> None:
        with self._reloading:
            if base is not self._slots.base or not self._slots.refresh():
                self._slots = self._read_slots(base)

    def _read_slots(self, base: VectorIndex) -> Slots:
        columns = Columns(self._encoder.label_space, self._encoder.thresholds)
        return Slots(self._catalogue, base, columns)


def _identity(folder: Path) -> tuple[int | None, tuple[int, int] | None]:
    """Returns what tells a folder and its record from those that replace them."""
    try:
        inode = folder.stat().st_ino
        record = (folder / RECORD).stat()
    except OSError:
        return None, None
    return inode, (record.st_ino, record.st_mtime_ns)


def _locate(folder: Path) -> Path:
    """Returns the folder to read: during a replacement it may be the one moved aside."""
    old = building_folder(folder) / "old"
    return old if not folder.exists() and old.exists() else folder
