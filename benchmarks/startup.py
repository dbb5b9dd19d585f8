"""From the start of the process to healthy, on a warm and on a cold disk, and memory.

    python -m benchmarks.startup          (3 minutes; make bench)

Cold: the kernel's page cache is dropped first, which takes root; what the disk itself or the host
of a virtual machine keeps stays. Writes benchmarks/results/startup.json.
"""

import argparse
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks.load import Generator
from benchmarks.machine import save
from benchmarks.pictures import picture_paths
from benchmarks.servers import running
from benchmarks.workload import distinct

_DROP_CACHES = Path("/proc/sys/vm/drop_caches")


def main() -> int:
    """Starts Wardrobe warm and cold in turns."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5, help="of load before memory is read")
    arguments = parser.parse_args()
    workload = partial(distinct, picture_paths())
    measured: dict[str, list[Any]] = {"warm": [], "cold": [], "memory": []}
    cold_is_possible = os.access(_DROP_CACHES, os.W_OK)
    with running("Wardrobe"):  # the first start reads the disk
        pass
    with Generator() as generator:
        for _ in tqdm(range(arguments.repeats), "starts", unit="repeat"):
            with running("Wardrobe") as server:
                measured["warm"].append(round(server.start_seconds, 3))
                started = server.memory()
                generator.closed_loop(server.port, workload, 16, arguments.seconds)
                measured["memory"].append({"started": started, "loaded": server.memory()})
            if cold_is_possible:
                os.sync()
                _DROP_CACHES.write_text("3")
                with running("Wardrobe") as server:
                    measured["cold"].append(round(server.start_seconds, 3))
    save("startup", measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
