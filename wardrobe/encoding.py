"""Many pictures → vectors and tag logits, a batch at a time."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import numpy as np
from tqdm import tqdm

from wardrobe import images
from wardrobe.encoders.base import Encoder, FloatArray, PixelArray
from wardrobe.errors import DatasetError, WardrobeError
from wardrobe.manifest import Item, Manifest


@dataclass(frozen=True)
class EncodedPicture:
    """A picture file's encoding, or why it has none.

    Attributes:
        vector: unit vector `(dimension,)`, or None on error.
        logits: tag logits `(labels,)`, or None on error and where the encoder has no heads.
        pixels: what the encoder saw `(height, width, 3)`, or None on error.
        error: what is wrong with this file alone, or None.
    """

    path: Path
    vector: FloatArray | None
    logits: FloatArray | None
    pixels: PixelArray | None
    error: WardrobeError | None


def encode_pictures(
    encoder: Encoder,
    paths: Sequence[Path],
    *,
    batch_size: int = 32,
    description: str = "encoding",
) -> Iterator[EncodedPicture]:
    """Encodes picture files and yields them in input order; a bad file fails alone.

    The next batch is decoded by threads while the encoder works on the current one.

    Args:
        description: the progress bar's label.
    """
    batches = [paths[start : start + batch_size] for start in range(0, len(paths), batch_size)]
    with (
        ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool,
        tqdm(total=len(paths), desc=description, unit="picture", delay=2, disable=None) as bar,
    ):

        def begin(batch: Sequence[Path]) -> list[Future[PixelArray | WardrobeError]]:
            return [pool.submit(_prepare, encoder, path) for path in batch]

        following = begin(batches[0]) if batches else []
        for number, batch in enumerate(batches):
            current = following
            following = begin(batches[number + 1]) if number + 1 < len(batches) else []
            yield from _encode_batch(encoder, batch, [future.result() for future in current])
            bar.update(len(batch))


def encode_texts(encoder: Encoder, texts: Sequence[str], *, batch_size: int = 64) -> FloatArray:
    """Returns unit vectors `(texts, dimension)`, a batch at a time.

    Raises:
        UnsupportedQueryError: the encoder has no text tower.
    """
    starts = range(0, len(texts), batch_size)
    bar = tqdm(starts, "encoding texts", unit="batch", delay=2, disable=None)
    return np.concatenate([encoder.encode_texts(texts[i : i + batch_size]) for i in bar])


@dataclass(frozen=True)
class EncodedItems:
    """The items of a manifest whose pictures could be encoded, and the pictures that could not.

    Attributes:
        vectors: unit vectors `(items, dimension)`.
        logits: tag logits `(items, labels)`; no label where the encoder has no tags.
    """

    items: tuple[Item, ...]
    vectors: FloatArray
    logits: FloatArray
    failed: tuple[EncodedPicture, ...]


def encode_split(
    encoder: Encoder, manifest: Manifest, split: str, *, batch_size: int = 32
) -> EncodedItems:
    """Encodes the pictures of one split.

    Raises:
        DatasetError: the split has no item, or none of its pictures can be encoded.
    """
    items = manifest.split(split)
    if not items:
        splits = sorted({item.split for item in manifest.items})
        raise DatasetError(
            f"{manifest.root} has no item in split {split!r}; its splits are {splits}"
        )
    return encode_items(encoder, manifest, items, f"split {split!r}", batch_size=batch_size)


def encode_items(
    encoder: Encoder,
    manifest: Manifest,
    items: Sequence[Item],
    description: str,
    *,
    batch_size: int = 32,
) -> EncodedItems:
    """Encodes the pictures of some items of a manifest.

    Args:
        description: what the items are, for the progress bar and the error.

    Raises:
        DatasetError: none of the pictures can be encoded.
    """
    paths = [manifest.path_of(item) for item in items]
    good, vectors, logits, failed = [], [], [], []
    pictures = encode_pictures(
        encoder, paths, batch_size=batch_size, description=f"encoding {description}"
    )
    for item, picture in zip(items, pictures, strict=True):
        if picture.vector is None:
            failed.append(picture)
            continue
        good.append(item)
        vectors.append(picture.vector)
        if picture.logits is not None:
            logits.append(picture.logits)
    if not good:
        raise DatasetError(
            f"none of the {len(items)} pictures of {description} of {manifest.root} can be "
            f"encoded; the first: {failed[0].error}"
        )
    no_tags = np.zeros((len(good), 0), np.float32)
    tag_logits = np.stack(logits) if logits else no_tags
    return EncodedItems(tuple(good), np.stack(vectors), tag_logits, tuple(failed))


def _prepare(encoder: Encoder, path: Path) -> PixelArray | WardrobeError:
    try:
        return encoder.prepare(images.read(path, draft_side=encoder.picture_side))
    except WardrobeError as error:
        return error


def _encode_batch(
    encoder: Encoder, batch: Sequence[Path], prepared: Sequence[PixelArray | WardrobeError]
) -> list[EncodedPicture]:
    errors = [pixels if isinstance(pixels, WardrobeError) else None for pixels in prepared]
    good = [pixels for pixels in prepared if not isinstance(pixels, WardrobeError)]
    if not good:
        return [
            EncodedPicture(path, None, None, None, error)
            for path, error in zip(batch, errors, strict=True)
        ]
    encoding = encoder.encode_pictures(np.stack(good))
    pixels, vectors = iter(good), iter(encoding.vectors)
    logits = iter(encoding.logits) if encoding.logits is not None else repeat(None)
    return [
        EncodedPicture(path, None, None, None, error)
        if error
        else EncodedPicture(path, next(vectors), next(logits), next(pixels), None)
        for path, error in zip(batch, errors, strict=True)
    ]
