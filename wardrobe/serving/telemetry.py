"""Prometheus metrics of the service, right across gunicorn's workers."""

import math
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Literal, get_args

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

Stage = Literal["read", "decode_wait", "decode", "queue", "encode", "search", "serialise"]

Release = Literal["idle", "drained", "full", "pixels", "delay", "closing"]
"""Why a batch was released: `full` and `pixels` met a limit, the others took all that waited.

`idle`: the encoder was free when the first came; `drained`: it was busy then; `delay`: it was free
and waited for more, in vain; `closing`: the server is stopping.
"""

disable_created_metrics()  # type: ignore[no-untyped-call]  # as workers do, and half as long

_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})

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
REFUSED_REQUESTS = Counter(
    "wardrobe_refused_requests_total",
    "Requests refused for want of a key or by its limits",
    ["reason"],
)
STAGE_SECONDS = Histogram(
    "wardrobe_stage_duration_seconds", "Time by stage of the one path", ["stage"], buckets=_SECONDS
)
STAGES = {name: STAGE_SECONDS.labels(name) for name in get_args(Stage)}
BATCH_INPUTS = Histogram(
    "wardrobe_batch_inputs",
    "Pictures, texts and explanations of a batch",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128),
)
_BATCHES = Counter("wardrobe_batches_total", "Batches, by why each was released", ["reason"])
BATCHES = {reason: _BATCHES.labels(reason) for reason in get_args(Release)}
QUEUE_INPUTS = Gauge(
    "wardrobe_queue_inputs",
    "Pictures, texts and explanations waiting for the encoder",
    multiprocess_mode="livesum",
)
# Workers set the `time.monotonic()` it joined the queue, infinity while nothing waits; a scrape
# makes seconds of it. So the figure is right while the encoder is stuck, in any worker.
QUEUE_OLDEST = Gauge(
    "wardrobe_queue_oldest_wait_seconds",
    "How long the input that waits for the encoder since earliest has waited so far",
    multiprocess_mode="livemin",
)
QUEUE_OLDEST.set(math.inf)
ENCODED_INPUTS = Counter(
    "wardrobe_encoded_inputs_total", "Pictures and texts encoded, and explanations", ["kind"]
)
CACHE_LOOKUPS = Counter(
    "wardrobe_cache_lookups_total",
    "Lookups of an encoding; `remote_hit` was in the cache that replicas share, "
    "`shared` waited for the same content already on its way",
    ["result"],
)
CACHE_EVICTIONS = Counter("wardrobe_cache_evictions_total", "Encodings dropped to make room")
CACHE_BYTES = Gauge("wardrobe_cache_bytes", "Size of the cache", multiprocess_mode="livesum")
REMOTE_CACHE_ERRORS = Counter(
    "wardrobe_remote_cache_errors_total",
    "Failures of the cache that replicas share",
    ["operation"],
)
REMOTE_CACHE_DROPS = Counter(
    "wardrobe_remote_cache_drops_total", "Encodings not written to the cache that replicas share"
)
READY = Gauge("wardrobe_ready", "Workers that are ready to answer", multiprocess_mode="livesum")
ENGINE_WORKERS = Gauge(
    "wardrobe_engine_workers",
    "Workers that serve this encoder and index; 0 once none does any more",
    ["encoder", "fingerprint", "index"],
    multiprocess_mode="livesum",
)
_SWAPS = Counter(
    "wardrobe_swaps_total",
    "Swaps in any worker: `switched`, or `failed` with the old encoder and index serving on",
    ["outcome"],
)
_FETCHES = Counter(
    "wardrobe_artefact_fetches_total",
    "Announcements in S3: `fetched`, or `failed` with the old encoder and index serving on",
    ["outcome"],
)
# From the start, as a counter that begins at 1 has not increased for Prometheus.
SWAPS = {outcome: _SWAPS.labels(outcome) for outcome in ("switched", "failed")}
FETCHES = {outcome: _FETCHES.labels(outcome) for outcome in ("fetched", "failed")}


class _AtScrape(Collector):
    """Metrics as they are to be shown: the oldest input's time of arrival becomes its wait."""

    def __init__(self, stored: Collector) -> None:
        self._stored = stored

    def collect(self) -> Iterable[Metric]:
        now = time.monotonic()
        for metric in self._stored.collect():
            if metric.name == "wardrobe_queue_oldest_wait_seconds":
                metric.samples = [
                    sample._replace(value=max(0.0, now - sample.value)) for sample in metric.samples
                ]
            yield metric


def method_label(method: str) -> str:
    """Returns a method as a label: anything may stand in a request line."""
    return method if method in _METHODS else "other"


def stage(name: Stage) -> AbstractContextManager[object]:
    """Adds the time spent inside to the histogram of a stage, also when it raises."""
    return STAGES[name].time()


def exposition() -> bytes:
    """Returns the metrics of all workers in Prometheus's text format."""
    registry = CollectorRegistry()
    try:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    except ValueError:  # gunicorn.conf.py set no shared folder: this is the only process
        registry = REGISTRY
    return generate_latest(_AtScrape(registry))
