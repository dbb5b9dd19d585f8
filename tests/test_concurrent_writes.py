"""Several who write and read at once: pages of a search, and processes."""

import itertools
import multiprocessing
import multiprocessing.connection
import random
from pathlib import Path

import numpy as np
import pytest

from tests.fakes import ColourEncoder
from tests.living import EVERYTHING, create, draw, items_of, put, repeated, versions_of
from wardrobe.index import Change, Index
from wardrobe.index.compaction import compact
from wardrobe.query import Part, Query
from wardrobe.searcher import Searcher

# Pages.


@pytest.mark.parametrize("like", ["a vector", "nothing"])
def test_pages_under_writes_have_every_item_that_existed_throughout_exactly_once(tmp_path, like):
    index, vectors = create(tmp_path, 150)
    searcher, numbers = Searcher(index), np.random.default_rng(1)
    deleted, chosen, count = set[str](), random.Random(2), itertools.count(1)

    def write() -> None:
        number, name = next(count), f"i{chosen.randrange(150)}"
        if chosen.random() < 0.2:
            deleted.add(name)
            index.apply([Change(name, None), put(tmp_path, f"new{number}", vectors[0])])
        elif name not in deleted:
            index.apply([put(tmp_path, name, draw(numbers, 1)[0], number)])
        if number % 25 == 0:
            compact(tmp_path)
            index.maintain()

    parts = (Part("vector", "vector", vectors[0]),) if like == "a vector" else ()
    with repeated(write):
        for _ in range(4):
            page = searcher.search(Query(parts, top_k=9))
            as_of, found = page.snapshot.clock, list(page.hits)
            known = {item.id for item in items_of(index, page.snapshot)}
            offset = 0
            while page.more:
                offset += 9
                page = searcher.search(Query(parts, top_k=9, offset=offset, as_of=as_of))
                found += page.hits
            ids = [hit.item.id for hit in found]
            assert len(ids) == len(set(ids))
            assert known - deleted <= set(ids) <= known
    index.close()


# Several processes.


def write_and_tell(folder: Path, prefix: str, seed: int, writes: int, pipe) -> None:
    """Writes at random and says each time what was acknowledged."""
    index = Index.open(folder, ColourEncoder())
    chosen, numbers = random.Random(seed), np.random.default_rng(seed)
    for version in range(1, writes + 1):
        name = f"{prefix}{chosen.randrange(20)}"
        if chosen.random() < 0.3:
            index.apply([Change(name, None)])
            pipe.send((name, version, False))
        else:
            index.apply([put(folder, name, draw(numbers, 1)[0], version)])
            pipe.send((name, version, True))
        if chosen.random() < 0.05:
            compact(folder, kept_s=EVERYTHING)
        index.maintain()
    pipe.close()
    index.close()


def test_processes_see_one_another_s_writes_at_once_and_compact_when_they_like(tmp_path):
    index, _ = create(tmp_path, 10)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.test_concurrent_writes"])
    pipes, processes = [], []
    for seed, prefix in enumerate(("a", "b")):
        receiving, sending = context.Pipe(duplex=False)
        processes.append(
            context.Process(target=write_and_tell, args=(tmp_path, prefix, seed, 120, sending))
        )
        processes[-1].start()
        sending.close()
        pipes.append(receiving)
    told: dict[str, tuple[int, bool]] = {}
    while pipes:
        for pipe in multiprocessing.connection.wait(pipes):
            try:
                name, version, exists = pipe.recv()
            except EOFError:
                pipes.remove(pipe)
                continue
            told[name] = (version, exists)
            versions = versions_of(index)
            # What it did since is not told yet: a newer version, or none of a newer deletion.
            assert (
                versions.get(name, 10**6) >= version
                if exists
                else (versions.get(name, 10**6) > version)
            )
        index.maintain()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    written = {n: v for n, v in versions_of(index).items() if not n.startswith("i")}
    assert written == {name: version for name, (version, exists) in told.items() if exists}
    index.close()
