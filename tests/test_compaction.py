"""Compaction: whenever it is killed, whoever else is at it, and only when it is due."""

import dataclasses
import multiprocessing
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.fakes import ColourEncoder
from tests.living import EVERYTHING, NOTHING, create, draw, put, repeated, versions_of
from tests.tiny_index import entry_of
from wardrobe.errors import IndexFolderError, NotReadyError
from wardrobe.files import sha256_of
from wardrobe.index import CatalogueItem, Change, Index, compaction, folder
from wardrobe.index.compaction import compact
from wardrobe.index.record import read_record
from wardrobe.index.schema import PICTURES
from wardrobe.index.sources import read_source
from wardrobe.index.vector_index import VectorIndex
from wardrobe.indexing import build_index

NUMBERS = np.random.default_rng(0)


def written(where: Path, count: int = 20, kind: str = "flat") -> Index:
    """Returns an index of which some items were replaced, some deleted, and some are new."""
    index, _ = create(where, count, kind)
    index.apply([put(where, f"i{n}", draw(NUMBERS, 1)[0], 1) for n in range(4)])
    index.apply([Change(f"i{n}", None) for n in range(4, 8)])
    index.apply([put(where, f"j{n}", draw(NUMBERS, 1)[0]) for n in range(3)])
    return index


def bases(where: Path) -> list[str]:
    return sorted(path.name for path in where.glob("vectors*"))


def test_a_compaction_puts_every_version_that_is_kept_into_a_new_base(tmp_path):
    index = written(tmp_path)
    expected = versions_of(index)
    kept = compact(tmp_path, kept_s=NOTHING)
    assert (kept.count, len(expected)) == (20 + 4 + 3, 20 - 4 + 3)
    purged = compact(tmp_path, kept_s=EVERYTHING)
    assert purged.count == len(expected)
    assert read_record(tmp_path) == purged
    assert bases(tmp_path) == [purged.vectors]
    assert purged.checksums == {purged.vectors: sha256_of(tmp_path / purged.vectors)}
    assert index.snapshot().slots.tail_length == 7
    index.maintain()
    assert index.record == purged
    assert index.snapshot().slots.tail_length == 0
    assert versions_of(index) == expected
    index.close()


def test_an_index_of_which_everything_was_deleted_lives_on(tmp_path):
    index, vectors = create(tmp_path, 12, "hnsw")
    index.apply([Change(f"i{n}", None) for n in range(12)])
    for _ in range(2):
        assert compact(tmp_path, kept_s=EVERYTHING).count == 0
        index.maintain()
        assert index.snapshot().search(vectors[:1], 5)[1].shape == (1, 0)
    index.apply([put(tmp_path, "new", vectors[3])])
    assert index.snapshot().search(vectors[3:4], 5)[0] == pytest.approx(1)
    assert compact(tmp_path, kept_s=EVERYTHING).kind == "hnsw", "as it was chosen"
    index.maintain()
    assert index.snapshot().rows[index.snapshot().alive].tolist() == [24]
    index.close()


@pytest.mark.parametrize(
    ("kind", "count", "limit", "after"),
    [
        ("flat", 10, 10, "hnsw"),  # one more than flat is for
        ("flat", 10, 50, "flat"),
        ("hnsw", 10, 50, "hnsw"),  # chosen against its size
        ("ivfpq", 9984, 50, "hnsw"),  # too few are left to train on
    ],
)
def test_the_kind_follows_the_size_unless_it_was_chosen(
    tmp_path, monkeypatch, kind, count, limit, after
):
    index, vectors = create(tmp_path, count, kind)
    gone = [Change(f"i{n}", None) for n in range(2)] if kind == "ivfpq" else []
    index.apply([*gone, put(tmp_path, "new", vectors[0])])
    index.close()
    monkeypatch.setattr(compaction, "kind_for", lambda n: "flat" if n <= limit else "hnsw")
    assert compact(tmp_path, kept_s=EVERYTHING).kind == after


# When.


def test_it_happens_when_it_is_due_and_not_again_for_what_it_has_to_keep(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "_BURDEN", 20)
    index, vectors = create(tmp_path, 50)
    index.apply([put(tmp_path, f"i{n}", vectors[0], 1) for n in range(20)])
    index.maintain()
    assert bases(tmp_path) == ["vectors.faiss"], "20 is not more than 20"
    index.apply([put(tmp_path, "i20", vectors[0], 1)])
    index.maintain()
    (base,) = bases(tmp_path)
    assert base != "vectors.faiss"
    assert index.record.count == 71, "what died just now is kept for pages that are being turned"
    index.maintain()
    assert bases(tmp_path) == [base]
    with index._catalogue.database.writing() as connection:
        connection.execute("UPDATE items SET died_s = died_s - 3600 WHERE died IS NOT NULL")
    index.maintain()
    assert index.record.count == 50
    index.close()


def test_workers_whose_turn_it_is_at_once_compact_once(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "_BURDEN", 20)
    index, vectors = create(tmp_path, 50)
    workers = [index, *(Index.open(tmp_path, ColourEncoder()) for _ in range(3))]
    index.apply([put(tmp_path, f"i{n}", vectors[0], 1) for n in range(30)])
    builds, build = [], VectorIndex.build

    def slow(*arguments, **options):
        builds.append(1)
        time.sleep(0.2)
        return build(*arguments, **options)

    monkeypatch.setattr(VectorIndex, "build", slow)
    for worker in workers:
        worker.snapshot()
    threads = [threading.Thread(target=worker.maintain) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for worker in workers:
        worker.maintain()
        assert worker.snapshot().slots.tail_length == 0
        worker.close()
    assert len(builds) == 1


def test_a_compaction_that_comes_too_late_or_while_another_runs_does_nothing(tmp_path):
    index = written(tmp_path)
    first = compact(tmp_path)
    assert compact(tmp_path, instead_of="vectors.faiss") is None
    with compaction._only_one(tmp_path):
        assert compact(tmp_path) is None
    assert read_record(tmp_path) == first
    index.close()


# What goes wrong.


_CHANGES = {"os.rename", "os.remove", "sqlite3.connect", "fcntl.flock"}


def compact_and_die(where: Path, steps: int) -> None:
    """Compacts, and kills itself before the step of this number that changes the disk."""
    left = steps

    def count_down(event: str, details: tuple) -> None:
        nonlocal left
        opens_to_write = event == "open" and details[2] & (os.O_WRONLY | os.O_RDWR)
        if opens_to_write or event in _CHANGES:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count_down)
    compact(where, kept_s=EVERYTHING)


def test_a_compaction_killed_at_any_step_leaves_all_items_and_the_next_cleans_up(tmp_path):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.test_compaction"])
    (tmp_path / "before").mkdir()
    index = written(tmp_path / "before")
    expected = versions_of(index)
    index.close()
    left, steps, exit_code = set(), 0, -signal.SIGKILL
    where = tmp_path / "index"
    while exit_code == -signal.SIGKILL:
        steps += 1
        shutil.copytree(tmp_path / "before", where)
        process = context.Process(target=compact_and_die, args=(where, steps))
        process.start()
        process.join()
        exit_code = process.exitcode
        left.add(tuple(sorted(path.name.split("-")[0] for path in where.glob("*vectors*"))))
        index = Index.open(where, ColourEncoder())
        assert versions_of(index) == expected
        index.apply([put(tmp_path / "before", "new", draw(NUMBERS, 1)[0], 7)])
        index.compact()
        assert versions_of(index) == expected | {"new": 7}
        assert bases(where) == [index.record.vectors]
        assert not list(where.glob(".*"))
        index.close()
        shutil.rmtree(where)
    assert exit_code == 0
    assert {(".vectors", "vectors.faiss"), ("vectors", "vectors.faiss"), ("vectors",)} <= left


def test_what_a_killed_compaction_left_does_not_keep_a_build_from_replacing_the_index(tmp_path):
    (tmp_path / "shop").mkdir()
    Image.new("RGB", (4, 4), "lime").save(tmp_path / "shop" / "lime.png")
    source, out = read_source(tmp_path / "shop"), tmp_path / "index"
    build_index(ColourEncoder(), source, out)
    for name in (".vectors-12ab.faiss.77.tmp", ".index.json.77.tmp", "vectors-12ab.faiss"):
        (out / name).touch()
    assert build_index(ColourEncoder(), source, out, kind="hnsw")[1]
    assert bases(out) == ["vectors.faiss"]


def test_a_full_disk_leaves_the_old_base_and_says_so(tmp_path, monkeypatch):
    index = written(tmp_path)
    expected, before = versions_of(index), read_record(tmp_path)

    def fail(_: VectorIndex, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(VectorIndex, "write", fail)
        with pytest.raises(NotReadyError, match="No space left"):
            index.compact()
    assert read_record(tmp_path) == before
    assert bases(tmp_path) == ["vectors.faiss"]
    assert not list(tmp_path.glob(".*"))
    index.compact()
    assert versions_of(index) == expected
    index.close()


def test_a_damaged_vector_stops_a_compaction_before_it_replaces_anything(tmp_path):
    index = written(tmp_path)
    before = read_record(tmp_path)
    with index._catalogue.database.writing() as connection:
        connection.execute("UPDATE vectors SET vector = zeroblob(52) WHERE row = 17")
    with pytest.raises(IndexFolderError, match="the vector of row 17, item 'i17', is damaged"):
        index.compact()
    assert read_record(tmp_path) == before
    index.close()


def test_a_folder_that_was_replaced_meanwhile_keeps_its_own_base(tmp_path, monkeypatch):
    (tmp_path / "shop").mkdir()
    for colour in ("lime", "navy"):
        Image.new("RGB", (4, 4), colour).save(tmp_path / "shop" / f"{colour}.png")
    out, build = tmp_path / "index", VectorIndex.build
    build_index(ColourEncoder(), read_source(tmp_path / "shop"), out)
    old = Index.open(out, ColourEncoder())

    def replaced_first(*arguments, **options):
        monkeypatch.setattr(VectorIndex, "build", build)
        (tmp_path / "shop" / "navy.png").unlink()
        build_index(ColourEncoder(), read_source(tmp_path / "shop"), out)
        return build(*arguments, **options)

    monkeypatch.setattr(VectorIndex, "build", replaced_first)
    with pytest.raises(NotReadyError, match="was replaced by another build"):
        old.compact()
    assert old.count == 2
    old.close()
    new = Index.open(out, ColourEncoder())
    assert (new.count, new.record.vectors) == (1, "vectors.faiss")
    new.close()


def test_searches_and_writes_go_on_while_compactions_run(tmp_path):
    index, vectors = create(tmp_path, 200)
    expected = versions_of(index)
    with repeated(index.compact):
        for version in range(1, 150):
            name = f"i{version % 50}"
            if version % 3 == 0 and name in expected:
                index.apply([Change(name, None)])
                del expected[name]
            else:
                index.apply([put(tmp_path, name, vectors[version], version)])
                expected[name] = version
            # What was acknowledged is seen, whatever base is being taken over.
            snapshot = index.snapshot()
            assert snapshot.count == len(expected)
            assert snapshot.search(vectors[:1], 5)[1].shape == (1, 5)
    assert versions_of(index) == expected
    index.close()


# Uploaded pictures.


def test_pictures_go_with_the_last_version_that_had_them(tmp_path):
    index, vectors = create(tmp_path, 3)
    pictures = tmp_path / PICTURES
    pictures.mkdir()
    long_ago = time.time() - 7200
    for name in ("kept", "dead", "of a killed write", "of a write under way"):
        (pictures / name).touch()
        if name != "of a write under way":
            os.utime(pictures / name, (long_ago, long_ago))

    def upload(item_id: str, name: str) -> None:
        entry = entry_of(CatalogueItem(item_id, pictures / name), vectors[0])
        index.apply([Change(item_id, entry)])

    upload("a", "dead")
    upload("a", "kept")
    upload("b", "kept")
    compact(tmp_path, kept_s=NOTHING)
    assert {path.name for path in pictures.iterdir()} == {"kept", "dead", "of a write under way"}
    entry = index.entry("a")
    index.apply([Change("b", None)])
    compact(tmp_path, kept_s=EVERYTHING)
    assert {path.name for path in pictures.iterdir()} == {"kept", "of a write under way"}
    item = dataclasses.replace(entry.item, image_path=pictures / "dead")
    with pytest.raises(NotReadyError, match="the picture of item 'a' was removed"):
        index.apply([Change("a", dataclasses.replace(entry, item=item))])
    upload("c", "of a write under way")
    assert index.item("c").image_path.is_file()
    index.close()
