"""The filter grammar: what it takes, what its JSON schema says, and what every error says."""

import json
import re
from functools import reduce
from pathlib import Path
from random import Random

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from tests.filter_oracle import random_filter
from tests.test_columns import ITEMS, SPACE
from wardrobe.errors import BadRequestError
from wardrobe.index.filters import (
    MAX_CONDITIONS,
    MAX_DEPTH,
    MAX_VALUES,
    Filter,
    FilterGroup,
    IdCondition,
    MetadataCondition,
    TagCondition,
    parse_filter,
    split_tag,
)


def wide(depth: int) -> list:
    return [wide(depth - 1) if depth else "x" * 50] * 6


SECTION = (
    (Path(__file__).parents[1] / "docs" / "search.md")
    .read_text(encoding="utf-8")
    .split("\n## Filters\n")[1]
    .split("\n## ")[0]
)
SCHEMA = Draft202012Validator(TypeAdapter(Filter).json_schema())


def nested(depth: int) -> dict:
    return reduce(lambda inner, _: {"all": [inner]}, range(depth - 1), {"tag": "colour"})


GOOD = [
    ({"tag": "colour=Red"}, TagCondition(tag="colour=Red")),
    ({"tag": "a=b=c", "source": "given"}, TagCondition(tag="a=b=c", source="given")),
    (
        {"tag": "colour", "source": "predicted", "min_probability": 1},
        TagCondition(tag="colour", source="predicted", min_probability=1.0),
    ),
    ({"metadata": "size.eu", "eq": True}, MetadataCondition(metadata="size.eu", eq=True)),
    (
        {"metadata": "p", "in": [1, "a", False]},
        MetadataCondition(metadata="p", **{"in": [1, "a", False]}),
    ),
    ({"metadata": "p", "gte": 0, "lt": 9.5}, MetadataCondition(metadata="p", gte=0, lt=9.5)),
    ({"metadata": "p", "gt": "2024-05"}, MetadataCondition(metadata="p", gt="2024-05")),
    ({"metadata": "p", "eq": 0}, MetadataCondition(metadata="p", eq=0)),
    ({"metadata": "p", "exists": False}, MetadataCondition(metadata="p", exists=False)),
    ({"id": ["a", "b"]}, IdCondition(id=["a", "b"])),
    (
        {"all": [{"tag": "a"}], "none": [{"any": [{"id": ["x"]}]}]},
        FilterGroup(all=[TagCondition(tag="a")], none=[FilterGroup(any=[IdCondition(id=["x"])])]),
    ),
]


@pytest.mark.parametrize(("asked", "expected"), GOOD, ids=[json.dumps(asked) for asked, _ in GOOD])
def test_json_and_its_text_are_read_alike(asked, expected):
    assert parse_filter(asked) == expected == parse_filter(json.dumps(asked))
    assert SCHEMA.is_valid(asked)
    hash(parse_filter(asked))  # so that it can be a key


def test_false_is_not_nothing():
    """`eq` and `exists` may be false, and zero is a value."""
    assert parse_filter({"metadata": "p", "eq": False}).eq is False
    assert parse_filter({"metadata": "p", "in": [0, False]}).is_in == (0, False)


def test_the_limits_themselves_are_allowed():
    for asked in (
        nested(10),
        {"any": [{"tag": "a"}] * 200},
        {"id": ["a"] * 1000},
        {"metadata": "p", "in": [1] * 1000},
        {"metadata": "p", "lte": 2**53 - 1, "gte": -(2**53) + 1},
    ):
        assert SCHEMA.is_valid(asked)
        parse_filter(asked)


KINDS = "a condition has one of tag, metadata, id, all, any, none"
OBJECT = 'it must be like {"tag": "colour=Red"}'
TAG = 'it must be like "colour=Red", or an attribute alone: any label of it'
SOURCE = "it must be 'given_first', 'given', 'predicted' or 'any'"
WAYS = "it must have one of eq, in, exists, or bounds (gt, gte, lt, lte)"
VALUE = "it must be a string, a number, true or false"
BOUND = "it must be a number or a string"
RANGE = "numbers must lie from -9007199254740991 to 9007199254740991"
EMPTY = "it must have at least 1 item, not 0"
LONG = "it must have at most 1000 items, not 1001"

BAD = [
    ({"all": [{"tag": "a"}, {"tag": "b", "min_probability": 2}]},
     "filters.all[1].min_probability is 2", "it must be at most 1"),
    ({"any": [{"tagg": "x"}]}, "filters.any[0]", f"unknown key 'tagg'; {KINDS}"),
    ({}, "filters is {}", KINDS),
    ({"min_probability": 0.5}, "filters is {'min_probability': 0.5}", KINDS),
    ({"tag": "a", "eq": 1}, "filters",
     "unknown key 'eq'; a condition with tag knows tag, source, min_probability"),
    ({"any": [{"id": ["a"]}], "source": "given"}, "filters",
     "unknown key 'source'; a condition with any knows all, any, none"),
    ({"tag": "a", "all": [{"tag": "b"}]}, "filters",
     "it has both tag and all; put a condition of each in all"),
    ([], "filters is []", OBJECT),
    (None, "filters is None", OBJECT),
    (7, "filters is 7", OBJECT),
    ({"none": ["colour=Red"]}, "filters.none[0] is 'colour=Red'", OBJECT),
    ({"all": []}, "filters.all is []", EMPTY),
    ({"any": {"tag": "a"}}, "filters.any is {'tag': 'a'}", "it must be a list"),
    ({"none": None}, "filters.none is None", "it must be a list"),
    ({"tag": 5}, "filters.tag is 5", "it must be a valid string"),
    ({"tag": "=Red"}, "filters.tag is '=Red'", TAG),
    ({"tag": "colour="}, "filters.tag is 'colour='", TAG),
    ({"tag": ""}, "filters.tag is ''", TAG),
    ({"tag": "a", "source": "guessed"}, "filters.source is 'guessed'", SOURCE),
    ({"tag": "a", "source": None}, "filters.source is None", SOURCE),
    ({"tag": "a", "min_probability": 0},
     "filters.min_probability is 0", "it must be greater than 0"),
    ({"tag": "a", "min_probability": True},
     "filters.min_probability is True", "it must be a valid number"),
    ({"tag": "a", "min_probability": "0.5"},
     "filters.min_probability is '0.5'", "it must be a valid number"),
    ({"metadata": "", "eq": 1}, "filters.metadata is ''", "it must have at least 1 character"),
    ({"metadata": 3, "eq": 1}, "filters.metadata is 3", "it must be a valid string"),
    ({"metadata": "p"}, "filters is {'metadata': 'p'}", WAYS),
    ({"metadata": "p", "eq": 1, "exists": True},
     "filters is {'eq': 1, 'exists': True, 'metadata': 'p'}", WAYS),
    ({"metadata": "p", "in": [1], "gt": 0},
     "filters is {'gt': 0, 'in': [1], 'metadata': 'p'}", WAYS),
    ({"metadata": "p", "eq": None}, "filters.eq is None",
     'null equals nothing; {"exists": false} asks for items without a value'),
    ({"metadata": "p", "eq": [1]}, "filters.eq is [1]", VALUE),
    ({"metadata": "p", "in": [1, [2]]}, "filters.in[1] is [2]", VALUE),
    ({"metadata": "p", "in": []}, "filters.in is []", EMPTY),
    ({"metadata": "p", "in": "abc"}, "filters.in is 'abc'", "it must be a list"),
    ({"metadata": "p", "gt": True}, "filters.gt is True", BOUND),
    ({"metadata": "p", "lt": None}, "filters.lt is None", BOUND),
    ({"metadata": "p", "exists": 1}, "filters.exists is 1", "it must be true or false"),
    ({"metadata": "p", "gt": 2**53}, "filters.gt is 9007199254740992", RANGE),
    ({"id": "a"}, "filters.id is 'a'", "it must be a list"),
    ({"id": [1]}, "filters.id[0] is 1", "it must be a valid string"),
    ({"id": []}, "filters.id is []", EMPTY),
    ({"id": ["a"] * 1001}, "filters.id is ['a', 'a', 'a', 'a', 'a', 'a', ...]", LONG),
    ({"metadata": "p", "in": [1] * 1001}, "filters.in is [1, 1, 1, 1, 1, 1, ...]", LONG),
]  # fmt: skip
"""Filters that break a rule which the JSON schema has too, the place and the rule."""

BEYOND_THE_SCHEMA = [
    ({"tag": "a", "source": "given", "min_probability": 0.5},
     "filters is {'min_probability': 0.5, 'source': 'given', 'tag': 'a'}",
     "given tags have no probability; leave out source or min_probability"),
    ({"metadata": "p", "gt": 1, "lt": "b"}, "filters is {'gt': 1, 'lt': 'b', 'metadata': 'p'}",
     "its bounds must all be numbers, or all be strings"),
    ({"all": [{"any": [{"tag": "a"}] * 150}, {"any": [{"tag": "a"}] * 51}]},
     "filters.all[1].any[50]", "filters have 200 conditions at most"),
    (nested(11), f"filters{'.all[0]' * 10}", "filters nest 10 deep at most"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "place", "rule"), BAD + BEYOND_THE_SCHEMA)
def test_errors_point_at_the_place_and_name_the_rule(asked, place, rule):
    for given in (asked, json.dumps(asked)):
        with pytest.raises(BadRequestError) as caught:
            parse_filter(given)
        assert caught.value.message == f"{place}: {rule}"
        assert caught.value.detail == {"parameters": [place.split(" is ")[0]]}


@pytest.mark.parametrize("asked", [asked for asked, *_ in BAD])
def test_the_schema_refuses_what_the_parser_refuses(asked):
    assert not SCHEMA.is_valid(asked)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "not valid JSON"),
        ("{'tag': 'a'}", "not valid JSON"),
        ('{"tag": "a"', "not valid JSON"),
        ('{"all": [' * 100_000, "not valid JSON"),
        ('{"metadata": "p", "gt": ' + "1" * 5000 + "}", "not valid JSON"),
        ('{"metadata": "p", "gt": ' + "1" * 400 + "}", "numbers must lie from"),
        ('{"metadata": "p", "eq": NaN}', "numbers must lie from"),
        ('{"metadata": "p", "in": [-Infinity]}', "numbers must lie from"),
        ('{"tag": "a", "min_probability": NaN}', "must be"),
        ('{"tag": "a", "min_probability": 1e400}', "must be"),
        ('{"tag": "a", "min_probability": ' + "9" * 400 + "}", "must be"),
        ('"colour=Red"', "must be like"),
        ('{"' + "k" * 100_000 + '": 1}', "unknown key"),
        ('{"tag": "' + "t" * 100_000 + '="}', "must be like"),
        ('{"all": [{"id": [' + '"a",' * 100_000 + '"a"]}]}', "at most 1000 items"),
        ('{"all": [' + '{"tag": "a"},' * 100_000 + '{"tag": "a"}]}', "200 conditions"),
        (nested(900), "10 deep at most"),
        ({"metadata": "p", "eq": wide(5)}, "must be a string"),
    ],
    ids=range(18),
)
def test_hostile_text_gets_a_short_error(text, rule):
    with pytest.raises(BadRequestError, match=rule) as caught:
        parse_filter(text)
    assert len(caught.value.message) < 400


def test_random_filters_are_within_the_grammar_and_the_schema():
    rng = Random(7)
    for _ in range(200):
        asked = random_filter(rng, ITEMS, SPACE)
        assert SCHEMA.is_valid(asked)
        parsed = parse_filter(asked)
        assert parse_filter(parsed.model_dump(mode="json", by_alias=True, exclude_unset=True)) == (
            parsed
        )


def test_a_label_may_hold_equals_signs():
    assert split_tag("colour") == ("colour", None)
    assert split_tag("colour=a=b") == ("colour", "a=b")


def test_the_documented_conditions_are_within_the_grammar():
    conditions = re.findall(r"^\| `(\{.*?\})` \| (?!`)", SECTION, re.MULTILINE)
    conditions += re.findall(r"^```json\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)
    for text in conditions:
        parse_filter(text)
    assert {key for text in conditions for key in re.findall(r'"(\w+)":', text)} == {
        *("tag", "source", "min_probability", "metadata", "eq", "in", "gte", "lt", "exists"),
        *("id", "all", "any", "none"),
    }
    assert all(f"`{name}`" in SECTION for name in ("gt", "gte", "lt", "lte"))
    assert all(str(limit) in SECTION for limit in (MAX_DEPTH, MAX_CONDITIONS, MAX_VALUES))


def test_the_documented_errors_are_those_given():
    rows = re.findall(r"^\| `(\{.*?\})` \| `(.*)` \|$", SECTION, re.MULTILINE)
    assert len(rows) == 4
    for text, message in rows:
        with pytest.raises(BadRequestError) as caught:
            parse_filter(text)
        assert caught.value.message == message
