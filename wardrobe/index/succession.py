"""One index takes the place of another without losing a write.

An index that is built from another remembers whose items it has taken over, and up to which moment
of that one's clock. Before it takes the other's place it takes over what was written since, and the
other is closed: it refuses writes, in every process.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from wardrobe.index.database import Database

TABLES = """
CREATE TABLE catalogue (name TEXT NOT NULL, successor TEXT NOT NULL, inherited INTEGER NOT NULL)
STRICT;
INSERT INTO catalogue VALUES (lower(hex(randomblob(16))), '', 0);
CREATE TABLE taken (name TEXT PRIMARY KEY, clock INTEGER NOT NULL) STRICT;
"""

_TAKEN = "SELECT name, clock FROM taken"


@dataclass(frozen=True)
class Origin:
    """The catalogue that items were read from.

    Attributes:
        taken: by the names of catalogues, its own too, up to which moment the items are theirs.
        writes: how many there had been, also to those that it was built from itself.
    """

    taken: Mapping[str, int]
    writes: int

    @classmethod
    def read(cls, connection: sqlite3.Connection) -> "Origin":
        """Returns a catalogue as it is now."""
        name, now, writes = connection.execute(
            "SELECT name, now, now - built + inherited FROM clock, catalogue"
        ).fetchone()
        return cls(dict(connection.execute(_TAKEN)) | {name: now}, writes)

    def write(self, connection: sqlite3.Connection) -> None:
        """Remembers it in the catalogue that is built from it."""
        connection.execute("UPDATE catalogue SET inherited = ?", (self.writes,))
        for name, clock in self.taken.items():
            _take(connection, name, clock)


class Succession:
    """What a catalogue has taken over of others, and which one took its place."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def name(self) -> str:
        """What no other catalogue is called, but a copy of its file."""
        name: str = self._database.query("SELECT name FROM catalogue")[0][0]
        return name

    @property
    def successor(self) -> str:
        """The index that took its place, or nothing; with one it refuses writes."""
        successor: str = self._database.query("SELECT successor FROM catalogue")[0][0]
        return successor

    @property
    def taken(self) -> Mapping[str, int]:
        """By the names of other catalogues, up to which moment it has what they had."""
        return dict(self._database.query(_TAKEN))

    def lost_with(self, taken: Mapping[str, int]) -> int:
        """Returns how many writes are lost if what has so much of catalogues takes its place."""
        with self._database.reading() as connection:
            name, now, built, inherited = connection.execute(
                "SELECT name, now, built, inherited FROM clock, catalogue"
            ).fetchone()
            own = connection.execute(_TAKEN).fetchall()
        if name in taken:
            return max(0, int(now) - taken[name])
        covered = all(other in taken and taken[other] >= clock for other, clock in own)
        return int(now - built) + (0 if covered else int(inherited))

    def rename(self) -> None:
        """Makes a copied catalogue another than the one it was copied from.

        Raises:
            NotReadyError: nothing can be written now.
        """
        with self._database.writing() as connection:
            connection.execute("UPDATE catalogue SET name = lower(hex(randomblob(16)))")

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
    def closing(self, successor: str) -> Iterator[Callable[[str, int], None]]:
        """Keeps everybody from writing, and in the end, if nothing fails, for good.

        Yields:
            what remembers, as `take` does, up to which moment it has what another catalogue had.

        Raises:
            NotReadyError: nothing can be written now.
        """
        with self._database.writing() as connection:
            yield lambda name, clock: _take(connection, name, clock)
            connection.execute("UPDATE catalogue SET successor = ?", (successor,))

    def reopen(self) -> None:
        """Takes writes again.

        Raises:
            NotReadyError: nothing can be written now.
        """
        with self._database.writing() as connection:
            connection.execute("UPDATE catalogue SET successor = ''")


def _take(connection: sqlite3.Connection, name: str, clock: int) -> None:
    connection.execute("INSERT OR REPLACE INTO taken VALUES (?, ?)", (name, clock))
