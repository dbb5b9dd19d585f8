"""Before the encoder: few decodes at once, none in vain, and nobody left behind by another."""

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from tests.serving import GatedEncoder, metric, picture, until
from wardrobe.encoders.hardware import available_cores
from wardrobe.errors import QueueFullError
from wardrobe.serving import telemetry
from wardrobe.serving.batcher import Batcher
from wardrobe.serving.schemas import Upload
from wardrobe.serving.service import current_service

AT_ONCE = available_cores() + 1


class WatchedEncoder(GatedEncoder):
    """Remembers how many pictures it prepared, and how many at once; can be held up there too."""

    def __init__(self) -> None:
        super().__init__()
        self.decoding = threading.Event()
        self.decoding.set()
        self.prepared = self.under_way = self.most = 0
        self._lock = threading.Lock()

    def prepare(self, picture: Image.Image):
        with self._lock:
            self.prepared += 1
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        assert self.decoding.wait(20)
        time.sleep(0.01)
        with self._lock:
            self.under_way -= 1
        return super().prepare(picture)


@pytest.fixture
def encoder():
    encoder = WatchedEncoder()
    yield encoder
    encoder.gate.set()
    encoder.decoding.set()


def colours(count: int) -> list[bytes]:
    return [picture((10 * number, 100, 60)) for number in range(count)]


def search(client, data: bytes):
    return client.post("/search", data=data, content_type="image/png")


def predict(client, *pictures: bytes):
    files = [(io.BytesIO(data), f"{number}.png") for number, data in enumerate(pictures)]
    return client.post("/predict", data={"files": files})


def engine_of(client):
    return current_service(client.application).current.get()


def sample(client, name: str, **labels: str) -> float:
    return metric(client.get("/metrics").text, name, **labels)


def test_few_pictures_are_decoded_at_once(serve, encoder) -> None:
    client = serve(encoder)
    with ThreadPoolExecutor(AT_ONCE + 6) as pool:
        answers = list(pool.map(lambda data: search(client, data), colours(AT_ONCE + 6)))
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert encoder.most == AT_ONCE


def test_past_the_deadline_before_its_turn_is_504_and_is_not_decoded(serve, encoder) -> None:
    client = serve(encoder, deadline_s=0.3)
    encoder.prepared = 0
    encoder.decoding.clear()
    *held, late = colours(AT_ONCE + 1)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        under_way = [pool.submit(search, client, data) for data in held]
        until(lambda: encoder.prepared == AT_ONCE)
        waited = sample(client, "wardrobe_stage_duration_seconds_sum", stage="decode_wait")
        response = search(client, late)
        assert response.status_code == 504
        assert response.json["error"]["code"] == "deadline_exceeded"
        assert encoder.prepared == AT_ONCE
        until(
            lambda: (
                sample(client, "wardrobe_stage_duration_seconds_sum", stage="decode_wait")
                >= waited + 0.25
            )
        )
        encoder.decoding.set()
        assert {future.result().status_code for future in under_way} == {504}
    assert search(client, late).status_code == 200, "its turn was given back"


def test_of_a_long_request_nothing_is_decoded_past_its_deadline(serve, encoder) -> None:
    client = serve(encoder, deadline_s=0.1)
    encoder.prepared = 0
    encoder.decoding.clear()
    threading.Timer(0.2, encoder.decoding.set).start()
    assert predict(client, *colours(8)).status_code == 504
    assert encoder.prepared == 1


def test_a_full_queue_refuses_before_decoding(serve, encoder) -> None:
    client = serve(encoder, max_queue=1)
    encoder.hold()
    first, second, third = colours(3)
    with ThreadPoolExecutor(2) as pool:
        accepted = [pool.submit(search, client, first)]
        until(lambda: encoder.batches == [1])
        accepted.append(pool.submit(search, client, second))
        until(lambda: sample(client, "wardrobe_queue_inputs") == 1)
        encoder.prepared = 0
        response = search(client, third)
        assert response.status_code == 429
        assert response.headers["Retry-After"] == "1"
        assert response.json["error"]["detail"] == {"limit": 1, "retry_after_s": 1}
        with pytest.raises(QueueFullError):
            engine_of(client).explain(Upload("", third), [0], time.monotonic() + 10)
        assert encoder.prepared == 0
        encoder.gate.set()
        assert [future.result().status_code for future in accepted] == [200, 200]


def test_pixels_bound_a_batch_and_an_explanation_counts_for_each_label(serve, encoder) -> None:
    client = serve(encoder, max_batch_pixels=8)  # two pictures of 2 x 2
    engine = engine_of(client)
    later = time.monotonic() + 10
    encoder.hold()
    first, *others = [Upload("", data) for data in colours(7)]
    futures = [engine.encode_picture(first, later)]
    until(lambda: encoder.batches == [1])

    def released(reason: str) -> float:
        return sample(client, "wardrobe_batches_total", reason=reason)

    before = released("pixels"), released("drained")
    futures += [
        engine.encode_picture(others[0], later),
        engine.explain(others[1], [0, 1], later),  # a batch by itself
        engine.encode_picture(others[2], later),
        engine.encode_picture(others[3], later),
        engine.encode_picture(others[4], later),
        engine.encode_text("red", later),
        engine.encode_text("blue", later),
    ]
    encoder.gate.set()
    for future in futures:
        engine.result(future, later)
    assert encoder.batches[:4] == [1, 1, 2, 1]
    assert (released("pixels"), released("drained")) == (before[0] + 3, before[1] + 1)


def test_who_shares_a_picture_keeps_it_wanted_until_the_last_deadline(serve, encoder) -> None:
    client = serve(encoder)
    engine = engine_of(client)
    encoder.hold()
    first, shared = [Upload("", data) for data in colours(2)]
    soon, later = time.monotonic() + 0.2, time.monotonic() + 10
    engine.encode_picture(first, later)
    until(lambda: encoder.batches == [1])
    engine.encode_picture(shared, soon)
    follower = engine.encode_picture(shared, later)
    time.sleep(max(0, soon - time.monotonic()) + 0.02)
    encoder.gate.set()
    assert engine.result(follower, later) is not None


def test_who_asks_for_what_is_being_dropped_gets_it_anew(
    serve, encoder, monkeypatch, caplog
) -> None:
    client = serve(encoder)
    monkeypatch.setattr(Batcher, "extend", lambda *_: False)  # as when it loses the race
    encoder.hold()
    with ThreadPoolExecutor(3) as pool:
        found = [pool.submit(search, client, picture("blue")) for _ in range(3)]
        until(lambda: sum(encoder.batches) + sample(client, "wardrobe_queue_inputs") == 3)
        encoder.gate.set()
        answers = [future.result() for future in found]
    assert [answer.status_code for answer in answers] == [200] * 3
    hits = sample(client, "wardrobe_cache_lookups_total", result="hit")
    assert search(client, picture("blue")).json["results"] == answers[0].json["results"]
    assert sample(client, "wardrobe_cache_lookups_total", result="hit") == hits + 1
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_whatever_ends_a_decode_the_picture_can_be_asked_for_again(serve, encoder) -> None:
    engine = engine_of(serve(encoder))
    prepare, later = encoder.prepare, time.monotonic() + 10
    encoder.prepare = lambda picture: exec("raise SystemExit('going down')")
    ended = engine.encode_picture(Upload("", picture("red")), later)
    assert isinstance(ended.exception(0), SystemExit)
    encoder.prepare = prepare
    again = engine.encode_picture(Upload("", picture("red")), later)
    assert engine.result(again, later) is not None


def test_timing_a_stage_includes_what_failed() -> None:
    def count() -> float:
        text = telemetry.exposition().decode()
        return metric(text, "wardrobe_stage_duration_seconds_count", stage="search")

    before = count()
    with pytest.raises(KeyError), telemetry.stage("search"):
        raise KeyError
    assert count() == before + 1
