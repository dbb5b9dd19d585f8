"""kill -9 at random moments while clients write: is anything lost, or half there?

    python -m benchmarks.durability --index indexes/fashion --kills 200     (25 minutes; make bench)
    python -m benchmarks.durability --storage --kills 200                   (5 minutes)

Eight clients put, patch and delete items of their own over HTTP, one request at a time, and note
what they ask for before they do and once it is answered. After a random time the server and all of
its processes are killed. Then the index is opened, and must hold every write that was acknowledged,
of one that was not either all or nothing, and of every item the caption, the metadata and the
picture of one and the same version; and the next server starts on it. Compactions run meanwhile,
asked for by a ninth client. With `--storage`, two processes write to a small index without a
server, compact it all the time, and write several items at once, which come together or not at all.

Writes benchmarks/results/durability.json or durability_storage.json.
"""

import argparse
import base64
import http.client
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tqdm import tqdm

from benchmarks.machine import save
from benchmarks.servers import running
from tests.durability import GONE, KilledWriters, Ledger, caption_of, check, picture_of
from wardrobe.encoders import Encoder, load_encoder
from wardrobe.index import Index
from wardrobe.keys import KeyStore
from wardrobe.settings import Settings

PREFIXES = "abcdefgh"
"""First letters of the ids of each client's items."""

ITEMS = 40
LONGEST_S = 3.0


class Client:
    """Writes items of its own until the server is gone."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.ledger = Ledger()
        self.etags: dict[str, str] = {}
        self.refused: Counter[str] = Counter()
        self.version = 0
        self._random = random.Random(prefix)

    def run(self, port: int, key: str) -> None:
        """Writes one item after another; returns when the server does not answer."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        with closing(connection), suppress(OSError, http.client.HTTPException):
            while True:
                self._write(connection)

    def _write(self, connection: http.client.HTTPConnection) -> None:
        self.version += 1
        name = f"{self.prefix}-{self._random.randrange(ITEMS)}"
        exists = self.ledger.acknowledged.get(name) is not None
        gone = exists and self._random.random() < 0.3
        self.ledger.begin({name: GONE if gone else self.version})
        method, body = "DELETE", None
        if not gone:
            content: dict[str, Any] = {
                "caption": caption_of(name, self.version),
                "metadata": {"version": self.version},
                "image": base64.b64encode(picture_of(name, self.version)).decode(),
            }
            method, body = "PATCH" if exists else "PUT", json.dumps(content)
        connection.request(method, f"/items/{quote(name)}", body, self._headers)
        response = connection.getresponse()
        answer = response.read()
        if response.status >= 400:
            self.refused[f"{method}: {response.status} {answer[:300]!r}"] += 1
        elif etag := response.headers.get("ETag"):
            self.etags[name] = etag.strip('"')
        self.ledger.end(written=response.status < 400)

    def wrong_etags(self, index: Index) -> list[str]:
        """Returns which items do not have the ETag that their last write was answered with."""
        known = self.ledger.acknowledged
        return [
            f"{name} has the ETag {found}, was told {told}"
            for name, told in self.etags.items()
            if known.get(name) is not None and (found := index.item(name).etag) != told
        ]


def keep_compacting(port: int, key: str, refused: "Counter[str]") -> None:
    """Asks for one compaction after another until the server is gone."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with closing(connection), suppress(OSError, http.client.HTTPException):
        while True:
            connection.request("POST", "/admin/compact", headers={"Authorization": f"Bearer {key}"})
            response = connection.getresponse()
            answer = response.read()
            if response.status >= 400:
                refused[f"compact: {response.status} {answer[:300]!r}"] += 1
            time.sleep(1)


class Shop:
    """A copy of an index, and clients that write to it through one server after another."""

    def __init__(self, source: Path, folder: Path, encoder: Encoder) -> None:
        self._folder, self._state = folder / "index", folder / "state"
        shutil.copytree(source, self._folder)
        self._state.mkdir()
        _, self._key = KeyStore(self._state).create("durability", "admin")
        self._encoder = encoder
        self._random = random.Random(0)
        self._clients = [Client(prefix) for prefix in PREFIXES]
        self.refused: Counter[str] = Counter()
        self.count = Index.open(self._folder, encoder).count

    @property
    def writes(self) -> int:
        return sum(client.ledger.writes for client in self._clients)

    def all_refused(self) -> dict[str, int]:
        """Returns what was refused, and how often."""
        return dict(sum((client.refused for client in self._clients), self.refused))

    def kill_once(self) -> list[str]:
        """Lets clients write for a moment, kills the server, and returns what is wrong then."""
        settings = {"INDEX": str(self._folder), "STATE": str(self._state)}
        with running("Wardrobe", settings) as server:
            at_work = [
                threading.Thread(target=client.run, args=(server.port, self._key))
                for client in self._clients
            ]
            compacting = (server.port, self._key, self.refused)
            at_work.append(threading.Thread(target=keep_compacting, args=compacting))
            for thread in at_work:
                thread.start()
            time.sleep(self._random.uniform(0.05, LONGEST_S))
            os.killpg(server.process.pid, signal.SIGKILL)
            for thread in at_work:
                thread.join()
        return self._check()

    def _check(self) -> list[str]:
        index = Index.open(self._folder, self._encoder)
        interrupted = {name for client in self._clients for name in client.ledger.pending}
        problems = check(index, {f"{client.prefix}-": client.ledger for client in self._clients})
        for client in self._clients:
            for name in interrupted & client.etags.keys():
                del client.etags[name]  # the answer may have been on its way
            problems += client.wrong_etags(index)
        written = sum(s is not None for c in self._clients for s in c.ledger.acknowledged.values())
        if index.count != self.count + written:
            problems.append(f"{index.count} items; built {self.count}, written {written}")
        index.close()
        return problems


def main() -> int:
    """Kills; 1 if a write was lost or half there."""
    arguments = _parse()
    settings = Settings()
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as temporary:
        started = time.monotonic()
        if arguments.storage:
            writers: KilledWriters | Shop = KilledWriters(Path(temporary), seed=0)
        else:
            encoder = load_encoder(
                settings.encoder, labels=settings.labels, networks=settings.networks
            )
            writers = Shop(arguments.index, Path(temporary), encoder)
        for number in tqdm(range(arguments.kills), "kills", unit="kill"):
            problems += [f"kill {number}: {problem}" for problem in writers.kill_once()]
        refused = writers.all_refused() if isinstance(writers, Shop) else writers.refused
        measured = {
            "kills": arguments.kills,
            "acknowledged_writes": writers.writes,
            "refused_writes": refused,
            "problems": problems,
            "seconds": round(time.monotonic() - started),
        }
    sys.stdout.write(json.dumps(measured, indent=2) + "\n")
    save("durability_storage" if arguments.storage else "durability", measured)
    return 1 if problems else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", type=Path, default=Settings().index, help="to write copies of")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--storage", action="store_true", help="without a server")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
