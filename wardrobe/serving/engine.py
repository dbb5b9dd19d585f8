"""The one path of every request: bytes or text → cache → batcher → vector and tag logits."""

import hashlib
import io
import math
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from wardrobe.colours import dominant_colours
from wardrobe.encoders import Encoder
from wardrobe.encoders.base import FloatArray
from wardrobe.errors import (
    DeadlineExceededError,
    TooLargeError,
    UnreadablePictureError,
    UnsupportedQueryError,
)
from wardrobe.index import Index
from wardrobe.query import Part, Query
from wardrobe.searcher import Searcher
from wardrobe.serving import telemetry
from wardrobe.serving.batcher import Batcher, Job
from wardrobe.serving.cache import Encoding, EncodingCache
from wardrobe.serving.decoding import Decoder
from wardrobe.serving.deployment import Deployment
from wardrobe.serving.forwards import Input, Question, encode_batch, pixels_to_see
from wardrobe.serving.maintenance import Maintenance
from wardrobe.serving.remote_cache import RemoteCache
from wardrobe.serving.schemas import Upload
from wardrobe.settings import Settings
from wardrobe.tagger import Tagger

_EVERY_SIZE_TO = 8
"""Batches up to this size are all met in the warm-up, of the larger ones the powers of two."""

_WORDS = (4, 12, 20)
"""Lengths of the texts in the warm-up: the first run of each length is a slow one."""

Result = TypeVar("Result")


class Engine:
    """An encoder and an index made with it, with all that stands between them and a request.

    Nothing it holds refers back to it: a discarded one leaves the memory at once.

    Attributes:
        deployment: what it was built from.
    """

    def __init__(
        self,
        encoder: Encoder,
        index: Index,
        settings: Settings,
        cache: EncodingCache,
        deployment: Deployment,
    ) -> None:
        self.encoder = encoder
        self.index = index
        self.deployment = deployment
        self.searcher = Searcher(index, encoder.relevance)
        self._settings = settings
        self._tagger = (
            Tagger(encoder.label_space, encoder.thresholds)
            if encoder.label_space is not None and encoder.thresholds is not None
            else None
        )
        self._decoder = Decoder(encoder, settings)
        self._cache = cache
        url = settings.cache_url.get_secret_value()
        self._remote_cache = RemoteCache(url, encoder.dimension) if url else None
        self._in_flight: dict[bytes, Job[Input, Encoding]] = {}
        self._lock = threading.Lock()
        self._batcher: Batcher[Input, Any] = Batcher(
            partial(encode_batch, encoder),
            pixels_to_see,
            max_batch_size=settings.max_batch_size,
            max_batch_pixels=settings.max_batch_pixels,
            max_queue=settings.max_queue,
            max_delay_s=settings.max_batch_delay_ms / 1000,
        )

        self._maintenance = Maintenance(index)

    def warm_up_encoder(self) -> None:
        """Decodes, and runs both towers and the batch sizes: no request pays for it."""
        side = self.encoder.picture_side
        jpeg = io.BytesIO()
        Image.new("RGB", (side, side), "grey").save(jpeg, "JPEG")
        blank, _ = self._decoder.prepare(jpeg.getvalue(), math.inf)
        largest = min(self._settings.max_batch_size, self._settings.max_queue)
        powers = {2**power for power in range(largest.bit_length())}
        for size in sorted({largest, *range(1, min(largest, _EVERY_SIZE_TO) + 1), *powers}):
            self._encode_together([blank] * size)
        if self.encoder.has_text:
            for words in _WORDS:
                self._encode_together([" ".join(["dress"] * words)])

    def warm_up_index(self) -> None:
        """Touches every vector, and searches: no request pays for it."""
        self.index.warm_up()
        vector = np.ones(self.encoder.dimension, np.float32)
        self.searcher.search(Query((Part("vector", "warm-up", vector),), top_k=1))

    @property
    def max_batch_size(self) -> int:
        """Pictures encoded in one forward at most."""
        return min(self._settings.max_batch_size, self._settings.max_queue)

    def deadline(self) -> float:
        """Returns when something that begins now must be done, on the monotonic clock."""
        return time.monotonic() + self._settings.deadline_s

    @property
    def tagger(self) -> Tagger:
        """What turns logits into tags; raises `UnsupportedQueryError` without any."""
        if self._tagger is None:
            raise UnsupportedQueryError(
                f"the encoder {self.encoder.name} cannot tag: it has no heads, and no text tower "
                "to compare labels with; serve a Wardrobe checkpoint, a CLIP or a SigLIP"
            )
        return self._tagger

    @property
    def death(self) -> "Future[None]":
        """Done once the encoding thread has died."""
        return self._batcher.death

    @property
    def waiting(self) -> int:
        """How many pictures, texts and explanations wait for the encoder."""
        return self._batcher.waiting

    def check(self) -> None:
        """Raises `NotReadyError` with the reason once it cannot answer any more."""
        self._batcher.check()

    def make_room(self) -> None:
        """Raises `QueueFullError` while the encoder's queue has no place for another input."""
        self._batcher.make_room()

    def close(self) -> None:
        """Finishes what is in flight and ends the threads."""
        self._batcher.close()
        self._maintenance.close()
        if self._remote_cache:
            self._remote_cache.close()

    def discard(self) -> None:
        """Closes it, and its index too: no request uses them any more."""
        self.close()
        self.index.close()

    def encode_picture(
        self, upload: Upload, deadline: float, *, crop: Sequence[float] | None = None
    ) -> "Future[Encoding]":
        """Starts encoding a picture; errors arrive in the future, as the encoding does.

        Args:
            crop: the part that counts: left, top, right and bottom as shares of the sides.
        """
        future: Future[Encoding] = Future()
        try:
            data = self._decoder.bytes_of(upload)
        except (UnreadablePictureError, TooLargeError) as error:
            future.set_exception(error)
            return future
        kind = f"picture{list(crop)}" if crop else "picture"
        return self._encode(
            kind, data, lambda: self._decoder.prepare(data, deadline, crop=crop)[0], deadline
        )

    def encode_text(self, text: str, deadline: float) -> "Future[Encoding]":
        """Starts encoding a text; errors arrive in the future, as the encoding does.

        Raises:
            UnsupportedQueryError: the encoder has no text tower.
        """
        if not self.encoder.has_text:
            raise UnsupportedQueryError(
                f"the encoder {self.encoder.name} has no text tower; search by image, id or vector"
            )
        return self._encode("text", text.encode(), lambda: text, deadline)

    def picture_bytes(self, upload: Upload) -> bytes:
        """Returns a picture as it was encoded.

        Raises:
            UnreadablePictureError: it is not base64.
            TooLargeError: it has more than `MAX_PICTURE_BYTES`.
        """
        return self._decoder.bytes_of(upload)

    def shrink(self, path: Path, side: int, deadline: float) -> bytes | None:
        """Returns a stored picture made smaller, see `Decoder.shrink`."""
        return self._decoder.shrink(path, side, deadline)

    def colours_of(self, data: bytes, deadline: float) -> FloatArray:
        """Returns the dominant colours of a picture `(3, 4)`."""
        return dominant_colours(self._decoder.prepare(data, deadline)[0])

    def explain(
        self, upload: Upload, labels: Sequence[int], deadline: float
    ) -> "Future[list[Image.Image]]":
        """Starts drawing the heatmaps of labels, columns of the logits, of a readable picture."""
        self._batcher.make_room()
        self.encoder.load_explanations()  # here, and not in the encoding thread
        pixels, size = self._decoder.prepare(self._decoder.bytes_of(upload), deadline)
        question = Question(pixels, labels, self.encoder.seen_part(*size))
        job: Job[Input, list[Image.Image]] = Job(deadline, question)
        self._batcher.submit(job)
        return job.future

    def result(self, future: "Future[Result]", deadline: float) -> Result:
        """Waits for an encoding or explanation, until the deadline at most.

        Raises:
            DeadlineExceededError: the deadline came first.
            WardrobeError: what is wrong with the input or the engine.
        """
        try:
            return future.result(deadline - time.monotonic())
        except (TimeoutError, CancelledError) as error:
            limit = self._settings.deadline_s
            raise DeadlineExceededError(
                f"no result within {limit:g} s, the deadline; the server is busy, try again later",
                limit_s=limit,
            ) from error

    def _encode(
        self, kind: str, content: bytes, prepare: Callable[[], Input], deadline: float
    ) -> "Future[Encoding]":
        """Finds an encoding in a cache or on its way; else prepares the input and queues it."""
        digest = hashlib.sha256(f"{kind}\0{self.encoder.fingerprint}\0".encode())
        digest.update(content)
        key = digest.digest()
        with self._lock:
            if known := self._cache.get(key):
                telemetry.CACHE_LOOKUPS.labels("hit").inc()
                future: Future[Encoding] = Future()
                future.set_result(known)
                return future
            job = self._in_flight.get(key)
            if job and self._batcher.extend(job, deadline):
                telemetry.CACHE_LOOKUPS.labels("shared").inc()
                return job.future
            job = self._in_flight[key] = Job(deadline)
        job.future.add_done_callback(partial(self._keep, key))
        try:
            if self._remote_cache and (known := self._remote_cache.get(key)):
                telemetry.CACHE_LOOKUPS.labels("remote_hit").inc()
                job.future.set_result(known)
                return job.future
            telemetry.CACHE_LOOKUPS.labels("miss").inc()
            self._batcher.make_room()  # a full queue refuses before anything is decoded
            job.value = prepare()
            job.future.add_done_callback(partial(self._share, key))
            self._batcher.submit(job)
        except BaseException as error:  # whatever it is, those who share the job must hear of it
            job.future.set_exception(error)
        return job.future

    def _keep(self, key: bytes, future: "Future[Encoding]") -> None:
        with self._lock:
            job = self._in_flight.get(key)
            if job and job.future is future:  # else another took the place of a dropped one
                del self._in_flight[key]
            if not future.cancelled() and future.exception() is None:
                self._cache.put(key, future.result())

    def _share(self, key: bytes, future: "Future[Encoding]") -> None:
        if self._remote_cache and not future.cancelled() and future.exception() is None:
            self._remote_cache.put(key, future.result())

    def _encode_together(self, values: Sequence[Input]) -> None:
        jobs: list[Job[Input, Encoding]] = [Job(math.inf, value) for value in values]
        self._batcher.submit(*jobs)
        for job in jobs:
            job.future.result()
