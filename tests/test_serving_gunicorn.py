"""A real gunicorn: start, answer, count across workers, lose and replace them, and stop."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gunicorn_server import ROOT, Load, Server, ask, eventually, search
from tests.serving import picture, until
from wardrobe.keys import KeyStore

STALL_S = 1.5
"""A new worker takes longer than this to get ready; nobody may wait so long for an answer."""


@pytest.fixture
def serve(tmp_path):
    servers = []

    def start(*arguments: str, **settings):
        servers.append(Server(tmp_path, *arguments, **settings))
        return servers[-1]

    yield start
    for server in servers:
        server.process.kill()
        server.process.wait()


def searched(server: Server) -> float:
    labels = {"method": "GET", "route": "/search", "status": "200"}
    return server.metric("wardrobe_http_requests_total", **labels)


def is_asleep(process: int) -> bool:
    """Whether SIGSTOP has reached each thread; until then one may still take what comes."""
    tasks = Path(f"/proc/{process}/task").glob("*/stat")
    return all(task.read_text().rpartition(")")[2].split()[0] == "T" for task in tasks)


def pending_signals(process: int) -> set[int]:
    """Returns those that were sent to a process and that it has not seen."""
    status = Path(f"/proc/{process}/status").read_text()
    (mask,) = re.findall(r"^ShdPnd:\s*(\w+)$", status, re.MULTILINE)
    return {number for number in signal.valid_signals() if int(mask, 16) >> (number - 1) & 1}


def four_slow_searches(server: Server) -> tuple[list, Callable[[], None]]:
    """Begins them, half a second of encoding each; returns their answers, and how to wait."""
    answers: list = []
    asking = [
        threading.Thread(
            target=lambda n=n: answers.append(search(server.port, "blue", (10, 10 + n)))
        )
        for n in range(4)
    ]
    for thread in asking:
        thread.start()
    until(lambda: server.metric("wardrobe_cache_lookups_total", result="miss") == 4)
    return answers, lambda: [thread.join(30) for thread in asking] and None


def test_two_workers_count_together_and_stop_gracefully(serve, tmp_path) -> None:
    server = serve(workers=2)
    port = server.port
    assert ask(port, "GET", "/healthz")[0] == 200
    for number in range(8):
        status, body = ask(port, "GET", f"/search?id=shop/red&top_k={number % 3 + 1}")
        assert status == 200
        assert len(json.loads(body)["results"]) == number % 3 + 1
    assert {searched(server) for _ in range(6)} == {8}, "every worker gives the figures of all"

    answers, finish = four_slow_searches(server)
    server.process.send_signal(signal.SIGTERM)
    finish()
    assert [status for status, _ in answers] == [200] * 4
    assert all(json.loads(body)["results"][0]["id"] == "shop/blue" for _, body in answers)
    assert server.process.wait(30) == 0

    assert len(set(server.said("ready"))) == 2
    searches = [line for line in server.lines() if line.get("route") == "/search"]
    assert len({line["request_id"] for line in searches}) == len(searches) == 12
    assert not [line for line in server.lines() if line["level"] not in ("INFO", "DEBUG")]
    assert not list(tmp_path.glob("wardrobe-metrics*")), "the metrics of a run go with it"


def test_a_worker_whose_encoding_thread_died_is_replaced(serve) -> None:
    server = serve()
    assert search(server.port, "red")[0] == 200
    assert server.metric("wardrobe_cache_bytes") > 0
    waiting = []
    slow = threading.Thread(target=lambda: waiting.append(search(server.port, "blue")))
    slow.start()
    until(lambda: server.metric("wardrobe_cache_lookups_total", result="miss") == 2)
    status, body = search(server.port, "magenta")
    assert (status, b"encoding thread died" in body) == (503, True)
    slow.join(30)
    assert waiting[0][0] == 200, "what came before is answered"

    # The replacement is asked nothing before it is ready; connections wait for it instead.
    health = [ask(server.port, "GET", "/healthz")]
    while health[-1][0] != 200:
        assert b"encoding thread died" in health[-1][1]
        health.append(ask(server.port, "GET", "/healthz"))
    assert len(set(server.said("ready"))) == 2
    assert server.metric("wardrobe_ready") == 1
    assert server.metric("wardrobe_cache_bytes") == 0, "gauges of the dead worker are gone"
    labels = {"method": "POST", "route": "/search", "status": "200"}
    assert server.metric("wardrobe_http_requests_total", **labels) == 2, "its counts are kept"
    assert search(server.port, "red")[0] == 200


def test_stopping_answers_whoever_connected_and_refuses_the_others(serve) -> None:
    server = serve()
    kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    kept.request("GET", "/livez")
    assert kept.getresponse().read()
    with Load(server.port) as load:
        until(lambda: load.answered > 20)
        slow, finish = four_slow_searches(server)
        # Asleep, the worker takes none of these connections before it is told to stop.
        worker = server.workers()[0]
        os.kill(worker, signal.SIGSTOP)
        until(lambda: is_asleep(worker))
        early = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=30) for _ in range(5)]
        for connection in early:
            connection.request("GET", "/search?id=shop/red")
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: signal.SIGTERM in pending_signals(worker))
        os.kill(worker, signal.SIGCONT)
        load.join()
    assert not load.failures
    for connection in early:
        response = connection.getresponse()
        assert (response.status, response.getheader("Connection")) == (200, "close")
        response.read()
        connection.close()
    assert len(slow) < 4, "new connections are refused while a request is still under way"
    kept.request("GET", "/healthz")
    response = kept.getresponse()
    assert (response.status, response.getheader("Connection")) == (200, "close")
    response.read()
    kept.close()
    finish()
    assert [status for status, _ in slow] == [200] * 4
    assert server.process.wait(10) == 0


def test_a_second_signal_stops_at_once(serve) -> None:
    server = serve()
    idle = socket.create_connection(("127.0.0.1", server.port))
    until(lambda: ask(server.port, "GET", "/livez")[0] == 200)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert server.process.poll() is None, "it waits for the connection's request"
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(4) == 0
    idle.close()


def test_a_client_that_does_not_close_holds_up_nobody(serve) -> None:
    server = serve()
    lazy = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(3)]
    for connection in lazy:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert all(connection.recv(100).startswith(b"HTTP/1.1 200") for connection in lazy)
    started = time.monotonic()
    assert ask(server.port, "GET", "/livez")[0] == 200
    assert time.monotonic() - started < STALL_S
    for connection in lazy:
        connection.close()


def test_recycling_drops_and_delays_nothing(serve, tmp_path) -> None:
    server = serve(RECYCLE_REQUESTS="50")
    first = server.workers()
    (tmp_path / "unbootable").touch()
    with Load(server.port) as load:
        eventually(lambda: server.said("exited with code"))
        assert first[0] in server.workers(), "it serves on when its successor fails"
        (tmp_path / "unbootable").unlink()
        eventually(lambda: len(set(server.said("ready"))) >= 3)
        eventually(lambda: first[0] not in server.workers())
    assert not load.failures
    assert load.slowest < STALL_S
    assert searched(server) == load.answered, "counts of workers gone are kept"
    eventually(lambda: len(server.workers()) == 1 and server.metric("wardrobe_ready") == 1)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(20) == 0


def test_a_reload_drops_and_delays_nothing(serve, tmp_path) -> None:
    server = serve("--graceful-timeout", "5", workers=2, COMPUTE_THREADS="0")
    assert server.said("set COMPUTE_THREADS to their share")
    first = set(server.workers())
    (tmp_path / "broken").touch()
    with Load(server.port) as load:
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: len(server.said("exited with code 1")) == 2)
        assert set(server.workers()) == first, "they serve on when their successors fail"
        (tmp_path / "broken").unlink()
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: len(set(server.workers())) == 2 and not first & set(server.workers()))
    assert not load.failures
    assert load.slowest < STALL_S
    assert searched(server) == load.answered
    assert server.metric("wardrobe_ready") == 2
    assert len(list(tmp_path.glob("wardrobe-metrics*"))) == 1
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(20) == 0
    assert not list(tmp_path.glob("wardrobe-metrics*"))


def test_kept_alive_connections_leave_room_for_new_ones(serve) -> None:
    server = serve("--worker-connections", "12", THREADS="8", MAX_BATCH_SIZE="8")
    body = picture("blue")
    head = "POST /search?top_k=1 HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
    request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(11)]
    for connection in idle:  # at once, so that all are answered before any is idle
        connection.sendall(request)
    for connection in idle:
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
    assert ask(server.port, "GET", "/livez")[0] == 200
    for connection in idle:
        connection.close()


@pytest.mark.parametrize("arguments", [[], ["--bind", "127.0.0.1:0", "--bind", "[::]:8000"]])
def test_it_does_not_start_open_to_everybody_unless_told_to(arguments, tmp_path) -> None:
    host = "127.0.0.1" if arguments else "0.0.0.0"
    result = subprocess.run(
        [sys.executable, "-m", "gunicorn", "tests.colour_server:app", *arguments],
        cwd=ROOT,
        env=os.environ | {"HOST": host, "PORT": "8000", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 1
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    (refusal,) = [line["message"] for line in lines if line["level"] == "ERROR"]
    assert f"refusing to listen on {'::' if arguments else host}:8000" in refusal
    for way_out in ("HOST=127.0.0.1", "OPEN_READING=false", "OPEN_ON_PUBLIC_BIND=true"):
        assert way_out in refusal
    assert "Traceback" not in result.stderr
    assert not list(tmp_path.iterdir())


def test_every_worker_refuses_a_revoked_key_at_once_and_no_upload_is_waited_for(
    serve, tmp_path
) -> None:
    state = tmp_path / "state"
    server = serve(workers=2, HOST="0.0.0.0", OPEN_ON_PUBLIC_BIND="true", STATE=str(state))
    key, whole = KeyStore(state).create("x", "read")

    def statuses() -> set[int]:
        headers = {"Authorization": f"Bearer {whole}"}
        path = "/search?id=shop/red"
        return {ask(server.port, "GET", path, **headers)[0] for _ in range(12)}

    assert statuses() == {200}
    revoked = time.monotonic()
    KeyStore(state).revoke(key.id)
    assert statuses() == {401}
    assert time.monotonic() - revoked < 1

    # The head of a large upload is enough to refuse it.
    with socket.create_connection(("127.0.0.1", server.port)) as upload:
        upload.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 60000000\r\n")
        upload.sendall(f"Authorization: Bearer {whole}\r\n\r\n".encode())
        upload.settimeout(STALL_S)
        assert upload.recv(100).startswith(b"HTTP/1.1 401")
    lines = [line for line in server.lines() if line.get("route") == "/search"]
    assert {(line["status"], line["key"]) for line in lines} == {(200, key.id), (401, None)}
    assert whole not in server.log.read_text()
