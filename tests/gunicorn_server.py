"""A real gunicorn on the colour encoder, and clients that watch it."""

import contextlib
import http.client
import itertools
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

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


def metrics(port: int) -> str:
    return ask(port, "GET", "/metrics")[1].decode()


def eventually(condition: Callable[[], object]) -> None:
    """Waits as long as a busy machine may take to start workers, and looks seldom."""
    until(lambda: time.sleep(0.1) or bool(condition()), timeout=120)


class Server:
    """A gunicorn process with the project's configuration."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        app: str = "tests.colour_server:app",
        workers: int = 1,
        **settings: str,
    ) -> None:
        self.folder = folder
        self.log = folder / "log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", app]
        command += ["--workers", str(workers), *arguments]
        environment = os.environ | {
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "COMPUTE_THREADS": "1",
            "MAX_BATCH_SIZE": "1",
            "LOG_LEVEL": "INFO",
            "TMPDIR": str(folder),
            "STATE": str(folder / "state"),
            **settings,
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stderr=log, env=environment)
        eventually(lambda: self.metric("wardrobe_ready") == workers)

    def metric(self, name: str, **labels: str) -> float:
        return metric(metrics(self.port), name, **labels)

    def lines(self) -> list[dict]:
        text = self.log.read_text()
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def said(self, part: str) -> list[int]:
        """Returns the processes that logged a message, one an occurrence."""
        return [line["process"] for line in self.lines() if part in line["message"]]

    def workers(self) -> list[int]:
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(child) for child in children.split()]


class Load:
    """Clients with kept-alive connections; each ends at the first connection refused."""

    def __init__(self, port: int, clients: int = 4) -> None:
        self.answered = 0
        self.slowest = 0.0
        self.failures: list[str] = []
        self._port = port
        self._stop = threading.Event()
        self._count = itertools.count(1)
        self._threads = [threading.Thread(target=self._run) for _ in range(clients)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self.join()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(60)

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        with contextlib.closing(connection), contextlib.suppress(ConnectionRefusedError):
            while not self._stop.is_set():
                started = time.monotonic()
                if connection.sock is None:
                    connection.connect()
                try:
                    self._ask(connection)
                except Exception as error:  # whatever it is, a client has noticed
                    self.failures.append(repr(error))
                    return
                self.slowest = max(self.slowest, time.monotonic() - started)
                time.sleep(0.02)

    def _ask(self, connection: http.client.HTTPConnection) -> None:
        connection.request("GET", "/search?id=shop/red&top_k=2")
        response = connection.getresponse()
        results = json.loads(response.read())["results"]
        if response.status != 200 or len(results) != 2:
            self.failures.append(f"{response.status} {results}")
        self.answered = next(self._count)
