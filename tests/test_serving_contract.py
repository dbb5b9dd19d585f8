"""Every call does what the HTTP table says; `ContractClient` checks each answer's shape."""

import base64
import io
import re

import numpy as np
import pytest
from openapi_spec_validator import validate

from tests.fakes import ColourEncoder
from tests.serving import picture
from tests.tiny_index import COLOURS
from wardrobe.encoders.base import FloatArray, PictureEncoding
from wardrobe.images import decode
from wardrobe.serving.page import PAGES


@pytest.fixture
def client(serve):
    return serve()


def encode(data: bytes) -> PictureEncoding:
    encoder = ColourEncoder()
    return encoder.encode_pictures(encoder.prepare(decode(data))[None])


def cosines(query: FloatArray) -> dict[str, float]:
    """Returns the expected score of every item by id, best first."""
    scores = {f"shop/{c}": float(encode(picture(c)).vectors[0] @ query) for c in COLOURS}
    return dict(sorted(scores.items(), key=lambda pair: -pair[1]))


def file(data: bytes, name: str = "some.png"):
    return io.BytesIO(data), name


WAYS_TO_SEND_A_PICTURE = {
    "multipart": lambda data: {"data": {"image": file(data)}},
    "raw": lambda data: {"data": data, "content_type": "image/png"},
    "raw octets": lambda data: {"data": data, "content_type": "application/octet-stream"},
    "json": lambda data: {"json": {"image": base64.b64encode(data).decode()}},
}


@pytest.mark.parametrize("way", WAYS_TO_SEND_A_PICTURE)
def test_search_by_picture(client, way) -> None:
    data = picture((200, 30, 10))
    answer = client.post("/search", **WAYS_TO_SEND_A_PICTURE[way](data)).json
    expected = cosines(encode(data).vectors[0])
    assert [result["id"] for result in answer["results"]] == list(expected)
    scores = [result["score"] for result in answer["results"]]
    np.testing.assert_allclose(scores, list(expected.values()), atol=1e-6)
    assert answer["count"] == answer["total"] == len(COLOURS)


def test_search_by_text_id_and_vector_agree_with_the_picture(client) -> None:
    by_picture = client.post("/search", data={"image": file(picture("red"))}).json["results"]
    by_text = client.get("/search?text=a+red+dress").json["results"]
    vector = encode(picture("red")).vectors[0].tolist()
    by_vector = client.post("/search", json={"vector": [3 * x for x in vector]}).json["results"]
    in_query = ",".join(map(str, vector))
    by_vector_in_query = client.get(f"/search?vector={in_query}").json["results"]
    by_id = client.get("/search?id=shop/red").json["results"]
    for found in (by_text, by_vector, by_vector_in_query):
        assert [result["id"] for result in found] == [result["id"] for result in by_picture]
        assert found[0]["score"] == pytest.approx(1, abs=1e-6)
    assert [result["id"] for result in by_id] == [result["id"] for result in by_picture[1:]]


def test_a_result_says_everything_about_its_item(client) -> None:
    result = client.get("/search?text=blue&top_k=1").json["results"][0]
    assert result["score"] == pytest.approx(1, abs=1e-6)
    assert re.fullmatch("[0-9a-f]{32}", result["etag"])
    assert result | {"score": 1} == {
        "id": "shop/blue",
        "score": 1,
        "relevance": None,
        "labels": ["Shirts", "Blue"],
        "given": {"article_type": ["Shirts"], "colour": ["Blue"]},
        "tags": {"colour": [{"label": "Blue", "probability": 0.9}]},
        "caption": "a blue shirt",
        "metadata": {},
        "image_url": "/items/shop/blue/image",
        "etag": result["etag"],
    }
    item = client.get("/items/shop/blue").json
    assert item == {k: v for k, v in result.items() if k not in ("score", "relevance")}
    image = client.get(result["image_url"])
    assert image.mimetype == "image/png"
    assert decode(image.data).getpixel((0, 0)) == (0, 0, 255)
    image.close()


def test_pages_and_least_score(client) -> None:
    everything = client.get("/search?text=white").json["results"]
    pages = [
        client.get(f"/search?text=white&top_k=2&offset={offset}").json["results"]
        for offset in (0, 2, 4, 6)
    ]
    assert [result for page in pages for result in page] == everything
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    least = everything[1]["score"]
    some = client.get("/search", query_string={"text": "white", "min_score": least}).json
    assert some["results"] == [result for result in everything if result["score"] >= least]


def test_parameters_mean_the_same_wherever_they_come_from(client) -> None:
    data = picture("blue")
    answers = [
        client.post("/search?top_k=2&offset=1", data={"image": file(data)}),
        client.post("/search", data={"image": file(data), "top_k": "2", "offset": "1"}),
        client.post("/search?top_k=2", data={"image": file(data), "offset": "1", "top_k": "2"}),
        client.post("/search", json={"text": "blue", "mode": "vector", "top_k": 2, "offset": 1}),
        client.post("/search?offset=1&mode=vector", json={"text": "blue", "top_k": 2, "id": None}),
        client.post("/search", data={"text": "blue", "mode": "vector", "top_k": 2, "offset": 1}),
        client.post("/search?text=blue&mode=vector&top_k=2&offset=1"),
        client.get("/search?text=blue&mode=vector&top_k=2&offset=1"),
    ]
    first = answers[0].json
    assert first["top_k"] == 2
    assert first["offset"] == 1
    for answer in answers:
        assert answer.json | {"took_ms": 0} == first | {"took_ms": 0}


def test_predict_gives_every_label_and_the_most_probable(client) -> None:
    data = picture((250, 100, 0))
    answer = client.post("/predict?top_k=2", data={"files": file(data, "a.png")}).json
    (result,) = answer["results"]
    assert result["filename"] == "a.png"
    logits = encode(data).logits[0].astype(float)
    colour = np.exp(logits[:3]) / np.exp(logits[:3]).sum()
    tone = 1 / (1 + np.exp(-logits[3:]))
    expected = {
        "colour": dict(zip(("Red", "Green", "Blue"), colour, strict=True)),
        "tone": dict(zip(("bright", "reddish"), tone, strict=True)),
    }
    for attribute, probabilities in expected.items():
        tags = result["tags"][attribute]
        assert {t["label"]: t["probability"] for t in tags} == pytest.approx(probabilities)
        assert tags == sorted(tags, key=lambda tag: -tag["probability"])
    assert [t["label"] for t in result["tags"]["colour"] if t["selected"]] == ["Red"]
    assert [(t["attribute"], t["label"]) for t in result["top"]] == [
        ("colour", "Red"),
        ("tone", "reddish"),
    ]


def test_predict_takes_pictures_in_every_way(client) -> None:
    data = picture("blue")
    text = base64.b64encode(data).decode()
    one = client.post("/predict", data={"files": file(data)}).json["results"][0]
    answers = {
        "body": client.post("/predict", data=data, content_type="image/png"),
        "image": client.post("/predict", json={"image": text}),
        "images[0]": client.post("/predict", json={"images": [text, text]}),
    }
    for name, answer in answers.items():
        assert answer.json["results"][0] == one | {"filename": name}
    two = client.post("/predict", data={"files": [file(data, "a.png"), file(data, "b.png")]})
    assert [result["filename"] for result in two.json["results"]] == ["a.png", "b.png"]


def test_a_bad_file_fails_alone(client) -> None:
    files = [file(picture("red"), "a.png"), file(b"nonsense", "b.jpg"), file(b"", "c.jpg")]
    response = client.post("/predict", data={"files": files})
    assert response.status_code == 200
    good, bad, empty = response.json["results"]
    assert good["top"][0]["label"] == "Red"
    assert bad["filename"] == "b.jpg"
    assert bad["error"]["code"] == empty["error"]["code"] == "unreadable_picture"
    assert "not a picture" in bad["error"]["message"]
    assert "0 bytes" in empty["error"]["message"]
    only_bad = client.post("/predict", json={"images": ["!", "AAAA"]})
    assert only_bad.status_code == 200
    assert [result["error"]["code"] for result in only_bad.json["results"]] == [
        "unreadable_picture",
        "unreadable_picture",
    ]
    assert client.post("/predict", data={"files": files[1:2]}).status_code == 400


class NoHeadsEncoder(ColourEncoder):
    label_space = None
    thresholds = None
    has_text = False


def test_an_encoder_without_heads_or_text_says_so(serve) -> None:
    client = serve(NoHeadsEncoder())
    for response in (
        client.post("/predict", data={"files": file(picture("red"))}),
        client.get("/search?text=red"),
    ):
        assert response.status_code == 400
        assert response.json["error"]["code"] == "unsupported_query"
        assert "colour-encoder" in response.json["error"]["message"]
    assert client.post("/search", data={"image": file(picture("red"))}).status_code == 200


def test_the_document_is_valid_and_has_the_limits_of_the_settings(serve) -> None:
    document = serve(max_top_k=7, max_text_length=11, max_files=3).get("/openapi.json").json
    validate(document)
    search = document["components"]["schemas"]["SearchParameters"]["properties"]
    assert search["top_k"]["maximum"] == 7
    assert search["text"]["anyOf"][0]["maxLength"] == 11
    predict = document["paths"]["/predict"]["post"]["requestBody"]["content"]
    form = predict["multipart/form-data"]["schema"]["properties"]
    assert form["files"]["maxItems"] == 3


def test_every_route_is_documented_and_every_documented_call_is_routed(client) -> None:
    document = client.get("/openapi.json").json
    documented = {
        (method.upper(), path) for path, calls in document["paths"].items() for method in calls
    }
    routed = {
        (method, rule.rule.replace("<item:item_id>", "{id}"))
        for rule in client.application.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule not in (*PAGES, "/openapi.json") and not rule.rule.startswith("/docs")
    }
    assert documented == routed


def test_the_documentation_page_needs_no_other_server(client) -> None:
    page = client.get("/", follow_redirects=True)
    assert page.request.path == "/docs/"
    assert "/openapi.json" in page.text
    assert "http://" not in page.text.replace("http://localhost/", "")
    assert "https://" not in page.text
    for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
        part = client.get(f"/docs/{name}")
        assert part.status_code == 200
        part.close()


@pytest.mark.parametrize("name", ["käse.png", "a/b\\c.png", "x" * 300 + ".png", '".png'])
def test_any_file_name_will_do(client, name) -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="'
        + name.replace('"', "%22").encode()
        + b'"\r\n\r\n'
        + picture("red")
        + b"\r\n--b--\r\n"
    )
    response = client.post("/predict", data=body, content_type="multipart/form-data; boundary=b")
    assert response.status_code == 200
    assert response.json["results"][0]["filename"].endswith(".png")
