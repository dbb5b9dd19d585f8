"""Splits: every label keeps its share, groups stay whole."""

import numpy as np
import pytest

from wardrobe.errors import BadRequestError
from wardrobe.labels import Attribute, LabelSpace
from wardrobe.manifest import SPLITS, Item, Manifest
from wardrobe.splits import with_splits

FRACTIONS = (0.7, 0.2, 0.1)
GARMENTS = ("Shirts", "Tshirts", "Hats", "Ties")
SPACE = LabelSpace(
    (
        Attribute("article_type", "single", GARMENTS),
        Attribute("pattern", "multi", ("striped", "dotted", "checked")),
    )
)


@pytest.fixture
def manifest(tmp_path):
    generator = np.random.default_rng(11)
    items = []
    for number in range(600):
        patterns = [p for p in SPACE.attributes[1].labels if generator.random() < 0.25]
        labels = {"pattern": tuple(patterns)}
        if number % 20:
            labels["article_type"] = (generator.choice(GARMENTS, p=(0.6, 0.3, 0.08, 0.02)),)
        items.append(Item(f"{number}.jpg", labels=labels))
    return Manifest(tmp_path, tuple(items), SPACE)


def count(items, attribute, label, split):
    return sum(label in i.labels.get(attribute, ()) for i in items if i.split == split)


def test_every_label_is_within_two_items_of_its_ideal_share(manifest):
    items = with_splits(manifest, np.arange(600), FRACTIONS, seed=0).items
    assert [item.image_path for item in items] == [item.image_path for item in manifest.items]
    for split, fraction in zip(SPLITS, FRACTIONS, strict=True):
        size = sum(item.split == split for item in items)
        assert size == pytest.approx(600 * fraction, abs=3)
        for attribute in SPACE.attributes:
            for label in attribute.labels:
                total = sum(label in i.labels.get(attribute.name, ()) for i in items)
                found = count(items, attribute.name, label, split)
                assert found == pytest.approx(total * fraction, abs=2), (label, split)


def test_groups_stay_whole_and_labels_keep_their_share(manifest):
    groups = np.arange(600) // 3 * 3  # threes, not sorted by label
    items = with_splits(manifest, groups, FRACTIONS, seed=0).items
    for first in range(0, 600, 3):
        assert len({item.split for item in items[first : first + 3]}) == 1
    for label in GARMENTS:
        total = sum(label in i.labels.get("article_type", ()) for i in items)
        for split, fraction in zip(SPLITS, FRACTIONS, strict=True):
            found = count(items, "article_type", label, split)
            assert found == pytest.approx(total * fraction, abs=0.08 * total + 3)


def test_the_seed_decides(manifest):
    first, same, other = (
        [item.split for item in with_splits(manifest, np.arange(600), FRACTIONS, seed).items]
        for seed in (4, 4, 5)
    )
    assert first == same
    assert first != other


def test_a_share_of_zero_stays_empty(manifest):
    items = with_splits(manifest, np.arange(600), (0.9, 0.1, 0), seed=0).items
    assert {item.split for item in items} == {"train", "val"}


@pytest.mark.parametrize("fractions", [(0.8, 0.2), (0.8, 0.1, 0.2), (1.2, -0.1, -0.1)])
def test_shares_that_are_no_shares_are_refused(manifest, fractions):
    with pytest.raises(BadRequestError, match="train, val, test"):
        with_splits(manifest, np.arange(600), fractions, seed=0)
