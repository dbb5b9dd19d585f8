"""Building an index again: up to date, swapped whole, and after SIGKILL at any step."""

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
from tqdm import tqdm

from tests.fakes import ColourEncoder
from tests.test_build_index import SHARD_SIZE, CountingEncoder, contents, dataset, draw
from wardrobe import indexing
from wardrobe.encoders.base import PictureEncoding, PixelArray
from wardrobe.errors import IndexFolderError
from wardrobe.index import Index
from wardrobe.index.sources import read_source
from wardrobe.indexing import build_index
from wardrobe.manifest import Manifest


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch):
    monkeypatch.setattr(indexing, "SHARD_SIZE", SHARD_SIZE)


def test_a_second_build_of_the_same_does_nothing_and_a_change_builds_again(tmp_path):
    root, out, encoder = tmp_path / "data", tmp_path / "index", CountingEncoder()
    manifest = dataset(root, root / "images")

    def build(**options: str) -> bool:
        return build_index(encoder, read_source(root), out, **options)[1]

    assert build()
    stamp = (out / "index.json").stat().st_mtime_ns
    assert not build()
    assert (encoder.pictures, (out / "index.json").stat().st_mtime_ns) == (3, stamp)

    draw(root / "images", ["2.png"], seed=1)
    assert build(), "another picture"
    Manifest(root, manifest.items[:2], manifest.label_space).save()
    assert build(), "an item less"
    assert build(kind="hnsw"), "another kind"
    encoder.thresholds = np.full(5, 0.1, np.float32)
    assert build(), "other thresholds select other tags"
    (out / "vectors.faiss").write_bytes(b"damaged")
    assert build(), "damage"
    encoder.fingerprint = "f" * 64
    assert build(), "another encoder"
    assert not build()


def test_an_index_that_is_open_keeps_its_own_items_when_it_is_rebuilt(tmp_path):
    encoder, out = ColourEncoder(), tmp_path / "index"
    build_index(encoder, read_source(draw(tmp_path / "a", ["1.png", "2.png"])), out)
    index = Index.open(out, encoder)
    build_index(encoder, read_source(draw(tmp_path / "b", ["3.png", "4.png", "5.png"])), out)
    index.warm_up()
    assert [item.id for item in index.items([0, 1]).values()] == ["1", "2"]
    snapshot = index.snapshot()
    assert snapshot.search(snapshot.vectors_of(np.array([1])), 2)[1].tolist() == [[1, 0]]
    assert index.count == 2
    index.close()


def test_an_index_opens_whole_at_any_moment_of_a_rebuild(tmp_path):
    encoder, out = ColourEncoder(), tmp_path / "index"
    sources = [
        read_source(draw(tmp_path / name, [f"{name}{n}.png" for n in range(5 + 4 * len(name))]))
        for name in ("a", "bb")
    ]
    build_index(encoder, sources[0], out)
    stop, seen, failures = threading.Event(), set(), []

    def keep_opening() -> None:
        while not stop.is_set():
            try:
                index = Index.open(out, encoder)
                items = index.items(range(index.count))
                seen.add((items[0].id, len(items), index.words("nothing", 1) == []))
                index.close()
            except Exception as error:
                failures.append(error)

    reader = threading.Thread(target=keep_opening)
    reader.start()
    for turn in range(1, 13):
        build_index(encoder, sources[turn % 2], out)
    stop.set()
    reader.join()
    assert not failures
    assert seen <= {("a0", 9, True), ("bb0", 13, True)}


def test_two_builds_of_one_index_do_not_mix(tmp_path):
    source = read_source(draw(tmp_path / "shop", ["a.png"]))
    with (
        indexing._only_builder(tmp_path / "index.building"),
        pytest.raises(IndexFolderError, match=r"another build_index\.py is working"),
    ):
        build_index(ColourEncoder(), source, tmp_path / "index")
    assert build_index(ColourEncoder(), source, tmp_path / "index")[1]


# From a shell.


class SlowEncoder(ColourEncoder):
    """Takes longer than writing does."""

    def encode_pictures(self, pixels: PixelArray) -> PictureEncoding:
        time.sleep(0.01)
        return super().encode_pictures(pixels)


_CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree", "sqlite3.connect"}


def build_and_die(shop: Path, out: Path, steps: int) -> None:
    """Builds, and kills itself before the step of this number that changes the disk."""
    left = steps

    def count_down(event: str, details: tuple) -> None:
        nonlocal left
        opens_to_write = event == "open" and details[2] & (os.O_WRONLY | os.O_RDWR)
        if opens_to_write or event in _CHANGES:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count_down)
    build_in_process(shop, out, ColourEncoder())


def build_in_process(shop: Path, out: Path, encoder: ColourEncoder) -> None:
    # The default lock is a semaphore of the system, which would outlive a process that is killed.
    tqdm.set_lock(threading.RLock())
    indexing.SHARD_SIZE = SHARD_SIZE
    build_index(encoder, read_source(shop), out, batch_size=4)


@pytest.fixture(scope="module")
def processes():
    """Starts processes that have the modules loaded already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.test_build_index"])
    return context


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    folder = draw(tmp_path_factory.mktemp("pictures"), [f"{n:02d}.png" for n in range(20)])
    (folder / "07.png").write_bytes(b"broken")
    return folder


@pytest.fixture
def finished(tmp_path, shop) -> tuple:
    """Puts an index of other pictures into `tmp_path/before`; gives what one of the shop holds."""
    few = draw(tmp_path / "few", ["x.png", "y.png"])
    build_index(ColourEncoder(), read_source(few), tmp_path / "before")
    build_index(ColourEncoder(), read_source(shop), tmp_path / "straight", batch_size=4)
    return contents(tmp_path / "straight")


def check_survivor(out: Path, shop: Path, finished: tuple) -> int:
    """Checks what a killed build left and that the next ends well; returns what it could reuse."""
    index = Index.open(out, ColourEncoder())
    assert (index.count, index.items([0])[0].id) in ((2, "x"), (19, "00"))
    index.close()
    reusable = SHARD_SIZE * len([*(out.parent / "index.building" / "shards").glob("*.npz")])
    encoder = CountingEncoder()
    build_index(encoder, read_source(shop), out, batch_size=4)
    assert encoder.pictures <= max(0, 20 - reusable)
    assert contents(out) == finished
    assert not (out.parent / "index.building").exists()
    return reusable


def test_a_build_killed_at_any_step_leaves_a_whole_index_and_goes_on(
    tmp_path, shop, finished, processes
):
    out, reused, moved_aside, steps, exit_code = tmp_path / "index", set(), 0, 0, -signal.SIGKILL
    while exit_code == -signal.SIGKILL:
        steps += 1
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(tmp_path / "before", out)
        process = processes.Process(target=build_and_die, args=(shop, out, steps))
        process.start()
        process.join()
        exit_code = process.exitcode
        moved_aside += not out.exists()
        reused.add(check_survivor(out, shop, finished))
    assert exit_code == 0
    assert reused == {0, 8, 16, 24}
    assert moved_aside, "no kill between moving the old index away and the new one in"


def test_an_old_index_whose_replacement_was_lost_serves_and_comes_back(tmp_path):
    encoder, out = ColourEncoder(), tmp_path / "index"
    source = read_source(draw(tmp_path / "shop", ["a.png"]))
    build_index(encoder, source, out)
    (tmp_path / "index.building").mkdir()
    out.rename(tmp_path / "index.building" / "old")
    index = Index.open(out, encoder)
    assert index.item("a").id == "a"
    index.close()
    assert not build_index(encoder, source, out)[1], "it is up to date"
    assert out.exists()
    assert not (tmp_path / "index.building").exists()


@pytest.mark.parametrize("turn", range(4))
def test_a_build_killed_at_any_time_goes_on(tmp_path, shop, finished, processes, turn):
    out = Path(shutil.copytree(tmp_path / "before", tmp_path / "index"))
    process = processes.Process(target=build_in_process, args=(shop, out, SlowEncoder()))
    process.start()
    time.sleep(np.random.default_rng(turn).uniform(0.02, 0.3))
    process.kill()
    process.join()
    check_survivor(out, shop, finished)
