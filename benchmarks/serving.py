"""Wardrobe beside LitServe and plain Flask: latency and throughput by load, cache and batching.

    python -m benchmarks.serving          (20 minutes; make bench; run nothing else meanwhile)
    python -m benchmarks.serving --repeats 1 --seconds 2 --clients 1 16       (does it run?)

A repeat goes through everything once, and starts each server anew: the in-process loops, Wardrobe,
LitServe, plain Flask with our runtime and with torch, and Wardrobe without batching and cache, one
after the other in changing order, so that a slow minute hits them all. Writes
benchmarks/results/serving.json after each.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks import in_process
from benchmarks.load import Generator, Measured
from benchmarks.machine import cores, save
from benchmarks.pictures import picture_paths
from benchmarks.servers import PLAIN, Server, running
from benchmarks.workload import Workload, distinct, one_picture, texts, zipf
from wardrobe.index.record import read_record
from wardrobe.settings import Settings

CLIENTS = (1, 2, 4, 8, 16, 32, 64)
SHARES = (0.25, 0.5, 0.75, 0.9)  # of the capacity, in an open loop
ZIPF_CLIENTS = 16
WARM_UP = 2.0  # seconds

Repeat = dict[str, Any]


def main() -> int:
    """Measures repeat by repeat."""
    arguments = _parse()
    index = read_record(Settings().index)
    measured: dict[str, Any] = {
        "index": {"name": Settings().index.name, "kind": index.kind, "count": index.count},
        "seconds": arguments.seconds,
        "repeats": [],
    }
    with Generator() as generator, tqdm(total=6 * arguments.repeats, unit="server") as progress:
        for number in range(arguments.repeats):
            bench = _Bench(generator, arguments, number)
            parts = [
                bench.in_process,
                bench.wardrobe,
                bench.litserve,
                bench.flask,
                bench.torch,
                bench.plain,
            ]
            repeat: Repeat = defaultdict(dict)
            for part in parts[number % len(parts) :] + parts[: number % len(parts)]:
                progress.set_description(part.__name__)
                part(repeat)
                progress.update()
            measured["repeats"].append(repeat)
            save("serving", measured)
    return 0


def capacity(generator: Generator, server: Server, workload: Workload, seconds: float) -> float:
    """Returns the requests a second that a warm server answers to 32 clients."""
    generator.closed_loop(server.port, workload, 32, WARM_UP)
    rate: float = generator.closed_loop(server.port, workload, 32, seconds).summary()["throughput"]
    if not rate:
        raise RuntimeError("the server answered nothing to 32 clients")
    return rate


class _Bench:
    """One repeat; each method adds what it measures."""

    def __init__(self, generator: Generator, arguments: argparse.Namespace, number: int) -> None:
        self._generator = generator
        self._seconds: float = arguments.seconds
        self._clients: list[int] = arguments.clients
        self._folder: Path | None = arguments.pictures
        self._paths = picture_paths(self._folder)
        self._distinct = partial(distinct, self._paths)
        self._zipf = partial(zipf, self._paths, number)

    def in_process(self, repeat: Repeat) -> None:
        repeat["in_process"] = in_process.measure(self._seconds, self._folder)

    def wardrobe(self, repeat: Repeat) -> None:
        with running("Wardrobe") as server:
            self._by_clients("Wardrobe", server, repeat)
            levels = repeat["closed_loop"]["Wardrobe"].values()
            repeat["capacity"] = max(level["throughput"] for level in levels)
            for share in SHARES:
                rate = share * repeat["capacity"]
                repeat["open_loop"][str(share)] = self._load(
                    server,
                    lambda port, rate=rate: self._generator.open_loop(
                        port, self._distinct, rate, self._seconds
                    ).result(),
                )
            repeat["zipf"]["on"] = self._closed(server, self._zipf, ZIPF_CLIENTS)
            repeat["hit"] = self._closed(server, partial(one_picture, self._paths[0]), 1)
            repeat["text"] = self._closed(server, texts, 1)

    def litserve(self, repeat: Repeat) -> None:
        with running("LitServe") as server:
            self._by_clients("LitServe", server, repeat)

    def flask(self, repeat: Repeat) -> None:
        with running("plain Flask") as server:
            self._by_clients("plain Flask", server, repeat)

    def torch(self, repeat: Repeat) -> None:
        with running("plain Flask, torch") as server:
            self._by_clients("plain Flask, torch", server, repeat)

    def plain(self, repeat: Repeat) -> None:
        with running("Wardrobe", PLAIN) as server:
            self._warm_up(server)
            repeat["zipf"]["off"] = self._closed(server, self._zipf, ZIPF_CLIENTS)

    def _by_clients(self, name: str, server: Server, repeat: Repeat) -> None:
        self._warm_up(server)
        warm = server.memory()
        repeat["closed_loop"][name] = {
            str(clients): self._closed(server, self._distinct, clients) for clients in self._clients
        }
        repeat["server"][name] = {
            "start_seconds": round(server.start_seconds, 3),
            "memory_warm": warm,
            "memory_loaded": server.memory(),
        }

    def _warm_up(self, server: Server) -> None:
        self._generator.closed_loop(server.port, self._distinct, 16, WARM_UP)

    def _closed(self, server: Server, workload: Workload, clients: int) -> dict[str, Any]:
        return self._load(
            server,
            lambda port: self._generator.closed_loop(port, workload, clients, self._seconds),
        )

    def _load(self, server: Server, send: Callable[[int], Measured]) -> dict[str, Any]:
        before = server.cpu_seconds()
        sent = send(server.port)
        cpu = server.cpu_seconds() - before
        return sent.summary() | {"server_share": round(cpu / sent.wall_seconds / cores(), 4)}


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5, help="of each load")
    parser.add_argument("--clients", type=int, nargs="+", default=CLIENTS, metavar="N")
    parser.add_argument("--pictures", type=Path, help="folder; default: the catalogue's pictures")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
