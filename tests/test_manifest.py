"""`manifest.csv`: what is saved is read back, and what could not be is refused."""

import pytest

from wardrobe.errors import DatasetError
from wardrobe.labels import Attribute, LabelSpace
from wardrobe.manifest import Item, Manifest

SPACE = LabelSpace(
    (
        Attribute("article_type", "single", ("Shirts", "Hats")),
        Attribute("colour", "multi", ("Red", "Navy Blue")),
    )
)
ITEMS = (
    Item("images/1.jpg", "train", 'A "quoted", comma-laden\ncaption', {"article_type": ("Hats",)}),
    Item("/far/away/2.jpg", "val", "", {"colour": ("Red", "Navy Blue")}),
    Item("images/café 3.jpg", "test", "naïve", {"article_type": ("Not in labels.json",)}),
    Item("images/4.jpg"),
)


@pytest.fixture
def manifest(tmp_path):
    return Manifest(tmp_path / "root", ITEMS, SPACE)


def test_round_trip(manifest):
    manifest.save()
    assert Manifest.load(manifest.root) == manifest
    assert sorted(path.name for path in manifest.root.iterdir()) == ["labels.json", "manifest.csv"]


def test_it_reads_what_a_spreadsheet_saves(manifest):
    manifest.save()
    path = manifest.root / "manifest.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"Red;Navy", b" Red ;; Navy"))
    assert Manifest.load(manifest.root) == manifest


def test_paths_and_splits(manifest):
    assert [str(manifest.path_of(item)) for item in ITEMS[:2]] == [
        str(manifest.root / "images/1.jpg"),
        "/far/away/2.jpg",
    ]
    assert manifest.split("val") == ITEMS[1:2]
    assert manifest.split("") == ITEMS[3:]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (Item("x.jpg", labels={"colour": ("Red;Blue",)}), "'Red;Blue'.*separates"),
        (Item("x.jpg", labels={"colour": ("Red ",)}), "'Red '.*space"),
        (Item("x.jpg", labels={"colour": ("",)}), "''.*empty"),
        (Item("x.jpg", labels={"mood": ("Happy",)}), "'mood'"),
        (Item("x.jpg", split="validation"), "'validation'.*train, val, test"),
        (Item("images/4.jpg"), r"'images/4.jpg' 2 times"),
        (Item(""), "not empty"),
    ],
)
def test_saving_what_could_not_be_read_back_is_refused(manifest, item, reason):
    manifest.save()
    before = (manifest.root / "manifest.csv").read_bytes()
    with pytest.raises(DatasetError, match=reason):
        Manifest(manifest.root, (*ITEMS, item), SPACE).save()
    assert (manifest.root / "manifest.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "found an empty file"),
        ("image_path,split,caption,colour\n", "must begin with the columns"),
        ("image_path,split,caption,article_type,colour\na.jpg,train\n", ":2 has 2 fields"),
        ("image_path,split,caption,article_type,colour\na.jpg,dev,,,\n", "split 'dev'"),
        ("image_path,split,caption,article_type,colour\n,,,,\n", "not empty"),
        ("image_path,split,caption,article_type,colour\na,,,,\na,,,,\n", "'a' 2 times"),
        ("\x00\n", "manifest.csv"),
        (b"\xff\xfe", "cannot read"),
    ],
)
def test_a_broken_file_is_refused_with_the_place(manifest, content, reason):
    manifest.save()
    content = content if isinstance(content, bytes) else content.encode()
    (manifest.root / "manifest.csv").write_bytes(content)
    with pytest.raises(DatasetError, match=reason):
        Manifest.load(manifest.root)


def test_a_missing_root_is_named_with_what_makes_one(tmp_path):
    with pytest.raises(DatasetError, match=r"nowhere is no dataset.*prepare_dataset\.py"):
        Manifest.load(tmp_path / "nowhere")
