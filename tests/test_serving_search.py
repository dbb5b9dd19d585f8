"""/search and /facets: kinds of query and their mixtures, rules for results, pages and reasons."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from tests.fakes import ColourEncoder
from tests.serving import picture
from wardrobe.images import decode

SHOP = {  # id: colour, given labels, price, brand
    "a": ((230, 30, 30), {"article_type": ["Dresses"]}, 10, "Acme"),
    "b": ((200, 20, 60), {"article_type": ["Dresses"], "colour": ["Red"]}, 20, "Acme"),
    "c": ((30, 60, 220), {"article_type": ["Shirts"], "colour": ["Blue"]}, 30, "Bolt"),
    "d": ((40, 50, 200), {"article_type": ["Shirts"]}, 5, "Bolt"),
    "e": ((30, 200, 40), {"article_type": ["Skirts"]}, 40, None),
    "f": ((150, 150, 140), {"article_type": ["Skirts"]}, 50, "Acme"),
}
CAPTIONS = {"a": "evening dress", "b": "red summer dress", "c": "blue shirt", "d": "striped shirt"}


@pytest.fixture
def client(serve):
    client = serve()
    for item_id in ("red", "green", "blue", "white", "black"):
        client.delete(f"/items/shop/{item_id}")
    items = [
        {
            "id": item_id,
            "image": in_base64(picture(colour)),
            "caption": CAPTIONS.get(item_id, ""),
            "labels": labels,
            "metadata": {"price": price} | ({"brand": brand} if brand else {}),
        }
        for item_id, (colour, labels, price, brand) in SHOP.items()
    ]
    assert client.post("/items", json={"items": items}).json["written"] == len(SHOP)
    return client


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def vector_of(data: bytes) -> np.ndarray:
    encoder = ColourEncoder()
    return encoder.encode_pictures(encoder.prepare(decode(data))[None]).vectors[0]


VECTORS = {item_id: vector_of(picture(colour)) for item_id, (colour, *_) in SHOP.items()}


def search(client, **query) -> dict:
    answer = client.post("/search", json=query)
    assert answer.status_code == 200, answer.text
    return answer.json


def ids(answer: dict) -> list[str]:
    return [result["id"] for result in answer["results"]]


def nearest(target: np.ndarray, leave_out: str = "") -> list[str]:
    found = [item_id for item_id in SHOP if item_id != leave_out]
    return sorted(found, key=lambda item_id: -float(VECTORS[item_id] @ target))


def scores(answer: dict) -> list[float]:
    return [result["score"] for result in answer["results"]]


def test_without_a_query_all_items_are_listed_as_they_were_added(client) -> None:
    answer = search(client)
    assert ids(answer) == list(SHOP)
    assert set(scores(answer)) == {None}
    assert (answer["count"], answer["total"], answer["cursor"]) == (6, 6, None)


def test_parts_are_weighed_and_a_negative_one_repels(client) -> None:
    blue, red = picture((0, 0, 255)), picture((255, 0, 0))
    target = 2 * vector_of(blue) - 0.5 * vector_of(red) + 0.3 * VECTORS["e"]
    queries = [
        {"image": in_base64(blue), "weight": 2},
        {"text": "red", "weight": -0.5},
        {"id": "e", "weight": 0.3},
    ]
    answer = search(client, queries=queries, mode="vector")
    assert ids(answer) == nearest(target, leave_out="e")
    unit = target / np.linalg.norm(target)
    expected = [float(VECTORS[item_id] @ unit) for item_id in ids(answer)]
    np.testing.assert_allclose(scores(answer), expected, atol=1e-5)


def test_a_text_and_a_picture_and_a_vector_go_together(client) -> None:
    image, vector = picture((10, 200, 200)), [1.0, *[0.0] * 12]
    target = vector_of(image) + vector_of(picture("red")) + np.array(vector)
    answer = search(client, image=in_base64(image), text="red", vector=vector, mode="vector")
    assert ids(answer) == nearest(target)
    form = {"image": (io.BytesIO(image), "a.png"), "text": "red", "vector": "1" + ",0" * 12}
    in_form = client.post("/search?mode=vector", data=form).json
    np.testing.assert_allclose(scores(in_form), scores(answer), atol=1e-6)


def test_a_crop_is_the_picture_cut_by_oneself(client) -> None:
    image = Image.new("RGB", (40, 20), (0, 255, 0))
    image.paste((255, 0, 0), (10, 5, 30, 15))
    buffers = [io.BytesIO(), io.BytesIO()]
    image.save(buffers[0], "PNG")
    image.crop((10, 5, 30, 15)).save(buffers[1], "PNG")
    whole, cut = (in_base64(buffer.getvalue()) for buffer in buffers)
    crop = [0.25, 0.25, 0.75, 0.75]
    cropped, expected = search(client, image=whole, crop=crop), search(client, image=cut)
    assert cropped["results"] == expected["results"]
    assert search(client, image=whole)["results"] != expected["results"]
    part = search(client, queries=[{"image": whole, "crop": crop}])
    assert part["results"] == expected["results"]
    body = {"data": buffers[0].getvalue(), "content_type": "image/png"}
    raw = client.post("/search?crop=0.25,0.25,0.75,0.75", **body).json
    assert raw["results"] == expected["results"]


@pytest.mark.parametrize("colour", ["#1e3cdc", "1E3CDC", "#00f"])
def test_by_colour(client, colour) -> None:
    answer = search(client, colour=colour)
    assert ids(answer)[:2] == ["c", "d"]
    assert all(0 <= score <= 1 for score in scores(answer))
    if colour != "#00f":
        assert scores(answer)[0] == pytest.approx(1, abs=0.02)


def test_a_colour_beside_a_word(client) -> None:
    answer = search(client, text="blue", colour="#2832c8", mode="vector", explain=True)
    assert ids(answer)[0] == "d"
    for result in answer["results"]:
        reasons = result["explanation"]["parts"]
        assert [reason["part"] for reason in reasons] == ["text: blue", "colour: #2832c8"]
        added = sum(reason["contribution"] for reason in reasons)
        assert added == pytest.approx(result["score"], abs=1e-5)


def test_the_contributions_of_parts_add_up_to_the_score(client) -> None:
    queries = [
        {"text": "red", "weight": 2},
        {"image": in_base64(picture((20, 30, 200))), "weight": -0.7},
        {"vector": [0.0, 1.0] + [0.0] * 11},
    ]
    for mode in ("vector", "hybrid", "lexical"):
        answer = search(client, queries=queries, mode=mode, explain=True)
        assert answer["results"]
        for result in answer["results"]:
            text, image, vector = result["explanation"]["parts"]
            added = sum(part["contribution"] for part in (text, image, vector))
            assert added == pytest.approx(result["score"], abs=1e-5)
            item = VECTORS[result["id"]]
            assert text["similarity"] == pytest.approx(item @ vector_of(picture("red")), abs=1e-5)
            assert vector["similarity"] == pytest.approx(item[1], abs=1e-5)
            assert (text["weight"], image["weight"], vector["weight"]) == (2, -0.7, 1)


def test_shared_tags_are_told(client) -> None:
    answer = search(client, text="red dresses", mode="vector", explain=True, top_k=6)
    reasons = {r["id"]: r["explanation"]["tags"] for r in answer["results"]}
    assert {"tag": "article_type=Dresses", "probability": None} in reasons["a"]
    assert {"tag": "colour=Red", "probability": None} in reasons["b"], "given counts for more"
    assert reasons["e"] == []
    of_picture = search(client, image=in_base64(picture((255, 0, 0))), explain=True)
    tags = {tag["tag"] for r in of_picture["results"] for tag in r["explanation"]["tags"]}
    assert tags == {"colour=Red", "tone=reddish"}
    assert "explanation" not in search(client, text="red")["results"][0]


def test_what_people_said_of_an_attribute_counts_instead_of_what_is_predicted(client) -> None:
    patched = client.patch("/items/a", json={"labels": {"colour": ["Blue"]}}).json
    assert "Red" in {tag["label"] for tag in patched["tags"]["colour"]}
    red = {"tag": "colour=Red"}
    assert ids(search(client, filters=red)) == ["b"]
    assert ids(search(client, filters=red | {"source": "any"})) == ["b", "a"]
    assert ids(search(client, filters=red | {"source": "predicted"})) == ["b", "a"]
    counted = client.get("/facets?fields=colour").json["facets"]["colour"]
    assert {entry["value"]: entry["count"] for entry in counted}["Red"] == 1
    assert "a" not in ids(search(client, must_not=["colour=Red"])), "it may be red all the same"


def test_filters_and_exclusions(client) -> None:
    red = {"tag": "colour=Red"}
    assert ids(search(client, filters=red)) == ["a", "b"]
    assert ids(search(client, filters=red | {"source": "given"})) == ["b"]
    cheap = {"metadata": "price", "lt": 25}
    answer = search(client, text="blue", filters={"all": [cheap], "none": [red]}, mode="vector")
    assert (ids(answer), answer["total"]) == (["d"], 1)
    assert ids(search(client, must_not=["colour=Red", "article_type=Skirts"])) == ["c", "d"]
    in_query = client.get(
        "/search", query_string={"filters": json.dumps(cheap), "must_not": "colour=Red"}
    )
    assert ids(in_query.json) == ["d"]
    # f is grey: no colour of it is selected, but each is too probable to be surely absent.
    (f,) = search(client, filters={"id": ["f"]})["results"]
    assert "colour" not in f["tags"]
    assert "f" not in ids(search(client, must_not=["colour=Green"]))


def test_words_that_exclude_are_read_as_filters(client) -> None:
    answer = search(client, text="dress without red", top_k=6)
    assert answer["understood"]["must_not"] == ["colour=Red"]
    assert answer["understood"]["text"] == "dress"
    assert not {"a", "b"} & set(ids(answer))
    plain = search(client, text="dress without red", understand=False, top_k=6)
    assert "understood" not in plain
    assert {"a", "b"} <= set(ids(plain))


def test_facets_count_what_the_filters_leave(client) -> None:
    answer = search(client, text="red", top_k=1, facets=["article_type", "metadata.brand"])
    assert answer["facets"] == {
        "article_type": [
            {"value": "Dresses", "count": 2},
            {"value": "Shirts", "count": 2},
            {"value": "Skirts", "count": 2},
        ],
        "metadata.brand": [{"value": "Acme", "count": 3}, {"value": "Bolt", "count": 2}],
    }
    query = {"fields": "metadata.brand,metadata.price", "limit": 1, "must_not": "colour=Red"}
    counted = client.get("/facets", query_string=query).json
    assert counted["total"] == 3
    assert counted["facets"]["metadata.brand"] == [{"value": "Bolt", "count": 2}]
    assert counted["facets"]["metadata.price"] == [{"value": 5, "count": 1}]
    everything = client.get("/facets?limit=4").json["facets"]
    assert {"article_type", "colour", "metadata.brand"} <= set(everything)
    assert "metadata.price" not in everything, "it has more than four values"
    assert client.get("/facets?fields=brand").status_code == 400


def test_sorting(client) -> None:
    assert ids(search(client, sort="metadata.price")) == list("dabcef")
    assert ids(search(client, sort="-metadata.price")) == list("fecbad")
    assert ids(search(client, sort="-metadata.brand"))[-1] == "e", "nothing comes last either way"
    near = search(client, text="red", mode="vector", min_score=0.5, sort="-metadata.price")
    assert ids(near) == sorted(ids(near), key=lambda item_id: -SHOP[item_id][2])
    assert min(scores(near)) >= 0.5
    assert len(near["results"]) < 6


def test_one_of_each_group(client) -> None:
    everything = ids(search(client, text="blue", mode="vector"))
    best = search(client, text="blue", mode="vector", group_by="metadata.brand")
    seen, expected = set(), []
    for item_id in everything:
        brand = SHOP[item_id][3]
        if brand is None or brand not in seen:
            expected.append(item_id)
        seen.add(brand)
    assert ids(best) == expected
    assert best["total"] == 6
    pages = [
        ids(
            search(client, text="blue", mode="vector", group_by="metadata.brand", top_k=1, offset=o)
        )
        for o in range(4)
    ]
    assert [item_id for page in pages for item_id in page] == expected


def test_near_duplicates_stand_behind_the_best_of_them(client) -> None:
    image = in_base64(picture((41, 50, 200)))
    client.put("/items/g", json={"image": image})
    answer = search(client, image=image, collapse=0.999)
    assert answer["results"][0]["id"] == "g"
    assert answer["results"][0]["duplicates"] == ["d"]
    assert "d" not in ids(answer)
    assert "duplicates" not in answer["results"][-1]
    assert len(search(client, image=image, collapse=-0.0, top_k=6)["results"]) < 6
    assert "d" in ids(search(client, image=image))


def test_different_ones_first(client) -> None:
    red = in_base64(picture((215, 25, 45)))
    alike = ids(search(client, image=red, top_k=3))
    assert set(alike[:2]) == {"a", "b"}
    different = ids(search(client, image=red, top_k=3, diversity=0.7))
    assert different[0] == alike[0]
    assert different[1] not in ("a", "b")
    assert ids(search(client, image=red, diversity=0)) == ids(search(client, image=red))


def test_least_scores(client) -> None:
    everything = search(client, text="blue", mode="vector")
    least = scores(everything)[1]
    assert ids(search(client, text="blue", mode="vector", min_score=least)) == ids(everything)[:2]
    assert search(client, text="blue", min_score=1)["results"] == []
    listed = search(client, min_score=0.9)
    assert ids(listed) == list(SHOP), "without a query there are no scores"


def test_words_meaning_and_both(client) -> None:
    meaning = ids(search(client, text="red shirt", mode="vector"))
    words = ids(search(client, text="red shirt", mode="lexical"))
    both = ids(search(client, text="red shirt", mode="hybrid"))
    assert meaning[0] in ("a", "b")
    assert set(words) == {"b", "c", "d"}, "those with one of the words, in caption or labels"
    fused = {
        item_id: sum(1 / (61 + r.index(item_id)) for r in (meaning, words) if item_id in r)
        for item_id in SHOP
    }
    assert both == sorted(SHOP, key=lambda item_id: (-fused[item_id], item_id))
    assert ids(search(client, text="red shirt")) == both, "hybrid unless told otherwise"


def pages(client, **query):
    """Yields one page after another."""
    answer = search(client, **query)
    yield answer
    while answer["cursor"]:
        answer = search(client, **query, cursor=answer["cursor"])
        yield answer


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"text": "red", "mode": "vector"},
        {"text": "red dress"},
        {"sort": "-metadata.price"},
        {"colour": "#ff0000"},
        {"text": "red", "diversity": 0.5},
        {"text": "red", "collapse": 0.99, "filters": {"metadata": "price", "gt": 5}},
    ],
)
def test_pages_fit_together(client, query) -> None:
    whole = search(client, **query, top_k=100)
    assert whole["cursor"] is None
    parts = list(pages(client, **query, top_k=2))
    assert [result for page in parts for result in page["results"]] == whole["results"]
    assert [page["offset"] for page in parts] == list(range(0, 2 * len(parts), 2))


def test_pages_fit_together_whatever_is_written_between_them(client) -> None:
    query = {"text": "red", "mode": "vector", "top_k": 2}
    whole = ids(search(client, text="red", mode="vector"))
    turned = pages(client, **query)
    found = ids(next(turned))
    client.put("/items/new", json={"image": in_base64(picture("red"))})
    client.put(f"/items/{whole[0]}", json={"image": in_base64(picture("blue"))})
    client.delete(f"/items/{whole[2]}")
    client.patch(f"/items/{whole[3]}", json={"caption": "changed"})
    second = next(turned)
    assert ids(second) == [whole[3]], "a deleted item is not shown"
    assert second["results"][0]["caption"] == "changed", "items are shown as they are"
    found += ids(second)
    for page in turned:
        found += ids(page)
    assert found == [item_id for item_id in whole if item_id != whole[2]]
    assert ids(search(client, **query))[0] == "new", "a new search sees what was written"


def cursor_of(*place) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def test_cursors_that_cannot_be_gone_on_with(client) -> None:
    identity, clock, offset = json.loads(
        base64.urlsafe_b64decode(search(client, top_k=1)["cursor"])
    )
    for place in (("00000000", clock, offset), (identity, 10**9, 1), (identity, -5, 1)):
        gone = client.post("/search", json={"cursor": cursor_of(*place)})
        assert (gone.status_code, gone.json["error"]["code"]) == (410, "expired_cursor")
    for place in ([], [1], [identity, clock], [identity, "a", 1], [identity, clock, None]):
        assert client.post("/search", json={"cursor": cursor_of(*place)}).status_code == 400
    assert search(client, cursor=cursor_of(identity, clock, 10**40))["results"] == []
    assert ids(search(client, cursor=cursor_of(identity, clock, -3))) == list(SHOP)


def test_a_part_of_a_text_is_as_long_as_the_settings_allow(serve) -> None:
    client = serve(max_text_length=10)
    for query in ({"text": "x" * 11}, {"queries": [{"text": "x" * 11}]}):
        answer = client.post("/search", json=query)
        assert answer.status_code == 400
        assert "at most 10 characters" in answer.json["error"]["message"]


def test_ids_that_are_no_text_are_unknown_not_a_defect(client) -> None:
    for query in ('{"id": "\\ud800"}', '{"queries": [{"id": "\\udfff"}]}'):
        answer = client.post("/search", data=query, content_type="application/json")
        assert answer.status_code == 400
    filters = '{"filters": {"id": ["\\ud800"]}}'
    assert client.post("/search", data=filters, content_type="application/json").json["total"] == 0
