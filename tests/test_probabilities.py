"""What "selected" means: thresholds, one answer of a `single` attribute, and where one applies."""

import numpy as np

from wardrobe.labels import Attribute, LabelSpace, Scope
from wardrobe.probabilities import from_logits, select, to_logits
from wardrobe.tagger import Tagger
from wardrobe.thresholds import tune_thresholds

SPACE = LabelSpace(
    (
        Attribute("article_type", "single", ("Shirts", "Jeans", "Watches")),
        Attribute("leg_length", "single", ("Full", "Short"), Scope("article_type", ("Jeans",))),
        Attribute("details", "multi", ("Zip",), Scope("article_type", ("Shirts", "Jeans"))),
        Attribute("mood", "single", ("Happy",)),
    )
)
# A shirt, jeans and a watch, all as sure of their legs, zip and mood.
PROBABILITIES = np.array(
    [
        [0.6, 0.3, 0.1, 0.8, 0.2, 0.9, 1.0],
        [0.3, 0.4, 0.3, 0.8, 0.2, 0.9, 1.0],
        [0.1, 0.2, 0.7, 0.8, 0.2, 0.9, 1.0],
    ],
    np.float32,
)


def names_selected(thresholds):
    chosen = select(PROBABILITIES, thresholds, SPACE)
    return [[name for name, on in zip(SPACE.names, row, strict=True) if on] for row in chosen]


def test_attributes_are_answered_only_where_they_apply():
    assert names_selected(np.full(7, 0.35, np.float32)) == [
        ["article_type=Shirts", "details=Zip", "mood=Happy"],
        ["article_type=Jeans", "leg_length=Full", "details=Zip", "mood=Happy"],
        ["article_type=Watches", "mood=Happy"],
    ]


def test_the_most_probable_kind_decides_even_below_its_own_threshold():
    unsure = np.array([1, 1, 1, 0.35, 0.35, 0.35, 0.35], np.float32)
    assert names_selected(unsure)[1] == ["leg_length=Full", "details=Zip", "mood=Happy"]


def test_tags_of_an_attribute_that_does_not_apply_keep_their_probabilities():
    shirt = Tagger(SPACE, np.full(7, 0.35, np.float32)).decide(PROBABILITIES)[0]
    assert [(tag.label, tag.selected) for tag in shirt["leg_length"]] == [
        ("Full", False),
        ("Short", False),
    ]
    assert shirt["leg_length"][0].probability == np.float32(0.8)


def test_thresholds_are_tuned_on_what_can_be_selected():
    """Of many watches that look zipped and are not, none pushes the threshold of zips up."""
    probabilities = np.repeat(PROBABILITIES, [10, 10, 80], axis=0)
    targets = np.zeros_like(probabilities)
    targets[:20, 5] = 1
    known = np.ones((100, 4), bool)
    tuned = tune_thresholds(probabilities, targets, known, SPACE)
    chosen = select(probabilities, tuned.thresholds, SPACE)
    np.testing.assert_array_equal(chosen[:, 5], targets[:, 5] > 0)
    np.testing.assert_array_equal(tuned.selected_after[:, 5], targets[:, 5] > 0)


def test_probabilities_become_logits_and_back() -> None:
    given = np.array([[0.5, 0.3, 0.2, 0.9, 0.001], [1, 0, 0, 0, 1]], np.float32)
    space = LabelSpace(
        (Attribute("a", "single", ("x", "y", "z")), Attribute("b", "multi", ("v", "w")))
    )
    np.testing.assert_allclose(from_logits(to_logits(given, space), space), given, atol=3e-6)
