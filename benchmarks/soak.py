"""Half an hour of everything at once: does the server's memory grow, does anything fail?

    python -m benchmarks.soak          (31 minutes; make bench)

Distinct and repeated pictures, texts, /predict with several files, explanations, bad inputs,
/metrics and /healthz, in an open loop at 60 % of what the server can do of that mixture. Memory is
the PSS of its processes every 5 s; growth compares the median of the last sixth of the time with
that of the second. Writes benchmarks/results/soak.json.
"""

import argparse
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks.load import Answer, Generator, percentiles
from benchmarks.machine import save
from benchmarks.pictures import picture_paths
from benchmarks.servers import running
from benchmarks.serving import capacity
from benchmarks.workload import mixed

SHARE = 0.6  # of the capacity
EVERY = 5.0  # seconds


def main() -> int:
    """Soaks the server."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--pictures", type=Path, help="folder; default: the catalogue's pictures")
    arguments = parser.parse_args()
    seconds = 60 * arguments.minutes
    workload = partial(mixed, picture_paths(arguments.pictures), 0)
    memory = []
    with Generator() as generator, running("Wardrobe") as server:
        rate = SHARE * capacity(generator, server, workload, 10)
        begin = time.monotonic()
        sending = generator.open_loop(server.port, workload, rate, seconds)
        for number in tqdm(range(int(seconds / EVERY)), "soak", unit="sample"):
            time.sleep(max(0.0, begin + number * EVERY - time.monotonic()))
            memory.append(server.memory()["pss_mb"])
        sent = sending.result()
    save(
        "soak",
        {
            "minutes": arguments.minutes,
            "rate": round(rate, 2),
            "load": sent.summary(),
            "kinds": by_kind(sent.answers),
            "every_seconds": EVERY,
            "memory_pss_mb": memory,
            "growth": round(growth(memory), 4),
        },
    )
    return 0


def by_kind(answers: Sequence[Answer]) -> dict[str, Any]:
    """Returns for each kind of request how many there were, their latencies and the errors."""
    kinds: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        kinds[answer.kind].append(answer)
    return {
        kind: {
            "requests": len(found),
            **percentiles([answer.latency for answer in found]),
            "errors": sum(not _expected(answer) for answer in found),
        }
        for kind, found in sorted(kinds.items())
    }


def growth(memory: Sequence[float]) -> float:
    """Returns by which share the last sixth is above the second sixth; the first warms up."""
    sixth = max(1, len(memory) // 6)
    return statistics.median(memory[-sixth:]) / statistics.median(memory[sixth : 2 * sixth]) - 1


def _expected(answer: Answer) -> bool:
    if answer.kind == "bad":
        return 400 <= answer.status < 429
    return answer.status == 200


if __name__ == "__main__":
    sys.exit(main())
