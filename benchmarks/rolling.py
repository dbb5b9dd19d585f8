"""A deployment rehearsed: two replicas behind nginx are replaced, and one is killed, under load.

    python -m benchmarks.rolling          (2 minutes; needs Debian's package nginx)

Eight clients tag and search pictures that no cache knows, and search by texts, through nginx, over
a new connection each, with no second try of theirs. Replacing is what ECS does: a new replica
starts, is healthy, gets requests; an old one gets no more, finishes what it has, and is ended by
SIGTERM. Then one of the two, master and worker, is killed by SIGKILL amid its requests, and
replaced. nginx runs on the configuration of docker-compose.yml but for addresses; its log tells
which requests it asked again of the other replica. Writes benchmarks/results/rolling.json.
"""

import argparse
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from benchmarks.load import Answer, percentiles
from benchmarks.machine import REPOSITORY, save
from benchmarks.pictures import picture_paths
from benchmarks.servers import Server, ask, free_port, running

CLIENTS = 8
DRAIN = 3.0  # seconds that an old replica gets no more requests before it is ended
_CONFIGURATION = REPOSITORY / "deploy" / "nginx" / "wardrobe.conf"
_MAIN = """daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    log_format tried '$msec $upstream_connect_time';
    access_log {folder}/access.log tried;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    {server}
}}
"""


class Clients:
    """Clients that ask as soon as they are answered; `answers` grows."""

    def __init__(self, port: int, pictures: Sequence[bytes]) -> None:
        self.answers: list[Answer] = []
        self._port = port
        self._pictures = pictures
        self._begin = time.monotonic()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=[n]) for n in range(CLIENTS)]

    def __enter__(self) -> "Clients":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def now(self) -> float:
        """Returns the seconds since they began."""
        return time.monotonic() - self._begin

    def _run(self, seed: int) -> None:
        chosen = random.Random(seed)
        while not self._stop.is_set():
            started = self.now()
            kind = chosen.choice(("/predict", "/search", "text"))
            status = self._ask(kind, chosen)
            self.answers.append(Answer(kind, started, self.now() - started, status))

    def _ask(self, kind: str, chosen: random.Random) -> int:
        if kind == "text":
            return ask(self._port, f"/search?top_k=10&text=red+dress+{chosen.random()}")
        body = chosen.choice(self._pictures) + os.urandom(8)  # no cache knows it
        return ask(self._port, f"{kind}?top_k=10", body)


class Proxy:
    """nginx before replicas."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def pass_to(self, *ports: int) -> None:
        """Starts nginx, or changes whom it asks: no connection is broken off for that."""
        servers = " ".join(f"server 127.0.0.1:{port};" for port in ports)
        server = _CONFIGURATION.read_text(encoding="utf-8")
        for given, wanted in (
            ("server api:8000;", servers),
            ("listen 8080;", f"listen 127.0.0.1:{self.port};"),
        ):
            if given not in server:
                raise RuntimeError(f"{_CONFIGURATION} has no {given!r}")
            server = server.replace(given, wanted)
        file = self._folder / "nginx.conf"
        file.write_text(_MAIN.format(folder=self._folder, server=server), encoding="utf-8")
        if self._process is None:
            self._process = subprocess.Popen(
                ["nginx", "-c", file, "-e", self._folder / "error.log"]
            )
            self._await()
        else:
            self._process.send_signal(signal.SIGHUP)

    def asked_again(self, since: float) -> dict[str, Any]:
        """Counts requests since a `time.time` that a second replica was asked, by why."""
        why: Counter[str] = Counter()
        last = None
        for line in (self._folder / "access.log").read_text(encoding="utf-8").splitlines():
            at, connected = line.split(maxsplit=1)  # the seconds each replica took, - if it refused
            if float(at) >= since and ", " in connected:
                why["refused" if connected.startswith("-") else "broken_off"] += 1
                last = round(float(at) - since, 2)
        return {"refused": why["refused"], "broken_off": why["broken_off"], "last_after_s": last}

    def stop(self) -> None:
        """Ends nginx."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def _await(self) -> None:
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.05)
        raise RuntimeError((self._folder / "error.log").read_text(encoding="utf-8"))


def main() -> int:
    """Replaces and kills replicas under load; 1 if a request failed while replacing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20, help="of load before and after each")
    parser.add_argument("--pictures", type=Path, help="folder; default: the catalogue's pictures")
    arguments = parser.parse_args()
    pictures = [path.read_bytes() for path in picture_paths(arguments.pictures, 100)]
    with tempfile.TemporaryDirectory(prefix="wardrobe-rolling-") as name, ExitStack() as stack:
        proxy = Proxy(Path(name))
        stack.callback(proxy.stop)
        measured = _rehearse(stack, proxy, pictures, arguments.seconds)
    save("rolling", {"clients": CLIENTS, "drain_s": DRAIN, **measured})
    return 1 if measured["replacing"]["failed"] else 0


def _rehearse(
    stack: ExitStack, proxy: Proxy, pictures: Sequence[bytes], seconds: float
) -> dict[str, Any]:
    serving = [_start(stack), _start(stack)]
    proxy.pass_to(*(server.port for server, _ in serving))
    with Clients(proxy.port, pictures) as clients:
        time.sleep(seconds)
        replacing = clients.now()
        for _ in range(2):
            serving.append(_start(stack))
            proxy.pass_to(*(server.port for server, _ in serving))
            _, end = serving.pop(0)
            proxy.pass_to(*(server.port for server, _ in serving))
            time.sleep(DRAIN)
            end.close()
        time.sleep(seconds)
        killed, end = serving.pop(0)
        processes = [killed.process, *killed.process.children(recursive=True)]
        at, killing = time.time(), clients.now()
        os.killpg(killed.process.pid, signal.SIGKILL)
        end.close()
        serving.append(_start(stack))
        proxy.pass_to(*(server.port for server, _ in serving))
        recovered = clients.now()
        time.sleep(seconds)
    return {
        "before": _summary(clients.answers, 0, replacing),
        "replacing": _summary(clients.answers, replacing, killing),
        "killing": _summary(clients.answers, killing, recovered)
        | {
            "processes_killed": len(processes) - sum(p.is_running() for p in processes),
            "asked_again": proxy.asked_again(at),
            "seconds_until_two_serve": round(recovered - killing, 2),
        },
        "after": _summary(clients.answers, recovered, float("inf")),
    }


def _start(stack: ExitStack) -> tuple[Server, ExitStack]:
    """Starts a replica; closing its own stack ends it, and at the end the outer one does."""
    own = stack.enter_context(ExitStack())
    return own.enter_context(running("Wardrobe")), own


def _summary(answers: Sequence[Answer], begin: float, end: float) -> dict[str, Any]:
    among = [answer for answer in answers if begin <= answer.start + answer.latency < end]
    failed = [answer for answer in among if answer.status != 200]
    over = [answer.start + answer.latency for answer in among]
    return {
        "requests": len(among),
        "statuses": {str(s): n for s, n in sorted(Counter(a.status for a in among).items())},
        "failed": len(failed),
        "last_failed_after_s": round(max(a.start + a.latency for a in failed) - begin, 2)
        if failed
        else None,
        "throughput": round(len(among) / (max(over) - begin), 1) if over else 0,
        **percentiles([answer.latency for answer in among if answer.status == 200]),
    }


if __name__ == "__main__":
    sys.exit(main())
