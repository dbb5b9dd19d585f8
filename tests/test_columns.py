"""Filters, facets, sorting and groups over columns, against plain Python item by item."""

import threading
from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest

from tests.filter_oracle import main_value, matches, may_have, random_filter, values_of
from wardrobe.errors import BadRequestError
from wardrobe.index import CatalogueItem
from wardrobe.index.columns import LAST, Columns
from wardrobe.index.filters import parse_filter
from wardrobe.labels import Attribute, LabelSpace
from wardrobe.probabilities import select

SPACE = LabelSpace(
    (
        Attribute("article_type", "single", ("Dresses", "Shirts", "Trousers", "Shoes")),
        Attribute("colour", "single", ("Red", "Blue", "Navy Blue", "Black", "White")),
        Attribute("details", "multi", ("Belt", "Pockets", "Hood")),
    )
)
THRESHOLDS = np.array([0.5, 0.4, 0.6, 0.3, 0.4, 0.45, 0.5, 0.3, 0.62, 0.3, 0.6, 0.0], np.float32)
FIELDS = (
    "article_type",
    "colour",
    "details",
    "brand",
    "metadata.price",
    "metadata.size.eu",
    "metadata.made",
    "metadata.materials",
    "metadata.sale",
    "metadata.code",
    "metadata.parts.of",
    "metadata.nothing",
)


def random_items(count: int, seed: int) -> tuple[list[CatalogueItem], list[np.ndarray | None]]:
    """Items with labels inside and outside the space, some without any, and motley metadata."""
    rng, numbers = Random(seed), np.random.default_rng(seed)
    items, stored = [], []
    for i in range(count):
        probabilities = numbers.dirichlet(np.full(len(SPACE), 0.3)).astype(np.float32)
        chosen = select(probabilities[None], THRESHOLDS, SPACE)[0]
        tagged = rng.random() < 0.9
        tags = {
            a.name: {
                label: round(float(probabilities[c]), 6)
                for c, label in zip(range(len(SPACE))[SPACE.slices[a.name]], a.labels, strict=True)
                if chosen[c]
            }
            for a in SPACE.attributes
        }
        items.append(
            CatalogueItem(
                f"item-{i % (count - 5)}",  # some ids have two versions
                Path("/nowhere"),
                labels=random_labels(rng) if rng.random() < 0.7 else {},
                tags={name: found for name, found in tags.items() if found} if tagged else {},
                metadata=random_metadata(rng) if rng.random() < 0.9 else {},
            )
        )
        stored.append(np.rint(probabilities * 10_000).astype(np.uint16) if tagged else None)
    return items, stored


def random_labels(rng: Random) -> dict[str, list[str]]:
    choices = {
        "colour": ["Red", "Blue", "Teal", "a=b"],
        "details": ["Hood", "Belt", "Zip"],
        "brand": ["Acme", "Bolt", "Crow"],
    }
    return {
        name: rng.sample(labels, rng.randint(0, 2))
        for name, labels in choices.items()
        if rng.random() < 0.7
    }


def random_metadata(rng: Random) -> dict:
    metadata = {
        "price": rng.choice([rng.randint(5, 40), rng.randint(10, 80) / 2, None, "on request"]),
        "size": {"eu": rng.choice([36, 38, 40.0, [36, 38], []]), "fits": rng.choice(["S", "M"])},
        "size.eu": rng.choice([42, None]),
        "made": f"20{rng.randint(10, 25)}-0{rng.randint(1, 9)}-15",
        "materials": rng.sample(["wool", "cotton", "silk", "cotton"], rng.randint(0, 4)),
        "sale": rng.choice([True, False, 1, 0, "true"]),
        "code": rng.choice([10**30, -(10**400), 2**53, 1e300, 7, "7", "Ä", ""]),
        "parts": [{"of": rng.choice("xyz"), "share": rng.random()}, {"of": "x"}, [None]],
    }
    return {key: value for key, value in metadata.items() if rng.random() < 0.8}


def columns_of(items: list[CatalogueItem], stored: list[np.ndarray | None]) -> Columns:
    columns = Columns(SPACE, THRESHOLDS)
    for item, probabilities in zip(items, stored, strict=True):
        columns.append(item, probabilities)
    return columns


ITEMS, STORED = random_items(300, seed=1)
COLUMNS = columns_of(ITEMS, STORED)


def test_random_filters_match_what_plain_python_matches():
    rng, found_something, kinds = Random(2), 0, Counter()
    for _ in range(400):
        asked = random_filter(rng, ITEMS, SPACE)
        count = rng.choice([len(ITEMS), rng.randint(0, len(ITEMS))])
        expected = [matches(asked, *of, SPACE) for of in zip(ITEMS, STORED, strict=True)]
        found = COLUMNS.mask(parse_filter(asked), count)
        np.testing.assert_array_equal(found, expected[:count], err_msg=str(asked))
        found_something += any(expected)
        kinds.update(keys_of(asked))
    assert found_something > 300
    every = {"tag", "source", "min_probability", "metadata", "eq", "in", "gt", "gte", "lt", "lte"}
    assert set(kinds) == every | {"exists", "id", "all", "any", "none"}
    assert min(kinds.values()) > 10


def keys_of(condition) -> list[str]:
    """Every key of a filter, nested ones too."""
    nested = [part for key in ("all", "any", "none") for part in condition.get(key, ())]
    return [*condition, *(key for part in nested for key in keys_of(part))]


@pytest.mark.parametrize("count", [0, 17, 300])
def test_must_not_leaves_out_what_may_have_the_tag(count):
    tags = [*SPACE.names, "colour=Teal", "colour=a=b", "brand=Acme", "details", "brand"]
    for tag in tags:
        expected = [may_have(tag, *of, SPACE, THRESHOLDS) for of in zip(ITEMS, STORED, strict=True)]
        np.testing.assert_array_equal(COLUMNS.excluded([tag], count), expected[:count], tag)
        assert count < 300 or 0 < sum(expected) < 300
    both = COLUMNS.excluded(["colour=Red", "brand=Acme"], count)
    one, other = (COLUMNS.excluded([tag], count) for tag in ("colour=Red", "brand=Acme"))
    np.testing.assert_array_equal(both, one | other)
    assert not COLUMNS.excluded([], count).any()


@pytest.mark.parametrize("field", FIELDS)
def test_facets_count_what_a_counter_counts(field):
    for seed, limit in ((3, 1000), (4, 3), (5, 1)):
        mask = np.random.default_rng(seed).random(250) < 0.5
        counter = Counter(
            (type(value) is bool, value)
            for item, wanted in zip(ITEMS, mask, strict=False)
            if wanted
            for value in values_of(item, field)
        )
        ranked = sorted(counter.items(), key=lambda entry: (-entry[1], order_of(entry[0][1])))
        expected = [(value, count) for (_, value), count in ranked][:limit]
        found = COLUMNS.facets([field], mask, limit)
        assert found == {field: expected}
        assert [type(value) is bool for value, _ in found[field]] == [
            type(value) is bool for value, _ in expected
        ]


def test_a_facet_agrees_with_the_filter_for_its_value():
    everything = np.ones(300, np.bool_)
    for value, count in COLUMNS.facets(["colour"], everything, 100)["colour"]:
        assert COLUMNS.mask(parse_filter({"tag": f"colour={value}"}), 300).sum() == count
    for value, count in COLUMNS.facets(["metadata.sale"], everything, 9)["metadata.sale"]:
        asked = {"metadata": "sale", "eq": value}
        assert COLUMNS.mask(parse_filter(asked), 300).sum() == count


def order_of(value):
    return (1 if type(value) is str else 0 if type(value) is bool else 0.5, value)


@pytest.mark.parametrize("field", FIELDS)
def test_sorting_puts_numbers_before_strings_and_what_is_missing_last(field):
    for count in (0, 120, 300):
        values = {slot: main_value(ITEMS[slot], field) for slot in range(count)}
        present = [slot for slot in values if values[slot] is not None]
        missing = [slot for slot in values if values[slot] is None]
        for name, reverse in ((field, False), (f"-{field}", True)):
            keys = COLUMNS.sort_keys(name, count)
            # Python's sorted is stable in reverse too: equal ones stay in the order of slots.
            expected = sorted(present, key=lambda slot: order_of(values[slot]), reverse=reverse)
            assert np.argsort(keys, kind="stable").tolist() == expected + missing
            assert np.flatnonzero(keys == LAST).tolist() == missing


@pytest.mark.parametrize("field", FIELDS)
def test_groups_hold_the_items_with_the_same_main_value(field):
    codes = COLUMNS.groups(field, 280)
    assert codes.shape == (280,)
    values = [main_value(item, field) for item in ITEMS[:280]]
    keys = [None if v is None else (type(v) is bool, v) for v in values]
    pairs = set(zip(codes.tolist(), keys, strict=True))
    assert len(pairs) == len({code for code, _ in pairs}) == len({key for _, key in pairs})
    assert all((code == -1) == (key is None) for code, key in pairs)


def test_the_main_label_is_the_first_given_else_the_most_probable():
    columns = Columns(SPACE, THRESHOLDS)
    tags = {"details": {"Belt": 0.7, "Hood": 0.9}}
    for labels in ({}, {"details": ["Pockets", "Hood"]}, {"details": []}):
        columns.append(CatalogueItem("a", Path("/a"), labels=labels, tags=tags), None)
    hood, pockets = SPACE.attributes[2].labels.index("Hood"), 1
    assert columns.groups("details", 3).tolist() == [hood, pockets, hood]


def refused(asked, columns=COLUMNS) -> BadRequestError:
    with pytest.raises(BadRequestError) as caught:
        columns.mask(parse_filter(asked), columns.count)
    return caught.value


def test_a_misspelt_attribute_is_an_error_that_says_where_and_what_there_is():
    error = refused({"all": [{"id": ["x"]}, {"none": [{"tag": "color=Red"}]}]})
    assert error.message == (
        "filters.all[1].none[0].tag is 'color=Red': there is no attribute 'color', did you mean "
        "'colour'? known are article_type, brand, colour, details"
    )
    assert error.detail == {
        "parameters": ["filters.all[1].none[0].tag"],
        "similar": ["colour"],
    }


def test_a_misspelt_label_is_an_error_that_suggests_near_ones():
    assert refused({"tag": "colour=red"}).detail["similar"] == ["Red"]
    assert refused({"tag": "colour=blu"}).detail["similar"] == ["Blue", "Navy Blue"]
    assert refused({"tag": "colour=navy"}).detail["similar"] == ["Navy Blue"]
    message = refused({"tag": "details=Buttons", "min_probability": 0.5}).message
    assert message == (
        "filters.tag is 'details=Buttons': details has no label 'Buttons'; known are Belt, Hood, "
        "Pockets, Zip"
    )
    with pytest.raises(BadRequestError, match=r"must_not\[1\] is 'brand=acmee': .*'Acme'"):
        COLUMNS.excluded(["colour=Red", "brand=acmee"], 10)


@pytest.mark.parametrize("tag", ["colour=", "=Red", "", "☃", "colour=☃", "x" * 5000, "colour= Red"])
def test_odd_tags_are_refused_in_a_readable_message(tag):
    with pytest.raises(BadRequestError) as caught:
        COLUMNS.excluded([tag], 300)
    assert len(caught.value.message) < 400


def test_a_known_label_that_no_item_has_matches_nothing():
    columns = Columns(SPACE, THRESHOLDS)
    assert columns.mask(parse_filter({"tag": "colour=Red"}), 0).shape == (0,)
    columns.append(CatalogueItem("a", Path("/a"), labels={"brand": ["Acme"]}), None)
    for asked in ({"tag": "colour=Red"}, {"tag": "brand=Acme", "min_probability": 0.1}):
        assert columns.mask(parse_filter(asked), 1).tolist() == [False]
    assert columns.mask(parse_filter({"tag": "brand=Acme"}), 1).tolist() == [True]
    # What a reader's slots know of is not all that is known: a label given later is no error.
    assert columns.mask(parse_filter({"tag": "brand=Acme"}), 0).tolist() == []


def test_unknown_metadata_keys_and_ids_match_nothing():
    assert not COLUMNS.mask(parse_filter({"metadata": "prise", "gt": 1}), 300).any()
    assert COLUMNS.mask(parse_filter({"metadata": "prise", "exists": False}), 300).all()
    assert not COLUMNS.mask(parse_filter({"id": ["no such"]}), 300).any()
    assert COLUMNS.facets(["metadata.prise"], np.ones(300, np.bool_), 5) == {"metadata.prise": []}
    assert (COLUMNS.groups("metadata.prise", 300) == -1).all()
    assert (COLUMNS.sort_keys("-metadata.prise", 300) == LAST).all()


@pytest.mark.parametrize(
    ("ask", "place"),
    [
        (lambda: COLUMNS.facets(["colour", "colr"], np.ones(300, np.bool_), 5), "facets"),
        (lambda: COLUMNS.sort_keys("-colr", 300), "sort"),
        (lambda: COLUMNS.groups("colr", 300), "group_by"),
    ],
)
def test_unknown_fields_are_refused(ask, place):
    with pytest.raises(BadRequestError, match=f"^{place} is 'colr': .*did you mean 'colour'") as e:
        ask()
    assert e.value.detail["parameters"] == [place]


def test_an_encoder_that_cannot_tag_leaves_given_labels_and_metadata():
    columns = Columns(None, None)
    assert "known are none yet" in refused({"tag": "colour=Red"}, columns).message
    columns.append(
        CatalogueItem("a", Path("/a"), labels={"colour": ["Red"]}, metadata={"price": 3}), None
    )
    for asked in ({"tag": "colour=Red"}, {"metadata": "price", "eq": 3}):
        assert columns.mask(parse_filter(asked), 1).tolist() == [True]
    assert columns.mask(parse_filter({"tag": "colour", "min_probability": 0.1}), 1).tolist() == [0]
    assert columns.excluded(["colour=Red"], 1).tolist() == [True]


def test_metadata_may_nest_deeper_than_python_calls():
    metadata: dict = {"a": 1}
    for _ in range(3000):
        metadata = {"a": [metadata]}
    columns = Columns(None, None)
    columns.append(CatalogueItem("a", Path("/a"), metadata=metadata), None)
    assert columns.mask(parse_filter({"metadata": "a.a", "exists": True}), 1).all()


def test_not_a_number_is_no_value():
    columns = Columns(None, None)
    for price in (float("nan"), float("inf"), [float("nan"), 4]):
        columns.append(CatalogueItem("a", Path("/a"), metadata={"price": price}), None)
    asked = parse_filter({"metadata": "price", "exists": True})
    assert columns.mask(asked, 3).tolist() == [False, True, True]
    assert columns.mask(parse_filter({"metadata": "price", "gt": 3}), 3).tolist() == [0, 1, 1]
    assert np.argsort(columns.sort_keys("metadata.price", 3), kind="stable").tolist() == [2, 1, 0]


def test_readers_get_one_answer_while_items_are_appended():
    columns = columns_of(ITEMS[:100], STORED[:100])
    asked = [parse_filter(random_filter(Random(s), ITEMS[:100], SPACE)) for s in range(20)]
    done, failures = threading.Event(), []

    def answers(count: int):
        masks = [columns.mask(one, count).tolist() for one in asked]
        keys = [np.argsort(columns.sort_keys(f, count), kind="stable").tolist() for f in FIELDS]
        counts = columns.facets(FIELDS, np.ones(count, np.bool_), 50)
        return masks, keys, counts, columns.excluded(["colour=Red"], count).tolist()

    def read() -> None:
        while not done.is_set():
            count = columns.count
            if answers(count) != answers(count) or answers(100) != first:
                failures.append(count)

    first = answers(100)
    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    more, stored = random_items(500, seed=6)
    for i, (item, probabilities) in enumerate(zip(more, stored, strict=True)):
        extra = {**item.metadata, f"key-{i}": i, "name": f"name {i}"}
        columns.append(
            CatalogueItem(item.id, item.image_path, "", item.labels, item.tags, extra),
            probabilities,
        )
    done.set()
    for reader in readers:
        reader.join()
    assert not failures
    assert columns.count == 600
