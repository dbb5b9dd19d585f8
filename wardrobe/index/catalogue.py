"""The catalogue: every version of every item in SQLite, the one truth of an index folder."""

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wardrobe.errors import IndexFolderError, NotReadyError, PreconditionError, UnknownItemError
from wardrobe.index.entries import CatalogueItem, Change, Entry, FloatArray, Written
from wardrobe.index.schema import (
    COLUMNS,
    PICTURES,
    TABLES,
    StoredVersion,
    insert,
    stored,
    whole_vector,
)

Outcome = Written | PreconditionError | UnknownItemError

_BUSY_S = 30
"""How long a write waits for another process's."""


class Catalogue:
    """Reads and writes versions of items; safe to use from several threads and processes.

    One connection reads and one writes. They stay on the file they opened when a rebuilt index
    takes the folder's place.
    """

    def __init__(self, path: Path, picture_root: Path) -> None:
        """Opens a catalogue; on a file system that cannot be written to, only for reading.

        Args:
            picture_root: folder that the image paths of built items are relative to.

        Raises:
            IndexFolderError: the file is not a catalogue.
        """
        self._path = path
        self.roots = _roots(path, picture_root)
        self.writable = os.access(path.parent, os.W_OK) and os.access(path, os.W_OK)
        self._lock, self._write_lock = threading.Lock(), threading.Lock()
        try:
            self._reader, self._writer = self._connect(), self._connect()
            self.clock()
        except sqlite3.Error as error:
            raise IndexFolderError(f"SQLite cannot read {path}: {error}") from error

    @staticmethod
    def create(path: Path, entries: Iterable[Entry], picture_root: Path) -> None:
        """Writes a new catalogue; the items' rows are counted from 0."""
        roots = _roots(path, picture_root)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.executescript(TABLES)
            connection.execute("BEGIN")
            row = -1
            for row, entry in enumerate(entries):
                insert(connection, stored(entry, row, roots), entry)
            connection.execute("UPDATE clock SET now = ?, built = ?", (row, row))
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode = WAL")

    def clock(self) -> tuple[int, int]:
        """Returns the number of the last birth or death, and of the last death purged."""
        now, purged = self._query("SELECT now, purged FROM clock")[0]
        return now, purged

    def writes(self) -> int:
        """Returns how many births and deaths there were since the catalogue was built."""
        written: int = self._query("SELECT now - built FROM clock")[0][0]
        return written

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yields a connection whose statements all see the catalogue at one moment."""
        with self._lock:
            self._reader.execute("BEGIN")
            try:
                yield self._reader
            finally:
                self._reader.execute("COMMIT")

    def items(self, rows: Sequence[int]) -> dict[int, CatalogueItem]:
        """Returns the items of rows; nothing of one that was purged."""
        return {version.row: version.item(self.roots) for version in self._versions(rows)}

    def rows_of(self, ids: Sequence[str]) -> dict[str, int]:
        """Returns the rows of the items among ids that exist."""
        found = self._query(
            "SELECT id, row FROM items WHERE died IS NULL "
            "AND id IN (SELECT value FROM json_each(?))",
            json.dumps(list(ids)),
        )
        return dict(found)

    def rows_ever_of(self, ids: Sequence[str]) -> list[int]:
        """Returns the rows of every version of items, also of the dead ones."""
        found = self._query(
            "SELECT row FROM items WHERE id IN (SELECT value FROM json_each(?))",
            json.dumps(list(ids)),
        )
        return [row for (row,) in found]

    def vectors(self, dimension: int) -> tuple[npt.NDArray[np.int64], FloatArray]:
        """Returns the rows of all versions, ascending, and their vectors `(rows, dimension)`.

        Raises:
            IndexFolderError: one is damaged.
        """
        with self.reading() as connection:
            count: int = connection.execute("SELECT count(*) FROM items").fetchone()[0]
            rows, vectors = np.empty(count, np.int64), np.empty((count, dimension), np.float32)
            found = connection.execute(
                "SELECT row, id, vector_checksum, vector FROM items JOIN vectors USING (row) "
                "ORDER BY row"
            )
            for place, (row, item_id, checksum, vector) in enumerate(found):
                rows[place], vectors[place] = row, whole_vector(row, item_id, checksum, vector)
        return rows, vectors

    def uploaded(self) -> set[str]:
        """Returns the names of the uploaded pictures that versions have."""
        return {name for (name,) in self._query("SELECT image_path FROM items WHERE uploaded")}

    def words(self, query: str, limit: int) -> list[int]:
        """Returns the rows that match an FTS5 query, best first (BM25)."""
        found = self._query(
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
        with self._transaction() as connection:
            now: int = connection.execute("SELECT now FROM clock").fetchone()[0]
            outcomes = []
            for change in changes:
                outcome, now = self._apply(connection, change, now)
                outcomes.append(outcome)
            connection.execute("UPDATE clock SET now = ?", (now,))
        return outcomes

    def entry(self, item_id: str) -> Entry:
        """Returns an item with everything that was made of its picture.

        Raises:
            UnknownItemError: no item has this id.
            IndexFolderError: it is damaged.
        """
        with self.reading() as connection:
            found = connection.execute(
                f"SELECT vector, {COLUMNS} FROM items JOIN vectors USING (row) "
                "WHERE id = ? AND died IS NULL",
                (item_id,),
            ).fetchone()
        if found is None:
            raise UnknownItemError(f"no item has the id {item_id!r}", id=item_id)
        vector, *columns = found
        return StoredVersion(*columns).entry(self.roots, vector)

    def purge(self, older_than_s: float) -> list[Path]:
        """Forgets versions that died long ago.

        Returns:
            the uploaded pictures that no version has any more.
        """
        condition, limit = "died IS NOT NULL AND died_s < ?", (time.time() - older_than_s,)
        with self._transaction() as connection:
            last = connection.execute(f"SELECT max(died) FROM items WHERE {condition}", limit)
            if (purged := last.fetchone()[0]) is None:
                return []
            pictures = connection.execute(
                f"SELECT DISTINCT image_path FROM items WHERE uploaded AND {condition}", limit
            ).fetchall()
            dead = f"(SELECT row FROM items WHERE {condition})"
            connection.execute(f"DELETE FROM vectors WHERE row IN {dead}", limit)
            connection.execute(f"DELETE FROM words WHERE rowid IN {dead}", limit)
            connection.execute(f"DELETE FROM items WHERE {condition}", limit)
            connection.execute("UPDATE clock SET purged = max(purged, ?)", (purged,))
            kept = "SELECT 1 FROM items WHERE uploaded AND image_path = ?"
            return [
                self.roots[1] / path
                for (path,) in pictures
                if connection.execute(kept, (path,)).fetchone() is None
            ]

    def close(self) -> None:
        """Closes the file."""
        self._reader.close()
        self._writer.close()

    def _apply(
        self, connection: sqlite3.Connection, change: Change, now: int
    ) -> tuple[Outcome, int]:
        """Returns what became of a change, and the new clock."""
        found = connection.execute(
            "SELECT row, checksum FROM items WHERE id = ? AND died IS NULL", (change.id,)
        ).fetchone()
        row, etag = (found[0], found[1].hex()) if found else (None, None)
        if refused := _refused(change, etag):
            return refused, now
        if change.entry is None and row is None:
            return UnknownItemError(f"no item has the id {change.id!r}", id=change.id), now
        version = change.entry and stored(change.entry, now + 1, self.roots)
        if version and version.checksum.hex() == etag:
            return Written("unchanged", etag), now
        now += 1
        if row is not None:
            connection.execute(
                "UPDATE items SET died = ?, died_s = ? WHERE row = ?", (now, time.time(), row)
            )
        if change.entry is None or version is None:
            return Written("deleted"), now
        insert(connection, version, change.entry)
        return Written("replaced" if row is not None else "created", version.checksum.hex()), now

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        if not self.writable:
            raise NotReadyError(
                f"{self._path.parent} cannot be written to: its file system or its permissions "
                "forbid it; copy the index to where the server may write"
            )
        with self._write_lock:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                try:
                    yield self._writer
                    self._writer.execute("COMMIT")
                except BaseException:
                    self._writer.execute("ROLLBACK")
                    raise
            except sqlite3.OperationalError as error:
                raise NotReadyError(f"cannot write to {self._path}: {error}") from error

    def _versions(self, rows: Sequence[int]) -> list[StoredVersion]:
        found = self._query(
            f"SELECT {COLUMNS} FROM items WHERE row IN (SELECT value FROM json_each(?))",
            json.dumps([int(row) for row in rows]),
        )
        return [StoredVersion(*columns) for columns in found]

    def _query(self, statement: str, *values: Any) -> list[Any]:
        with self._lock:
            return self._reader.execute(statement, values).fetchall()

    def _connect(self) -> sqlite3.Connection:
        # Where nobody can write, WAL's helper files cannot be made, and are not needed.
        mode = "mode=rw" if self.writable else "mode=ro&immutable=1"
        connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?{mode}",
            uri=True,
            check_same_thread=False,
            isolation_level=None,
            timeout=_BUSY_S,
        )
        connection.execute("PRAGMA synchronous = FULL")  # a write is on disk when it returns
        return connection


def _roots(path: Path, picture_root: Path) -> tuple[Path, Path]:
    """Returns the folders of built and of uploaded pictures."""
    return picture_root, path.absolute().parent / PICTURES


def _refused(change: Change, etag: str | None) -> PreconditionError | None:
    if change.if_new and etag is not None:
        return PreconditionError(
            f"item {change.id!r} exists already, and If-None-Match: * asks that it does not",
            id=change.id,
            etag=etag,
        )
    if change.if_match is None or (etag is not None and change.if_match in ("*", etag)):
        return None
    found = "there is none" if etag is None else f"it is now {etag}"
    return PreconditionError(
        f"item {change.id!r} is not the version {change.if_match} of If-Match: {found}; "
        "read it and try again",
        id=change.id,
        etag=etag,
    )
