"""Small pictures: inside HTML reports, and for grids of large ones."""

import base64
import io
from pathlib import Path

from PIL import Image

from wardrobe.errors import WardrobeError
from wardrobe.images import decode, fits, read


def thumbnail(source: Path | bytes, side: int = 96) -> str | None:
    """Returns a picture as a data URI, at most `side` pixels a side; None if unreadable."""
    try:
        if isinstance(source, bytes):
            picture = decode(source, draft_side=side)
        else:
            picture = read(source, draft_side=side)
    except WardrobeError:
        return None
    return f"data:image/jpeg;base64,{base64.b64encode(_as_jpeg(picture, side)).decode()}"


def shrink(data: bytes, side: int, *, max_pixels: int) -> bytes | None:
    """Returns a picture as an upright JPEG, at most `side` pixels a side; None if it fits already.

    Raises:
        UnreadablePictureError: empty, truncated or not a picture of a known format.
        TooLargeError: more than `max_pixels`.
    """
    if fits(data, side, max_pixels=max_pixels):
        return None
    return _as_jpeg(decode(data, max_pixels=max_pixels, draft_side=side), side)


def _as_jpeg(picture: Image.Image, side: int) -> bytes:
    picture.thumbnail((side, side))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
