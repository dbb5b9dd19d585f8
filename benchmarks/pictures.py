"""The pictures that benchmarks ask for."""

import random
from pathlib import Path

from wardrobe.images import find_pictures
from wardrobe.index.catalogue import Catalogue
from wardrobe.index.record import CATALOGUE, read_record
from wardrobe.settings import Settings

POOL = 1000  # what Zipf repeats, and what endlessly many distinct pictures are made of


def picture_paths(folder: Path | None = None, count: int = POOL) -> tuple[Path, ...]:
    """Returns pictures of a folder, or else of the catalogue that `INDEX` names."""
    if folder is not None:
        paths = list(find_pictures(folder))
    else:
        index = Settings().index
        catalogue = Catalogue(index / CATALOGUE, read_record(index).picture_root)
        rows = catalogue.database.query("SELECT row FROM items WHERE died IS NULL ORDER BY row")
        items = catalogue.items([row for (row,) in rows])
        catalogue.close()
        paths = [item.image_path for item in items.values()]
    return tuple(random.Random(0).sample(paths, min(count, len(paths))))
