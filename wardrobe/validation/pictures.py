"""Reads every picture once and keeps what the checks compare."""

import hashlib
import io
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import imagehash
import numpy as np
import numpy.typing as npt
from PIL import Image
from tqdm import tqdm

from wardrobe.errors import WardrobeError
from wardrobe.images import EXTENSIONS, decode
from wardrobe.manifest import Manifest

DRAFT_SIDE = 128
"""Pixels; a JPEG is decoded no larger than the hash, which is taken of 64 x 64, has use for."""
HASH_SIDE = 16
COLOUR_SIDE = 8


@dataclass(frozen=True)
class Picture:
    """What was found in a picture's file.

    Attributes:
        error: why it cannot be used, or None; what follows is then meaningless.
        sha256: of the file's bytes.
        extensions: suffixes right for the content.
        size: width and height as stored, pixels.
        phash: perceptual hash, `HASH_SIDE ** 2` bits in words of 64 bits.
        colours: mean brightness and two hues (YCbCr, levels of 256) of each cell of a grid
            `(COLOUR_SIDE ** 2, 3)`.
    """

    error: str | None
    sha256: str = ""
    extensions: frozenset[str] = frozenset()
    size: tuple[int, int] = (0, 0)
    phash: npt.NDArray[np.uint64] | None = None
    colours: npt.NDArray[np.int16] | None = None


def inspect_pictures(manifest: Manifest) -> list[Picture]:
    """Returns what is in the files of the manifest's pictures, in order, on all cores."""
    paths = [manifest.path_of(item) for item in manifest.items]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as executor:
        return list(tqdm(executor.map(inspect, paths), "pictures", len(paths), unit="picture"))


def inspect(path: Path) -> Picture:
    """Returns what is in a picture's file, errors included."""
    try:
        data = path.read_bytes()
        picture = decode(data, draft_side=DRAFT_SIDE)
    except OSError as error:
        return Picture(f"cannot read the file: {error.strerror}")
    except WardrobeError as error:
        return Picture(error.message)
    with Image.open(io.BytesIO(data)) as stored:
        size, extensions = stored.size, _extensions_of(stored)
    bits = imagehash.phash(picture, hash_size=HASH_SIDE).hash
    cells = picture.resize((COLOUR_SIDE, COLOUR_SIDE), Image.Resampling.BOX)
    return Picture(
        error=None,
        sha256=hashlib.sha256(data).hexdigest(),
        extensions=extensions,
        size=size,
        phash=np.packbits(bits).view(np.uint64),
        colours=np.asarray(cells.convert("YCbCr"), np.int16).reshape(-1, 3),
    )


def describe_sizes(pictures: Sequence[Picture]) -> str:
    """Returns one line on the sizes of the readable pictures."""
    sizes = {picture.size for picture in pictures if picture.error is None}
    if not sizes:
        return "no readable picture"
    if len(sizes) == 1:
        width, height = sizes.pop()
        return f"all {width}x{height} pixels"
    shortest = min(sizes, key=min)
    longest = max(sizes, key=max)
    return f"{len(sizes)} sizes, {shortest[0]}x{shortest[1]} to {longest[0]}x{longest[1]} pixels"


def _extensions_of(picture: Image.Image) -> frozenset[str]:
    # Phones save several views in one JPEG ("MPO") and name it .jpg.
    picture_format = "JPEG" if picture.format == "MPO" else picture.format
    registered = Image.registered_extensions()
    return frozenset(suffix for suffix in EXTENSIONS if registered[suffix] == picture_format)
