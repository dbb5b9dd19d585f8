"""The shared path of /predict and /search: batched, cached, encoded once, bounded in time."""

import base64
import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.fakes import ColourEncoder
from tests.serving import GatedEncoder, metric, picture, until
from wardrobe.encoders import PictureEncoding
from wardrobe.encoders.base import PixelArray
from wardrobe.serving.cache import Encoding, EncodingCache
from wardrobe.serving.schemas import Upload
from wardrobe.serving.service import current_service

COLOURS = [(red, green, 60) for red in (0, 120, 250) for green in (0, 80, 160, 240)]


@pytest.fixture
def encoder():
    encoder = GatedEncoder()
    yield encoder
    encoder.gate.set()


def search(client, data: bytes):
    return client.post("/search", data=data, content_type="image/png")


def predict(client, *pictures: bytes):
    files = [(io.BytesIO(data), f"{number}.png") for number, data in enumerate(pictures)]
    return client.post("/predict", data={"files": files})


def results(response):
    assert response.status_code == 200, response.text
    return response.json["results"]


def value(client, name: str, **labels: str) -> float:
    return metric(client.get("/metrics").text, name, **labels)


def test_concurrent_requests_are_batched_and_answered_as_if_alone(serve, encoder) -> None:
    alone = serve(cache_bytes=0)
    expected = [results(search(alone, picture(colour))) for colour in COLOURS]
    client = serve(encoder, max_batch_size=8, cache_bytes=0)
    encoder.hold()
    with ThreadPoolExecutor(len(COLOURS)) as pool:
        found = [pool.submit(search, client, picture(colour)) for colour in COLOURS]
        until(lambda: sum(encoder.batches) + value(client, "wardrobe_queue_inputs") == 12)
        encoder.gate.set()
        assert [results(future.result()) for future in found] == expected
    assert sum(encoder.batches) == len(COLOURS)
    assert max(encoder.batches) <= 8
    assert len(encoder.batches) <= 3, "12 pictures, 8 at most in a batch, the first one early"


def test_the_pictures_of_one_request_are_batched(serve, encoder) -> None:
    client = serve(encoder)
    alone = [results(predict(client, picture(colour)))[0] for colour in COLOURS]
    other = serve(encoder, max_batch_size=12)
    encoder.hold()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(predict, other, *map(picture, COLOURS))
        until(lambda: sum(encoder.batches) + value(other, "wardrobe_queue_inputs") == 12)
        encoder.gate.set()
        together = results(future.result())
    assert len(encoder.batches) <= 2
    assert [result["tags"] for result in together] == [result["tags"] for result in alone]


def test_a_picture_seen_once_costs_nothing_on_either_call(serve, encoder) -> None:
    client = serve(encoder)
    encoder.batches.clear()
    first = results(predict(client, picture("red"))), results(search(client, picture("red")))
    again = results(predict(client, picture("red"))), results(search(client, picture("red")))
    assert again == first
    body = {"image": base64.b64encode(picture("red")).decode()}
    assert results(client.post("/search", json=body)) == first[1]
    assert encoder.batches == [1]


def test_text_is_cached_apart_from_pictures(serve) -> None:
    client = serve()
    before = value(client, "wardrobe_encoded_inputs_total", kind="text")
    hits = value(client, "wardrobe_cache_lookups_total", result="hit")
    first = results(client.get("/search?text=red"))
    assert results(client.get("/search?text=red")) == first
    assert value(client, "wardrobe_encoded_inputs_total", kind="text") == before + 1
    assert value(client, "wardrobe_cache_lookups_total", result="hit") == hits + 1
    assert search(client, b"red").status_code == 400, "the bytes of a text are no known picture"


def test_the_cache_keeps_within_its_bytes_and_drops_what_is_unused_for_longest() -> None:
    def encoding(number: int) -> Encoding:
        return Encoding(np.full(100, number, np.float32), None)

    size = encoding(0).size
    assert size > 400
    cache = EncodingCache(3 * size)
    for number in range(3):
        cache.put(bytes([number]), encoding(number))
    assert cache.get(b"\0") is not None
    cache.put(b"\3", encoding(3))
    assert [cache.get(bytes([n])) is not None for n in range(4)] == [True, False, True, True]
    assert cache.size == 3 * size
    cache.put(b"big", Encoding(np.zeros(1000, np.float32), np.zeros(1000, np.float32)))
    assert cache.get(b"big") is None
    assert cache.size <= 3 * size


def test_a_cached_encoding_does_not_keep_its_batch_alive(serve, encoder) -> None:
    client = serve(encoder)
    results(predict(client, *map(picture, COLOURS)))
    engine = current_service(client.application).current.get()
    later = time.monotonic() + 10
    encoding = engine.result(engine.encode_picture(Upload("", picture(COLOURS[0])), later), later)
    assert encoding.vector.base is None
    assert encoding.logits.base is None


def test_identical_pictures_in_flight_are_encoded_once(serve, encoder) -> None:
    client = serve(encoder)
    shared = value(client, "wardrobe_cache_lookups_total", result="shared")
    encoder.hold()
    with ThreadPoolExecutor(5) as pool:
        found = [pool.submit(search, client, picture("blue")) for _ in range(5)]
        until(lambda: value(client, "wardrobe_cache_lookups_total", result="shared") == shared + 4)
        encoder.gate.set()
        answers = [results(future.result()) for future in found]
    assert encoder.batches == [1]
    assert all(answer == answers[0] for answer in answers)


def test_a_bad_picture_is_tried_again_after_it_failed(serve, encoder) -> None:
    client = serve(encoder)
    for _ in range(2):
        assert search(client, b"nonsense").status_code == 400
    assert search(client, picture("red")).status_code == 200


def test_past_the_deadline_is_504_and_is_not_encoded(serve, encoder) -> None:
    client = serve(encoder, deadline_s=0.2, max_batch_size=1)
    encoder.hold()
    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(search, client, picture(colour)) for colour in COLOURS[:2]]
        for future in found:
            response = future.result()
            assert response.status_code == 504
            assert response.json["error"]["code"] == "deadline_exceeded"
            assert "0.2 s" in response.json["error"]["message"]
    encoder.gate.set()
    assert search(client, picture("red")).status_code == 200
    assert encoder.batches == [1, 1], "the one held and the one after it; not the one that expired"


def test_a_full_queue_is_429_and_says_when_to_come_back(serve, encoder) -> None:
    client = serve(encoder, max_queue=2, max_batch_size=1)
    encoder.hold()
    with ThreadPoolExecutor(3) as pool:
        found = [pool.submit(search, client, picture(COLOURS[0]))]
        until(lambda: encoder.batches == [1])
        found += [pool.submit(search, client, picture(colour)) for colour in COLOURS[1:3]]
        until(lambda: value(client, "wardrobe_queue_inputs") == 2)
        for response in (search(client, picture("white")), predict(client, picture("white"))):
            assert response.status_code == 429
            assert int(response.headers["Retry-After"]) >= 1
            assert response.json["error"]["code"] == "queue_full"
            assert "the limit is 2" in response.json["error"]["message"]
        assert client.get("/search?id=shop/red").status_code == 200, "needs no encoder"
        encoder.gate.set()
        assert [future.result().status_code for future in found] == [200] * 3
    assert search(client, picture("white")).status_code == 200


class FussyEncoder(ColourEncoder):
    """Cannot stand black pictures; dies of white ones."""

    def encode_pictures(self, pixels: PixelArray) -> PictureEncoding:
        means = pixels.mean(axis=(1, 2, 3)) / 255
        if (means == 0).any():
            raise RuntimeError("numerical trouble, path /secret")
        if (means == 1).any():
            raise SystemExit("out of everything")
        return super().encode_pictures(pixels)


def test_an_unexpected_failure_is_500_without_secrets_and_fails_alone(serve) -> None:
    client = serve(FussyEncoder())
    response = search(client, picture("black"))
    assert response.status_code == 500
    error = response.json["error"]
    assert error["code"] == "internal_error"
    assert "secret" not in response.text
    assert response.headers["X-Request-ID"] in error["message"]
    several = results(predict(client, picture("red"), picture("black"), picture("blue")))
    assert [result.get("error", {}).get("code") for result in several] == [
        None,
        "internal_error",
        None,
    ]
    assert client.get("/healthz").status_code == 200


def test_the_death_of_the_encoding_thread_is_seen_on_healthz(serve) -> None:
    client = serve(FussyEncoder())
    assert value(client, "wardrobe_ready") == 1
    for response in (search(client, picture("white")), client.get("/healthz")):
        assert response.status_code == 503
        assert response.json["error"]["code"] == "not_ready"
        assert "the encoding thread died" in response.json["error"]["message"]
    assert value(client, "wardrobe_ready") == 0
    assert client.get("/livez").status_code == 200


def test_many_threads_of_mixed_requests_all_get_their_own_answers(serve) -> None:
    client = serve(max_batch_size=4)
    expected = {
        colour: results(search(client, picture(colour)))[0]["id"] for colour in ("red", "blue")
    }
    barrier = threading.Barrier(12)

    def one(number: int) -> bool:
        barrier.wait(10)
        colour = ("red", "blue")[number % 2]
        size = (10 + number, 10)  # distinct bytes: nothing comes from the cache
        by_picture = results(search(client, picture(colour, size)))[0]["id"]
        by_text = results(client.get(f"/search?text={colour}+number+{number}"))[0]["id"]
        return by_picture == by_text == expected[colour]

    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(one, range(12)))
