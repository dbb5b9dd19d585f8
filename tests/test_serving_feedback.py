"""POST /feedback: what is judged is kept, as it was; what is not there cannot be judged."""

import json
import re

import pytest

from tests.fakes import ColourEncoder
from tests.serving import picture
from wardrobe.feedback import FeedbackStore
from wardrobe.files import sha256_of
from wardrobe.serving.feedback_schemas import MAX_QUERY_LENGTH

TAG = {"kind": "tag", "id": "shop/red", "tag": "colour=Red", "verdict": "reject"}
RESULT = {
    "kind": "result",
    "id": "shop/blue",
    "query": {"text": "été", "top_k": 3, "filters": {"all": [{"tag": "colour=Blue"}]}},
    "verdict": "accept",
}


@pytest.fixture
def client(serve):
    return serve()


@pytest.fixture
def store(tmp_path):
    return FeedbackStore(tmp_path / "state" / "feedback.sqlite")


def test_a_judged_tag_is_kept_with_what_was_served(client, store, tmp_path) -> None:
    answer = client.post("/feedback", json=TAG)
    assert (answer.status_code, answer.json) == (201, {"number": 1})
    (found,) = store.latest_tags()
    path = tmp_path / "index-0" / "shop" / "red.png"
    assert (found.item_id, found.image_path) == ("shop/red", path)
    assert found.sha256 == sha256_of(path)
    assert (found.name, found.accepted, found.probability) == ("colour=Red", False, 0.9)
    assert found.fingerprint == ColourEncoder.fingerprint
    assert re.fullmatch("[0-9a-f]{8}", found.key_id)
    assert found.probabilities is None


def test_the_probabilities_at_hand_are_kept(client, store) -> None:
    tags = client.put("/items/new", data=picture("red"), content_type="image/png").json["tags"]
    client.post("/feedback", json=TAG | {"id": "new"})
    (found,) = store.latest_tags()
    names = ColourEncoder.label_space.names
    kept = dict(zip(names, found.probabilities / 10_000, strict=True))
    assert kept["colour=Red"] == tags["colour"][0]["probability"] == found.probability
    assert kept["tone=reddish"] == tags["tone"][0]["probability"]
    assert kept["colour=Blue"] < 0.1


def test_a_judged_result_is_kept_with_its_query(client, store) -> None:
    assert client.post("/feedback", json=RESULT).status_code == 201
    (found,) = store.results()
    assert (found.item_id, found.query, found.accepted) == ("shop/blue", RESULT["query"], True)


def test_forms_and_query_strings_work_as_everywhere(client, store) -> None:
    assert client.post("/feedback", query_string=TAG).json == {"number": 1}
    form = {**RESULT, "query": json.dumps(RESULT["query"])}
    assert client.post("/feedback", data=form).json == {"number": 2}
    assert [found.query for found in store.results()] == [RESULT["query"]]
    deep = client.post("/feedback", data={**RESULT, "query": "[" * 60_000})
    assert "nested too deeply" in deep.json["error"]["message"]


@pytest.mark.parametrize("tag", ["tone=bright", "article_type=Shirts", "colour=White"])
def test_predicted_and_given_tags_can_be_judged(client, tag) -> None:
    asked = TAG | {"id": "shop/white", "tag": tag}
    assert client.post("/feedback", json=asked).status_code == 201


@pytest.mark.parametrize(
    ("asked", "status", "code", "words"),
    [
        (TAG | {"id": "shop/none"}, 404, "unknown_item", "'shop/none'"),
        (TAG | {"tag": "colour=Mauve"}, 400, "bad_request", "tag is 'colour=Mauve': it must be"),
        (TAG | {"tag": "colour=White"}, 400, "bad_request", "or item 'shop/red' is given"),
        (TAG | {"tag": "colour"}, 400, "bad_request", "attribute=label"),
        (TAG | {"verdict": "maybe"}, 400, "bad_request", "verdict is 'maybe': it must be 'accept'"),
        (TAG | {"kind": "query"}, 400, "bad_request", "kind must be 'tag'"),
        (TAG | {"kind": ["tag"]}, 400, "bad_request", "kind must be 'tag'"),
        ({}, 400, "bad_request", "kind must be 'tag'"),
        (TAG | {"query": {}}, 400, "bad_request", "unknown parameter 'query'; this call knows"),
        ({"kind": "tag", "id": "shop/red"}, 400, "bad_request", "tag"),
        (RESULT | {"query": "red"}, 400, "bad_request", "query is 'red': "),
        (RESULT | {"query": [1]}, 400, "bad_request", "query is [1]: "),
        (RESULT | {"query": {"min_score": float("nan")}}, 400, "bad_request", "query is"),
        (
            RESULT | {"query": {"image": "x" * MAX_QUERY_LENGTH}},
            400,
            "bad_request",
            "65536 at most; leave a picture out",
        ),
        (RESULT | {"query": "{}"}, 400, "bad_request", "query is '{}': it must be a valid dict"),
        (RESULT | {"id": "\ud800"}, 400, "bad_request", "id is"),
    ],
)
def test_what_cannot_be_judged_is_refused(client, store, asked, status, code, words) -> None:
    response = client.post("/feedback", data=json.dumps(asked), content_type="application/json")
    error = response.json["error"]
    assert (response.status_code, error["code"]) == (status, code), error
    assert words in error["message"]
    client.post("/feedback", json=TAG)
    assert store.count() == 1


def test_other_bodies_and_methods_are_refused(client) -> None:
    image = {"data": picture("red"), "content_type": "image/png"}
    assert client.post("/feedback", **image).status_code == 400
    assert client.post("/feedback", data=b"x", content_type="text/plain").status_code == 415
    assert client.get("/feedback").status_code == 405


def test_a_picture_that_is_gone_cannot_be_judged(client, tmp_path) -> None:
    (tmp_path / "index-0" / "shop" / "red.png").unlink()
    response = client.post("/feedback", json=TAG)
    assert response.status_code == 404
    assert "the picture of item 'shop/red' is gone" in response.json["error"]["message"]


def test_a_store_that_cannot_be_used_is_said(serve, tmp_path) -> None:
    (tmp_path / "state" / "feedback.sqlite").mkdir(parents=True)
    response = serve().post("/feedback", json=TAG)
    assert (response.status_code, response.json["error"]["code"]) == (500, "bad_feedback")
