"""Importers and prepare_dataset.py: sources of data → dataset roots."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wardrobe.errors import DatasetError
from wardrobe.importers import clothing_dataset, csv_table, fashion_product_images, folder_tree
from wardrobe.labels import LabelSpace
from wardrobe.manifest import Item, Manifest
from wardrobe.preparation import EXAMPLES, main

PRODUCT_COLUMNS = (
    "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,"
    "productDisplayName"
)


def draw(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), np.uint8)
    Image.fromarray(noise).resize((48, 48)).save(path)


def write_csv(path, header, rows):
    with path.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([header, *rows])


def test_fashion_product_images(tmp_path):
    source = tmp_path / "source"
    (source / "images").mkdir(parents=True)
    (source / "products.csv").write_text(
        f"{PRODUCT_COLUMNS},split\n"
        '1,Men,Apparel,Topwear,Shirts,Navy Blue,Fall,2011,Casual,"A, quoted name",train\n'
        "2,Women,Footwear,Shoes,Heels,NA,Summer,2012,NA,,val\n"
    )
    manifest = fashion_product_images.read(source, tmp_path / "root")
    assert manifest.items == (
        Item(
            str(source / "images" / "1.jpg"),
            "train",
            "A, quoted name",
            {
                "category": ("Apparel",),
                "sub_category": ("Topwear",),
                "article_type": ("Shirts",),
                "colour": ("Navy Blue",),
                "gender": ("Men",),
                "season": ("Fall",),
                "usage": ("Casual",),
            },
        ),
        Item(
            str(source / "images" / "2.jpg"),
            "val",
            "",
            {
                "category": ("Footwear",),
                "sub_category": ("Shoes",),
                "article_type": ("Heels",),
                "gender": ("Women",),
                "season": ("Summer",),
            },
        ),
    )
    assert [a.name for a in manifest.label_space.attributes][:2] == ["category", "sub_category"]
    assert {a.kind for a in manifest.label_space.attributes} == {"single"}


def test_fashion_product_images_as_published_has_unquoted_commas_and_no_split(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "styles.csv").write_text(
        f"{PRODUCT_COLUMNS}\n1,Men,Apparel,Topwear,Shirts,Red,Fall,2011,Casual,Shirt, red, large\n"
    )
    (item,) = fashion_product_images.read(tmp_path, tmp_path).items
    assert (item.caption, item.split) == ("Shirt, red, large", "")


@pytest.mark.parametrize(
    ("article_type", "name", "pattern"),
    [
        ("Shirts", "Scullers Men Check Blue Shirt", ("Checked",)),
        ("Shirts", "Arrow Men White Stripes Shirt", ("Striped",)),
        ("Tshirts", "Puma Women Solid Pink T-Shirt", ("Solid",)),
        ("Tshirts", "Lee Men College Print Navy Tshirts", ("Graphic",)),
        ("Shirts", "Wrangler Men Printed Stripe Black Shirts", None),
        ("Shirts", "Checkmate Men Unstriped Shirt", None),
        ("Shirts", "", None),
        ("Kurtas", "W Women Printed Pink Kurta", None),
        ("Watches", "Titan Men Check Dial Watch", None),
    ],
)
def test_patterns_of_products_are_read_from_their_names(tmp_path, article_type, name, pattern):
    (tmp_path / "images").mkdir()
    (tmp_path / "products.csv").write_text(
        f"{PRODUCT_COLUMNS}\n1,Men,Apparel,Topwear,{article_type},Red,Fall,2011,Casual,{name}\n"
    )
    (item,) = fashion_product_images.read(tmp_path, tmp_path).items
    assert item.labels.get("pattern") == pattern


def test_clothing_dataset(tmp_path):
    (tmp_path / "images").mkdir()
    rows = [
        ["a", "4", "T-Shirt", "False", "train"],
        ["b", "4", "Not sure", "True", "val"],
        ["c", "5", "Skip", "False", "train"],
        ["d", "5", "Other", "False", "train"],
    ]
    write_csv(tmp_path / "images.csv", ["image", "sender_id", "label", "kids", "split"], rows)
    manifest = clothing_dataset.read(tmp_path, tmp_path)
    assert [item.labels for item in manifest.items] == [
        {"garment": ("T-Shirt",), "age_group": ("adult",)},
        {"age_group": ("kids",)},
        {"age_group": ("adult",)},
        {"age_group": ("adult",)},
    ]
    assert [item.split for item in manifest.items] == ["train", "val", "train", "train"]
    assert manifest.items[0].image_path == str(tmp_path / "images" / "a.jpg")


def test_folder_tree(tmp_path):
    for number, name in enumerate(("Shirts/1.jpg", "Flip Flops/old/2.png", "3.jpg")):
        draw(tmp_path / name, number)
    (tmp_path / "Shirts" / "notes.txt").write_text("not a picture")
    manifest = folder_tree.read(tmp_path, tmp_path, "garment")
    assert manifest.items == (
        Item(str(tmp_path / "3.jpg")),
        Item(str(tmp_path / "Flip Flops/old/2.png"), labels={"garment": ("Flip Flops",)}),
        Item(str(tmp_path / "Shirts/1.jpg"), labels={"garment": ("Shirts",)}),
    )


def test_csv(tmp_path):
    (tmp_path / "t.csv").write_text(
        "file,kind,tones,about,set\n"
        "a.jpg,Shirts, Red ; Navy Blue;,nice,train\n"
        f"{tmp_path}/near/../far/b.jpg,,Red,,\n"
    )
    manifest = csv_table.read(
        tmp_path / "t.csv", tmp_path, "file", split_column="set", caption_column="about"
    )
    assert manifest.items == (
        Item(
            str(tmp_path / "a.jpg"),
            "train",
            "nice",
            {"kind": ("Shirts",), "tones": ("Red", "Navy Blue")},
        ),
        Item(str(tmp_path / "far" / "b.jpg"), labels={"tones": ("Red",)}),
    )
    kinds = {a.name: (a.kind, a.labels) for a in manifest.label_space.attributes}
    assert kinds == {"kind": ("single", ("Shirts",)), "tones": ("multi", ("Navy Blue", "Red"))}
    only = csv_table.read(tmp_path / "t.csv", tmp_path, "file", ("kind",), "set")
    assert [a.name for a in only.label_space.attributes] == ["kind"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("picture,kind\na.jpg,Hats\n", "no column 'image_path'.*'picture', 'kind'"),
        ("image_path,kind\na.jpg\n", "t.csv:2 has 1 fields, expected 2"),
        ("image_path,kind\na.jpg,x,y\n", "t.csv:2 has 3 fields, expected 2"),
        ("image_path,kind\na.jpg,\n", "'kind' has no labels"),
        ("image_path,split\na.jpg,train\n", "no column of labels"),
        ("image_path,kind\n", "no row"),
        ("", "no column 'image_path'"),
    ],
)
def test_a_broken_csv_is_refused_with_the_place(tmp_path, content, reason):
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(DatasetError, match=reason):
        csv_table.read(tmp_path / "t.csv", tmp_path)


def test_a_source_of_another_kind_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"no products\.csv or styles\.csv"):
        fashion_product_images.read(tmp_path, tmp_path)
    with pytest.raises(DatasetError, match="no images or images_original"):
        clothing_dataset.read(tmp_path, tmp_path)
    with pytest.raises(DatasetError, match="no folder with pictures"):
        folder_tree.read(tmp_path, tmp_path)


@pytest.fixture
def photos(tmp_path):
    """Forty pictures in folders, with a text file for a picture and a file copied twice."""
    folder = tmp_path / "photos"
    for number in range(40):
        draw(folder / ("Shirts" if number % 2 else "Hats") / f"{number}.png", number)
    for name in ("copy1.png", "copy2.png"):
        (folder / "Hats" / name).write_bytes((folder / "Hats" / "0.png").read_bytes())
    (folder / "Hats" / "text.jpg").write_text("no picture")
    return folder


def test_preparing_a_folder_tree(photos, tmp_path, capsys):
    arguments = [str(photos), "--name", "mine", "--root", str(tmp_path), "--copy"]
    assert main(["folder-tree", *arguments]) == 0
    report = capsys.readouterr().out
    assert "43 items (35 train, 4 val, 4 test), 2 labels of 1 attributes" in report
    assert "unreadable_picture            1         1       1" in report
    manifest = Manifest.load(tmp_path / "mine")
    assert (manifest.root / "validation.html").exists()
    for item in manifest.items:
        original = photos / Path(item.image_path).relative_to("images")
        assert manifest.path_of(item).read_bytes() == original.read_bytes()
    splits = {Path(item.image_path).name: item.split for item in manifest.items}
    assert splits["0.png"] == splits["copy1.png"] == splits["copy2.png"]

    assert main(["validate", str(manifest.root), "--fix"]) == 0
    assert "3 items moved" in capsys.readouterr().out
    assert len(Manifest.load(manifest.root).items) == 40
    assert main(["validate", str(manifest.root), "--fix", "--minimum-count", "21"]) == 0
    assert "0 items moved" in capsys.readouterr().out


def test_referenced_pictures_stay_where_they_are(photos, tmp_path):
    assert main(["folder-tree", str(photos), "--root", str(tmp_path)]) == 0
    manifest = Manifest.load(tmp_path / "folder-tree")
    assert all(Path(item.image_path).is_relative_to(photos) for item in manifest.items)
    assert not (manifest.root / "images").exists()


def test_splits_of_the_source_stay_unless_new_ones_are_asked_for(tmp_path):
    names = [f"{number}.png" for number in range(20)]
    for number, name in enumerate(names):
        draw(tmp_path / name, number)
    rows = [[name, "val" if name == "7.png" else "train", "Hats"] for name in names]
    write_csv(tmp_path / "t.csv", ["image_path", "split", "kind"], rows)
    base = ["csv", str(tmp_path / "t.csv"), "--root", str(tmp_path)]
    assert main([*base, "--name", "kept"]) == 0
    (held_out,) = Manifest.load(tmp_path / "kept").split("val")
    assert held_out.image_path.endswith("7.png")
    assert main([*base, "--name", "dealt", "--splits", "0.5,0.25,0.25"]) == 0
    items = Manifest.load(tmp_path / "dealt").items
    assert Counter(item.split for item in items) == {"train": 10, "val": 5, "test": 5}


def test_labels_outside_a_given_list_are_reported(photos, tmp_path, capsys):
    space = LabelSpace.from_json(
        {"attributes": [{"name": "article_type", "kind": "single", "labels": ["Shirts", "Hat"]}]}
    )
    space.save(tmp_path / "given.json")
    arguments = [str(photos), "--root", str(tmp_path), "--labels", str(tmp_path / "given.json")]
    assert main(["folder-tree", *arguments]) == 0
    assert "unknown_label                 1        23      23" in capsys.readouterr().out
    root = tmp_path / "folder-tree"
    assert "article_type=Hats is not in labels.json; Hat?" in (root / "validation.html").read_text()


def test_a_dataset_is_not_overwritten_by_accident(photos, tmp_path, capsys):
    arguments = ["folder-tree", str(photos), "--root", str(tmp_path)]
    assert main([*arguments, "--fix"]) == 0
    assert main(arguments) == 2
    assert "holds a dataset already" in capsys.readouterr().err
    assert main([*arguments, "--overwrite"]) == 0
    assert len(Manifest.load(tmp_path / "folder-tree").items) == 43
    assert not (tmp_path / "folder-tree" / "quarantine.csv").exists()


def test_a_drawn_catalogue(tmp_path, capsys):
    assert main(["drawn", "--count", "12", "--root", str(tmp_path), "--name", "demo"]) == 0
    assert "12 items" in capsys.readouterr().out
    assert len(Manifest.load(tmp_path / "demo").items) == 12


@pytest.mark.real
def test_the_real_fashion_product_images(real_data, tmp_path):
    manifest = fashion_product_images.read(real_data / "fashion-product-images", tmp_path)
    counts = {a.name: len(a.labels) for a in manifest.label_space.attributes}
    assert [len(manifest.split(name)) for name in ("train", "val", "test")] == [7083, 1000, 0]
    assert counts == {
        "category": 6,
        "sub_category": 30,
        "article_type": 75,
        "colour": 42,
        "gender": 5,
        "season": 4,
        "usage": 6,
        "pattern": 4,
    }
    patterns = Counter(label for i in manifest.items for label in i.labels.get("pattern", ()))
    assert patterns == {"Solid": 639, "Striped": 554, "Checked": 503, "Graphic": 440}
    assert sum(not item.caption for item in manifest.items) == 279
    assert sum("colour" not in item.labels for item in manifest.items) == 3
    assert all(manifest.path_of(item).exists() for item in manifest.items)


@pytest.mark.real
def test_the_real_clothing_dataset(real_data, tmp_path):
    manifest = clothing_dataset.read(real_data / "clothing-dataset", tmp_path)
    assert [len(manifest.split(name)) for name in ("train", "val", "test")] == [4198, 500, 0]
    assert [len(a.labels) for a in manifest.label_space.attributes] == [17, 2]
    assert sum("garment" not in item.labels for item in manifest.items) == 262
    assert sum(item.labels["age_group"] == ("kids",) for item in manifest.items) == 416
    assert all(manifest.path_of(item).exists() for item in manifest.items)


@pytest.mark.parametrize("task", EXAMPLES)
def test_help_of_every_task_shows_an_example(task, capsys):
    with pytest.raises(SystemExit) as exit_:
        main([task, "--help"])
    assert exit_.value.code == 0
    assert f"example:\n  python prepare_dataset.py {task} " in capsys.readouterr().out
