"""Swaps of a catalogue that is written to: no acknowledged write is lost, in either direction."""

import base64
import gc
import io
import itertools
import json
import shutil
import threading
import time
import weakref

import numpy as np
import pytest
from PIL import Image

from tests.fakes import ColourEncoder
from tests.serving import picture, until
from tests.swapping import Shop, build_shop, build_shop_from, finished, roll_back, served, swap
from wardrobe.encoders import PictureEncoding
from wardrobe.encoders.base import PixelArray
from wardrobe.index import Index
from wardrobe.index.compaction import compact
from wardrobe.serving import building
from wardrobe.serving.service import current_service


class SharperEncoder(ColourEncoder):
    """Another fingerprint, other vectors and other probabilities."""

    name = "sharper-encoder"
    fingerprint = "5a49e4" * 10 + "5a49"

    def encode_pictures(self, pixels: PixelArray) -> PictureEncoding:
        encoding = super().encode_pictures(pixels)
        assert encoding.logits is not None
        return PictureEncoding(np.roll(encoding.vectors, 1, axis=1), encoding.logits / 2)


class StricterEncoder(ColourEncoder):
    """The same encoder after its thresholds were tuned."""

    thresholds = np.full(5, 0.99999, np.float32)


@pytest.fixture
def shop(tmp_path):
    shop = Shop(tmp_path)
    yield shop
    for service in shop.services:
        service.close()


@pytest.fixture(autouse=True)
def encoders(monkeypatch):
    """The encoders that a swap can load, by name."""
    known = {"sharper": SharperEncoder, "stricter": StricterEncoder}
    monkeypatch.setattr(building, "load_encoder", lambda name, **_: known[name]())


def put(client, item_id: str, colour="red", **fields):
    body = {"image": base64.b64encode(picture(colour)).decode(), **fields}
    response = client.put(f"/items/{item_id}", json=body)
    assert response.status_code in (200, 201), response.text
    return response.json


def item(client, item_id: str) -> dict | None:
    response = client.get(f"/items/{item_id}")
    return response.json if response.status_code == 200 else None


def image(client, item_id: str) -> bytes:
    with client.get(f"/items/{item_id}/image") as response:
        assert response.status_code == 200
        return response.data


class Writers:
    """Threads that create, change and delete items of their own, and remember what was said.

    Attributes:
        written: caption by id of what was acknowledged last; None: deleted.
        refused: how many writes were answered with 503; each is sent again.
        failures: any other answer.
    """

    def __init__(self, connect, count: int = 8) -> None:
        self.written: dict[str, str | None] = {}
        self.refused = 0
        self.failures: list[str] = []
        self._connect = connect
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=[n]) for n in range(count)]

    def __enter__(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def some_more(self, count: int = 40):
        before = len(self.written)
        return lambda: len(self.written) > before + count or self.failures

    def _run(self, number: int) -> None:
        client = self._connect()
        for turn in itertools.count():
            item_id = f"w{number}-{turn}"
            shade = (turn % 256, turn // 256 % 256, number)
            self._write(client, item_id, f"first {turn}", colour=shade)
            if turn % 2:
                self._write(client, item_id, f"second {turn}")
            if turn % 3 == 0:
                self._write(client, item_id, None)
            if self._stop.is_set():
                return

    def _write(self, client, item_id: str, caption: str | None, colour=None) -> None:
        path = f"/items/{item_id}"
        while True:
            if caption is None:
                response = client.delete(path)
            elif colour is None:
                response = client.patch(path, json={"caption": caption})
            else:
                data = base64.b64encode(picture(colour)).decode()
                response = client.put(path, json={"image": data, "caption": caption})
            if response.status_code != 503:
                break
            self.refused += 1
            time.sleep(0.01)
        if response.status_code not in (200, 201, 204):
            self.failures.append(f"{item_id} {response.status_code} {response.text}")
        self.written[item_id] = caption

    def check(self, client) -> None:
        """Looks whether all that was acknowledged is there, and found."""
        assert not self.failures
        held = {found["id"]: found["caption"] for found in everything(client)}
        mine = {item_id: caption for item_id, caption in held.items() if item_id.startswith("w")}
        assert mine == {i: caption for i, caption in self.written.items() if caption is not None}


def everything(client) -> list[dict]:
    found, cursor = [], None
    while True:
        asked = {"top_k": 100} | ({"cursor": cursor} if cursor else {})
        page = client.post("/search", json=asked).json
        found += page["results"]
        if (cursor := page["cursor"]) is None:
            return found


@pytest.mark.parametrize("encoder", [None, "sharper"])
def test_eight_writers_lose_nothing_by_a_swap_and_a_rollback(shop, encoder) -> None:
    client = shop.start()
    named = {"encoder": encoder} if encoder else {}
    made_with = SharperEncoder() if encoder else ColourEncoder()
    first = current_service(client.application).current.get().deployment.index

    def connect():
        mine = client.application.test_client()
        mine.environ_base = client.environ_base
        return mine

    with Writers(connect) as writers:
        until(writers.some_more(), 60)
        second = build_shop_from(first, shop.folder / "second", made_with)
        until(writers.some_more(), 60)
        assert swap(client, second, **named)["state"] == "switched"
        until(writers.some_more(), 60)
        assert roll_back(client)["current"]["index"] == str(first)
        until(writers.some_more(), 60)
        assert roll_back(client)["current"]["index"] == str(second)
        until(writers.some_more(), 60)
    writers.check(client)
    assert roll_back(client)["state"] == "switched"
    writers.check(client)
    assert client.get("/items/old-red").status_code == 200
    until(lambda: len(shop.services[0].current._requests) == 1)


def test_what_is_taken_over_is_as_the_new_encoder_sees_it(shop) -> None:
    client = shop.start()
    second = build_shop_from(shop.old, shop.folder / "second", SharperEncoder())
    given = {"caption": "a shirt", "labels": {"colour": ["Blue"]}, "metadata": {"price": 5}}
    put(client, "mine", "blue", **given)
    client.patch("/items/old-red", json={"caption": "patched"})
    assert swap(client, second, encoder="sharper")["state"] == "switched"
    put(client, "again", "blue", **given)  # what a write after the swap gives
    mine, again = item(client, "mine"), item(client, "again")
    for same in ("caption", "given", "tags", "metadata"):
        assert mine[same] == again[same]
    found = client.post("/search", json={"id": "again", "filters": {"id": ["mine"]}}).json
    assert found["results"][0]["score"] == pytest.approx(1, abs=1e-6)
    assert item(client, "old-red")["caption"] == "patched"
    shutil.rmtree(shop.old)
    assert image(client, "mine") == picture("blue"), "its picture came along"
    index = current_service(client.application).current.get().index
    assert index.item("old-red").image_path.parent.name == "pictures of old", "others stay"


def test_the_same_encoder_with_other_thresholds_selects_anew(shop) -> None:
    client = shop.start()
    second = build_shop_from(shop.old, shop.folder / "second", StricterEncoder())
    before = put(client, "mine", "white")
    assert [tag["label"] for tag in before["tags"]["tone"]] == ["bright", "reddish"]
    assert swap(client, second, encoder="stricter")["state"] == "switched"
    assert item(client, "mine")["tags"] == item(client, "old-white")["tags"] == {}
    wanted = {"tag": "tone=bright", "min_probability": 0.9}
    ids = {r["id"] for r in client.post("/search", json={"filters": wanted}).json["results"]}
    assert ids == {"mine", "old-white"}, "their probabilities are the same"


def test_what_was_deleted_stays_so_though_its_traces_are_purged(shop) -> None:
    client = shop.start()
    put(client, "mine")
    second = build_shop_from(shop.old, shop.folder / "second")
    put(client, "short")
    for gone in ("mine", "old-red", "short"):
        assert client.delete(f"/items/{gone}").status_code == 204
    put(client, "late")
    compact(shop.old, kept_s=-1)
    assert swap(client, second)["state"] == "switched"
    assert [item(client, gone) for gone in ("mine", "old-red", "short")] == [None] * 3
    assert item(client, "late")
    assert client.delete("/items/late").status_code == 204
    put(client, "later")
    compact(second, kept_s=-1)
    assert roll_back(client)["state"] == "switched"
    assert {r["id"] for r in everything(client)} == {
        "later",
        *(f"old-{colour}" for colour in ("green", "blue", "white", "black", "orange")),
    }


def test_an_index_that_would_lose_writes_is_refused_unless_they_are_let_go(shop) -> None:
    client = shop.start()
    put(client, "mine")
    status = swap(client, shop.new)
    assert status["state"] == "failed"
    assert f"{shop.old} was written to 1 times, and {shop.new} was not built" in status["message"]
    assert f"build_index.py {shop.old} --out ANOTHER" in status["message"]
    put(client, "more")  # it takes writes as before
    assert swap(client, shop.new, discard_writes=True)["state"] == "switched"
    assert (item(client, "mine"), served(client)) == (None, "new")
    put(client, "here")
    assert roll_back(client)["state"] == "switched"
    assert item(client, "mine")
    assert item(client, "here"), "the way back knows what is new"


def test_writes_that_an_index_was_built_with_are_not_lost_either(shop) -> None:
    client = shop.start()
    put(client, "mine")
    second = build_shop_from(shop.old, shop.folder / "second")
    assert swap(client, second)["state"] == "switched"
    assert "was written to 1 times" in swap(client, shop.new)["message"]
    assert swap(client, build_shop_from(second, shop.folder / "third"))["state"] == "switched"
    assert item(client, "mine")


def test_a_copy_is_another_index(shop) -> None:
    client = shop.start()
    copied = shutil.copytree(shop.old, shop.folder / "copy")
    put(client, "mine")
    assert "was not built from it" in swap(client, copied)["message"]
    assert swap(client, copied, discard_writes=True)["state"] == "switched"
    put(client, "here")
    assert roll_back(client)["state"] == "switched"
    assert item(client, "mine")
    assert item(client, "here")


def test_a_swap_to_what_serves_already_keeps_it_open(shop) -> None:
    client = shop.start()
    put(client, "mine")
    assert swap(client, shop.old)["state"] == "switched"
    put(client, "more")
    assert item(client, "mine")
    assert item(client, "more")


def test_an_index_that_cannot_be_written_to_is_swapped_to_if_it_lacks_nothing(
    shop, monkeypatch
) -> None:
    client = shop.start()
    put(client, "mine")
    second = build_shop_from(shop.old, shop.folder / "second")
    frozen = Index.writable.fget
    monkeypatch.setattr(
        Index, "writable", property(lambda index: index.folder != second and frozen(index))
    )
    put(client, "late")
    message = swap(client, second)["message"]
    assert "written to 1 times" in message
    assert f"{second} cannot be written to" in message
    client.delete("/items/late")
    assert swap(client, second, discard_writes=True)["state"] == "switched"
    assert item(client, "mine")
    assert roll_back(client)["state"] == "switched"
    put(client, "again")


def test_what_serves_is_replaced_by_an_index_that_was_built_from_it_in_its_place(shop) -> None:
    client = shop.start()
    put(client, "mine")
    build_shop_from(shop.old, shop.old)
    refused = client.put("/items/late", data=picture("red"), content_type="image/png")
    assert refused.status_code == 503
    assert "was replaced by another build" in refused.json["error"]["message"]
    assert swap(client, shop.old)["state"] == "switched"
    put(client, "late")
    assert item(client, "mine")
    assert image(client, "mine") == picture("red")


def test_an_item_that_cannot_be_taken_over_is_named_and_the_old_index_stays_open(shop) -> None:
    client = shop.start()
    second = build_shop_from(shop.old, shop.folder / "second", SharperEncoder())
    client.patch("/items/old-red", json={"caption": "patched"})
    path = current_service(client.application).current.get().index.item("old-red").image_path
    kept = path.read_bytes()
    for broken in (None, b"broken"):
        path.unlink() if broken is None else path.write_bytes(broken)
        status = swap(client, second, encoder="sharper")
        assert status["state"] == "failed"
        assert "item 'old-red' was written meanwhile and cannot be taken over" in status["message"]
        put(client, "mine")
    path.write_bytes(kept)
    assert swap(client, second, encoder="sharper")["state"] == "switched"
    assert item(client, "old-red")["caption"] == "patched"


def test_a_worker_that_still_has_the_old_index_refuses_writes_until_it_follows(shop) -> None:
    client, other = shop.start(), shop.start()
    second = build_shop_from(shop.old, shop.folder / "second")
    put(other, "mine")
    follow = shop.services[1].swapper._follow
    shop.services[1].swapper._follow = lambda: None  # as while it loads
    time.sleep(1.1)
    assert swap(client, second)["state"] == "switched"
    assert item(client, "mine")
    for refused in (
        other.put("/items/late", data=picture("red"), content_type="image/png"),
        other.patch("/items/mine", json={"caption": "late"}),
        other.delete("/items/mine"),
    ):
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) >= 1
        assert f"{second} has taken this index's place" in refused.json["error"]["message"]
    bulk = {"items": [{"id": "late", "image": base64.b64encode(picture("red")).decode()}]}
    assert other.post("/items", json=bulk).json["failed"] == 1
    shop.services[1].swapper._follow = follow
    until(lambda: served(other) and put_status(other, "late") == 201, timeout=5)
    assert item(client, "late")


def put_status(client, item_id: str) -> int:
    answer = client.put(f"/items/{item_id}", data=picture("red"), content_type="image/png")
    return answer.status_code


def test_an_engine_that_was_written_to_and_its_threads_are_released(shop) -> None:
    client = shop.start()
    second = build_shop_from(shop.old, shop.folder / "second")
    put(client, "mine")
    engine = current_service(client.application).current.get()
    old, index, maintenance = weakref.ref(engine), weakref.ref(engine.index), engine._maintenance
    del engine
    gc.disable()
    try:
        swap(client, second)
        until(lambda: old() is None)
        assert not maintenance._thread.is_alive()
        del maintenance
        until(lambda: index() is None)
    finally:
        gc.enable()


def test_a_swap_that_begins_while_a_bulk_write_runs_loses_no_acknowledged_line(shop) -> None:
    client = shop.start()
    second = build_shop_from(shop.old, shop.folder / "second")
    buffer = io.BytesIO()
    Image.effect_noise((60, 60), 50).save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    lines = "\n".join(json.dumps({"id": f"b{n}", "image": data}) for n in range(300))
    answer = client.post("/items", data=lines, content_type="application/x-ndjson", buffered=False)
    outcomes = map(json.loads, answer.response)
    first = next(outcomes)
    client.post("/admin/swap", json={"index": str(second)})
    results = [first, *outcomes]
    assert finished(client)["state"] == "switched"
    written = {result["id"] for result in results if "status" in result}
    assert len(results) == 300
    assert {r["id"] for r in everything(client) if r["id"].startswith("b")} == written


def test_an_index_of_other_pictures_takes_over_what_comes_from_then_on(shop) -> None:
    client = shop.start()
    assert swap(client, shop.new)["state"] == "switched"
    put(client, "mine")
    client.patch("/items/new-red", json={"caption": "patched"})
    assert roll_back(client)["state"] == "switched"
    assert item(client, "mine")
    assert item(client, "new-red")["caption"] == "patched"
    assert image(client, "new-red")
    third = build_shop(shop.folder, "third", 5)
    assert "was written to" in swap(client, third)["message"]


def test_a_compaction_forgets_the_dead_and_changes_no_answer(shop) -> None:
    client, other = shop.start(), shop.start()
    put(client, "mine")
    client.delete("/items/old-blue")
    before = everything(client)
    name = Index.open(shop.old, ColourEncoder()).record.vectors
    answer = client.post("/admin/compact")
    assert (answer.status_code, answer.json) == (200, {"kind": "flat", "count": 6})
    assert name not in {path.name for path in shop.old.iterdir()}
    assert everything(client) == everything(other) == before
    put(other, "late")
    assert item(client, "late")
    assert client.post("/admin/compact", json={"force": True}).status_code == 400
    keyless = client.application.test_client()
    assert keyless.post("/admin/compact").status_code == 401
