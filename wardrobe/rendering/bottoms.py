"""How garments for the lower body are drawn."""

from dataclasses import dataclass, replace
from random import Random

from wardrobe.rendering.canvas import Canvas
from wardrobe.rendering.colours import GOLD, OFF_WHITE, Colour
from wardrobe.rendering.garment import Garment
from wardrobe.rendering.parts import (
    buttons,
    drawstring,
    elastic,
    metal,
    ribs,
    trim,
    waistband,
)
from wardrobe.rendering.patterns import Fabric
from wardrobe.rendering.shapes import Points, box, ellipse, join, moved, spline, symmetric

_LEG_ENDS = {"Full": 94.0, "Cropped": 76.0}


@dataclass(frozen=True)
class Legs:
    """Half widths and heights of trousers, units of the page."""

    waist: float = 14.5
    hip: float = 19.0
    knee: float = 18.5  # outer edge of the leg, from the middle
    hem_out: float = 18.0  # outer edge of the leg's end
    hem_in: float = 4.5  # inner edge of the leg's end
    top: float = 7.0
    band: float = 5.0  # height of the waistband
    rise: float = 28.0
    bottom: float = 94.0

    def varied(self, rng: Random) -> "Legs":
        """Returns legs of slightly other proportions."""
        wider = rng.uniform(0.94, 1.05)
        return replace(
            self,
            waist=self.waist * wider,
            hip=self.hip * wider,
            knee=self.knee * wider,
            hem_out=self.hem_out * wider,
            rise=self.rise + rng.uniform(-2, 2),
            bottom=self.bottom + rng.uniform(-2, 1),
        )

    @property
    def crotch(self) -> float:
        """Height of the crotch."""
        return self.top + self.rise

    @property
    def middle(self) -> float:
        """Middle of the left leg's end."""
        return -(self.hem_in + self.hem_out) / 2

    def side(self, inset: float = 0) -> Points:
        """Returns the left side from the waist to the hem, `inset` units inside."""
        knee = self.crotch + 0.45 * (self.bottom - self.crotch)
        return spline(
            (-self.waist + inset, self.top),
            (-self.hip + inset, self.crotch - 10),
            (-self.knee + inset, knee),
            (-self.hem_out + inset, self.bottom),
        )

    def left(self) -> Points:
        """Returns the outline of the left half."""
        knee = self.crotch + 0.45 * (self.bottom - self.crotch)
        inner = spline((-self.hem_in, self.bottom + 0.8), (-3, knee), (-0.4, self.crotch))
        return join([(0, self.top)], self.side(), inner)

    def fly(self) -> Points:
        """Returns the stitched curve beside the fly."""
        low = self.crotch - 7
        return spline((-4, self.top + self.band), (-4, low - 7), (-3, low - 2), (-0.2, low))


def _draw_legs(canvas: Canvas, cloth: Fabric, legs: Legs, *, lean: float = 2) -> None:
    """Draws both legs with their creases, and the middle seam."""
    crotch, low = legs.crotch, legs.bottom
    gusset = [(-5, crotch - 10), (5, crotch - 10), (2.6, crotch + 5), (-2.6, crotch + 5)]
    canvas.part(gusset, canvas.palette.inside, width=0, puff=0)
    outline = legs.left()
    for _ in canvas.sides():
        canvas.part(outline, cloth, angle=lean)
    for _ in canvas.sides():
        for reach, drop in ((-10, 1), (-13, 6)):
            end = (reach, crotch - 4 + drop)
            canvas.fold(
                spline((-1, crotch - 3), (0.6 * reach, crotch - 3 + 0.4 * drop), end), -0.14, 1
            )
        if low > 70:
            knee = 0.5 * (crotch + low)
            for y, start, reach in ((knee - 3, 0.2, 9), (knee + 2, 0.9, -8), (low - 6, 0.9, -7)):
                x = -legs.hem_in + start * (legs.hem_in - legs.knee)
                y += canvas.rng.uniform(-2, 2)
                canvas.fold(
                    spline((x, y), (x - 0.5 * reach, y + 1.8), (x - reach, y + 1.6)), -0.12, 1
                )
        canvas.fold([(-0.55 * legs.hip, crotch - 8), (legs.middle - 1, low - 4)], 0.1, 4)
    canvas.line([(0, legs.top + legs.band), (0, crotch)], canvas.palette.outline, 0.5)


def _belt_loops(canvas: Canvas, legs: Legs) -> None:
    for _ in canvas.sides():
        for part in (0.36, 0.74):
            x, y = -part * legs.waist, legs.top + 1.6 * (1 - part)
            loop = box(x - 0.75, y - 0.3, x + 0.75, y + legs.band + 0.6, 0.3)
            canvas.part(loop, canvas.palette.base, width=0.4, puff=0.1)


def draw_jeans(canvas: Canvas, garment: Garment) -> None:
    """Draws jeans: contrasting stitches, scooped pockets, worn-in thighs."""
    rng = canvas.rng
    legs = Legs(
        hem_out=rng.uniform(15.5, 19.5),
        hem_in=rng.uniform(3.5, 5),
        bottom=_LEG_ENDS[garment.leg_length],
    ).varied(rng)
    thread = _denim_thread(canvas.palette.base)
    _draw_legs(canvas, Fabric("Solid", canvas.palette, rng), legs)
    top, crotch, low = legs.top, legs.crotch, legs.bottom
    for _ in canvas.sides():
        canvas.fold([(-9, crotch - 8), (legs.middle, crotch + 12)], 0.22, 5)  # worn-in thighs
        canvas.fold([(legs.middle, crotch + 12), (legs.middle, low - 10)], 0.1, 4)
        canvas.stitches(legs.side(1.3)[8:], thread)
        canvas.stitches([(-legs.hem_out, low - 2), (-legs.hem_in, low - 1.4)], thread)
        scoop = spline(
            (-0.5 * legs.waist, top + 6),
            (-0.62 * legs.waist, top + 11),
            (-legs.hip + 1.4, top + 13),
        )
        canvas.line(scoop, canvas.palette.outline, 0.55)
        for shift in (0.9, 1.8):
            canvas.stitches(moved(scoop, 0.4 * shift, shift), thread)
        for x, y in (scoop[2], scoop[-4]):
            metal(canvas, ellipse(x, y + 0.6, 1.1), GOLD)
    for shift in (0, -0.9):
        canvas.stitches(moved(legs.fly(), shift), thread)
    coin = [(8, top + 9.5), (8.4, top + 13), (13, top + 13.4)]
    canvas.stitches(coin, thread)
    waistband(canvas, legs.waist, top, legs.band)
    for y in (0.8, legs.band - 0.7):
        edge = spline((-legs.waist, top + y), (0, top + y + 1.6), (legs.waist, top + y))
        canvas.stitches(edge, thread)
    _belt_loops(canvas, legs)
    metal(canvas, ellipse(0, top + 1.6 + 0.5 * legs.band, 2.6), GOLD)


def _denim_thread(base: Colour) -> Colour:
    """Returns the colour of jeans' stitches: orange wherever that shows."""
    red, _, blue = base
    if red > 170 and blue < 120:  # on red, orange and yellow it would not
        return OFF_WHITE
    return (196, 136, 70) if min(base) > 150 else (232, 156, 66)


def draw_trousers(canvas: Canvas, garment: Garment) -> None:
    """Draws trousers with pressed creases and slanted pockets."""
    legs = Legs(
        hip=18, knee=17, hem_out=15.5, hem_in=4, band=4.5, bottom=_LEG_ENDS[garment.leg_length]
    ).varied(canvas.rng)
    scale = 0.7 if garment.pattern == "Striped" else 1
    cloth = Fabric(garment.pattern, canvas.palette, canvas.rng, scale=scale)
    _draw_legs(canvas, cloth, legs, lean=0)
    top = legs.top
    for _ in canvas.sides():
        crease = [(-0.52 * legs.waist, top + 9), (legs.middle, legs.bottom - 0.6)]
        canvas.line(crease, width=0.5)
        canvas.fold(moved(crease, -0.9), -0.24, 1.3)
        canvas.fold(moved(crease, 1), 0.18, 1.3)
        slant = [(-0.7 * legs.waist, top + 5), (-legs.hip + 0.8, legs.crotch - 8)]
        canvas.line(slant, canvas.palette.outline, 0.55)
        canvas.line(moved(slant, 0.9, 0.3), width=0.35)
        if "Pleats" in garment.details:
            for part in (0.36, 0.52):
                x = -part * legs.waist
                canvas.line([(x, top + 5), (x, top + 12)], canvas.palette.outline, 0.45)
                canvas.fold([(x - 0.7, top + 5), (x - 0.7, top + 11)], -0.3, 1.2)
    canvas.line(legs.fly(), width=0.4)
    waistband(canvas, legs.waist, top, legs.band)
    tab = [(0, top + 1.6), (-4.4, top + 1.4), (-5.6, top + 3.6), (-4.4, top + 5.8), (0, top + 6.1)]
    canvas.line(tab, canvas.palette.outline, 0.45)
    _belt_loops(canvas, legs)


def draw_shorts(canvas: Canvas, garment: Garment) -> None:
    """Draws wide shorts."""
    legs = Legs(
        waist=20, hip=25.5, knee=27.5, hem_out=29.5, hem_in=2.6, top=17, rise=29,
        bottom={"Short": 64, "Knee": 84}[garment.leg_length],
    ).varied(canvas.rng)  # fmt: skip
    _draw_legs(canvas, Fabric(garment.pattern, canvas.palette, canvas.rng), legs, lean=6)
    top, low = legs.top, legs.bottom
    for _ in canvas.sides():
        if "Pockets" in garment.details:
            x, y = -0.62 * legs.waist, top + legs.band + 1
            pocket = spline((x, y), (-0.8 * legs.hip, y + 9), (-legs.hip, y + 13))
            canvas.line(pocket, canvas.palette.outline, 0.6)
            canvas.line(moved(pocket, 0.8, 1), width=0.35)
        canvas.line([(-legs.hem_out + 0.3, low - 2.8), (-legs.hem_in, low - 2)], width=0.35)
    if "Drawstring" in garment.details:
        elastic(canvas, legs.waist, top, legs.band)
        drawstring(canvas, top + 5)
    else:
        canvas.line(legs.fly(), width=0.35)
        waistband(canvas, legs.waist, top, legs.band)
        _belt_loops(canvas, legs)
        buttons(canvas, [(0, top + 1.6 + 0.5 * legs.band)], 2.4)


def draw_track_pants(canvas: Canvas, garment: Garment) -> None:
    """Draws track pants: stripes down the sides and an elastic waist."""
    ribbed = "Ribbing" in garment.details
    legs = Legs(
        hip=19.5, knee=18.5, hem_out=14 if ribbed else 16, hem_in=6 if ribbed else 5, rise=30,
        bottom=_LEG_ENDS[garment.leg_length],
    ).varied(canvas.rng)  # fmt: skip
    _draw_legs(canvas, Fabric("Solid", canvas.palette, canvas.rng), legs)
    count, low = canvas.rng.choice((1, 2, 3)), legs.bottom
    for _ in canvas.sides():
        for index in range(count):
            canvas.line(legs.side(1.8 + 1.9 * index), trim(canvas), 1.0 if count > 1 else 2.0)
        if "Pockets" in garment.details:
            x = -legs.waist + 1.4 + 1.9 * count
            slot = [(x, legs.top + 9), (x - 2.5, legs.top + 22)]
            canvas.line(slot, canvas.palette.outline, 0.9)
            canvas.fold(moved(slot, 0.8), -0.3, 1.2)
        if ribbed:
            edge = ((-legs.hem_out - 0.4, low - 6), (-legs.hem_in + 0.7, low - 6))
            end = ((-legs.hem_out + 0.4, low + 0.7), (-legs.hem_in, low + 0.8))
            canvas.part([*edge, *end[::-1]], canvas.palette.base, puff=0.16)
            ribs(canvas, edge, end)
    elastic(canvas, legs.waist, legs.top, legs.band)
    drawstring(canvas, legs.top + 5)


def draw_skirt(canvas: Canvas, garment: Garment) -> None:
    """Draws a flared skirt: pleated, tiered or buttoned."""
    rng = canvas.rng
    waist, hem = rng.uniform(14, 16.5), rng.uniform(28, 36)
    top, low = 20.0, rng.uniform(66, 86)
    cloth = Fabric(garment.pattern, canvas.palette, rng)
    if "Ruffles" in garment.details:
        for tier in (1.0, 0.7, 0.38):
            _draw_tier(canvas, cloth, waist + (hem - waist) * tier, top, top + (low - top) * tier)
    else:
        side = spline((-waist, top), (-waist - 4.5, top + 10), (-hem, low - 2))
        edge = spline((-hem, low - 2), (-0.55 * hem, low + 1.4), (0, low + 2.4))
        canvas.part(symmetric(join([(0, top)], side, edge)), cloth)
    pleated = "Pleats" in garment.details
    count = 13 if pleated else 5
    for index in range(count):
        part = 2 * (index + 0.5) / count - 1
        crease = spline(
            (part * waist, top),
            (part * (waist + 4.5), top + 12),
            (part * hem, low + 2 - 4 * part**2),
        )
        if pleated:
            canvas.line(crease, canvas.palette.outline, 0.5)
        canvas.fold(moved(crease, 1.1), -0.26, 2)
        canvas.fold(moved(crease, -1.4), 0.14, 2)
    waistband(canvas, waist, top - 4, 4.5)
    if "Buttons" in garment.details:
        for x in (-2, 2):
            canvas.line([(x, top + 2), (x, low + 2)], width=0.5)
        step = (low - top - 8) / 5
        buttons(canvas, [(0, top + 5 + step * index) for index in range(6)], 2.2)


def _draw_tier(canvas: Canvas, cloth: Fabric, half: float, top: float, low: float) -> None:
    """Draws a skirt that widens to `half` at `low` and ends in waves, gathered above them."""
    knots = []
    for index in range(17):
        part = index / 8 - 1
        knots.append((part * half, low + 2.2 * (1 - part**2) + (1.2 if index % 2 else -1.2)))
    canvas.part(join([(14, top), (-14, top)], spline(*knots)), cloth, puff=0.3)
    for x, y in knots[1:-1:2]:
        canvas.fold([(0.93 * x, y - 9), (x, y - 1)], -0.2, 1.2)
