"""A page to draw one garment on: smooth shapes, fabric, lines, soft shading, a light backdrop."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from wardrobe.rendering.colours import Colour, Palette
from wardrobe.rendering.patterns import Fabric
from wardrobe.rendering.shapes import Point, Points, turned

_SUPERSAMPLING = 4
_GRAIN = 0.010  # spread of the weave's brightness


class Canvas:
    """Draws at four times the size, shades at the final size, and puts both together.

    The garment as a whole is scaled, stretched, turned, moved and perhaps flipped a little
    differently on every page, so that no two pictures are laid out alike.
    """

    def __init__(self, size: int, palette: Palette, rng: Random) -> None:
        self.palette = palette
        self.rng = rng
        self._size = size
        side = size * _SUPERSAMPLING
        # Premultiplied alpha, so that reducing the size leaves no fringe.
        self._page = Image.new("RGBa", (side, side))
        self._draw = ImageDraw.Draw(self._page)
        self._folds = Image.new("L", (size, size), 128)
        self._fold_draw = ImageDraw.Draw(self._folds)
        self._light = np.ones((size, size), np.float32)
        stretch = rng.uniform(0.97, 1.03)
        self._zoom = rng.uniform(0.92, 1.04) * side / 100
        self._stretch = np.array([stretch, 1 / stretch])
        self._degrees = rng.uniform(-2.5, 2.5)
        self._middle = (np.array([rng.uniform(-2, 2), rng.uniform(-1.5, 1.5)]) + 50) * side / 100
        self._flip = rng.random() < 0.5
        self._mirrored = False
        self._shift = np.zeros(2)

    def sides(self) -> Iterator[None]:
        """Runs a loop's body twice: as it stands, for the left side, then mirrored."""
        try:
            yield
            self._mirrored = True
            yield
        finally:
            self._mirrored = False

    @contextmanager
    def shifted(self, x: float, y: float) -> Iterator[None]:
        """Moves everything drawn inside by (x, y); on the mirrored side, x to the other side."""
        move = np.array([-x if self._mirrored else x, y])
        self._shift += move
        try:
            yield
        finally:
            self._shift -= move

    def part(
        self,
        outline: Points | Sequence[Point],
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
            closed = np.concatenate([placed, placed[:2]])  # past the start: its corner is joined
            self._stroke(closed, edge or self.palette.outline, width)
        if puff:
            self._shade_part(placed, puff)

    def line(
        self, points: Points | Sequence[Point], colour: Colour | None = None, width: float = 0.5
    ) -> None:
        """Draws an open line; the palette's seam colour when `colour` is left out."""
        self._stroke(self._placed(points), colour or self.palette.seam, width)

    def cord(
        self, points: Points | Sequence[Point], colour: Colour, width: float, edge: Colour
    ) -> None:
        """Draws a line with an outline of its own."""
        self.line(points, edge, width + 0.9)
        self.line(points, colour, width)

    def stitches(
        self, points: Points | Sequence[Point], colour: Colour | None = None, width: float = 0.4
    ) -> None:
        """Draws a dashed line: stitches of 1.1 units, 0.8 units apart."""
        placed = self._placed(points)
        steps = np.hypot(*np.diff(placed, axis=0).T) / self._zoom
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

    def glow(self, outline: Points | Sequence[Point], strength: float) -> None:
        """Brightens (or, negative, darkens) a whole area softly, like `fold`."""
        placed = self._placed(outline) / _SUPERSAMPLING
        self._fold_draw.polygon(
            [tuple(point) for point in placed], fill=128 + round(127 * strength)
        )

    def finish(self) -> Image.Image:
        """Returns the picture: garment, shading, cast shadow and backdrop."""
        size = self._size
        small = np.asarray(self._page.reduce(_SUPERSAMPLING), np.float32)
        garment, alpha = small[..., :3], small[..., 3:]
        folds = self._folds.filter(ImageFilter.GaussianBlur(size * 0.011))
        noise = np.random.default_rng(self.rng.getrandbits(32))
        grain = _GRAIN * noise.standard_normal((size, size), np.float32)
        light = (self._light + np.asarray(folds, np.float32) / 128 - 1 + grain)[..., None]
        # Above 1 the light screens instead of multiplying: black cloth has highlights too.
        shaded = garment * np.minimum(light, 1) + (alpha - garment) * np.maximum(light - 1, 0)
        picture = self._backdrop(alpha[..., 0]) * (1 - alpha / 255) + shaded
        return Image.fromarray(np.clip(np.rint(picture), 0, 255).astype(np.uint8))

    def _placed(self, points: Points | Sequence[Point]) -> Points:
        """Returns points of the page as pixels of the supersampled picture."""
        placed = np.asarray(points, np.float64)
        if self._mirrored:
            placed = placed * (-1, 1)
        placed = placed + self._shift
        if self._flip:
            placed = placed * (-1, 1)
        pixels: Points = turned((placed - (0, 50)) * self._stretch, self._degrees) * self._zoom
        return pixels + self._middle

    def _fill(self, placed: Points, paint: Colour | Fabric, angle: float) -> None:
        if not isinstance(paint, Fabric):
            self._draw.polygon([tuple(point) for point in placed], fill=(*paint, 255))
            return
        corner = np.floor(placed.min(axis=0)).astype(int)
        width, height = (np.ceil(placed.max(axis=0)).astype(int) + 1 - corner).tolist()
        mask = Image.new("L", (width, height))
        ImageDraw.Draw(mask).polygon([tuple(point) for point in placed - corner], fill=255)
        sense = -1 if self._flip != self._mirrored else 1
        cloth = paint.cut((width, height), self._zoom, sense * angle + self._degrees)
        self._page.paste(cloth, tuple(corner.tolist()), mask)

    def _stroke(self, placed: Points, colour: Colour, width: float) -> None:
        thickness = max(1, round(width * self._zoom))
        corners = [tuple(point) for point in placed]
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

    def _backdrop(self, alpha: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Returns a light studio backdrop with the garment's soft shadow on it."""
        rng, size = self.rng, self._size
        tone = rng.uniform(238, 251) + np.array([rng.uniform(-3, 3) for _ in range(3)])
        falloff = np.linspace(1, 1 - rng.uniform(0, 0.05), size)[:, None, None]
        down, across = math.ceil(size * 0.02), math.ceil(size * 0.01)
        cast = np.zeros((size, size), np.uint8)
        cast[down:, across:] = np.clip(alpha, 0, 255)[:-down, :-across]
        shadow = Image.fromarray(cast).filter(ImageFilter.GaussianBlur(size * 0.02))
        dimming = 1 - 0.26 / 255 * np.asarray(shadow, np.float32)[..., None]
        return np.asarray(np.minimum(tone * falloff, 253) * dimming, np.float32)
