"""Swaps under load: does a request fail, or an answer mix two indexes?

    python -m benchmarks.swap          (2 minutes; make bench)

Two indexes, of 1,000 and of 900 pictures, whose ids begin with `a-` and `b-`. Eight clients search
by pictures and texts, none of them twice, and look at every answer: its items must be of one index,
and its total the size of that one. Meanwhile what is served is changed over and over: by POST
/admin/swap, to another index or to a copy of the encoder too, and /admin/rollback, and by putting
another index in the place of the one that serves, which SIGHUP or a swap to the same folder then
opens. Writes benchmarks/results/swap.json.
"""

import argparse
import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.load import percentiles
from benchmarks.machine import REPOSITORY, save
from benchmarks.pictures import picture_paths
from benchmarks.servers import Server, running
from wardrobe.keys import KeyStore

SIZES = {"a": 1000, "b": 900}
ENCODER = REPOSITORY / "models" / "wardrobe-base"
CLIENTS = 8
PAUSE = 4.0  # seconds between changes
TOP_K = 10
ASKED = f"top_k={TOP_K}&min_relevance=0"  # never an empty answer, whatever the words
_PATIENCE = 60.0  # seconds for a change to be served


class Clients:
    """Clients with a kept-alive connection each, that ask as soon as they are answered.

    Attributes:
        answers: how many came of each index.
        latencies: seconds.
        wrong: answers that are no success, or of no single index.
    """

    def __init__(self, port: int, pictures: Sequence[bytes]) -> None:
        self.answers: Counter[str] = Counter()
        self.latencies: list[float] = []
        self.wrong: list[str] = []
        self._port = port
        self._pictures = pictures
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

    def _run(self, seed: int) -> None:
        chosen = random.Random(seed)
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        with closing(connection):
            while not self._stop.is_set():
                started = time.monotonic()
                try:
                    self._ask(connection, chosen)
                except (OSError, http.client.HTTPException) as error:
                    self.wrong.append(repr(error))
                    connection.close()
                self.latencies.append(time.monotonic() - started)

    def _ask(self, connection: http.client.HTTPConnection, chosen: random.Random) -> None:
        if chosen.random() < 0.5:
            body = chosen.choice(self._pictures) + os.urandom(8)  # no cache knows it
            headers = {"Content-Type": "application/octet-stream"}
            connection.request("POST", f"/search?{ASKED}", body, headers)
        else:
            text = f"red+dress+{chosen.random()}"
            connection.request("GET", f"/search?{ASKED}&text={text}")
        response = connection.getresponse()
        content = response.read()
        name = index_of(json.loads(content)) if response.status == 200 else None
        if name is None:
            self.wrong.append(f"{response.status} {content[:500]!r}")
        else:
            self.answers[name] += 1


def index_of(answer: Any) -> str | None:
    """Returns the index that a whole answer is of; None if there is no such one."""
    names = {result["id"].partition("-")[0] for result in answer["results"]}
    if len(names) != 1 or len(answer["results"]) != TOP_K:
        return None
    (name,) = names
    return name if answer["total"] == SIZES[name] else None


class Operator:
    """Changes what a server serves, in every way there is, and waits until it is served."""

    def __init__(self, server: Server, folder: Path, key: str) -> None:
        self._server = server
        self._folder = folder
        self._headers = {"Authorization": f"Bearer {key}"}
        self._live, self._other = folder / "live", folder / "other"
        encoder = folder / ENCODER.name
        self._changes: list[tuple[str, str, Callable[[], None]]] = [
            ("swap", "b", lambda: self._swap(index=self._other)),
            ("rollback", "a", self._roll_back),
            ("swap, encoder too", "b", lambda: self._swap(index=self._other, encoder=encoder)),
            ("rollback, encoder too", "a", self._roll_back),
            ("replace, SIGHUP", "b", lambda: self._replace("b", self._hang_up)),
            ("replace, swap", "a", lambda: self._replace("a", lambda: self._swap(self._live))),
        ]
        self.done: list[dict[str, Any]] = []

    def change(self) -> None:
        """Makes the next change."""
        kind, name, make = self._changes[len(self.done) % len(self._changes)]
        started = time.monotonic()
        make()
        while self._served() != name:
            if time.monotonic() - started > _PATIENCE:
                raise RuntimeError(f"{kind}: {name} is not served after {_PATIENCE:g} s")
            time.sleep(0.02)
        seconds = round(time.monotonic() - started, 3)
        self.done.append({"kind": kind, "to": name, "seconds": seconds})

    def _served(self) -> str | None:
        return index_of(self._ask("GET", f"/search?{ASKED}&text=red+dress"))

    def _swap(self, index: Path, **encoder: Path) -> None:
        self._post("/admin/swap", {"index": str(index)} | {k: str(v) for k, v in encoder.items()})

    def _roll_back(self) -> None:
        self._post("/admin/rollback", {})

    def _post(self, path: str, body: dict[str, str]) -> None:
        answer = self._ask("POST", path, body)
        while answer["state"] not in ("switched", "failed"):
            time.sleep(0.02)
            answer = self._ask("GET", "/admin/swap")
        if answer["state"] == "failed":
            raise RuntimeError(answer["message"])

    def _hang_up(self) -> None:
        self._server.process.send_signal(signal.SIGHUP)

    def _replace(self, name: str, then: Callable[[], None]) -> None:
        """Puts an index in the place of the one that serves, as build_index.py does."""
        old, new = self._folder / "live.old", self._folder / "live.new"
        shutil.copytree(self._folder / name, new)
        self._live.rename(old)
        new.rename(self._live)
        shutil.rmtree(old)
        then()

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=30)
        headers = self._headers | ({} if body is None else {"Content-Type": "application/json"})
        with closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            content = response.read()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {content.decode(errors='replace')}")
        return json.loads(content)


def prepare(folder: Path, pictures: Sequence[Path]) -> None:
    """Builds the indexes `a` and `b`, and copies them to `live` and `other`; the encoder too.

    Named as the original is, the encoder's copy shares its exported networks.
    """
    shutil.copytree(ENCODER, folder / ENCODER.name)
    for name, copy in (("a", "live"), ("b", "other")):
        linked = folder / f"pictures of {name}"
        linked.mkdir()
        for number, picture in enumerate(pictures[: SIZES[name]]):
            (linked / f"{name}-{number}{picture.suffix}").symlink_to(picture.resolve())
        command = [sys.executable, "build_index.py", linked, "--out", folder / name]
        subprocess.run([*command, "--encoder", ENCODER], cwd=REPOSITORY, check=True)
        shutil.copytree(folder / name, folder / copy)


def main() -> int:
    """Swaps under load; 1 if a request failed or an answer was a mixture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pictures", type=Path, help="folder; default: the catalogue's pictures")
    arguments = parser.parse_args()
    paths = picture_paths(arguments.pictures, max(SIZES.values()))
    if len(paths) < max(SIZES.values()):
        parser.error(f"{max(SIZES.values())} pictures are needed, there are {len(paths)}")
    with tempfile.TemporaryDirectory(prefix="wardrobe-swap-") as name:
        folder = Path(name)
        prepare(folder, paths)
        state = folder / "state"
        _, key = KeyStore(state).create("benchmark", "admin")
        settings = {
            "INDEX": str(folder / "live"),
            "ENCODER": str(ENCODER),
            "STATE": str(state),
        }
        pictures = [path.read_bytes() for path in paths[:100]]
        with running("Wardrobe", settings) as server:
            operator = Operator(server, folder, key)
            begin = time.monotonic()
            with Clients(server.port, pictures) as clients:
                while time.monotonic() < begin + arguments.seconds:
                    time.sleep(PAUSE)
                    operator.change()
                time.sleep(PAUSE)
            seconds = time.monotonic() - begin
    save(
        "swap",
        {
            "clients": CLIENTS,
            "seconds": round(seconds, 1),
            "answers": dict(sorted(clients.answers.items())),
            "wrong": len(clients.wrong),
            "first_wrong": clients.wrong[:5],
            **percentiles(clients.latencies),
            "changes": operator.done,
        },
    )
    return 1 if clients.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
