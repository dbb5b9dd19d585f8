"""An index folder: opened whole or not at all, and replaced in one step."""

import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wardrobe.encoders.base import Encoder
from wardrobe.errors import IndexFolderError
from wardrobe.files import fsync_directory
from wardrobe.index.catalogue import Catalogue, CatalogueItem
from wardrobe.index.record import (
    CATALOGUE,
    ERRORS,
    RECORD,
    VECTORS,
    IndexRecord,
    read_record,
    refusal,
    verify,
)
from wardrobe.index.vector_index import FloatArray, VectorIndex

_LOGGER = logging.getLogger(__name__)


class Index:
    """Vectors and the items they belong to, row by row; safe to read from several threads.

    Attributes:
        record: the content of `index.json`.
        count: number of items.
    """

    def __init__(self, record: IndexRecord, vectors: VectorIndex, catalogue: Catalogue) -> None:
        self.record = record
        self.count = vectors.count
        self._vectors = vectors
        self._catalogue = catalogue

    @classmethod
    def open(cls, folder: Path, encoder: Encoder) -> "Index":
        """Opens an index folder made with this encoder.

        Raises:
            IndexFolderError: the folder is missing, incomplete, damaged or made with another
                encoder; the message says which, and how to rebuild it.
        """
        place = _locate(folder)
        try:
            index = cls._load(place[0], encoder)
        except IndexFolderError:
            if _locate(folder) == place:
                raise
        else:
            if _locate(folder) == place:
                if place[0] != folder:
                    _LOGGER.warning(
                        "a build of %s was killed as it replaced the index; the old one serves "
                        "until build_index.py runs again",
                        folder,
                    )
                return index
            index.close()
        return cls.open(folder, encoder)  # a rebuilt index took its place while it was read

    @classmethod
    def _load(cls, folder: Path, encoder: Encoder) -> "Index":
        record = read_record(folder)
        refuse = refusal(folder, record.command)
        verify(folder, record, encoder)
        try:
            vectors = VectorIndex.read(folder / VECTORS)
            catalogue = Catalogue(folder / CATALOGUE, record.picture_root)
        except IndexFolderError as error:
            raise refuse(error.message) from error
        stated = (record.count, record.count, record.dimension)
        found = (vectors.count, catalogue.count, vectors.dimension)
        if stated != found:
            catalogue.close()
            raise refuse(
                f"{folder} disagrees with itself: {RECORD} says {record.count} items of dimension "
                f"{record.dimension}, {VECTORS} has {vectors.count} of dimension "
                f"{vectors.dimension}, {CATALOGUE} {catalogue.count} items"
            )
        return cls(record, vectors, catalogue)

    def warm_up(self) -> None:
        """Touches every vector, so that no search waits for pages of the mapped file."""
        self._vectors.warm_up()

    def search(self, vectors: FloatArray, k: int) -> tuple[FloatArray, npt.NDArray[np.int64]]:
        """Returns cosines and rows `(queries, min(k, count))`, best first, ties by row.

        Args:
            vectors: unit vectors `(queries, dimension)`.
        """
        return self._vectors.search(vectors, k)

    def vector_of(self, row: int) -> FloatArray:
        """Returns the unit vector of a row `(dimension,)`."""
        return self._vectors.vector_of(row)

    def row_of(self, item_id: str) -> int:
        """Returns the row of an item.

        Raises:
            UnknownItemError: no item has this id.
        """
        return self._catalogue.row_of(item_id)

    def items(self, rows: Sequence[int] | npt.NDArray[np.int64]) -> list[CatalogueItem]:
        """Returns the items of rows, in the order asked for."""
        return self._catalogue.items([int(row) for row in rows])

    def item(self, item_id: str) -> CatalogueItem:
        """Returns an item.

        Raises:
            UnknownItemError: no item has this id.
        """
        return self.items([self.row_of(item_id)])[0]

    def close(self) -> None:
        """Closes the catalogue's file."""
        self._catalogue.close()


def building_folder(folder: Path) -> Path:
    """Returns where an index is built before it takes the place of `folder`."""
    absolute = Path(os.path.abspath(folder))
    return absolute.with_name(f"{absolute.name}.building")


def replace_index(folder: Path) -> None:
    """Puts the finished index `final` of the building folder in the place of `folder`."""
    building = building_folder(folder)
    for path in (building / "final").iterdir():
        with path.open("rb") as handle:
            os.fsync(handle.fileno())
    fsync_directory(building / "final")
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
        (folder, {RECORD, VECTORS, CATALOGUE, ERRORS}),
        (building_folder(folder), {"shards", "final", "old"}),
    ):
        if place.exists():
            found = {path.name for path in place.iterdir()} if place.is_dir() else {place.name}
            foreign = sorted(found - known)
            if foreign:
                raise IndexFolderError(
                    f"{place} would be replaced, but {foreign[0]!r} is not part of an index; "
                    "choose another --out"
                )


def _locate(folder: Path) -> tuple[Path, int | None]:
    """Returns the folder to read, and its inode, which tells it from the one that replaces it."""
    for place in (folder, building_folder(folder) / "old"):
        try:
            return place, place.stat().st_ino
        except OSError:
            continue
    return folder, None
