"""Second level of the cache: encodings in Redis, shared by replicas, none of which relies on it."""

import logging
import queue
import threading
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from wardrobe.serving import telemetry
from wardrobe.serving.cache import Encoding

if TYPE_CHECKING:
    from redis import Redis

_log = logging.getLogger(__name__)

_PREFIX = "wardrobe:"
_PROBE = "wardrobe:probe"
_KEPT_S = 24 * 3600
"""Those of an encoder no longer served go by themselves, even from a Redis that evicts nothing."""

_TIMEOUT_S = 0.1
"""To connect, and to wait for a reply: about what encoding a picture takes."""

_PAUSE_S = 5.0
"""How long Redis is left alone after a failure."""

_MAX_WAITING = 256
"""Encodings that may wait to be written."""

_MAX_CONNECTIONS = 1024
"""More than there are request threads: each asks on a connection of its own."""

_CHECKSUM_BYTES = 4


class RemoteCache:
    """Encodings by content key in Redis.

    Callers read, and one thread writes. After any failure neither happens until that thread,
    which tries again every few seconds, could write and read: no caller waits for that.
    """

    def __init__(self, url: str, dimension: int) -> None:
        """Starts the thread; connects only when first used."""
        self._dimension = dimension
        self._client = _client(url)
        self._waiting: queue.Queue[tuple[bytes, Encoding] | None] = queue.Queue(_MAX_WAITING)
        self._away = False
        self._closing = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="remote-cache", daemon=True)
        self._thread.start()

    def get(self, key: bytes) -> Encoding | None:
        """Returns an encoding, or None if Redis has none or is away."""
        if self._away:
            return None
        try:
            # MGET, because GET fails on a value of another type.
            (value,) = self._client.mget([_name(key)])
        except Exception as error:  # whatever it is, the content can still be encoded
            self._fail("read", error)
            return None
        if value is None:
            return None
        encoding = _unpack(key, value, self._dimension) if isinstance(value, bytes) else None
        if encoding is None:
            telemetry.REMOTE_CACHE_ERRORS.labels("value").inc()
        return encoding

    def put(self, key: bytes, encoding: Encoding) -> None:
        """Leaves an encoding to be written soon; drops it if Redis is away or many wait."""
        if self._away:
            telemetry.REMOTE_CACHE_DROPS.inc()
            return
        try:
            self._waiting.put_nowait((key, encoding))
        except queue.Full:
            telemetry.REMOTE_CACHE_DROPS.inc()

    def close(self) -> None:
        """Ends the thread; what still waits is not written."""
        self._closing = True
        with suppress(queue.Full):
            self._waiting.put_nowait(None)
        self._thread.join()
        self._client.close()

    def _work(self) -> None:
        while not self._closing:
            try:
                entry = self._waiting.get(timeout=_PAUSE_S)
            except queue.Empty:
                if self._away:
                    self._try_again()
                continue
            if entry is None:
                continue
            if self._away:
                telemetry.REMOTE_CACHE_DROPS.inc()
                continue
            key, encoding = entry
            try:
                self._client.set(_name(key), _pack(key, encoding), ex=_KEPT_S)
            except Exception as error:
                self._fail("write", error)

    def _try_again(self) -> None:
        # Idle connections may be dead without knowing it.
        self._client.connection_pool.disconnect(inuse_connections=False)
        try:
            _probe(self._client)
        except Exception as error:
            self._fail("retry", error)
            return
        self._away = False
        _log.info("the cache at CACHE_URL works again")

    def _fail(self, operation: str, error: Exception) -> None:
        telemetry.REMOTE_CACHE_ERRORS.labels(operation).inc()
        with self._lock:
            if self._away:
                return
            self._away = True
        # The type alone, because Redis may repeat a password in its message.
        _log.warning(
            "the cache at CACHE_URL failed (%s); doing without, trying again every %g s",
            type(error).__name__,
            _PAUSE_S,
        )


def check_remote_cache(url: str) -> None:
    """Raises whatever keeps the cache at this address from being written to and read."""
    with _client(url) as client:
        _probe(client)


def _client(url: str) -> "Redis":
    # Imported here, because it takes a quarter of a second, which only users of it should pay.
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Redis.from_url(
        url,
        socket_connect_timeout=_TIMEOUT_S,
        socket_timeout=_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
        max_connections=_MAX_CONNECTIONS,
        protocol=2,  # no handshake
        driver_info=None,
    )


def _probe(client: "Redis") -> None:
    # Both, because a full Redis still reads.
    client.set(_PROBE, b"", ex=_KEPT_S)
    client.mget([_PROBE])


def _name(key: bytes) -> str:
    return _PREFIX + key.hex()


def _pack(key: bytes, encoding: Encoding) -> bytes:
    """Returns a checksum over key and numbers, then the numbers: the vector and any logits."""
    parts = [encoding.vector] if encoding.logits is None else [encoding.vector, encoding.logits]
    numbers = np.concatenate(parts).astype("<f4").tobytes()
    return _checksum(key, numbers) + numbers


def _unpack(key: bytes, value: bytes, dimension: int) -> Encoding | None:
    """Returns what was packed under this key, or None if this is something else."""
    checksum, numbers = value[:_CHECKSUM_BYTES], value[_CHECKSUM_BYTES:]
    if len(numbers) % 4 or len(numbers) < 4 * dimension or checksum != _checksum(key, numbers):
        return None
    vector, logits = np.split(np.frombuffer(numbers, "<f4").astype(np.float32), [dimension])
    return Encoding(vector, logits if len(logits) else None)


def _checksum(key: bytes, numbers: bytes) -> bytes:
    return zlib.crc32(numbers, zlib.crc32(key)).to_bytes(_CHECKSUM_BYTES, "little")
