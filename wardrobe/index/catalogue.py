"""The catalogue: every version of every item in SQLite, the one truth of an index folder."""

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wardrobe.errors import IndexFolderError, NotReadyError, UnknownItemError
from wardrobe.index import succession
from wardrobe.index.changes import Outcome, is_used, purge_oldest, write_change
from wardrobe.index.database import Database
from wardrobe.index.entries import CatalogueItem, Change, Entry, FloatArray
from wardrobe.index.schema import (
    COLUMNS,
    PICTURES,
    TABLES,
    StoredVersion,
    insert,
    stored,
    whole_vector,
)

_AT_ONCE = 1_000
"""Versions purged, or pictures removed, in one go; other writes wait for it."""

_PICTURES = "SELECT image_path FROM items WHERE uploaded"


class Catalogue:
    """Reads and writes versions of items; safe to use from several threads and processes.

    Attributes:
        roots: folders of built and of uploaded pictures, the latter absolute.
        database: the connections.
        succession: what was taken over of other catalogues.
    """

    def __init__(self, path: Path, picture_root: Path) -> None:
        """Opens a catalogue; on a file system that cannot be written to, only for reading.

        Args:
            picture_root: folder that the image paths of built items are relative to.

        Raises:
            IndexFolderError: the file is missing or not a catalogue.
        """
        self.roots = _roots(path, picture_root)
        self.database = Database(path)
        self.succession = succession.Succession(self.database)

    @property
    def writable(self) -> bool:
        """Whether the file system lets it be written to."""
        return self.database.writable

    @staticmethod
    def create(
        path: Path,
        entries: Iterable[Entry],
        picture_root: Path,
        *,
        origin: succession.Origin | None = None,
    ) -> None:
        """Writes a new catalogue; the items' rows are counted from 0.

        Args:
            origin: the catalogue that the items were read from.
        """
        roots = _roots(path, picture_root)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.executescript(TABLES + succession.TABLES)
            connection.execute("BEGIN")
            row = -1
            for row, entry in enumerate(entries):
                insert(connection, stored(entry, row, roots), entry)
            connection.execute("UPDATE clock SET now = ?, built = ?", (row, row))
            if origin is not None:
                origin.write(connection)
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode = WAL")

    def check(self) -> None:
        """Reads the whole file, but for what checksums tell.

        Raises:
            IndexFolderError: it is damaged.
        """
        with self.database.scanning() as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise IndexFolderError(f"{self.database.path} is damaged: {found}")

    def clock(self) -> tuple[int, int]:
        """Returns the number of the last birth or death, and of the last death purged."""
        now, purged = self.database.query("SELECT now, purged FROM clock")[0]
        return now, purged

    def everything(self) -> tuple[list[Entry], succession.Origin]:
        """Returns all items in the order of their rows, and what they were read from.

        Raises:
            IndexFolderError: one is damaged.
        """
        with self.database.scanning() as connection:
            origin = succession.Origin.read(connection)
            found = connection.execute(
                f"SELECT vector, {COLUMNS} FROM items LEFT JOIN vectors USING (row) "
                "WHERE died IS NULL ORDER BY row"
            )
            entries = [
                StoredVersion(*columns).entry(self.roots, vector) for vector, *columns in found
            ]
        return entries, origin

    def items(self, rows: Sequence[int]) -> dict[int, CatalogueItem]:
        """Returns the items of rows; nothing of one that was purged."""
        found = self.database.query(
            f"SELECT {COLUMNS} FROM items WHERE row IN (SELECT value FROM json_each(?))",
            json.dumps([int(row) for row in rows]),
        )
        versions = [StoredVersion(*columns) for columns in found]
        return {version.row: version.item(self.roots) for version in versions}

    def rows_of(self, ids: Sequence[str]) -> dict[str, int]:
        """Returns the rows of the items among ids that exist."""
        found = self.database.query(
            "SELECT id, row FROM items WHERE died IS NULL "
            "AND id IN (SELECT value FROM json_each(?))",
            json.dumps(list(ids)),
        )
        return dict(found)

    def rows_ever_of(self, ids: Sequence[str]) -> list[int]:
        """Returns the rows of every version of items, also of the dead ones."""
        found = self.database.query(
            "SELECT row FROM items WHERE id IN (SELECT value FROM json_each(?))",
            json.dumps(list(ids)),
        )
        return [row for (row,) in found]

    def vectors(self, dimension: int) -> tuple[npt.NDArray[np.int64], FloatArray]:
        """Returns the rows of all versions, ascending, and their vectors `(rows, dimension)`.

        Raises:
            IndexFolderError: one is damaged.
        """
        with self.database.scanning() as connection:
            count: int = connection.execute("SELECT count(*) FROM items").fetchone()[0]
            rows, vectors = np.empty(count, np.int64), np.empty((count, dimension), np.float32)
            found = connection.execute(
                "SELECT row, id, vector_checksum, vector FROM items LEFT JOIN vectors USING (row) "
                "ORDER BY row"
            )
            for place, (row, item_id, checksum, vector) in enumerate(found):
                rows[place], vectors[place] = row, whole_vector(row, item_id, checksum, vector)
        return rows, vectors

    def words(self, query: str, limit: int) -> list[int]:
        """Returns the rows that match an FTS5 query, best first (BM25)."""
        found = self.database.query(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank, rowid LIMIT ?", query, limit
        )
        return [row for (row,) in found]

    def apply(self, changes: Sequence[Change]) -> list[Outcome]:
        """Writes changes, together or not at all; on return they are on disk.

        Returns:
            what became of each; one whose condition fails is refused alone.

        Raises:
            NotReadyError: nothing can be written now.
        """
        with self.database.writing() as connection:
            now, successor = connection.execute(
                "SELECT now, successor FROM clock, catalogue"
            ).fetchone()
            if successor:
                raise NotReadyError(f"{successor} has taken this index's place; try again")
            return self._write(connection, changes, now)

    def take_over(self, changes: Sequence[Change]) -> None:
        """Writes what was written to another catalogue, also while this one is closed.

        Raises:
            NotReadyError: nothing can be written now.
        """
        with self.database.writing() as connection:
            now: int = connection.execute("SELECT now FROM clock").fetchone()[0]
            self._write(connection, changes, now)

    def entry(self, item_id: str) -> Entry:
        """Returns an item with everything that was made of its picture.

        Raises:
            UnknownItemError: no item has this id.
            IndexFolderError: it is damaged.
        """
        found = self.database.query(
            f"SELECT vector, {COLUMNS} FROM items LEFT JOIN vectors USING (row) "
            "WHERE id = ? AND died IS NULL",
            item_id,
        )
        if not found:
            raise UnknownItemError(f"no item has the id {item_id!r}", id=item_id)
        vector, *columns = found[0]
        return StoredVersion(*columns).entry(self.roots, vector)

    def purgeable(self, older_than_s: float) -> int:
        """Returns how many versions died long ago."""
        count: int = self.database.query(
            "SELECT count(*) FROM items WHERE died IS NOT NULL AND died_s < ?",
            time.time() - older_than_s,
        )[0][0]
        return count

    def purge(self, older_than_s: float) -> None:
        """Forgets versions that died long ago.

        Raises:
            NotReadyError: nothing can be written now.
        """
        before_s, purged = time.time() - older_than_s, _AT_ONCE
        while purged == _AT_ONCE:
            with self.database.writing() as connection:
                purged = purge_oldest(connection, before_s, _AT_ONCE)

    def pictures(self) -> set[str]:
        """Returns the names of the uploaded pictures that versions have."""
        return {name for (name,) in self.database.query(_PICTURES)}

    def remove_pictures(self, names: Sequence[str]) -> None:
        """Removes uploaded pictures, but those that a version has by now.

        Raises:
            NotReadyError: nothing can be written now.
        """
        for start in range(0, len(names), _AT_ONCE):
            with self.database.writing() as connection:  # so that none is taken up meanwhile
                for name in names[start : start + _AT_ONCE]:
                    if not is_used(connection, name):
                        (self.roots[1] / name).unlink(missing_ok=True)

    def close(self) -> None:
        """Closes the file."""
        self.database.close()

    def _write(
        self, connection: sqlite3.Connection, changes: Sequence[Change], now: int
    ) -> list[Outcome]:
        outcomes = []
        for change in changes:
            outcome, now = write_change(connection, change, now, self.roots)
            outcomes.append(outcome)
        connection.execute("UPDATE clock SET now = ?", (now,))
        return outcomes


def _roots(path: Path, picture_root: Path) -> tuple[Path, Path]:
    """Returns the folders of built and of uploaded pictures."""
    return picture_root, path.absolute().parent / PICTURES
