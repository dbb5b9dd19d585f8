"""Latency of /search by kind of query, and what batching and the cache are worth.

    python -m benchmarks.latency          (make bench; about two minutes; needs the demo index)

Starts gunicorn as `make run` does, once with batching and cache and once without, and asks it from
this process, on the same cores. Every figure is the median of five repeats with its spread; run
nothing else meanwhile. The raw data goes to benchmarks/results/.
"""

import datetime
import http.client
import json
import os
import platform
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import torch

from wardrobe import images
from wardrobe.encoders import Encoder, load_encoder
from wardrobe.files import write_json
from wardrobe.index import Index
from wardrobe.searcher import Searcher
from wardrobe.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[1]
RESULTS = REPOSITORY / "benchmarks" / "results"
REPEATS, REQUESTS, CLIENTS = 5, 60, 16
ZIPF_EXPONENT = 1.1  # a few pictures are asked for again and again
PLAIN = {"MAX_BATCH_SIZE": "1", "CACHE_BYTES": "0"}

Ask = Callable[[], None]


def main() -> int:
    """Measures, prints a table and writes the raw data."""
    settings = Settings()
    encoder = load_encoder(settings.encoder, precision=settings.precision, labels=settings.labels)
    index = Index.open(settings.index, encoder)
    rows = random.Random(0).sample(range(index.count), min(index.count, REPEATS * REQUESTS * 2))
    pictures = [item.image_path.read_bytes() for item in index.items(rows)]
    measured: dict[str, list[float]] = {
        "in process: distinct picture": _in_process(pictures, encoder, Searcher(index))
    }
    with _server({}) as port:
        distinct = iter(pictures)
        measured["served: distinct picture"] = _one_client(port, lambda: next(distinct))
        measured["served: repeated picture"] = _one_client(port, lambda: pictures[0])
        measured["served: text"] = _one_client(port, lambda: f"a red dress {random.random()}")
        measured["16 clients, Zipf: batching and cache"] = _many_clients(port, pictures)
    with _server(PLAIN) as port:
        measured["16 clients, Zipf: neither"] = _many_clients(port, pictures)
    table = {
        name: {
            "median_ms": statistics.median(repeats),
            "low_ms": min(repeats),
            "high_ms": max(repeats),
            "repeats_ms": repeats,
        }
        for name, repeats in measured.items()
    }
    for name, row in table.items():
        print(
            f"{name:40} {row['median_ms']:8.1f} ms  ({row['low_ms']:.1f} to {row['high_ms']:.1f})"
        )
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H%M%SZ")
    RESULTS.mkdir(exist_ok=True)
    write_json(RESULTS / f"latency-{stamp}.json", {"machine": _machine(), "latency": table})
    return 0


def _in_process(pictures: list[bytes], encoder: Encoder, searcher: Searcher) -> list[float]:
    def ask(data: bytes) -> None:
        picture = images.decode(data, draft_side=encoder.picture_side)
        vector = encoder.encode_pictures(encoder.prepare(picture)[None]).vectors[0]
        searcher.search(vector, top_k=10)

    return [_median_ms([lambda d=data: ask(d) for data in chunk]) for chunk in _chunks(pictures)]


def _one_client(port: int, query: Callable[[], bytes | str]) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    return [
        _median_ms([lambda: _search(connection, query()) for _ in range(REQUESTS)])
        for _ in range(REPEATS)
    ]


def _many_clients(port: int, pictures: list[bytes]) -> list[float]:
    weights = [1 / rank**ZIPF_EXPONENT for rank in range(1, len(pictures) + 1)]

    def client(seed: int) -> list[float]:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        chosen = random.Random(seed).choices(pictures, weights, k=REQUESTS // 3)
        return [_milliseconds(lambda d=data: _search(connection, d)) for data in chosen]

    medians = []
    for repeat in range(REPEATS):
        with ThreadPoolExecutor(CLIENTS) as pool:
            answers = pool.map(client, range(repeat * CLIENTS, (repeat + 1) * CLIENTS))
            medians.append(statistics.median(ms for times in answers for ms in times))
    return medians


def _search(connection: http.client.HTTPConnection, query: bytes | str) -> None:
    if isinstance(query, str):
        body, kind = json.dumps({"text": query, "top_k": 10}).encode(), "application/json"
        connection.request("POST", "/search", body, {"Content-Type": kind})
    else:
        connection.request("POST", "/search?top_k=10", query, {"Content-Type": "image/jpeg"})
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        sys.exit(f"/search answered {response.status}: {body.decode()}")


@contextmanager
def _server(environment: dict[str, str]) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    settings = {"PORT": str(port), "LOG_LEVEL": "ERROR", **environment}
    gunicorn = [sys.executable, "-m", "gunicorn"]
    process = subprocess.Popen(gunicorn, cwd=REPOSITORY, env={**os.environ, **settings})
    try:
        _wait_until_healthy(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_until_healthy(port: int) -> None:
    for _ in range(600):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass  # not listening yet
        time.sleep(0.1)
    sys.exit("the server was not healthy after a minute")


def _chunks(pictures: list[bytes]) -> list[list[bytes]]:
    return [pictures[start * REQUESTS : (start + 1) * REQUESTS] for start in range(REPEATS)]


def _median_ms(calls: list[Ask]) -> float:
    return statistics.median(_milliseconds(call) for call in calls)


def _milliseconds(call: Ask) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def _machine() -> dict[str, object]:
    return {
        "processor": torch.cpu.get_capabilities().get("cpu_name", platform.processor()),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "client": "on the same cores",
    }


if __name__ == "__main__":
    sys.exit(main())
