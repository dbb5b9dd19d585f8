"""Vectors against numpy, the catalogue, and every reason to refuse an index folder."""

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
from wardrobe.errors import BadRequestError, IndexFolderError, UnknownItemError
from wardrobe.files import sha256_of
from wardrobe.index import CatalogueItem, Index
from wardrobe.index.catalogue import Catalogue
from wardrobe.index.sources import read_source
from wardrobe.index.vector_index import FLAT_MAX, HNSW_MAX, VectorIndex, kind_for
from wardrobe.indexing import build_index

COLOURS = ("red", "green", "blue", "white", "black")


def clustered(
    count: int, dimension: int, seed: int, *, centres: int = 200, width: float = 0.5
) -> np.ndarray:
    """Unit vectors around centres, as pictures of garments lie."""
    random = np.random.default_rng(seed)
    middles = np.random.default_rng(0).standard_normal((centres, dimension))
    vectors = middles[random.integers(0, centres, count)]
    vectors = vectors + width * random.standard_normal((count, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def nearest(queries: np.ndarray, vectors: np.ndarray, k: int) -> np.ndarray:
    return np.argsort(-(queries @ vectors.T), axis=1, kind="stable")[:, :k]


def round_trip(index: VectorIndex, folder: Path) -> VectorIndex:
    index.write(folder / "vectors")
    return VectorIndex.read(folder / "vectors")


@pytest.mark.parametrize("queries", [1, 3, 40])
@pytest.mark.parametrize("k", [1, 7, 500])
def test_flat_gives_the_rows_order_and_scores_of_numpy(tmp_path, queries, k):
    vectors, asked = clustered(333, 24, 1), clustered(queries, 24, 2)
    scores, rows = round_trip(VectorIndex.build(vectors, "flat"), tmp_path).search(asked, k)
    expected = nearest(asked, vectors, k)
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_allclose(
        scores, np.take_along_axis(asked @ vectors.T, expected, axis=1), atol=1e-6
    )


@pytest.mark.parametrize(("kind", "tolerance"), [("hnsw", 1e-6), ("ivfpq", 1e-3)])
def test_approximate_kinds_find_what_flat_finds_with_honest_scores(tmp_path, kind, tolerance):
    # As crowded as a million garments are: more near ones than codes can tell apart.
    vectors, asked = (
        clustered(count, 24, seed, centres=20, width=0.3) for count, seed in ((12_000, 3), (100, 4))
    )
    index = round_trip(VectorIndex.build(vectors, kind), tmp_path)
    scores, rows = index.search(asked, 10)
    expected = nearest(asked, vectors, 10)
    recall = np.mean([len({*a} & {*b}) / 10 for a, b in zip(rows, expected, strict=True)])
    assert recall >= 0.95
    truth = np.take_along_axis(asked @ vectors.T, rows, axis=1)
    np.testing.assert_allclose(scores, truth, atol=tolerance)
    assert index.vector_of(17) @ vectors[17] == pytest.approx(1, abs=tolerance)
    assert (index.count, index.dimension) == (12_000, 24)


@pytest.mark.parametrize("kind", ["flat", "hnsw", "ivfpq"])
def test_k_rows_come_back_whatever_the_kind_and_each_once(tmp_path, kind):
    # 20 vectors 600 times each: islands a graph cannot leave, lists a few probes do not fill.
    vectors = np.repeat(clustered(20, 8, 5), 600, axis=0)
    index = round_trip(VectorIndex.build(vectors, kind), tmp_path)
    for k in (1, 1000, 12_000, 50_000):
        scores, rows = index.search(vectors[:2], k)
        assert rows.shape == scores.shape == (2, min(k, 12_000))
        assert rows.min() >= 0
        assert all(len({*row}) == len(row) for row in rows)
        assert (np.diff(scores, axis=1) <= 0).all()
        assert scores.max() <= 1


@pytest.mark.parametrize("kind", ["flat", "hnsw"])
def test_a_page_that_ends_among_equals_takes_the_first_rows(kind):
    vectors = clustered(200, 24, 7)
    vectors[[3, 50, 90, 120, 199]] = vectors[150]  # six are the same
    index = VectorIndex.build(vectors[np.random.default_rng(0).permutation(200)], kind)
    asked = clustered(5, 24, 8) + vectors[150]
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    everything = index.search(asked, 200)[1]
    for k in range(1, 20):
        np.testing.assert_array_equal(index.search(asked, k)[1], everything[:, :k])


def test_equals_come_in_row_order_so_that_pages_do_not_overlap():
    vectors = np.repeat(clustered(3, 8, 6), 50, axis=0)
    index = VectorIndex.build(vectors, "flat")
    for k in (1, 10, 49):
        np.testing.assert_array_equal(index.search(vectors[60:61], k)[1][0], np.arange(50, 50 + k))


def test_an_empty_index_finds_nothing(tmp_path):
    index = round_trip(VectorIndex.build(np.empty((0, 8), np.float32), "flat"), tmp_path)
    index.warm_up()
    assert index.search(clustered(2, 8, 7), 5)[1].shape == (2, 0)


def test_the_kind_follows_the_size():
    assert [kind_for(n) for n in (0, FLAT_MAX, FLAT_MAX + 1, HNSW_MAX, HNSW_MAX + 1)] == [
        *("flat", "flat", "hnsw", "hnsw", "ivfpq")
    ]


@pytest.mark.parametrize("value", [np.nan, np.inf, 0, 3])
def test_vectors_of_a_damaged_encoder_are_refused(value):
    vectors = clustered(10, 8, 8)
    vectors[4] = value
    with pytest.raises(IndexFolderError, match="vector 4 has length .*, expected 1"):
        VectorIndex.build(vectors, "flat")


def test_too_few_vectors_to_train_on_are_refused():
    with pytest.raises(BadRequestError, match="at least 9984 vectors to train on, found 50"):
        VectorIndex.build(clustered(50, 8, 9), "ivfpq")


def test_items_come_back_as_they_were_in_the_order_asked_for(tmp_path):
    items = [
        CatalogueItem("a/ü 1", tmp_path / "a" / "ü 1.png", "x 'quoted'", {"colour": ("Red",)}),
        CatalogueItem("b", tmp_path / "b.png", tags={"colour": {"Blue": 0.75}}),
        CatalogueItem("c", tmp_path / "c.png", metadata={"price": 9.5, "sizes": ["S", "M"]}),
    ]
    Catalogue.write(tmp_path / "items.sqlite", items, tmp_path)
    catalogue = Catalogue(tmp_path / "items.sqlite", tmp_path)
    found = catalogue.items([2, 0, 2])
    assert found == [items[2], dataclasses.replace(items[0], labels={"colour": ["Red"]}), items[2]]
    assert catalogue.count == 3
    assert catalogue.row_of("a/ü 1") == 0
    with pytest.raises(UnknownItemError, match="no item has the id 'nothing'.* 3 items"):
        catalogue.row_of("nothing")
    catalogue.close()


def test_labels_are_the_given_ones_or_else_the_predicted_ones(tmp_path):
    given = {"article_type": ["Shirts"], "colour": ["Red", "Blue"]}
    tags = {"article_type": {"Tops": 0.9}, "gender": {"Men": 0.6}}
    item = CatalogueItem("a", tmp_path, labels=given, tags=tags)
    assert item.label_names == ["Shirts", "Red", "Blue"]
    assert dataclasses.replace(item, labels={}).label_names == ["Tops", "Men"]
    assert CatalogueItem("a", tmp_path).label_names == []


def test_many_threads_read_one_index(small_index):
    index = Index.open(small_index, ColourEncoder())
    failures = []

    def read(row: int) -> None:
        for _ in range(50):
            found = index.search(index.vector_of(row)[None], 1)[1][0]
            if found[0] != row or index.items(found)[0].id != sorted(COLOURS)[row]:
                failures.append(row)

    threads = [threading.Thread(target=read, args=(row,)) for row in range(len(COLOURS))]
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


def lose_an_item(folder: Path) -> None:
    with sqlite3.connect(folder / "catalogue.sqlite") as connection:
        connection.execute("DELETE FROM items WHERE row = 4")
    connection.close()
    seal(folder)


def swap_files(folder: Path) -> None:
    shutil.copy(folder / "index.json", folder / "catalogue.sqlite")
    seal(folder)


def spoil_vectors(folder: Path) -> None:
    (folder / "vectors.faiss").write_bytes(b"not FAISS")
    seal(folder)


def seal(folder: Path) -> None:
    files = ("vectors.faiss", "catalogue.sqlite")
    edit_record(folder, checksums={name: sha256_of(folder / name) for name in files})


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
        (lambda f: (f / "index.json").write_text('{"format": 1'), r"cannot read .*index\.json"),
        (lambda f: (f / "index.json").write_bytes(b"\xff"), r"cannot read .*index\.json"),
        (lambda f: (f / "index.json").write_text("[]"), r"has format None"),
        (lambda f: edit_record(f, format=2), r"has format 2, this version reads 1"),
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
        (lambda f: damage(f / "catalogue.sqlite"), r"catalogue\.sqlite is damaged: its SHA-256"),
        (lambda f: edit_record(f, checksums={}), r"vectors\.faiss is damaged: .* says none"),
        (
            lambda f: edit_record(f, count=4),
            r"index\.json says 4 items of dimension 13, vectors\.faiss has 5 of dimension 13, "
            r"catalogue\.sqlite 5 items",
        ),
        (lose_an_item, r"says 5 items .* vectors\.faiss has 5 .* catalogue\.sqlite 4 items"),
        (swap_files, r"SQLite cannot read .*catalogue\.sqlite: file is not a database"),
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
