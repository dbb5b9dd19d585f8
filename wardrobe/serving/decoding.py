"""Uploads → what the encoder takes; a few at once, each within its limits and its deadline."""

import base64
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from wardrobe import images
from wardrobe.encoders import Encoder
from wardrobe.encoders.base import PixelArray
from wardrobe.encoders.hardware import available_cores
from wardrobe.errors import DeadlineExceededError, TooLargeError, UnreadablePictureError
from wardrobe.serving import telemetry
from wardrobe.serving.schemas import Upload
from wardrobe.settings import Settings
from wardrobe.thumbnails import shrink


class Decoder:
    """Decodes and prepares pictures in the threads that ask for it, few of them at once."""

    def __init__(self, encoder: Encoder, settings: Settings) -> None:
        self._encoder = encoder
        self._settings = settings
        # One more than the cores, as one may be waiting for the GIL; more would only take memory.
        self._turns = threading.Semaphore(available_cores() + 1)

    def bytes_of(self, upload: Upload) -> bytes:
        """Returns a picture as it was encoded.

        Raises:
            UnreadablePictureError: it is not base64.
            TooLargeError: it has more than `MAX_PICTURE_BYTES`.
        """
        data = upload.content
        if isinstance(data, str):
            try:
                data = base64.b64decode(data, validate=True)
            except ValueError as error:
                raise UnreadablePictureError(f"the picture is not base64: {error}") from error
        limit = self._settings.max_picture_bytes
        if len(data) > limit:
            raise TooLargeError(
                f"the picture has {len(data)} bytes; the limit is {limit}",
                bytes=len(data),
                limit=limit,
            )
        return data

    def prepare(
        self, data: bytes, deadline: float, *, crop: Sequence[float] | None = None
    ) -> tuple[PixelArray, tuple[int, int]]:
        """Returns what the encoder takes of a picture, and the width and height it has.

        Args:
            crop: the part that counts: left, top, right and bottom as shares of the sides.

        Raises:
            UnreadablePictureError: the bytes are no picture.
            TooLargeError: it has more than `MAX_PICTURE_PIXELS`.
            DeadlineExceededError: its turn did not come in time.
        """
        with self._turn(deadline), telemetry.stage("decode"):
            side = self._encoder.picture_side
            picture = images.decode(
                data,
                max_pixels=self._settings.max_picture_pixels,
                # A part is decoded as large as a whole picture would be.
                draft_side=side if crop is None else round(side / _least_side(crop)),
            )
            if crop is not None:
                picture = images.crop(picture, crop)
            return self._encoder.prepare(picture), picture.size

    def shrink(self, path: Path, side: int, deadline: float) -> bytes | None:
        """Returns a picture as a JPEG of at most `side` pixels a side; None if it fits as it is.

        Raises:
            OSError: the file cannot be read.
            UnreadablePictureError: it is no picture.
            TooLargeError: it has more than `MAX_PICTURE_PIXELS`.
            DeadlineExceededError: its turn did not come in time.
        """
        with self._turn(deadline), telemetry.stage("decode"):
            return shrink(path.read_bytes(), side, max_pixels=self._settings.max_picture_pixels)

    @contextmanager
    def _turn(self, deadline: float) -> Iterator[None]:
        with telemetry.stage("decode_wait"):
            left = deadline - time.monotonic()
            if left <= 0 or not self._turns.acquire(timeout=left):
                limit = self._settings.deadline_s
                raise DeadlineExceededError(
                    f"the picture was not decoded within {limit:g} s, the deadline; "
                    "the server is busy, try again later",
                    limit_s=limit,
                )
        try:
            yield
        finally:
            self._turns.release()


def _least_side(crop: Sequence[float]) -> float:
    left, top, right, bottom = crop
    return max(min(right - left, bottom - top), 1e-3)
