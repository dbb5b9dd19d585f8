"""How caps, ties, belts, socks, scarves, sunglasses and watches are drawn."""

import math

from wardrobe.rendering.canvas import Canvas
from wardrobe.rendering.colours import GOLD, INK, OFF_WHITE, STEEL, luminance, mix
from wardrobe.rendering.garment import Garment
from wardrobe.rendering.parts import buckle, graphic, metal, ribs
from wardrobe.rendering.patterns import Fabric
from wardrobe.rendering.shapes import (
    Points,
    arch,
    blob,
    box,
    ellipse,
    join,
    moved,
    scaled,
    spline,
    symmetric,
    trace,
)

_LENSES = {
    "round": "-20,37 -9,41 -6,52 -12,62 -22,63.5 -32,58 -34.6,48 -31,40",
    "square": "-20,39.4 -7,40.4 -5.4,47 -8,58 -14,61.6 -26,61.4 -33.4,56.4 -35.4,44 -32,39.8",
    "cat-eye": "-20,41 -7,43 -5.6,50 -10,59 -21,62.4 -31.6,57 -36.6,44 -39,36.6 -31,38.4",
    "aviator": "-20,38.6 -7,40.4 -5.8,46 -10,57 -20,65 -30,63 -35.4,52 -34.6,42 -30,39",
}


def draw_cap(canvas: Canvas, garment: Garment) -> None:
    """Draws a baseball cap."""
    base, outline = canvas.palette.base, canvas.palette.outline
    tall, brim = canvas.rng.uniform(-3, 3), canvas.rng.uniform(-2, 2)
    top = 25 - tall
    dome = spline(
        (-36, 61),
        (-35, 44 - 0.6 * tall),
        (-24, top + 5),
        (-8, top),
        (8, top + 5),
        (17, 43),
        (19, 58),
    )
    canvas.part(join(dome, trace("19,58 0,64 -20,65 -36,61")), base, puff=0.3)
    seams = (
        spline((-8, top), (-19, top + 12), (-22.5, 50), (-22, 64)),
        spline((-8, top), (2, top + 12), (5, 50), (4, 62.8)),
    )
    for seam in seams:
        canvas.line(seam, outline, 0.55)
        for shift in (-1.1, 1.1):
            canvas.stitches(moved(seam, shift, 0.4), width=0.35)
        canvas.fold(moved(seam, 1.8), -0.14, 2.2)
    for x, y in ((-15, top + 12.5), (-1.5, top + 12.5), (-29, top + 21)):
        eyelet = ellipse(x, y, 1.6)
        canvas.part(eyelet, canvas.palette.inside, edge=canvas.palette.seam, width=0.35, puff=0)
    canvas.part(box(-10.4, top - 1.8, -5.6, top + 1, 1.2), base)
    if garment.pattern == "Graphic":
        graphic(canvas, -8, 50, 16)
    canvas.line(trace("-35.6,58.6 -20,62.6 0,61.8 19,56"), width=0.45)
    visor = join(
        trace("-4,63 8,59 19,56.4"),
        spline((19, 56.4), (30, 58.5), (40 + brim, 64.5), (42 + brim, 69), (38 + brim, 70.4)),
        spline((38 + brim, 70.4), (26, 67), (12, 65.8), (-4, 63)),
    )
    canvas.part(visor, base, puff=0.3)
    for inset in (0, 1, 2):
        knots = (
            (8 - 2 * inset, 63),
            (22 - inset, 61.6 + inset),
            (34 + brim - 2 * inset, 65.4 + 0.6 * inset),
        )
        canvas.stitches(spline(*knots), width=0.35)
    canvas.fold(trace("-25,34 -30,44 -31,54"), 0.18, 4)


def draw_tie(canvas: Canvas, garment: Garment) -> None:
    """Draws a knotted tie."""
    rng = canvas.rng
    cloth = Fabric(garment.pattern, canvas.palette, rng, stripes=rng.choice((-38, 38)), scale=0.85)
    dark = mix(canvas.palette.base, canvas.palette.outline, 0.35)
    width, low = rng.uniform(10, 14), rng.uniform(88, 93)
    tail = [
        (-2.5, 17),
        (3, 17),
        (0.6 * width + 2, low - 17),
        (0.2 * width + 2, low - 9),
        (-3, low - 14),
    ]
    canvas.part(tail, dark, puff=0.1)
    side = spline((-3.4, 16), (-4.6, 30), (-0.82 * width, low - 22), (-width, low - 12))
    canvas.part(symmetric(join([(0, 16)], side, [(0, low)])), cloth, puff=0.28)
    canvas.fold([(0.5, 26), (0.5, low - 12)], 0.12, 3)
    canvas.fold(trace("-1.4,18 -0.4,26 -1.2,38"), -0.28, 1.4)
    knot = join(trace("0,7.4 -4.4,7.2 -7.4,8 | -7.4,8 -5,14 -3.4,18"), [(0, 19)])
    canvas.part(symmetric(knot), cloth, angle=34, puff=0.3)
    canvas.part(symmetric(trace("0,5.6 -4.4,4.8 -8.2,6.8 -7.4,8.6 0,8.2")), dark, puff=0.15)


def draw_belt(canvas: Canvas, garment: Garment) -> None:
    """Draws a closed belt, buckle in front."""
    rng, base = canvas.rng, canvas.palette.base
    wide, frame = rng.uniform(6.5, 9), rng.choice((STEEL, GOLD))
    back, front = 33 + rng.uniform(-2, 3), 58 + rng.uniform(-2, 2)
    inside = mix(mix(base, (150, 110, 74), 0.12), INK, 0.14)

    def arc(middle: float, sides: float, half: float) -> Points:
        return arch((-half, sides), (-0.72 * half, sides + 0.72 * (middle - sides)), (0, middle))

    canvas.part(join(arc(back, 46, 38.5), arc(back + wide, 47 + wide, 36)[::-1]), inside)
    ends = [(39.4, 46 + 0.5 * wide), (38.2, 46 + wide)]
    left = [(-x, y) for x, y in ends]
    canvas.part(
        join(arc(front, 46, 39), ends, arc(front + wide, 46 + wide, 38)[::-1], left[::-1]),
        base,
        puff=0.3,
    )
    if "Stitching" in garment.details:
        thread = canvas.palette.thread
        canvas.stitches(arc(front + 1.3, 47.6, 37.4), thread)
        canvas.stitches(arc(front + wide - 1.3, 44.6 + wide, 36.6), thread)
    line = arc(front + 0.5 * wide, 46 + 0.5 * wide, 38)
    for index in range(25, 38, 3):
        x, y = line[index]
        canvas.part(ellipse(x, y, 1.2), INK, edge=mix(base, INK, 0.4), width=0.3, puff=0)
    with canvas.shifted(0, front + 0.5 * wide - 0.2):
        high = 0.5 * wide
        buckle(
            canvas,
            box(-7, -1.5 * high, 6, 1.5 * high, 1.8),
            box(-4.6, -high, 3.8, high, 0.9),
            base,
            frame,
        )
        metal(canvas, box(-6.4, -0.9, 4.6, 0.9, 0.8), frame)
        keeper = box(-16, -high - 1.2, -12.6, high + 0.4, 0.5)
        canvas.part(keeper, mix(base, canvas.palette.outline, 0.2), puff=0.25)


def draw_socks(canvas: Canvas, garment: Garment) -> None:
    """Draws a pair of socks."""
    rng = canvas.rng
    cloth = Fabric(garment.pattern, canvas.palette, rng, stripes=0, scale=0.9)
    top = rng.uniform(8, 26)
    patch = canvas.palette.accent if rng.random() < 0.4 else canvas.palette.tint
    foot = trace("-6.4,40 -5,54 3,62 16,68 27,75 29,83 22,88 10,87 -6,82 -20,74 -25.4,64 -24,50")
    leg = join([(-24, top), (-6, top)], foot)
    heel = trace("-23.6,54 -19,60 -17,68 -18.4,75 | -18.4,75 -23.6,69 -25.1,62 -23.6,54")
    toe = trace("18,69 15,76 16.4,87.7 | 16.4,87.7 22,88 29,83 27,75 18,69")
    for x, y in ((10, -3), (-10, 4)):
        with canvas.shifted(x, y):
            canvas.part(leg, cloth, puff=0.26)
            canvas.part(heel, patch, width=0.4)
            canvas.part(toe, patch, width=0.4)
            edge, end = ((-24.4, top - 1), (-5.6, top - 1)), ((-24.2, top + 8), (-5.8, top + 8))
            canvas.part([*edge, *end[::-1]], canvas.palette.base, puff=0.18)
            ribs(canvas, edge, end)
            for shift in (0, 4):
                canvas.fold(moved(trace("-8,54 -13,58 -17,58"), 0, shift), -0.2, 1.5)
            canvas.fold([(-19.5, top + 10), (-20, 52)], 0.1, 3)
            canvas.fold(trace("-12,66 -2,74 10,79"), 0.1, 3)


def draw_scarf(canvas: Canvas, garment: Garment) -> None:
    """Draws a scarf as worn, both ends hanging."""
    rng = canvas.rng
    cloth = Fabric(garment.pattern, canvas.palette, rng, stripes=0, scale=1.25)
    for side, length in ((1, rng.uniform(70, 80)), (-1, rng.uniform(82, 90))):
        with canvas.shifted(4 * side, 0):
            _scarf_end(canvas, cloth, garment, side * rng.uniform(4, 9), length)
    back = blob("-22,24 -12,15 0,13 12,15 22,24 16,32 0,30 -16,32")
    canvas.part(back, mix(canvas.palette.base, canvas.palette.inside, 0.55))
    over = trace("-23,22 -24.4,30 -18,39 -6,46 6,47 | 10,36 0,34 -9,29 -14,22 -19,18.6 -23,22")
    for _ in canvas.sides():
        canvas.part(over, cloth, angle=38, puff=0.28)
        for shift, strength in ((0, -0.24), (4, 0.15), (8, -0.22)):
            wrap = trace("-21,25 -19,33 -8,42 3,45") + (0.6 * shift, -shift)
            canvas.fold(wrap, strength, 1.5)


def _scarf_end(canvas: Canvas, cloth: Fabric, garment: Garment, lean: float, length: float) -> None:
    """Draws a hanging end that leans `lean` units to the right on its way down."""
    rng, palette = canvas.rng, canvas.palette
    if "Fringe" in garment.details:
        for index in range(12):
            x = -9 + lean + 18 * index / 11
            swing = rng.uniform(-0.6, 0.6)
            strand = spline((x, length - 0.5), (x + swing, length + 3), (x + 2 * swing, length + 7))
            canvas.cord(strand, palette.base, 0.75, palette.outline)
    left = spline((-8, 34), (-9 + 0.5 * lean, 55), (-9.5 + lean, length))
    right = spline((9.5 + lean, length), (9 + 0.4 * lean, 55), (7, 34))
    canvas.part(join(left, right), cloth, angle=-0.5 * lean, puff=0.24)
    for x, strength in ((-4.5, -0.2), (0.5, 0.13), (4.5, -0.18)):
        canvas.fold(
            spline((x, 38), (1.1 * x + 0.5 * lean, 56), (1.2 * x + lean, length - 3)), strength, 1.8
        )


def draw_sunglasses(canvas: Canvas, garment: Garment) -> None:
    """Draws sunglasses of one of four shapes."""
    rng, base, outline = canvas.rng, canvas.palette.base, canvas.palette.outline
    lens = blob(_LENSES[rng.choice(tuple(_LENSES))])
    rims = scaled(lens, 1 + rng.uniform(0.22, 0.32))
    glass = mix((62, 64, 70), base, 0.1)
    x, y = lens.mean(axis=0)
    for _ in canvas.sides():  # temples, folded behind
        arm = trace("-36,43 -41,38 -38,31 -22,28")
        canvas.cord(arm, mix(base, outline, 0.25), 2.6, outline)
    canvas.cord(trace("-7,47 0,42.6 7,47"), base, 3.0, outline)
    for _ in canvas.sides():
        canvas.part(rims, base)
        canvas.part(lens, glass, edge=outline, width=0.5, puff=0.1)
        canvas.glow(scaled(lens, 0.8) + (0, 5), 0.12)
        for shift, width in ((-4, 2.6), (1, 1.2)):
            canvas.fold([(x + shift - 3.5, y + 7), (x + shift + 4.5, y - 8)], 0.32, width)
        hinge = ellipse(float(rims[:, 0].min()) + 2.4, 43.4, 1.8, 1.3)
        metal(canvas, hinge, GOLD if luminance(base) < 0.5 else STEEL)


def draw_watch(canvas: Canvas, garment: Garment) -> None:
    """Draws a wrist watch, round or square."""
    rng, base = canvas.rng, canvas.palette.base
    case, edge = rng.choice((STEEL, STEEL, GOLD)), 0.4
    half, radius = rng.uniform(10, 13), rng.uniform(18.5, 22)
    squared = rng.random() < 0.35
    dark = mix(case, INK, 0.5)
    strap = join(
        [(0, -14)],
        spline((-half, -14), (-0.9 * half, -28), (-0.74 * half, -41)),
        spline((-0.74 * half, -41), (-0.5 * half, -43.6), (0, -44)),
    )
    with canvas.shifted(0, 50):
        for upwards in (1, -1):
            canvas.part(symmetric(strap) * (1, upwards), base, puff=0.32)
            for _ in canvas.sides():
                seam = [(-half + 1.7, -20 * upwards), (-0.74 * half + 1.5, -40 * upwards)]
                canvas.line(seam, width=0.35)
        for y in (26, 30.4, 34.8, 39.2):
            canvas.part(ellipse(0, y, 1.3, 1.6), INK, width=0, puff=0)
        metal(canvas, box(radius - 1, -2.4, radius + 3.4, 2.4, 1), case)
        shape = (
            box(-radius, -radius, radius, radius, 0.42 * radius)
            if squared
            else ellipse(0, 0, 2 * radius)
        )
        canvas.part(shape, case, edge=dark, puff=0.4)
        face = base if rng.random() < 0.5 else mix(base, OFF_WHITE, 0.88)
        canvas.part(0.84 * shape, face, edge=dark, width=edge, puff=0.16)
        _draw_dial(canvas, 0.72 * radius, OFF_WHITE if luminance(face) < 0.6 else INK)
        metal(canvas, ellipse(0, 0, 2.2), case)
        canvas.fold([(-0.6 * radius, 0), (0.1 * radius, -0.66 * radius)], 0.24, 4)


def _draw_dial(canvas: Canvas, reach: float, ink: tuple[int, int, int]) -> None:
    """Draws ticks and hands around the origin."""

    def at(degrees: float, distance: float) -> tuple[float, float]:
        angle = math.radians(degrees)
        return reach * distance * math.sin(angle), -reach * distance * math.cos(angle)

    for hour in range(12):
        long = hour % 3 == 0
        canvas.line(
            [at(30 * hour, 0.8 if long else 0.88), at(30 * hour, 1)], ink, 1.2 if long else 0.6
        )
    minutes = canvas.rng.uniform(0, 720)
    canvas.line([(0, 0), at(minutes / 2, 0.5)], ink, 1.5)
    canvas.line([(0, 0), at(6 * (minutes % 60), 0.76)], ink, 1.0)
