"""Label spaces: columns, multi-hot vectors and `labels.json`, round trips and refusals."""

import json
from dataclasses import replace

import numpy as np
import pytest

from wardrobe.errors import DatasetError
from wardrobe.labels import Attribute, LabelSpace, Scope

SPACE = LabelSpace(
    (
        Attribute("article_type", "single", ("Shirts", "Flip Flops", "Café Tops")),
        Attribute("colour", "multi", ("Red", "Navy Blue")),
    )
)


def test_columns_follow_attributes_and_their_labels():
    assert SPACE.names == (
        "article_type=Shirts",
        "article_type=Flip Flops",
        "article_type=Café Tops",
        "colour=Red",
        "colour=Navy Blue",
    )
    assert [SPACE.names[c] for c in SPACE.slices.values()] == [SPACE.names[:3], SPACE.names[3:]]
    assert len(SPACE) == 5


def test_encode_against_loops_and_back():
    items = [
        {"article_type": ["Flip Flops"], "colour": ["Navy Blue", "Red"]},
        {"colour": ["Red"]},
        {"article_type": [], "colour": ["Ultraviolet"], "mood": ["Happy"]},
    ]
    targets, known = SPACE.encode(items)
    for row, item in enumerate(items):
        for column, name in enumerate(SPACE.names):
            attribute, label = name.split("=")
            assert targets[row, column] == (label in item.get(attribute, ()))
    assert known.tolist() == [[True, True], [False, True], [False, False]]
    assert [SPACE.decode(row) for row in targets] == [
        {"article_type": ("Flip Flops",), "colour": ("Red", "Navy Blue")},
        {"colour": ("Red",)},
        {},
    ]


@pytest.mark.parametrize("space", [SPACE, LabelSpace(())])
def test_encode_keeps_its_shape_without_items_or_attributes(space):
    for count in (0, 2):
        targets, known = space.encode([{}] * count)
        assert targets.shape == (count, len(space))
        assert known.shape == (count, len(space.attributes))
        assert targets.dtype == np.float32
        assert known.dtype == np.bool_


def test_file_round_trip(tmp_path):
    SPACE.save(tmp_path / "labels.json")
    assert LabelSpace.load(tmp_path / "labels.json") == SPACE
    text = (tmp_path / "labels.json").read_text(encoding="utf-8")
    assert "Café Tops" in text
    assert "applies_to" not in text


def test_file_round_trip_of_what_an_attribute_applies_to(tmp_path):
    colour = replace(SPACE.attributes[1], applies_to=Scope("article_type", ("Shirts",)))
    limited = LabelSpace((SPACE.attributes[0], colour))
    limited.save(tmp_path / "labels.json")
    assert LabelSpace.load(tmp_path / "labels.json") == limited
    assert LabelSpace.union([limited]) == SPACE, "what was learnt from a union is not yet known"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("not json", "cannot read"),
        ("[]", "dictionary"),
        ("{}", "attributes: Field required"),
        ('{"attributes": [{"kind": "single", "labels": ["a"]}]}', "0.name: Field required"),
        ('{"attributes": [{"name": "x", "kind": "many", "labels": ["a"]}]}', "'single' or 'multi'"),
        ('{"attributes": [{"name": "x", "kind": "multi", "labels": "ab"}]}', "tuple"),
        ('{"attributes": [{"name": "x", "kind": "multi", "labels": [1]}]}', "valid string"),
        ('{"attributes": [{"name": "x", "kind": "multi", "labels": []}]}', "'x' has no labels"),
        ('{"attributes": [{"name": "x", "kind": "multi", "labels": ["a", "a"]}]}', "label twice"),
        ('{"attributes": [{"name": "x", "kind": "multi", "labels": ["a;b"]}]}', "'a;b'.*separates"),
        ('{"attributes": [{"name": "x", "kind": "multi", "labels": [" a"]}]}', "' a'.*space"),
        ('{"attributes": [{"name": "x", "kind": "multi", "labels": [""]}]}', "''.*empty"),
        ('{"attributes": [{"name": "x=y", "kind": "multi", "labels": ["a"]}]}', "'x=y'"),
        (
            '{"attributes": [{"name": "x", "kind": "multi", "labels": ["a"], '
            '"applies_to": {"attribute": "y", "labels": ["b"]}}]}',
            "'x' applies to labels of 'y'",
        ),
    ],
)
def test_a_broken_file_is_refused_with_the_reason(tmp_path, content, reason):
    (tmp_path / "labels.json").write_text(content)
    with pytest.raises(DatasetError, match=reason):
        LabelSpace.load(tmp_path / "labels.json")


def test_a_repeated_attribute_is_refused():
    twice = SPACE.to_json()["attributes"] * 2
    with pytest.raises(DatasetError, match="listed twice"):
        LabelSpace.from_json(json.loads(json.dumps({"attributes": twice})))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"nowhere/labels\.json"):
        LabelSpace.load(tmp_path / "nowhere" / "labels.json")


def test_union_keeps_first_order_and_adds_what_is_new():
    other = LabelSpace(
        (
            Attribute("garment", "single", ("Hat",)),
            Attribute("colour", "multi", ("Green", "Red")),
        )
    )
    assert LabelSpace.union([SPACE, other]).attributes == (
        SPACE.attributes[0],
        Attribute("colour", "multi", ("Red", "Navy Blue", "Green")),
        other.attributes[0],
    )


def test_union_refuses_an_attribute_of_two_kinds():
    other = LabelSpace((Attribute("colour", "single", ("Red",)),))
    with pytest.raises(DatasetError, match="'colour' is single in one dataset and multi"):
        LabelSpace.union([SPACE, other])


def test_attributes_are_limited_to_the_kinds_of_thing_they_were_seen_with():
    space = LabelSpace(
        (
            Attribute("category", "single", ("Apparel", "Other")),
            Attribute("article_type", "single", ("Shirts", "Jeans", "Watches")),
            Attribute("colour", "single", ("Red", "Blue")),
            Attribute("sleeve_length", "single", ("Long", "Short")),
            Attribute("details", "multi", ("Buttons", "Zip", "Hood", "Belt")),
            Attribute("garment", "single", ("Hat", "Dress")),
            Attribute("never_known", "single", ("a",)),
        )
    )
    shop = {"category": ["Apparel"], "colour": ["Red"]}
    items = [
        {**shop, "article_type": ["Shirts"], "sleeve_length": ["Long"], "details": ["Buttons"]},
        {**shop, "article_type": ["Jeans"], "details": ["Zip", "Belt"]},
        {**shop, "article_type": ["Watches"]},
        {"garment": ["Hat"]},
    ]
    limited = space.limited_to_seen(*space.encode(items))
    assert {a.name: a.applies_to for a in limited.attributes} == {
        "category": None,
        "article_type": None,
        "colour": None,
        "sleeve_length": Scope("article_type", ("Shirts",)),
        "details": Scope("article_type", ("Shirts", "Jeans")),
        "garment": None,
        "never_known": None,
    }
    assert LabelSpace.union([limited]) == space
