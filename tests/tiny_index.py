"""Indexes without an index folder, such as one of five solid pictures."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tests.fakes import ColourEncoder
from wardrobe.encoders.base import Encoder, FloatArray
from wardrobe.files import sha256_of, write_json
from wardrobe.index import CatalogueItem, Entry, Index
from wardrobe.index.catalogue import Catalogue
from wardrobe.index.record import CATALOGUE, RECORD, VECTORS, IndexRecord
from wardrobe.index.vector_index import Kind, VectorIndex

COLOURS = ("red", "green", "blue", "white", "black")


def colour_index(folder: Path) -> Index:
    """Draws `shop/<colour>.png` for each colour and returns their index, ids `shop/<colour>`."""
    encoder = ColourEncoder()
    (folder / "shop").mkdir()
    items, vectors = [], []
    for colour in COLOURS:
        picture = Image.new("RGB", (40, 30), colour)
        path = folder / "shop" / f"{colour}.png"
        picture.save(path)
        vectors.append(encoder.encode_pictures(encoder.prepare(picture)[None]).vectors[0])
        items.append(
            CatalogueItem(
                id=f"shop/{colour}",
                image_path=path,
                caption=f"a {colour} shirt",
                labels={"article_type": ["Shirts"], "colour": [colour.title()]},
                tags={"colour": {colour.title(): 0.9}},
            )
        )
    return index_of(folder, items, np.stack(vectors), encoder)


def entry_of(item: CatalogueItem, vector: FloatArray) -> Entry:
    """Returns an entry of an encoder without heads, without colours."""
    return Entry(item, vector, None, np.zeros((3, 4), np.float32))


def index_of(
    folder: Path,
    items: Sequence[CatalogueItem],
    vectors: FloatArray,
    encoder: Encoder,
    kind: Kind = "flat",
) -> Index:
    """Writes an index of items whose pictures are in the folder, and opens it."""
    entries = [entry_of(item, vector) for item, vector in zip(items, vectors, strict=True)]
    Catalogue.create(folder / CATALOGUE, entries, folder)
    VectorIndex.build(vectors, kind).write(folder / VECTORS)
    record = IndexRecord(
        fingerprint=encoder.fingerprint,
        encoder=encoder.name,
        dimension=vectors.shape[1],
        kind=kind,
        count=len(items),
        skipped=0,
        created="2026-01-01T00:00:00Z",
        picture_root=folder,
        inputs="",
        command="",
        checksums={VECTORS: sha256_of(folder / VECTORS)},
    )
    write_json(folder / RECORD, record.model_dump(mode="json"))
    return Index.open(folder, encoder)
