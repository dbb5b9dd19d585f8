"""What the processor can do without a server: one picture at a time, and a saturated loop.

    python -m benchmarks.in_process          (15 seconds; prints JSON; benchmarks.serving runs it)

One picture: decode, prepare, encode and search, one after the other. Saturated: decode and prepare
as many pictures as the server's largest batch, encode them together, search each; once with one
decoding thread and once with one a core.
"""

import argparse
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.load import percentiles
from benchmarks.machine import REPOSITORY, cores
from benchmarks.peers.common import Pipeline
from benchmarks.pictures import picture_paths
from benchmarks.servers import ENVIRONMENT, inherited
from wardrobe.settings import Settings


def measure(seconds: float, pictures: Path | None) -> dict[str, Any]:
    """Measures in a process of its own, with the servers' environment."""
    command = [sys.executable, "-m", "benchmarks.in_process", "--seconds", str(seconds)]
    if pictures is not None:
        command += ["--pictures", str(pictures)]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=inherited(ENVIRONMENT), stdout=subprocess.PIPE, check=True
    )
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def main() -> int:
    """Prints the figures as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=5, help="of each of the three loops")
    parser.add_argument("--pictures", type=Path, help="folder; default: the catalogue's pictures")
    arguments = parser.parse_args()
    data = [path.read_bytes() for path in picture_paths(arguments.pictures)]
    pipeline, batch = Pipeline.from_settings(), Settings().max_batch_size
    _batched(pipeline, iter(data[:batch] * 2), batch, map)  # warm-up
    with ThreadPoolExecutor(cores()) as pool:
        figures = {
            "single": percentiles(_one_by_one(pipeline, _for(arguments.seconds, data))),
            "throughput": _batched(pipeline, _for(arguments.seconds, data), batch, map),
            "throughput_threads": _batched(
                pipeline, _for(arguments.seconds, data), batch, pool.map
            ),
            "batch": batch,
        }
    print(json.dumps(figures))
    return 0


def _one_by_one(pipeline: Pipeline, pictures: Iterator[bytes]) -> list[float]:
    latencies = []
    for data in pictures:
        started = time.perf_counter()
        pipeline.search(pipeline.encode([pipeline.prepare(data)])[0])
        latencies.append(time.perf_counter() - started)
    return latencies


def _batched(
    pipeline: Pipeline, pictures: Iterator[bytes], batch: int, apply: Callable[..., Any]
) -> float:
    """Returns pictures a second."""
    started, done = time.perf_counter(), 0
    while chosen := list(itertools.islice(pictures, batch)):
        for vector in pipeline.encode(list(apply(pipeline.prepare, chosen))):
            pipeline.search(vector)
        done += len(chosen)
    return round(done / (time.perf_counter() - started), 2)


def _for(seconds: float, data: list[bytes]) -> Iterator[bytes]:
    end = time.perf_counter() + seconds
    return itertools.takewhile(lambda _: time.perf_counter() < end, itertools.cycle(data))


if __name__ == "__main__":
    sys.exit(main())
