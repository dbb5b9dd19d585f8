"""The report says what the raw results say, in small; and the peers answer as Wardrobe does."""

import copy
import json

import pytest
from PIL import Image

from benchmarks import notes, report, serving_report
from benchmarks.load import Answer
from benchmarks.machine import RESULTS
from benchmarks.overload import Probe, recovery
from benchmarks.peers.common import Pipeline
from benchmarks.plots import BY_CLIENTS, MEMORY, OTHER_LOADS, draw
from benchmarks.soak import by_kind, growth
from benchmarks.targets import targets
from tests.fakes import ColourEncoder
from tests.serving import picture
from tests.tiny_index import colour_index

RUN = {
    "date": "2026-11-24T09:00:00+00:00",
    "commit": "abc1234",
    "changed": False,
    "command": "python -m benchmarks.some",
    "processor": "Some",
    "cores": 2,
    "memory_gib": 4,
    "kernel": "6.1",
    "python": "3.11.7",
    "packages": {"faiss-cpu": "1.0"},
}


def load(p50: float, throughput: float, **more) -> dict:
    return {
        "p50_ms": p50,
        "p95_ms": 1.2 * p50,
        "p99_ms": 1.5 * p50,
        "throughput": throughput,
        "statuses": {"200": 500},
        "generator_share": 0.04,
        **more,
    }


def repeat(factor: float) -> dict:
    """Everything takes `factor` times as long."""

    def level(p50: float, throughput: float, **more) -> dict:
        return load(p50 * factor, throughput / factor, **more)

    memory = {"rss_mb": 900, "pss_mb": 800}
    return {
        "in_process": {
            "single": level(18, 55),
            "throughput": 200 / factor,
            "throughput_threads": 220 / factor,
            "batch": 16,
        },
        "closed_loop": {
            "Wardrobe": {"1": level(20, 49), "16": level(84, 190)},
            "LitServe": {"1": level(26, 38), "16": level(125, 128)},
            "plain Flask, torch": {"1": level(30, 30), "16": level(400, 40)},
            "plain Flask": {"1": level(19, 52), "16": level(300, 50, statuses={"200": 9, "0": 3})},
        },
        "server": {
            system: {"start_seconds": 4, "memory_warm": memory, "memory_loaded": memory}
            for system in ("Wardrobe", "LitServe", "plain Flask", "plain Flask, torch")
        },
        "zipf": {"on": level(30, 500), "off": level(300, 60)},
        "hit": level(2, 400),
        "text": level(16, 60),
        "open_loop": {"0.25": level(22, 45), "0.9": level(40, 170)},
        "capacity": 190 / factor,
    }


@pytest.fixture
def results() -> dict:
    return {
        "serving": {
            "run": RUN,
            "index": {"name": "fashion", "kind": "flat", "count": 8083},
            "seconds": 5,
            "repeats": [repeat(1), repeat(1.1), repeat(3)],
        },
        "overload": {
            "run": RUN,
            "times_capacity": 5,
            "rate": 950.0,
            "seconds": 60,
            "deadline_s": 10,
            "load": load(200, 180, lag_p99_ms=2.0),
            "not_allowed": 3,
            "idle_ms": 20,
            "recovery_seconds": None,
            "memory_pss_mb": {"before": 800, "during": [810, 820], "after": 808},
        },
        "soak": {
            "run": RUN,
            "minutes": 30,
            "rate": 120,
            "kinds": {"text": {**load(16, 0), "requests": 1234, "errors": 0}},
            "every_seconds": 5,
            "memory_pss_mb": [800.0, 810.0, 805.0],
            "growth": 0.012,
        },
        "startup": {
            "run": RUN,
            "warm": [4.0, 5.0, 4.5],
            "cold": [],
            "memory": [
                {
                    "started": {"rss_mb": 850, "pss_mb": 800},
                    "loaded": {"rss_mb": 900, "pss_mb": 850},
                }
            ],
        },
        "scale": {
            "indexes": [
                {
                    "kind": "hnsw",
                    "count": 1_000_000,
                    "recall_at_10": 0.961,
                    "p50_ms": {"median": 3.0, "low": 2.0, "high": 4.0},
                    "p99_ms": {"median": 6.0, "low": 5.0, "high": 7.0},
                    "warm_resident_bytes": 2_000_000_000,
                }
            ]
        },
        "page": {
            "run": RUN,
            "browser": "Chromium 1.2",
            "script_gzip_bytes": {"a.js": 120_000, "b.js": 65_000},
            "first_contentful_paint_ms": [300, 500, 400],
            "layout_shift": {
                "load": {"cumulative": 0.0, "all": 0.0},
                "picture": {"cumulative": 0.06, "all": 0.07},
            },
            "typing": {"painted_ms": [200, 210, 300], "search_call_ms": [10, 11, 30]},
        },
    }


def test_targets_are_judged_by_the_median_of_ratios_within_a_repeat(results) -> None:
    judged = {target.name: target for target in targets(results)}
    saturated = judged["saturated throughput, distinct pictures ÷ in-process loop"]
    assert saturated.value == pytest.approx(190 / 200)
    assert saturated.met
    assert judged["1 client: p50 over 8,083 pictures"].value == pytest.approx(22)
    assert judged["Zipf, 16 clients: median latency saved by batching and cache"].value == 90
    assert not judged["overload: statuses but 200, 429, 504"].met
    assert not judged["overload: recovered after"].met
    assert judged["1M vectors, HNSW: p50, one thread"].value == 3
    assert judged["process start to healthy, warm disk"].value == 4.5
    assert judged["page: script, compressed"].value == 185
    assert judged["page: last key to painted results"].met
    assert not judged["page: cumulative layout shift, the worst"].met


def test_what_was_not_answered_is_not_met(results) -> None:
    for once in results["serving"]["repeats"]:
        once["hit"]["p50_ms"] = None
    target = next(t for t in targets(results) if t.name == "cache hit: p50")
    assert not target.met
    assert "| cache hit: p50 | ≤ 4 ms | **–** ms | **missed** |" in report.render(results)


def test_the_report_has_every_figure_with_its_spread_and_command(results) -> None:
    text = report.render(results)
    assert "| 16 | LitServe | 138 (125–375) |" in text
    assert "`python -m benchmarks.some`: 3 repeats of 5 s a load" in text
    assert "| 1 client: p50 over 8,083 pictures | ≤ 35 ms | **22 (20–60)** ms | met |" in text
    assert "| 16 | plain Flask | 330 (300–900) | 396 (360–1,080) |" in text
    assert "| 9 | 4 % |" in text, "three requests failed in each repeat"
    assert "| open loop, 90% of capacity |" in text
    assert "| 4.5 (4–5) | – |" in text, "not measured on a cold disk"
    assert "| text | 1,234 | 16 | 24 | 0 |" in text
    assert "| 1,000,000 | hnsw | 0.961 | 3 (2–4) | 6 (5–7) | 2,000 |" in text
    assert "| painted | 3 | 210 |" in text
    assert "| layout shift | 0.000 (0.000) | 0.060 (0.070) |" in text
    assert "abc1234" in text
    assert "Infinity" in text


def test_where_a_peer_wins_it_says_so_and_why(results, monkeypatch) -> None:
    won = {win.text: win.reason for win in serving_report.wins(results["serving"])}
    assert won["plain Flask, p50, 1 client: 20.9 against 22"] is None
    assert len(won) == 4
    monkeypatch.setitem(notes.REASONS, ("plain Flask", "p50_ms"), "It measures nothing.")
    text = report.render(results)
    assert "- plain Flask, p50, 1 client: 20.9 against 22. It measures nothing." in text
    assert "| 1 | plain Flask | 20.9 (19–57) ◂ |" in text


def test_the_page_that_is_kept_is_made_of_the_results_that_are_kept() -> None:
    kept = (report.DOCS / "benchmarks.md").read_text(encoding="utf-8")
    assert kept == report.render(report.read(RESULTS)), "python -m benchmarks.report"


@pytest.mark.parametrize("part", ["serving", "overload", "soak", "startup", "scale", "page"])
def test_parts_that_were_not_run_are_left_out(results, part, tmp_path) -> None:
    (tmp_path / f"{part}.json").write_text(json.dumps(results[part]))
    found = report.read(tmp_path)
    assert list(found) == [part]
    assert report.render(found).count("\n## ") == 4
    assert "nan" not in report.render(found)


def test_plots_are_drawn_of_what_was_answered(results, tmp_path) -> None:
    broken = copy.deepcopy(results)
    for once in broken["serving"]["repeats"]:
        once["closed_loop"]["plain Flask"]["16"] |= {"p50_ms": None, "p99_ms": None}
    draw(broken, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {BY_CLIENTS, OTHER_LOADS, MEMORY}
    for path in tmp_path.iterdir():
        with Image.open(path) as plot:
            assert len(set(plot.convert("RGB").resize((200, 100)).get_flattened_data())) > 10


def test_recovered_means_three_normal_answers_in_a_row() -> None:
    slow, refused, good = (0.5, 200), (0.001, 429), (0.015, 200)
    outcomes = [slow, good, good, refused, good, good, good, slow]
    probes = [Probe(10 + n, *outcome) for n, outcome in enumerate(outcomes)]
    assert recovery(probes, idle=0.01) == pytest.approx(14.015)
    assert recovery(probes[:6], idle=0.01) is None


def test_growth_leaves_out_the_warm_up() -> None:
    assert growth([100, 200, 500, 500, 500, 210]) == pytest.approx(0.05)


def test_an_unexpected_answer_is_an_error() -> None:
    answers = [("bad", 400), ("bad", 200), ("bad", 500), ("text", 200), ("text", 429)]
    kinds = by_kind([Answer(kind, 0, 0.1, status) for kind, status in answers])
    assert {kind: found["errors"] for kind, found in kinds.items()} == {"bad": 2, "text": 1}


def test_peers_answer_what_wardrobe_answers(serve, tmp_path) -> None:
    data = picture("red")
    pipeline = Pipeline(ColourEncoder(), colour_index(tmp_path))
    theirs = pipeline.search(pipeline.encode([pipeline.prepare(data)])[0])
    ours = serve().post("/search?top_k=10", data=data, content_type="image/png").get_json()
    assert theirs["results"] == ours["results"]
    assert theirs.items() <= ours.items()
