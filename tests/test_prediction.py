"""predict_vit_multilabel.py: a line a picture in input order, whatever the inputs."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.fakes import ColourEncoder
from wardrobe import images, prediction
from wardrobe.errors import BadRequestError, DatasetError, UnsupportedQueryError
from wardrobe.prediction import find_inputs, main
from wardrobe.probabilities import from_logits

COLOURS = {"a_red": (250, 10, 10), "b_green": (10, 250, 10), "c_blue": (10, 10, 250)}


@pytest.fixture(autouse=True)
def colour_encoder(monkeypatch):
    monkeypatch.setattr(prediction, "load_encoder", lambda *_, **__: ColourEncoder())


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "deeper").mkdir(parents=True)
    for name, colour in COLOURS.items():
        Image.new("RGB", (8, 6), colour).save(folder / f"{name}.png")
    Image.new("RGB", (8, 6), "white").save(folder / "deeper" / "d_white.jpg")
    (folder / "notes.txt").write_text("not a picture")
    return folder


def lines_of(path: Path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_folder_gives_one_line_a_picture_with_every_label(photos, tmp_path):
    out, vectors = tmp_path / "out" / "preds.jsonl", tmp_path / "out" / "vectors.npy"
    arguments = [str(photos), "--out", str(out), "--embeddings", str(vectors), "--batch-size", "3"]
    assert main(arguments) == 0
    lines = lines_of(out)
    pictures = [*(f"{name}.png" for name in COLOURS), "deeper/d_white.jpg"]
    assert [line["path"] for line in lines] == [str(photos / name) for name in pictures]

    encoder = ColourEncoder()
    rows = np.load(vectors)
    assert rows.dtype == np.float32
    for line, row in zip(lines, rows, strict=True):
        encoding = encoder.encode_pictures(encoder.prepare(images.read(Path(line["path"])))[None])
        np.testing.assert_allclose(row, encoding.vectors[0], atol=1e-6)
        probabilities = from_logits(encoding.logits, encoder.label_space)[0]
        found = {
            f"{attribute}={tag['label']}": tag["probability"]
            for attribute, tags in line["tags"].items()
            for tag in tags
        }
        expected = dict(zip(encoder.label_space.names, probabilities, strict=True))
        assert found == pytest.approx(expected)
    red = next(line for line in lines if "a_red" in line["path"])
    assert red["tags"]["colour"][0] == {
        "label": "Red",
        "probability": pytest.approx(1, abs=0.01),
        "threshold": 0.5,
        "selected": True,
    }
    assert not red["tags"]["colour"][1]["selected"]


def test_bad_pictures_keep_their_place_with_an_error_and_a_nan_row(photos, tmp_path, capsys):
    broken = photos / "b_broken.jpg"
    broken.write_bytes((photos / "deeper" / "d_white.jpg").read_bytes()[:80])
    out, vectors = tmp_path / "preds.jsonl", tmp_path / "vectors.npy"
    given = [str(photos / "c_blue.png"), str(broken), "missing.png", str(photos / "a_red.png")]
    assert main([*given, "--out", str(out), "--embeddings", str(vectors)]) == 0
    lines = lines_of(out)
    assert [line["path"] for line in lines] == given
    assert [set(line) for line in lines] == [
        {"path", "tags"},
        {"path", "error"},
        {"path", "error"},
        {"path", "tags"},
    ]
    assert lines[1]["error"]["code"] == "unreadable_picture"
    assert "missing.png" in lines[2]["error"]["message"]
    assert np.isnan(np.load(vectors)).all(axis=1).tolist() == [False, True, True, False]
    assert "2 of 4 pictures failed" in capsys.readouterr().err


def test_without_out_the_lines_go_to_standard_output(photos, capsys):
    assert main([str(photos / "a_red.png")]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["tags"]["colour"][0]["label"] == "Red"


def test_csv_output_has_selected_labels_and_every_probability(photos, tmp_path):
    out = tmp_path / "preds.csv"
    given = [str(photos / "a_red.png"), str(photos / "deeper" / "d_white.jpg"), "missing.png"]
    assert main([*given, "--format", "csv", "--out", str(out)]) == 0
    with out.open(newline="") as handle:
        red, white, missing = csv.DictReader(handle)
    assert red["path"] == given[0]
    assert red["colour"] == "Red"
    assert white["tone"].split(";") == ["bright", "reddish"]
    assert float(red["colour=Red"]) > 0.98
    assert missing["error"]
    assert missing["colour=Red"] == ""


def test_an_encoder_without_heads_gives_empty_tags(photos, tmp_path, monkeypatch):
    encoder = ColourEncoder()
    encoder.label_space = encoder.thresholds = None
    whole = ColourEncoder.encode_pictures
    monkeypatch.setattr(
        encoder,
        "encode_pictures",
        lambda pixels: type(whole(encoder, pixels))(whole(encoder, pixels).vectors, None),
    )
    out = tmp_path / "preds.jsonl"
    prediction.predict(encoder, [photos / "a_red.png"], out)
    assert lines_of(out) == [{"path": str(photos / "a_red.png"), "tags": {}}]


def test_a_failure_leaves_the_old_file(photos, tmp_path, monkeypatch):
    out = tmp_path / "preds.jsonl"
    out.write_text("old\n")

    def fail(*_):
        raise RuntimeError("the network broke")

    monkeypatch.setattr(ColourEncoder, "encode_pictures", fail)
    with pytest.raises(RuntimeError):
        main([str(photos), "--out", str(out)])
    assert out.read_text() == "old\n"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["preds.jsonl"]


def test_patterns_and_tables_as_input(photos, tmp_path):
    pngs = [photos / f"{name}.png" for name in COLOURS]
    assert find_inputs([str(photos / "*.png")]) == pngs
    assert find_inputs([str(photos / "**" / "*white*")]) == [photos / "deeper" / "d_white.jpg"]
    manifest = photos / "manifest.csv"
    manifest.write_text("image_path,split,caption\nc_blue.png,val,\na_red.png,train,\n")
    assert find_inputs([str(manifest)]) == [photos / "c_blue.png", photos / "a_red.png"]
    table = tmp_path / "list.csv"
    table.write_text(f"id,path\n1,photos/a_red.png\n2,{photos / 'b_green.png'}\n")
    assert find_inputs([str(table), str(pngs[2])]) == pngs
    odd = photos / "odd[1].png"
    odd.touch()
    assert find_inputs([str(odd)]) == [odd]


def test_inputs_that_mean_nothing_are_refused(photos, tmp_path, capsys):
    empty = tmp_path / "empty"
    empty.mkdir()
    for word in (str(empty), str(photos / "*.webp")):
        with pytest.raises(BadRequestError, match="no picture in"):
            find_inputs([word])
    table = tmp_path / "table.csv"
    table.write_text("name\nx\n")
    with pytest.raises(DatasetError, match="no column image_path or path"):
        find_inputs([str(table)])
    assert main([str(empty)]) == 2
    assert "no picture in" in capsys.readouterr().err


def test_a_batch_size_below_one_is_refused(photos, capsys):
    with pytest.raises(SystemExit):
        main([str(photos), "--batch-size", "0"])
    assert "'0' must be a whole number of at least 1" in capsys.readouterr().err


def test_explain_writes_the_picture_beside_what_each_selected_tag_looked_at(
    photos, tmp_path, capsys
):
    half = Image.new("RGB", (80, 60))
    half.paste("red", (0, 0, 40, 60))
    half.save(photos / "half.png")
    Image.new("RGB", (8, 6), (100, 100, 100)).save(photos / "grey.png")
    (photos / "broken.png").write_bytes(b"no picture")
    given = [str(photos / f"{name}.png") for name in ("grey", "broken", "half")]
    folder = tmp_path / "deep" / "overlays"
    assert main([*given, "--out", str(tmp_path / "x.jsonl"), "--explain", str(folder)]) == 0
    assert str(folder) in capsys.readouterr().err
    files = ["0003-half-colour=Red.jpg", "0003-half-tone=reddish.jpg"]
    assert sorted(path.name for path in folder.iterdir()) == files
    pair = np.asarray(Image.open(folder / files[0]), np.int16)
    height, width, _ = pair.shape
    assert width == 2 * round(height * 80 / 60)
    photo, under = pair[:, : width // 2], pair[:, width // 2 :]
    expected = np.asarray(half.resize((width // 2, height)), np.int16)
    assert np.abs(photo - expected).mean() < 5
    black = under[:, -width // 8 :]  # nothing is hot there, so the picture shows as it is
    assert black.max() < 40
    encoder = ColourEncoder()
    encoder.label_space = encoder.thresholds = None
    with pytest.raises(UnsupportedQueryError, match="no tags to explain"):
        prediction.predict(encoder, [photos / "half.png"], None, explain=folder)
