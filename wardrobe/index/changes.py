"""What a write does to the tables of a catalogue, inside a transaction of its caller."""

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from wardrobe.errors import NotReadyError, PreconditionError, UnknownItemError
from wardrobe.index.entries import Change, Written
from wardrobe.index.schema import StoredVersion, insert, stored

Outcome = Written | PreconditionError | UnknownItemError


def write_change(
    connection: sqlite3.Connection, change: Change, now: int, roots: Sequence[Path]
) -> tuple[Outcome, int]:
    """Returns what became of a change, and the new clock.

    Raises:
        NotReadyError: the picture of an upload was removed as one that nothing had.
    """
    found = connection.execute(
        "SELECT row, checksum FROM items WHERE id = ? AND died IS NULL", (change.id,)
    ).fetchone()
    row, etag = (found[0], found[1].hex()) if found else (None, None)
    if refused := _refused(change, etag):
        return refused, now
    if change.entry is None and row is None:
        return UnknownItemError(f"no item has the id {change.id!r}", id=change.id), now
    version = None if change.entry is None else stored(change.entry, now + 1, roots)
    if version and version.checksum.hex() == etag:
        return Written("unchanged", etag), now
    now += 1
    if version:
        _check_picture(connection, version, roots)
    if row is not None:
        connection.execute(
            "UPDATE items SET died = ?, died_s = ? WHERE row = ?", (now, time.time(), row)
        )
    if change.entry is None or version is None:
        return Written("deleted"), now
    insert(connection, version, change.entry)
    return Written("replaced" if row is not None else "created", version.checksum.hex()), now


def purge_oldest(connection: sqlite3.Connection, before_s: float, limit: int) -> int:
    """Forgets versions that died before a time, `limit` of them at most; returns how many."""
    dead = connection.execute(
        "SELECT row, died FROM items WHERE died IS NOT NULL AND died_s < ? ORDER BY died LIMIT ?",
        (before_s, limit),
    ).fetchall()
    if dead:
        rows = [(row,) for row, _ in dead]
        connection.executemany("DELETE FROM vectors WHERE row = ?", rows)
        connection.executemany("DELETE FROM words WHERE rowid = ?", rows)
        connection.executemany("DELETE FROM items WHERE row = ?", rows)
        connection.execute("UPDATE clock SET purged = max(purged, ?)", (dead[-1][1],))
    return len(dead)


def is_used(connection: sqlite3.Connection, picture: str) -> bool:
    """Returns whether a version has an uploaded picture."""
    used = "SELECT 1 FROM items WHERE uploaded AND image_path = ?"
    return connection.execute(used, (picture,)).fetchone() is not None


def _check_picture(
    connection: sqlite3.Connection, version: StoredVersion, roots: Sequence[Path]
) -> None:
    if not version.uploaded or is_used(connection, version.image_path):
        return
    if not (roots[1] / version.image_path).is_file():
        raise NotReadyError(
            f"the picture of item {version.id!r} was removed before it was written, as it took "
            "too long; send the item again",
            id=version.id,
        )


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
