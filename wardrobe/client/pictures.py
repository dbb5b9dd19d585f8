"""Pictures as callers have them → the bytes that are sent."""

import io
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias

from wardrobe.errors import UnreadablePictureError

if TYPE_CHECKING:
    from PIL.Image import Image

Picture: TypeAlias = "str | os.PathLike[str] | bytes | IO[bytes] | Image"
"""A path, the bytes of a picture's file, such a file opened, or a Pillow image."""

_PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA")


def picture_bytes(picture: Picture) -> bytes:
    """Returns the bytes of a picture's file; a Pillow image becomes a PNG, which loses nothing.

    Raises:
        UnreadablePictureError: the file cannot be read.
    """
    match picture:
        case bytes():
            return picture
        case str() | os.PathLike():
            try:
                return Path(picture).read_bytes()
            except OSError as error:
                raise UnreadablePictureError(f"cannot read {picture}: {error.strerror}") from error
    if hasattr(picture, "read"):
        return picture.read()
    buffer = io.BytesIO()
    image = picture if picture.mode in _PNG_MODES else picture.convert("RGB")
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def picture_name(picture: Picture, number: int) -> str:
    """Returns the name a picture is known by in answers: its file's, or its number."""
    path = picture if isinstance(picture, str | os.PathLike) else getattr(picture, "name", None)
    return Path(path).name if isinstance(path, str | os.PathLike) else f"picture-{number}"
