"""Picture bytes → upright RGB; every limit and rejection is here."""

import io
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageFile, ImageOps, UnidentifiedImageError

from wardrobe.errors import TooLargeError, UnreadablePictureError

EXTENSIONS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"})
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")  # MPO opens as JPEG
MAX_PIXELS = 50_000_000

_NOT_IN_BROWSERS = frozenset({"TIFF"})
_ORIENTATION = ExifTags.Base.Orientation
_TURNED = range(2, 9)

# Broken EXIF and the like: what matters is whether the pixels decode. Here and not around each
# decoding, because filters are the process's and pictures are decoded in threads.
warnings.filterwarnings("ignore", module="PIL")
ImageFile.LOAD_TRUNCATED_IMAGES = False
# `decode` checks the declared size itself, before any pixel is decoded.
Image.MAX_IMAGE_PIXELS = None


def decode(
    data: bytes, *, max_pixels: int = MAX_PIXELS, draft_side: int | None = None
) -> Image.Image:
    """Returns picture bytes as upright RGB.

    Transparency is laid on white; an animation gives its first frame.

    Args:
        data: the encoded picture.
        max_pixels: limit on width × height as declared in the header.
        draft_side: pixels; a JPEG may be decoded at a fraction of its size while its short side
            stays at least twice this: the later resize stays honest, most of the time is saved.

    Raises:
        UnreadablePictureError: empty, truncated or not a picture of a known format.
        TooLargeError: more than `max_pixels`.
    """
    with _opened(data, max_pixels) as picture:
        if draft_side is not None:
            picture.draft("RGB", _draft_size(*picture.size, 2 * draft_side))
        return _to_rgb(ImageOps.exif_transpose(picture))


def fits(data: bytes, side: int, *, max_pixels: int = MAX_PIXELS) -> bool:
    """Returns whether a browser shows a picture upright, at most `side` pixels a side, as it is.

    Raises:
        UnreadablePictureError: empty, or not a picture of a known format.
        TooLargeError: more than `max_pixels`.
    """
    with _opened(data, max_pixels) as picture:
        return (
            max(picture.size) <= side
            and picture.getexif().get(_ORIENTATION, 1) not in _TURNED
            and picture.format not in _NOT_IN_BROWSERS
        )


def crop(picture: Image.Image, box: Sequence[float]) -> Image.Image:
    """Returns a part of a picture, a pixel at least.

    Args:
        box: left, top, right and bottom as shares of the sides, from 0 to 1.
    """
    left, top = (
        min(int(share * side), side - 1) for share, side in zip(box, picture.size, strict=False)
    )
    right, bottom = (math.ceil(s * side) for s, side in zip(box[2:], picture.size, strict=True))
    return picture.crop((left, top, max(right, left + 1), max(bottom, top + 1)))


def suffix_of(data: bytes) -> str:
    """Returns the suffix for a file of these picture bytes, such as `.jpeg`.

    Raises:
        UnreadablePictureError: they are not a picture of a known format.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            return f".{str(picture.format).lower()}"
    except UnidentifiedImageError as error:
        raise UnreadablePictureError(f"the {len(data)} bytes are not a picture") from error


def read(path: Path, *, draft_side: int | None = None) -> Image.Image:
    """Returns the picture in a file, like `decode`.

    Raises:
        UnreadablePictureError: the file cannot be read or decoded.
        TooLargeError: more than `MAX_PIXELS`.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadablePictureError(f"cannot read {path}: {error.strerror}") from error
    return decode(data, draft_side=draft_side)


def find_pictures(folder: Path) -> Iterator[Path]:
    """Yields the pictures below a folder, sorted by path, hidden files left out."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in EXTENSIONS and not hidden and path.is_file():
            yield path


@contextmanager
def _opened(data: bytes, max_pixels: int) -> Iterator[Image.Image]:
    """Yields a picture that is not decoded yet; says what is wrong with it, also while it is."""
    if not data:
        raise UnreadablePictureError("the picture is empty (0 bytes)")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            width, height = picture.size
            if width * height > max_pixels:
                raise TooLargeError(
                    f"the picture has {width}x{height} = {width * height} pixels; "
                    f"the limit is {max_pixels}",
                    pixels=width * height,
                    limit=max_pixels,
                )
            yield picture
    except TooLargeError:
        raise
    except UnidentifiedImageError as error:
        raise UnreadablePictureError(
            f"the {len(data)} bytes are not a picture; known formats are {', '.join(FORMATS)}",
            bytes=len(data),
        ) from error
    except Exception as error:  # damaged bytes make Pillow raise almost anything
        raise UnreadablePictureError(
            f"the picture is truncated or damaged: {error}", bytes=len(data)
        ) from error


def _draft_size(width: int, height: int, short_side: int) -> tuple[int, int]:
    scale = short_side / min(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8)).convert("RGB")
    if picture.mode in ("I", "F"):  # 32 bits a pixel has no fixed white: stretch what is there
        values = np.asarray(picture, np.float64)
        span = max(float(np.ptp(values)), 1e-9)
        return Image.fromarray(((values - values.min()) * (255 / span)).astype(np.uint8)).convert(
            "RGB"
        )
    if picture.has_transparency_data:
        with_alpha = picture.convert("RGBA")
        white = Image.new("RGBA", with_alpha.size, "white")
        return Image.alpha_composite(white, with_alpha).convert("RGB")
    return picture.convert("RGB")
