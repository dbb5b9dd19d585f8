"""Colour search: OKLab against its own definition, and garments told apart as a buyer would."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from wardrobe.colours import colour_similarity, dominant_colours, parse_colour, to_oklab
from wardrobe.errors import BadRequestError
from wardrobe.rendering import draw_garment
from wardrobe.rendering.colours import COLOURS
from wardrobe.rendering.garment import random_garment

RED, BLUE, WHITE = (206, 32, 40), (48, 108, 200), (255, 255, 255)

# CSS Color 4 and the Color.js documentation.
PUBLISHED = {
    "#ffffff": (1, 0, 0),
    "#000000": (0, 0, 0),
    "#ff0000": (0.62796, 0.22486, 0.12585),
    "#00ff00": (0.86644, -0.23389, 0.17950),
    "#0000ff": (0.45201, -0.03246, -0.31153),
}

# OKLab by way of CIE XYZ, as its author first wrote it, where the product goes there directly.
XYZ_FROM_RGB = np.array(
    [
        [0.4123907993, 0.3575843394, 0.1804807884],
        [0.2126390059, 0.7151686788, 0.0721923154],
        [0.0193308187, 0.1191947798, 0.9505321522],
    ]
)
CONES_FROM_XYZ = np.array(
    [
        [0.8189330101, 0.3618667424, -0.1288597137],
        [0.0329845436, 0.9293118715, 0.0361456387],
        [0.0482003018, 0.2643662691, 0.6338517070],
    ]
)
LAB_FROM_CONES = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def oklab(rgb):
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in np.array(rgb) / 255
    ]
    return LAB_FROM_CONES @ np.cbrt(CONES_FROM_XYZ @ XYZ_FROM_RGB @ linear)


def similarity(picture, rgb):
    pixels = np.asarray(picture)
    return float(colour_similarity(dominant_colours(pixels)[None], oklab(rgb))[0])


def on(background, side=160):
    return np.full((side, side, 3), background, np.uint8)


def square(colour, background=WHITE):
    pixels = on(background)
    pixels[40:120, 40:120] = colour
    return pixels


def drawn(article_type, colour, seed=0, pattern="Solid"):
    garment = random_garment(article_type, colour, Random(seed))
    return draw_garment(replace(garment, pattern=pattern), 160)


@pytest.mark.parametrize(("text", "expected"), PUBLISHED.items())
def test_published_values_of_oklab(text, expected):
    np.testing.assert_allclose(parse_colour(text), expected, atol=2e-5)


def test_every_colour_converts_as_by_way_of_xyz():
    pixels = np.random.default_rng(0).integers(0, 256, (500, 3), np.uint8)
    np.testing.assert_allclose(to_oklab(pixels), [oklab(p) for p in pixels], atol=3e-4)


@pytest.mark.parametrize("text", ["#1D2858", "1d2858", "#1d2858"])
def test_a_colour_is_written_with_or_without_hash(text):
    np.testing.assert_allclose(parse_colour(text), oklab((0x1D, 0x28, 0x58)), atol=3e-4)


def test_three_digits_are_short_for_six():
    np.testing.assert_array_equal(parse_colour("#1af"), parse_colour("#11aaff"))


@pytest.mark.parametrize(
    "text",
    ["", "#", "red", "#12", "#1234", "#12345", "#1234567", "#gggggg", "##123456", " 123456"]
    + ["123456\n", "١٢٣٤٥٦", "#12345678", "rgb(1,2,3)"],
)
def test_anything_else_is_refused_by_name_and_rule(text):
    with pytest.raises(BadRequestError, match="#rrggbb") as caught:
        parse_colour(text)
    assert repr(text) in caught.value.message
    assert caught.value.detail == {"colour": text}


@pytest.mark.parametrize("background", [WHITE, (0, 0, 0), (240, 200, 210), (246, 248, 250)])
def test_a_plain_background_is_left_out(background):
    found = dominant_colours(square(RED, background))
    np.testing.assert_allclose(found[0], [*oklab(RED), 1], atol=1e-3)
    assert not found[1:].any()


def test_a_background_with_jpeg_noise_is_left_out():
    noise = np.random.default_rng(0).integers(-2, 3, (160, 160, 3))
    pixels = np.clip(square(RED).astype(int) - 4 + noise, 0, 255).astype(np.uint8)
    found = dominant_colours(pixels)
    assert np.abs(found[found[:, 3] > 0, :3] - oklab(RED)).max() < 0.03


def test_what_is_left_of_a_white_shirt_on_white_is_white():
    np.testing.assert_allclose(dominant_colours(on(WHITE))[0], [1, 0, 0, 1], atol=1e-4)
    assert similarity(drawn("Shirts", "White"), WHITE) > 0.7


def test_shares_are_those_of_the_garment():
    pixels = square(RED)
    pixels[40:120, 80:120] = BLUE
    found = dominant_colours(pixels)
    np.testing.assert_allclose(found[:, 3], [0.5, 0.5, 0], atol=0.02)
    by_red = found[np.argsort(-found[:, 1])]
    np.testing.assert_allclose(by_red[0, :3], oklab(RED), atol=1e-3)
    np.testing.assert_allclose(found[found[:, 2].argmin(), :3], oklab(BLUE), atol=1e-3)


def test_the_middle_counts_more_than_the_rims():
    """A model's head and jeans are a third of the picture beside the shirt that is sold."""
    pixels = on(WHITE)
    pixels[:50, 60:100], pixels[50:110, 40:120], pixels[110:, 50:110] = (220, 170, 140), RED, BLUE
    assert dominant_colours(pixels)[0, 3] > 0.6
    assert similarity(pixels, RED) > 3 * similarity(pixels, BLUE)


def test_without_a_plain_background_nothing_is_left_out():
    pixels = np.random.default_rng(0).integers(0, 256, (160, 160, 3), np.uint8)
    pixels[40:120, 40:120] = RED
    assert dominant_colours(pixels)[:, 3].max() > 0.5
    assert similarity(pixels, RED) > 0.5


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 2), (31, 33), (33, 31), (160, 160)])
def test_any_size_and_content_gives_shares_that_sum_to_one(size):
    random = np.random.default_rng(0)
    for pixels in (
        random.integers(0, 256, (*size, 3), np.uint8),
        np.full((*size, 3), 7, np.uint8),
        np.broadcast_to(np.arange(size[1], dtype=np.uint8)[None, :, None], (*size, 3)),
    ):
        found = dominant_colours(pixels)
        assert (found.shape, found.dtype) == ((3, 4), np.float32)
        assert np.isfinite(found).all()
        assert (found[:, 3] >= 0).all()
        assert found[:, 3].sum() == pytest.approx(1, abs=1e-5)
        assert (np.diff(found[:, 3]) <= 0).all()
        assert not found[found[:, 3] == 0].any()
        np.testing.assert_array_equal(found, dominant_colours(pixels))


def test_similarity_is_what_a_loop_gives():
    random = np.random.default_rng(0)
    colours = random.random((50, 3, 4), np.float32) - [0, 0.5, 0.5, 0]
    colours[..., 3] /= colours[..., 3].sum(axis=1, keepdims=True)
    target = np.array([0.5, 0.1, -0.1], np.float32)
    expected = [
        sum(
            share
            * np.exp(
                -(((x - 0.5) / 0.2) ** 2) - ((a - 0.1) / 0.2 * 3) ** 2 - ((b + 0.1) / 0.2 * 3) ** 2
            )
            for x, a, b, share in item
        )
        for item in colours
    ]
    found = colour_similarity(colours.astype(np.float32), target)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert found.dtype == np.float32
    assert ((found >= 0) & (found <= 1)).all()


def test_similarity_is_one_for_all_of_it_and_zero_without_colours():
    red = to_oklab(np.array(RED, np.uint8))
    items = np.zeros((2, 3, 4), np.float32)
    items[0, 0] = [*red, 1]
    np.testing.assert_array_equal(colour_similarity(items, red), [1, 0])
    assert colour_similarity(items[:0], red).shape == (0,)


@pytest.fixture(scope="module")
def wardrobe():
    """The colours of three drawn garments in each named colour, which is at the same place."""
    names = [name for name in COLOURS for _ in range(3)]
    kinds = ("Tshirts", "Handbags", "Trousers") * len(COLOURS)
    pictures = [
        drawn(kind, name, seed) for seed, (kind, name) in enumerate(zip(kinds, names, strict=True))
    ]
    return np.array(names), np.stack([dominant_colours(np.asarray(p)) for p in pictures])


@pytest.mark.parametrize("name", COLOURS)
def test_a_colour_finds_the_drawn_garments_of_it_first(name, wardrobe):
    names, colours = wardrobe
    scores = colour_similarity(colours, oklab(COLOURS[name]))
    assert list(names[np.argsort(-scores)[:3]]) == [name] * 3


def test_mostly_of_a_colour_beats_a_patch_of_it_beats_none():
    mostly, patch, none = square(RED), square(BLUE), square(BLUE)
    patch[70:90, 70:90] = RED
    scores = [similarity(picture, RED) for picture in (mostly, patch, none)]
    assert scores[0] > scores[1] + 0.5 > scores[2] + 0.55


def test_a_solid_drawn_shirt_beats_a_striped_one():
    solid, striped = (drawn("Shirts", "Red", pattern=p) for p in ("Solid", "Striped"))
    blue = drawn("Shirts", "Blue", pattern="Striped")
    assert similarity(solid, RED) > similarity(striped, RED) > similarity(blue, RED)


def test_shadow_costs_less_than_another_hue():
    shaded = tuple(round(0.75 * channel) for channel in RED)
    assert similarity(square(shaded), RED) > 2 * similarity(square((206, 80, 160)), RED)
