"""The catalogue: the items behind an index, in SQLite, one a row of the vectors."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wardrobe.errors import IndexFolderError, UnknownItemError
from wardrobe.labels import Labels

_TABLE = """
CREATE TABLE items (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    image_path TEXT NOT NULL,
    caption TEXT NOT NULL,
    labels TEXT NOT NULL,
    tags TEXT NOT NULL,
    metadata TEXT NOT NULL
) STRICT
"""


@dataclass(frozen=True)
class CatalogueItem:
    """An item of a catalogue.

    Attributes:
        image_path: absolute path of its picture.
        labels: its given labels by attribute, the most specific attribute first.
        tags: its predicted and selected labels with their probabilities, by attribute,
            the most specific attribute first.
        metadata: anything else that was known of it.
    """

    id: str
    image_path: Path
    caption: str = ""
    labels: Labels = field(default_factory=dict)
    tags: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label_names(self) -> list[str]:
        """Its given labels, or without any its predicted ones; the most specific first."""
        return [label for found in (self.labels or self.tags).values() for label in found]


class Catalogue:
    """Reads items by row or id; safe to use from several threads at once.

    One connection serves all threads: it stays on the file it opened when a rebuilt index takes
    the folder's place, where connections opened later would read the new one's rows.
    """

    def __init__(self, path: Path, picture_root: Path) -> None:
        """Opens a catalogue.

        Args:
            picture_root: folder that the items' image paths are relative to.

        Raises:
            IndexFolderError: the file is not a catalogue.
        """
        self._picture_root = picture_root
        self._lock = threading.Lock()
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        try:
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
            self.count: int = self._query("SELECT count(*) FROM items")[0][0]
        except sqlite3.Error as error:
            raise IndexFolderError(f"SQLite cannot read {path}: {error}") from error

    @staticmethod
    def write(path: Path, items: Iterable[CatalogueItem], picture_root: Path) -> None:
        """Writes a new catalogue; the items' rows are counted from 0."""
        rows = (
            (
                row,
                item.id,
                item.image_path.relative_to(picture_root).as_posix(),
                item.caption,
                *(_to_json(part) for part in (item.labels, item.tags, item.metadata)),
            )
            for row, item in enumerate(items)
        )
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(_TABLE)
            connection.executemany("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def items(self, rows: Sequence[int]) -> list[CatalogueItem]:
        """Returns the items of rows, in the order asked for."""
        found = self._query(
            "SELECT row, id, image_path, caption, labels, tags, metadata FROM items "
            "WHERE row IN (SELECT value FROM json_each(?))",
            json.dumps([int(row) for row in rows]),
        )
        by_row = {row: self._item(*columns) for row, *columns in found}
        return [by_row[int(row)] for row in rows]

    def row_of(self, item_id: str) -> int:
        """Returns the row of an item.

        Raises:
            UnknownItemError: no item has this id.
        """
        found = self._query("SELECT row FROM items WHERE id = ?", item_id)
        if not found:
            raise UnknownItemError(
                f"no item has the id {item_id!r}; the catalogue has {self.count} items", id=item_id
            )
        row: int = found[0][0]
        return row

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    def _query(self, statement: str, *values: Any) -> list[Any]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def _item(
        self, item_id: str, image_path: str, caption: str, labels: str, tags: str, metadata: str
    ) -> CatalogueItem:
        return CatalogueItem(
            item_id,
            self._picture_root / image_path,
            caption,
            *(json.loads(part) for part in (labels, tags, metadata)),
        )


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
