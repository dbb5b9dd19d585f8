"""Small things sewn on many garments: buttons, zips, ribs, waistbands, bows and prints."""

from collections.abc import Sequence

from wardrobe.rendering.canvas import Canvas
from wardrobe.rendering.colours import INK, OFF_WHITE, STEEL, Colour, mix
from wardrobe.rendering.shapes import (
    Point,
    Points,
    between,
    box,
    ellipse,
    join,
    spline,
    symmetric,
    trace,
)


def buttons(canvas: Canvas, places: Sequence[Point], diameter: float = 1.8) -> None:
    """Draws round buttons that stand out from the cloth."""
    colour = OFF_WHITE if canvas.palette.is_dark else (96, 84, 76)
    for x, y in places:
        metal(canvas, ellipse(x, y, diameter), colour)
        for hole in (-0.27, 0.27):
            canvas.part(ellipse(x + hole, y, 0.26), INK, width=0, puff=0)


def metal(canvas: Canvas, outline: Points, colour: Colour) -> None:
    """Draws a small flat thing of metal, horn or plastic."""
    canvas.part(outline, colour, edge=mix(colour, INK, 0.5), width=0.35, puff=0)


def buckle(canvas: Canvas, outline: Points, hole: Points, strap: Colour, frame: Colour) -> None:
    """Draws a metal frame with the strap showing through its hole."""
    edge = mix(frame, INK, 0.5)
    canvas.part(outline, frame, edge=edge, width=0.4, puff=0.35)
    canvas.part(hole, strap, edge=edge, width=0.4, puff=0)


def zip_line(canvas: Canvas, top: Point, bottom: Point) -> None:
    """Draws a closed zip with its teeth and, at the top, the slider."""
    canvas.cord([top, bottom], mix(STEEL, INK, 0.35), 1.2, canvas.palette.outline)
    canvas.stitches([top, bottom], (226, 228, 232), 0.8)
    x, y = top
    metal(canvas, box(x - 0.9, y, x + 0.9, y + 2.6, 0.5), STEEL)
    metal(canvas, box(x - 0.6, y + 2.4, x + 0.6, y + 5, 0.5), STEEL)


def ribs(canvas: Canvas, top: tuple[Point, Point], bottom: tuple[Point, Point]) -> None:
    """Draws the lines of ribbed knit between a top and a bottom edge, each given by its ends."""
    (left, y), (right, other) = top
    count = round(((right - left) ** 2 + (other - y) ** 2) ** 0.5 / 1.3)
    for index in range(1, count):
        part = index / count
        canvas.line([between(*top, part), between(*bottom, part)], width=0.4)


def waistband(canvas: Canvas, waist: float, top: float, height: float) -> None:
    """Draws a waistband `2 * waist` wide and, behind it, the inside of the garment's back."""
    front = spline((0, top + 1.6), (-waist * 0.6, top + 1.0), (-waist, top))
    back = spline((-waist, top), (-waist * 0.6, top - 0.6), (0, top - 0.8))
    canvas.part(symmetric(join(front, back)), canvas.palette.inside, width=0.45, puff=0)
    lower = spline(
        (-waist - 0.7, top + height), (-waist * 0.6, top + height + 1), (0, top + height + 1.6)
    )
    canvas.part(symmetric(join(front, lower)), canvas.palette.base, puff=0.14)


def elastic(canvas: Canvas, waist: float, top: float, height: float) -> None:
    """Draws a gathered waistband."""
    waistband(canvas, waist, top, height)
    for _ in canvas.sides():
        low = top + height
        ribs(canvas, ((-waist + 0.3, top + 0.4), (0, top + 1.9)), ((-waist, low), (0, low + 1.4)))


def drawstring(canvas: Canvas, top: float) -> None:
    """Draws a tied drawstring with hanging ends."""
    cord = trim(canvas)
    bow(canvas, 0, top, 7, cord)
    for _ in canvas.sides():
        string = spline((0, top), (-1.6, top + 6), (-1.4, top + 12))
        canvas.cord(string, cord, 0.65, mix(cord, INK, 0.35))
        canvas.line(string[-3:], STEEL, 1.0)


def trim(canvas: Canvas) -> Colour:
    """Returns the colour of cords and stripes: light on dark cloth, dark on light cloth."""
    return OFF_WHITE if canvas.palette.is_dark else canvas.palette.accent


def bow(canvas: Canvas, x: float, y: float, width: float, colour: Colour | None = None) -> None:
    """Draws a tied bow."""
    paint = colour or mix(canvas.palette.base, canvas.palette.outline, 0.3)
    unit = width / 10
    with canvas.shifted(x, y):
        for _ in canvas.sides():
            canvas.part(unit * trace("0,0 -3.4,3.4 -4,8 | -0.6,6.6 | 0,0"), paint, puff=0.1)
        for _ in canvas.sides():
            canvas.part(unit * trace("0,0 -3.6,-3.4 -5.2,-0.4 -3.6,3 0,0"), paint, puff=0.3)
        canvas.part(unit * box(-1.2, -1.5, 1.2, 1.5, 0.8), paint, puff=0.2)


def graphic(canvas: Canvas, x: float, y: float, width: float) -> None:
    """Draws one of a few prints, in colours that stand out from the cloth."""
    half, base = width / 2, canvas.palette.base
    ink = OFF_WHITE if canvas.palette.is_dark else (44, 48, 62)
    brights: list[Colour] = [(232, 92, 70), (246, 196, 70), (72, 166, 190)]
    bright = canvas.rng.choice([c for c in brights if _apart(c, base)])

    def fill(outline: Points, colour: Colour) -> None:
        canvas.part(outline * half, colour, width=0, puff=0)

    with canvas.shifted(x, y):
        motif = canvas.rng.choice(("mountains", "star", "bars", "waves"))
        if motif == "mountains":
            fill(ellipse(0.25, -0.35, 0.9), bright)
            fill(join([(-1, 0.6), (-0.35, -0.4), (0, 0.1), (0.4, -0.25), (1, 0.6)]), ink)
        elif motif == "star":
            fill(ellipse(0, 0, 2), ink)
            fill(ellipse(0, 0, 1.72), base)
            fill(_star(0.7), bright)
        elif motif == "bars":
            for index, paint in enumerate((ink, bright, ink)):
                side, top = 1 - 0.18 * index, -0.6 + 0.48 * index
                fill(box(-side, top, side, top + 0.3), paint)
        else:
            for level, paint in ((-0.5, ink), (0, bright), (0.5, ink)):
                wave = trace("-1,0 -0.5,-0.3 0,0 0.5,0.3 1,0") + (0, level)
                canvas.line(wave * half, paint, 1.5)


def _star(radius: float) -> Points:
    outer, inner = ellipse(0, 0, 2 * radius), ellipse(0, 0, 0.8 * radius)
    points = [(outer if i % 2 == 0 else inner)[(4 * i - 10) % 40] for i in range(10)]
    return join(points)


def _apart(first: Colour, second: Colour) -> bool:
    return sum(abs(a - b) for a, b in zip(first, second, strict=True)) > 150
