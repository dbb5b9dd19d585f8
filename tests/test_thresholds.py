"""Thresholds: tuned where there is evidence, shared where there is not, honest out of fold."""

import json

import numpy as np
import pytest
from sklearn.metrics import f1_score

from wardrobe.calibration import fit_temperatures
from wardrobe.errors import CheckpointError
from wardrobe.labels import Attribute, LabelSpace
from wardrobe.probabilities import from_logits, select
from wardrobe.thresholds import Target, load_thresholds, save_thresholds, tune_thresholds

TAGS = LabelSpace((Attribute("tags", "multi", ("common", "second", "rare", "never")),))
KINDS = LabelSpace((Attribute("kind", "single", ("a", "b", "c", "d")),))


def sigmoid(logits):
    return (1 / (1 + np.exp(-logits))).astype(np.float32)


def tune(probabilities, targets, known, space, **options):
    """Thresholds alone: the probabilities are taken as they are."""
    with np.errstate(divide="ignore"):
        logits = np.log(probabilities)
        if space is not KINDS:
            logits -= np.log1p(-probabilities)
    as_they_are = np.ones(len(space), np.float32)
    return tune_thresholds(logits, targets, known, space, temperatures=as_they_are, **options)


def tags_with_offset(items=600, offset=-2.0, seed=0):
    """Scores that separate each tag well but sit `offset` too low for 0.5 to be a good cut."""
    random = np.random.default_rng(seed)
    targets = (random.random((items, 4)) < [0.3, 0.2, 0.01, 0]).astype(np.float32)
    logits = 4 * targets - 2 + offset + random.normal(0, 1, targets.shape)
    return sigmoid(logits), targets, np.ones((items, 1), bool)


def test_thresholds_undo_a_shift_of_the_scores():
    probabilities, targets, known = tags_with_offset()
    tuned = tune(probabilities, targets, known, TAGS)
    assert (tuned.thresholds[:2] < 0.3).all()
    for column in (0, 1):
        before = f1_score(targets[:, column], tuned.selected_before[:, column])
        after = f1_score(targets[:, column], tuned.selected_after[:, column])
        assert after > before + 0.2


def test_the_best_cut_is_the_one_an_exhaustive_search_finds():
    probabilities, targets, known = tags_with_offset(items=151)
    # With no minimum there is neither sharing nor shrinkage: what remains is the best F1.
    tuned = tune(probabilities, targets, known, TAGS, minimum_positives=0)
    for column in (0, 1, 2):
        chosen = probabilities[:, column] >= tuned.thresholds[column]
        best = max(
            f1_score(targets[:, column], probabilities[:, column] >= score)
            for score in probabilities[:, column]
        )
        assert f1_score(targets[:, column], chosen) == pytest.approx(best)


def test_rare_labels_share_one_threshold_and_do_not_overfit_random_scores():
    random = np.random.default_rng(4)
    space = LabelSpace((Attribute("tags", "multi", tuple(f"tag {n}" for n in range(40))),))
    targets = (random.random((500, 40)) < 0.01).astype(np.float32)
    probabilities = random.random((500, 40)).astype(np.float32)
    known = np.ones((500, 1), bool)
    tuned = tune(probabilities, targets, known, space)
    assert tuned.shared.all()
    assert len(set(tuned.thresholds.tolist())) == 1
    # Tuned one by one, random scores promise far more than they keep; shared, they do not.
    alone = tune(probabilities, targets, known, space, minimum_positives=0)
    assert excess(probabilities, targets, alone) > 1.5
    assert excess(probabilities, targets, tuned) < 1.25


def excess(probabilities, targets, tuned):
    """F1 on the items tuned on, over F1 out of fold."""
    promised = macro_f1(targets, probabilities >= tuned.thresholds)
    return promised / macro_f1(targets, tuned.selected_after)


def macro_f1(targets, selected):
    return f1_score(targets, selected, average="macro", zero_division=0)


def test_a_label_moves_away_from_the_shared_threshold_as_its_positives_grow():
    probabilities, targets, known = tags_with_offset(items=900)
    probabilities[:, 1] **= 0.25  # the second tag wants a much higher cut than the first
    alone = tune(probabilities, targets, known, TAGS, minimum_positives=0)
    shared = tune(probabilities, targets, known, TAGS, minimum_positives=901)
    gaps = []
    for minimum in (10, 50, 100):
        tuned = tune(probabilities, targets, known, TAGS, minimum_positives=minimum)
        positives = targets[:, 1].sum()
        share = positives / (positives + minimum)
        expected = share * alone.thresholds[1] + (1 - share) * shared.thresholds[1]
        assert tuned.thresholds[1] == pytest.approx(expected, abs=1e-6)
        gaps.append(abs(tuned.thresholds[1] - alone.thresholds[1]))
    assert gaps == sorted(gaps)
    assert tuned.thresholds[2] == tuned.thresholds[3] == shared.thresholds[2]


def test_of_a_single_attribute_only_the_top_label_counts():
    random = np.random.default_rng(2)
    truth = random.integers(0, 4, 800)
    targets = np.eye(4, dtype=np.float32)[truth]
    logits = (2 * targets + random.normal(0, 1, (800, 4))).astype(np.float32)
    probabilities = from_logits(logits, KINDS)
    tuned = tune(probabilities, targets, np.ones((800, 1), bool), KINDS)
    assert (tuned.selected_after.sum(axis=1) <= 1).all()
    # An uncertain top label is still more often right than wrong, so F1 wants it selected.
    assert (tuned.thresholds < 0.5).all()
    after = f1_score(targets, tuned.selected_after, average="macro")
    assert after > f1_score(targets, tuned.selected_before, average="macro")
    final = select(probabilities, tuned.thresholds, KINDS)
    assert (final.sum(axis=1) <= 1).all()


@pytest.mark.parametrize("at_least", [0.8, 0.9, 0.95])
@pytest.mark.parametrize("seed", range(3))
def test_a_precision_bound_holds_out_of_fold_where_it_can_be_met(at_least, seed):
    probabilities, targets, known = tags_with_offset(items=4000, seed=seed)
    tuned = tune(probabilities, targets, known, TAGS, target=Target("precision", at_least))
    for column in (0, 1):
        chosen = tuned.selected_after[:, column]
        precision = targets[chosen, column].mean()
        assert precision >= at_least - 0.02
        assert chosen.sum() > 0.5 * targets[:, column].sum()


def test_a_recall_bound_holds_out_of_fold():
    probabilities, targets, known = tags_with_offset(items=4000)
    tuned = tune(probabilities, targets, known, TAGS, target=Target("recall", 0.95))
    for column in (0, 1):
        recall = tuned.selected_after[targets[:, column] > 0, column].mean()
        assert recall >= 0.95 - 0.02
        assert recall < 0.99


def test_a_precision_out_of_reach_selects_nothing_and_a_recall_out_of_reach_everything():
    random = np.random.default_rng(0)
    targets = (random.random((400, 4)) < 0.3).astype(np.float32)
    probabilities = np.full((400, 4), 0.4, np.float32)  # no cut separates anything
    known = np.ones((400, 1), bool)
    strict = tune(probabilities, targets, known, TAGS, target=Target("precision", 0.9))
    assert not select(probabilities, strict.thresholds, TAGS).any()
    top_wrong = np.eye(4, dtype=np.float32)[np.zeros(400, int)] * 0.9 + 0.02
    kinds = np.eye(4, dtype=np.float32)[random.integers(0, 4, 400)]
    loose = tune(top_wrong, kinds, known, KINDS, target=Target("recall", 0.9))
    assert loose.thresholds[1:].tolist() == [0, 0, 0]


def test_what_is_shown_out_of_fold_is_calibrated_out_of_fold():
    random = np.random.default_rng(5)
    targets = (random.random((200, 4)) < [0.4, 0.3, 0.2, 0.2]).astype(np.float32)
    logits = (3 * targets - 2 + random.normal(0, 2, targets.shape)).astype(np.float32)
    known = np.ones((200, 1), bool)
    tuned = tune_thresholds(logits, targets, known, TAGS, folds=4, seed=9)
    fold_of = np.random.default_rng(9).permutation(200) % 4
    for fold in range(4):
        out, rest = fold_of == fold, fold_of != fold
        temperatures = fit_temperatures(logits[rest], targets[rest], known[rest], TAGS)
        expected = from_logits(logits[out] / temperatures, TAGS)
        np.testing.assert_array_equal(tuned.probabilities_after[out], expected)
    np.testing.assert_array_equal(tuned.probabilities_before, from_logits(logits, TAGS))
    whole = fit_temperatures(logits, targets, known, TAGS)
    np.testing.assert_array_equal(tuned.temperatures, whole)
    assert not np.array_equal(tuned.probabilities_after, from_logits(logits / whole, TAGS))


def test_unknown_items_count_neither_for_nor_against():
    probabilities, targets, known = tags_with_offset()
    extra = np.full((50, 4), 0.99, np.float32)  # unknown items with confident scores
    with_unknown = tune(
        np.vstack([probabilities, extra]),
        np.vstack([targets, 0 * extra]),
        np.vstack([known, np.zeros((50, 1), bool)]),
        TAGS,
    )
    plain = tune(probabilities, targets, known, TAGS)
    np.testing.assert_allclose(with_unknown.thresholds, plain.thresholds)
    assert not with_unknown.selected_after[600:].any()


def test_without_any_item_thresholds_stay_at_one_half():
    nothing = np.zeros((0, 4), np.float32)
    tuned = tune(nothing, nothing, np.zeros((0, 1), bool), TAGS)
    assert tuned.thresholds.tolist() == [0.5] * 4


def test_thresholds_survive_the_file_in_label_order(tmp_path):
    path = tmp_path / "thresholds.json"
    given = np.array([0.41, 0.5, 0.123456, 1], np.float32)
    save_thresholds(
        path, given, TAGS, target=Target("precision", 0.9), minimum_positives=20, tuned_on=None
    )
    content = json.loads(path.read_text())
    assert content["target"] == {"measure": "precision", "at_least": 0.9}
    assert list(content["thresholds"]) == list(TAGS.names)
    np.testing.assert_array_equal(load_thresholds(path, TAGS), given)


def _with_common(value):
    rest = '"tags=second": 0, "tags=rare": 0, "tags=never": 0'
    return f'{{"thresholds": {{"tags=common": {value}, {rest}}}}}'


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot read"),
        ("not json", "cannot read"),
        ("{}", "cannot read"),
        ('{"thresholds": [1]}', "cannot read"),
        ('{"thresholds": {"tags=common": "high"}}', "cannot read"),
        (
            '{"thresholds": {"tags=common": 0.5, "tags=new": 0.5}}',
            "missing tags=second, tags=rare, tags=never, unknown tags=new",
        ),
        (_with_common("1.5"), "tags=common the threshold 1.5"),
        (_with_common("NaN"), "tags=common the threshold nan"),
    ],
)
def test_a_bad_file_is_refused_by_name(tmp_path, content, complaint):
    path = tmp_path / "thresholds.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CheckpointError, match=complaint):
        load_thresholds(path, TAGS)
