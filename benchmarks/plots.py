"""The report's plots, made from the raw results."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.targets import Results
from wardrobe.files import atomic_write

BY_CLIENTS, OTHER_LOADS, MEMORY = (
    "serving_by_clients.png",
    "serving_other_loads.png",
    "serving_memory.png",
)
SYSTEMS = ("Wardrobe", "LitServe", "plain Flask", "plain Flask, torch")


def draw(results: Results, folder: Path) -> None:
    """Draws what the results at hand allow."""
    if "serving" in results:
        repeats = results["serving"]["repeats"]
        _save(_by_clients(repeats), folder / BY_CLIENTS)
        _save(_other_loads(repeats), folder / OTHER_LOADS)
    if "soak" in results:
        _save(_memory(results["soak"]), folder / MEMORY)


def _by_clients(repeats: Sequence[Any]) -> Figure:
    figure, (latency, throughput) = _two()
    for system in SYSTEMS:
        levels = [repeat["closed_loop"][system] for repeat in repeats]
        clients = sorted({int(clients) for level in levels for clients in level})
        for axes, name in ((latency, "p50_ms"), (throughput, "throughput")):
            found = [[level[str(n)][name] for level in levels] for n in clients]
            _line(axes, clients, found, system)
        tail = [[level[str(n)]["p99_ms"] for level in levels] for n in clients]
        colour = latency.lines[-1].get_color()
        _line(latency, clients, tail, None, color=colour, linestyle=":", marker="")
    in_process = [repeat["in_process"]["throughput"] for repeat in repeats]
    throughput.axhline(
        statistics.median(in_process), color="0.4", linewidth=1, label="in-process loop"
    )
    latency.set(yscale="log", ylabel="latency, ms: p50, dotted p99")
    throughput.set(ylabel="pictures a second", ylim=(0, None))
    for axes in (latency, throughput):
        axes.set(xscale="log", xlabel="clients", xticks=clients, xticklabels=clients)
        axes.minorticks_off()
        axes.legend(fontsize=8)
    return figure


def _other_loads(repeats: Sequence[Any]) -> Figure:
    figure, (zipf, open_loop) = _two()
    percentiles = ("p50_ms", "p95_ms", "p99_ms")
    for place, state in enumerate(("on", "off")):
        heights = [
            _median([repeat["zipf"][state][name] for repeat in repeats]) for name in percentiles
        ]
        positions = [x + 0.4 * place for x in range(3)]
        bars = zipf.bar(positions, heights, 0.38, label=f"batching and cache {state}")
        zipf.bar_label(bars, fmt="%.0f", fontsize=8)
    zipf.set(ylabel="latency, ms", title="Zipf repeats, 16 clients")
    zipf.set_xticks([0.2, 1.2, 2.2], [name.removesuffix("_ms") for name in percentiles])
    zipf.legend(fontsize=8)
    shares = list(repeats[0]["open_loop"])
    for name in percentiles:
        found = [[repeat["open_loop"][share][name] for repeat in repeats] for share in shares]
        of_capacity = [100 * float(share) for share in shares]
        _line(open_loop, of_capacity, found, name.removesuffix("_ms"))
    open_loop.set(xlabel="arrivals, % of capacity", ylabel="latency, ms", ylim=(0, None))
    open_loop.set_title("Open loop, Poisson arrivals")
    open_loop.legend(fontsize=8)
    return figure


def _memory(soak: Any) -> Figure:
    figure = Figure(figsize=(6, 3.2), layout="constrained", dpi=100)
    axes = figure.add_subplot(xlabel="minutes", ylabel="PSS of all processes, MB")
    memory = soak["memory_pss_mb"]
    axes.plot([number * soak["every_seconds"] / 60 for number in range(len(memory))], memory)
    axes.set_ylim(0, 1.1 * max(memory))
    axes.grid(alpha=0.3)
    return figure


def _two() -> tuple[Figure, tuple[Axes, Axes]]:
    figure = Figure(figsize=(10, 4), layout="constrained", dpi=100)
    left, right = figure.subplots(1, 2)
    for axes in (left, right):
        axes.grid(alpha=0.3)
    return figure, (left, right)


def _line(
    axes: Axes,
    x: Sequence[float],
    repeats: Sequence[Sequence[Any]],
    label: str | None,
    **style: Any,
) -> None:
    """Draws the medians of the repeats, and between the lowest and the highest a band."""
    line = axes.plot(x, [_median(of) for of in repeats], label=label, **{"marker": "o", **style})[0]
    spread = [[value for value in of if value is not None] or [float("nan")] for of in repeats]
    low, high = ([pick(of) for of in spread] for pick in (min, max))
    axes.fill_between(x, low, high, color=line.get_color(), alpha=0.15, linewidth=0)


def _median(values: Sequence[float | None]) -> float:
    found = [value for value in values if value is not None]
    return statistics.median(found) if found else float("nan")


def _save(figure: Figure, path: Path) -> None:
    with atomic_write(path) as aside:
        figure.savefig(aside, format="png")
