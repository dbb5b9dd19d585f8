"""A page to draw one garment on: smooth shapes, fabric, lines, soft shading, a light backdrop."""

import math
from collections.abc import Sequence
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from wardrobe.rendering.colours import Colour, Palette
from wardrobe.rendering.patterns import Fabric
from wardrobe.rendering.shapes import Point, Points, turned

_SUPERSAMPLING = 4
_GRAIN = 0.010  # spread of the weave's brightness


class Canvas:
    """Draws at four times the size, shades at the final size, and puts both together.

    Coordinates are units of the page, 100 x 100, y downwards; the garment as a whole is scaled,
    turned and moved a little, so that no two pictures are laid out alike.
    """

    def __init__(self, size: int, palette: Palette, rng: Random, *, flip: bool = False) -> None:
        self.palette = palette
        self.rng = rng
        self._size = size
        side = size * _SUPERSAMPLING
        self._unit = side / 100
        self._page = Image.new("RGBa", (side, side))  # premultiplied: only ever clear or opaque
        self._draw = ImageDraw.Draw(self._page)
        self._folds = Image.new("L", (size, size), 128)
        self._fold_draw = ImageDraw.Draw(self._folds)
        self._light = np.ones((size, size), np.float32)
        self._zoom = rng.uniform(0.9, 1.03)
        self._degrees = rng.uniform(-2.5, 2.5)
        self._shift = np.array([rng.uniform(-2.5, 2.5), rng.uniform(-2, 2)])
        self._flip = flip and rng.random() < 0.5

    def part(
        self,
        outline: Points,
        paint: Colour | Fabric,
        *,
        angle: float = 0,
        edge: Colour | None = None,
        width: float = 0.55,
        puff: float = 0.2,
    ) -> None:
        """Draws a closed piece of cloth: fill, outline, rounded edges, shadow on what is below.

        Args:
            outline: its points.
            paint: a plain colour, or a fabric laid at `angle` degrees.
            angle: degrees the fabric is turned clockwise.
            edge: colour of the outline; the palette's when left out.
            width: of the outline, units; 0 draws none.
            puff: how much darker the edges are than the middle; 0 leaves the piece flat.
        """
        placed = self._placed(outline)
        self._fill(placed, paint, angle)
        if width:
            self._stroke(placed, edge or self.palette.outline, width, closed=True)
        if puff:
            self._shade_part(placed, puff)

    def line(
        self, points: Points | Sequence[Point], colour: Colour | None = None, width: float = 0.5
    ) -> None:
        """Draws an open line; the palette's seam colour when `colour` is left out."""
        self._stroke(self._placed(points), colour or self.palette.seam, width)

    def stitches(
        self, points: Points | Sequence[Point], colour: Colour | None = None, width: float = 0.4
    ) -> None:
        """Draws a dashed line, a stitch of 1.1 units after every 0.8 units."""
        placed = self._placed(points)
        steps = np.hypot(*np.diff(placed, axis=0).T) / self._unit
        along = np.concatenate([[0.0], np.cumsum(steps)])
        for start in np.arange(0.3, along[-1] - 0.6, 1.9):
            ends = np.array([start, min(start + 1.1, along[-1])])
            dash = np.stack([np.interp(ends, along, placed[:, axis]) for axis in (0, 1)], axis=1)
            self._stroke(dash, colour or self.palette.seam, width)

    def fold(self, points: Points | Sequence[Point], strength: float, width: float = 2.5) -> None:
        """Draws a soft crease: negative strength (to -1) is a shadow, positive a highlight."""
        placed = self._placed(points) / _SUPERSAMPLING
        self._fold_draw.line(
            [tuple(point) for point in placed],
            fill=128 + round(127 * strength),
            width=max(1, round(width * self._size / 100)),
            joint="curve",
        )

    def glow(self, outline: Points, strength: float) -> None:
        """Brightens (or, negative, darkens) a whole area softly, like `fold`."""
        placed = self._placed(outline) / _SUPERSAMPLING
        self._fold_draw.polygon(
            [tuple(point) for point in placed], fill=128 + round(127 * strength)
        )

    def finish(self) -> Image.Image:
        """Returns the picture: garment, shading, cast shadow and backdrop."""
        size = self._size
        halves = self._page.reduce(_SUPERSAMPLING // 2)  # then LANCZOS has a quarter of the work
        small = halves.resize((size, size), Image.Resampling.LANCZOS)
        drawn = np.asarray(small, np.float32)
        garment, alpha = drawn[..., :3], drawn[..., 3:]
        folds = self._folds.filter(ImageFilter.GaussianBlur(size * 0.011))
        light = self._light + (np.asarray(folds, np.float32) - 128) / 128
        grain = np.random.default_rng(self.rng.getrandbits(32)).normal(0, _GRAIN, (size, size))
        light = (light + grain.astype(np.float32))[..., None]
        # Above 1 the light screens instead of multiplying: black cloth has highlights too.
        shaded = garment * np.minimum(light, 1) + (alpha - garment) * np.maximum(light - 1, 0)
        picture = self._backdrop(small.getchannel("a")) * (1 - alpha / 255) + shaded
        return Image.fromarray(np.clip(np.rint(picture), 0, 255).astype(np.uint8))

    def _placed(self, points: Points | Sequence[Point]) -> Points:
        """Returns points of the page as pixels of the supersampled picture."""
        placed = np.asarray(points, np.float64)
        if self._flip:
            placed = np.array([100, 0]) + placed * np.array([-1, 1])
        placed = turned(placed, self._degrees, (50, 50))
        pixels: Points = ((placed - 50) * self._zoom + 50 + self._shift) * self._unit
        return pixels

    def _fill(self, placed: Points, paint: Colour | Fabric, angle: float) -> None:
        corners = [tuple(point) for point in placed]
        if not isinstance(paint, Fabric):
            self._draw.polygon(corners, fill=(*paint, 255))
            return
        left, top = np.floor(placed.min(axis=0)).astype(int)
        right, bottom = np.ceil(placed.max(axis=0)).astype(int) + 1
        size = (int(right - left), int(bottom - top))
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in corners], fill=255)
        sense = -1 if self._flip else 1
        cloth = paint.cut(size, self._unit * self._zoom, sense * angle + self._degrees)
        self._page.paste(cloth, (int(left), int(top)), mask)

    def _stroke(self, placed: Points, colour: Colour, width: float, closed: bool = False) -> None:
        corners = [tuple(point) for point in placed]
        if closed:
            corners += corners[:2]
        thickness = max(1, round(width * self._zoom * self._unit))
        self._draw.line(corners, fill=(*colour, 255), width=thickness, joint="curve")

    def _shade_part(self, placed: Points, puff: float) -> None:
        sigma = self._size * 0.022
        pixels, margin = placed / _SUPERSAMPLING, math.ceil(3 * sigma)
        left, top = np.maximum(np.floor(pixels.min(axis=0)).astype(int) - margin, 0)
        right, bottom = np.minimum(np.ceil(pixels.max(axis=0)).astype(int) + margin, self._size)
        mask = Image.new("L", (int(right - left), int(bottom - top)))
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in pixels], fill=255)
        blurred = mask.filter(ImageFilter.GaussianBlur(sigma))
        depth = np.asarray(blurred, np.float32) / 255  # 0.5 at the edge, 1 well inside
        # The light comes from the upper left: the lower right edge is the darker one.
        away = np.roll(depth, (self._size // 50, self._size // 50), axis=(0, 1))
        rounded = 1 - puff * (1 - depth) - puff * (depth - away)
        light = self._light[top:bottom, left:right]
        below = light * (1 - 0.45 * puff * depth)
        light[:] = np.where(np.asarray(mask) > 0, rounded, below)

    def _backdrop(self, alpha: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        """Returns a light studio backdrop with the garment's soft shadow on it."""
        rng, size = self.rng, self._size
        tone = rng.uniform(238, 251) + np.array([rng.uniform(-3, 3) for _ in range(3)])
        falloff = np.linspace(1, 1 - rng.uniform(0, 0.05), size)[:, None, None]
        reach = size * 0.02
        shadow = alpha.filter(ImageFilter.GaussianBlur(reach))
        offset = (math.ceil(reach), math.ceil(reach / 2))
        cast = np.roll(np.asarray(shadow, np.float32) / 255, offset, axis=(0, 1))
        backdrop = np.minimum(tone * falloff, 253) * (1 - 0.26 * cast[..., None])
        return backdrop.astype(np.float32)
