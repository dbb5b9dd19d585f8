"""Relevance: curves, gates, their file, and how they are fitted; scikit-learn and loops judge."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.distance import mahalanobis
from sklearn.svm import SVC

from tests.fakes import ColourEncoder
from wardrobe import calibrating
from wardrobe.encoders.checkpoint import fingerprint
from wardrobe.encoding import EncodedItems
from wardrobe.errors import CheckpointError
from wardrobe.labels import Attribute, LabelSpace
from wardrobe.manifest import Item, Manifest
from wardrobe.relevance import (
    GATES,
    RELEVANCE,
    Curve,
    PictureGate,
    Relevance,
    TextGate,
    relevance_in,
    save_relevance,
    unit,
)
from wardrobe.relevance_fitting import (
    RANDOM,
    TOP,
    fit_curve,
    fit_picture_gate,
    fit_text_gate,
    halves,
    joined,
    picture_relevance,
    sample_pairs,
    text_queries,
    written_texts,
)

REPOSITORY = Path(__file__).parents[1]
SHIPPED = REPOSITORY / "models" / "wardrobe-base"
DIMENSION = 6


def vectors(count, towards, seed=0):
    random = np.random.default_rng(seed)
    return unit(random.normal(0, 0.3, (count, DIMENSION)) + np.eye(DIMENSION)[towards])


@pytest.fixture
def fitted() -> Relevance:
    return Relevance(
        {"text": Curve(30.0, -10.0, 0.01), "picture": Curve(25.0, -20.0, 0.002)},
        fit_text_gate(vectors(80, 0), vectors(20, 1, 1), vectors(100, 2, 2), keep=0.95),
        fit_picture_gate(vectors(300, 3), [vectors(100, 3, 4)], keep=0.9),
    )


def test_a_curve_is_the_logistic_function():
    curve = Curve(30.0, -10.0, 0.0)
    for cosine in (-1.0, 0.2, 1 / 3, 0.5, 1.0):
        assert curve([cosine])[0] == pytest.approx(1 / (1 + np.exp(10 - 30 * cosine)), rel=1e-5)


def test_the_text_gate_scores_as_scikit_learns_machine(fitted):
    texts = np.concatenate([vectors(80, 0), vectors(20, 1, 1), vectors(100, 2, 2)])
    gate = fitted.text_gate
    white = unit((texts - gate.mean) @ gate.whitening.astype(np.float32))
    machine = SVC(C=2, gamma=gate.gamma, class_weight="balanced").fit(white, np.arange(200) < 100)
    scores = gate.score(texts) + machine.intercept_[0]
    # Supports are kept as bytes.
    np.testing.assert_allclose(scores, machine.decision_function(white), atol=0.05)
    kept = [fitted.answerable("text", vector) for vector in vectors(200, 0, 7)]
    left = [fitted.answerable("text", vector) for vector in vectors(200, 2, 8)]
    assert np.mean(kept) > 0.9
    assert np.mean(left) < 0.1


def test_the_picture_gate_is_the_mahalanobis_distance():
    familiar = vectors(300, 3)
    gate = fit_picture_gate(familiar, [vectors(100, 3, 4)], keep=0.9)
    # One direction fewer than there are: the covariance is the sample's.
    inverse = np.linalg.inv(np.cov(familiar.T.astype(np.float64)))
    for vector in vectors(5, 1, 6):
        expected = mahalanobis(vector, familiar.mean(axis=0), inverse) ** 2
        assert -gate.score(vector) == pytest.approx(expected, rel=0.02)
    assert np.mean(gate.score(vectors(100, 3, 4)) >= gate.at_least) == pytest.approx(0.9, abs=0.011)
    assert not (gate.score(vectors(50, 0, 5)) >= gate.at_least).any()


def test_of_each_dataset_the_share_passes():
    usual, unusual = vectors(100, 3, 4), vectors(100, 2, 4)
    gate = fit_picture_gate(vectors(300, 3), [usual, unusual], keep=0.9)
    assert np.mean(gate.score(unusual) >= gate.at_least) >= 0.89


def test_relevance_survives_the_files_and_leaves_the_fingerprint(fitted, tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    before = fingerprint(tmp_path)
    assert relevance_in(tmp_path, DIMENSION) is None
    save_relevance(tmp_path, fitted, {"fitted_on": {"split": "val"}})
    assert fingerprint(tmp_path) == before
    found = relevance_in(tmp_path, DIMENSION)
    assert found is not None
    assert found.curves == fitted.curves
    for kind, towards in (("text", 0), ("text", 2), ("picture", 3), ("picture", 0)):
        for vector in vectors(20, towards, 9):
            assert found.answerable(kind, vector) == fitted.answerable(kind, vector)
    cosines = np.linspace(-1, 1, 9)
    np.testing.assert_array_equal(
        found.relevance("text", cosines), fitted.relevance("text", cosines)
    )
    assert json.loads((tmp_path / RELEVANCE).read_text())["fitted_on"] == {"split": "val"}


@pytest.mark.parametrize(
    ("kind", "change", "complaint"),
    [
        ("text", {"slope": -1}, "the curve of text must rise: its slope is -1"),
        ("text", {"slope": "steep"}, "could not convert string to float"),
        ("picture", {"min_relevance": 2}, "min_relevance of picture is 2.0; it lies in 0 to 1"),
        ("picture", {"rest": 0}, "the variances of pictures must be over 0"),
        ("text", {"at_least": float("nan")}, "the gate of text must hold finite numbers only"),
    ],
)
def test_a_bad_file_is_refused_by_name(fitted, tmp_path, kind, change, complaint):
    save_relevance(tmp_path, fitted, {})
    content = json.loads((tmp_path / RELEVANCE).read_text())
    content[kind] |= change
    (tmp_path / RELEVANCE).write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match=complaint) as caught:
        relevance_in(tmp_path, DIMENSION)
    assert str(tmp_path / RELEVANCE) in str(caught.value)
    assert "run calibrate_relevance.py again" in str(caught.value)


def test_files_that_do_not_belong_together_are_refused(fitted, tmp_path):
    save_relevance(tmp_path, fitted, {})
    with pytest.raises(CheckpointError, match="text.mean is .6,., expected .7,."):
        relevance_in(tmp_path, 7)
    older = (tmp_path / RELEVANCE).read_text()
    other = Relevance(
        fitted.curves,
        fitted.text_gate,
        fit_picture_gate(vectors(300, 4), [vectors(100, 4, 4)], keep=0.9),
    )
    save_relevance(tmp_path, other, {})
    (tmp_path / RELEVANCE).write_text(older)
    with pytest.raises(CheckpointError, match="is not the one relevance.json was written with"):
        relevance_in(tmp_path, DIMENSION)
    (tmp_path / GATES).unlink()
    with pytest.raises(CheckpointError, match="cannot read"):
        relevance_in(tmp_path, DIMENSION)


def test_pairs_are_the_first_results_and_others_but_never_the_query_itself():
    random = np.random.default_rng(0)
    cosines = random.random((4, 300)).astype(np.float32)
    pairs = sample_pairs(cosines, cosines > 0.5)
    for query in range(4):
        mine = pairs.queries == query
        assert mine.sum() == TOP + RANDOM
        found = pairs.cosines[mine]
        best = np.sort(cosines[query])[::-1]
        np.testing.assert_array_equal(found[:TOP], best[:TOP])
        assert (found[TOP:] < best[TOP - 1]).all()
        np.testing.assert_array_equal(pairs.relevant[mine], found > 0.5)
    square = random.random((200, 200)).astype(np.float32)
    np.fill_diagonal(square, 2)
    assert sample_pairs(square, square > 0.5, own=True).cosines.max() < 1


def test_the_curve_of_pairs_drawn_from_one_is_that_one():
    random = np.random.default_rng(0)
    cosines = random.random((400, 200)).astype(np.float32)
    drawn = random.random(cosines.shape) < Curve(12.0, -8.0, 0)(cosines)
    slope, intercept = fit_curve(sample_pairs(cosines, drawn))
    assert slope == pytest.approx(12, rel=0.05)
    assert intercept == pytest.approx(-8, rel=0.05)


def test_halves_share_no_query_also_across_galleries():
    cosines = np.random.default_rng(0).random((5, 200)).astype(np.float32)
    both = joined([sample_pairs(cosines, cosines > 0), sample_pairs(cosines, cosines > 0)])
    assert len(np.unique(both.queries)) == 10
    first, second = halves(both, seed=0)
    assert len(np.unique(first.queries)) == len(np.unique(second.queries)) == 5
    assert not set(first.queries) & set(second.queries)


def test_a_text_asks_for_what_it_names():
    space = LabelSpace(
        (
            Attribute("article_type", "single", ("Shirts", "Jeans", "Caps")),
            Attribute("colour", "single", ("Red", "Blue")),
        )
    )
    given = [("Shirts", "Red"), ("Shirts", "Blue"), ("Jeans", "Blue")]
    captions = ["Acme Red Shirt", "Acme Shirt", ""]
    items = tuple(
        Item(f"{i}.png", "val", caption, {"article_type": (kind,), "colour": (colour,)})
        for i, (caption, (kind, colour)) in enumerate(zip(captions, given, strict=True))
    )
    encoded = EncodedItems(items, np.eye(3, dtype=np.float32), np.zeros((3, 0), np.float32), ())
    texts, relevant = text_queries(encoded, space)
    found = dict(zip(texts, relevant.tolist(), strict=True))
    assert found["shirts"] == [True, True, False]
    assert found["jeans"] == [False, False, True]
    assert found["Acme Red Shirt"] == [True, False, False]
    assert found["Acme Shirt"] == [True, True, False]
    assert "caps" not in found  # none in the gallery
    known, shared = picture_relevance(encoded, space)
    assert known.tolist() == [0, 1, 2]
    assert shared.tolist() == [[True, True, False], [True, True, False], [False, False, True]]


def test_written_texts_are_many_and_not_those_of_the_benchmark():
    clothing, other = written_texts()
    assert len(clothing) >= 150
    assert len(other) >= 150
    folder = REPOSITORY / "benchmarks" / "query_texts"
    held_out = {
        name: (folder / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        for name in ("clothing", "other")
    }
    assert min(len(set(texts)) for texts in held_out.values()) >= 100
    seen = {text.casefold() for text in [*clothing, *other]}
    assert not seen & {text.casefold() for texts in held_out.values() for text in texts}
    assert not set(clothing) & set(other)


def test_the_shipped_files_are_read_and_small():
    found = relevance_in(SHIPPED, 384)
    assert found is not None
    assert (SHIPPED / GATES).stat().st_size < 1_000_000
    for kind in ("text", "picture"):
        low, high = found.relevance(kind, [0.0, 1.0])
        assert low < 0.01
        assert high > 0.9
        assert 0 < found.curves[kind].min_relevance < 0.05


def test_the_script_fits_what_search_needs(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(calibrating, "load_encoder", lambda *_, **__: ColourEncoder())
    folder, root = tmp_path / "checkpoint", tmp_path / "solids"
    folder.mkdir()
    root.mkdir()
    random = np.random.default_rng(0)
    items = []
    for number in range(240):
        channel = number % 3
        colour = random.integers(0, 120, 3)
        colour[channel] += 130
        Image.new("RGB", (4, 4), tuple(colour.tolist())).save(root / f"{number}.png")
        label = ("Red", "Green", "Blue")[channel]
        split = "val" if number % 2 else "train"
        items.append(Item(f"{number}.png", split, f"a {label} thing", {"colour": (label,)}))
    space = LabelSpace((Attribute("colour", "single", ("Red", "Green", "Blue")),))
    Manifest(root, tuple(items), space).save()
    arguments = ["--encoder", str(folder), "--data", str(root), "--plot", str(tmp_path / "a.png")]
    assert calibrating.main([*arguments, "--dry-run"]) == 0
    assert not list(folder.iterdir())
    assert calibrating.main(arguments) == 0
    assert "picture" in capsys.readouterr().out
    assert (tmp_path / "a.png").stat().st_size > 1000
    found = relevance_in(folder, ColourEncoder.dimension)
    assert found is not None
    red, blue = found.relevance("picture", [0.99, 0.2])
    assert red > 0.8 > 0.2 > blue
    notes = json.loads((folder / RELEVANCE).read_text())
    assert notes["fitted_on"]["data"] == ["solids"]
    assert notes["held_out"]["picture"]["calibration_error"] < 0.1


def test_a_hub_id_is_refused(capsys):
    assert calibrating.main(["--encoder", "openai/clip", "--data", "x"]) == 2
    assert "relevance is kept in one" in capsys.readouterr().err


def test_gates_take_one_vector_or_many(fitted):
    many = vectors(4, 0, 3)
    for gate in (fitted.text_gate, fitted.picture_gate):
        assert isinstance(gate, TextGate | PictureGate)
        np.testing.assert_allclose(
            gate.score(many), [float(gate.score(vector)) for vector in many], rtol=1e-3
        )
