"""The dominant colours of a garment in a picture, and how near they are to a colour asked for.

Colours are OKLab (Björn Ottosson, "A perceptual color space for image processing", 2020):
lightness from 0 to 1, and two axes of hue and chroma, red to green and yellow to blue.
"""

import re
from functools import cache

import numpy as np
import numpy.typing as npt

from wardrobe.errors import BadRequestError

FloatArray = npt.NDArray[np.float32]
PixelArray = npt.NDArray[np.uint8]

COLOURS = 3
"""How many dominant colours are kept of a picture."""

_SIDE = 32  # samples along each side: a thousand pixels say as much as all of them
_PLAIN = 0.03  # OKLab distance within which a pixel is the background
_LEAST = 0.02  # share of the picture or of the garment below which nothing is to be read
_SPREAD = 0.2  # of the weight around the middle, of the picture's side
_ROUNDS = 6  # of k-means
# What is told apart is chroma rather than lightness, which folds and lamps change.
_STRETCH = np.array([1, 3, 3], np.float32)
_REACH = 0.2  # stretched distance at which a colour counts 1/e

_FROM_SRGB = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)
_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE | re.ASCII)


def to_oklab(pixels: PixelArray) -> FloatArray:
    """Returns sRGB bytes `(..., 3)` in OKLab `(..., 3)`."""
    lab: FloatArray = np.cbrt(_linear()[pixels] @ _FROM_SRGB.T) @ _TO_LAB.T
    return lab


def parse_colour(text: str) -> FloatArray:
    """Returns `#rrggbb` or `#rgb`, with or without `#`, in OKLab `(3,)`.

    Raises:
        BadRequestError: it is no such colour.
    """
    found = _HEX.fullmatch(text)
    if not found:
        raise BadRequestError(
            f"the colour is {text!r}; write #rrggbb with hexadecimal digits, such as #1d2858 "
            "(in a URL without #, or with %23 for it)",
            colour=text,
        )
    digits = found[1] if len(found[1]) == 6 else "".join(2 * digit for digit in found[1])
    return to_oklab(np.frombuffer(bytes.fromhex(digits), np.uint8))


def colour_similarity(colours: FloatArray, target: FloatArray) -> FloatArray:
    """Returns how much of each item is of a colour `(items,)`, from 0 to 1, all of it exactly.

    Args:
        colours: of items, as `dominant_colours` returns them `(items, 3, 4)`.
        target: OKLab `(3,)`.
    """
    *axes, shares = colours.reshape(-1, 4).T  # by axis: half the time of rows of three
    scaled = zip(axes, target, _STRETCH / _REACH, strict=True)
    distances = sum(((values - wanted) * scale) ** 2 for values, wanted, scale in scaled)
    counted = (np.exp(-distances) * shares).reshape(len(colours), COLOURS)
    similarity: FloatArray = counted.sum(axis=1).clip(0, 1)
    return similarity


def dominant_colours(pixels: PixelArray) -> FloatArray:
    """Returns the dominant colours of the garment in a picture, the largest share first.

    A plain background is left out, and the middle counts more than the rims, where other
    garments and skin are.

    Args:
        pixels: sRGB `(height, width, 3)`.

    Returns:
        `(3, 4)`: OKLab L, a, b and share. The shares sum to 1; rows of share 0 are unused.
    """
    height, width, _ = pixels.shape
    lab = to_oklab(pixels[np.ix_(_samples(height), _samples(width))])
    garment = ~_background(lab)
    if garment.mean() < _LEAST:  # a white shirt on white, or cloth that fills the picture
        garment[:] = True
    weights = _middle(*garment.shape)[garment]
    centres, shares = _k_means(lab[garment] * _STRETCH, weights)
    shares[shares < _LEAST] = 0
    found = np.column_stack([centres / _STRETCH, shares / shares.sum()]).astype(np.float32)
    found[found[:, 3] == 0] = 0
    return found[np.argsort(-found[:, 3], kind="stable")]


def _background(lab: FloatArray) -> npt.NDArray[np.bool_]:
    """Returns which pixels `(height, width)` a straight line of the rim's colour reaches.

    There are none where the rim has no colour in common, so no plain background.
    """
    rim = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    apart = lab - np.median(rim, axis=0)
    near = np.einsum("ijk,ijk->ij", apart, apart) < _PLAIN**2
    if np.concatenate([near[0], near[-1], near[:, 0], near[:, -1]]).mean() < 0.5:
        return np.zeros_like(near)
    run = np.logical_and.accumulate
    down, right = run(near, 0), run(near, 1)
    up, left = run(near[::-1], 0)[::-1], run(near[:, ::-1], 1)[:, ::-1]
    reached: npt.NDArray[np.bool_] = down | right | up | left
    return reached


def _k_means(points: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Returns weighted centres `(3, 3)` and their shares `(3,)`.

    It starts from the mean and the points one deviation to either side along the widest axis.
    """
    total = weights.sum()
    mean = weights @ points / total
    spread = points - mean
    variances, axes = np.linalg.eigh((spread * weights[:, None]).T @ spread / total)
    step = np.sqrt(max(variances[-1], 0)) * axes[:, -1]
    centres = np.stack([mean, mean - step, mean + step])
    for _ in range(_ROUNDS):
        # Squared distance less the point's own length, which is the same for all centres.
        nearest = (np.einsum("ij,ij->i", centres, centres) - 2 * points @ centres.T).argmin(1)
        members = (nearest == np.arange(COLOURS)[:, None]) * weights
        shares = members.sum(axis=1)
        centres = np.where(
            shares[:, None] > 0, members @ points / np.maximum(shares, 1e-12)[:, None], centres
        )
    return centres, shares / total


def _samples(length: int) -> npt.NDArray[np.int64]:
    """Returns the positions that are looked at along a side of a picture."""
    count = min(length, _SIDE)
    return (2 * np.arange(count) + 1) * length // (2 * count)


@cache
def _middle(height: int, width: int) -> FloatArray:
    """Returns the weights of samples `(height, width)`, a bell around the middle."""
    bells = [
        np.exp(-(((np.arange(count) + 0.5) / count - 0.5) ** 2) / (2 * _SPREAD**2))
        for count in (height, width)
    ]
    return np.outer(*bells).astype(np.float32)


@cache
def _linear() -> FloatArray:
    """Returns the linear light of every sRGB byte `(256,)`."""
    values = np.arange(256) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return linear.astype(np.float32)
