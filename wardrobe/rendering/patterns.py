"""Fabrics: plain cloth and the patterns woven into or printed on it."""

import math
from collections.abc import Iterator
from random import Random

import numpy as np
from PIL import Image, ImageDraw

from wardrobe.rendering.colours import OFF_WHITE, Colour, Palette, mix
from wardrobe.rendering.shapes import Point

PATTERNS = ("Solid", "Striped", "Checked", "Dotted", "Floral", "Argyle", "Graphic")


class Fabric:
    """Cloth of one pattern, cut to any size; lengths are units of the page.

    "Graphic" is plain cloth here: the print belongs to one place of the garment, which draws it.
    """

    def __init__(
        self, pattern: str, palette: Palette, rng: Random, *, stripes: float = 90, scale: float = 1
    ) -> None:
        """Chooses spacing and colours.

        Args:
            pattern: one of `PATTERNS`.
            palette: colours of the garment.
            rng: source of the choices.
            stripes: degrees the stripes are turned clockwise from horizontal.
            scale: of the pattern, smaller for small things.
        """
        self.pattern = pattern
        self.palette = palette
        self._stripes = stripes
        self._accent = palette.accent if rng.random() < 0.75 else palette.tint
        self._spacing = scale * rng.uniform(0.85, 1.25)
        self._share = rng.uniform(0.2, 0.32)  # of the spacing that a stripe fills
        self._fine_line = rng.random() < 0.5
        self._petals = mix(palette.accent, palette.tint, rng.choice((0.0, 0.35)))
        self._seed = rng.getrandbits(32)

    def cut(self, size: tuple[int, int], unit: float, angle: float) -> Image.Image:
        """Returns a piece of `size` pixels, `unit` pixels a unit, turned by `angle` degrees."""
        cloth = Image.new("RGB", size, self.palette.base)
        painters = {
            "Striped": self._striped,
            "Checked": self._checked,
            "Dotted": self._dotted,
            "Floral": self._floral,
            "Argyle": self._argyle,
        }
        if self.pattern in painters:
            painters[self.pattern](_Loom(cloth, unit * self._spacing, angle))
        return cloth

    def _striped(self, loom: "_Loom") -> None:
        step = 5.0
        for position in loom.steps(step):
            loom.band(position, step * self._share, self._stripes, self._accent)
            if self._fine_line:
                loom.band(position + step / 2, 0.45, self._stripes, self._accent)

    def _checked(self, loom: "_Loom") -> None:
        step = 8.0
        for direction in (0, 90):
            for position in loom.steps(step):
                loom.band(position, step * 0.4, direction, self._accent, opacity=62)
                loom.band(position + step / 2, 0.55, direction, self._accent, opacity=150)

    def _dotted(self, loom: "_Loom") -> None:
        step = 4.6
        for x, y in loom.lattice(step):
            loom.disc(x, y, step * (0.42 if self._fine_line else 0.32), self._accent)

    def _floral(self, loom: "_Loom") -> None:
        rng = Random(self._seed)
        heart = (236, 190, 70) if self.palette.base != (236, 190, 70) else OFF_WHITE
        leaf = mix(self.palette.base, (30, 90, 50), 0.45)
        for x, y in loom.lattice(8.5):
            x, y = x + rng.uniform(-1.3, 1.3), y + rng.uniform(-1.3, 1.3)
            start, radius = rng.uniform(0, 72), rng.uniform(1.0, 1.5)
            for turn in (40, 190):
                stem = math.radians(start + turn)
                tip = (x + 3 * math.cos(stem), y + 3 * math.sin(stem))
                loom.disc(*tip, 1.3, leaf)
            for petal in range(5):
                angle = math.radians(start + 72 * petal)
                place = (x + radius * math.cos(angle), y + radius * math.sin(angle))
                loom.disc(*place, radius * 1.35, self._petals)
            loom.disc(x, y, radius * 0.95, heart)

    def _argyle(self, loom: "_Loom") -> None:
        wide, high = 4.6, 6.6
        diamond_colour = mix(self.palette.base, self.palette.tint, 0.45)
        for x, y in loom.lattice(2 * wide, 2 * high):
            diamond = [(x, y - high), (x + wide, y), (x, y + high), (x - wide, y)]
            loom.polygon(diamond, diamond_colour)
        for x, y in loom.lattice(2 * wide, 2 * high):
            cross = [(x, y - high), (x + wide, y), (x, y + high), (x - wide, y), (x, y - high)]
            loom.thread([(a + wide / 2, b + high / 2) for a, b in cross], 0.35, self._accent)


class _Loom:
    """Draws on a piece of cloth around its middle, turned by an angle."""

    def __init__(self, cloth: Image.Image, unit: float, angle: float) -> None:
        self._draw = ImageDraw.Draw(cloth, "RGBA")  # blends what is drawn with an opacity
        self._middle = (cloth.width / 2, cloth.height / 2)
        self._unit = unit
        self._angle = angle
        self._reach = math.hypot(*cloth.size) / 2 / unit  # units from the middle to a corner

    def steps(self, step: float) -> Iterator[float]:
        """Yields positions `step` apart that cover the cloth."""
        count = math.ceil(self._reach / step) + 1
        return (step * index for index in range(-count, count + 1))

    def lattice(self, across: float, down: float | None = None) -> Iterator[Point]:
        """Yields points of a grid whose every other row is shifted by half a step."""
        limits = np.array(self._middle) / self._unit + across
        down = down or across
        for row, y in enumerate(self.steps(down / 2)):
            for x in self.steps(across):
                x += across / 2 * (row % 2)
                if self._angle or (abs(x) <= limits[0] and abs(y) <= limits[1] + down):
                    yield x, y

    def band(
        self, position: float, width: float, direction: float, colour: Colour, opacity: int = 255
    ) -> None:
        far = self._reach * 1.5
        top, bottom = position - width / 2, position + width / 2
        corners = [(-far, top), (far, top), (far, bottom), (-far, bottom)]
        self._polygon(self._at(corners, direction), colour, opacity)

    def disc(self, x: float, y: float, diameter: float, colour: Colour) -> None:
        ((across, down),) = self._at([(x, y)])
        radius = diameter * self._unit / 2
        bounds = (across - radius, down - radius, across + radius, down + radius)
        self._draw.ellipse(bounds, fill=colour)

    def polygon(self, corners: list[Point], colour: Colour, opacity: int = 255) -> None:
        self._polygon(self._at(corners), colour, opacity)

    def thread(self, points: list[Point], width: float, colour: Colour) -> None:
        thickness = max(1, round(width * self._unit))
        self._draw.line(self._at(points), fill=(*colour, 200), width=thickness)

    def _polygon(self, pixels: list[Point], colour: Colour, opacity: int) -> None:
        self._draw.polygon(pixels, fill=(*colour, opacity))

    def _at(self, points: list[Point], direction: float = 0) -> list[Point]:
        angle = math.radians(self._angle + direction)
        cosine, sine = math.cos(angle) * self._unit, math.sin(angle) * self._unit
        across, down = self._middle
        return [(across + x * cosine - y * sine, down + x * sine + y * cosine) for x, y in points]
