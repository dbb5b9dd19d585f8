"""The tables of a catalogue, and how a version of an item is laid out in them.

A row is one version of an item. Rows only grow and are never used again: a change adds a row and
marks the one before as dead. `clock` counts births and deaths, so what was alive at any moment
since the last purge can be told.
"""

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wardrobe.errors import IndexFolderError
from wardrobe.index.entries import CatalogueItem, Entry, FloatArray, Probabilities

PICTURES = "pictures"
"""Folder, inside the index folder, of the pictures that came by HTTP."""

TABLES = """
CREATE TABLE items (
    row INTEGER PRIMARY KEY,
    died INTEGER,
    died_s REAL,
    id TEXT NOT NULL,
    image_path TEXT NOT NULL,
    uploaded INTEGER NOT NULL,
    caption TEXT NOT NULL,
    labels TEXT NOT NULL,
    tags TEXT NOT NULL,
    metadata TEXT NOT NULL,
    probabilities BLOB,
    colours BLOB NOT NULL,
    vector_checksum BLOB NOT NULL,
    checksum BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX alive ON items (id) WHERE died IS NULL;
CREATE INDEX versions ON items (id);
CREATE INDEX dead ON items (died, died_s) WHERE died IS NOT NULL;
CREATE INDEX uploads ON items (image_path) WHERE uploaded;
CREATE TABLE vectors (row INTEGER PRIMARY KEY, vector BLOB NOT NULL) STRICT;
CREATE TABLE clock (now INTEGER NOT NULL, built INTEGER NOT NULL, purged INTEGER NOT NULL) STRICT;
INSERT INTO clock VALUES (-1, -1, -1);
CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'porter unicode61 remove_diacritics 2');
"""


class StoredVersion(NamedTuple):
    """A row of the table `items`."""

    row: int
    died: int | None
    id: str
    image_path: str
    uploaded: int
    caption: str
    labels: str
    tags: str
    metadata: str
    probabilities: bytes | None
    colours: bytes
    vector_checksum: bytes
    checksum: bytes

    def check(self) -> None:
        """Compares the row with its checksum.

        Raises:
            IndexFolderError: it is damaged.
        """
        if _checksum(self[2:12]) != self.checksum:
            raise IndexFolderError(f"row {self.row} of the catalogue, item {self.id!r}, is damaged")

    def item(self, roots: Sequence[Path]) -> CatalogueItem:
        """Returns the item; `roots` are the folders of built and of uploaded pictures."""
        labels, tags, metadata = map(json.loads, (self.labels, self.tags, self.metadata))
        path = roots[self.uploaded] / self.image_path
        etag = self.checksum.hex()
        return CatalogueItem(self.id, path, self.caption, labels, tags, metadata, etag)

    def entry(self, roots: Sequence[Path], vector: bytes) -> Entry:
        """Returns the item with everything that was made of its picture.

        Raises:
            IndexFolderError: the row or the vector is damaged.
        """
        self.check()
        return Entry(
            self.item(roots),
            self.whole(vector),
            self.probability_array,
            self.colour_array,
        )

    def whole(self, vector: bytes | None) -> FloatArray:
        """Returns its vector `(dimension,)`.

        Raises:
            IndexFolderError: it is damaged.
        """
        return whole_vector(self.row, self.id, self.vector_checksum, vector)

    @property
    def probability_array(self) -> Probabilities | None:
        """Ten-thousandths `(labels,)`."""
        return None if self.probabilities is None else np.frombuffer(self.probabilities, np.uint16)

    @property
    def colour_array(self) -> FloatArray:
        """Dominant colours `(3, 4)`."""
        return np.frombuffer(self.colours, np.float32).reshape(3, 4)


COLUMNS = ", ".join(StoredVersion._fields)


def stored(entry: Entry, row: int, roots: Sequence[Path]) -> StoredVersion:
    """Returns the row of an entry."""
    item = entry.item
    uploaded = item.image_path.is_relative_to(roots[1])
    parts = (
        item.id,
        item.image_path.relative_to(roots[uploaded]).as_posix(),
        int(uploaded),
        item.caption,
        *(_to_json(part) for part in (item.labels, item.tags, item.metadata)),
        None if entry.probabilities is None else entry.probabilities.astype(np.uint16).tobytes(),
        entry.colours.astype(np.float32).tobytes(),
        _digest(_vector_bytes(entry)),
    )
    return StoredVersion._make((row, None, *parts, _checksum(parts)))


def insert(connection: sqlite3.Connection, version: StoredVersion, entry: Entry) -> None:
    """Writes a row into all tables."""
    places = ", ".join("?" * len(version))
    connection.execute(f"INSERT INTO items ({COLUMNS}) VALUES ({places})", version)
    connection.execute("INSERT INTO vectors VALUES (?, ?)", (version.row, _vector_bytes(entry)))
    words = " ".join([entry.item.caption, *entry.item.label_names])
    connection.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (version.row, words))


def whole_vector(row: int, item_id: str, checksum: bytes, vector: bytes | None) -> FloatArray:
    """Returns a stored vector `(dimension,)`.

    Raises:
        IndexFolderError: it is damaged or missing.
    """
    if vector is None or _digest(vector) != checksum:
        raise IndexFolderError(f"the vector of row {row}, item {item_id!r}, is damaged")
    return np.frombuffer(vector, np.float32)


def _vector_bytes(entry: Entry) -> bytes:
    return entry.vector.astype(np.float32).tobytes()


def _checksum(parts: Sequence[Any]) -> bytes:
    """Returns a digest over parts, none of which can pass for another."""
    values = [part.hex() if isinstance(part, bytes) else part for part in parts]
    return _digest(_to_json(values).encode())


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
