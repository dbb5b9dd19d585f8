"""Encodings seen lately: an LRU cache bounded in bytes."""

import threading
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache

from wardrobe.serving import telemetry

FloatArray = npt.NDArray[np.float32]

_OVERHEAD_BYTES = 600
"""What an entry costs beside its numbers: key, objects and dictionary slots, measured."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """One picture or text, encoded.

    Attributes:
        vector: unit vector `(dimension,)`.
        logits: tag logits `(labels,)`, or None for a text or an encoder without heads.
    """

    vector: FloatArray
    logits: FloatArray | None

    @property
    def size(self) -> int:
        """Bytes it takes in memory."""
        logits = 0 if self.logits is None else self.logits.nbytes
        return self.vector.nbytes + logits + _OVERHEAD_BYTES


class _CountingLRU(LRUCache[bytes, Encoding]):
    def popitem(self) -> tuple[bytes, Encoding]:
        telemetry.CACHE_EVICTIONS.inc()
        return super().popitem()


class EncodingCache:
    """Thread-safe LRU of encodings by content key."""

    def __init__(self, max_bytes: int) -> None:
        self._entries = _CountingLRU(max_bytes, getsizeof=lambda encoding: encoding.size)
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes of all entries."""
        return int(self._entries.currsize)

    def get(self, key: bytes) -> Encoding | None:
        """Returns an encoding and marks it as just used, or None."""
        with self._lock:
            return self._entries.get(key)

    def put(self, key: bytes, encoding: Encoding) -> None:
        """Keeps an encoding, dropping those unused for longest; too large a one is not kept."""
        with self._lock:
            if encoding.size <= self._entries.maxsize:
                self._entries[key] = encoding
                telemetry.CACHE_BYTES.set(self._entries.currsize)
