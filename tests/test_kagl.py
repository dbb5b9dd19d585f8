"""The KAGL protocol: against TREC's own evaluation tool, which the published figures come from."""

import itertools
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
import pytrec_eval
from PIL import Image

from tests.fakes import ColourEncoder
from wardrobe.encoders.checkpoint import roots_trained_on
from wardrobe.encoding import EncodedItems, encode_pictures
from wardrobe.errors import DatasetError, UnsupportedQueryError
from wardrobe.evaluation import script
from wardrobe.evaluation.kagl import (
    ATTRIBUTES,
    PICTURE,
    PICTURE_AND_NAME,
    evaluate_kagl,
    expected_at_random,
)
from wardrobe.evaluation.retrieval import caption_queries
from wardrobe.labels import Attribute, LabelSpace
from wardrobe.manifest import Item, Manifest

SPACE = LabelSpace(
    (
        Attribute("category", "single", ("Apparel", "Footwear")),
        Attribute("sub_category", "single", ("Topwear", "Shoes", "Never seen")),
        Attribute("season", "single", ("Summer",)),
        Attribute("article_type", "single", ("Shirts", "Tops", "Heels")),
        Attribute("colour", "single", ("Red", "Green", "Blue")),
    )
)
TYPES = {
    "Shirts": ("Apparel", "Topwear"),
    "Tops": ("Apparel", "Topwear"),
    "Heels": ("Footwear", "Shoes"),
}


class WordEncoder(ColourEncoder):
    """Every text has a random direction of its own."""

    def encode_texts(self, texts):
        rows = [np.random.default_rng(zlib.crc32(t.encode())).normal(size=13) for t in texts]
        return np.stack([row / np.linalg.norm(row) for row in rows]).astype(np.float32)


@pytest.fixture
def data(tmp_path: Path) -> Manifest:
    """47 noise pictures, 14 of them in `val`; some share a name, some have none or no colour."""
    root = tmp_path / "shop"
    root.mkdir()
    random = np.random.default_rng(4)
    items = []
    for number in range(47):
        name = f"{number}.png"
        Image.fromarray(random.integers(0, 255, (2, 2, 3), np.uint8)).save(root / name)
        article_type = str(random.choice(["Shirts", "Shirts", "Tops", "Heels"]))
        category, sub_category = TYPES[article_type]
        labels = {
            "category": (category,),
            "sub_category": (sub_category,),
            "article_type": (article_type,),
        }
        if number % 9:
            labels["colour"] = (str(random.choice(["Red", "Green", "Blue"])),)
        caption = "" if number % 8 == 3 else f"{article_type} of model {random.integers(20)}"
        items.append(Item(name, "val" if number % 10 < 3 else "train", caption, labels))
    manifest = Manifest(root, tuple(items), SPACE)
    manifest.save()
    return manifest


def relevant_of(task: str, items) -> dict[str, dict[str, int]]:
    """The truth as TREC takes it: query → the pictures that are right."""
    truth: dict[str, dict[str, int]] = {}
    for item in items:
        texts = [item.caption] if task == "text-to-image" else item.labels.get(task, ())
        for text in filter(None, texts):
            truth.setdefault(text, {})[item.image_path] = 1
    return truth


def by_trec(truth, run, *, kind: str) -> dict[str, float]:
    """Means by trec_eval of rankings that were cut after ten, as the published ones are."""
    first_ten = {
        query: dict(sorted(scores.items(), key=lambda pair: -pair[1])[:10])
        for query, scores in run.items()
    }
    letter = {"precision": "P", "recall": "recall"}[kind]
    tool = pytrec_eval.RelevanceEvaluator(truth, {f"{letter}.1,10", "recip_rank"})
    rows = tool.evaluate(first_ten).values()
    first, tenth, reciprocal = (
        float(np.mean([row[name] for row in rows]))
        for name in (f"{letter}_1", f"{letter}_10", "recip_rank")
    )
    return {
        f"mean_{kind}": (first + tenth) / 2,
        f"{kind}@1": first,
        f"{kind}@10": tenth,
        "mrr@10": reciprocal,
    }


def test_every_figure_and_its_ceiling_agree_with_trec_eval(data):
    encoder = WordEncoder()
    report, _ = evaluate_kagl(encoder, data, resamples=20)
    assert [(gallery.split, gallery.pictures) for gallery in report.galleries] == [
        ("val", 15),
        (None, 47),
    ]
    for gallery in report.galleries:
        items = data.items if gallery.split is None else data.split(gallery.split)
        outside = {item.caption for item in data.items if item not in items}
        asked = relevant_of("text-to-image", items)
        assert gallery.names_elsewhere == sum(name in outside for name in asked)
        assert (gallery.names_elsewhere > 0) == (gallery.split == "val")
        assert [task.name for task in gallery.tasks] == ["text-to-image", *ATTRIBUTES]
        vectors = {PICTURE: {}, PICTURE_AND_NAME: {}}
        for item in items:
            (encoded,) = encode_pictures(encoder, [data.path_of(item)])
            mixed = encoded.vector
            if item.caption:
                mixed = 0.9 * encoded.vector + 0.1 * encoder.encode_texts([item.caption])[0]
            vectors[PICTURE][item.image_path] = encoded.vector
            vectors[PICTURE_AND_NAME][item.image_path] = mixed / np.linalg.norm(mixed)
        for task in gallery.tasks:
            names = task.name == "text-to-image"
            kind = "recall" if names else "precision"
            assert set(task.scores) == {PICTURE} if names else {PICTURE, PICTURE_AND_NAME}
            truth = relevant_of(task.name, items)
            assert task.queries == len(truth)
            assert task.relevant == pytest.approx(np.mean([len(q) for q in truth.values()]))
            for documents, scores in task.scores.items():
                run = {
                    query: {
                        path: float(vector @ encoder.encode_texts([query])[0])
                        for path, vector in vectors[documents].items()
                    }
                    for query in truth
                }
                figures = {name: estimate.value for name, estimate in scores.items()}
                assert figures == pytest.approx(by_trec(truth, run, kind=kind))
            best = {
                query: {item.image_path: float(item.image_path in right) for item in items}
                for query, right in truth.items()
            }
            assert task.ceiling == pytest.approx(by_trec(truth, best, kind=kind))
            assert all(task.random[name] < task.ceiling[name] for name in task.random)


@pytest.mark.parametrize(("gallery", "k"), [(6, 1), (6, 4), (6, 6), (5, 10)])
def test_random_is_the_mean_over_all_orders(gallery, k):
    for relevant in range(1, gallery + 1):
        right = {str(place): int(place < relevant) for place in range(gallery)}
        precisions, recalls, reciprocals = [], [], []
        for order in itertools.permutations(right):
            hits = [right[item] for item in order[:k]]
            precisions.append(sum(hits) / k)
            recalls.append(sum(hits) / relevant)
            reciprocals.append(1 / (hits.index(1) + 1) if any(hits) else 0)
        expected = expected_at_random(np.array([relevant]), gallery, k)
        assert expected[f"precision@{k}"][0] == pytest.approx(np.mean(precisions))
        assert expected[f"recall@{k}"][0] == pytest.approx(np.mean(recalls))
        assert expected[f"mrr@{k}"][0] == pytest.approx(np.mean(reciprocals))


def test_a_sample_of_the_names_is_the_same_each_time_and_keeps_all_that_share_one():
    items = tuple(Item(str(i), caption=f"name {i % 7}" if i % 5 else "") for i in range(70))
    nothing = np.zeros((70, 0), np.float32)
    encoded = EncodedItems(items, nothing, nothing, ())
    every, _ = caption_queries(encoded)
    some, relevant = caption_queries(encoded, 3)
    assert some == caption_queries(encoded, 3)[0]
    assert len(set(some)) == 3
    assert set(some) < set(every)
    for text, row in zip(some, relevant, strict=True):
        assert row.tolist() == [item.caption == text for item in items]
    assert caption_queries(encoded, 100)[0] == every


def test_the_report_says_what_it_is_and_what_was_in_training(data, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(script, "load_encoder", lambda *_, **__: WordEncoder())
    checkpoint = tmp_path / "checkpoint"
    checkpoint.mkdir()
    common = ["--data", str(data.root), "--protocol", "kagl", "--resamples", "9"]
    common += ["--checkpoint", str(checkpoint)]
    monkeypatch.chdir(tmp_path)
    assert script.main(common) == 0
    folder = tmp_path / "reports" / "colour-encoder-shop-kagl"
    markdown = (folder / "report.md").read_text()
    assert markdown in capsys.readouterr().out
    assert markdown.startswith("# KAGL-47 (47 items): colour-encoder\n")
    assert "not the published benchmark" in markdown
    assert "The checkpoint does not say that it was trained on any." in markdown
    for title in ("Product names", "Labels"):
        assert f"## {title} among the 15 pictures of split val\n" in markdown
        assert f"## {title} among all 47 pictures\n" in markdown
    content = json.loads((folder / "report.json").read_text())
    assert content["galleries"][0]["tasks"][0]["ceiling"]["mrr@10"] == 1
    assert 'class="right"' in (folder / "report.html").read_text()

    summary = {"recipe": {"data": ["roots/other", str(data.root)]}}
    (checkpoint / "training_summary.json").write_text(json.dumps(summary))
    assert roots_trained_on(checkpoint) == ("other", "shop")
    assert script.main([*common, "--out", "here"]) == 0
    assert "was trained on split 'train'" in Path("here/report.md").read_text()
    with pytest.raises(SystemExit):
        script.main([*common, "--text-queries"])


def test_a_held_out_split_that_cannot_be_read_is_reported_and_the_rest_is_scored(data):
    for item in data.split("val"):
        data.path_of(item).write_bytes(b"broken")
    report, _ = evaluate_kagl(WordEncoder(), data, resamples=5)
    unseen, whole = report.galleries
    assert (unseen.pictures, unseen.tasks) == (0, ())
    assert (whole.pictures, len(whole.tasks), len(report.failed)) == (32, 5, 15)


def test_what_the_protocol_needs_is_named(data):
    class PlainEncoder(ColourEncoder):
        has_text = False

    with pytest.raises(UnsupportedQueryError, match="colour-encoder has no text tower"):
        evaluate_kagl(PlainEncoder(), data)
    with pytest.raises(DatasetError, match=r"no caption in split 'test'.*\['train', 'val'\]"):
        evaluate_kagl(WordEncoder(), data, held_out="test")
    few = LabelSpace((Attribute("colour", "single", ("Red",)),))
    with pytest.raises(DatasetError, match="lacks category, sub_category, article_type, it has c"):
        evaluate_kagl(WordEncoder(), Manifest(data.root, data.items, few))
