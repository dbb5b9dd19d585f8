"""Small things sewn on many garments: buttons, zips, ribs, buckles, bows and prints."""

from collections.abc import Sequence

from wardrobe.rendering.canvas import Canvas
from wardrobe.rendering.colours import INK, OFF_WHITE, STEEL, Colour, luminance, mix
from wardrobe.rendering.shapes import (
    Point,
    Points,
    between,
    blob,
    box,
    ellipse,
    join,
    mirror,
    spline,
)


def buttons(canvas: Canvas, places: Sequence[Point], diameter: float = 1.7) -> None:
    """Draws round buttons that stand out from the cloth."""
    light = luminance(canvas.palette.base) < 0.72
    colour = OFF_WHITE if light else (96, 84, 76)
    for x, y in places:
        canvas.part(ellipse(x, y, diameter), colour, edge=mix(colour, INK, 0.45), width=0.3, puff=0)
        for hole in (-0.25, 0.25):
            canvas.part(ellipse(x + hole, y, 0.24), INK, width=0, puff=0)


def zip_line(canvas: Canvas, points: Points | Sequence[Point]) -> None:
    """Draws a zip with its teeth and, at its start, the slider."""
    canvas.line(points, canvas.palette.outline, 1.9)
    canvas.line(points, mix(STEEL, INK, 0.35), 1.2)
    canvas.stitches(points, (226, 228, 232), 0.8)
    x, y = float(points[0][0]), float(points[0][1])
    canvas.part(box(x - 0.9, y, x + 0.9, y + 2.6, 0.5), STEEL, edge=INK, width=0.3, puff=0)
    canvas.part(box(x - 0.6, y + 2.4, x + 0.6, y + 5, 0.5), STEEL, edge=INK, width=0.3, puff=0)


def ribs(canvas: Canvas, top: tuple[Point, Point], bottom: tuple[Point, Point], count: int) -> None:
    """Draws the lines of ribbed knit between a top and a bottom edge, each given by its ends."""
    for index in range(1, count):
        part = index / count
        canvas.line([between(*top, part), between(*bottom, part)], width=0.4)


def bow(canvas: Canvas, place: Point, width: float, colour: Colour | None = None) -> None:
    """Draws a tied bow."""
    x, y = place
    paint = colour or mix(canvas.palette.base, canvas.palette.outline, 0.3)
    half = width / 2
    for tail in ([(x, y), (x - half * 0.7, y + half * 1.5), (x - half * 0.1, y + half * 1.3)],):
        canvas.part(blob(*tail), paint, puff=0.1)
        canvas.part(mirror(blob(*tail), x), paint, puff=0.1)
    loop = blob(
        (x, y), (x - half * 0.8, y - half * 0.62), (x - half, y), (x - half * 0.8, y + half * 0.6)
    )
    for side in (loop, mirror(loop, x)):
        canvas.part(side, paint, puff=0.3)
    canvas.part(ellipse(x, y, half * 0.5, half * 0.6), paint, puff=0.2)


def buckle(canvas: Canvas, outline: Points, hole: Points, behind: Colour, metal: Colour) -> None:
    """Draws a metal frame with the strap showing through its hole."""
    canvas.part(outline, metal, edge=mix(metal, INK, 0.5), width=0.4, puff=0.35)
    canvas.part(hole, behind, edge=mix(metal, INK, 0.5), width=0.4, puff=0)


def graphic(canvas: Canvas, place: Point, width: float) -> None:
    """Draws one of a few prints, in colours that stand out from the cloth."""
    rng, (x, y), half = canvas.rng, place, width / 2
    ink = OFF_WHITE if luminance(canvas.palette.base) < 0.62 else (44, 48, 62)
    bright = rng.choice(
        [
            c
            for c in ((232, 92, 70), (246, 196, 70), (72, 166, 190))
            if _apart(c, canvas.palette.base)
        ]
    )
    motif = rng.randrange(4)
    if motif == 0:  # sun over mountains
        canvas.part(ellipse(x + half * 0.25, y - half * 0.35, half * 0.9), bright, width=0, puff=0)
        range_ = [
            (x - half, y + half * 0.6),
            (x - half * 0.35, y - half * 0.4),
            (x, y + half * 0.1),
            (x + half * 0.4, y - half * 0.25),
            (x + half, y + half * 0.6),
        ]
        canvas.part(join(range_), ink, width=0, puff=0)
    elif motif == 1:  # star in a ring
        canvas.part(ellipse(x, y, width), ink, width=0, puff=0)
        canvas.part(ellipse(x, y, width * 0.86), canvas.palette.base, width=0, puff=0)
        canvas.part(star(x, y, half * 0.68), bright, width=0, puff=0)
    elif motif == 2:  # three bars
        for index, paint in enumerate((ink, bright, ink)):
            top = y - half * 0.6 + index * half * 0.48
            inset = half * 0.18 * index
            canvas.part(
                box(x - half + inset, top, x + half - inset, top + half * 0.3),
                paint,
                width=0,
                puff=0,
            )
    else:  # wave
        for index, paint in enumerate((ink, bright, ink)):
            level = y + (index - 1) * half * 0.5
            wave = spline(
                (x - half, level),
                (x - half / 2, level - half * 0.3),
                (x, level),
                (x + half / 2, level + half * 0.3),
                (x + half, level),
            )
            canvas.line(wave, paint, 1.5)


def star(x: float, y: float, radius: float) -> Points:
    """Returns a five-pointed star."""
    outer, inner = ellipse(x, y, 2 * radius), ellipse(x, y, 0.8 * radius)
    points = [tuple((outer if i % 2 == 0 else inner)[(4 * i - 10) % 40]) for i in range(10)]
    return join(points)


def _apart(first: Colour, second: Colour) -> bool:
    return sum(abs(a - b) for a, b in zip(first, second, strict=True)) > 150
