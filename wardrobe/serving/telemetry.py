"""Prometheus metrics of the service, right across gunicorn's workers."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

Stage = Literal["read", "decode", "queue", "encode", "search", "serialise"]

disable_created_metrics()  # type: ignore[no-untyped-call]  # as workers do, and half as long

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Counter(
    "wardrobe_http_requests_total", "Requests answered", ["method", "route", "status"]
)
REQUEST_SECONDS = Histogram(
    "wardrobe_http_request_duration_seconds",
    "From the first look at a request to its answer",
    ["method", "route"],
    buckets=_SECONDS,
)
STAGE_SECONDS = Histogram(
    "wardrobe_stage_duration_seconds", "Time by stage of the one path", ["stage"], buckets=_SECONDS
)
BATCH_INPUTS = Histogram(
    "wardrobe_batch_inputs",
    "Pictures and texts encoded together",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128),
)
QUEUE_INPUTS = Gauge(
    "wardrobe_queue_inputs",
    "Pictures and texts waiting for the encoder",
    multiprocess_mode="livesum",
)
ENCODED_INPUTS = Counter(
    "wardrobe_encoded_inputs_total", "Pictures and texts encoded, and explanations", ["kind"]
)
CACHE_LOOKUPS = Counter(
    "wardrobe_cache_lookups_total",
    "Lookups of an encoding; `shared` waited for the same content already on its way",
    ["result"],
)
CACHE_EVICTIONS = Counter("wardrobe_cache_evictions_total", "Encodings dropped to make room")
CACHE_BYTES = Gauge("wardrobe_cache_bytes", "Size of the cache", multiprocess_mode="livesum")
READY = Gauge("wardrobe_ready", "Workers that are ready to answer", multiprocess_mode="livesum")


@contextmanager
def stage(name: Stage) -> Iterator[None]:
    """Adds the time spent inside to the histogram of a stage, also when it raises."""
    started = time.perf_counter()
    try:
        yield
    finally:
        STAGE_SECONDS.labels(name).observe(time.perf_counter() - started)


def exposition() -> bytes:
    """Returns the metrics of all workers in Prometheus's text format."""
    registry = CollectorRegistry()
    try:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    except ValueError:  # gunicorn.conf.py set no shared folder: this is the only process
        registry = REGISTRY
    return generate_latest(registry)
