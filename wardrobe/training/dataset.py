"""Dataset roots → the arrays a run trains on: pixels, targets, masks and texts."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from tqdm import tqdm

from wardrobe import images
from wardrobe.errors import DatasetError, WardrobeError
from wardrobe.files import atomic_write
from wardrobe.labels import Labels, LabelSpace
from wardrobe.manifest import Item, Manifest

SPLITS = ("train", "val")
CACHE_MARGIN = 1.2
"""Cached pictures are this much larger than the network's input: crops need no upscaling."""


@dataclass(frozen=True)
class Split:
    """The pictures of one split over all roots.

    Attributes:
        paths: of the pictures.
        targets: multi-hot labels `(pictures, labels)`.
        known: which attributes are known `(pictures, attributes)`.
        captions: every picture's caption as a row of `Dataset.phrases`, or -1 `(pictures,)`.
        phrases: every picture's phrases as rows of `Dataset.phrases`, possibly none.
        roots: which dataset root a picture is of `(pictures,)`.
    """

    paths: tuple[Path, ...]
    targets: npt.NDArray[np.float32]
    known: npt.NDArray[np.bool_]
    captions: npt.NDArray[np.int64]
    phrases: tuple[tuple[int, ...], ...]
    roots: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.paths)


@dataclass(frozen=True)
class Dataset:
    """Several dataset roots as one: the union of their labels; what a root does not ask is unknown.

    Attributes:
        phrases: the distinct captions and phrases.
    """

    roots: tuple[str, ...]
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
    train, val = (
        [(r, i) for r, m in enumerate(manifests) for i in m.split(name)] for name in SPLITS
    )
    for name, rows in zip(SPLITS, (train, val), strict=True):
        if not rows:
            raise DatasetError(
                f"no picture of {', '.join(map(str, roots))} is in the split {name!r}; "
                "make splits with prepare_dataset.py --splits"
            )
    label_space = _seen_labels(union, [item.labels for _, item in train])
    phrases: dict[str, int] = {}
    return Dataset(
        tuple(map(str, roots)),
        label_space,
        _split(train, manifests, label_space, phrases),
        _split(val, manifests, label_space, phrases),
        tuple(phrases),
    )


def phrases_of(item: Item, label_space: LabelSpace) -> list[str]:
    """Returns phrases of an item's labels, such as `shirts`, `navy blue shirts`.

    The most specific attribute, the one with most labels beside `colour`, names the thing.
    """
    known = [a for a in label_space.attributes if item.labels.get(a.name) and a.name != "colour"]
    if not known:
        return []
    thing = item.labels[max(known, key=lambda a: len(a.labels)).name][0].lower()
    phrases = [thing]
    for colour in item.labels.get("colour", ())[:1]:
        phrases.append(f"{colour.lower()} {thing}")
        people = item.labels.get("gender", ())
        phrases += [f"{person.lower()} {colour.lower()} {thing}" for person in people]
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


def _seen_labels(space: LabelSpace, labels: Sequence[Labels]) -> LabelSpace:
    seen = {f"{name}={label}" for item in labels for name in item for label in item[name]}
    attributes = []
    for attribute in space.attributes:
        kept = tuple(label for label in attribute.labels if f"{attribute.name}={label}" in seen)
        if kept:
            attributes.append(replace(attribute, labels=kept))
    return LabelSpace(tuple(attributes))


def _split(
    rows: Sequence[tuple[int, Item]],
    manifests: Sequence[Manifest],
    label_space: LabelSpace,
    phrases: dict[str, int],
) -> Split:
    """Returns the items of a split, each with the number of its root, as arrays."""

    def place(text: str) -> int:
        return phrases.setdefault(text, len(phrases))

    targets, known = label_space.encode([item.labels for _, item in rows])
    return Split(
        paths=tuple(manifests[root].path_of(item) for root, item in rows),
        targets=targets,
        known=known,
        captions=np.array([place(item.caption) if item.caption else -1 for _, item in rows]),
        phrases=tuple(
            tuple(place(phrase) for phrase in phrases_of(item, manifests[root].label_space))
            for root, item in rows
        ),
        roots=np.array([root for root, _ in rows]),
    )
