"""The load generator counts what a server really did, and hides none of its stalls."""

import threading
import time
from collections import Counter
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice

import numpy as np
import pytest
from PIL import Image

from benchmarks.load import NO_ANSWER, Answer, Generator, Measured
from benchmarks.servers import free_port
from benchmarks.workload import Request, distinct, get, mixed, texts, zipf
from wardrobe import images


@pytest.fixture(scope="module")
def generator():
    with Generator() as generator:
        yield generator


@pytest.fixture
def pictures(tmp_path):
    paths = []
    for number, ending in enumerate(("jpg", "png", "webp", "gif", "bmp", "tif")):
        paths.append(tmp_path / f"{number}.{ending}")
        Image.new("RGB", (40, 30), (40 * number, 90, 120)).save(paths[-1])
    return tuple(paths)


class _Server(ThreadingHTTPServer):
    """Answers /200, /429 and so on with that status; stands still while it holds `stall`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stall = threading.Lock()
        self.connections = 0
        self.answered: Counter[int] = Counter()

    def process_request(self, request, client_address) -> None:
        self.connections += 1
        super().process_request(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:  # noqa: N802
        with self.server.stall:
            status = int(self.path.strip("/"))
            self.server.answered[status] += 1
        self.send_response(status)
        self.send_header("Content-Length", "10000")
        self.end_headers()
        self.wfile.write(bytes(10_000))

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving():
    server = _Server()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def in_turn(*statuses: int):
    while True:
        for status in statuses:
            yield Request(f"wants {status}", get(f"/{status}"))


def test_a_closed_loop_counts_what_the_server_answered(generator) -> None:
    with serving() as server:
        workload = partial(in_turn, 200, 200, 429)
        measured = generator.closed_loop(server.server_address[1], workload, 4, 0.5)
    assert Counter(measured.statuses()) == server.answered
    assert server.answered[429] > 10
    assert server.connections == 4, "connections are kept"
    assert all(answer.kind == f"wants {answer.status}" for answer in measured.answers)
    assert 0 < measured.cpu_seconds < measured.wall_seconds < 2


def test_an_open_loop_counts_a_stall_for_every_request_that_fell_into_it(generator) -> None:
    with serving() as server:
        sending = generator.open_loop(server.server_address[1], partial(in_turn, 200), 100, 1.5)
        time.sleep(0.6)
        with server.stall:
            time.sleep(0.6)
        measured = sending.result()
    assert set(measured.statuses()) == {200}
    assert len(measured.answers) == pytest.approx(150, abs=60), "it goes on asking"
    # 60 requests are due while the server stands still, and wait 0.3 s on average. A client that
    # waits for its answers would have sent one of them, and seen one slow answer.
    slow = [answer.latency for answer in measured.answers if answer.latency > 0.1]
    assert len(slow) > 30
    assert np.mean(slow) > 0.25
    assert measured.summary()["p95_ms"] > 300


def test_requests_nobody_answers_count_as_such(generator) -> None:
    measured = generator.open_loop(free_port(), partial(in_turn, 200), 100, 0.3).result()
    assert len(measured.answers) > 5
    assert set(measured.statuses()) == {NO_ANSWER}
    assert measured.summary()["p50_ms"] is None


def test_figures_leave_out_the_ramp_and_what_was_refused() -> None:
    accepted = [Answer("picture", start, 0.1, 200) for start in np.arange(1, 5, 0.01)]
    ramp = [Answer("picture", 0.5, 9, 200)] * 100
    refused = [Answer("picture", 2, 0.001, 429)] * 50
    summary = Measured(5, [*accepted, *ramp, *refused], 1, 5).summary()
    assert summary["p50_ms"] == summary["max_ms"] == 100
    assert summary["throughput"] == pytest.approx(98, abs=1), "the last 0.1 s answer after the end"
    assert summary["statuses"] == {"200": 500, "429": 50}


def body(request: Request) -> bytes:
    return request.wire.partition(b"\r\n\r\n")[2]


def test_distinct_pictures_are_all_different_and_show_the_same(pictures) -> None:
    bodies = [body(request) for request in islice(distinct(pictures), 60)]
    assert len(set(bodies)) == 60
    known = {images.read(path).tobytes() for path in pictures}
    assert {images.decode(data).tobytes() for data in bodies} == known


def test_repeats_follow_zipf(tmp_path) -> None:
    paths = [tmp_path / str(rank) for rank in range(1, 201)]
    for path in paths:
        path.write_bytes(path.name.encode())
    asked = islice(zipf(tuple(paths), 0), 50_000)
    counts = Counter(int(body(request)) for request in asked)
    ranks = np.arange(1, 51)
    frequencies = np.array([counts[rank] for rank in ranks])
    slope = np.polyfit(np.log(ranks), np.log(frequencies), 1, w=np.sqrt(frequencies))[0]
    assert slope == pytest.approx(-1.1, abs=0.05)
    assert frequencies[0] / 50_000 == pytest.approx(
        1 / sum(k**-1.1 for k in range(1, 201)), rel=0.05
    )


def test_the_mixture_has_everything_and_the_server_agrees_what_is_bad(pictures, serve) -> None:
    client = serve()
    seen: Counter[str] = Counter()
    for request in islice(mixed(pictures, 0), 400):
        seen[request.kind] += 1
        if seen[request.kind] > 8 or request.kind == "explain":  # colours cannot explain
            continue
        head, _, data = request.wire.partition(b"\r\n\r\n")
        method, path, _ = head.decode().partition("\r\n")[0].split(" ")
        fields = dict(line.split(": ") for line in head.decode().split("\r\n")[1:])
        status = client.open(path, method=method, headers=fields, data=data).status_code
        assert (400 <= status < 429) if request.kind == "bad" else status == 200
    assert set(seen) == {
        "picture", "repeat", "text", "predict", "explain", "bad", "metrics", "healthz",
    }  # fmt: skip
    assert seen["picture"] > seen["repeat"] > seen["text"]


def test_texts_are_distinct() -> None:
    assert len({request.wire for request in islice(texts(), 100)}) == 100
