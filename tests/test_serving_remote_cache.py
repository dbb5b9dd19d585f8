"""Replicas share encodings in a real Redis, and answer whatever becomes of it."""

import logging
import socket
import struct
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.redis_server import RedisServer, skip_without_redis
from tests.replica import BOUND_S, CountingEncoder, Replica
from tests.serving import metric, until
from wardrobe.errors import SettingError
from wardrobe.serving import remote_cache, telemetry
from wardrobe.serving.cache import Encoding
from wardrobe.serving.remote_cache import RemoteCache
from wardrobe.settings import Settings


@pytest.fixture
def redis_server(tmp_path):
    skip_without_redis()
    server = RedisServer(tmp_path)
    yield server
    server.close()


@pytest.fixture(autouse=True)
def short_pause(monkeypatch):
    monkeypatch.setattr(remote_cache, "_PAUSE_S", 0.3)


@pytest.fixture
def log(caplog):
    """The messages of the remote cache so far."""
    caplog.set_level(logging.INFO, remote_cache.__name__)
    return lambda: [r.getMessage() for r in caplog.records if r.name == remote_cache.__name__]


def test_what_one_replica_encoded_the_other_answers_without_encoding(serve, redis_server) -> None:
    first = Replica(serve, redis_server.url)
    second = Replica(serve, redis_server.url)
    expected = first.predict("red", "blue"), first.search("red"), first.text("a green shirt")
    until(lambda: len(redis_server.keys()) == 3)
    assert first.lookups() == {"miss": 3, "hit": 1}
    assert second.predict("red", "blue") == expected[0]
    assert second.search("red") == expected[1]
    assert second.text("a green shirt") == expected[2]
    assert second.encoder.batches == []
    assert second.encoder.texts == []
    assert second.lookups() == {"miss": 3, "hit": 2, "remote_hit": 3}


def test_entries_expire_and_are_as_small_as_their_numbers(serve, redis_server) -> None:
    replica = Replica(serve, redis_server.url)
    replica.search("red")
    until(lambda: len(redis_server.keys()) == 1)
    (key,) = redis_server.keys()
    assert 0 < redis_server.client.ttl(key) <= 24 * 3600
    assert redis_server.client.strlen(key) == 4 + 4 * (13 + 5)


def test_another_encoder_does_not_find_them(serve, redis_server) -> None:
    other = CountingEncoder()
    other.fingerprint = "other" * 8
    first = Replica(serve, redis_server.url)
    first.search("red")
    until(lambda: len(redis_server.keys()) == 1)
    second = Replica(serve, redis_server.url, other)
    second.search("red")
    assert second.encoder.batches == [1]
    assert second.lookups() == {"miss": 1}


def test_redis_is_asked_once_and_only_for_what_is_not_in_memory(serve, redis_server) -> None:
    replica = Replica(serve, redis_server.url)
    replica.encoder.hold()
    with ThreadPoolExecutor(5) as pool:
        found = [pool.submit(replica.search, "blue") for _ in range(5)]
        until(lambda: replica.lookups() == {"miss": 1, "shared": 4})
        replica.encoder.gate.set()
        assert len({str(future.result()) for future in found}) == 1
    assert replica.encoder.batches == [1]
    replica.search("blue")
    assert redis_server.reads() == 1


def test_redis_has_what_memory_has_no_room_for(serve, redis_server) -> None:
    replica = Replica(serve, redis_server.url, cache_bytes=1500)
    sizes = [(10, 10 + number) for number in range(8)]
    expected = [replica.search("red", size) for size in sizes]
    until(lambda: len(redis_server.keys()) == len(sizes))
    assert [replica.search("red", size) for size in sizes] == expected
    assert replica.encoder.batches == [1] * len(sizes)
    assert replica.lookups() == {"miss": 8, "remote_hit": 8}
    assert replica.count("wardrobe_cache_evictions_total") >= 12
    nothing_in_memory = Replica(serve, redis_server.url, cache_bytes=0)
    assert nothing_in_memory.search("red", sizes[0]) == expected[0]
    assert nothing_in_memory.encoder.batches == []


def test_when_redis_dies_answers_go_on_and_when_it_is_back_it_is_used(
    serve, redis_server, log
) -> None:
    replica = Replica(serve, redis_server.url)
    replica.encoder.hold()
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(replica.search, "red")
        until(lambda: replica.encoder.batches == [1])
        redis_server.stop()
        replica.encoder.gate.set()
        under_way.result()
    for number in range(10):
        replica.search("blue", (10, 10 + number))
        replica.text(f"shirt {number}")
    until(lambda: replica.errors("retry") >= 2)
    assert 1 <= replica.errors("write") + replica.errors("read") <= 2
    assert replica.count("wardrobe_remote_cache_drops_total") >= 19
    (message,) = log()
    assert "failed (ConnectionError)" in message

    redis_server.start()
    until(lambda: "works again" in log()[-1])
    replica.search("green")
    until(lambda: len(redis_server.keys()) == 1)
    Replica(serve, redis_server.url).search("green")
    assert replica.lookups()["remote_hit"] == 1
    assert len(log()) == 2


def test_it_starts_and_answers_without_redis_and_uses_it_later(serve, redis_server, log) -> None:
    redis_server.stop()
    replica = Replica(serve, redis_server.url)
    replica.search("red")
    assert replica.errors("read") == 1
    redis_server.start()
    until(lambda: "works again" in log()[-1])
    replica.search("blue")
    until(lambda: redis_server.keys())


def test_a_redis_that_hangs_delays_one_request_by_its_time_limit(serve, redis_server, log) -> None:
    replica = Replica(serve, redis_server.url)
    replica.search("red")
    until(lambda: len(redis_server.keys()) == 1)
    redis_server.hold()
    try:
        started = time.monotonic()
        for number in range(20):
            replica.search("blue", (10, 10 + number))
        assert time.monotonic() - started < BOUND_S
        assert replica.errors("read") == 1
        until(lambda: replica.errors("retry") >= 1)
    finally:
        redis_server.release()
    until(lambda: "works again" in log()[-1])
    replica.search("green")
    until(lambda: len(redis_server.keys()) >= 2)


def test_what_cannot_be_written_soon_is_dropped_and_counted(redis_server, monkeypatch) -> None:
    def drops() -> float:
        return metric(telemetry.exposition().decode(), "wardrobe_remote_cache_drops_total")

    monkeypatch.setattr(remote_cache, "_TIMEOUT_S", 20)
    encoding = Encoding(np.ones(13, np.float32), None)
    cache = RemoteCache(redis_server.url, 13)
    before = drops()
    redis_server.hold()
    started = time.monotonic()
    for number in range(1000):
        cache.put(number.to_bytes(32, "big"), encoding)
    seconds = time.monotonic() - started
    redis_server.release()
    assert seconds < BOUND_S
    until(lambda: len(redis_server.keys()) >= 256)
    until(lambda: len(redis_server.keys()) == 1000 - (drops() - before))
    cache.close()


def _with_checksum(key: bytes, numbers: bytes) -> bytes:
    return struct.pack("<I", zlib.crc32(bytes.fromhex(key[9:].decode()) + numbers)) + numbers


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda key, value: b"", id="empty"),
        pytest.param(lambda key, value: b"rubbish", id="rubbish"),
        pytest.param(lambda key, value: value[:-4], id="truncated"),
        pytest.param(lambda key, value: value[:-1], id="part of a number"),
        pytest.param(lambda key, value: value + bytes(4), id="too long"),
        pytest.param(lambda key, value: value[:20] + b"\xff" + value[21:], id="a byte changed"),
        pytest.param(lambda key, value: _with_checksum(key, value[8:56]), id="another dimension"),
        pytest.param(lambda key, value: bytes(4) + value[4:], id="no checksum"),
    ],
)
def test_a_value_that_is_no_encoding_is_a_miss_and_is_mended(serve, redis_server, spoil) -> None:
    first = Replica(serve, redis_server.url)
    expected = first.predict("red")
    until(lambda: len(redis_server.keys()) == 1)
    (key,) = redis_server.keys()
    good = redis_server.client.get(key)
    assert good == _with_checksum(key, good[4:])
    redis_server.client.set(key, spoil(key, good))
    second = Replica(serve, redis_server.url)
    assert second.predict("red") == expected
    assert second.encoder.batches == [1]
    assert second.lookups() == {"miss": 1}
    assert second.errors("value") == 1
    until(lambda: redis_server.client.get(key) == good)


def test_an_encoding_under_a_foreign_key_or_a_list_is_a_miss(serve, redis_server) -> None:
    first = Replica(serve, redis_server.url)
    expected = first.predict("red"), first.predict("blue")
    until(lambda: len(redis_server.keys()) == 2)
    one, other = sorted(redis_server.keys())
    redis_server.client.set(one, redis_server.client.get(other))
    redis_server.client.delete(other)
    redis_server.client.lpush(other, "rubbish")
    second = Replica(serve, redis_server.url)
    assert (second.predict("red"), second.predict("blue")) == expected
    assert second.encoder.batches == [1, 1]
    until(lambda: redis_server.client.type(other) == b"string")


def test_a_full_redis_is_left_alone_until_it_has_room(serve, redis_server, log) -> None:
    replica = Replica(serve, redis_server.url)
    redis_server.client.config_set("maxmemory", "1")  # byte
    for number in range(5):
        replica.search("red", (10, 10 + number))
    until(lambda: replica.errors("retry") >= 3)
    (message,) = log()
    assert "failed (OutOfMemoryError)" in message
    redis_server.client.config_set("maxmemory", "0")
    until(lambda: "works again" in log()[-1])


def test_a_server_that_is_no_redis_changes_no_answer(serve) -> None:
    expected = Replica(serve, "").search("red")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(1000)
                    connection.sendall(b"*1\r\n$x\r\n\xff\xfe rubbish\r\n")

        threading.Thread(target=answer, daemon=True).start()
        replica = Replica(serve, f"redis://127.0.0.1:{listener.getsockname()[1]}/0")
        assert replica.search("red") == expected
        assert replica.search("red", (10, 10))
        assert replica.errors("read") == 1
        listener.shutdown(socket.SHUT_RDWR)


def test_a_password_is_never_shown(serve, tmp_path, caplog) -> None:
    skip_without_redis()
    server = RedisServer(tmp_path, password="right-password")
    url = f"redis://:{{}}@127.0.0.1:{server.port}/0"
    try:
        with caplog.at_level(logging.DEBUG):
            refused = Replica(serve, url.format("wrong-password"))
            refused.search("red")
            assert refused.errors("read") == 1
            Replica(serve, url.format("right-password")).search("red")
            until(lambda: len(server.keys()) == 1)
        shown = "".join(map(str, [record.__dict__ for record in caplog.records]))
        shown += refused.client.get("/healthz").text + refused.metrics()
        assert "AuthenticationError" in shown
        assert "-password" not in shown
        assert "-password" not in repr(Settings(_env_file=None, cache_url=url.format("a-password")))
    finally:
        server.close()


@pytest.mark.parametrize("url", ["http://:secret@host", "redis://:sec/ret@host", "secret"])
def test_a_url_that_is_no_redis_is_refused_without_showing_it(url) -> None:
    with pytest.raises(SettingError, match="CACHE_URL, not shown") as refusal:
        Settings(_env_file=None, cache_url=url)
    assert "sec" not in str(refusal.value)
    assert refusal.value.__suppress_context__
