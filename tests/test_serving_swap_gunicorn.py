"""Swaps of a real gunicorn: every worker follows, and SIGHUP serves what is there by then."""

import itertools
import json
import signal
import threading
import time

import pytest

from tests.fakes import ColourEncoder
from tests.gunicorn_server import Server, ask, eventually
from tests.serving import picture
from tests.swapping import Clients, admin_key, build_shop, build_shop_from, over_http, write_serving

CLIENTS = 4
SIZES = {"old": 6, "new": 5, "rebuilt": 4}


@pytest.fixture
def serve(tmp_path):
    servers = []

    def start(workers: int) -> Server:
        index = str(build_shop(tmp_path, "old", SIZES["old"]))
        app = "tests.swap_server:app"
        servers.append(Server(tmp_path, app=app, workers=workers, INDEX=index))
        return servers[-1]

    yield start
    for server in servers:
        server.process.kill()
        server.process.wait()


def workers(server: Server, index) -> float:
    labels = {"encoder": "models/wardrobe-base", "fingerprint": ColourEncoder.fingerprint}
    return server.metric("wardrobe_engine_workers", index=str(index), **labels)


def test_every_worker_follows_within_seconds_and_no_request_fails(serve, tmp_path) -> None:
    server = serve(workers=2)
    new = build_shop(tmp_path, "new", SIZES["new"])
    key = {"Authorization": f"Bearer {admin_key(tmp_path / 'state')}"}
    with Clients(over_http(server.port), SIZES, CLIENTS) as clients:
        for index, shop, before in ((new, "new", "old"), (tmp_path / "old", "old", "new")):
            body = json.dumps({"index": str(index)}).encode()
            headers = {"Content-Type": "application/json", **key}
            assert ask(server.port, "POST", "/admin/swap", body, **headers)[0] == 202
            started = time.monotonic()
            eventually(lambda index=index: workers(server, index) == 2)
            assert time.monotonic() - started < 5, "a second, and the loading"
            status = json.loads(ask(server.port, "GET", "/admin/swap", **key)[1])
            assert (status["state"], status["current"]["index"]) == ("switched", str(index))
            late = clients.seen[before] + CLIENTS
            eventually(clients.answered_by(shop))
            assert clients.seen[before] <= late, "only what was in flight"
    assert not clients.failures
    assert server.metric("wardrobe_ready") == 2


def test_no_worker_loses_a_write_that_it_acknowledged(serve, tmp_path) -> None:
    server = serve(workers=2)
    new = build_shop_from(tmp_path / "old", tmp_path / "second")
    key = {"Authorization": f"Bearer {admin_key(tmp_path / 'state')}"}
    written: dict[str, str] = {}
    failures, stop = [], threading.Event()

    def write(number: int) -> None:
        for turn in itertools.count():
            if stop.is_set():
                return
            item_id, path = f"w{number}-{turn}", f"/items/w{number}-{turn}"
            body = picture((turn % 256, number, 0))
            while True:
                status, content = ask(
                    server.port, "PUT", path, body, **key, **{"Content-Type": "image/png"}
                )
                if status != 503:
                    break
                time.sleep(0.02)
            if status == 201:
                written[item_id] = json.loads(content)["etag"]
            else:
                failures.append((status, content))

    def go_on() -> None:
        before = len(written)
        eventually(lambda: len(written) > before + 10 or failures)

    threads = [threading.Thread(target=write, args=[n]) for n in range(4)]
    for thread in threads:
        thread.start()
    try:
        for path, index in (("swap", new), ("rollback", tmp_path / "old"), ("rollback", new)):
            go_on()
            body = json.dumps({"index": str(index)} if path == "swap" else {}).encode()
            headers = {"Content-Type": "application/json", **key}
            assert ask(server.port, "POST", f"/admin/{path}", body, **headers)[0] == 202
            go_on()  # also by whichever worker has not followed yet
            eventually(lambda index=index: workers(server, index) == 2)
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    assert not failures
    etags = {i: json.loads(ask(server.port, "GET", f"/items/{i}")[1]).get("etag") for i in written}
    assert etags == written


def test_sighup_serves_what_is_there_by_then_and_no_request_fails(serve, tmp_path) -> None:
    server = serve(workers=1)
    new = build_shop(tmp_path, "new", SIZES["new"])
    with Clients(over_http(server.port), SIZES, CLIENTS) as clients:
        eventually(clients.answered_by("old"))
        build_shop(tmp_path, "rebuilt", SIZES["rebuilt"], into="old")
        answered = clients.answered_by("old")
        eventually(answered)
        server.process.send_signal(signal.SIGHUP)
        eventually(clients.answered_by("rebuilt"))
        settings = {"encoder": "models/wardrobe-base", "index": str(tmp_path / "old")}
        write_serving(tmp_path / "state", {**settings, "index": str(new), "settings": settings})
        server.process.send_signal(signal.SIGHUP)
        eventually(clients.answered_by("new"))
        eventually(lambda: len(server.workers()) == 1 and server.metric("wardrobe_ready") == 1)
    assert not clients.failures
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(20) == 0
