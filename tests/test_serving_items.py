"""/items: what is written is found at once, kept as it came, and never lost to another writer."""

import base64
import io
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.serving import picture
from tests.tiny_index import COLOURS

PURPLE, ORANGE = picture((200, 0, 100)), picture((255, 140, 0))


@pytest.fixture
def client(serve):
    return serve()


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def as_form(data: bytes, **fields):
    return {"data": {"image": (io.BytesIO(data), "some.png"), **fields}}


def put(client, item_id: str = "new", data: bytes = PURPLE, **fields):
    return client.put(f"/items/{item_id}", json={"image": in_base64(data), **fields})


def ids(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [result["id"] for result in answer.json["results"]]


LABELS = {"article_type": ["Dresses"], "material": ["Silk", "Lace"]}
METADATA = {"price": 49.5, "size": {"eu": 38}, "new": True, "names": ["Kleid", "été"]}


WAYS_TO_WRITE = {
    "json": lambda: {
        "json": {
            "image": in_base64(PURPLE),
            "caption": "Ein Kleid",
            "labels": LABELS,
            "metadata": METADATA,
        }
    },
    "form": lambda: as_form(
        PURPLE, caption="Ein Kleid", labels=json.dumps(LABELS), metadata=json.dumps(METADATA)
    ),
    "raw": lambda: {
        "data": PURPLE,
        "content_type": "image/png",
        "query_string": {
            "caption": "Ein Kleid",
            "labels": json.dumps(LABELS),
            "metadata": json.dumps(METADATA),
        },
    },
}


@pytest.mark.parametrize("way", WAYS_TO_WRITE)
def test_an_item_is_written_in_three_ways_and_found_at_once(client, way) -> None:
    answer = client.put("/items/new", **WAYS_TO_WRITE[way]())
    assert answer.status_code == 201
    assert answer.headers["Location"] == "/items/new"
    item = answer.json
    assert answer.headers["ETag"] == f'"{item["etag"]}"'
    assert item["given"] == LABELS
    assert item["labels"] == ["Dresses", "Silk", "Lace"]
    assert (item["caption"], item["metadata"]) == ("Ein Kleid", METADATA)
    assert [tag["label"] for tag in item["tags"]["colour"]] == ["Red"]
    assert client.get("/items/new").json == item
    kept = client.get(item["image_url"])
    assert (kept.data, kept.mimetype) == (PURPLE, "image/png")
    kept.close()
    found = client.post("/search?top_k=1", data=PURPLE, content_type="image/png").json
    assert found["results"][0] | {"score": 1} == item | {"score": 1, "relevance": None}
    assert found["total"] == len(COLOURS) + 1
    assert ids(client.get("/search?text=kleid&mode=lexical")) == ["new"]


def test_writing_again_replaces_and_writing_the_same_changes_nothing(client) -> None:
    first = put(client, caption="one", metadata={"a": 1})
    same = put(client, caption="one", metadata={"a": 1})
    assert (same.status_code, same.json) == (200, first.json)
    assert "Location" not in same.headers
    second = put(client, data=ORANGE, caption="two")
    assert second.status_code == 200
    assert second.json["metadata"] == {}
    assert second.json["etag"] != first.json["etag"]
    kept = client.get("/items/new/image")
    assert kept.data == ORANGE
    kept.close()
    assert client.get("/search").json["total"] == len(COLOURS) + 1


def test_an_item_goes(client) -> None:
    gone = client.delete("/items/shop/red")
    assert (gone.status_code, gone.data) == (204, b"")
    for answer in (
        client.get("/items/shop/red"),
        client.get("/items/shop/red/image"),
        client.delete("/items/shop/red"),
        client.patch("/items/shop/red", json={"caption": "x"}),
        client.get("/search?id=shop/red"),
    ):
        assert (answer.status_code, answer.json["error"]["code"]) == (404, "unknown_item")
    assert "shop/red" not in ids(client.get("/search?text=red"))
    assert put(client, "shop/red").status_code == 201


@pytest.mark.parametrize(
    "item_id",
    ["a/b/c", "mit Leerzeichen", "käse", "衣/服 1", "100%", "a?b#c", "image", "50%25", "a+b", "é"],
)
def test_ids_of_many_kinds(client, item_id) -> None:
    written = client.post("/items", json={"items": [{"id": item_id, "image": in_base64(PURPLE)}]})
    assert written.json["results"][0]["status"] == "created"
    found = client.post("/search?top_k=1", data=PURPLE, content_type="image/png").json["results"][0]
    assert found["id"] == item_id
    kept = client.get(found["image_url"])
    assert kept.data == PURPLE
    kept.close()
    address = found["image_url"].removesuffix("/image")
    assert client.get(address).json["id"] == item_id
    assert client.put(address, data=ORANGE, content_type="image/png").headers["ETag"]
    assert client.delete(address).status_code == 204


@pytest.mark.parametrize(
    "item_id", ["a%2F%2Fb", "%20a", "a%20", "a%09b", "a/../b", "./a", "a" * 201]
)
def test_ids_that_an_address_cannot_be_relied_on_to_carry(client, item_id) -> None:
    answer = put(client, item_id)
    assert answer.status_code == 400
    assert "id is '" in answer.json["error"]["message"]


def test_the_address_of_a_picture_is_no_item(client) -> None:
    for method in ("put", "patch", "delete"):
        answer = getattr(client, method)("/items/shop/red/image")
        assert answer.status_code == 405
        assert sorted(answer.headers["Allow"].split(", ")) == ["GET", "HEAD", "OPTIONS"]
    allowed = client.options("/items/shop/red/image").headers["Allow"]
    assert sorted(allowed.split(", ")) == ["GET", "HEAD", "OPTIONS"]


@pytest.mark.parametrize(
    ("before", "patch", "after"),
    [  # RFC 7396, appendix A: those whose result is an object
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ({"a": 1}, {}, {"a": 1}),
    ],
)
def test_metadata_is_merged(client, before, patch, after) -> None:
    put(client, caption="kept", metadata=before)
    answer = client.patch("/items/new", json={"metadata": patch})
    assert answer.status_code == 200
    assert answer.json["metadata"] == after
    assert answer.json["caption"] == "kept"


def test_what_is_patched_changes_and_nothing_else(client) -> None:
    before = client.get("/items/shop/red").json
    changed = client.patch(
        "/items/shop/red", json={"labels": {"colour": None, "season": ["Summer"]}}
    ).json
    assert changed["given"] == {"article_type": ["Shirts"], "season": ["Summer"]}
    assert changed["tags"] == before["tags"]
    named = client.patch("/items/shop/red?caption=Sommerhemd").json
    assert named == changed | {"caption": "Sommerhemd", "etag": named["etag"]}
    assert ids(client.get("/search?text=sommerhemd&mode=lexical")) == ["shop/red"]
    assert ids(client.get("/search", query_string={"filters": '{"tag": "season=Summer"}'})) == [
        "shop/red"
    ]
    bare = client.patch("/items/shop/red", json={"caption": None, "labels": {"season": []}}).json
    assert (bare["caption"], bare["given"]) == ("", {"article_type": ["Shirts"]})
    image = client.patch("/items/shop/red", data=PURPLE, content_type="image/png").json
    assert image["given"] == bare["given"]
    assert image["tags"] != before["tags"]
    assert ids(client.post("/search?top_k=1", data=PURPLE, content_type="image/png")) == [
        "shop/red"
    ]
    unchanged = client.patch("/items/shop/red", json={})
    assert (unchanged.status_code, unchanged.json) == (200, image)


def test_a_reader_who_has_it_already_gets_nothing_again(client) -> None:
    etag = client.get("/items/shop/red").headers["ETag"]
    known = client.get("/items/shop/red", headers={"If-None-Match": etag})
    assert (known.status_code, known.data, known.headers["ETag"]) == (304, b"", etag)
    client.patch("/items/shop/red", json={"caption": "another"})
    assert client.get("/items/shop/red", headers={"If-None-Match": etag}).status_code == 200


def test_a_writer_says_which_version_is_meant(client) -> None:
    etag = client.get("/items/shop/red").headers["ETag"]
    image = {"data": PURPLE, "content_type": "image/png"}
    for answer in (
        client.put("/items/shop/red", headers={"If-None-Match": "*"}, **image),
        client.put("/items/shop/red", headers={"If-Match": '"another"'}, **image),
        client.put("/items/none", headers={"If-Match": "*"}, **image),
        client.patch("/items/shop/red", headers={"If-Match": '"another"'}, json={"caption": "x"}),
        client.delete("/items/shop/red", headers={"If-Match": '"another"'}),
    ):
        assert (answer.status_code, answer.json["error"]["code"]) == (412, "precondition_failed")
    assert client.get("/items/shop/red").headers["ETag"] == etag
    patched = client.patch("/items/shop/red", headers={"If-Match": etag}, json={"caption": "x"})
    assert patched.status_code == 200
    assert client.put("/items/shop/red", headers={"If-Match": etag}, **image).status_code == 412
    again = {"If-Match": patched.headers["ETag"]}
    assert client.put("/items/shop/red", headers=again, **image).status_code == 200
    assert client.put("/items/none", headers={"If-None-Match": "*"}, **image).status_code == 201
    assert client.delete("/items/none", headers={"If-Match": "*"}).status_code == 204


@pytest.mark.parametrize("etag", ['"a", "b"', "bare", 'W/"weak"', '"', ""])
def test_what_is_no_etag_is_refused(client, etag) -> None:
    answer = client.delete("/items/shop/red", headers={"If-Match": etag})
    assert answer.status_code == 400
    assert "one ETag in quotes, or *" in answer.json["error"]["message"]
    assert client.get("/items/shop/red").status_code == 200


def test_patches_at_the_same_time_lose_nothing(client) -> None:
    def patch(number: int) -> int:
        change = {"metadata": {f"key{number}": number}}
        return (
            client.application.test_client()
            .patch("/items/shop/red", json=change, environ_overrides=client.environ_base)
            .status_code
        )

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(patch, range(24)))
    assert set(statuses) == {200}
    metadata = client.get("/items/shop/red").json["metadata"]
    assert metadata == {f"key{number}": number for number in range(24)}


BULK = [
    {"id": "bulk/1", "image": in_base64(PURPLE), "caption": "the first", "metadata": {"n": 1}},
    {"id": "bulk/2", "image": in_base64(b"no picture")},
    {"id": "bulk/3"},
    {"image": in_base64(PURPLE)},
    {"id": "shop/red", "image": in_base64(ORANGE)},
    {"id": "a//b", "image": in_base64(PURPLE)},
    "nonsense",
    {"id": "bulk/4", "image": in_base64(ORANGE), "label": {}},
    {"id": "bulk/5", "image": in_base64(ORANGE), "labels": {"article_type": ["Skirts"]}},
    {"id": "bulk/1", "image": in_base64(PURPLE), "caption": "the first", "metadata": {"n": 1}},
]
OUTCOMES = [
    ("bulk/1", "created"),
    ("bulk/2", "not a picture"),
    ("bulk/3", "an item needs a picture"),
    (None, "id"),
    ("shop/red", "replaced"),
    ("a//b", "id is 'a//b'"),
    (None, "nonsense"),
    ("bulk/4", "unknown parameter 'label'"),
    ("bulk/5", "created"),
    ("bulk/1", "unchanged"),
]


def check_outcomes(client, results) -> None:
    assert [result["id"] for result in results] == [item_id for item_id, _ in OUTCOMES]
    for result, (item_id, expected) in zip(results, OUTCOMES, strict=True):
        if "status" in result:
            assert result["status"] == expected
            assert client.get(f"/items/{item_id}").json["etag"] == result["etag"]
        else:
            assert expected in result["error"]["message"]
    assert client.get("/search").json["total"] == len(COLOURS) + 2
    assert ids(client.get("/search?text=first&mode=lexical")) == ["bulk/1"]


def test_many_items_at_once_each_for_itself(client) -> None:
    answer = client.post("/items", json={"items": BULK}).json
    assert (answer["written"], answer["failed"]) == (4, 6)
    check_outcomes(client, answer["results"])


def test_many_items_as_lines(client) -> None:
    lines = [json.dumps(item) for item in BULK]
    body = "\n".join([*lines[:2], "", *lines[2:]]) + "\n"
    answer = client.post("/items", data=body, content_type="application/x-ndjson")
    assert (answer.status_code, answer.mimetype) == (200, "application/x-ndjson")
    results = [json.loads(line) for line in answer.text.splitlines()]
    check_outcomes(client, results)
    broken = client.post("/items", data="{\n[]\n", content_type="application/x-ndjson")
    first, second = (json.loads(line)["error"]["message"] for line in broken.text.splitlines())
    assert "line 1 is not valid JSON" in first
    assert "[]" in second


def test_lines_are_answered_as_they_are_written(serve) -> None:
    client = serve(max_batch_size=1)
    items = [{"id": f"n{i}", "image": in_base64(picture((i, 0, 0)))} for i in range(80)]
    body = "\n".join(map(json.dumps, items))
    answer = client.post("/items", data=body, content_type="application/x-ndjson", buffered=False)
    parts = answer.iter_encoded()
    assert json.loads(next(parts)) == {"id": "n0", "status": "created"} | {
        "etag": client.get("/items/n0").json["etag"]
    }
    assert client.get("/items/n79").status_code == 404
    assert len(b"".join(parts).splitlines()) == 79
    assert client.get("/items/n79").status_code == 200


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"image": None}, "an item needs a picture: send it as image"),
        ({"image": 5}, "image is 5"),
        ({"image": "a?b"}, "not base64"),
        ({"caption": "x" * 2001}, "at most 2000 characters"),
        ({"caption": "a\0b"}, "NUL"),
        ({"caption": "\ud800"}, "valid"),
        ({"caption": None}, "caption is None"),
        ({"labels": {"colour": "Red"}}, "labels.colour is 'Red'"),
        ({"labels": {"a=b": ["c"]}}, "an attribute must not have ="),
        ({"labels": {"colour": [""]}}, "labels.colour[0] is ''"),
        ({"labels": '{"colour": ["Red"]}'}, "labels is '{"),
        ({"metadata": ["a"]}, "metadata is ['a']"),
        ({"metadata": {"a": "x" * 70_000}}, "the limit is 65536"),
        ({"metadata": {"a": 2**60}}, "send it as a string"),
        ({"metadata": {"a": {"\ud800": 1}}}, "valid Unicode"),
        ({"metadata": {"a": [[[[[[[[[[1]]]]]]]]]]}}, "nests deeper than 10"),
        ({"price": 5}, "unknown parameter 'price'; this call knows caption, image, labels"),
    ],
)
def test_what_cannot_be_written_is_refused_and_nothing_is(client, fields, words) -> None:
    body = json.dumps({"image": in_base64(PURPLE)} | fields)
    answer = client.put("/items/new", data=body, content_type="application/json")
    assert answer.status_code == 400, answer.text
    assert words in answer.json["error"]["message"]
    assert client.get("/items/new").status_code == 404


def test_other_bodies_are_refused(serve) -> None:
    client = serve(max_picture_bytes=1000, max_picture_pixels=1000, max_body_bytes=5000)
    large = picture("red", (40, 40))
    for status, body in (
        (415, {"data": b"x", "content_type": "text/plain"}),
        (413, {"data": large, "content_type": "image/png"}),
        (413, {"data": b"\0" * 1001, "content_type": "image/png"}),
        (413, {"data": b"\0" * 5001, "content_type": "image/png"}),
        (400, {"data": b"\0" * 100, "content_type": "image/png"}),
        (400, {"data": PURPLE[:50], "content_type": "image/png"}),
        (400, {"data": b"[1]", "content_type": "application/json"}),
        (400, as_form(PURPLE, labels="{")),
        (400, {}),
    ):
        for method in ("put", "patch") if body else ("put",):
            if body.get("content_type") or not body or method == "put":
                answer = getattr(client, method)("/items/shop/red", **body)
                assert answer.status_code == status, (method, body, answer.text)
    lines = {"data": b"x" * 5001, "content_type": "application/x-ndjson"}
    assert client.post("/items", **lines).status_code == 413
    assert client.post("/items", json={"items": []}).status_code == 400
    assert client.post("/items", data=b"x", content_type="text/plain").status_code == 415
    assert client.get("/items/shop/red").json["caption"] == "a red shirt"
