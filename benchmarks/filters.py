"""Filtered search against an oracle, and what filtering costs.

    INDEX=indexes/fashion python -m benchmarks.filters   (two minutes)

Random filters of every kind (tests/filter_oracle.py) are asked of the index's own items, once as
`flat`, `hnsw` and `ivfpq`. Shops have more metadata than pictures come with, so each item is given
a price, a brand, sizes and a flag. What must come back is computed in numpy and plain Python: the
items that match, one by one, ordered by cosine. For `flat` the ids and their order must be equal;
two may change places only where their cosines are equal to 1e-6. The figures go to
benchmarks/results/filters.json.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from benchmarks.machine import save
from tests.filter_oracle import matches, random_filter
from wardrobe.encoders import Encoder, load_encoder
from wardrobe.files import sha256_of, write_json
from wardrobe.index import CatalogueItem, Entry, Index, vector_index
from wardrobe.index.catalogue import Catalogue
from wardrobe.index.filters import parse_filter
from wardrobe.index.record import CATALOGUE, RECORD, VECTORS, read_record
from wardrobe.index.vector_index import KINDS, Kind, VectorIndex
from wardrobe.query import Part, Query
from wardrobe.searcher import Searcher
from wardrobe.settings import Settings

FILTERS, TOP_K, REPEATS = 200, 10, 5
BRANDS = ("Nike", "Puma", "Levi's", "Biba", "Fossil", "Wrangler")
SIZES = ("XS", "S", "M", "L", "XL")


def main(argv: Sequence[str] | None = None) -> None:
    """Asks every kind of index all filters and writes what came back."""
    arguments = _parse(argv)
    settings = Settings()
    encoder = load_encoder(settings.encoder, labels=settings.labels, networks=settings.networks)
    entries = list(_entries(settings.index, encoder))
    chosen = random.Random(arguments.seed)
    items = [entry.item for entry in entries]
    filters = [random_filter(chosen, items, encoder.label_space) for _ in range(FILTERS)]
    vectors = np.stack([entry.vector for entry in entries])
    queries = [_query(vectors, number) for number in range(FILTERS)]
    wanted = [
        np.array([matches(f, e.item, e.probabilities, encoder.label_space) for e in entries])
        for f in tqdm(filters, "the oracle", unit="filter")
    ]
    results = {}
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            _write(Path(folder), settings.index, entries, vectors, kind)
            with closing(Index.open(Path(folder), encoder)) as index:
                results[kind] = _ask(index, filters, queries, wanted, vectors, items)
        print(kind, results[kind])
    save(
        "filters",
        {
            "filters": FILTERS,
            "items": len(items),
            "matching": [int(mask.sum()) for mask in wanted],
            "kinds": results,
        },
    )


def _entries(folder: Path, encoder: Encoder) -> Iterator[Entry]:
    """Yields the items of an index, with metadata such as a shop has."""
    chosen = random.Random(0)
    with closing(Index.open(folder, encoder)) as index:
        snapshot = index.snapshot()
        for item in index.items(snapshot.rows[snapshot.alive].tolist()).values():
            metadata = {
                **item.metadata,
                "price": chosen.randint(5, 200) + chosen.choice([0, 0.5, 0.99]),
                "brand": chosen.choice(BRANDS),
                "size": {"eu": chosen.sample(SIZES, chosen.randint(1, 3))},
                "new": chosen.random() < 0.2,
            }
            if chosen.random() < 0.1:
                del metadata["brand"]
            entry = index.entry(item.id)
            yield replace(entry, item=replace(item, metadata=metadata))


def _query(vectors: npt.NDArray[np.float32], seed: int) -> npt.NDArray[np.float32]:
    """Returns what lies near an item, as pictures that are asked for do."""
    chosen = np.random.default_rng(seed)
    nearby = vectors[chosen.integers(len(vectors))] + 0.02 * chosen.standard_normal(384)
    return (nearby / np.linalg.norm(nearby)).astype(np.float32)


def _write(
    folder: Path,
    source: Path,
    entries: Sequence[Entry],
    vectors: npt.NDArray[np.float32],
    kind: Kind,
) -> None:
    record = read_record(source)
    Catalogue.create(folder / CATALOGUE, entries, record.picture_root)
    vector_index.IVFPQ_MIN = 0  # FAISS trains on these few too, with a warning
    VectorIndex.build(vectors, kind).write(folder / VECTORS)
    changed = {
        "kind": kind,
        "vectors": VECTORS,
        "count": len(entries),
        "checksums": {VECTORS: sha256_of(folder / VECTORS)},
    }
    write_json(folder / RECORD, record.model_copy(update=changed).model_dump(mode="json"))


def _ask(
    index: Index,
    filters: Sequence[dict[str, Any]],
    queries: Sequence[npt.NDArray[np.float32]],
    wanted: Sequence[npt.NDArray[np.bool_]],
    vectors: npt.NDArray[np.float32],
    items: Sequence[CatalogueItem],
) -> dict[str, Any]:
    searcher = Searcher(index)
    asked = [
        Query((Part("vector", "vector", query),), filter=parse_filter(condition), top_k=TOP_K)
        for query, condition in zip(queries, filters, strict=True)
    ]
    equal, overlaps, full = 0, [], 0
    for query, mask, vector in zip(asked, wanted, queries, strict=True):
        found = [hit.item.id for hit in searcher.search(query).hits]
        cosines = np.where(mask, vectors @ vector, -np.inf)
        best = np.argsort(-cosines, kind="stable")[: min(TOP_K, int(mask.sum()))]
        expected = [items[row].id for row in best]
        equal += _same(found, expected, {items[r].id: cosines[r] for r in np.flatnonzero(mask)})
        full += len(found) == len(expected)
        if expected:
            overlaps.append(len({*found} & {*expected}) / len(expected))
    filtered, plain = zip(*(_times(searcher, asked) for _ in range(REPEATS)), strict=True)
    ratios = [f / p for f, p in zip(filtered, plain, strict=True)]
    return {
        "equal_ids_and_order": equal,
        "full": full,
        "overlap": {"mean": float(np.mean(overlaps)), "least": float(np.min(overlaps))},
        "filtered_p50_ms": median(filtered),
        "unfiltered_p50_ms": median(plain),
        "cost_ratio": {"median": median(ratios), "least": min(ratios), "most": max(ratios)},
    }


def _same(found: Sequence[str], expected: Sequence[str], cosines: dict[str, float]) -> bool:
    return len(found) == len(expected) and all(
        a == b or (a in cosines and abs(cosines[a] - cosines[b]) < 1e-6)
        for a, b in zip(found, expected, strict=True)
    )


def _times(searcher: Searcher, asked: Sequence[Query]) -> tuple[float, float]:
    """Returns the median milliseconds of filtered and unfiltered searches, in turn."""
    filtered, plain = [], []
    for query in asked:
        for times, turn in ((filtered, query), (plain, replace(query, filter=None))):
            start = time.perf_counter()
            searcher.search(turn)
            times.append(1000 * (time.perf_counter() - start))
    return median(filtered), median(plain)


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.filters",
        description="Ask an index random filters and compare with an oracle.",
        epilog="example:\n  INDEX=indexes/fashion python -m benchmarks.filters",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=0, help="of the filters (default: %(default)s)")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main(sys.argv[1:])
