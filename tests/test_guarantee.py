"""Guarantees hold on pictures that were not looked at, over many draws of those that were."""

import numpy as np
import pytest

from wardrobe.errors import BadRequestError
from wardrobe.guarantee import Guarantee
from wardrobe.labels import Attribute, LabelSpace
from wardrobe.metrics import known_pairs
from wardrobe.probabilities import from_logits, select
from wardrobe.thresholds import tune_thresholds

SPACE = LabelSpace(
    (
        Attribute("kind", "single", ("a", "b", "c")),
        Attribute("tags", "multi", ("red", "green", "blue", "grey")),
    )
)
COLUMNS = (slice(0, 3), slice(3, 7))
DRAWS, TUNED_ON, OTHERS = 200, 250, 5_000


def pictures(items, seed):
    """Logits that are too sure, truths, and what is known: `kind` of all, `tags` of two thirds."""
    random = np.random.default_rng(seed)
    targets = np.zeros((items, 7), np.float32)
    targets[np.arange(items), random.integers(0, 3, items)] = 1
    targets[:, 3:] = random.random((items, 4)) < [0.5, 0.4, 0.2, 0.1]
    logits = 3 * targets - 1.5 + random.normal(0, 1.5, (items, 7))
    known = np.ones((items, 2), bool)
    known[:, 1] = (random.random(items) < 2 / 3) & targets[:, 3:].any(axis=1)
    targets *= known_pairs(known, SPACE)
    return from_logits(logits.astype(np.float32), SPACE), targets > 0, known


def held_out_losses(guarantee):
    """Returns the loss of every draw's threshold on other pictures `(draws, 2)`."""
    probabilities, positive, known = pictures(OTHERS + DRAWS * TUNED_ON, seed=7)
    pairs = known_pairs(known, SPACE)
    selectable = select(probabilities, np.zeros(7, np.float32), SPACE) & pairs
    test = slice(0, OTHERS)
    losses = []
    for draw in range(DRAWS):
        tuned_on = slice(OTHERS + draw * TUNED_ON, OTHERS + (draw + 1) * TUNED_ON)
        thresholds = guarantee.apply(
            np.full(7, 0.5, np.float32),
            probabilities[tuned_on],
            positive[tuned_on],
            selectable[tuned_on],
            SPACE,
        )
        selected = select(probabilities[test], thresholds, SPACE) & pairs[test]
        losses.append([loss(guarantee, selected[:, c], positive[test, c]) for c in COLUMNS])
    return np.array(losses)


def loss(guarantee, selected, positive):
    """The mean over pictures, by another way than the module's; none selected is no loss."""
    asked = positive if guarantee.measure == "recall" else selected
    missed = (asked & ~(selected & positive)).sum(axis=1)[asked.any(axis=1)]
    return (missed / asked.sum(axis=1)[asked.any(axis=1)]).mean() if asked.any() else 0.0


def test_the_mean_recall_on_other_pictures_is_the_one_guaranteed():
    losses = held_out_losses(Guarantee("recall", 0.8, 0.9, ("kind", "tags")))
    assert (losses.mean(axis=0) <= 0.2 + 0.01).all()
    assert (losses.mean(axis=0) >= 0.2 - 0.02).all()  # and not by selecting everything


def test_the_precision_on_other_pictures_holds_in_as_many_draws_as_said():
    losses = held_out_losses(Guarantee("precision", 0.8, 0.9, ("kind", "tags")))
    assert ((losses > 0.2).mean(axis=0) <= 0.1).all()
    assert (losses.mean(axis=0) >= 0.05).all()  # and not by selecting nothing


def tune(measure, at_least, attributes=("kind", "tags"), items=TUNED_ON):
    probabilities, positive, known = pictures(items, seed=1)
    logits = np.log(probabilities)
    logits[:, 3:] -= np.log1p(-probabilities[:, 3:])
    return tune_thresholds(
        logits,
        positive.astype(np.float32),
        known,
        SPACE,
        temperatures=np.ones(7, np.float32),
        guarantee=Guarantee(measure, at_least, 0.9, attributes),
    )


def test_one_threshold_an_attribute_and_the_others_are_tuned_as_ever():
    guaranteed = tune("recall", 0.8, ("tags",))
    assert len(set(guaranteed.thresholds[3:].tolist())) == 1
    assert len(set(guaranteed.thresholds[:3].tolist())) == 3


def test_more_pictures_leave_less_to_caution():
    few, many = (tune("precision", 0.85, items=items).thresholds for items in (250, 4000))
    assert (many[[0, 3]] < few[[0, 3]]).all()


@pytest.mark.parametrize(
    ("measure", "at_least"), [("recall", 0.99), ("precision", 0.99), ("recall", 1.0)]
)
def test_what_is_out_of_reach_is_refused_with_what_is_not(measure, at_least):
    with pytest.raises(BadRequestError, match=rf"{measure} of at least {at_least} cannot") as error:
        tune(measure, at_least)
    assert "kind (at most 0." in error.value.message
    reachable = float(error.value.message.split("kind (at most ")[1][:4])
    tune(measure, reachable, ("kind",))
    with pytest.raises(BadRequestError):
        tune(measure, reachable + 0.01, ("kind",))


def test_the_recall_of_one_answer_ends_at_its_accuracy():
    probabilities, positive, _ = pictures(TUNED_ON, seed=1)
    accuracy = positive[np.arange(TUNED_ON), probabilities[:, :3].argmax(axis=1)].mean()
    with pytest.raises(BadRequestError) as error:
        tune("recall", 0.99, ("kind",))
    reachable = float(error.value.message.split("kind (at most ")[1][:4])
    assert accuracy - 0.02 < reachable <= accuracy
