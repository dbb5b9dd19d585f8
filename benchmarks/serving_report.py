"""The report's section on loads: the three systems side by side."""

from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.markdown import median, number, spread, table
from benchmarks.notes import REASONS
from benchmarks.plots import BY_CLIENTS, OTHER_LOADS, SYSTEMS

FIGURES = {"p50_ms": "p50", "p95_ms": "p95", "p99_ms": "p99", "throughput": "requests a second"}


class Win:
    """A figure in which a peer is better than Wardrobe, and why."""

    def __init__(self, system: str, figure: str, clients: str, theirs: float, ours: float) -> None:
        self.place = (system, figure, clients)
        self.reason = REASONS.get((system, figure))
        plural = "client" if clients == "1" else "clients"
        self.text = (
            f"{system}, {FIGURES[figure]}, {clients} {plural}: "
            f"{number(theirs)} against {number(ours)}"
        )


def wins(serving: Any) -> list[Win]:
    """Returns where the median of a peer beats ours."""
    found = []
    for system in SYSTEMS[1:]:
        for clients in serving["repeats"][0]["closed_loop"][system]:
            for figure in FIGURES:
                theirs, ours = (
                    median(_level(serving, name, clients, figure)) for name in (system, SYSTEMS[0])
                )
                better = theirs > ours if figure == "throughput" else theirs < ours
                if better:
                    found.append(Win(system, figure, clients, theirs, ours))
    return found


def section(serving: Any) -> Iterator[str]:
    repeats = serving["repeats"]
    index = serving["index"]
    yield "## Load"
    yield (
        f"`{serving['run']['command']}`: {len(repeats)} repeats of {serving['seconds']:g} s a "
        f"load over {index['count']:,} pictures ({index['kind']}), each starting every server "
        "anew. Each request is a picture no request had before, except where repeats are said."
    )
    yield f"![latency and throughput by clients]({BY_CLIENTS})"
    won = wins(serving)
    lost = {win.place for win in won}
    yield table(
        ["clients", "system", "p50 ms", "p95 ms", "p99 ms", "requests/s", "failed", "client CPU"],
        [
            _level_row(serving, system, clients, lost)
            for clients in repeats[0]["closed_loop"][SYSTEMS[0]]
            for system in SYSTEMS
        ],
    )
    yield "Client CPU is the load generator's share of all cores. ◂ marks where a peer wins."
    if won:
        yield "\n".join(f"- {win.text}. {win.reason or ''}".rstrip() for win in won)
    yield from _other_loads(repeats)


def _level_row(serving: Any, system: str, clients: str, lost: set[Any]) -> list[str]:
    cells = []
    for figure in FIGURES:
        mark = " ◂" if (system, figure, clients) in lost else ""
        cells.append(spread(_level(serving, system, clients, figure)) + mark)
    shares = _level(serving, system, clients, "generator_share")
    levels = [repeat["closed_loop"][system][clients] for repeat in serving["repeats"]]
    return [clients, system, *cells, str(_failed(levels)), f"{100 * median(shares):.0f} %"]


def _other_loads(repeats: Sequence[Any]) -> Iterator[str]:
    rows = {
        "in process, one picture": [repeat["in_process"]["single"] for repeat in repeats],
        "cache hit, 1 client": [repeat["hit"] for repeat in repeats],
        "text, 1 client": [repeat["text"] for repeat in repeats],
        "Zipf, 16 clients": [repeat["zipf"]["on"] for repeat in repeats],
        "… neither batching nor cache": [repeat["zipf"]["off"] for repeat in repeats],
    } | {
        f"open loop, {float(share):.0%} of capacity": [r["open_loop"][share] for r in repeats]
        for share in repeats[0]["open_loop"]
    }
    yield (
        "Other loads. Zipf: the n-th most popular of 1,000 pictures is asked for n⁻¹·¹ times as "
        "often, from an empty cache. Open loop: Poisson arrivals, and latencies from when a "
        "request was due; capacity is the best throughput of the same repeat."
    )
    yield f"![Zipf repeats and open loop]({OTHER_LOADS})"
    yield table(
        ["load", "p50 ms", "p95 ms", "p99 ms", "requests/s", "failed"],
        [
            [
                name,
                *(spread([level.get(figure) for level in levels]) for figure in FIGURES),
                str(_failed(levels)),
            ]
            for name, levels in rows.items()
        ],
    )
    loops = {
        "one decoding thread": [repeat["in_process"]["throughput"] for repeat in repeats],
        "one a core": [repeat["in_process"]["throughput_threads"] for repeat in repeats],
    }
    batch = repeats[0]["in_process"]["batch"]
    yield (
        f"The in-process loop of decode, encode in batches of {batch} and search: "
        + "; ".join(
            f"{spread(values)} pictures a second with {name}" for name, values in loops.items()
        )
        + "."
    )
    yield table(
        ["server", "start s", "RSS warm MB", "RSS loaded MB", "PSS loaded MB"],
        [
            [
                system,
                spread([repeat["server"][system]["start_seconds"] for repeat in repeats]),
                spread([r["server"][system]["memory_warm"]["rss_mb"] for r in repeats]),
                spread([r["server"][system]["memory_loaded"]["rss_mb"] for r in repeats]),
                spread([r["server"][system]["memory_loaded"]["pss_mb"] for r in repeats]),
            ]
            for system in SYSTEMS
        ],
    )


def _level(serving: Any, system: str, clients: str, figure: str) -> list[float | None]:
    return [repeat["closed_loop"][system][clients][figure] for repeat in serving["repeats"]]


def _failed(levels: Sequence[Any]) -> int:
    return sum(
        n for of in levels for status, n in of.get("statuses", {}).items() if status != "200"
    )
