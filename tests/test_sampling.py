"""Balanced sampling against plain loops."""

import numpy as np
import pytest

from wardrobe.labels import Attribute, LabelSpace
from wardrobe.sampling import MAX_LABEL_WEIGHT, balanced_weights, epoch_order

SPACE = LabelSpace(
    (
        Attribute("article_type", "single", ("Shirts", "Tshirts", "Scarves")),
        Attribute("pattern", "multi", ("striped", "dotted")),
    )
)


def random_items(generator, size):
    """Items with skewed labels, several of the multi attribute, and unknowns."""
    items = []
    for _ in range(size):
        labels = {}
        if generator.random() < 0.9:
            labels["article_type"] = [
                generator.choice(["Shirts", "Tshirts", "Scarves"], p=[0.7, 0.27, 0.03])
            ]
        labels["pattern"] = [
            name for name, p in (("striped", 0.5), ("dotted", 0.1)) if generator.random() < p
        ]
        items.append(labels)
    return items


def weights_by_loops(items, power):
    counts = {}
    for item in items:
        for attribute, labels in item.items():
            for label in labels:
                counts.setdefault(attribute, {}).setdefault(label, 0)
                counts[attribute][label] += 1
    weights = []
    for item in items:
        heaviest = [
            max(
                min((max(counts[name].values()) / counts[name][label]) ** power, MAX_LABEL_WEIGHT)
                for label in labels
            )
            for name, labels in item.items()
            if labels
        ]
        weights.append(sum(heaviest) / len(heaviest) if heaviest else 1.0)
    mean = sum(weights) / len(weights)
    return [weight / mean for weight in weights]


@pytest.mark.parametrize("power", [0, 0.5, 1])
def test_weights_follow_the_documented_formula(power):
    items = random_items(np.random.default_rng(3), 211)
    weights = balanced_weights(*SPACE.encode(items), SPACE, power)
    assert weights == pytest.approx(weights_by_loops(items, power))
    assert weights.mean() == pytest.approx(1)
    assert (np.ptp(weights) == 0) == (power == 0)


def test_a_rarer_label_weighs_more_but_not_without_bound():
    items = [{"article_type": ["Shirts"]}] * 1000
    items += [{"article_type": ["Tshirts"]}] * 100 + [{"article_type": ["Scarves"]}]
    weights = balanced_weights(*SPACE.encode(items), SPACE)
    assert weights[1000] / weights[0] == pytest.approx(10**0.5)
    assert weights[-1] / weights[0] == pytest.approx(MAX_LABEL_WEIGHT)  # and not 1000 ** 0.5


def test_pictures_without_any_label_weigh_as_little_as_the_commonest():
    items = [{"article_type": ["Shirts"]}] * 3 + [{}]
    assert balanced_weights(*SPACE.encode(items), SPACE) == pytest.approx([1, 1, 1, 1])


def test_an_epoch_with_equal_weights_holds_every_picture_once():
    order = epoch_order(np.ones(53), 53, seed=1, epoch=0)
    assert sorted(order) == list(range(53))


def test_a_picture_comes_as_often_as_its_weight_says():
    items = random_items(np.random.default_rng(5), 157)
    weights = balanced_weights(*SPACE.encode(items), SPACE, power=1)
    totals = np.zeros(157)
    for epoch in range(400):
        times = np.bincount(epoch_order(weights, 157, seed=0, epoch=epoch), minlength=157)
        assert times.sum() == 157
        assert (times >= np.floor(weights - 1e-9)).all()
        assert (times <= np.ceil(weights + 1e-9)).all()
        totals += times
    assert totals / 400 == pytest.approx(weights, abs=0.1)


def test_order_is_fixed_by_seed_and_epoch():
    weights = np.linspace(0.5, 1.5, 40)
    first = epoch_order(weights, 40, seed=7, epoch=2)
    assert (first == epoch_order(weights, 40, seed=7, epoch=2)).all()
    assert (first != epoch_order(weights, 40, seed=7, epoch=3)).any()
    assert (first != epoch_order(weights, 40, seed=8, epoch=2)).any()


def test_an_epoch_may_be_longer_or_shorter_than_the_dataset():
    weights = np.array([3.0, 1, 1, 1])
    assert np.bincount(epoch_order(weights, 12, seed=0, epoch=0)).tolist() == [6, 2, 2, 2]
    assert len(epoch_order(weights, 3, seed=0, epoch=0)) == 3
