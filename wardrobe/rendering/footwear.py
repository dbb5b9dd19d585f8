"""How shoes are drawn: a pair in profile, toe to the right; flip flops from above."""

from wardrobe.rendering.canvas import Canvas
from wardrobe.rendering.colours import GOLD, INK, OFF_WHITE, STEEL, luminance, mix
from wardrobe.rendering.garment import Garment
from wardrobe.rendering.parts import bow, buckle, metal, trim
from wardrobe.rendering.patterns import Fabric
from wardrobe.rendering.shapes import (
    blob,
    box,
    ellipse,
    join,
    moved,
    scaled,
    spline,
    trace,
    turned,
)


def draw_casual_shoes(canvas: Canvas, garment: Garment) -> None:
    """Draws a pair of laced sneakers."""
    ankle, sole = canvas.rng.uniform(-3, 2), canvas.rng.uniform(3.8, 5.6)
    for x, y in ((6, -13), (-4, 7)):
        with canvas.shifted(x, y):
            _sneaker(canvas, garment, ankle, sole)


def _sneaker(canvas: Canvas, garment: Garment, ankle: float, sole: float) -> None:
    """Draws a sneaker whose opening is `ankle` units lower than usual, on a `sole` of rubber."""
    base, outline = canvas.palette.base, canvas.palette.outline
    rubber = (228, 224, 214) if luminance(base) > 0.85 else OFF_WHITE
    up = 38 + ankle
    collar = spline((-32, up + 1), (-24, up + 5), (-15, up + 1))
    vamp = trace(f"-15,{up} -11.5,{up - 0.6} -3,42.5 7,48.5 18,51.6 29,54.4 35,58 35.6,62")
    upper = join(trace(f"-35.4,62 -36.6,52 -34.8,{up + 5} -32,{up + 1}"), collar, vamp)
    canvas.part(upper, base, puff=0.26)
    lining = join(collar, spline((-15, up + 1), (-24, up + 2), (-32, up + 1)))
    canvas.part(lining, canvas.palette.inside, width=0.3, puff=0)
    counter = trace(f"-35.4,61 -36,52 -34.2,{up + 4.6} | -29.6,{up + 5.6} -28.4,52 -27.4,61")
    canvas.part(counter, canvas.palette.tint, width=0.45, puff=0.1)
    quarter = trace("-6,61 -4,54.6 4,50")
    canvas.line(quarter, outline)
    canvas.line(moved(quarter, 1, 0.2), width=0.3)
    if "Toe Cap" in garment.details:
        canvas.part(
            trace("21,62 20,57 22,52.6 | 22,52.6 29,54.4 35,58 35.6,62"), rubber, width=0.45
        )
    if "Side Stripes" in garment.details:
        for shift in (0, 5, 10):
            stripe = trace("-22,61 -19.4,61 | -13.6,48.4 -16,47.6") + (shift, 0.1 * shift)
            canvas.part(stripe, trim(canvas), edge=outline, width=0.25, puff=0)
    eyestay = trace(f"-13.6,{up - 0.4} -4,42.2 7,48.6 | 3.6,52.4 -6,47.4 -15.4,{up + 5.6}")
    canvas.part(eyestay, mix(base, outline, 0.15), width=0.45, puff=0.1)
    lace = mix(INK, OFF_WHITE, 0.35) if luminance(base) > 0.85 else OFF_WHITE
    for index in range(5):
        x, y = -11.4 + 3.8 * index, up + 1 + (49 - up) / 5 * index
        canvas.cord([(x, y), (x - 2.4, y + 3.8)], lace, 1.0, mix(lace, INK, 0.4))
    bow(canvas, -11.6, up + 1, 5.5, lace)
    welt = trace("-36.8,60.8 -20,61.8 10,61.6 35,60.6 37.4,62")
    base_line = spline((37.2, 62.4), (36.6, 61.6 + sole), (32, 62 + sole))
    heel = spline((32, 62 + sole), (0, 62 + sole), (-34, 62 + sole), (-37, 60.6 + sole))
    canvas.part(join(welt, base_line, heel), rubber, edge=mix(rubber, INK, 0.45))
    groove = spline((-36.4, 61.4 + 0.5 * sole), (0, 62 + 0.5 * sole), (36.4, 61.4 + 0.5 * sole))
    canvas.line(groove, mix(base, rubber, 0.25), 0.8)


def draw_formal_shoes(canvas: Canvas, garment: Garment) -> None:
    """Draws a pair of leather shoes, laced or buckled."""
    point = canvas.rng.uniform(-1.5, 1.5)
    for x, y in ((5, -12), (-5, 7)):
        with canvas.shifted(x, y):
            _oxford(canvas, garment, point)


def _oxford(canvas: Canvas, garment: Garment, point: float) -> None:
    """Draws a leather shoe whose toe is `point` units longer than usual."""
    base, outline = canvas.palette.base, canvas.palette.outline
    dark = mix(base, INK, 0.55)
    collar, tip = trace("-33,42.4 -25,46.2 -17,42.2"), (37.5 + point, 61)
    vamp = spline((-17, 42.2), (-12, 43.4), (-2, 49.4), (10, 52.4), (24, 53.4), (34, 56.4), tip)
    canvas.part(join(trace("-36,60.4 -37.4,53 -35.2,44.6 -33,42.4"), collar, vamp), base, puff=0.32)
    lining = join(collar, trace("-17,42.2 -25,43.2 -33,42.4"))
    canvas.part(lining, canvas.palette.inside, width=0.3, puff=0)
    for seam in (trace("-20,60.4 -17,53.6 -10.4,48.4 -4,48.6"), trace("2,60.6 1.6,54.8 -2.4,49.6")):
        canvas.line(seam, outline, 0.55)
        canvas.line(moved(seam, 0.9, 0.4), width=0.3)
    canvas.line(trace("-30,60 -29.2,52 -31.4,44"), width=0.45)
    if "Toe Cap" in garment.details:
        for shift in (0, 1.1):
            canvas.line(moved(trace("21,61 19.4,57.4 20.8,53"), shift), outline)
    if "Laces" in garment.details:
        lace = mix(dark, INK, 0.35)
        for index in range(4):
            x, y = -14.2 + 3.1 * index, 43 + 1.7 * index
            canvas.line([(x, y), (x - 2.4, y + 4.2)], lace, 1.1)
        bow(canvas, -13.6, 43.2, 5.5, lace)
    else:
        strap = trace("-20,50.4 -12,45 -6,46 | -4,49.6 -10,49.6 -18,54.6")
        canvas.part(strap, mix(base, outline, 0.12))
        frame, hole = box(-15.5, 46, -10.5, 53, 0.9), box(-14.3, 47.4, -11.7, 51.6, 0.4)
        frame, hole = (turned(part, -28, (-13, 49.4)) for part in (frame, hole))
        buckle(canvas, frame, hole, base, STEEL)
    sole = trace("-36.4,60 -20,61 10,61.2 34,60.8") + (0, 0)
    heel = [(38 + point, 60.8), (38 + point, 63), (-17, 63.4), (-17.4, 67), (-35.8, 67)]
    canvas.part(join(sole, heel), dark, edge=mix(dark, (0, 0, 0), 0.4), puff=0.15)
    canvas.fold(trace("10,55.4 21,56 30,58.2"), 0.42, 1.5)
    canvas.fold(trace("-33.5,56 -34,50 -32.5,46"), 0.25, 1.2)


def draw_heels(canvas: Canvas, garment: Garment) -> None:
    """Draws a pair of pumps."""
    height = canvas.rng.uniform(-3, 5)
    for x, y in ((7, -9), (-4, 7)):
        with canvas.shifted(x, y):
            _pump(canvas, garment, height)


def _pump(canvas: Canvas, garment: Garment, height: float) -> None:
    """Draws a pump whose heel is `height` units higher than usual."""
    base, outline = canvas.palette.base, canvas.palette.outline
    dark, back, ground = mix(base, INK, 0.5), 36 - height, 72.0
    heel = join(
        spline((-32.5, back + 12), (-31.8, back + 20), (-30.6, ground)),
        spline((-27.6, ground), (-26.4, back + 24), (-20, back + 16.5)),
    )
    canvas.part(heel, dark, puff=0.3)
    if "Straps" in garment.details:
        high = back - 10
        loop = spline(
            (-32.8, back + 1), (-30, high + 2), (-19, high), (-13.5, high + 5), (-18, back - 1.4)
        )
        canvas.cord(join(loop, [(-31, back + 0.4)]), base, 1.7, outline)
        metal(canvas, ellipse(-18.4, high + 0.2, 2), GOLD)
    sole = spline(
        (-32.6, back + 14), (-22, back + 18.5), (-8, back + 29.6), (4, ground - 2.4),
        (14, ground - 0.4), (26, ground - 0.6), (38, ground - 1.4),
    )  # fmt: skip
    topline = spline(
        (14, ground - 13.6), (9, ground - 10.5), (-2, back + 24.6), (-16, back + 11), (-33, back)
    )
    insole = spline((-32.6, back + 0.4), (-20, back + 7), (-4, back + 18), (14, ground - 13.6))
    lining = mix(canvas.palette.inside, (214, 184, 150), 0.55)
    canvas.part(join(insole, topline), lining, width=0.4, puff=0)
    toe = spline((38, ground - 1.4), (34.5, ground - 6.6), (25, ground - 11.4), (14, ground - 13.6))
    counter = spline((-33, back), (-34.6, back + 7), (-32.6, back + 14))
    canvas.part(join(counter, sole, toe, topline), base, puff=0.3)
    canvas.line(moved(sole[10:], 0, 0.4), dark, 1.1)
    canvas.fold(trace("18,62.5 26,65 32,67.5"), 0.45, 1.5)
    canvas.fold(spline((-31.5, back + 9), (-24, back + 13), (-14, back + 21)), -0.2, 2)
    canvas.fold(spline((-32.6, back + 4), (-33, back + 8), (-31.6, back + 11)), 0.25, 1.2)
    if "Bow" in garment.details:
        bow(canvas, 17, ground - 12.4, 10)


def draw_flip_flops(canvas: Canvas, garment: Garment) -> None:
    """Draws a pair of flip flops from above."""
    rng, base = canvas.rng, canvas.palette.base
    cloth = Fabric(garment.pattern, canvas.palette, rng, stripes=0)
    dark = mix(base, INK, 0.5)
    strap = rng.choice((dark, canvas.palette.outline))
    if luminance(base) < 0.25:
        strap = mix(base, (255, 255, 255), 0.28)
    tilt = rng.uniform(2, 9)
    sole = blob(
        "0,-38 8,-35.5 13.6,-25 13,-8 10,8 10.8,24 8,35 0,39 "
        "-8,35 -11,22 -10.6,6 -12.6,-10 -12.6,-26 -8.4,-35"
    )
    arms = trace("3.4,-23 -9,-12 -12,4"), trace("3.4,-23 9.4,-13 11.8,4")
    for _ in canvas.sides():
        with canvas.shifted(-19.5, 50):
            canvas.part(turned(sole, -tilt) + (-0.8, 1.6), dark, puff=0.1)
            canvas.part(turned(sole, -tilt), cloth, angle=-tilt, puff=0.26)
            canvas.line(turned(scaled(sole, 0.92), -tilt), width=0.4)
            canvas.glow(turned(ellipse(0, 26, 12, 15), -tilt), -0.12)
            canvas.glow(turned(ellipse(0, -14, 16, 16), -tilt), -0.06)
            for arm in arms:
                placed = turned(arm, -tilt)
                canvas.fold(moved(placed, 0.8, 1.6), -0.35, 3.4)
                canvas.cord(placed, strap, 3.6, mix(strap, INK, 0.45))
                canvas.line(moved(placed, 0, -0.6), mix(strap, (255, 255, 255), 0.25), 0.5)
            post = turned(ellipse(3.4, -23, 4.6), -tilt)
            canvas.part(post, mix(strap, INK, 0.2), edge=mix(strap, INK, 0.5), width=0.4)
