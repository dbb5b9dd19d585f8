"""The upper part of garments: front, neck, collars and sleeves."""

import math
from dataclasses import dataclass, replace
from random import Random

from wardrobe.rendering.canvas import Canvas
from wardrobe.rendering.colours import OFF_WHITE, mix
from wardrobe.rendering.garment import Garment
from wardrobe.rendering.parts import buttons, ribs
from wardrobe.rendering.patterns import Fabric
from wardrobe.rendering.shapes import Point, Points, between, box, join, mirror, spline, symmetric

SLEEVES = {"Sleeveless": 0.0, "Short": 17.0, "Three-Quarter": 35.0, "Long": 53.0}
"""Length of the sleeves along the arm, units of the page."""


@dataclass(frozen=True)
class Bodice:
    """Half widths, heights and lengths of the upper part, units of the page."""

    neck: float = 7.5
    shoulder: float = 19.0
    chest: float = 18.5
    waist: float = 17.8
    hem: float = 18.5
    top: float = 14.0  # where the shoulder meets the neck
    slope: float = 4.5  # of the shoulder
    armpit: float = 36.0
    bottom: float = 84.0
    depth: float = 7.0  # of the neckline
    sleeve: float = 0.0
    sleeve_end: float = 7.5  # width of its opening
    angle: float = 18.0  # degrees the sleeves stand off

    def varied(self, rng: Random) -> "Bodice":
        """Returns a bodice of slightly other proportions."""
        wider = rng.uniform(0.95, 1.05)
        return replace(
            self,
            chest=self.chest * wider,
            waist=self.waist * wider * rng.uniform(0.97, 1.03),
            hem=self.hem * wider * rng.uniform(0.97, 1.03),
            shoulder=self.shoulder * wider,
            bottom=self.bottom + rng.uniform(-4, 3),
            depth=self.depth * rng.uniform(0.85, 1.25),
            angle=self.angle + rng.uniform(-4, 6),
        )

    def neckline(self, kind: str, grow: float = 0) -> Points:
        """Returns the front neckline from left to right, `grow` units below and beside it."""
        neck, top = self.neck + grow, self.top + 0.35 * grow
        if kind == "V-Neck":
            lowest = self.top + 1.5 * self.depth + 2 + 1.3 * grow
            return join([(-neck, top), (0, lowest), (neck, top)])
        lowest = self.top + self.depth + grow
        left = spline((-neck, top), (-0.8 * neck, 0.34 * top + 0.66 * lowest), (0, lowest))
        return join(left, mirror(left))

    def front(self, kind: str, hem: Points | None = None) -> Points:
        """Returns the outline of the front; `hem` runs from the left corner to the middle."""
        line = self.neckline(kind)
        corner = (-self.shoulder, self.top + self.slope)
        armhole = (-self.shoulder + 1.4, (self.top + self.armpit) / 2 + 2)
        side = (-self.waist, 0.45 * self.armpit + 0.55 * self.bottom)
        half = join(
            line[: len(line) // 2 + 1][::-1],
            spline(corner, armhole, (-self.chest, self.armpit)),
            spline((-self.chest, self.armpit), side, (-self.hem, self.bottom)),
            [(0, self.bottom)] if hem is None else hem,
        )
        return symmetric(half)

    def arm(self, along: float, across: float) -> Point:
        """Returns a point of the left sleeve.

        Args:
            along: how far down the arm, units.
            across: 0 is the outer edge, 1 the inner one.
        """
        shoulder, armpit = (-self.shoulder, self.top + self.slope), (-self.chest, self.armpit)
        x, y = between(shoulder, armpit, 0.5)
        part = along / self.sleeve
        width = (1 - part) * 0.92 * (self.armpit - shoulder[1]) + part * self.sleeve_end
        sine, cosine = math.sin(math.radians(self.angle)), math.cos(math.radians(self.angle))
        aside = (across - 0.5) * width
        return x - along * sine + aside * cosine, y + along * cosine + aside * sine

    def left_sleeve(self) -> Points:
        """Returns the outline of the left sleeve; its upper end lies below the front."""
        x, y = -self.shoulder, self.top + self.slope
        end, bend = self.sleeve, 0.55 * self.sleeve
        top = [(x + 4, y - 0.6), (x, y + 0.6), self.arm(0.22 * end, 0.03)]
        outer = spline(*top, self.arm(bend, 0), self.arm(end, 0))
        inner = spline(self.arm(end, 1), self.arm(bend, 1), (-self.chest + 1, self.armpit))
        return join(outer, inner, [(x + 6, self.armpit - 4)])


def draw_sleeves(canvas: Canvas, cloth: Fabric, bodice: Bodice) -> None:
    """Draws both sleeves with their creases."""
    if not bodice.sleeve:
        return
    outline, end = bodice.left_sleeve(), bodice.sleeve
    for _ in canvas.sides():
        canvas.part(outline, cloth, angle=bodice.angle)
        canvas.fold([bodice.arm(0.1 * end, 0.75), bodice.arm(0.9 * end, 0.75)], -0.12, 1.8)
        canvas.fold([bodice.arm(0.1 * end, 0.3), bodice.arm(0.9 * end, 0.3)], 0.08, 2)
        if end > 40:
            for part, start in ((0.47, 0.9), (0.56, 0.25), (0.88, 0.8)):
                x, y = bodice.arm(part * end, 0.5)
                crease = spline(bodice.arm(part * end, start), (x, y + 1.2), (x + 1, y + 0.8))
                canvas.fold(crease, -0.2, 1.2)


def draw_cuffs(canvas: Canvas, bodice: Bodice, height: float, *, ribbed: bool) -> None:
    """Draws a band at the end of both sleeves: gathered when ribbed, else a little wider."""
    end, start = bodice.sleeve, bodice.sleeve - height
    wider = -0.08 if ribbed else 0.07
    seam = (bodice.arm(start, min(-wider, 0)), bodice.arm(start, 1 + max(wider, 0)))
    edge = (bodice.arm(end, -wider), bodice.arm(end, 1 + wider))
    for _ in canvas.sides():
        canvas.part([*seam, *edge[::-1]], canvas.palette.base, puff=0.14)
        if ribbed:
            ribs(canvas, seam, edge)


def draw_front(
    canvas: Canvas, cloth: Fabric, bodice: Bodice, kind: str, hem: Points | None = None
) -> None:
    """Draws the inside of the back at the neck, then the front."""
    neck, top = bodice.neck, bodice.top
    back = symmetric(spline((0, top + 1.2), (-0.6 * neck, top + 0.7), (-neck, top)))
    canvas.part(join(back, bodice.neckline(kind)), canvas.palette.inside, width=0.4, puff=0)
    canvas.part(box(-1.5, top + 2, 1.5, top + 3.6), OFF_WHITE, width=0, puff=0)  # the label
    canvas.part(bodice.front(kind, hem), cloth)


def draw_neckband(
    canvas: Canvas, bodice: Bodice, kind: str, width: float, *, ribbed: bool = False
) -> None:
    """Draws a band along the front neckline."""
    inner, outer = bodice.neckline(kind), bodice.neckline(kind, width)
    paint = mix(canvas.palette.base, canvas.palette.outline, 0.12)
    canvas.part(join(inner, outer[::-1]), paint, width=0.4, puff=0.12)
    if ribbed and kind == "V-Neck":
        for side in (0, 1):
            ribs(
                canvas,
                (tuple(inner[side]), tuple(inner[side + 1])),
                (tuple(outer[side]), tuple(outer[side + 1])),
            )
    elif ribbed:
        for index in range(2, len(inner) - 2, 2):
            canvas.line([tuple(inner[index]), tuple(outer[index])], width=0.3)


def draw_creases(canvas: Canvas, bodice: Bodice) -> None:
    """Draws the soft creases of hanging cloth."""
    rng, low = canvas.rng, bodice.bottom
    chest, waist, armpit = bodice.chest, bodice.waist, bodice.armpit
    for _ in canvas.sides():
        start = (-chest + 3, armpit + 1)
        canvas.fold(spline(start, (-chest + 7, armpit + 7), (-chest + 8, armpit + 15)), -0.14, 2)
        canvas.fold(
            spline((-waist, low - 17), (-waist + 6, low - 14), (-waist + 9, low - 8)), -0.12, 2
        )
        x = -rng.uniform(5, 11)
        canvas.fold([(x, low - rng.uniform(18, 26)), (x - 2, low)], -0.1, 2.4)
        canvas.fold([(x + 3, low - 18), (x + 2, low)], 0.07, 2.4)
    canvas.fold([(-0.5 * chest, armpit), (-0.45 * chest, low - 14)], 0.08, 5)


def draw_collar(canvas: Canvas, cloth: Fabric, bodice: Bodice, tip: float) -> None:
    """Draws a turned-down collar whose leaves end `tip` units below the neck."""
    neck, top = bodice.neck, bodice.top
    back = join(spline((0, top - 3.6), (-0.7 * neck, top - 3), (-neck - 0.4, top)), [(0, top + 6)])
    canvas.part(symmetric(back), canvas.palette.base, puff=0.1)
    inside = join(
        spline((0, top - 1.4), (-0.6 * neck, top - 0.9), (-neck + 1, top + 1)), [(0, top + 6)]
    )
    canvas.part(symmetric(inside), canvas.palette.inside, width=0.4, puff=0)
    canvas.part(box(-1.5, top + 0.2, 1.5, top + 1.8), OFF_WHITE, width=0, puff=0)
    leaf = join(
        spline((-neck + 0.4, top - 2.2), (-neck - 1.6, top + 1.2), (-neck - 1.8, top + 4.5)),
        [(-neck + 1.6, top + tip), (-0.2, top + 6.2)],
        spline((-0.2, top + 6.2), (-0.6 * neck, top + 2.6), (-neck + 0.4, top - 2.2)),
    )
    for _ in canvas.sides():
        canvas.part(leaf, cloth, angle=35, puff=0.24)


def draw_placket(canvas: Canvas, cloth: Fabric, top: float, bottom: float, count: int) -> None:
    """Draws a strip down the middle with `count` buttons."""
    canvas.part(box(-1.7, top, 1.7, bottom), cloth, width=0, puff=0)
    for x in (-1.7, 1.7):
        canvas.line([(x, top), (x, bottom)], width=0.45)
    step = (bottom - top - 6) / (count - 1)
    buttons(canvas, [(0, top + 3 + step * index) for index in range(count)])


def draw_chest_pocket(canvas: Canvas, cloth: Fabric, bodice: Bodice) -> None:
    """Draws a patch pocket on one side of the chest."""
    with canvas.shifted(0.5 * bodice.chest, bodice.armpit + 1):
        outline: list[Point] = [(-4.6, 0), (4.6, 0), (4.6, 9), (0, 11.4), (-4.6, 9)]
        canvas.part(outline, cloth, width=0.45, puff=0.12)
        canvas.line([(-4.6, 2), (4.6, 2)], width=0.4)


def neck_of(garment: Garment) -> str:
    """Returns the kind of neckline a garment's details name; a round one is the default."""
    return "V-Neck" if "V-Neck" in garment.details else "Round Neck"
