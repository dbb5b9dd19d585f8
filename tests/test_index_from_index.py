"""Building an index from another one: tagged or encoded anew, while that one is written to."""

import itertools
import json
import multiprocessing
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tqdm import tqdm

from tests.fakes import ColourEncoder
from tests.serving import picture, until
from tests.test_build_index import SHARD_SIZE, CountingEncoder, draw
from wardrobe import indexing
from wardrobe.cataloguing import entries_of
from wardrobe.colours import dominant_colours
from wardrobe.encoders.base import PictureEncoding, PixelArray
from wardrobe.errors import DatasetError, IndexFolderError
from wardrobe.index import CatalogueItem, Change, Index
from wardrobe.index.sources import read_source
from wardrobe.indexing import build_index
from wardrobe.probabilities import from_logits
from wardrobe.serving.writing import keep_picture

ROOT = Path(__file__).parents[1]


class NewEncoder(CountingEncoder):
    """Another fingerprint and other vectors; slow, so that it can be killed."""

    name = "new-encoder"
    fingerprint = "4e3" * 21 + "4"

    def __init__(self, seconds: float = 0) -> None:
        super().__init__()
        self._seconds = seconds

    def encode_pictures(self, pixels: PixelArray) -> PictureEncoding:
        time.sleep(self._seconds)
        encoding = super().encode_pictures(pixels)
        return PictureEncoding(np.roll(encoding.vectors, 1, axis=1), encoding.logits)


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch):
    monkeypatch.setattr(indexing, "SHARD_SIZE", SHARD_SIZE)


@pytest.fixture
def living(tmp_path):
    """An index of 20 pictures that is open to be written to."""
    shop = draw(tmp_path / "shop", [f"{n:02d}.png" for n in range(20)])
    build_index(ColourEncoder(), read_source(shop), tmp_path / "living")
    index = Index.open(tmp_path / "living", ColourEncoder())
    yield index
    index.close()


def put(index: Index, item_id: str, colour, **given) -> None:
    encoder = ColourEncoder()
    path = keep_picture(index.folder, picture(colour))
    item = CatalogueItem(item_id, path, **given)
    pixels = encoder.prepare(Image.open(path).convert("RGB"))
    encoding = encoder.encode_pictures(pixels[None])
    colours = dominant_colours(pixels)[None]
    probabilities = from_logits(encoding.logits, encoder.label_space)
    (entry,) = entries_of(encoder, [item], encoding.vectors, probabilities, colours)
    index.apply([Change(item_id, entry)])


def items_of(folder: Path, encoder) -> dict[str, CatalogueItem]:
    index = Index.open(folder, encoder)
    snapshot = index.snapshot()
    items = index.items(snapshot.rows[snapshot.alive].tolist())
    index.close()
    return {item.id: item for item in items.values()}


def check_encoded(folder: Path, encoder) -> None:
    """Looks whether every item has the vector and probabilities of its own picture."""
    index = Index.open(folder, encoder)
    for item_id in items_of(folder, encoder):
        entry = index.entry(item_id)
        with Image.open(entry.item.image_path) as opened:
            pixels = encoder.prepare(opened.convert("RGB"))
        expected = encoder.encode_pictures(pixels[None]).vectors[0]
        np.testing.assert_allclose(entry.vector, expected, atol=1e-6)
    index.close()


def test_everything_that_was_written_comes_along_and_is_encoded_anew(living, tmp_path):
    given = {"caption": "mine", "labels": {"colour": ["Red"]}, "metadata": {"price": 5}}
    put(living, "mine", "red", **given)
    put(living, "07", "blue")
    living.apply([Change("03", None)])
    build_index(NewEncoder(), read_source(living.folder), tmp_path / "new")
    before, after = (
        items_of(living.folder, ColourEncoder()),
        items_of(tmp_path / "new", NewEncoder()),
    )
    assert list(after) == list(before), "in the same order"
    assert "03" not in after
    mine = after["mine"]
    assert (mine.caption, mine.labels, mine.metadata) == tuple(given.values())
    assert mine.image_path.parent == tmp_path / "new" / "pictures"
    assert after["00"].image_path == before["00"].image_path
    shutil.rmtree(living.folder)
    check_encoded(tmp_path / "new", NewEncoder())


def test_uploaded_pictures_are_copied_where_they_cannot_be_linked(living, tmp_path, monkeypatch):
    put(living, "mine", "red")

    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    build_index(NewEncoder(), read_source(living.folder), tmp_path / "new")
    path = items_of(tmp_path / "new", NewEncoder())["mine"].image_path
    assert path.read_bytes() == picture("red")
    assert path.stat().st_nlink == 1


def test_after_other_thresholds_tags_are_selected_anew(living, tmp_path):
    put(living, "white", "white")
    encoder = CountingEncoder()
    encoder.thresholds = np.full(5, 0.99999, np.float32)
    (tmp_path / "shop" / "04.png").unlink()
    build_index(encoder, read_source(living.folder), tmp_path / "strict")
    assert encoder.pictures == 0, "what it made of them is known"
    before, after = items_of(living.folder, encoder), items_of(tmp_path / "strict", encoder)
    assert before["white"].tags
    assert list(after) == list(before)
    assert not any(item.tags for item in after.values())
    assert not build_index(encoder, read_source(living.folder), tmp_path / "strict")[1]
    encoder.thresholds = ColourEncoder.thresholds
    build_index(encoder, read_source(tmp_path / "strict"), tmp_path / "back")
    back = items_of(tmp_path / "back", encoder)
    assert [item.tags for item in back.values()] == [item.tags for item in before.values()]
    for item_id in back:
        entries = []
        for folder in (living.folder, tmp_path / "back"):
            index = Index.open(folder, encoder)
            entries.append(index.entry(item_id))
            index.close()
        for part in ("vector", "probabilities", "colours"):
            np.testing.assert_array_equal(*(getattr(entry, part) for entry in entries))


def test_unusable_pictures_are_listed(living, tmp_path):
    put(living, "mine", "red")
    living.item("mine").image_path.write_bytes(b"broken")
    (tmp_path / "shop" / "04.png").unlink()
    record, _ = build_index(NewEncoder(), read_source(living.folder), tmp_path / "new")
    lines = (tmp_path / "new" / "errors.jsonl").read_text().splitlines()
    listed = {Path(json.loads(line)["path"]).stem for line in lines}
    assert listed == {"04", living.item("mine").image_path.stem}
    assert (record.count, record.skipped) == (19, 2)
    assert {"mine", "04"}.isdisjoint(items_of(tmp_path / "new", NewEncoder()))


def test_what_is_written_while_it_is_built_is_in_it(living, tmp_path):
    class Writing(NewEncoder):
        """A shop that goes on as its first pictures are encoded."""

        def encode_pictures(self, pixels: PixelArray) -> PictureEncoding:
            if not self.pictures:
                put(living, "late", "red")
                living.apply([Change("19", None)])
            return super().encode_pictures(pixels)

    build_index(Writing(), read_source(living.folder), tmp_path / "new")
    after = items_of(tmp_path / "new", NewEncoder())
    assert "late" in after
    assert "19" not in after


def test_a_written_index_is_only_built_over_from_what_has_its_writes(living, tmp_path):
    put(living, "mine", "red")
    shop, old = read_source(tmp_path / "shop"), living.folder
    with pytest.raises(IndexFolderError, match="was written to 1 times") as refused:
        build_index(NewEncoder(), shop, old)
    assert f"python build_index.py {old} --out {old}" in refused.value.message
    build_index(NewEncoder(), read_source(old), tmp_path / "new")
    with pytest.raises(IndexFolderError, match="was written to 1 times"):
        build_index(NewEncoder(), shop, tmp_path / "new")  # it came along
    put(living, "late", "red")
    assert build_index(NewEncoder(), read_source(old), tmp_path / "new")[1], "from the same again"
    assert build_index(NewEncoder(), read_source(tmp_path / "new"), old)[1], "and the way back"
    assert {"mine", "late"} < set(items_of(old, NewEncoder()))
    assert build_index(ColourEncoder(), read_source(old), old)[1], "and from itself"
    assert {"mine", "late"} < set(items_of(old, ColourEncoder()))
    check_encoded(old, ColourEncoder())
    index = Index.open(old, ColourEncoder())
    put(index, "later", "red")
    index.close()
    with pytest.raises(IndexFolderError, match="was written to"):
        build_index(NewEncoder(), read_source(tmp_path / "new"), old)


def test_a_write_as_the_index_is_built_from_itself_is_not_lost(living, tmp_path, monkeypatch):
    put(living, "mine", "red")
    write = indexing._write

    def late(*arguments: object) -> object:
        put(living, "late", "red")
        return write(*arguments)

    monkeypatch.setattr(indexing, "_write", late)
    with pytest.raises(IndexFolderError, match="was written to"):
        build_index(NewEncoder(), read_source(living.folder), living.folder)
    monkeypatch.undo()
    encoder = NewEncoder()
    build_index(encoder, read_source(living.folder), living.folder)
    assert encoder.pictures <= 21
    assert {"mine", "late"} < set(items_of(living.folder, encoder))


def test_an_index_without_items_is_no_source(living):
    living.apply([Change(item_id, None) for item_id in items_of(living.folder, ColourEncoder())])
    with pytest.raises(DatasetError, match="has no items"):
        read_source(living.folder)


def build_in_process(index: Path, out: Path) -> None:
    # The default lock is a semaphore of the system, which would outlive a process that is killed.
    tqdm.set_lock(threading.RLock())
    indexing.SHARD_SIZE = SHARD_SIZE
    build_index(NewEncoder(0.03), read_source(index), out, batch_size=4)


def test_a_build_killed_again_and_again_while_the_index_is_written_to_ends_right(living, tmp_path):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.test_index_from_index"])
    random, stop, out = np.random.default_rng(0), threading.Event(), tmp_path / "new"
    shards = tmp_path / "new.building" / "shards"

    def keep_writing() -> None:
        for turn in itertools.count():
            if stop.wait(0.02):
                return
            put(living, f"w{turn % 30}", (turn % 256, 0, 100))
            if turn % 3 == 0:
                living.apply([Change(f"w{(turn - 10) % 30}", None)])

    writer = threading.Thread(target=keep_writing)
    writer.start()
    for turn in range(6):
        process = context.Process(target=build_in_process, args=(living.folder, out))
        process.start()
        alive = process.is_alive
        until(lambda n=turn, go=alive: len([*shards.glob("*.npz")]) > n or not go(), 60)
        time.sleep(random.uniform(0, 0.2))
        process.kill()
        process.join()
    stop.set()
    writer.join()
    encoder = NewEncoder()
    build_index(encoder, read_source(living.folder), out, batch_size=4)
    assert encoder.pictures < 30, "what was encoded before is used"
    after = items_of(out, encoder)
    assert list(after) == list(items_of(living.folder, ColourEncoder()))
    check_encoded(out, encoder)


@pytest.mark.parametrize("change", ["nothing", "index", "encoder"])
def test_make_run_leaves_an_index_alone_that_is_newer_than_what_it_was_built_from(tmp_path, change):
    shutil.copy(ROOT / "Makefile", tmp_path)
    index = tmp_path / "indexes" / "demo" / "index.json"
    encoder = tmp_path / "models" / "wardrobe-base" / "config.json"
    manifest = tmp_path / "multi_label_dataset" / "demo" / "manifest.csv"
    installed = [tmp_path / ".venv" / name for name in ("bin/pip", "installed")]
    files = [tmp_path / "requirements.txt", *installed, encoder, manifest, index]
    for age, path in enumerate(reversed(files)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (1e9 - age, 1e9 - age))
    if change != "nothing":  # a compaction writes index.json anew
        {"index": index, "encoder": encoder}[change].touch()
    told = subprocess.run(
        ["make", "--dry-run", "index"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ("build_index.py" in told.stdout) == (change == "encoder")
