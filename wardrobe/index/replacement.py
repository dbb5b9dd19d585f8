"""A built index folder takes the place of the one before in one step."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fnmatch import fnmatch
from pathlib import Path

from wardrobe.errors import IndexFolderError
from wardrobe.files import fsync_directory
from wardrobe.index.catalogue import Catalogue
from wardrobe.index.compaction import LEFT_BEHIND, LOCK, VECTOR_FILES
from wardrobe.index.record import CATALOGUE, ERRORS, RECORD
from wardrobe.index.schema import PICTURES
from wardrobe.index.succession import Origin

_PARTS = {RECORD, CATALOGUE, f"{CATALOGUE}-wal", f"{CATALOGUE}-shm", ERRORS, PICTURES, LOCK}
_PATTERNS = (VECTOR_FILES, *LEFT_BEHIND)


def building_folder(folder: Path) -> Path:
    """Returns where an index is built before it takes the place of `folder`."""
    absolute = Path(os.path.abspath(folder))
    return absolute.with_name(f"{absolute.name}.building")


def is_aside(folder: Path) -> bool:
    """Returns whether a folder is an old index that its replacement has moved aside."""
    return folder.name == "old" and folder.parent.name.endswith(".building")


def replace_index(folder: Path, origin: Origin | None) -> None:
    """Puts the finished index `final` of the building folder in the place of `folder`.

    Args:
        origin: what it was built from.

    Raises:
        IndexFolderError: `folder` was written to, and that would be lost.
    """
    building = building_folder(folder)
    final = building / "final"
    for path in final.rglob("*"):
        if path.is_file():
            with path.open("rb") as handle:
                os.fsync(handle.fileno())
    for place in (final / PICTURES, final):
        if place.is_dir():
            fsync_directory(place)
    with _unwritten(folder, origin):
        if folder.exists():
            folder.rename(building / "old")
            fsync_directory(building)
        (building / "final").rename(folder)
        fsync_directory(folder.parent)


def recover_index(folder: Path) -> None:
    """Finishes what a build that was killed inside `replace_index` began."""
    building = building_folder(folder)
    old, final = building / "old", building / "final"
    if old.exists() and not folder.exists():
        # The old index was moved only once the new one was complete and on disk.
        (final if final.exists() else old).rename(folder)
        fsync_directory(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def check_replaceable(folder: Path) -> None:
    """Refuses to replace what is not an index, or to build where something else is.

    Raises:
        IndexFolderError: `folder` or its building folder is a file, or has files of another kind.
    """
    for place, known in (
        (folder, _PARTS),
        (building_folder(folder), {"shards", "final", "old"}),
    ):
        if place.exists():
            found = {path.name for path in place.iterdir()} if place.is_dir() else {place.name}
            foreign = sorted(
                name for name in found - known if not any(fnmatch(name, p) for p in _PATTERNS)
            )
            if foreign:
                raise IndexFolderError(
                    f"{place} would be replaced, but {foreign[0]!r} is not part of an index; "
                    "choose another --out"
                )


def check_unwritten(folder: Path, origin: Origin | None) -> None:
    """Refuses to replace a catalogue with writes that are not in what a build begins from.

    Args:
        origin: what it begins from; None is pictures.

    Raises:
        IndexFolderError: there were such writes.
    """
    with _unwritten(folder, origin):
        pass


@contextmanager
def _unwritten(folder: Path, origin: Origin | None) -> Iterator[None]:
    """Checks as `check_unwritten` does, and keeps writers waiting."""
    try:
        catalogue = Catalogue(folder / CATALOGUE, folder)
    except IndexFolderError as error:
        if (folder / PICTURES).exists():
            raise IndexFolderError(
                f"{folder / PICTURES} has pictures that were uploaded, but {error.message}; "
                "building it again would remove them: move the folder away first"
            ) from error
        yield  # nobody can write to it either
        return
    with closing(catalogue), catalogue.database.writing():
        if lost := catalogue.succession.lost_with(origin.taken if origin else {}):
            raise IndexFolderError(
                f"{folder} was written to {lost} times, and this build would lose that; build it "
                f"from itself: python build_index.py {folder} --out {folder} (or another --out); "
                "or move it away to begin anew"
            )
        yield
