"""10,000 upserts and deletes interleaved with searches: errors, deleted items found, and recall.

    python -m benchmarks.churn --index indexes/fashion          (15 minutes; make bench)

Eight clients, each with a kept-alive connection and with items of its own (an eighth of those that
are there, and new ones), write and search by turns as fast as they are answered, first on a copy of
the index that is `flat`, then on one that is `hnsw`. A result is wrong if its item's deletion had
been acknowledged before the search was sent, and the item was not put again since. After each write
the client may look for just that item, which must be there, or gone, at once. In the end recall@10
of the living index is judged by the exact nearest among the items it says it has, as an index
rebuilt of them would give. Writes benchmarks/results/churn.json.
"""

import argparse
import http.client
import itertools
import json
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np
from tqdm import tqdm

from benchmarks.load import percentiles
from benchmarks.machine import save
from benchmarks.pictures import picture_paths
from benchmarks.servers import Server, running
from wardrobe.files import write_json
from wardrobe.index.catalogue import Catalogue
from wardrobe.index.compaction import compact
from wardrobe.index.record import CATALOGUE, RECORD, read_record
from wardrobe.index.vector_index import VectorIndex
from wardrobe.keys import KeyStore
from wardrobe.settings import Settings

CLIENTS, WRITES, QUERIES, TOP_K = 8, 10_000, 500, 10
DELETES, SEARCHES = 0.4, 0.5
"""Shares: deletes of the writes, searches of the requests."""

_TEXTS = ("red dress", "black leather shoes", "a watch", "blue jeans for men", "handbag", "kurta")


@dataclass
class Record:
    """What all clients know and saw."""

    gone: dict[str, int] = field(default_factory=dict)
    deletions: "itertools.count[int]" = field(default_factory=itertools.count)
    latest_deletion: int = -1
    writes: Counter[str] = field(default_factory=Counter)
    latencies: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    deleted_found: list[str] = field(default_factory=list)
    not_visible: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put_begins(self, item_id: str) -> None:
        """Notes that an item may be there from now on."""
        with self.lock:
            self.gone.pop(item_id, None)

    def delete_ended(self, item_id: str) -> None:
        """Notes that an item must not be found any more."""
        with self.lock:
            self.latest_deletion = next(self.deletions)
            self.gone[item_id] = self.latest_deletion

    def check(self, found: Sequence[str], latest_deletion: int) -> None:
        """Notes items found that were deleted when the search was sent, and are since."""
        with self.lock:
            self.deleted_found += [
                item_id for item_id in found if self.gone.get(item_id, 10**9) <= latest_deletion
            ]


class Client:
    """Writes and searches until enough is written."""

    def __init__(
        self, number: int, port: int, key: str, record: Record, ids: Sequence[str]
    ) -> None:
        self._record = record
        self._random = random.Random(number)
        self._alive = list(ids)
        self._dead: list[str] = []
        self._names = (f"new-{number}-{count}" for count in itertools.count())
        self._headers = {"Authorization": f"Bearer {key}"}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def run(self, pictures: Sequence[bytes]) -> None:
        """Does a write or a search, again and again."""
        with closing(self._connection):
            while sum(self._record.writes.values()) < WRITES:
                try:
                    if self._random.random() < SEARCHES:
                        self._search(pictures)
                    else:
                        self._write(pictures)
                except (OSError, http.client.HTTPException) as error:
                    self._record.errors.append(repr(error))
                    return

    def _write(self, pictures: Sequence[bytes]) -> None:
        chosen = self._random
        if chosen.random() < DELETES and len(self._alive) > 20:
            item_id = self._alive.pop(chosen.randrange(len(self._alive)))
            status = self._ask("delete", "DELETE", f"/items/{quote(item_id)}")[0]
            self._record.delete_ended(item_id)
            self._dead.append(item_id)
            kind, expected = "deleted", 204
        else:
            which = chosen.random()
            if which < 0.3 and self._dead:
                item_id = self._dead.pop(chosen.randrange(len(self._dead)))
            elif which < 0.7:
                item_id = self._alive.pop(chosen.randrange(len(self._alive)))
            else:
                item_id = next(self._names)
            self._record.put_begins(item_id)
            query = urlencode({"caption": f"a garment, {chosen.random()}"})
            path = f"/items/{quote(item_id)}?{query}"
            status = self._ask("put", "PUT", path, chosen.choice(pictures))[0]
            self._alive.append(item_id)
            kind, expected = ("replaced", 200) if status == 200 else ("created", 201)
        if status != expected:
            self._record.errors.append(f"{kind}: {status}")
        self._record.writes[kind] += 1
        if chosen.random() < 0.2:
            self._look_for(item_id, exists=kind != "deleted")

    def _look_for(self, item_id: str, *, exists: bool) -> None:
        query = urlencode({"filters": json.dumps({"id": [item_id]})})
        _, answer = self._ask("look", "GET", f"/search?{query}")
        if [result["id"] for result in answer["results"]] != [item_id] * exists:
            self._record.not_visible.append(f"{item_id}, which {'is' if exists else 'was'}")

    def _search(self, pictures: Sequence[bytes]) -> None:
        chosen, path = self._random, f"/search?top_k={TOP_K}&"
        latest = self._record.latest_deletion
        which = chosen.random()
        if which < 0.4:
            _, answer = self._ask("search, picture", "POST", path, chosen.choice(pictures))
        elif which < 0.7:
            text = urlencode({"text": f"{chosen.choice(_TEXTS)} {chosen.randrange(10)}"})
            _, answer = self._ask("search, text", "GET", path + text)
        else:
            item = urlencode({"id": chosen.choice(self._alive)})
            _, answer = self._ask("search, item", "GET", path + item)
        self._record.check([result["id"] for result in answer["results"]], latest)

    def _ask(self, kind: str, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/octet-stream"
        started = time.monotonic()
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        self._record.latencies[kind].append(time.monotonic() - started)
        if response.status >= 400:
            self._record.errors.append(f"{kind}: {response.status} {content[:300]!r}")
            return response.status, {"results": []}
        return response.status, json.loads(content) if content else None


def churn(folder: Path, state: Path, pictures: Sequence[bytes]) -> dict[str, Any]:
    """Serves an index folder, writes to it and searches it, and returns what happened."""
    _, key = KeyStore(state).create("churn", "admin")
    record, ids = Record(), [item_id for item_id, _ in final_vectors(folder)]
    bases = {read_record(folder).vectors}
    with running("Wardrobe", {"INDEX": str(folder), "STATE": str(state)}) as server:
        clients = [Client(n, server.port, key, record, ids[n::CLIENTS]).run for n in range(CLIENTS)]
        threads = [threading.Thread(target=run, args=(pictures,)) for run in clients]
        started = time.monotonic()
        for thread in threads:
            thread.start()
        with tqdm(total=WRITES, desc=folder.name, unit="write") as bar:
            while any(thread.is_alive() for thread in threads):
                time.sleep(0.5)
                bar.update(sum(record.writes.values()) - bar.n)
                bases.add(read_record(folder).vectors)
        seconds = time.monotonic() - started
        found = recall(server, folder)
    return {
        "kind": read_record(folder).kind,
        "seconds": round(seconds, 1),
        "writes": dict(record.writes),
        "writes_per_second": round(sum(record.writes.values()) / seconds, 1),
        "searches": sum(len(v) for k, v in record.latencies.items() if k.startswith("search")),
        "compactions": len(bases) - 1,
        "errors": record.errors,
        "deleted_found": record.deleted_found,
        "not_visible_at_once": record.not_visible,
        "latencies": {kind: percentiles(times) for kind, times in record.latencies.items()},
        **found,
    }


def final_vectors(folder: Path) -> list[tuple[str, np.ndarray]]:
    """Returns ids and vectors of the items that the catalogue has, in the order of their rows."""
    record = read_record(folder)
    with closing(Catalogue(folder / CATALOGUE, record.picture_root)) as catalogue:
        rows, vectors = catalogue.vectors(record.dimension)
        alive = catalogue.database.query(
            "SELECT row, id FROM items WHERE died IS NULL ORDER BY row"
        )
    places = np.searchsorted(rows, [row for row, _ in alive])
    return [(item_id, vectors[place]) for (_, item_id), place in zip(alive, places, strict=True)]


def recall(server: Server, folder: Path) -> dict[str, Any]:
    """Returns the share of the exact nearest that the server finds, over items of the index."""
    final = final_vectors(folder)
    ids, vectors = [item_id for item_id, _ in final], np.stack([vector for _, vector in final])
    chosen = np.random.default_rng(0).choice(len(ids), QUERIES, replace=False)
    # Between two items lies what is none of them.
    queries = vectors[chosen] + vectors[np.roll(chosen, 1)]
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    exact = VectorIndex.build(vectors, "flat")
    shares, unlike = [], 0
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    with closing(connection):
        for query in queries:
            best = exact.search(query[None], TOP_K)[1][0]  # alone, as many at once round otherwise
            body = json.dumps({"vector": query.tolist(), "top_k": TOP_K, "min_relevance": 0})
            connection.request("POST", "/search", body, {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())
            found = [result["id"] for result in answer["results"]]
            shares.append(len({*found} & {ids[position] for position in best}) / TOP_K)
            unlike += answer["total"] != len(ids)
    return {
        "items": len(ids),
        "answers_with_another_total": unlike,
        "queries": QUERIES,
        "recall_at_10": float(np.mean(shares)),
    }


def prepare(source: Path, folder: Path, kind: str) -> Path:
    """Copies an index folder and makes its base one of a kind."""
    copy = folder / kind
    shutil.copytree(source, copy)
    record = read_record(copy).model_copy(update={"kind": kind})
    write_json(copy / RECORD, record.model_dump(mode="json"))
    if read_record(source).kind != kind:
        compact(copy)
    return copy


def main() -> int:
    """Churns an index of each kind; 1 if anything was not as it must be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", type=Path, default=Settings().index, help="to write copies of")
    arguments = parser.parse_args()
    pictures = [path.read_bytes() for path in picture_paths()]
    results = []
    with tempfile.TemporaryDirectory() as temporary:
        for kind in ("flat", "hnsw"):
            folder, state = (
                prepare(arguments.index, Path(temporary), kind),
                Path(temporary) / "state",
            )
            state.mkdir(exist_ok=True)
            results.append(churn(folder, state, pictures))
    sys.stdout.write(json.dumps(results, indent=2) + "\n")
    save("churn", {"clients": CLIENTS, "indexes": results})
    wrong = ("errors", "deleted_found", "not_visible_at_once", "answers_with_another_total")
    bad = any(result[name] for result in results for name in wrong)
    return int(bad or min(result["recall_at_10"] for result in results) < 0.99)


if __name__ == "__main__":
    sys.exit(main())
