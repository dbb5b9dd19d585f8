"""From pictures in a folder to answers over HTTP, with a real if tiny checkpoint."""

import pytest
from PIL import Image

from tests import tiny_checkpoints
from tests.serving import ContractClient
from wardrobe.encoders import load_encoder
from wardrobe.encoding import encode_pictures
from wardrobe.index.sources import read_source
from wardrobe.indexing import build_index
from wardrobe.serving.app import create_app
from wardrobe.serving.service import current_service
from wardrobe.settings import Settings

COLOURS = ("red", "green", "blue", "white", "grey", "purple")


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photographs")
    for number, colour in enumerate(COLOURS):
        picture = Image.radial_gradient("L").resize((200 + 10 * number, 150)).convert("RGB")
        Image.blend(picture, Image.new("RGB", picture.size, colour), 0.7).save(
            folder / f"{colour}.jpg", quality=95
        )
    return folder


@pytest.fixture(scope="module", params=["wardrobe", *tiny_checkpoints.HUB])
def kind(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def client(kind, photographs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    if kind == "wardrobe":
        tower = tiny_checkpoints.save_text_tower(folder / "text-tower")
        checkpoint = tiny_checkpoints.save_wardrobe(folder / "checkpoint", tower)
    else:
        checkpoint = tiny_checkpoints.HUB[kind](folder / "checkpoint")
    tiny_checkpoints.LABEL_SPACE.save(folder / "labels.json")
    settings = Settings(
        _env_file=None,
        encoder=str(checkpoint),
        labels=folder,
        index=folder / "index",
        precision="fp32",
    )
    encoder = load_encoder(settings.encoder, precision="fp32", labels=folder)
    build_index(encoder, read_source(photographs, None), settings.index)
    app = create_app(settings)
    app.test_client_class = ContractClient
    current_service(app).startup.wait(60)
    yield app.test_client()
    current_service(app).close()


def test_a_picture_of_the_catalogue_finds_itself(client, photographs) -> None:
    for colour in COLOURS:
        with (photographs / f"{colour}.jpg").open("rb") as handle:
            answer = client.post("/search", data={"image": handle}).json
        scores = {hit["id"]: hit["score"] for hit in answer["results"]}
        assert set(scores) == set(COLOURS)
        # A random network tells pictures apart by little, so nothing is said of their order.
        assert scores[colour] == pytest.approx(1, abs=1e-4)
        by_id = client.get(f"/search?id={colour}").json["results"]
        assert {hit["id"] for hit in by_id} == set(COLOURS) - {colour}
        for hit in by_id:
            assert hit["score"] == pytest.approx(scores[hit["id"]], abs=1e-3)


def test_the_vector_is_the_one_the_scripts_compute(client, photographs) -> None:
    encoder = current_service(client.application).current.get().encoder
    (encoded,) = encode_pictures(encoder, [photographs / "blue.jpg"])
    by_vector = client.post("/search", json={"vector": encoded.vector.tolist()}).json["results"]
    with (photographs / "blue.jpg").open("rb") as handle:
        by_picture = client.post("/search", data={"image": handle}).json["results"]
    scores = [{hit["id"]: hit["score"] for hit in hits} for hits in (by_vector, by_picture)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-5)


def test_text_and_tags_where_the_checkpoint_has_them(client, kind, photographs) -> None:
    without = kind in ("vit", "dinov2")
    text = client.get("/search?text=a+red+dress&top_k=2")
    assert text.status_code == (400 if without else 200)
    health = client.get("/healthz").json
    assert (health["has_text"], health["has_tags"]) == (not without, not without)
    assert health["zero_shot"] is (kind in ("clip", "siglip"))
    with (photographs / "red.jpg").open("rb") as handle:
        tags = client.post("/predict", data={"files": handle})
    if without:
        assert tags.status_code == 400
        assert "cannot tag" in tags.json["error"]["message"]
    else:
        (result,) = tags.json["results"]
        assert set(result["tags"]) == {"article_type", "details"}
        assert sum(tag["probability"] for tag in result["tags"]["article_type"]) == pytest.approx(1)
