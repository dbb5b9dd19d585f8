"""A small index that is written to, its parts at random, and what its items are."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tests.fakes import ColourEncoder
from tests.tiny_index import entry_of, index_of
from wardrobe.index import CatalogueItem, Change, Index, Snapshot

DIMENSION = ColourEncoder.dimension
EVERYTHING, NOTHING = -1.0, 3600.0
"""Ages in seconds from which on a compaction forgets the dead."""


def draw(numbers: np.random.Generator, count: int) -> np.ndarray:
    """Returns unit vectors, of which some are the same."""
    vectors = numbers.standard_normal((count, DIMENSION)).astype(np.float32)
    vectors[numbers.random(count) < 0.3] = np.eye(DIMENSION, dtype=np.float32)[0]
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def create(folder: Path, count: int, kind: str = "flat", seed: int = 0) -> tuple[Index, np.ndarray]:
    """Returns an index of items i0, i1, …, and their vectors."""
    vectors = draw(np.random.default_rng(seed), count)
    items = [_item(folder, f"i{n}", 0) for n in range(count)]
    return index_of(folder, items, vectors, ColourEncoder(), kind), vectors


def put(folder: Path, item_id: str, vector: np.ndarray, version: int = 0) -> Change:
    """Returns what writes an item."""
    return Change(item_id, entry_of(_item(folder, item_id, version), vector))


def items_of(index: Index, snapshot: Snapshot | None = None) -> Iterable[CatalogueItem]:
    """Returns the items as they are now, or in a snapshot."""
    snapshot = snapshot or index.snapshot()
    return index.items(snapshot.rows[snapshot.alive].tolist()).values()


@contextmanager
def repeated(action: Callable[[], object]) -> Iterator[None]:
    """Does something again and again in a thread; it must not fail."""
    stop, failures = threading.Event(), list[Exception]()

    def work() -> None:
        while not stop.is_set() and not failures:
            try:
                action()
            except Exception as error:
                failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert not failures


def versions_of(index: Index) -> dict[str, int]:
    """Returns the version that each item was written with."""
    return {item.id: item.metadata["version"] for item in items_of(index)}


def _item(folder: Path, item_id: str, version: int) -> CatalogueItem:
    return CatalogueItem(item_id, folder / f"{item_id}.png", metadata={"version": version})
