"""Every metric against a naive loop or scikit-learn on seeded odd sizes, ties and empty cases."""

import math

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, ndcg_score

from wardrobe import metrics
from wardrobe.labels import Attribute, LabelSpace
from wardrobe.probabilities import select

SPACE = LabelSpace(
    (
        Attribute("kind", "single", ("a", "b", "c")),
        Attribute("tags", "multi", ("x", "y", "rare")),
    )
)


def planted(items: int = 157, seed: int = 3):
    """Random scores with ties, unknown attributes, and a label that is never positive."""
    random = np.random.default_rng(seed)
    probabilities = random.random((items, 6)).round(1).astype(np.float32)
    targets = np.zeros((items, 6), np.float32)
    targets[np.arange(items), random.integers(0, 3, items)] = 1
    targets[:, 3:5] = random.random((items, 2)) < 0.4
    known = random.random((items, 2)) < 0.8
    return probabilities, targets, known


def test_average_precisions_agree_with_scikit_learn_on_known_items_only():
    probabilities, targets, known = planted()
    values = metrics.average_precisions(probabilities, targets, known, SPACE)
    assert values.shape == (1, 6)
    for column in range(5):
        rows = known[:, 0 if column < 3 else 1]
        expected = average_precision_score(targets[rows, column], probabilities[rows, column])
        assert values[0, column] == pytest.approx(expected, abs=1e-12)
    assert math.isnan(values[0, 5])
    macro = metrics.macro_mean_average_precision(probabilities, targets, known, SPACE)
    assert macro == pytest.approx(values[0, :5].mean())


def test_minimum_positives_leaves_rarer_labels_out():
    probabilities, targets, known = planted()
    targets[:, 5] = 0
    targets[np.flatnonzero(known[:, 1])[:4], 5] = 1
    four = metrics.average_precisions(probabilities, targets, known, SPACE, minimum_positives=4)
    five = metrics.average_precisions(probabilities, targets, known, SPACE, minimum_positives=5)
    assert not math.isnan(four[0, 5])
    assert math.isnan(five[0, 5])


def test_without_any_positive_the_macro_mean_is_nan():
    probabilities, targets, known = planted(items=7)
    targets[:] = 0
    assert math.isnan(metrics.macro_mean_average_precision(probabilities, targets, known, SPACE))
    assert math.isnan(metrics.micro_mean_average_precision(probabilities, targets, known, SPACE)[0])


def test_weights_count_items_as_often_as_a_resample_draws_them():
    probabilities, targets, known = planted(items=41)
    weights = metrics.bootstrap_weights(41, resamples=5, seed=1)
    assert weights.sum(axis=1).tolist() == [41] * 6
    assert (weights[0] == 1).all()
    assert (weights[1:] != 1).any()
    values = metrics.average_precisions(probabilities, targets, known, SPACE, weights=weights)
    micro = metrics.micro_mean_average_precision(
        probabilities, targets, known, SPACE, weights=weights
    )
    chosen, positive = decisions(probabilities, targets, known, threshold=0.4)
    class_f1, overall_f1 = metrics.class_and_overall_f1(chosen, positive, weights=weights)
    for row, drawn in enumerate(weights.astype(int)):
        repeated = np.repeat(np.arange(41), drawn)
        resample = (probabilities[repeated], targets[repeated], known[repeated], SPACE)
        np.testing.assert_allclose(values[row], metrics.average_precisions(*resample)[0])
        np.testing.assert_allclose(micro[row], metrics.micro_mean_average_precision(*resample)[0])
        plain = metrics.class_and_overall_f1(chosen[repeated], positive[repeated])
        np.testing.assert_allclose(class_f1[row], plain[0][0])
        np.testing.assert_allclose(overall_f1[row], plain[1][0])


def test_micro_average_precision_pools_known_pairs():
    probabilities, targets, known = planted()
    pairs = [
        (targets[item, column], probabilities[item, column])
        for item in range(len(targets))
        for column in range(6)
        if known[item, 0 if column < 3 else 1]
    ]
    truth, scores = zip(*pairs, strict=True)
    (value,) = metrics.micro_mean_average_precision(probabilities, targets, known, SPACE)
    assert value == pytest.approx(average_precision_score(truth, scores))


def decisions(probabilities, targets, known, threshold):
    pairs = metrics.known_pairs(known, SPACE)
    chosen = select(probabilities, np.full(6, threshold, np.float32), SPACE)
    return chosen & pairs, (targets > 0) & pairs


def test_class_and_overall_f1_agree_with_loops():
    probabilities, targets, known = planted()
    chosen, truths = decisions(probabilities, targets, known, threshold=0.6)
    precisions, recalls, pooled_truth, pooled = [], [], [], []
    for column in range(6):
        rows = known[:, 0 if column < 3 else 1]
        positive, selected = targets[rows, column] > 0, chosen[rows, column]
        pooled_truth.extend(positive)
        pooled.extend(selected)
        if positive.any():
            both = (positive & selected).sum()
            recalls.append(both / positive.sum())
            precisions.append(both / selected.sum() if selected.any() else 0.0)
    precision, recall = np.mean(precisions), np.mean(recalls)
    class_f1, overall_f1 = metrics.class_and_overall_f1(chosen, truths)
    assert class_f1[0] == pytest.approx(2 * precision * recall / (precision + recall))
    assert overall_f1[0] == pytest.approx(f1_score(pooled_truth, pooled))


def test_class_f1_is_not_the_mean_of_the_classes_f1():
    truth = np.array([[1, 1], [1, 0], [0, 0], [0, 0]], bool)
    chosen = np.array([[1, 1], [0, 1], [0, 1], [0, 1]], bool)  # x: P 1, R .5; y: P .25, R 1
    class_f1, _ = metrics.class_and_overall_f1(chosen, truth)
    assert class_f1[0] == pytest.approx(2 * 0.625 * 0.75 / (0.625 + 0.75))


def test_a_label_that_a_resample_misses_keeps_its_own_figures():
    truth = np.array([[1, 0], [1, 0], [0, 1]], bool)
    chosen = np.array([[1, 0], [1, 0], [0, 0]], bool)  # the second label is never found
    weights = np.array([[1, 1, 1], [2, 1, 0]], np.float64)
    class_f1, _ = metrics.class_and_overall_f1(chosen, truth, weights=weights)
    assert class_f1.tolist() == [0.5, 0.5]


def test_a_label_that_is_never_selected_has_precision_zero():
    none_chosen, all_positive = np.zeros((2, 1), bool), np.ones((2, 1), bool)
    class_f1, overall_f1 = metrics.class_and_overall_f1(none_chosen, all_positive)
    assert class_f1[0] == overall_f1[0] == 0


def test_top_label_hits():
    probabilities = np.array([[0.7, 0.3], [0.2, 0.8], [0.6, 0.4]], np.float32)
    targets = np.array([[1, 0], [1, 0], [1, 1]], np.float32)
    assert metrics.top_label_hits(probabilities, targets).tolist() == [1, 0, 1]


def naive_retrieval(similarities, relevant, own, k):
    """One query, by the textbook; None without a relevant item."""
    gallery = [i for i in range(len(similarities)) if i != own]
    gallery.sort(key=lambda i: -similarities[i])  # stable: ties keep the gallery's order
    hits = [bool(relevant[i]) for i in gallery]
    total = sum(hits)
    if not total:
        return None
    precision_at = [sum(hits[: i + 1]) / (i + 1) for i in range(len(hits))]
    dcg = sum(hit / math.log2(i + 2) for i, hit in enumerate(hits[:k]))
    ideal = sum(1 / math.log2(i + 2) for i in range(min(total, k)))
    average = sum(p for p, hit in zip(precision_at[:k], hits[:k], strict=True) if hit)
    return {
        f"hit@{k}": float(any(hits[:k])),
        f"precision@{k}": sum(hits[:k]) / k,
        f"recall@{k}": sum(hits[:k]) / total,
        f"mrr@{k}": 1 / (hits.index(True) + 1) if any(hits[:k]) else 0,
        f"map@{k}": average / min(total, k),
        f"ndcg@{k}": dcg / ideal,
        "r_precision": precision_at[total - 1],
    }


@pytest.mark.parametrize(("queries", "gallery"), [(13, 29), (7, 3), (1, 1), (5, 101)])
def test_retrieval_metrics_agree_with_loops(queries, gallery):
    random = np.random.default_rng(queries)
    similarities = random.random((queries, gallery)).round(1).astype(np.float32)  # many ties
    relevant = random.random((queries, gallery)) < 0.3
    own = random.integers(-1, gallery, queries)
    relevant[np.arange(queries), own] &= own < 0
    ranked = np.take_along_axis(relevant, metrics.rank(similarities, own), axis=1)
    values = metrics.retrieval_metrics(ranked, ks=(1, 4, 10))
    for query in range(queries):
        for k in (1, 4, 10):
            expected = naive_retrieval(similarities[query], relevant[query], own[query], k)
            for name in (*(n for n in values if n.endswith(f"@{k}")), "r_precision"):
                if expected is None:
                    assert math.isnan(values[name][query])
                else:
                    assert values[name][query] == pytest.approx(expected[name]), name


def test_ndcg_agrees_with_scikit_learn_without_ties():
    random = np.random.default_rng(5)
    similarities = random.permutation(60).reshape(3, 20).astype(np.float32)
    relevant = random.random((3, 20)) < 0.4
    ranked = np.take_along_axis(relevant, metrics.rank(similarities), axis=1)
    values = metrics.retrieval_metrics(ranked, ks=(7,))
    assert np.mean(values["ndcg@7"]) == pytest.approx(ndcg_score(relevant, similarities, k=7))


def test_a_query_comes_last_in_its_own_ranking():
    similarities = np.array([[1, 0.5, 0.2], [0.5, 1, 0.7], [0.2, 0.7, 0.1]], np.float32)
    order = metrics.rank(similarities, own=np.array([0, 1, -1]))
    assert order.tolist() == [[1, 2, 0], [2, 0, 1], [1, 0, 2]]
    assert similarities[0, 0] == 1


def test_an_empty_gallery_answers_no_query():
    values = metrics.retrieval_metrics(np.zeros((2, 0), bool), ks=(1, 5))
    assert np.isnan(values["precision@5"]).all()


def test_means_leave_queries_without_an_answer_out():
    values = {"a": np.array([1.0, np.nan, 0.0, 0.0]), "b": np.array([1.0, np.nan, 1.0, 1.0])}
    estimates = metrics.mean_estimates(values, resamples=50)
    assert estimates["a"].value == pytest.approx(1 / 3)
    assert estimates["b"] == metrics.Estimate(1, 1, 1)
    nothing = metrics.mean_estimates({"a": np.array([np.nan])})["a"]
    assert all(math.isnan(v) for v in (nothing.value, nothing.low, nothing.high))


def test_the_bootstrap_interval_is_that_of_the_mean_and_repeats_with_its_seed():
    values = np.random.default_rng(0).random(400)
    found = metrics.mean_estimates({"x": values}, seed=7)["x"]
    error = values.std() / math.sqrt(400)
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.3 * error)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.3 * error)
    assert metrics.mean_estimates({"x": values}, seed=7)["x"] == found


def test_undefined_resamples_do_not_widen_the_interval():
    values = np.array([0.5, 0.4, np.nan, 0.6, np.nan])
    found = metrics.Estimate.of(values)
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.405, 0.595))
