"""Dataset roots → the arrays a run trains on: pixels, targets, masks and text vectors."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from tqdm import tqdm

from wardrobe import images
from wardrobe.errors import DatasetError, WardrobeError
from wardrobe.files import atomic_write
from wardrobe.labels import Labels, LabelSpace
from wardrobe.manifest import Item, Manifest

CACHE_MARGIN = 1.2
"""Cached pictures are this much larger than the network's input: crops need no upscaling."""


@dataclass(frozen=True)
class Split:
    """The pictures of one split over all roots.

    Attributes:
        paths: of the pictures.
        targets: multi-hot labels `(pictures, labels)`.
        known: which attributes are known `(pictures, attributes)`.
        texts: every picture's texts as rows of `Dataset.phrases`, possibly none.
    """

    paths: tuple[Path, ...]
    targets: npt.NDArray[np.float32]
    known: npt.NDArray[np.bool_]
    texts: tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        return len(self.paths)


@dataclass(frozen=True)
class Dataset:
    """Several dataset roots as one: the union of their labels; what a root does not ask is unknown.

    Attributes:
        phrases: the distinct texts.
    """

    label_space: LabelSpace
    train: Split
    val: Split
    phrases: tuple[str, ...]


def load_dataset(roots: Sequence[Path]) -> Dataset:
    """Reads the manifests of dataset roots.

    Only labels that some training picture has are kept: others could not be learnt.

    Raises:
        DatasetError: a manifest is broken, or there is no training or validation picture.
    """
    manifests = [Manifest.load(root) for root in roots]
    union = LabelSpace.union([manifest.label_space for manifest in manifests])
    train = [(m, item) for m in manifests for item in m.split("train")]
    val = [(m, item) for m in manifests for item in m.split("val")]
    for name, rows in (("train", train), ("val", val)):
        if not rows:
            raise DatasetError(
                f"no picture of {', '.join(map(str, roots))} is in the split {name!r}; "
                "make splits with prepare_dataset.py --splits"
            )
    label_space = _seen_labels(union, [item.labels for _, item in train])
    phrases: dict[str, int] = {}
    return Dataset(
        label_space,
        _split(train, label_space, phrases),
        _split(val, label_space, phrases),
        tuple(phrases),
    )


def phrases_of(item: Item, label_space: LabelSpace) -> list[str]:
    """Returns an item's caption and phrases of its labels, such as `navy blue shirts`, `shirts`.

    The most specific attribute, the one with most labels beside `colour`, names the thing.
    """
    known = [a for a in label_space.attributes if item.labels.get(a.name) and a.name != "colour"]
    phrases = [item.caption] if item.caption else []
    if known:
        thing = item.labels[max(known, key=lambda a: len(a.labels)).name][0].lower()
        colours = item.labels.get("colour", ())
        phrases.append(thing)
        if colours:
            phrases.append(f"{colours[0].lower()} {thing}")
            for person in item.labels.get("gender", ()):
                phrases.append(f"{person.lower()} {colours[0].lower()} {thing}")
    return phrases


def read_pixels(paths: Sequence[Path], image_size: int, cache: Path) -> npt.NDArray[np.uint8]:
    """Returns the pictures as a memory-mapped array `(pictures, 3, side, side)`.

    They are decoded once: every epoch would spend a fifth of its time on it again. The file is
    reused if it is there.

    Raises:
        DatasetError: some pictures cannot be read; names them.
    """
    side = round(image_size * CACHE_MARGIN)
    shape = (len(paths), 3, side, side)
    if cache.exists():
        cached: npt.NDArray[np.uint8] = np.load(cache, mmap_mode="r", allow_pickle=False)
        if cached.shape == shape:
            return cached
    with atomic_write(cache) as aside:
        array = np.lib.format.open_memmap(aside, mode="w+", dtype=np.uint8, shape=shape)
        errors: list[str] = []

        def read(row: int) -> None:
            try:
                picture = images.read(paths[row], draft_side=side)
            except WardrobeError as error:
                errors.append(f"{paths[row]}: {error.message}")
                return
            resized = picture.resize((side, side), Image.Resampling.BILINEAR, reducing_gap=None)
            array[row] = np.asarray(resized).transpose(2, 0, 1)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            rows = pool.map(read, range(len(paths)))
            for _ in tqdm(rows, "decoding", len(paths), unit="picture", disable=None):
                pass
        if errors:
            raise DatasetError(
                f"{len(errors)} pictures cannot be read; set them aside with "
                f"prepare_dataset.py --fix. The first: {sorted(errors)[0]}"
            )
        array.flush()
    pixels: npt.NDArray[np.uint8] = np.load(cache, mmap_mode="r", allow_pickle=False)
    return pixels


def prepared_batches(
    paths: Sequence[Path], processor: Any, batch_size: int = 64
) -> Iterator[torch.Tensor]:
    """Yields pictures as the encoder prepares them `(batch, 3, height, width)`, in order.

    Raises:
        UnreadablePictureError: a picture cannot be read.
    """
    size = processor.size["height"]

    def prepare(path: Path) -> torch.Tensor:
        picture = images.read(path, draft_side=size)
        pixels: torch.Tensor = processor(images=[picture], return_tensors="pt").pixel_values
        return pixels

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(paths), batch_size):
            yield torch.cat(list(pool.map(prepare, paths[start : start + batch_size])))


def text_choice(
    split: Split, rows: npt.NDArray[np.int64], generator: torch.Generator
) -> torch.Tensor:
    """Returns one text of each picture as a row of the phrases `(pictures,)`, -1 without any."""
    draws = torch.rand(len(rows), generator=generator).tolist()
    chosen = [
        split.texts[row][int(draw * len(split.texts[row]))] if split.texts[row] else -1
        for row, draw in zip(rows.tolist(), draws, strict=True)
    ]
    return torch.tensor(chosen)


def _seen_labels(space: LabelSpace, labels: Sequence[Labels]) -> LabelSpace:
    seen = {f"{name}={label}" for item in labels for name in item for label in item[name]}
    attributes = []
    for attribute in space.attributes:
        kept = tuple(label for label in attribute.labels if f"{attribute.name}={label}" in seen)
        if kept:
            attributes.append(replace(attribute, labels=kept))
    return LabelSpace(tuple(attributes))


def _split(
    rows: Sequence[tuple[Manifest, Item]], label_space: LabelSpace, phrases: dict[str, int]
) -> Split:
    targets, known = label_space.encode([item.labels for _, item in rows])
    texts = tuple(
        tuple(phrases.setdefault(p, len(phrases)) for p in phrases_of(item, manifest.label_space))
        for manifest, item in rows
    )
    return Split(tuple(m.path_of(item) for m, item in rows), targets, known, texts)
