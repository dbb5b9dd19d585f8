"""The drawn catalogue as a dataset: pictures, labels, captions and splits."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

from tqdm import tqdm

from wardrobe.errors import DatasetError
from wardrobe.files import atomic_write
from wardrobe.labels import Attribute, LabelSpace
from wardrobe.manifest import MANIFEST, Item, Manifest
from wardrobe.rendering.captions import caption
from wardrobe.rendering.colours import COLOURS
from wardrobe.rendering.drawing import draw_garment
from wardrobe.rendering.garment import (
    ARTICLE_TYPES,
    COMBINATIONS,
    Choice,
    Garment,
    random_garment,
)
from wardrobe.rendering.patterns import PATTERNS

_IMAGES = "images"
_JPEG_QUALITY = 90


def write_catalogue(root: Path, count: int = 7500, seed: int = 0, size: int = 256) -> Manifest:
    """Draws a catalogue into a dataset root and returns its manifest.

    The same seed gives the same files, and a longer catalogue begins with the shorter one. Every
    `len(COMBINATIONS)` items in a row show every article type in every colour once. The manifest
    is written last: a root that has one is complete.

    Args:
        root: folder to write `images/`, `manifest.csv` and `labels.json` into.
        count: number of items.
        seed: of every choice.
        size: side of the pictures, pixels.

    Raises:
        DatasetError: `count` or `size` is out of range.
    """
    if count < 1:
        raise DatasetError(f"count is {count}; a catalogue has at least 1 item")
    if not 32 <= size <= 2048:
        raise DatasetError(f"size is {size}; pictures have 32 to 2048 pixels a side")
    (root / _IMAGES).mkdir(parents=True, exist_ok=True)
    (root / MANIFEST).unlink(missing_ok=True)

    def draw(numbered: tuple[int, tuple[Garment, str]]) -> Item:
        index, (garment, split) = numbered
        image_path = f"{_IMAGES}/{_slug(garment)}-{index:04d}.jpg"
        with atomic_write(root / image_path) as aside:
            picture = draw_garment(garment, size)
            picture.save(aside, "JPEG", quality=_JPEG_QUALITY, subsampling="4:4:4")
        return Item(image_path, split, caption(garment), garment.labels)

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # pixels and disk work outside the GIL
        drawn = pool.map(draw, enumerate(plan(count, seed)))
        bar = tqdm(drawn, "drawing", total=count, unit="picture", delay=2, disable=None)
        items = tuple(bar)
    manifest = Manifest(root, items, label_space())
    manifest.save()
    return manifest


def label_space() -> LabelSpace:
    """Returns every attribute and label the catalogue can show, whatever its size."""
    kinds = ARTICLE_TYPES.values()
    return LabelSpace(
        (
            Attribute("category", "single", _distinct(k.category for k in kinds)),
            Attribute("sub_category", "single", _distinct(k.sub_category for k in kinds)),
            Attribute("article_type", "single", tuple(ARTICLE_TYPES)),
            Attribute("colour", "single", tuple(COLOURS)),
            Attribute("gender", "single", _distinct(k.gender for k in kinds if k.gender)),
            Attribute("usage", "single", _distinct(k.usage for k in kinds if k.usage)),
            Attribute("pattern", "single", PATTERNS),
            Attribute(
                "sleeve_length", "single", _distinct(s for k in kinds for s in k.sleeve_lengths)
            ),
            Attribute("leg_length", "single", _distinct(s for k in kinds for s in k.leg_lengths)),
            Attribute(
                "details",
                "multi",
                tuple(sorted(_distinct(d for k in kinds for c in k.details for d in _flat(c)))),
            ),
        )
    )


def plan(count: int, seed: int) -> Iterator[tuple[Garment, str]]:
    """Yields garments with their splits, in rounds of all combinations in one shuffled order."""
    combinations = list(COMBINATIONS)
    Random(seed).shuffle(combinations)
    for index in range(count):
        round_, place = divmod(index, len(combinations))
        # A tenth each for validation and test. What one round holds out the next one trains on,
        # so two rounds are enough for every combination to be in training.
        tenth = (place + 3 * round_) % 10
        split = {8: "val", 9: "test"}.get(tenth, "train")
        yield random_garment(*combinations[place], Random(f"{seed} {index}")), split


def _slug(garment: Garment) -> str:
    words = (
        garment.article_type,
        garment.colour,
        garment.pattern,
        garment.sleeve_length,
        garment.leg_length,
    )
    return "-".join(word.lower().replace(" ", "-") for word in words if word)


def _distinct(values: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _flat(choice: Choice) -> Iterator[str]:
    return (detail for alternative in choice for detail in alternative)
