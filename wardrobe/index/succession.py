"""One index takes the place of another without losing a write.

An index that is built from another remembers whose items it has taken over, and up to which moment
of that one's clock. Before it takes the other's place it takes over what was written since; from
then on the other refuses writes, in every process.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wardrobe.index.database import Database

TABLES = """
CREATE TABLE catalogue (name TEXT NOT NULL, successor TEXT NOT NULL) STRICT;
INSERT INTO catalogue VALUES (lower(hex(randomblob(16))), '');
CREATE TABLE taken (name TEXT PRIMARY KEY, clock INTEGER NOT NULL) STRICT;
"""


class Succession:
    """What a catalogue has taken over of others, and which one took its place."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.name: str = database.query("SELECT name FROM catalogue")[0][0]

    @property
    def successor(self) -> str:
        """Folder of the index that took this one's place; empty if none did."""
        found: str = self._database.query("SELECT successor FROM catalogue")[0][0]
        return found

    def taken_of(self, name: str) -> int | None:
        """Returns up to which moment it has what another catalogue had, or None."""
        found = self._database.query("SELECT clock FROM taken WHERE name = ?", name)
        return found[0][0] if found else None

    def take(self, name: str, clock: int) -> None:
        """Remembers up to which moment it has what another catalogue had.

        Raises:
            NotReadyError: nothing can be written now.
        """
        with self._database.writing() as connection:
            _take(connection, name, clock)

    def changed_since(self, clock: int) -> list[str]:
        """Returns the ids of items that were written or deleted since a moment, in order."""
        found = self._database.query(
            "SELECT id FROM items WHERE row > ? OR died > ? GROUP BY id ORDER BY max(row)",
            clock,
            clock,
        )
        return [item_id for (item_id,) in found]

    def missing(self, ids: list[str]) -> list[str]:
        """Returns those of ids that no item has."""
        found = self._database.query(
            "SELECT value FROM json_each(?) "
            "WHERE value NOT IN (SELECT id FROM items WHERE died IS NULL)",
            json.dumps(ids),
        )
        return [item_id for (item_id,) in found]

    def ids(self) -> list[str]:
        """Returns the ids of all items."""
        return [i for (i,) in self._database.query("SELECT id FROM items WHERE died IS NULL")]

    @contextmanager
    def handing_over(self, successor: str) -> Iterator[Callable[[str, int], None]]:
        """Keeps everybody from writing, and in the end, if nothing fails, for good.

        Yields:
            what remembers, as `take` does, up to which moment it has what another catalogue had.

        Raises:
            NotReadyError: nothing can be written now.
        """
        with self._database.writing() as connection:
            yield lambda name, clock: _take(connection, name, clock)
            connection.execute("UPDATE catalogue SET successor = ?", (successor,))

    def take_writes(self, is_current: Callable[[], bool]) -> None:
        """Takes writes again, although it has a successor.

        Args:
            is_current: whether this is the catalogue to be served; asked while nobody writes.
        """
        if self.successor and self._database.writable:
            with self._database.writing() as connection:
                if is_current():
                    connection.execute("UPDATE catalogue SET successor = ''")


def _take(connection: sqlite3.Connection, name: str, clock: int) -> None:
    connection.execute("INSERT OR REPLACE INTO taken VALUES (?, ?)", (name, clock))
