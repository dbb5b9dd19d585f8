"""The shipped encoder's heatmaps pass the checks of benchmarks/explanations.py, in small."""

from collections import defaultdict
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.explanations import (
    AREA,
    HOTTEST,
    MIDDLE,
    ON_GARMENT,
    RANDOM,
    Figures,
    check_deletion,
    check_learnt,
    check_places,
    garment_in,
    labels_of,
    shuffle,
)
from tests.fakes import ColourEncoder
from wardrobe.encoders import PictureEncoding, load_encoder
from wardrobe.encoders.base import PixelArray
from wardrobe.rendering.catalogue import plan
from wardrobe.rendering.drawing import draw_garment

SHIPPED = Path(__file__).parents[1] / "models" / "wardrobe-base"


def test_the_heat_is_on_the_garment_and_learnt() -> None:
    encoder, shuffled = (load_encoder(str(SHIPPED), compute_threads=1) for _ in range(2))
    shuffle(shuffled, "heads.")
    figures: Figures = defaultdict(list)
    for garment, _ in islice(plan(40, seed=0), 0, 40, 8):
        pixels = encoder.prepare(draw_garment(garment, 192))
        labels = labels_of(encoder, pixels)[:8]
        maps = encoder.explain(pixels, labels)
        check_places(maps, pixels, figures)
        check_learnt(maps, shuffled.explain(pixels, labels), "heads", figures)
    means = {name: np.mean(values) for name, values in figures.items()}
    assert means[ON_GARMENT] > 1.3 * means[AREA]
    assert abs(means["correlation with shuffled heads"]) < 0.2


class _DotEncoder(ColourEncoder):
    """`Red` is as probable as the reddest pixel is red."""

    def encode_pictures(self, pixels: PixelArray) -> PictureEncoding:
        strongest = np.float32(pixels.max(axis=(1, 2))) / 25.5
        logits = np.column_stack([strongest, np.zeros((len(pixels), 2), np.float32)])
        return PictureEncoding(super().encode_pictures(pixels[:, :2, :2]).vectors, logits)


def test_what_is_blurred_is_the_hottest_fifth_or_another() -> None:
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[5, 5, 0] = 255
    maps = np.zeros((1, 10, 10), np.float32)
    maps[0, :4, :5] = 1  # a fifth of the picture
    figures: Figures = defaultdict(list)
    check_deletion(_DotEncoder(), pixels, [0], maps, figures)
    assert figures[HOTTEST][0] > 0.5  # the dot fades into its surroundings
    assert figures[MIDDLE] == [0]
    assert figures[RANDOM][0] < figures[HOTTEST][0]


def test_the_garment_is_found_on_a_plain_background_only() -> None:
    picture = Image.new("RGB", (64, 64), "white")
    ImageDraw.Draw(picture).rectangle((20, 10, 39, 49), fill="navy")
    pixels = np.array(picture)
    expected = np.zeros((64, 64), bool)
    expected[10:50, 20:40] = True
    np.testing.assert_array_equal(garment_in(pixels), expected)
    pixels[:, :3] = 0  # something dark runs along the border
    assert garment_in(pixels) is None
