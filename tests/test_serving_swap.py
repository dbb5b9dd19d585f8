"""Swaps: what serves, what fails, what is asked meanwhile, and what a restart finds."""

import gc
import json
import threading
import time
import weakref
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.fakes import ColourEncoder
from tests.serving import GatedEncoder, metric, picture, until
from tests.swapping import (
    SIZES,
    Clients,
    Shop,
    build_shop,
    finished,
    roll_back,
    served,
    swap,
    threads,
    write_serving,
)
from wardrobe.encoders import PictureEncoding
from wardrobe.encoders.base import PixelArray
from wardrobe.serving import building
from wardrobe.serving.app import create_app
from wardrobe.serving.service import current_service
from wardrobe.settings import Settings


class OtherEncoder(ColourEncoder):
    """The same colours under another fingerprint."""

    name = "other-encoder"
    fingerprint = "07e4" * 16


@pytest.fixture
def shop(tmp_path):
    shop = Shop(tmp_path)
    yield shop
    for service in shop.services:
        service.close()


def value(client, name: str, **labels: str) -> float:
    return metric(client.get("/metrics").text, name, **labels)


def workers(client, index: Path) -> float:
    labels = {"encoder": "models/wardrobe-base", "fingerprint": ColourEncoder.fingerprint}
    return value(client, "wardrobe_engine_workers", index=str(index), **labels)


def test_a_swap_serves_the_new_index_and_a_rollback_the_old(shop) -> None:
    client = shop.start()
    old, new = (
        {"encoder": "models/wardrobe-base", "index": str(index)} for index in (shop.old, shop.new)
    )
    status = client.get("/admin/swap").json
    assert (status["state"], status["current"], status["previous"]) == ("idle", old, None)
    before = value(client, "wardrobe_swaps_total", outcome="switched")
    status = swap(client, shop.new)
    assert (status["state"], status["target"]) == ("switched", new)
    assert (status["current"], status["previous"]) == (new, old)
    assert served(client) == "new"
    assert (workers(client, shop.old), workers(client, shop.new)) == (0, 1)
    assert client.get("/healthz").json["index"]["count"] == SIZES["new"]

    status = roll_back(client)
    assert (status["state"], status["current"], status["previous"]) == ("switched", old, new)
    assert served(client) == "old"
    assert roll_back(client)["current"] == new, "a rollback can be rolled back"
    assert value(client, "wardrobe_swaps_total", outcome="switched") == before + 3


def test_every_answer_during_swaps_is_of_one_index(shop) -> None:
    client = shop.start()

    def connect():
        mine = client.application.test_client()  # without a key: reading is open
        return nullcontext(lambda path: ((answer := mine.get(path)).status_code, answer.json))

    with Clients(connect, SIZES, count=8) as clients:
        for index in [shop.new, shop.old] * 4:
            answered = clients.answered_by(index.name)
            assert swap(client, index)["state"] == "switched"
            assert client.get("/healthz").status_code == 200
            until(answered)
    assert not clients.failures
    until(lambda: len(threads("retiring")) == 0)
    assert len(threads("encoding")) == 1, "those of the engines before have ended"


def test_a_request_ends_with_the_engine_it_began_with(shop) -> None:
    encoder = GatedEncoder()
    client = shop.start(encoder)
    answers = []
    encoder.hold()
    asking = threading.Thread(
        target=lambda: answers.append(
            client.post("/search", data=picture("red"), content_type="image/png")
        )
    )
    asking.start()
    until(lambda: encoder.batches == [1])
    assert swap(client, shop.new)["state"] == "switched"
    assert encoder.batches == [1], "the encoder is the same, and warm"
    assert client.get("/items/new-red").status_code == 200
    assert client.get("/items/old-red").status_code == 404
    assert len(threads("encoding")) == 2, "the old engine waits for its request"
    encoder.gate.set()
    asking.join(10)
    assert {item["id"].rpartition("-")[0] for item in answers[0].json["results"]} == {"old"}
    assert answers[0].json["total"] == SIZES["old"]
    until(lambda: len(threads("encoding")) == 1)


def test_an_engine_leaves_the_memory_once_it_is_replaced(shop) -> None:
    client = shop.start()
    engine = weakref.ref(current_service(client.application).current.get())
    gc.disable()  # gunicorn's hook freezes what there is, so the collector would never see it
    try:
        swap(client, shop.new)
        until(lambda: engine() is None)
    finally:
        gc.enable()


def test_what_cannot_be_served_is_refused_with_its_message_and_the_old_serves_on(shop) -> None:
    client = shop.start()
    foreign = build_shop(shop.folder, "foreign", 5, OtherEncoder())
    damaged = build_shop(shop.folder, "damaged", 5)
    (damaged / "vectors.faiss").write_bytes(b"nonsense")
    before = value(client, "wardrobe_swaps_total", outcome="failed")
    for index, words in {
        shop.folder / "nowhere": "there is no index folder",
        shop.folder: "index.json",
        foreign: "was built with encoder other-encoder (fingerprint 07e4",
        damaged: "is damaged: its SHA-256 is",
    }.items():
        status = swap(client, index)
        assert status["state"] == "failed"
        assert words in status["message"]
        assert "rebuild it: python build_index.py SOURCE" in status["message"]
        assert status["current"]["index"] == str(shop.old)
        assert served(client) == "old"
    status = swap(client, shop.new, encoder="no/such-encoder")
    assert (status["state"], "no checkpoint folder" in status["message"]) == ("failed", True)
    assert served(client) == "old"
    assert value(client, "wardrobe_swaps_total", outcome="failed") == before + 5
    assert value(client, "wardrobe_ready") == 1
    assert len(threads("encoding")) == 1
    assert not (shop.state / "serving.json").exists()
    assert swap(client, shop.new)["state"] == "switched"


class SickEncoder(OtherEncoder):
    """Loads, and fails in the warm-up."""

    def encode_pictures(self, pixels: PixelArray) -> PictureEncoding:
        raise RuntimeError("sick")


@pytest.fixture
def checkpoints(monkeypatch):
    """The encoders that can be loaded, by name; and how often each was."""
    known = {"other": OtherEncoder, "sick": SickEncoder}
    loaded: Counter[str] = Counter()

    def load(name: str, **_: object) -> ColourEncoder:
        loaded[name] += 1
        return known[name]()

    monkeypatch.setattr(building, "load_encoder", load)
    return known, loaded


def test_encoder_and_index_are_swapped_together(shop, checkpoints) -> None:
    client = shop.start()
    index = build_shop(shop.folder, "foreign", 5, OtherEncoder())
    assert "sick" in swap(client, index, encoder="sick")["message"]
    assert len(threads("encoding")) == 1
    assert swap(client, index, encoder="other")["state"] == "switched"
    assert client.get("/healthz").json["fingerprint"] == OtherEncoder.fingerprint
    assert served(client) == "foreign"
    again = build_shop(shop.folder, "again", 5, OtherEncoder())
    assert swap(client, again)["current"] == {"encoder": "other", "index": str(again)}
    assert checkpoints[1]["other"] == 1, "it is still loaded"


def test_an_encoder_is_loaded_again_when_its_files_have_changed(shop, checkpoints) -> None:
    known, loaded = checkpoints
    folder = shop.folder / "checkpoint"
    folder.mkdir()
    (folder / "thresholds.json").write_text("{}")
    known[str(folder)] = ColourEncoder
    client = shop.start()
    for times, index in enumerate([shop.new, shop.old], start=1):
        swap(client, index, encoder=str(folder))
        assert swap(client, index)["state"] == "switched"
        assert loaded[str(folder)] == times
        (folder / "thresholds.json").write_text("other thresholds, same fingerprint")


def test_one_swap_at_a_time_whichever_worker_is_asked(shop, checkpoints) -> None:
    gate = threading.Event()
    checkpoints[0]["slow"] = lambda: gate.wait(20) and OtherEncoder()
    index = build_shop(shop.folder, "foreign", 5, OtherEncoder())
    client, other = shop.start(), shop.start()
    body = {"index": str(index), "encoder": "slow"}
    assert client.post("/admin/swap", json=body).status_code == 202
    until(lambda: "loading the encoder slow" in other.get("/admin/swap").json["message"])
    for worker in (client, other):
        for path in ("/admin/swap", "/admin/rollback"):
            response = worker.post(path, json=body if path == "/admin/swap" else {})
            assert response.status_code == 409
            assert response.json["error"]["code"] == "swap_conflict"
            assert "under way" in response.json["error"]["message"]
        assert worker.get("/healthz").status_code == 200
        assert served(worker) == "old"
    gate.set()
    assert finished(other)["state"] == "switched"


def test_without_a_swap_there_is_nothing_to_roll_back_to(shop) -> None:
    response = shop.start().post("/admin/rollback")
    assert response.status_code == 409
    assert "nothing to roll back to" in response.json["error"]["message"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "index is missing"),
        ({"index": ""}, "index is ''"),
        ({"index": 5}, "index is 5"),
        ({"index": "a", "encoder": ""}, "encoder is ''"),
        ({"index": "a", "force": True}, "unknown parameter 'force'"),
    ],
)
def test_a_swap_to_nonsense_is_refused_at_once(shop, body, words) -> None:
    response = shop.start().post("/admin/swap", json=body)
    assert response.status_code == 400
    assert words in response.json["error"]["message"]


def test_a_restart_serves_what_a_swap_made_current(shop) -> None:
    swap(shop.start(), shop.new)
    client = shop.start()
    assert served(client) == "new"
    assert roll_back(client)["state"] == "switched"
    assert served(shop.start()) == "old"


def test_settings_that_have_changed_since_the_swap_win(shop) -> None:
    swap(shop.start(), shop.new)
    third = build_shop(shop.folder, "third", 5)
    client = shop.start(index=third)
    assert served(client) == "third"
    time.sleep(1.5)
    assert served(client) == "third", "nor does it follow the swap of before"
    assert client.post("/admin/rollback").status_code == 409


def test_a_damaged_state_is_not_guessed_at(shop) -> None:
    client = shop.start()
    (shop.state / "serving.json").write_text('{"encoder": "a"}')
    response = client.get("/admin/swap")
    assert response.status_code == 500
    assert "serving.json cannot be read: index: Field required" in response.text
    time.sleep(1.2)
    assert served(client) == "old", "who serves goes on"
    settings = Settings(_env_file=None, index=shop.old, state=shop.state)
    app = create_app(settings, encoder=ColourEncoder())
    shop.services.append(current_service(app))
    until(lambda: "remove it to serve ENCODER and INDEX" in app.test_client().get("/healthz").text)


def test_a_state_folder_that_cannot_be_written_is_named(shop) -> None:
    client = shop.start()
    (shop.state / "swap.lock").mkdir()
    response = client.post("/admin/swap", json={"index": str(shop.new)})
    assert response.status_code == 500
    assert response.json["error"]["code"] == "bad_state"
    assert "STATE must name a folder" in response.json["error"]["message"]
    assert served(client) == "old"


def test_a_swap_whose_worker_ended_has_failed(shop) -> None:
    client = shop.start()
    swap(client, shop.new)
    path = shop.state / "swap.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"state": "warming", "message": "warming up"}))
    until(lambda: client.get("/admin/swap").json["state"] == "failed")  # it lets go of the lock
    assert client.get("/admin/swap").json["message"] == "its worker ended while warming up"
    assert swap(client, shop.old)["state"] == "switched"


def test_every_worker_follows_a_swap(shop) -> None:
    client, other = shop.start(), shop.start()
    swap(client, shop.new)
    until(lambda: served(other) == "new", timeout=5)
    roll_back(other)
    until(lambda: served(client) == "old", timeout=5)


def test_every_worker_opens_again_an_index_that_was_rebuilt_in_place(shop) -> None:
    client, other = shop.start(), shop.start()
    swap(client, shop.new)
    until(lambda: served(other) == "new", timeout=5)
    build_shop(shop.folder, "rebuilt", 5, into="new")
    assert {served(client), served(other)} == {"new"}, "they keep the files they opened"
    assert swap(client, shop.new)["previous"]["index"] == str(shop.old), "not what is gone"
    assert served(client) == "rebuilt"
    until(lambda: served(other) == "rebuilt", timeout=5)


def test_a_worker_that_cannot_follow_serves_on_and_tries_once(shop, caplog) -> None:
    client = shop.start()
    before = value(client, "wardrobe_swaps_total", outcome="failed")
    settings = {"encoder": "models/wardrobe-base", "index": str(shop.old)}
    content = {**settings, "index": str(shop.folder / "nowhere"), "settings": settings}
    write_serving(shop.state, content)
    until(lambda: value(client, "wardrobe_swaps_total", outcome="failed") > before, timeout=5)
    assert "there is no index folder" in caplog.text
    time.sleep(2.5)
    assert value(client, "wardrobe_swaps_total", outcome="failed") == before + 1
    assert served(client) == "old"
    write_serving(shop.state, content | {"index": str(shop.new)})
    until(lambda: served(client) == "new", timeout=5)
    (shop.state / "serving.json").unlink()
    until(lambda: served(client) == "old", timeout=5)


class DyingEncoder(GatedEncoder):
    """Once held up, its thread dies."""

    def encode_pictures(self, pixels: PixelArray) -> PictureEncoding:
        held = not self.gate.is_set()
        encoding = super().encode_pictures(pixels)
        if held:
            raise SystemExit("out of everything")
        return encoding


def test_only_the_death_of_the_engine_that_serves_ends_the_worker(shop, checkpoints) -> None:
    encoder, deaths = DyingEncoder(), []
    client = shop.start(encoder)
    shop.services[-1].current.on_death(lambda: deaths.append("dead"))
    index = build_shop(shop.folder, "foreign", 5, OtherEncoder())

    def hold() -> threading.Thread:
        encoder.hold()
        asking = threading.Thread(
            target=lambda: client.post("/search", data=picture("red"), content_type="image/png")
        )
        asking.start()
        until(lambda: encoder.batches == [1])
        return asking

    asking = hold()
    swap(client, index, encoder="other")
    encoder.gate.set()
    asking.join(10)
    assert client.get("/healthz").status_code == 200
    assert (value(client, "wardrobe_ready"), deaths) == (1, [])
    swap(client, shop.old, encoder="models/wardrobe-base")
    asking = hold()
    encoder.gate.set()
    asking.join(10)
    assert client.get("/healthz").status_code == 503
    assert (value(client, "wardrobe_ready"), deaths) == (0, ["dead"])
    assert client.post("/admin/swap", json={"index": str(shop.new)}).status_code == 503
