"""A real gunicorn with two workers: start, answer, count across workers, and stop gracefully."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.serving import metric, picture, until

ROOT = Path(__file__).parents[1]


def ask(port: int, method: str, path: str, body: bytes | None = None, **headers: str):
    """Returns status and body, or (0, b"") while nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.read()
    except (ConnectionError, TimeoutError):
        return 0, b""
    finally:
        connection.close()


def search(port: int, colour: str, size: tuple[int, int] = (20, 16)):
    data = picture(colour, size)
    return ask(port, "POST", "/search?top_k=1", data, **{"Content-Type": "image/png"})


@pytest.fixture
def server(tmp_path):
    """Starts gunicorn with the project's configuration; yields its process and port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "tests.colour_server:app", "--workers", "2"]
    environment = os.environ | {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "MAX_BATCH_SIZE": "1",
        "LOG_LEVEL": "INFO",
        "TMPDIR": str(tmp_path),
    }
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stderr=log, env=environment)
    try:
        until(lambda: metric(metrics(port), "wardrobe_ready") == 1, timeout=180)
        yield process, port
    finally:
        process.kill()
        process.wait()


def metrics(port: int) -> str:
    return ask(port, "GET", "/metrics")[1].decode()


def test_two_workers_count_together_and_stop_gracefully(server, tmp_path) -> None:
    process, port = server
    assert ask(port, "GET", "/healthz")[0] == 200
    for number in range(8):
        status, body = ask(port, "GET", f"/search?id=shop/red&top_k={number % 3 + 1}")
        assert status == 200
        assert len(json.loads(body)["results"]) == number % 3 + 1
    labels = {"method": "GET", "route": "/search", "status": "200"}
    counts = {metric(metrics(port), "wardrobe_http_requests_total", **labels) for _ in range(6)}
    assert counts == {8}, "every worker gives the figures of all"

    # Four pictures of half a second each are under way when the order to stop comes.
    answers = []
    asking = [
        threading.Thread(target=lambda n=n: answers.append(search(port, "blue", (10, 10 + n))))
        for n in range(4)
    ]
    for thread in asking:
        thread.start()
    until(lambda: metric(metrics(port), "wardrobe_cache_lookups_total", result="miss") == 4)
    process.send_signal(signal.SIGTERM)
    for thread in asking:
        thread.join(30)
    assert [status for status, _ in answers] == [200] * 4
    assert all(json.loads(body)["results"][0]["id"] == "shop/blue" for _, body in answers)
    assert process.wait(30) == 0

    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert len({line["process"] for line in lines if line["message"] == "ready"}) == 2
    searches = [line for line in lines if line.get("route") == "/search"]
    assert len({line["request_id"] for line in searches}) == len(searches) == 12
    assert not [line for line in lines if line["level"] not in ("INFO", "DEBUG")]
    assert not list(tmp_path.glob("wardrobe-metrics*")), "the metrics of a run go with it"
