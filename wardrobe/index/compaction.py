"""Compaction: the base is built anew from the catalogue, and what is long dead is forgotten.

The catalogue alone decides what an index holds; the base only makes searching it fast. So however
a compaction ends, the folder can be opened: with the old base or the new one.
"""

import fcntl
import logging
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from wardrobe.errors import NotReadyError
from wardrobe.files import atomic_write, sha256_of, write_json
from wardrobe.index.catalogue import Catalogue
from wardrobe.index.record import CATALOGUE, RECORD, IndexRecord, read_record
from wardrobe.index.schema import PICTURES
from wardrobe.index.vector_index import IVFPQ_MIN, Kind, VectorIndex, kind_for

_LOGGER = logging.getLogger(__name__)

LOCK = "compaction.lock"
VECTOR_FILES = "vectors*.faiss"
LEFT_BEHIND = (f".{VECTOR_FILES}.*.tmp", f".{RECORD}.*.tmp")
"""Patterns of files that a compaction leaves that is killed as it writes."""

KEPT_S = 600
"""How long dead versions are kept: pages of a search that began before can be turned that long."""

_ORPHANED_S = 3600
"""Age of a picture that no version has, from which on hardly a write is under way with it."""


def compact(
    folder: Path, *, instead_of: str | None = None, kept_s: float = KEPT_S, threads: int = 1
) -> IndexRecord | None:
    """Builds the base of an index folder anew; searches and writes go on meanwhile.

    Args:
        instead_of: name of the base to replace; None replaces whichever there is.
        kept_s: versions that died longer ago are forgotten.

    Returns:
        the new content of `index.json`, or None where another process is at it or was.

    Raises:
        IndexFolderError: the folder is damaged.
        NotReadyError: it cannot be written to, or was replaced meanwhile.
    """
    try:
        with _only_one(folder) as alone:
            record = read_record(folder)
            if not alone or instead_of not in (None, record.vectors):
                return None
            with closing(Catalogue(folder / CATALOGUE, record.picture_root)) as catalogue:
                return _compact(folder, record, catalogue, kept_s, threads)
    except OSError as error:
        raise NotReadyError(f"cannot compact {folder}: {error}") from error


def _compact(
    folder: Path, record: IndexRecord, catalogue: Catalogue, kept_s: float, threads: int
) -> IndexRecord:
    catalogue.purge(kept_s)
    rows, vectors = catalogue.vectors(record.dimension)
    kind = _kind(record, len(rows))
    base = VectorIndex.build(vectors, kind, rows=rows, threads=threads)
    path = folder / f"vectors-{secrets.token_hex(8)}.faiss"
    with atomic_write(path) as aside:
        base.write(aside)
    changed = {
        "vectors": path.name,
        "kind": kind,
        "count": len(rows),
        "checksums": {path.name: sha256_of(path)},
    }
    record = record.model_copy(update=changed)
    with catalogue.database.writing():  # so that no other index takes the folder's place meanwhile
        write_json(folder / RECORD, record.model_dump(mode="json"))
        for pattern in (VECTOR_FILES, *LEFT_BEHIND):
            for old in folder.glob(pattern):
                if old != path:
                    old.unlink(missing_ok=True)  # who mapped it keeps it
    catalogue.remove_pictures(sorted(_old_pictures(folder / PICTURES) - catalogue.pictures()))
    _LOGGER.info("compacted %s: %d vectors", folder, len(rows))
    return record


def _kind(record: IndexRecord, count: int) -> Kind:
    """Returns the kind for a number of vectors: as before, if that was chosen against its size."""
    if record.kind == kind_for(record.count) or (record.kind == "ivfpq" and count < IVFPQ_MIN):
        return kind_for(count)
    return record.kind


@contextmanager
def _only_one(folder: Path) -> Iterator[bool]:
    """Holds a lock that the system drops when the process dies, however it dies."""
    with (folder / LOCK).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            # Otherwise another index took the folder's place, and has a lock of its own.
            yield os.fstat(handle.fileno()).st_ino == (folder / LOCK).stat().st_ino


def _old_pictures(folder: Path) -> set[str]:
    """Returns the names of pictures that were not just uploaded."""
    latest, old = time.time() - _ORPHANED_S, set()
    for picture in folder.iterdir() if folder.is_dir() else ():
        with suppress(FileNotFoundError):  # it had a temporary name
            if picture.stat().st_mtime < latest:
                old.add(picture.name)
    return old
