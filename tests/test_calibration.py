"""Temperatures undo what made logits too sure or unsure; the error is what loops say."""

import json

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV, calibration_curve
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression

from wardrobe.calibration import (
    Reliability,
    fit_temperatures,
    load_temperatures,
    save_temperatures,
)
from wardrobe.errors import CheckpointError
from wardrobe.labels import Attribute, LabelSpace
from wardrobe.probabilities import from_logits

KIND = Attribute("kind", "single", ("a", "b", "c", "d"))
TAGS = Attribute("tags", "multi", ("common", "second", "rare", "never"))
SPACE = LabelSpace((KIND, TAGS))


def honest(items=6000, seed=0):
    """Logits whose probabilities are exactly how the truth was drawn, all attributes known."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 2, (items, 8)).astype(np.float32)
    logits[:, 4:] -= [0, 1, 7, 99]
    probabilities = from_logits(logits, SPACE)
    targets = np.zeros((items, 8), np.float32)
    drawn = random.random((items, 1)) > probabilities[:, :3].cumsum(axis=1)
    targets[np.arange(items), drawn.sum(axis=1)] = 1
    targets[:, 4:] = random.random((items, 4)) < probabilities[:, 4:]
    return logits, targets, np.ones((items, 2), bool)


@pytest.mark.parametrize("sharpened", [0.3, 1.0, 3.0])
def test_a_temperature_undoes_what_sharpened_the_logits(sharpened):
    logits, targets, known = honest()
    temperatures = fit_temperatures(sharpened * logits, targets, known, SPACE)
    np.testing.assert_allclose(temperatures[:6], sharpened, rtol=0.07)
    assert len(set(temperatures[:4].tolist())) == 1  # an attribute with one answer has one


def test_a_single_attributes_temperature_is_scikit_learns():
    random = np.random.default_rng(1)
    truth = np.arange(800) % 4
    features = np.eye(4)[truth] + random.normal(0, 0.8, (800, 4))
    model = LogisticRegression(C=1e4).fit(features[:100], truth[:100])  # too sure
    theirs = CalibratedClassifierCV(FrozenEstimator(model), method="temperature", cv=2)
    theirs.fit(features[100:], truth[100:])
    space = LabelSpace((KIND,))
    logits = model.decision_function(features[100:]).astype(np.float32)
    targets = np.eye(4, dtype=np.float32)[truth[100:]]
    (temperature,) = set(fit_temperatures(logits, targets, np.ones((700, 1), bool), space).tolist())
    assert temperature > 1.05
    np.testing.assert_allclose(
        from_logits(logits / temperature, space),
        theirs.predict_proba(features[100:]),
        atol=0.01,
    )


def test_a_rare_tag_takes_the_temperature_of_its_attribute():
    logits, targets, known = honest()
    logits[:, 4] *= 4
    assert 0 < targets[:, 6].sum() < 60
    of_all = fit_temperatures(logits, targets, known, SPACE, minimum_positives=10**6)[4:]
    assert len(set(of_all.tolist())) == 1
    some_own = fit_temperatures(logits, targets, known, SPACE, minimum_positives=60)[4:]
    assert some_own[2] == some_own[3] == of_all[0]
    # Its own, 4, with the weight of its positives; in logarithms.
    positives = targets[:, 4].sum()
    expected = 4 ** (positives / (positives + 60)) * of_all[0] ** (60 / (positives + 60))
    assert some_own[0] == pytest.approx(expected, rel=0.07)


def test_never_wrong_among_a_few_does_not_become_certain():
    space = LabelSpace((Attribute("kind", "single", ("a", "b")),))
    targets = np.eye(2, dtype=np.float32)[np.arange(30) % 2]
    temperatures = fit_temperatures(3 * targets, targets, np.ones((30, 1), bool), space)
    sure = from_logits(3 * targets / temperatures, space).max()
    assert 0.95 < sure < 1 - 1 / 100


def test_unknown_items_do_not_count_and_a_never_known_attribute_keeps_its_logits():
    logits, targets, known = honest(items=500)
    expected = fit_temperatures(2 * logits, targets, known, SPACE)
    extra = np.full((40, 8), 9, np.float32)
    temperatures = fit_temperatures(
        np.vstack([2 * logits, extra]),
        np.vstack([targets, 0 * extra]),
        np.vstack([known, np.zeros((40, 2), bool)]),
        SPACE,
    )
    np.testing.assert_array_equal(temperatures, expected)
    known[:, 1] = False
    assert fit_temperatures(logits, targets, known, SPACE)[4:].tolist() == [1, 1, 1, 1]
    nothing = np.zeros((0, 8), np.float32)
    assert fit_temperatures(nothing, nothing, known[:0], SPACE).tolist() == [1] * 8


def test_the_calibration_error_is_that_of_loops_and_the_bins_scikit_learns():
    random = np.random.default_rng(3)
    probabilities = random.random(500).astype(np.float32) ** 2
    right = (random.random(500) < probabilities**1.5).astype(np.float32)
    found = Reliability.of(probabilities, right)
    total = 0.0
    for bin_ in range(15):
        inside = [
            (p, r)
            for p, r in zip(probabilities.tolist(), right.tolist(), strict=True)
            if bin_ / 15 <= p < (bin_ + 1) / 15
        ]
        assert found.counts[bin_] == len(inside)
        if inside:
            sure, correct = np.mean(inside, axis=0)
            total += abs(sure - correct) * len(inside) / 500
    assert found.error == pytest.approx(total, abs=1e-6)
    correct, sure = calibration_curve(right, probabilities, n_bins=15)
    filled = np.array(found.counts) > 0
    np.testing.assert_allclose(np.array(found.right)[filled], correct, atol=1e-6)
    np.testing.assert_allclose(np.array(found.confidence)[filled], sure, atol=1e-6)


def test_certainty_falls_in_the_last_bin_and_no_answer_has_no_error():
    certain = Reliability.of(np.ones(4, np.float32), np.array([1, 1, 1, 0]))
    assert certain.counts[-1] == 4
    assert certain.error == pytest.approx(0.25)
    assert np.isnan(Reliability.of(np.zeros(0, np.float32), np.zeros(0)).error)


def test_temperatures_survive_the_file(tmp_path):
    path = tmp_path / "calibration.json"
    given = np.array([1.25, 1.25, 1.25, 1.25, 0.5, 0.3333, 2, 19.99], np.float32)
    save_temperatures(path, given, SPACE, minimum_positives=20, fitted_on=None)
    content = json.loads(path.read_text())
    assert content["temperatures"] == {
        "kind": 1.25,
        "tags=common": 0.5,
        "tags=second": 0.3333,
        "tags=rare": 2,
        "tags=never": 19.99,
    }
    np.testing.assert_array_equal(load_temperatures(path, SPACE), given)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"kind": 0}, "kind the temperature 0"),
        ({"kind": -1}, "kind the temperature -1"),
        ({"tags=rare": float("nan")}, "tags=rare the temperature nan"),
        ({"tags=rare": float("inf")}, "tags=rare the temperature inf"),
        ({"kind": "warm"}, "cannot read temperatures"),
        ({"kind=a": 1}, "missing none, unknown kind=a"),
    ],
)
def test_a_bad_file_is_refused_by_name(tmp_path, change, complaint):
    path = tmp_path / "calibration.json"
    save_temperatures(path, np.ones(8, np.float32), SPACE, minimum_positives=20)
    content = json.loads(path.read_text())
    content["temperatures"] |= change
    path.write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match=complaint):
        load_temperatures(path, SPACE)
