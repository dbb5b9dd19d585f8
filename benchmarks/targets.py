"""What was promised, as figures made from the raw results."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Results = dict[str, Any]
"""Content of `benchmarks/results/`, by part; parts that were not run are missing."""

AT_MOST, AT_LEAST = "≤", "≥"


@dataclass(frozen=True)
class Target:
    """A promise and the repeats it is judged by; their median counts."""

    name: str
    relation: str
    limit: float
    unit: str
    values: Sequence[float]

    @property
    def value(self) -> float:
        """The median; not a number where nothing was measured."""
        return statistics.median(self.values) if self.values else float("nan")

    @property
    def met(self) -> bool:
        """Whether the median keeps the promise."""
        return self.value <= self.limit if self.relation == AT_MOST else self.value >= self.limit


def targets(results: Results) -> list[Target]:
    """Returns the promises that the parts at hand are about."""
    parts: dict[str, Callable[[Any], Iterator[Target]]] = {
        "serving": _serving,
        "scale": _scale,
        "overload": _overload,
        "soak": _soak,
        "startup": _startup,
        "page": _page,
    }
    return [
        target for part, read in parts.items() if part in results for target in read(results[part])
    ]


def best(levels: dict[str, Any]) -> float:
    """Returns the highest throughput of all numbers of clients."""
    return max(level["throughput"] for level in levels.values())


def _serving(serving: Any) -> Iterator[Target]:
    def each(figure: Callable[[Any], float | None]) -> list[float]:
        values: list[float | None] = []
        for repeat in serving["repeats"]:
            try:
                values.append(figure(repeat))
            except (KeyError, TypeError, ZeroDivisionError):
                continue  # this number of clients was left out, or nothing was answered
        return [value for value in values if value is not None]

    def ours(repeat: Any, clients: int) -> Any:
        return repeat["closed_loop"]["Wardrobe"][str(clients)]

    def peer(name: str, figure: str, clients: int) -> list[float]:
        return each(
            lambda r: ours(r, clients)[figure] / r["closed_loop"][name][str(clients)][figure]
        )

    yield Target(
        "saturated throughput, distinct pictures ÷ in-process loop",
        AT_LEAST,
        0.85,
        "×",
        each(lambda r: best(r["closed_loop"]["Wardrobe"]) / r["in_process"]["throughput"]),
    )
    yield Target(
        "1 client: p50 above the in-process single picture",
        AT_MOST,
        5,
        "ms",
        each(lambda r: ours(r, 1)["p50_ms"] - r["in_process"]["single"]["p50_ms"]),
    )
    yield Target(
        "1 client: p99 ÷ p50",
        AT_MOST,
        2,
        "×",
        each(lambda r: ours(r, 1)["p99_ms"] / ours(r, 1)["p50_ms"]),
    )
    yield Target(
        f"1 client: p50 over {serving['index']['count']:,} pictures",
        AT_MOST,
        35,
        "ms",
        each(lambda r: ours(r, 1)["p50_ms"]),
    )
    yield Target(
        "Zipf, 16 clients: median latency saved by batching and cache",
        AT_LEAST,
        60,
        "%",
        each(lambda r: 100 * (1 - r["zipf"]["on"]["p50_ms"] / r["zipf"]["off"]["p50_ms"])),
    )
    yield Target(
        "… throughput with ÷ without",
        AT_LEAST,
        2.5,
        "×",
        each(lambda r: r["zipf"]["on"]["throughput"] / r["zipf"]["off"]["throughput"]),
    )
    yield Target("cache hit: p50", AT_MOST, 4, "ms", each(lambda r: r["hit"]["p50_ms"]))
    yield Target(
        "best throughput ÷ LitServe's best",
        AT_LEAST,
        1.1,
        "×",
        each(lambda r: best(r["closed_loop"]["Wardrobe"]) / best(r["closed_loop"]["LitServe"])),
    )
    yield Target("p95 ÷ LitServe's, 16 clients", AT_MOST, 0.9, "×", peer("LitServe", "p95_ms", 16))
    yield Target(
        "throughput ÷ plain Flask's, 16 clients",
        AT_LEAST,
        2,
        "×",
        peer("plain Flask", "throughput", 16),
    )
    yield Target(
        "throughput ÷ plain Flask's with torch, 16 clients",
        AT_LEAST,
        2,
        "×",
        peer("plain Flask, torch", "throughput", 16),
    )


def _scale(scale: Any) -> Iterator[Target]:
    for row in scale["indexes"]:
        if row["kind"] == "hnsw" and row["count"] >= 1_000_000:
            yield Target("1M vectors, HNSW: recall@10", AT_LEAST, 0.95, "", [row["recall_at_10"]])
            times = row["p50_ms"]
            spread = [times["low"], times["median"], times["high"]]
            yield Target("1M vectors, HNSW: p50, one thread", AT_MOST, 10, "ms", spread)


def _overload(overload: Any) -> Iterator[Target]:
    load, memory = overload["load"], overload["memory_pss_mb"]
    yield Target("overload: statuses but 200, 429, 504", AT_MOST, 0, "", [overload["not_allowed"]])
    accepted = [] if load["p99_ms"] is None else [load["p99_ms"] / 1000]
    deadline = overload["deadline_s"]
    yield Target("overload: p99 of accepted", AT_MOST, deadline, "s", accepted)
    recovery = overload["recovery_seconds"]
    yield Target(
        "overload: recovered after",
        AT_MOST,
        2,
        "s",
        [float("inf") if recovery is None else recovery],
    )
    growth = 100 * (memory["after"] / memory["before"] - 1)
    yield Target("overload: memory above before", AT_MOST, 5, "%", [growth])


def _soak(soak: Any) -> Iterator[Target]:
    name = f"{soak['minutes']:g} minutes of mixed load: memory growth"
    yield Target(name, AT_MOST, 5, "%", [100 * soak["growth"]])
    errors = sum(kind["errors"] for kind in soak["kinds"].values())
    yield Target("… unexpected answers", AT_MOST, 0, "", [errors])


def _startup(startup: Any) -> Iterator[Target]:
    yield Target("process start to healthy, warm disk", AT_MOST, 6, "s", startup["warm"])
    resident = [memory["loaded"]["rss_mb"] / 1000 for memory in startup["memory"]]
    yield Target("resident memory (RSS of all processes)", AT_MOST, 1.2, "GB", resident)


def _page(page: Any) -> Iterator[Target]:
    paints = page["first_contentful_paint_ms"]
    yield Target("page: first contentful paint of a first visit", AT_MOST, 1000, "ms", paints)
    script = sum(page["script_gzip_bytes"].values()) / 1000
    yield Target("page: script, compressed", AT_MOST, 200, "KB", [script])
    shift = max(shifts["cumulative"] for shifts in page["layout_shift"].values())
    yield Target("page: cumulative layout shift, the worst", AT_MOST, 0.05, "", [shift])
    painted = page["typing"]["painted_ms"]
    yield Target("page: last key to painted results", AT_MOST, 250, "ms", painted)
