"""Writers that are killed, and what has to be there afterwards."""

import hashlib
import io
import multiprocessing
import random
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from tests.fakes import ColourEncoder
from tests.tiny_index import colour_index, entry_of
from wardrobe.errors import NotReadyError
from wardrobe.files import atomic_write
from wardrobe.index import CatalogueItem, Change, Entry, Index
from wardrobe.index.schema import PICTURES

PREFIXES = ("a", "b")
"""First letters of the ids of each writer's items."""

States = Mapping[str, int | None]
"""The version of each item; None where it was deleted."""

GONE = None


class Ledger:
    """What one writer, who has items of its own, was told and what it has asked for."""

    def __init__(self) -> None:
        self.acknowledged: dict[str, int | None] = {}
        self.pending: States = {}
        self.writes = 0

    def begin(self, states: States) -> None:
        """Notes what is asked for, before it is."""
        self.pending = states

    def end(self, *, written: bool = True) -> None:
        """Notes the answer to it."""
        if written:
            self.acknowledged.update(self.pending)
            self.writes += 1
        self.pending = {}

    def settle(self, found: Mapping[str, int]) -> list[str]:
        """Returns what is wrong with the versions found, and goes on from there."""
        before = self.acknowledged
        after = before | dict(self.pending)
        names = before.keys() | after.keys() | found.keys()
        here = {name: found.get(name) for name in names}
        allowed = [{name: states.get(name) for name in names} for states in (before, after)]
        self.acknowledged, self.pending = here, {}
        if here in allowed:
            return []
        return [
            f"{name} has version {here[name]}; acknowledged {allowed[0][name]}, asked for "
            f"{allowed[1][name]}"
            for name in sorted(names)
            if here[name] not in (allowed[0][name], allowed[1][name])
        ] or [f"half of a batch: {sorted(after.items() - before.items())}, but {here}"]


def caption_of(item_id: str, version: int) -> str:
    return f"{item_id} in version {version}"


def picture_of(item_id: str, version: int) -> bytes:
    """Returns a picture that no other version has."""
    digest = hashlib.sha256(caption_of(item_id, version).encode()).digest()
    buffer = io.BytesIO()
    pixels = np.frombuffer(digest * 32, np.uint8)[: 12 * 14 * 3].reshape(12, 14, 3)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def vector_of(item_id: str, version: int) -> np.ndarray:
    digest = hashlib.sha256(caption_of(item_id, version).encode()).digest()
    numbers = np.random.default_rng(list(digest)).standard_normal(ColourEncoder.dimension)
    return (numbers / np.linalg.norm(numbers)).astype(np.float32)


def entry(folder: Path, item_id: str, version: int) -> Entry:
    """Writes the picture of an item, as the server does, and returns its entry."""
    data = picture_of(item_id, version)
    path = folder.absolute() / PICTURES / f"{hashlib.sha256(data).hexdigest()}.png"
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        with atomic_write(path) as aside:
            aside.write_bytes(data)
    metadata = {"version": version}
    item = CatalogueItem(item_id, path, caption_of(item_id, version), metadata=metadata)
    return entry_of(item, vector_of(item_id, version))


def half_written(items: Iterable[CatalogueItem]) -> list[str]:
    """Returns which items are not in every part of one version."""
    wrong = []
    for item in items:
        version = item.metadata["version"]
        if item.caption != caption_of(item.id, version):
            wrong.append(f"{item.id}: version {version} has the caption {item.caption!r}")
        if item.image_path.read_bytes() != picture_of(item.id, version):
            wrong.append(f"{item.id}: version {version} has another picture")
    return wrong


def write_until_killed(folder: Path, prefix: str, seed: int, start: int, pipe: Connection) -> None:
    """Writes as fast as it can, and says what before it does and once it is acknowledged."""
    # The default lock is a semaphore of the system, which would outlive a process that is killed.
    tqdm.set_lock(threading.RLock())
    index = Index.open(folder, ColourEncoder())
    chosen = random.Random(seed)
    threading.Thread(target=_keep_compacting, args=(index, seed), daemon=True).start()
    version = start
    while True:
        version += 1
        names = [f"{prefix}{chosen.randrange(30)}" for _ in range(chosen.choice((1, 1, 1, 5)))]
        states = {name: GONE if chosen.random() < 0.3 else version for name in names}
        changes = [
            Change(name, None if state is None else entry(folder, name, state))
            for name, state in states.items()
        ]
        pipe.send(states)
        try:
            index.apply(changes)
        except NotReadyError as error:
            pipe.send(str(error))
        else:
            pipe.send(None)
        if chosen.random() < 0.2:
            index.snapshot()


def _keep_compacting(index: Index, seed: int) -> None:
    chosen = random.Random(seed)
    while True:
        time.sleep(chosen.random() * 0.1)
        with suppress(NotReadyError):
            index.compact() if chosen.random() < 0.5 else index.maintain()


def read_pipe(pipe: Connection, ledger: Ledger) -> list[str]:
    """Notes everything that a writer said until it was killed; returns what it was refused."""
    refused = []
    with suppress(EOFError, OSError):  # the last word may be cut short
        while True:
            said = pipe.recv()
            if isinstance(said, dict):
                ledger.begin(said)
            else:
                ledger.end(written=said is None)
                refused += [said] if said else []
    return refused


def check(index: Index, ledgers: Mapping[str, Ledger]) -> list[str]:
    """Returns what an index that was opened after a kill has wrong."""
    snapshot = index.snapshot()
    items = list(index.items(snapshot.rows[snapshot.alive].tolist()).values())
    problems = half_written(item for item in items if item.id.startswith(tuple(ledgers)))
    for prefix, ledger in ledgers.items():
        found = {i.id: i.metadata["version"] for i in items if i.id.startswith(prefix)}
        problems += [f"{prefix}: {problem}" for problem in ledger.settle(found)]
    return problems


class KilledWriters:
    """Starts two writers over and over and kills both.

    Attributes:
        writes: how many were acknowledged.
        refused: what was refused, and why.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._random = random.Random(seed)
        self._ledgers = {prefix: Ledger() for prefix in PREFIXES}
        self._rounds = 0
        self.refused: list[str] = []
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__])
        colour_index(folder).close()

    @property
    def writes(self) -> int:
        return sum(ledger.writes for ledger in self._ledgers.values())

    def kill_once(self) -> list[str]:
        """Lets writers write for a moment, kills them, and returns what is wrong then."""
        self._rounds += 1
        started = []
        for number, prefix in enumerate(PREFIXES):
            receiving, sending = self._context.Pipe(duplex=False)
            seed, first = 2 * self._rounds + number, 1_000_000 * self._rounds
            process = self._context.Process(
                target=write_until_killed, args=(self._folder, prefix, seed, first, sending)
            )
            process.start()
            sending.close()
            started.append((process, receiving, self._ledgers[prefix]))
        for _, receiving, _ in started:
            receiving.poll(30)
        time.sleep(self._random.uniform(0.01, 0.6))
        for process, _, _ in started:
            process.kill()
        for process, receiving, ledger in started:
            self.refused += read_pipe(receiving, ledger)
            process.join()
            receiving.close()
        index = Index.open(self._folder, ColourEncoder())
        problems = check(index, self._ledgers)
        snapshot = index.snapshot()
        if snapshot.search(np.eye(1, 13, dtype=np.float32), 1000)[1].shape[1] != index.count:
            problems.append("a search does not find every item")
        index.close()
        return problems
