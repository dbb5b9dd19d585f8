"""Connections to the SQLite file of a catalogue, shared by threads."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from wardrobe.errors import IndexFolderError, NotReadyError

_BUSY_S = 30
"""How long a write waits for another process's."""


class Database:
    """One connection reads, one reads for long, and one writes.

    They stay on the file they opened when a rebuilt index takes the folder's place.

    Attributes:
        path: absolute path of the file.
        writable: whether the file system lets it be written to.
        file: device and inode.
    """

    def __init__(self, path: Path) -> None:
        """Opens a file; on a file system that cannot be written to, only for reading.

        Raises:
            IndexFolderError: the file is missing or not a catalogue.
        """
        self.path = path.absolute()
        self.writable = os.access(path.parent, os.W_OK) and os.access(path, os.W_OK)
        self._lock, self._scan_lock, self._write_lock = Lock(), Lock(), Lock()
        try:
            self.file = _file_at(self.path)
        except OSError as error:
            raise IndexFolderError(f"cannot read {self.path}: {error.strerror}") from error
        with self._explained():
            self._reader, self._scanner, self._writer = (self._connect() for _ in range(3))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yields a connection whose statements all see the catalogue at one moment."""
        with self._lock, self._explained(), _one_moment(self._reader):
            yield self._reader

    @contextmanager
    def scanning(self) -> Iterator[sqlite3.Connection]:
        """Does as `reading`, for what takes long: others read on meanwhile."""
        with self._scan_lock, self._explained(), _one_moment(self._scanner):
            yield self._scanner

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yields a connection that writes all or nothing, while nobody else writes.

        Raises:
            NotReadyError: nothing can be written now.
        """
        if not self.writable:
            raise NotReadyError(
                f"{self.path.parent} cannot be written to: its file system or its permissions "
                "forbid it; copy the index to where the server may write"
            )
        with self._write_lock, self._explained():
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                try:
                    self._check_in_place()
                    yield self._writer
                    self._writer.execute("COMMIT")
                except BaseException:
                    if self._writer.in_transaction:  # SQLite has ended some itself
                        self._writer.execute("ROLLBACK")
                    raise
            except sqlite3.OperationalError as error:
                raise NotReadyError(f"cannot write to {self.path}: {error}") from error

    def query(self, statement: str, *values: Any) -> list[Any]:
        """Returns the rows that a statement finds."""
        with self._lock, self._explained():
            return self._reader.execute(statement, values).fetchall()

    def close(self) -> None:
        """Closes the file."""
        for connection in (self._reader, self._scanner, self._writer):
            connection.close()

    @property
    def in_place(self) -> bool:
        """Whether no other file has taken its place; nobody can write to one that lost it."""
        try:
            return _file_at(self.path) == self.file
        except OSError:
            return False

    def _check_in_place(self) -> None:
        """Refuses to write what the index that took this one's place would not have."""
        if not self.in_place:
            raise NotReadyError(
                f"{self.path.parent} was replaced by another build, and this process still has the "
                "one before; nothing is written until it is started again or swaps"
            )

    def _connect(self) -> sqlite3.Connection:
        mode = "mode=rw"
        if not self.writable:
            # WAL's helper files cannot be made here. Where writes are left in one, it is needed.
            left = Path(f"{self.path}-wal").exists()
            mode = "mode=ro" if left else "mode=ro&immutable=1"
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?{mode}",
            uri=True,
            check_same_thread=False,
            isolation_level=None,
            timeout=_BUSY_S,
        )
        connection.execute("PRAGMA synchronous = FULL")  # a write is on disk when it returns
        # Only a first statement opens the WAL, by its name, which may soon be another file's.
        connection.execute("SELECT now FROM clock").fetchone()
        return connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise IndexFolderError(f"SQLite cannot read {self.path}: {error}") from error


def _file_at(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


@contextmanager
def _one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:  # SQLite has ended some itself
            connection.execute("COMMIT")
