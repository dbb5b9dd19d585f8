"""Servers as subprocesses on free ports: Wardrobe as `make run` starts it, and its peers."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.machine import REPOSITORY

GUNICORN = (sys.executable, "-m", "gunicorn")
PEER = "python:benchmarks.peers.gunicorn_settings"
FLASK = (*GUNICORN, "--config", PEER, "benchmarks.peers.flask_app:app")
COMMANDS = {
    "Wardrobe": GUNICORN,
    "LitServe": (sys.executable, "-m", "benchmarks.peers.litserve_app"),
    "plain Flask": FLASK,
    "plain Flask, torch": (*FLASK, "--env", "RUNTIME=torch"),
}
PLAIN = {"MAX_BATCH_SIZE": "1", "CACHE_BYTES": "0"}  # neither batching nor cache
_PATIENCE = 120.0  # seconds to be healthy in

# Alike for all: none logs each request, and OpenMP's threads spin as gunicorn.conf.py lets them.
ENVIRONMENT = {"LOG_LEVEL": "ERROR", "GOMP_SPINCOUNT": "2000"}


@dataclass(frozen=True)
class Server:
    """A healthy server.

    Attributes:
        start_seconds: from the start of its process until /healthz answered 200.
    """

    port: int
    process: psutil.Process
    start_seconds: float

    def memory(self) -> dict[str, float]:
        """Returns RSS and PSS of all its processes in MB; RSS counts shared pages repeatedly."""
        rss = pss = 0
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                memory = process.memory_full_info()
                rss, pss = rss + memory.rss, pss + memory.pss
        return {"rss_mb": round(rss / 1e6, 1), "pss_mb": round(pss / 1e6, 1)}

    def cpu_seconds(self) -> float:
        """Returns the processor time of all its living processes."""
        times = [process.cpu_times() for process in self._processes()]
        return sum(t.user + t.system + t.children_user + t.children_system for t in times)

    def _processes(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


def ask(port: int, path: str = "/healthz", body: bytes | None = None, timeout: float = 30) -> int:
    """Returns the status of an answer over a new connection, or 0 without one."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    headers = {} if body is None else {"Content-Type": "application/octet-stream"}
    try:
        connection.request("GET" if body is None else "POST", path, body, headers)
        response = connection.getresponse()
        response.read()
        return response.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


@contextmanager
def running(name: str, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Starts a server of `COMMANDS` with settings, yields it healthy and ends it.

    Raises:
        RuntimeError: it ended or was not healthy in time; the message has the end of its log.
    """
    port = free_port()
    with (
        tempfile.NamedTemporaryFile(suffix=".log") as log,
        tempfile.TemporaryDirectory() as state,  # not what somebody's swap made current
    ):
        environment = inherited(
            ENVIRONMENT | {"STATE": state} | dict(settings or {}) | {"PORT": str(port)}
        )
        started = time.perf_counter()
        process = subprocess.Popen(
            COMMANDS[name],
            cwd=REPOSITORY,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            server = Server(port, psutil.Process(process.pid), 0)
            while ask(server.port, timeout=1) != 200:
                if process.poll() is not None or time.perf_counter() - started > _PATIENCE:
                    end = Path(log.name).read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"{name} did not become healthy:\n{end}")
                time.sleep(0.01)
            yield Server(port, server.process, time.perf_counter() - started)
        finally:
            _end(process)


def inherited(variables: Mapping[str, str]) -> dict[str, str]:
    """Returns this process's environment with variables set."""
    return {**os.environ, **variables}


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(60)
    with suppress(ProcessLookupError):  # whatever it left behind
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    """Returns a port nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
