"""One report with plots of everything in benchmarks/results/.

    python -m benchmarks.report          (make bench)

Writes docs/benchmarks.md and its plots; parts without a result are left out.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import serving_report
from benchmarks.machine import REPOSITORY, RESULTS
from benchmarks.markdown import number, spread, table
from benchmarks.notes import PEERS, PROFILE
from benchmarks.plots import MEMORY, draw
from benchmarks.targets import Results, targets
from wardrobe.files import write_text

DOCS = REPOSITORY / "docs"
MEMORIES = ("rss_mb", "pss_mb")
PARTS = ("serving", "runtimes", "scale", "overload", "soak", "startup", "page")


def main() -> int:
    """Writes the report, and says which wins of a peer have no reason in benchmarks/notes.py."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    results = read(RESULTS)
    if not results:
        sys.stderr.write(f"{RESULTS} has no results; make bench measures\n")
        return 2
    draw(results, DOCS)
    write_text(DOCS / "benchmarks.md", render(results))
    for win in serving_report.wins(results["serving"]) if "serving" in results else ():
        if win.reason is None:
            sys.stderr.write(f"no reason in benchmarks/notes.py: {win.text}\n")
    return 0


def read(folder: Path) -> Results:
    """Returns the results of the parts that were run."""
    paths = {part: folder / f"{part}.json" for part in PARTS}
    return {part: json.loads(path.read_text()) for part, path in paths.items() if path.exists()}


def render(results: Results) -> str:
    """Returns the report as Markdown."""
    sections = {
        "serving": serving_report.section,
        "runtimes": _runtimes,
        "scale": _scale,
        "overload": _overload,
        "soak": _soak,
        "startup": _startup,
        "page": _page,
    }
    blocks = [
        "# Benchmarks",
        "`make bench` measures all this and writes this page from the raw results in "
        "`benchmarks/results/`. Client and server share the machine's cores. A figure is the "
        "median of the repeats, in brackets the lowest and highest of them.",
        *_promises(results),
        *(block for part in sections if part in results for block in sections[part](results[part])),
        "### Where the time goes",
        PROFILE.rstrip(),
        "## Peers",
        PEERS.rstrip(),
        "## Where it ran",
        _runs(results),
    ]
    return "\n\n".join(blocks) + "\n"


def _promises(results: Results) -> Iterator[str]:
    yield "## Targets"
    rows = [
        [
            target.name,
            f"{target.relation} {target.limit:g} {target.unit}".strip(),
            f"**{spread(target.values)}** {target.unit}".strip(),
            "met" if target.met else "**missed**",
        ]
        for target in targets(results)
    ]
    yield table(["", "target", "measured", ""], rows)


def _scale(scale: Any) -> Iterator[str]:
    yield "## Scale of the index"
    yield "`python -m benchmarks.scale`: one query at a time, on one thread."
    yield "![recall against latency, and memory](scale.png)"
    yield table(
        ["vectors", "kind", "recall@10", "p50 ms", "p99 ms", "resident MB"],
        [
            [
                f"{row['count']:,}",
                row["kind"],
                f"{row['recall_at_10']:.3f}",
                *(
                    spread([row[name][figure] for figure in ("low", "median", "high")])
                    for name in ("p50_ms", "p99_ms")
                ),
                f"{row['warm_resident_bytes'] / 1e6:,.0f}",
            ]
            for row in scale["indexes"]
        ],
    )


def _runtimes(runtimes: Any) -> Iterator[str]:
    yield "## Runtimes"
    yield (
        f"`{runtimes['run']['command']}`: milliseconds a picture in a forward, of the same "
        "checkpoint on the same threads, in turns; and how many of the ten most similar training "
        "pictures of a validation picture are those that torch in fp32 finds."
    )
    rows = runtimes["runtimes"]
    batches = list(next(iter(rows.values()))["milliseconds_by_batch"])
    yield table(
        ["runtime", *(f"batch {batch}" for batch in batches), "top-10 overlap", "s to build"],
        [
            [
                name,
                *(
                    number(statistics.median(row["milliseconds_by_batch"][batch]) / int(batch))
                    for batch in batches
                ),
                f"{row['top_10_overlap']:.4f}",
                number(row["seconds_to_build"]),
            ]
            for name, row in rows.items()
        ],
    )
    if runtimes["failed"]:
        yield "\n".join(f"- {name}: {reason}" for name, reason in runtimes["failed"].items())


def _overload(overload: Any) -> Iterator[str]:
    load, memory = overload["load"], overload["memory_pss_mb"]
    answers = ", ".join(f"{count:,} × {status}" for status, count in load["statuses"].items())
    recovery = overload["recovery_seconds"]
    yield "## Overload"
    yield (
        f"`{overload['run']['command']}`: {overload['rate']:g} pictures a second, "
        f"{overload['times_capacity']} times the capacity, in an open loop of "
        f"{overload['seconds']:g} s; the deadline is {overload['deadline_s']:g} s."
    )
    rows = {
        "answers by status (0: none)": answers,
        "p50 · p99 of accepted, ms": f"{number(load['p50_ms'])} · {number(load['p99_ms'])}",
        "a probe when idle, ms": number(overload["idle_ms"]),
        "again less than twice that, s after the load": number(recovery),
        "PSS before · at most during · after, MB": " · ".join(
            number(value) for value in (memory["before"], max(memory["during"]), memory["after"])
        ),
        "requests left late by, p99, ms": number(load["lag_p99_ms"]),
        "client's share of the cores": f"{load['generator_share']:.0%}",
    }
    yield table(["", ""], list(rows.items()))


def _soak(soak: Any) -> Iterator[str]:
    yield "## Mixed load"
    yield (
        f"`{soak['run']['command']}`: {soak['rate']:g} requests a second, 60 % of the capacity, "
        f"for {soak['minutes']:g} minutes. From the second to the last sixth of the time memory "
        f"grew by {soak['growth']:.1%}."
    )
    yield f"![memory over time]({MEMORY})"
    yield table(
        ["kind", "requests", "p50 ms", "p99 ms", "unexpected answers"],
        [
            [
                kind,
                f"{k['requests']:,}",
                number(k["p50_ms"]),
                number(k["p99_ms"]),
                str(k["errors"]),
            ]
            for kind, k in soak["kinds"].items()
        ],
    )


def _startup(startup: Any) -> Iterator[str]:
    yield "## Start"
    yield (
        f"`{startup['run']['command']}`: from the start of the process to the first 200 of "
        "/healthz; cold is with the kernel's page cache dropped (– where that is not allowed)."
    )
    yield table(["warm s", "cold s"], [[spread(startup["warm"]), spread(startup["cold"])]])
    rows = [
        [moment, *(spread([m[moment][figure] for m in startup["memory"]]) for figure in MEMORIES)]
        for moment in ("started", "loaded")
    ]
    yield table(["memory of all processes", "RSS MB", "PSS MB"], rows)


def _page(page: Any) -> Iterator[str]:
    yield "## The page"
    yield (
        f"`{page['run']['command']}`, in {page['browser']} on the server's cores. A query is typed "
        "letter by letter; its time goes from the last key to the frame after its pictures in view "
        "are decoded. Layout shifts are cumulative, in brackets with those just after an input."
    )
    typing = {name: statistics.quantiles(page["typing"][name], n=20) for name in page["typing"]}
    rows = [
        [what, str(len(page["typing"][name])), number(typing[name][9]), number(typing[name][18])]
        for what, name in (("painted", "painted_ms"), ("the call in it", "search_call_ms"))
    ]
    yield table(["typing a query", "queries", "p50 ms", "p95 ms"], rows)
    shifts = page["layout_shift"].items()
    yield table(
        ["", *(what for what, _ in shifts)],
        [["layout shift", *(f"{s['cumulative']:.3f} ({s['all']:.3f})" for _, s in shifts)]],
    )


def _runs(results: Results) -> str:
    rows = []
    for part, result in results.items():
        if run := result.get("run"):
            machine = f"{run['cores']} cores of {run['processor']}, {run['memory_gib']:g} GiB"
            software = {"Linux": run["kernel"], "Python": run["python"], **run["packages"]}
            versions = ", ".join(f"{name} {version}" for name, version in software.items())
            commit = run["commit"] + (" and changes" if run["changed"] else "")
            rows.append([part, run["date"][:16], commit, machine, versions])
    return table(["part", "date", "commit", "machine", "versions"], rows)


if __name__ == "__main__":
    sys.exit(main())
