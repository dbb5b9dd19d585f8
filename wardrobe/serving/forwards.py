"""What the encoding thread does with a batch: a forward a kind, and an explanation a question."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from PIL import Image

from wardrobe.encoders import Encoder
from wardrobe.encoders.base import PixelArray
from wardrobe.explanation import heatmaps
from wardrobe.serving import telemetry
from wardrobe.serving.cache import Encoding


@dataclass(frozen=True, slots=True)
class Question:
    """A prepared picture, and the labels of which it is asked what they look at."""

    pixels: PixelArray
    labels: Sequence[int]
    seen_part: tuple[float, float]


Input = PixelArray | str | Question


def encode_batch(encoder: Encoder, values: Sequence[Input]) -> list[Encoding | list[Image.Image]]:
    """Encodes pictures and texts, each kind in one forward, and answers questions."""
    pictures = [value for value in values if isinstance(value, np.ndarray)]
    texts = [value for value in values if isinstance(value, str)]
    of_pictures = iter(_encode_pictures(encoder, pictures) if pictures else [])
    of_texts = iter(_encode_texts(encoder, texts) if texts else [])
    return [
        _answer(encoder, value)
        if isinstance(value, Question)
        else next(of_texts if isinstance(value, str) else of_pictures)
        for value in values
    ]


def _answer(encoder: Encoder, question: Question) -> list[Image.Image]:
    maps = encoder.explain(question.pixels, question.labels)
    telemetry.ENCODED_INPUTS.labels("explanation").inc()
    return list(heatmaps(maps, question.seen_part))


def _encode_pictures(encoder: Encoder, pictures: Sequence[PixelArray]) -> list[Encoding]:
    encoding = encoder.encode_pictures(np.stack(pictures))
    telemetry.ENCODED_INPUTS.labels("picture").inc(len(pictures))
    rows = repeat(None) if encoding.logits is None else encoding.logits
    # Copies, because a cached row must not keep its whole batch in memory.
    return [
        Encoding(vector.copy(), None if logits is None else logits.copy())
        for vector, logits in zip(encoding.vectors, rows, strict=False)
    ]


def _encode_texts(encoder: Encoder, texts: Sequence[str]) -> list[Encoding]:
    vectors = encoder.encode_texts(texts)
    telemetry.ENCODED_INPUTS.labels("text").inc(len(texts))
    return [Encoding(vector.copy(), None) for vector in vectors]


def pixels_to_see(value: Input) -> int:
    """Returns the pixels of a picture, for each label of a question again; a text has none."""
    match value:
        case str():
            return 0
        case Question():
            return len(value.labels) * pixels_to_see(value.pixels)
    return value.size // 3  # red, green and blue
