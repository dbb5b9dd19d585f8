"""Recall, latency and memory of each kind of index by the number of its vectors.

    python -m benchmarks.scale --index indexes/fashion --keep /tmp/scale

Three minutes once the indexes are built; building up to a million vectors takes half an hour on two
cores, and 5 GB in the folder `--keep`, whose indexes are not built again (empty it for the vectors
of another `--index`). Run nothing else meanwhile. One query is asked at a time, on one thread, in a
fresh process for each index, which maps it.

The vectors follow those of an index: a random one of its vectors, plus a random combination of the
differences to its nearest neighbours, which keeps to the surface that the encoder maps pictures to,
plus a little noise in all directions, at length 1. The queries are vectors of that index, taken out
beforehand. "likeness" in the raw data says how near their neighbours are, among the real vectors
and among as many made ones.

Writes benchmarks/results/scale.json and docs/scale.png.
"""

import argparse
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from benchmarks.machine import RESULTS, save
from wardrobe.files import atomic_write, write_json
from wardrobe.index.record import read_record
from wardrobe.index.vector_index import KINDS, FloatArray, Kind, VectorIndex
from wardrobe.settings import Settings

COUNTS = (10_000, 100_000, 1_000_000)
REPEATS, QUERIES, K = 5, 100, 10
HELD_OUT = 1000
# Chosen so that nearest neighbours and local dimension match the real ones (module docstring).
NEIGHBOURS, SPREAD, NOISE = 10, 0.7, 0.05
BLOCK = 10_000
TARGET_RECALL, TARGET_MS = 0.95, 10
PLOT = Path(__file__).parents[1] / "docs" / "scale.png"


def main() -> int:
    """Builds what is missing, measures, prints a table, plots and writes the raw data."""
    arguments = _parse()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        build_all(arguments.index, folder, sorted(arguments.counts))
        rows = [measure(folder, count, kind) for count in arguments.counts for kind in KINDS]
        alike = json.loads((folder / "likeness.json").read_text())
    sys.stdout.write(table(rows))
    save("scale", {"likeness": alike, "indexes": rows})
    with atomic_write(PLOT) as aside:
        plot(rows).savefig(aside, format="png")
    sys.stdout.write(f"written: {RESULTS / 'scale.json'}, {PLOT}\n")
    return 0


def build_all(source: Path, folder: Path, counts: Sequence[int]) -> None:
    """Builds the indexes a folder does not have, and the exhaustive answers to its queries."""
    wanted = [(count, kind) for count in counts for kind in KINDS]
    if all(_place(folder, count, kind).with_suffix(".json").exists() for count, kind in wanted):
        return
    folder.mkdir(parents=True, exist_ok=True)
    real, queries = split(vectors_of(source))
    np.save(folder / "queries.npy", queries)
    made = make_vectors(real, max(counts))
    write_json(folder / "likeness.json", likeness(real, made, queries))
    for count, kind in wanted:
        place = _place(folder, count, kind)
        if place.with_suffix(".json").exists():
            continue
        wall, processor = time.perf_counter(), time.process_time()
        index = VectorIndex.build(made[:count], kind)
        took = {
            "build_s": time.perf_counter() - wall,
            "build_processor_s": time.process_time() - processor,
        }
        index.write(place)
        if kind == "flat":
            np.save(folder / f"{count}-truth.npy", index.search(queries, K)[1])
        write_json(place.with_suffix(".json"), took)


def vectors_of(folder: Path) -> FloatArray:
    """Returns the vectors of an index folder `(vectors, dimension)`."""
    index = VectorIndex.read(folder / read_record(folder).vectors)
    return index.vectors_of(np.arange(index.count))


def split(vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Returns the vectors to make others of, and those held out as queries."""
    order = np.random.default_rng(0).permutation(len(vectors))
    held_out = min(HELD_OUT, len(vectors) // 5)
    return vectors[order[held_out:]], vectors[order[:held_out]]


def make_vectors(real: FloatArray, count: int) -> FloatArray:
    """Returns `count` unit vectors that lie as real ones do; fewer are the first of more."""
    near = VectorIndex.build(real, "flat").search(real, NEIGHBOURS + 1)[1]
    made = np.empty((count, real.shape[1]), np.float32)
    for number, start in enumerate(range(0, count, BLOCK)):
        block = made[start : start + BLOCK]
        block[:] = _block(real, near, np.random.default_rng([1, number]))[: len(block)]
    return made


def _block(real: FloatArray, near: Any, random: np.random.Generator) -> FloatArray:
    chosen = random.integers(len(real), size=BLOCK)
    # A vector is among its own neighbours, with a difference of nothing.
    weights = random.standard_normal((BLOCK, near.shape[1]), np.float32)
    weights *= SPREAD / NEIGHBOURS**0.5
    vectors = (1 - weights.sum(axis=1, keepdims=True)) * real[chosen]
    for column in range(near.shape[1]):
        vectors += weights[:, column : column + 1] * real[near[chosen, column]]
    noise = random.standard_normal(vectors.shape, np.float32)
    vectors += NOISE / vectors.shape[1] ** 0.5 * noise
    unit: FloatArray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def likeness(real: FloatArray, made: FloatArray, queries: FloatArray) -> dict[str, Any]:
    """Returns how near the queries' neighbours are, among real and as many made vectors."""
    return {
        "real": len(real),
        "queries": len(queries),
        "cosines_at_real": _nearness(queries, real),
        "cosines_at_made": _nearness(queries, made[: len(real)]),
    }


def _nearness(queries: FloatArray, vectors: FloatArray) -> dict[str, list[float]]:
    cosines, _ = VectorIndex.build(vectors, "flat").search(queries, K)
    return {
        f"neighbour_{rank}_percentiles_10_50_90": [
            round(float(value), 4) for value in np.percentile(cosines[:, rank - 1], (10, 50, 90))
        ]
        for rank in (1, K)
    }


def measure(folder: Path, count: int, kind: Kind) -> dict[str, Any]:
    """Measures a built index in a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        found = pool.submit(measure_here, folder, count, kind).result()
    place = _place(folder, count, kind)
    built = json.loads(place.with_suffix(".json").read_text())
    return {"count": count, "kind": kind, "file_bytes": place.stat().st_size, **built, **found}


def measure_here(folder: Path, count: int, kind: Kind) -> dict[str, Any]:
    """Returns memory, recall and latency of an index that this process has not opened yet."""
    queries = np.load(folder / "queries.npy")
    before = _memory()
    index = VectorIndex.read(_place(folder, count, kind))
    opened = _memory()
    index.warm_up()
    warm = _memory()
    repeats = [
        [_milliseconds(index, query) for query in chunk] for chunk in _chunks(queries, REPEATS)
    ]
    truth = np.load(folder / f"{count}-truth.npy")
    rows = index.search(queries, K)[1]
    hits = [len({*found} & {*best}) / K for found, best in zip(rows, truth, strict=True)]
    return {
        "recall_at_10": statistics.fmean(hits),
        **{f"opened_{name}": value - before[name] for name, value in opened.items()},
        **{f"warm_{name}": value - before[name] for name, value in warm.items()},
        "p50_ms": _spread([float(np.percentile(times, 50)) for times in repeats]),
        "p99_ms": _spread([float(np.percentile(times, 99)) for times in repeats]),
    }


def plot(rows: Sequence[dict[str, Any]]) -> Figure:
    """Draws recall against latency, and memory by size."""
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    speed, memory = figure.subplots(1, 2)
    for kind in KINDS:
        of_kind = [row for row in rows if row["kind"] == kind]
        times = [row["p50_ms"]["median"] for row in of_kind]
        recalls = [row["recall_at_10"] for row in of_kind]
        speed.plot(times, recalls, marker="o", label=kind)
        for row, x, y in zip(of_kind, times, recalls, strict=True):
            speed.annotate(f"{row['count']:,}", (x, y), textcoords="offset points", xytext=(3, -11))
        counts = [row["count"] for row in of_kind]
        mebibytes = [row["warm_resident_bytes"] / 2**20 for row in of_kind]
        memory.plot(counts, mebibytes, marker="o", label=kind)
    speed.axhline(TARGET_RECALL, color="grey", linewidth=0.8)
    speed.axvline(TARGET_MS, color="grey", linewidth=0.8)
    speed.set(xscale="log", xlabel="p50 of one query on one thread, ms", ylabel="recall@10")
    memory.set(xscale="log", yscale="log", xlabel="vectors", ylabel="resident, MiB")
    memory.legend()
    return figure


def _milliseconds(index: VectorIndex, query: FloatArray) -> float:
    started = time.perf_counter()
    index.search(query[None], K)
    return (time.perf_counter() - started) * 1000


def _chunks(queries: FloatArray, count: int) -> Iterator[FloatArray]:
    """Yields chunks of different queries as far as there are enough."""
    for start in range(0, count * QUERIES, QUERIES):
        yield queries[np.arange(start, start + QUERIES) % len(queries)]


def _spread(repeats: list[float]) -> dict[str, Any]:
    return {
        "median": statistics.median(repeats),
        "low": min(repeats),
        "high": max(repeats),
        "repeats": repeats,
    }


def _memory() -> dict[str, int]:
    """Returns this process's resident bytes, and those of them no other process can share."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]
    kibibytes = {name: int(value.split()[0]) for name, value in (line.split(":") for line in lines)}
    return {
        "resident_bytes": 1024 * kibibytes["Rss"],
        "own_bytes": 1024 * kibibytes["Anonymous"],
    }


def _place(folder: Path, count: int, kind: Kind) -> Path:
    return folder / f"{count}-{kind}.faiss"


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Returns the figures as Markdown, for docs/index.md."""
    lines = [
        "| vectors | kind | recall@10 | p50 of a query, ms | p99, ms | resident, MiB | "
        "of it a worker's own | file, MiB | build, processor s |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        p50, p99 = (
            f"{row[name]['median']:.2f} ({row[name]['low']:.2f} to {row[name]['high']:.2f})"
            for name in ("p50_ms", "p99_ms")
        )
        mebibytes = (
            f"{row[name] / 2**20:.1f}"
            for name in ("warm_resident_bytes", "warm_own_bytes", "file_bytes")
        )
        cells = [
            f"{row['count']:,}",
            f"`{row['kind']}`",
            f"{row['recall_at_10']:.3f}",
            *(p50, p99, *mebibytes),
            f"{row['build_processor_s']:.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", type=Path, default=Settings().index, help="whose vectors")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where to keep what is built")
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS, metavar="VECTORS")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
