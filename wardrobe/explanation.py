"""What a picture's tags looked at, as pictures: which tags, their heatmaps, and overlays."""

import base64
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from wardrobe.encoders import Encoder
from wardrobe.files import atomic_write
from wardrobe.images import read
from wardrobe.labels import LabelSpace
from wardrobe.tagger import Tags

MAX_TAGS = 16
"""Tags explained a picture at most: each costs a backward pass."""

HEATMAP_SIDE = 64
"""Pixels; side of a heatmap. It is smooth, so stretching it over a picture loses nothing."""

_OVERLAY_SIDE = 512
_HEAT_OPACITY = 0.7


def tags_to_explain(tags: Tags, label_space: LabelSpace) -> dict[str, int]:
    """Returns `attribute=label` → column of the logits of the selected tags.

    Of more than `MAX_TAGS` these are the most probable ones.
    """
    selected = {
        f"{attribute}={tag.label}": tag.probability
        for attribute, found in tags.items()
        for tag in found
        if tag.selected
    }
    names = sorted(selected, key=lambda name: -selected[name])[:MAX_TAGS]
    return {name: label_space.names.index(name) for name in names}


def heatmaps(
    maps: npt.NDArray[np.float32], seen_part: tuple[float, float]
) -> Iterator[Image.Image]:
    """Yields maps `(labels, height, width)` from 0 to 1 as grey squares over the whole picture.

    Args:
        seen_part: shares of the picture's width and height, in its middle, that a map covers.
    """
    width, height = (max(1, round(share * HEATMAP_SIDE)) for share in seen_part)
    corner = (HEATMAP_SIDE - width) // 2, (HEATMAP_SIDE - height) // 2
    for places in maps:
        heat = Image.fromarray(np.round(places * 255).astype(np.uint8))
        square = Image.new("L", (HEATMAP_SIDE, HEATMAP_SIDE))
        square.paste(heat.resize((width, height), Image.Resampling.BICUBIC), corner)
        yield square


def to_data_uri(heatmap: Image.Image) -> str:
    """Returns a heatmap as a PNG inside a `data:` URI."""
    buffer = io.BytesIO()
    heatmap.save(buffer, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def save_overlays(encoder: Encoder, path: Path, labels: Mapping[str, int], stem: Path) -> None:
    """Writes `<stem>-<attribute=label>.jpg` for each label: the picture beside its overlay.

    Args:
        path: a picture that can be read.
        labels: `attribute=label` → column of the logits.

    Raises:
        UnsupportedQueryError: the encoder's tags cannot be explained.
    """
    picture = read(path, draft_side=_OVERLAY_SIDE)
    maps = encoder.explain(encoder.prepare(picture), list(labels.values()))
    drawn = heatmaps(maps, encoder.seen_part(*picture.size))
    for name, heatmap in zip(labels, drawn, strict=True):
        fit_for_a_file = name.replace("/", "-")
        with atomic_write(stem.with_name(f"{stem.name}-{fit_for_a_file}.jpg")) as aside:
            overlay(picture, heatmap).save(aside, "JPEG", quality=90)


def overlay(picture: Image.Image, heatmap: Image.Image) -> Image.Image:
    """Returns an RGB picture, made small, beside itself under its heatmap: blue, yellow, red."""
    picture = ImageOps.contain(picture, (_OVERLAY_SIDE, _OVERLAY_SIDE))
    heat = heatmap.resize(picture.size, Image.Resampling.BICUBIC)
    colours = ImageOps.colorize(heat, "blue", "red", mid="yellow")
    mask = heat.point(lambda value: round(value * _HEAT_OPACITY))
    pair = Image.new("RGB", (2 * picture.width, picture.height))
    pair.paste(picture)
    pair.paste(Image.composite(colours, picture, mask), (picture.width, 0))
    return pair
