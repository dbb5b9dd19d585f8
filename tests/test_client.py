"""The client against a real server, where it only reads."""

import io
import subprocess
import sys

import pytest
from PIL import Image

from tests.fakes import ColourEncoder
from tests.serving import picture
from wardrobe.client import Wardrobe, WardrobeApiError


@pytest.fixture
def wardrobe(colour_url):
    with Wardrobe(colour_url) as client:
        yield client


def test_importing_it_is_light() -> None:
    program = "import sys; from wardrobe.client import Wardrobe; Wardrobe(); print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    heavy = {"torch", "faiss", "flask", "numpy", "openvino", "transformers", "PIL"}
    assert not heavy & set(result.stdout.split())


def test_pictures_are_tagged_however_they_are_given(wardrobe, tmp_path) -> None:
    path = tmp_path / "red.png"
    path.write_bytes(picture("red"))
    with path.open("rb") as handle:
        pictures = [path, str(path), picture("red"), handle, io.BytesIO(picture("red"))]
        pictures += [Image.new("RGB", (20, 16), "red"), Image.new("CMYK", (9, 9), (0, 255, 255, 0))]
        predictions = wardrobe.predict(*pictures, top_k=1)
    names = ["red.png", "red.png", "picture-2", "red.png", "picture-4", "picture-5", "picture-6"]
    assert [prediction.filename for prediction in predictions] == names
    for prediction in predictions:
        assert prediction.selected["colour"] == ["Red"]
        assert [tag.label for tag in prediction.top] == ["Red"]
        assert prediction.tags["colour"][0].probability > 0.9


def test_a_bad_picture_fails_alone_among_several(wardrobe) -> None:
    good, bad = wardrobe.predict(picture("red"), b"no picture")
    assert good.error is None
    assert bad.error.code == "unreadable_picture"
    with pytest.raises(WardrobeApiError, match="are not a picture") as error:
        wardrobe.predict(b"no picture")
    assert (error.value.status, error.value.code) == (400, "unreadable_picture")


def test_a_missing_file_is_named(wardrobe, tmp_path) -> None:
    with pytest.raises(Exception, match=r"cannot read .*missing\.png: No such file"):
        wardrobe.predict(tmp_path / "missing.png")


def test_selected_tags_are_explained(wardrobe) -> None:
    (prediction,) = wardrobe.predict(picture("red"), explain=True)
    for tag in prediction.tags["colour"]:
        assert (tag.heatmap is not None) == tag.selected


@pytest.mark.parametrize(
    "query",
    [
        {"text": "something red"},
        {"image": picture("red")},
        {"image": Image.new("RGB", (8, 8), "red")},
        {"vector": ColourEncoder().encode_texts(["red"])[0]},
    ],
    ids=["text", "bytes", "image", "vector"],
)
def test_every_kind_of_query_finds_its_item(wardrobe, query) -> None:
    page = wardrobe.search(**query, top_k=2)
    assert (page.count, page.total, page.top_k, len(page)) == (2, 5, 2, 2)
    best = page.results[0]
    assert best.id == "shop/red"
    assert best.score == pytest.approx(1, abs=1e-3)
    assert best.labels == ("Shirts", "Red")
    assert best.tags["colour"][0].label == "Red"


def test_an_answer_tells_what_it_is_asked_for(wardrobe) -> None:
    page = wardrobe.search("red shirt, not green", explain=True, facets=["colour"])
    assert page.understood.must_not == ("colour=Green",)
    assert "shop/green" not in [item.id for item in page]
    assert {(found.value, found.count) for found in page.facets["colour"]} == {
        ("Red", 1),
        ("Blue", 1),
        ("White", 1),
        ("Black", 1),
    }
    (part,) = page.results[0].explanation.parts
    assert part.contribution == pytest.approx(page.results[0].score)
    assert "colour=Red" in [reason.tag for reason in page.results[0].explanation.tags]
    changed = wardrobe.search("like this but red", id="shop/green")
    assert changed.understood.must == (("colour=Red",),)


def test_parts_weigh_and_near_duplicates_are_one(wardrobe) -> None:
    parts = [{"id": "shop/white"}, {"image": picture("red"), "weight": -1}]
    assert wardrobe.search(queries=parts).results[0].id not in ("shop/white", "shop/red")
    found = wardrobe.search("red", collapse=0, top_k=1).results[0]
    assert len(found.duplicates) > 0


def test_an_item_finds_others(wardrobe) -> None:
    assert "shop/red" not in [item.id for item in wardrobe.search(id="shop/red")]
    assert [item.id for item in wardrobe.search("red", min_score=0.99)] == ["shop/red"]


def test_an_item_and_its_picture(wardrobe) -> None:
    item = wardrobe.item("shop/red")
    assert (item.id, item.caption) == ("shop/red", "a red shirt")
    with Image.open(io.BytesIO(wardrobe.picture("shop/red"))) as found:
        assert found.size == (40, 30)


def test_what_is_served(wardrobe) -> None:
    health = wardrobe.health()
    assert (health.encoder, health.dimension, health.index.count) == ("colour-encoder", 13, 5)


def test_a_refusal_says_what_the_server_said(wardrobe) -> None:
    with pytest.raises(WardrobeApiError, match="no item has the id 'shop/pink'") as error:
        wardrobe.item("shop/pink")
    assert (error.value.status, error.value.code) == (404, "unknown_item")
    assert error.value.detail == {"id": "shop/pink"}
    assert error.value.request_id
