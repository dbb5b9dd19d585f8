"""Building an index: what goes in, what is left out, and what a killed build leaves behind."""

import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.fakes import ColourEncoder
from wardrobe import indexing
from wardrobe.colours import dominant_colours
from wardrobe.encoders.base import PictureEncoding, PixelArray
from wardrobe.errors import DatasetError, IndexFolderError
from wardrobe.index import Index
from wardrobe.index.sources import read_source
from wardrobe.indexing import build_index
from wardrobe.labels import Attribute, LabelSpace
from wardrobe.manifest import Item, Manifest
from wardrobe.probabilities import from_logits

SHARD_SIZE = 8


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch):
    monkeypatch.setattr(indexing, "SHARD_SIZE", SHARD_SIZE)


class CountingEncoder(ColourEncoder):
    """Remembers how many pictures it was given."""

    def __init__(self) -> None:
        self.pictures = 0

    def encode_pictures(self, pixels: PixelArray) -> PictureEncoding:
        self.pictures += len(pixels)
        return super().encode_pictures(pixels)


class HeadlessEncoder(ColourEncoder):
    """Has no tag heads."""

    label_space = None
    thresholds = None

    def encode_pictures(self, pixels: PixelArray) -> PictureEncoding:
        return PictureEncoding(super().encode_pictures(pixels).vectors, None)


def draw(folder: Path, names: Sequence[str], seed: int = 0) -> Path:
    random = np.random.default_rng(seed)
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (6, 5, 3), dtype=np.uint8)).save(path)
    return folder


def contents(index_folder: Path) -> tuple:
    """Everything in an index that a rebuild must give again."""
    index = Index.open(index_folder, ColourEncoder())
    record = index.record.model_dump(exclude={"created"})
    snapshot = index.snapshot()
    vectors = snapshot.vectors_of(np.arange(index.count)).tolist()
    items = list(index.items(snapshot.rows.tolist()).items())
    colours = snapshot.colours[: index.count].tolist()
    index.close()
    return record, vectors, items, colours, (index_folder / "errors.jsonl").read_text()


# What goes in.


def test_a_folder_becomes_items_with_vectors_and_tags_and_bad_pictures_are_listed(tmp_path):
    shop = draw(tmp_path / "shop", [f"{n:02d}.png" for n in range(19)])
    for name, colour in (("red.png", "red"), ("white.png", "white")):
        Image.new("RGB", (4, 4), colour).save(shop / name)
    (shop / "05.png").write_bytes(b"")
    (shop / "broken.jpg").write_bytes((shop / "06.png").read_bytes()[:40])
    (shop / "notes.txt").write_text("not a picture")
    encoder = ColourEncoder()

    record, built = build_index(encoder, read_source(shop), tmp_path / "index")

    index = Index.open(tmp_path / "index", encoder)
    assert built
    assert record == index.record
    assert (index.count, record.skipped, record.kind) == (20, 2, "flat")
    errors = [
        json.loads(line) for line in (tmp_path / "index/errors.jsonl").read_text().splitlines()
    ]
    assert [Path(error["path"]).name for error in errors] == ["05.png", "broken.jpg"]
    assert "empty" in errors[0]["error"]
    items = index.items(range(20))
    assert list(items) == list(range(20))
    for item in items.values():
        entry = index.entry(item.id)
        pixels = encoder.prepare(Image.open(item.image_path).convert("RGB"))
        encoding = encoder.encode_pictures(pixels[None])
        np.testing.assert_allclose(entry.vector, encoding.vectors[0], atol=1e-6)
        np.testing.assert_allclose(entry.colours, dominant_colours(pixels), atol=1e-6)
        probabilities = from_logits(encoding.logits, encoder.label_space)[0]
        np.testing.assert_allclose(entry.probabilities / 10_000, probabilities, atol=5.1e-5)
        assert item.id == item.image_path.stem
    # tone: sigmoid(10 * (1 - 0.5)); colour: softmax of (10, 0, 0), and a tie at a third for white.
    assert index.item("red").tags["colour"] == {"Red": 0.9999}
    assert index.item("red").label_names == ["Red", "reddish"]
    assert index.item("white").tags == {"tone": {"bright": 0.9933, "reddish": 0.9933}}
    index.close()
    assert not (tmp_path / "index.building").exists()


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (["b.png", "sub/a.jpg"], ["b", "a"]),
        (["a.png", "sub/a.jpg", "sub/deep/b.png"], ["a", "sub/a", "sub/deep/b"]),
        (["a.jpg", "a.png", "b.png"], ["a.jpg", "a.png", "b.png"]),
        (["1.5 red.png", "1.7 red.png"], ["1.5 red", "1.7 red"]),
    ],
)
def test_ids_are_as_short_as_they_can_be(tmp_path, names, ids):
    source = read_source(draw(tmp_path / "shop", names))
    assert [item.id for item in source.items] == ids
    build_index(ColourEncoder(), source, tmp_path / "index")
    index = Index.open(tmp_path / "index", ColourEncoder())
    assert [index.item(i).image_path for i in ids] == [tmp_path / "shop" / n for n in names]
    index.close()


def dataset(root: Path, pictures: Path) -> Manifest:
    draw(pictures, ["1.png", "2.png", "3.png"])
    space = LabelSpace(
        (
            Attribute("category", "single", ("Apparel", "Footwear")),
            Attribute("article_type", "single", ("Shirts", "Shoes", "Caps")),
        )
    )
    where = os.path.relpath(pictures, root)
    labels = {"category": ("Apparel",), "article_type": ("Shirts",)}
    items = (
        Item(f"{where}/1.png", "train", "a shirt", labels),
        Item(f"{where}/2.png", "val", "", {"category": ("Footwear",)}),
        Item(f"{where}/3.png"),
    )
    manifest = Manifest(root, items, space)
    manifest.save()
    return manifest


def test_a_manifest_gives_captions_splits_and_labels_the_most_specific_first(tmp_path):
    root = tmp_path / "data"
    dataset(root, tmp_path / "elsewhere" / "pictures")
    build_index(ColourEncoder(), read_source(root), tmp_path / "index")
    index = Index.open(tmp_path / "index", ColourEncoder())
    shirt, shoe, unknown = index.items(range(3)).values()
    assert (shirt.id, shirt.caption, shirt.metadata) == ("1", "a shirt", {"split": "train"})
    assert shirt.image_path == tmp_path / "elsewhere" / "pictures" / "1.png"
    assert shirt.label_names == ["Shirts", "Apparel"]
    assert shoe.label_names == ["Footwear"]
    assert unknown.labels == unknown.metadata == {}
    assert unknown.label_names == [name for found in unknown.tags.values() for name in found]
    index.close()


def test_splits_choose_items(tmp_path):
    root = tmp_path / "data"
    dataset(root, root / "images")
    assert [item.id for item in read_source(root, ["val"]).items] == ["2"]
    assert [item.id for item in read_source(root, ["val", "train"]).items] == ["1", "2"]
    with pytest.raises(DatasetError, match="no split 'test'; it has train, val"):
        read_source(root, ["test"])
    with pytest.raises(DatasetError, match=r"--split needs a manifest\.csv"):
        read_source(root / "images", ["train"])


def test_an_encoder_without_heads_gives_no_tags(tmp_path):
    shop = draw(tmp_path / "shop", ["a.png", "b.png"])
    build_index(HeadlessEncoder(), read_source(shop), tmp_path / "index")
    index = Index.open(tmp_path / "index", HeadlessEncoder())
    assert [item.tags for item in index.items([0, 1]).values()] == [{}, {}]
    assert index.entry("a").probabilities is None
    index.close()


def test_a_name_that_is_not_utf8_is_left_out_and_listed(tmp_path):
    shop = draw(tmp_path / "shop", ["a.png"])
    shutil.copy(shop / "a.png", os.fsencode(shop) + b"/caf\xe9.png")
    record, _ = build_index(ColourEncoder(), read_source(shop), tmp_path / "index")
    assert (record.count, record.skipped) == (1, 1)
    error = json.loads((tmp_path / "index" / "errors.jsonl").read_text())
    assert error["path"].endswith(r"caf\xe9.png")


def test_nothing_to_index_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match="there is no folder"):
        read_source(tmp_path / "nowhere")
    (tmp_path / "shop").mkdir()
    with pytest.raises(DatasetError, match=r"has no pictures; their names end in \.bmp, "):
        read_source(tmp_path / "shop")
    (tmp_path / "shop" / "a.png").write_bytes(b"no picture")
    with pytest.raises(DatasetError, match=r"none of 1 pictures can be read; the first, .*a\.png"):
        build_index(ColourEncoder(), read_source(tmp_path / "shop"), tmp_path / "index")
    assert not (tmp_path / "index").exists()


def test_a_folder_that_is_not_an_index_is_never_replaced(tmp_path):
    shop = draw(tmp_path / "shop", ["a.png"])
    (tmp_path / "photos.building").mkdir()
    (tmp_path / "photos.building" / "house.dwg").touch()
    for out in (shop, shop / "a.png", tmp_path / "photos"):
        with pytest.raises(
            IndexFolderError, match=r"'(a\.png|house\.dwg)' is not part of an index"
        ):
            build_index(ColourEncoder(), read_source(shop), out)
    assert (shop / "a.png").exists()
    assert (tmp_path / "photos.building" / "house.dwg").exists()


# Again.


def test_the_script_builds_then_says_it_is_up_to_date(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(indexing, "load_encoder", lambda *_, **__: ColourEncoder())
    shop = draw(tmp_path / "shop", ["a.png", "b.png"])
    (shop / "c.png").touch()
    out = tmp_path / "indexes" / "shop"
    arguments = [str(shop), "--out", str(out), "--kind", "hnsw"]
    assert indexing.main(arguments) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{out} is built: 2 items, 1 skipped (see {out}/errors.jsonl), hnsw")
    assert indexing.main(arguments) == 0
    assert capsys.readouterr().out.startswith(f"{out} is up to date: 2 items")

    (out / "vectors.faiss").unlink()
    command_line = f"python build_index.py {shop} --out {out} --kind hnsw"
    with pytest.raises(IndexFolderError, match=f"rebuild it: {re.escape(command_line)}$"):
        Index.open(out, ColourEncoder())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{}/nowhere"], "there is no folder"),
        (["{}/shop", "--split", "train"], "--split needs a manifest.csv"),
        (["{}/shop", "--kind", "ivfpq"], "kind ivfpq needs at least 9984 vectors"),
        (["{}/shop", "--out", "{}/shop"], "'a.png' is not part of an index"),
        (["{}/shop", "--out", "/proc/index"], "cannot build /proc/index: "),
    ],
)
def test_the_script_ends_with_a_message_where_it_cannot_build(
    tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.setattr(indexing, "load_encoder", lambda *_, **__: ColourEncoder())
    draw(tmp_path / "shop", ["a.png"])
    given = [argument.format(tmp_path) for argument in arguments]
    assert indexing.main(["--out", str(tmp_path / "index"), *given]) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.out == ""


# Killed.
