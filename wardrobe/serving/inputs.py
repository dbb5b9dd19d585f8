"""What waits for the encoder."""

from collections.abc import Sequence
from dataclasses import dataclass

from wardrobe.encoders.base import PixelArray


@dataclass(frozen=True, slots=True)
class Question:
    """A prepared picture, and the labels of which it is asked what they look at."""

    pixels: PixelArray
    labels: Sequence[int]
    seen_part: tuple[float, float]


Input = PixelArray | str | Question


def pixels_to_see(value: Input) -> int:
    """Returns the pixels of a picture, for each label of a question again; a text has none."""
    match value:
        case str():
            return 0
        case Question():
            return len(value.labels) * pixels_to_see(value.pixels)
    return value.size // 3  # red, green and blue
