"""Five times more than the server can do: what it answers, and how soon it has recovered.

    python -m benchmarks.overload          (two minutes; make bench)

Distinct pictures in an open loop. From the moment the load stops one probe after another asks for a
picture on a new connection, until three in a row take less than twice their median when idle.
Writes benchmarks/results/overload.json.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from benchmarks.load import Generator
from benchmarks.machine import save
from benchmarks.pictures import picture_paths
from benchmarks.servers import Server, ask, running
from benchmarks.serving import capacity
from benchmarks.workload import TOP_K, distinct
from wardrobe.settings import Settings

TIMES = 5
ALLOWED = (200, 429, 504)
IDLE_PROBES, NORMAL_PROBES = 30, 3
GIVE_UP = 60.0  # seconds after the load


class Probe(NamedTuple):
    """When it asked, by the clock of `time.monotonic`; how long it took, seconds; the status."""

    asked: float
    took: float
    status: int


def main() -> int:
    """Overloads the server."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pictures", type=Path, help="folder; default: the catalogue's pictures")
    arguments = parser.parse_args()
    paths = picture_paths(arguments.pictures)
    workload = partial(distinct, paths)
    with Generator() as generator, running("Wardrobe") as server:
        rate = TIMES * capacity(generator, server, workload, 6)
        probes = _probes(server, paths[0])
        idle = statistics.median(next(probes).took for _ in range(IDLE_PROBES))
        before = server.memory()["pss_mb"]
        sending = generator.open_loop(server.port, workload, rate, arguments.seconds)
        during = []
        for _ in tqdm(range(round(arguments.seconds)), "overload", unit="s"):
            time.sleep(1)
            during.append(server.memory()["pss_mb"])
        after_load = []
        end = time.monotonic() + GIVE_UP
        while not recovery(after_load, idle) and time.monotonic() < end:
            after_load.append(next(probes))
        sent = sending.result()
        after = server.memory()["pss_mb"]
    found = recovery([probe for probe in after_load if probe.asked >= sent.last_sent], idle)
    save(
        "overload",
        {
            "times_capacity": TIMES,
            "rate": round(rate, 1),
            "seconds": arguments.seconds,
            "deadline_s": Settings().deadline_s,
            "load": sent.summary(),
            "not_allowed": sum(status not in ALLOWED for status in sent.statuses()),
            "idle_ms": round(idle * 1000, 3),
            "recovery_seconds": None if found is None else round(found - sent.last_sent, 3),
            "memory_pss_mb": {"before": before, "during": during, "after": after},
        },
    )
    return 0


def recovery(probes: Sequence[Probe], idle: float) -> float | None:
    """Returns when the first of three normal probes in a row was answered, or None."""
    normal = [probe.status == 200 and probe.took < 2 * idle for probe in probes]
    for first in range(len(probes) - NORMAL_PROBES + 1):
        if all(normal[first : first + NORMAL_PROBES]):
            return probes[first].asked + probes[first].took
    return None


def _probes(server: Server, picture: Path) -> Iterator[Probe]:
    data = picture.read_bytes()
    while True:
        asked = time.monotonic()
        status = ask(server.port, f"/search?top_k={TOP_K}", data + os.urandom(8))
        yield Probe(asked, time.monotonic() - asked, status)


if __name__ == "__main__":
    sys.exit(main())
