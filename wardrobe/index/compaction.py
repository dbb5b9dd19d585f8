"""Compaction: the base is built anew from the catalogue, and what is long dead is forgotten.

The catalogue alone decides what an index holds; the base only makes searching it fast. So however
a compaction ends, the folder can be opened: with the old base or the new one.
"""

import fcntl
import logging
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from wardrobe.files import atomic_write, sha256_of, write_json
from wardrobe.index.catalogue import Catalogue
from wardrobe.index.record import CATALOGUE, RECORD, IndexRecord, read_record
from wardrobe.index.schema import PICTURES
from wardrobe.index.vector_index import IVFPQ_MIN, Kind, VectorIndex, kind_for

_LOGGER = logging.getLogger(__name__)

LOCK = "compaction.lock"
VECTOR_FILES = "vectors*.faiss"

KEPT_S = 600
"""How long dead versions are kept: pages of a search that began before can be turned that long."""

_ORPHANED_S = 3600
"""Age of a picture that belongs to no item, from which on no write can be under way with it."""


def compact(folder: Path, *, kept_s: float = KEPT_S, threads: int = 1) -> IndexRecord | None:
    """Builds the base of an index folder anew; searches and writes go on meanwhile.

    Args:
        kept_s: versions that died longer ago are forgotten.

    Returns:
        the new content of `index.json`, or None where another process is at it.

    Raises:
        IndexFolderError: the folder is damaged.
        NotReadyError: it cannot be written to.
    """
    with _only_one(folder) as alone:
        if not alone:
            return None
        record = read_record(folder)
        with closing(Catalogue(folder / CATALOGUE, record.picture_root)) as catalogue:
            purged = catalogue.purge(kept_s)
            rows, vectors = catalogue.vectors(record.dimension)
            known = catalogue.uploaded()
        kind = _kind(record, len(rows))
        base = VectorIndex.build(vectors, kind, rows=rows, threads=threads)
        last = int(rows[-1]) if len(rows) else -1
        path = folder / f"vectors-{last}-{int(time.time())}.faiss"
        with atomic_write(path) as aside:
            base.write(aside)
        changed = {
            "vectors": path.name,
            "kind": kind,
            "count": len(rows),
            "checksums": {path.name: sha256_of(path)},
        }
        record = record.model_copy(update=changed)
        write_json(folder / RECORD, record.model_dump(mode="json"))
        for old in folder.glob(VECTOR_FILES):
            if old.name != path.name:
                old.unlink(missing_ok=True)  # who mapped it keeps it
        _remove_orphans(folder, purged, known)
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
            yield True


def _remove_orphans(folder: Path, purged: list[Path], known: set[str]) -> None:
    """Removes pictures that no version has: of purged ones, and of writes that were killed."""
    for picture in purged:
        picture.unlink(missing_ok=True)
    pictures = folder / PICTURES
    for picture in pictures.iterdir() if pictures.is_dir() else ():
        old = picture.stat().st_mtime < time.time() - _ORPHANED_S
        if old and picture.name not in known:
            picture.unlink(missing_ok=True)
