"""Evaluation: planted datasets whose scores are known, and reports that hold together."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.fakes import ColourEncoder
from wardrobe.encoding import EncodedItems
from wardrobe.errors import DatasetError, UnsupportedQueryError
from wardrobe.evaluation import script
from wardrobe.evaluation.examples import find_confusions
from wardrobe.evaluation.latency import measure_latency
from wardrobe.evaluation.retrieval import caption_queries, evaluate_by_picture, garment_queries
from wardrobe.evaluation.script import evaluate, main
from wardrobe.evaluation.tagging import Tagged, evaluate_tagging
from wardrobe.labels import Attribute, LabelSpace
from wardrobe.manifest import Item, Manifest

COLOURS = {"Red": (230, 20, 20), "Green": (20, 230, 20), "Blue": (20, 20, 230)}
SPACE = LabelSpace(
    (
        Attribute("article_type", "single", ("Shirts", "Jeans", "Dresses", "Kilts")),
        Attribute("colour", "single", tuple(COLOURS)),
    )
)


@pytest.fixture
def data(tmp_path: Path) -> Manifest:
    """Solid pictures that tell the colour and nothing of the type; `val` has a wrong label.

    train: shirts and jeans in three colours, two of each; val: a shirt of each colour, and a blue
    kilt that is labelled red, of which train has none.
    """
    root = tmp_path / "solids"
    root.mkdir()
    items = []

    def add(split: str, article_type: str, colour: str, drawn: str) -> None:
        name = f"{split}-{len(items)}.png"
        Image.new("RGB", (6, 6), COLOURS[drawn]).save(root / name)
        labels = {"article_type": (article_type,), "colour": (colour,)}
        items.append(Item(name, split, f"{drawn.lower()} {article_type.lower()}", labels))

    for colour in COLOURS:
        for article_type in ("Shirts", "Jeans"):
            add("train", article_type, colour, colour)
            add("train", article_type, colour, colour)
        add("val", "Shirts", colour, colour)
    add("val", "Kilts", "Red", "Blue")
    manifest = Manifest(root, tuple(items), SPACE)
    manifest.save()
    return manifest


def test_scores_of_a_planted_dataset(data):
    report, examples = evaluate(ColourEncoder(), data, text_queries=True, resamples=20)
    colour = report.by_picture["colour"]
    assert (colour.queries, colour.skipped, colour.gallery) == (4, 0, 12)
    # Three queries find their four pictures first; the wrongly labelled one finds blue ones.
    assert colour.metrics["hit@1"].value == 0.75
    assert colour.metrics["r_precision"].value == 0.75
    article_type = report.by_picture["article_type"]
    assert (article_type.queries, article_type.skipped) == (3, 1)  # no kilt to be found

    assert report.tagging is not None
    (tags,) = report.tagging.attributes
    assert (tags.name, tags.items, tags.accuracy.value) == ("colour", 4, 0.75)
    assert (tags.majority_label, tags.majority) == ("Red", 0.5)
    (confusion,) = examples.confusions
    assert (confusion.truth, confusion.predicted, confusion.count, confusion.of) == (
        "Red",
        "Blue",
        1,
        2,
    )
    assert confusion.pictures == (data.path_of(data.split("val")[-1]),)

    # The text is turned into a solid colour too: all of that colour come first, types at random.
    assert report.by_garment["colour"].queries == 6
    assert report.by_garment["colour"].metrics["precision@1"].value == 1
    assert report.by_garment["both"].metrics["hit@5"].value == 1
    assert report.by_caption is not None
    assert report.by_caption.gallery == 4
    assert report.by_caption.metrics["hit@10"].value == 1
    assert set(report.latency) == {"decode", "prepare", "encode", "total"}


def test_a_query_split_that_is_its_own_gallery_leaves_each_query_out(data):
    report, examples = evaluate(ColourEncoder(), data, gallery_split="val", resamples=20)
    scores = report.by_picture["colour"]
    # Each colour is there once, so that only the red shirt and the "red" kilt have an answer.
    assert (scores.queries, scores.skipped, scores.gallery) == (2, 2, 4)
    for grid in next(grids for title, grids in examples.grids.items() if "Picture" in title):
        assert grid.results[-1].picture == grid.picture  # last of the four, behind all others


def test_picture_retrieval_agrees_with_a_loop_on_random_vectors(tmp_path):
    random = np.random.default_rng(8)
    space = LabelSpace(
        (Attribute("kind", "single", ("a", "b")), Attribute("tags", "multi", ("x", "y", "z")))
    )

    def encoded(prefix: str, count: int) -> EncodedItems:
        items = []
        for number in range(count):
            labels = {
                "kind": tuple(random.choice(["a", "b"], 1)) if random.random() < 0.7 else (),
                "tags": tuple(label for label in "xyz" if random.random() < 0.3),
            }
            items.append(Item(f"{prefix}{number}", "val", "", labels))
        vectors = random.normal(size=(count, 5)).astype(np.float32)
        return EncodedItems(tuple(items), vectors, np.zeros((count, 0), np.float32), ())

    queries, gallery = encoded("q", 23), encoded("g", 37)
    gallery = EncodedItems(  # three queries are also in the gallery
        gallery.items[:-3] + queries.items[:3],
        np.concatenate([gallery.vectors[:-3], queries.vectors[:3]]),
        gallery.logits,
        (),
    )
    scores = evaluate_by_picture(queries, gallery, space, resamples=5)
    for attribute in ("kind", "tags"):
        precisions = []
        for item, vector in zip(queries.items, queries.vectors, strict=True):
            wanted = {*item.labels[attribute]}
            others = [
                (vector @ other_vector, bool(wanted & {*other.labels[attribute]}))
                for other, other_vector in zip(gallery.items, gallery.vectors, strict=True)
                if other.labels[attribute] and other.image_path != item.image_path
            ]
            hits = [hit for _, hit in sorted(others, key=lambda pair: -pair[0])]
            if wanted and any(hits):
                precisions.append(sum(hits[:5]) / 5)
        assert scores[attribute].queries == len(precisions)
        assert scores[attribute].metrics["precision@5"].value == pytest.approx(np.mean(precisions))


def test_equal_captions_all_count_as_relevant():
    items = tuple(Item(str(i), caption=c) for i, c in enumerate(["red", "blue", "", "red"]))
    nothing = np.zeros((4, 0), np.float32)
    texts, relevant = caption_queries(EncodedItems(items, nothing, nothing, ()))
    assert texts == ["blue", "red"]
    assert relevant.tolist() == [[False, True, False, False], [True, False, False, True]]


def test_garments_are_asked_for_by_their_natural_names(data):
    items = (*data.split("train"), *data.split("val"))
    nothing = np.zeros((len(items), 0), np.float32)
    texts, relevant = garment_queries(EncodedItems(items, nothing, nothing, ()), SPACE)
    assert texts == [
        "a red shirt",
        "a green shirt",
        "a blue shirt",
        "red jeans",
        "green jeans",
        "blue jeans",
        "red kilts",  # not a type the drawn catalogue knows: its label, which is a plural
    ]
    assert relevant["article_type"].sum(axis=1).tolist() == [9, 9, 9, 6, 6, 6, 1]
    assert relevant["colour"].sum(axis=1).tolist() == [6, 5, 5, 6, 5, 5, 6]
    assert relevant["both"].sum(axis=1).tolist() == [3, 3, 3, 2, 2, 2, 1]


def test_text_queries_need_an_article_type_and_a_colour():
    space = LabelSpace((Attribute("colour", "single", ("Red",)),))
    nothing = EncodedItems((), np.zeros((0, 3), np.float32), np.zeros((0, 0), np.float32), ())
    with pytest.raises(DatasetError, match="need the attribute 'article_type'; there are colour"):
        garment_queries(nothing, space)
    with pytest.raises(DatasetError, match="no item of the gallery has both"):
        garment_queries(nothing, SPACE)


class PlainEncoder(ColourEncoder):
    """Vectors only: neither heads nor text."""

    label_space = thresholds = None
    has_text = False

    def encode_texts(self, texts):
        raise UnsupportedQueryError("no text tower")


def test_an_encoder_without_heads_or_text_is_scored_on_pictures(data):
    report, examples = evaluate(PlainEncoder(), data, resamples=5)
    assert report.tagging is None
    assert report.by_caption is None
    assert report.by_picture["colour"].metrics["hit@1"].value == 0.75
    assert len(examples.grids) == 1
    with pytest.raises(UnsupportedQueryError):
        evaluate(PlainEncoder(), data, text_queries=True, resamples=5)


def test_the_script_writes_a_report_that_can_be_read(data, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(script, "load_encoder", lambda *_, **__: ColourEncoder())
    broken = data.path_of(data.split("val")[0])
    broken.write_bytes(b"broken")
    out = tmp_path / "reports" / "solids"
    arguments = ["--data", str(data.root), "--out", str(out), "--text-queries", "--resamples", "9"]
    assert main(arguments) == 0

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    content = json.loads((out / "report.json").read_text(), parse_constant=refuse)
    assert content["failed"].keys() == {str(broken)}
    assert content["by_picture"]["colour"]["metrics"]["hit@1"].keys() == {"value", "low", "high"}
    markdown = (out / "report.md").read_text()
    assert markdown in capsys.readouterr().out
    for title in ("## Tags", "## Attributes", "## Picture queries", "## Text queries", "## Labels"):
        assert title in markdown
    for line in markdown.splitlines():
        assert "nan ±" not in line
    html = (out / "report.html").read_text()
    assert html.count("data:image/png") == 2  # precision and recall, reliability
    assert "| calibration error |" in markdown
    assert len(content["tagging"]["attributes"][0]["reliability"]["counts"]) == 15
    assert html.count("data:image/jpeg") > 10
    assert 'class="right"' in html
    assert 'class="wrong"' in html
    assert "http" not in html  # one file that stands alone


def test_an_empty_split_is_refused(data, monkeypatch, capsys):
    monkeypatch.setattr(script, "load_encoder", lambda *_, **__: ColourEncoder())
    assert main(["--data", str(data.root), "--queries", "test"]) == 2
    assert "no item in split 'test'" in capsys.readouterr().err


def test_tagging_scores_agree_with_loops():
    random = np.random.default_rng(3)
    space = ColourEncoder.label_space
    targets = np.zeros((60, 5), np.float32)
    targets[np.arange(60), random.integers(0, 3, 60)] = 1
    targets[:, 3:] = random.random((60, 2)) < 0.3
    probabilities = random.random((60, 5)).astype(np.float32)
    known = np.ones((60, 2), bool)
    known[:10, 1] = False
    tagged = Tagged(space, np.full(5, 0.6, np.float32), probabilities, targets, known)
    scores = evaluate_tagging(tagged, resamples=30)
    by_name = {label.name: label for label in scores.labels}
    bright = by_name["tone=bright"]
    chosen = probabilities[10:, 3] >= 0.6
    truth = targets[10:, 3] > 0
    assert bright.positives == truth.sum()
    assert bright.precision == pytest.approx((chosen & truth).sum() / chosen.sum())
    assert bright.recall == pytest.approx((chosen & truth).sum() / truth.sum())
    mean = np.mean([label.average_precision for label in scores.labels])
    assert scores.macro.value == pytest.approx(mean)
    assert scores.macro.low < scores.macro.high
    decided = [
        (probabilities[row, column], targets[row, column])
        for row in range(60)
        for column in range(5)
        if probabilities[row, column] >= 0.6
        and (row >= 10 if column > 2 else column == probabilities[row, :3].argmax())
    ]
    error = 0.0
    for start in np.arange(15) / 15:
        inside = [pair for pair in decided if start <= pair[0] < start + 1 / 15]
        if inside:
            error += abs(np.mean([p - t for p, t in inside])) * len(inside) / len(decided)
    assert sum(scores.reliability.counts) == len(decided)
    assert scores.reliability.error == pytest.approx(error, abs=1e-6)
    tone = scores.attributes[1]
    assert tone.items == 50
    first = probabilities[10:, 3:].argmax(axis=1)
    assert tone.accuracy.value == pytest.approx(targets[10:, 3:][np.arange(50), first].mean())


def test_rare_labels_are_left_out_of_the_common_mean():
    space = LabelSpace((Attribute("tags", "multi", ("common", "rare")),))
    targets = np.zeros((40, 2), np.float32)
    targets[:10, 0] = targets[:4, 1] = 1
    probabilities = targets * 0.5 + 0.25
    probabilities[:, 1] = 0.5
    tagged = Tagged(
        space, np.full(2, 0.5, np.float32), probabilities, targets, np.ones((40, 1), bool)
    )
    scores = evaluate_tagging(tagged, resamples=5)
    assert (scores.macro_labels, scores.common_labels) == (2, 1)
    assert scores.common.value == 1
    assert scores.macro.value == pytest.approx((1 + 0.1) / 2)


def test_confusions_are_ordered_and_leave_unknown_items_out():
    space = LabelSpace((Attribute("kind", "single", ("a", "b", "c")),))
    truth, said = [0, 0, 0, 1, 1, 2, 2], [1, 1, 0, 2, 1, 0, 0]
    tagged = Tagged(
        space,
        np.zeros(3, np.float32),
        np.eye(3, dtype=np.float32)[said],
        np.eye(3, dtype=np.float32)[truth],
        np.array([[True]] * 6 + [[False]]),
    )
    paths = [Path(f"{i}.png") for i in range(7)]
    found = find_confusions(tagged, paths, limit=2, pictures=1)
    assert [(c.truth, c.predicted, c.count, c.of) for c in found] == [
        ("a", "b", 2, 3),
        ("b", "c", 1, 2),
    ]
    assert found[0].pictures == (Path("0.png"),)


def test_latency_leaves_unreadable_pictures_out(data, tmp_path):
    paths = [data.path_of(item) for item in data.items]
    times = measure_latency(ColourEncoder(), [tmp_path / "missing.png", *paths])
    for stage in times.values():
        assert 0 < stage.p50 <= stage.p95 <= stage.p99
        assert math.isfinite(stage.p99)
    assert times["total"].p50 >= times["encode"].p50
