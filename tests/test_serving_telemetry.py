"""Metrics that Prometheus can read, logs that a program can read, and request ids in both."""

import io
import json
import logging
import os
import subprocess
import sys
from datetime import datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pythonjsonlogger.json import JsonFormatter

from tests.serving import metric, picture
from wardrobe.searcher import Searcher
from wardrobe.serving.logs import RequestIdFilter, logging_config


@pytest.fixture
def client(serve):
    return serve()


def test_every_metric_has_help_and_a_unit(client) -> None:
    families = [
        family
        for family in text_string_to_metric_families(client.get("/metrics").text)
        if family.name.startswith("wardrobe_")
    ]
    assert len(families) >= 10
    for family in families:
        assert family.documentation
        units = ("seconds", "bytes", "inputs", "requests", "lookups", "evictions", "ready")
        units += ("errors", "drops", "batches", "workers", "swaps", "fetches")
        assert family.name.endswith(units), family.name


def test_requests_are_counted_by_route_and_status(client) -> None:
    def count(route: str, status: int, method: str = "GET") -> float:
        return metric(
            client.get("/metrics").text,
            "wardrobe_http_requests_total",
            method=method,
            route=route,
            status=str(status),
        )

    calls = [
        ("GET", "/search?text=red", "/search", 200),
        ("GET", "/search?text=red&topk=1", "/search", 400),
        ("GET", "/items/shop/red", "/items/<item:item_id>", 200),
        ("GET", "/items/nothing", "/items/<item:item_id>", 404),
        ("GET", "/whatever/1", "none", 404),
        ("BREW", "/whatever/2", "none", 404),
    ]
    labelled = [(route, status, "other" if m == "BREW" else m) for m, _, route, status in calls]
    before = [count(*labels) for labels in labelled]
    for method, path, _, _ in calls:
        client.open(path, method=method)
    after = [count(*labels) for labels in labelled]
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1, 1, 1, 1, 1]


def test_every_stage_is_timed(client) -> None:
    stages = ("read", "decode_wait", "decode", "queue", "encode", "search", "serialise")

    def counts() -> list[float]:
        text = client.get("/metrics").text
        name = "wardrobe_stage_duration_seconds_count"
        return [metric(text, name, stage=stage) for stage in stages]

    before = counts()
    assert client.post("/search", data={"image": (io.BytesIO(picture("red")), "a.png")}).json
    assert [b - a for a, b in zip(before, counts(), strict=True)] == [1] * len(stages)


def test_the_cache_is_counted(client) -> None:
    def counts() -> dict[str, float]:
        text = client.get("/metrics").text
        name = "wardrobe_cache_lookups_total"
        return {result: metric(text, name, result=result) for result in ("hit", "miss")}

    before = counts()
    for _ in range(3):
        client.get("/search?text=red")
    after = counts()
    assert after["miss"] - before["miss"] == 1
    assert after["hit"] - before["hit"] == 2
    assert metric(client.get("/metrics").text, "wardrobe_cache_bytes") > 0


def test_evictions_are_counted(serve) -> None:
    client = serve(cache_bytes=3000)
    name = "wardrobe_cache_evictions_total"
    before = metric(client.get("/metrics").text, name)
    for number in range(10):
        client.get(f"/search?text=red+{number}")
    text = client.get("/metrics").text
    assert metric(text, name) - before >= 5
    assert metric(text, "wardrobe_cache_bytes") <= 3000


@pytest.mark.parametrize(
    ("waits", "oldest"), [([], 0), ([None, None], 0), ([None, 60, 30], 60)], ids=str
)
def test_the_oldest_wait_is_that_of_all_workers(tmp_path, waits, oldest) -> None:
    def worker(code: str) -> bytes:
        command = [
            sys.executable,
            "-c",
            f"import time; from wardrobe.serving import telemetry; {code}",
        ]
        environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
        return subprocess.run(command, env=environment, check=True, capture_output=True).stdout

    for wait in waits:
        setting = f"telemetry.QUEUE_OLDEST.set(time.monotonic() - {wait})" if wait else ""
        worker(setting)
    text = worker("print(telemetry.exposition().decode())")
    shown = metric(text.decode(), "wardrobe_queue_oldest_wait_seconds")
    assert oldest <= shown < oldest + 20


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("abc-123", True),
        ("1-5759e988-bd862e3fe1be46a994272793", True),
        ("Root=1-67891233-abcdef012345678912345678", True),
        ("", False),
        ("two words", False),
        ("x" * 129, False),
        ("<script>", False),
    ],
)
def test_a_callers_request_id_is_kept_if_it_is_fit_for_a_log(client, given, kept) -> None:
    echoed = client.get("/livez", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert (echoed == given) is kept
    assert echoed
    assert (
        client.get("/nowhere", headers={"X-Request-ID": "id-1"}).headers["X-Request-ID"] == "id-1"
    )


def test_a_request_is_one_line_in_the_log_with_its_id(client, caplog) -> None:
    caplog.handler.addFilter(RequestIdFilter())
    with caplog.at_level("INFO"):
        client.get("/search?text=red&top_k=0", headers={"X-Request-ID": "the-id"})
        client.get("/healthz")
    (record,) = caplog.records
    assert record.request_id == "the-id"
    assert (record.method, record.path, record.route) == ("GET", "/search", "/search")
    assert (record.status, record.error) == (400, "bad_request")
    assert record.duration_ms > 0


def test_an_unexpected_exception_is_logged_with_its_trace(serve, caplog, monkeypatch) -> None:
    client = serve()

    def fail(*_, **__):
        raise KeyError("x")

    monkeypatch.setattr(Searcher, "search", fail)
    caplog.clear()
    response = client.get("/search?text=red")
    assert response.status_code == 500
    (error,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert error.exc_info[0] is KeyError


def test_a_log_line_is_json() -> None:
    config = logging_config("INFO")["formatters"]["json"]
    assert config.pop("()") == "pythonjsonlogger.json.JsonFormatter"
    formatter = JsonFormatter(**config)
    record = logging.LogRecord("wardrobe", logging.INFO, "", 0, "two\nlines", (), None)
    record.request_id = "the-id"
    line = json.loads(formatter.format(record))
    assert line["message"] == "two\nlines"
    assert line["request_id"] == "the-id"
    assert line["level"] == "INFO"
    assert datetime.fromisoformat(line["time"]).tzinfo is not None
