"""An index folder: opened whole or not at all, wherever it is and whoever may write to it."""

import dataclasses
import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.fakes import ColourEncoder
from tests.tiny_index import COLOURS
from wardrobe.errors import IndexFolderError, NotReadyError
from wardrobe.files import sha256_of
from wardrobe.index import CatalogueItem, Change, Index
from wardrobe.index.sources import read_source
from wardrobe.indexing import build_index


def test_labels_are_the_given_ones_or_else_the_predicted_ones(tmp_path):
    given = {"article_type": ["Shirts"], "colour": ["Red", "Blue"]}
    tags = {"article_type": {"Tops": 0.9}, "gender": {"Men": 0.6}}
    item = CatalogueItem("a", tmp_path, labels=given, tags=tags)
    assert item.label_names == ["Shirts", "Red", "Blue"]
    assert dataclasses.replace(item, labels={}).label_names == ["Tops", "Men"]
    assert CatalogueItem("a", tmp_path).label_names == []


def test_many_threads_read_one_index(small_index):
    index = Index.open(small_index, ColourEncoder())
    snapshot = index.snapshot()
    failures = []

    def read(slot: int) -> None:
        for _ in range(50):
            found = snapshot.search(snapshot.vectors_of(np.array([slot])), 1)[1][0]
            row = int(snapshot.rows[found[0]])
            if found[0] != slot or index.items([row])[row].id != sorted(COLOURS)[slot]:
                failures.append(slot)

    threads = [threading.Thread(target=read, args=(slot,)) for slot in range(len(COLOURS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    index.close()


# An index folder that is not whole, or not this encoder's.


@pytest.fixture(scope="module")
def built_once(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("index")
    (folder / "shop").mkdir()
    for colour in COLOURS:
        Image.new("RGB", (40, 30), colour).save(folder / "shop" / f"{colour}.png")
    source = read_source(folder / "shop")
    build_index(ColourEncoder(), source, folder / "demo", command_line="python build_index.py shop")
    return folder / "demo"


@pytest.fixture
def small_index(built_once, tmp_path) -> Path:
    return Path(shutil.copytree(built_once, tmp_path / "demo"))


def edit_record(folder: Path, **changes: object) -> None:
    content = json.loads((folder / "index.json").read_text())
    (folder / "index.json").write_text(json.dumps(content | changes))


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def drop_field(folder: Path) -> None:
    content = json.loads((folder / "index.json").read_text())
    del content["fingerprint"]
    (folder / "index.json").write_text(json.dumps(content))


def in_catalogue(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(folder / "catalogue.sqlite")
    with connection:
        connection.execute(statement)
    connection.close()


def spoil_vectors(folder: Path) -> None:
    (folder / "vectors.faiss").write_bytes(b"not FAISS")
    seal(folder)


def vectors_of_others(folder: Path) -> None:
    """Puts in place of the vectors those of as many other pictures."""
    for number, colour in enumerate(("olive", "navy", "pink", "cyan", "tan")):
        (folder.parent / "others").mkdir(exist_ok=True)
        Image.new("RGB", (40, 30), colour).save(folder.parent / "others" / f"{number}.png")
    build_index(ColourEncoder(), read_source(folder.parent / "others"), folder.parent / "other")
    shutil.copy(folder.parent / "other" / "vectors.faiss", folder)
    seal(folder)


def older_catalogue(folder: Path) -> None:
    """Puts in place of the catalogue a copy from before a write and a compaction."""
    shutil.copy(folder / "catalogue.sqlite", folder.parent / "copy")
    index = Index.open(folder, ColourEncoder())
    entry = index.entry("red")
    item = dataclasses.replace(entry.item, id="new")
    index.apply([Change("new", dataclasses.replace(entry, item=item))])
    index.compact()
    index.close()
    shutil.copy(folder.parent / "copy", folder / "catalogue.sqlite")


def damage_index_of_ids(folder: Path) -> None:
    """Makes a look-up by id miss an item that the table has."""
    in_catalogue(folder, "UPDATE items SET id = 'fed' WHERE id = 'red'")
    path = folder / "catalogue.sqlite"
    data = path.read_bytes()
    # The row's own page says "fed" beside the path of its picture, the indices' pages do not.
    place = data.index(b"fedred.png")
    path.write_bytes(data[:place] + b"red" + data[place + 3 :])


def seal(folder: Path) -> None:
    edit_record(folder, checksums={"vectors.faiss": sha256_of(folder / "vectors.faiss")})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (shutil.rmtree, r"there is no index folder .*demo"),
        (lambda f: (f / "index.json").unlink(), r"cannot read .*index\.json: .*No such file"),
        (lambda f: (f / "vectors.faiss").unlink(), r"cannot read .*vectors\.faiss: No such file"),
        (
            lambda f: (f / "catalogue.sqlite").unlink(),
            r"cannot read .*catalogue\.sqlite: No such file",
        ),
        (lambda f: (f / "index.json").write_text('{"format": 2'), r"cannot read .*index\.json"),
        (lambda f: (f / "index.json").write_bytes(b"\xff"), r"cannot read .*index\.json"),
        (lambda f: (f / "index.json").write_text("[]"), r"has format None"),
        (lambda f: edit_record(f, format=1), r"has format 1, this version reads 2"),
        (lambda f: edit_record(f, count="many"), r"damaged: count: .*integer"),
        (drop_field, r"damaged: fingerprint: Field required"),
        (
            lambda f: edit_record(f, fingerprint="ab" * 32, encoder="clip"),
            r"built with encoder clip \(fingerprint abababababab…\), but the loaded encoder is "
            r"colour-encoder \(fingerprint c0104c0104c0…\)",
        ),
        (
            lambda f: edit_record(f, dimension=512),
            r"dimension 512, but encoder colour-encoder makes 13",
        ),
        (lambda f: edit_record(f, metric="l2"), r"has metric 'l2', expected 'cosine'"),
        (
            lambda f: damage(f / "vectors.faiss"),
            r"vectors\.faiss is damaged: its SHA-256 is .*index\.json says",
        ),
        # FAISS crashes as it maps a file of 28 bytes.
        (lambda f: os.truncate(f / "vectors.faiss", 28), r"vectors\.faiss is damaged: its SHA-256"),
        (
            lambda f: os.truncate(f / "catalogue.sqlite", 8192),
            r"SQLite cannot read .*: database disk image is malformed",
        ),
        (lambda f: edit_record(f, checksums={}), r"vectors\.faiss is damaged: .* says none"),
        (
            lambda f: edit_record(f, count=4),
            r"index\.json says 4 vectors of dimension 13, vectors\.faiss has 5 of dimension 13",
        ),
        (
            lambda f: shutil.copy(f / "index.json", f / "catalogue.sqlite"),
            r"SQLite cannot read .*catalogue\.sqlite: file is not a database",
        ),
        (
            lambda f: in_catalogue(f, "UPDATE items SET caption = 'x' WHERE id = 'red'"),
            r"row \d of the catalogue, item 'red', is damaged",
        ),
        (
            lambda f: in_catalogue(f, "UPDATE vectors SET vector = zeroblob(52) WHERE row = 2"),
            r"the vector of row 2, item 'green', is damaged",
        ),
        (
            lambda f: in_catalogue(f, "DELETE FROM vectors WHERE row = 2"),
            r"the vector of row 2, item 'green', is damaged",
        ),
        (damage_index_of_ids, r"catalogue\.sqlite is damaged: .*index"),
        (vectors_of_others, r"the base was built of another catalogue: row \d differs"),
        (older_catalogue, r"the catalogue is an older copy: its last version is 4, the base has 5"),
        (spoil_vectors, r"FAISS cannot read .*vectors\.faiss"),
    ],
)
def test_a_folder_that_cannot_be_trusted_is_refused(
    small_index: Path, spoil: Callable[[Path], object], message: str
):
    spoil(small_index)
    with pytest.raises(IndexFolderError, match=message) as refused:
        Index.open(small_index, ColourEncoder())
    assert "rebuild it: python build_index.py " in str(refused.value)


def test_an_index_opens_where_its_folder_was_moved_to(small_index):
    moved = small_index.rename(small_index.with_name("elsewhere"))
    index = Index.open(moved, ColourEncoder())
    item = index.item("red")
    assert index.count == 5
    assert item.image_path.name == "red.png"
    assert item.image_path.is_file()
    index.close()


def write_red(index: Index, name: str) -> None:
    """Writes an item that is like `red`."""
    entry = index.entry("red")
    item = dataclasses.replace(entry.item, id=name)
    index.apply([Change(name, dataclasses.replace(entry, item=item))])


def test_a_folder_that_cannot_be_written_to_is_searched_and_refuses_writes(
    small_index, monkeypatch
):
    monkeypatch.setattr(os, "access", lambda *_: False)
    index = Index.open(small_index, ColourEncoder())
    assert index.item("red").label_names == ["Red", "reddish"]
    assert index.count == 5
    with pytest.raises(NotReadyError, match="demo cannot be written to: .* copy the index"):
        index.apply([Change("red", None)])
    with pytest.raises(NotReadyError, match="cannot be written to"):
        index.compact()
    index.maintain()
    index.close()
    files = {path.name for path in small_index.iterdir()}
    assert not {name for name in files if name.endswith(("-wal", "-shm"))}


def test_writes_that_a_killed_server_left_in_the_wal_are_read_where_nobody_can_write(
    small_index, tmp_path, monkeypatch
):
    index = Index.open(small_index, ColourEncoder())
    write_red(index, "new")
    left = Path(shutil.copytree(small_index, tmp_path / "left"))  # as a kill would leave it
    index.close()
    monkeypatch.setattr(os, "access", lambda *_: False)
    index = Index.open(left, ColourEncoder())
    assert index.item("new").id == "new"
    assert index.count == 6
    index.close()


def test_a_replaced_folder_takes_no_writes_of_those_who_have_the_old_one_open(
    small_index, tmp_path
):
    index = Index.open(small_index, ColourEncoder())
    (tmp_path / "shop").mkdir()
    Image.new("RGB", (4, 4), "lime").save(tmp_path / "shop" / "lime.png")
    build_index(ColourEncoder(), read_source(tmp_path / "shop"), small_index)
    with pytest.raises(NotReadyError, match="was replaced by another build"):
        write_red(index, "new")
    with pytest.raises(NotReadyError, match="was replaced by another build"):
        index.compact()
    index.maintain()
    assert (index.count, index.item("red").id) == (5, "red")
    index.close()
    successor = Index.open(small_index, ColourEncoder())
    assert (successor.count, successor.item("lime").id) == (1, "lime")
    successor.close()


def test_a_catalogue_that_was_written_to_is_not_built_over(small_index, tmp_path):
    index = Index.open(small_index, ColourEncoder())
    write_red(index, "new")
    index.close()
    (tmp_path / "shop").mkdir()
    Image.new("RGB", (4, 4), "lime").save(tmp_path / "shop" / "lime.png")
    with pytest.raises(IndexFolderError, match="was written to 1 times, and this build would"):
        build_index(ColourEncoder(), read_source(tmp_path / "shop"), small_index)
    index = Index.open(small_index, ColourEncoder())
    assert index.count == 6
    index.close()
