"""Small pictures inside HTML reports."""

import base64
import io
from pathlib import Path

from wardrobe.errors import WardrobeError
from wardrobe.images import decode, read


def thumbnail(source: Path | bytes, side: int = 96) -> str | None:
    """Returns a picture as a data URI, at most `side` pixels a side; None if unreadable."""
    try:
        if isinstance(source, bytes):
            picture = decode(source, draft_side=side)
        else:
            picture = read(source, draft_side=side)
    except WardrobeError:
        return None
    picture.thumbnail((side, side))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
