"""How shoes are drawn: in profile, toe to the right, the far shoe of the pair behind."""

from collections.abc import Callable

from wardrobe.rendering.canvas import Canvas
from wardrobe.rendering.colours import GOLD, INK, OFF_WHITE, STEEL, luminance, mix
from wardrobe.rendering.garment import Garment
from wardrobe.rendering.parts import bow, buckle
from wardrobe.rendering.patterns import Fabric
from wardrobe.rendering.shapes import Points, blob, box, ellipse, join, moved, spline, turned

Shift = Callable[[object], Points]


def draw_casual_shoes(canvas: Canvas, garment: Garment) -> None:
    rng = canvas.rng
    style = (rng.uniform(-2, 2), rng.uniform(3.6, 5.2))
    for x, y in ((7, -13), (-3, 6)):
        _sneaker(canvas, garment, x, y, *style)


def _sneaker(
    canvas: Canvas, garment: Garment, x: float, y: float, collar: float, sole: float
) -> None:
    base = canvas.palette.base
    rubber = OFF_WHITE if luminance(base) < 0.85 else (228, 224, 214)
    upper = join(
        spline((15, 62), (13.5, 52), (15.5, 41 + collar), (18, 38.5 + collar)),
        spline((18, 38.5 + collar), (26, 42.5 + collar), (35, 39 + collar)),
        spline(
            (35, 38 + collar),
            (38, 36.5 + collar),
            (47, 43),
            (57, 50),
            (68, 53),
            (80, 56.5),
            (84.5, 62),
        ),
    )
    canvas.part(moved(upper, x, y), base, puff=0.26)
    lining = spline(
        (18.2, 38.8 + collar),
        (26, 42.2 + collar),
        (35.4, 38.6 + collar),
        (27, 39 + collar),
        (18.2, 38.8 + collar),
    )
    canvas.part(moved(lining, x, y), canvas.palette.inside, width=0.3, puff=0)
    heel = join(
        spline((14.6, 60), (14, 52), (16, 42 + collar)),
        spline((20.5, 43 + collar), (21.5, 52), (22.5, 60)),
    )
    canvas.part(moved(heel, x, y), canvas.palette.tint, width=0.45, puff=0.1)
    quarter = spline((44, 60.5), (46, 54), (54, 49.5))
    canvas.line(moved(quarter, x, y), canvas.palette.outline, 0.5)
    canvas.stitches(moved(quarter, x + 1, y + 0.2), width=0.35)
    if "Toe Cap" in garment.details:
        cap = join(
            spline((70, 61.5), (69, 57.5), (71.5, 54)), spline((71.5, 54), (80, 56.5), (84.5, 62))
        )
        canvas.part(moved(cap, x, y), rubber, width=0.45, puff=0.2)
    if "Side Stripes" in garment.details:
        trim = OFF_WHITE if luminance(base) < 0.7 else canvas.palette.accent
        for index in range(3):
            stripe = join(
                [
                    (28 + 5 * index, 60),
                    (30.6 + 5 * index, 60),
                    (36.6 + 4.6 * index, 47 + index),
                    (34.2 + 4.6 * index, 46.2 + index),
                ]
            )
            canvas.part(moved(stripe, x, y), trim, edge=canvas.palette.outline, width=0.25, puff=0)
    eyestay = join(
        spline((37, 38 + collar), (46, 43.4), (57, 50.4)),
        spline((53.5, 53), (44, 48), (35, 43 + collar)),
    )
    canvas.part(moved(eyestay, x, y), mix(base, canvas.palette.outline, 0.15), width=0.45, puff=0.1)
    lace = OFF_WHITE if luminance(base) < 0.85 else mix(INK, OFF_WHITE, 0.35)
    for index in range(5):
        along = index / 4
        top = (39.5 + 14.5 * along, 38.6 + collar * (1 - along) + 10 * along)
        low = (36.6 + 14.6 * along, 43.4 + collar * (1 - along) + 7.6 * along)
        canvas.line(moved([top, low], x, y), mix(lace, INK, 0.4), 1.5)
        canvas.line(moved([top, low], x, y), lace, 1.1)
    bow(canvas, (39 + x, 39.5 + collar + y), 6, lace)
    base_line = 61.5
    shape = join(
        spline(
            (13.4, base_line - 1),
            (30, base_line + 0.2),
            (60, base_line),
            (84, base_line - 0.6),
            (86.4, base_line + 1),
        ),
        spline((86.6, base_line + 1.6), (85.6, base_line + sole - 0.4), (82, base_line + sole)),
        spline(
            (82, base_line + sole),
            (50, base_line + sole),
            (16, base_line + sole),
            (13, base_line + sole - 1.4),
        ),
    )
    canvas.part(moved(shape, x, y), rubber, edge=mix(rubber, INK, 0.45), puff=0.22)
    groove = spline(
        (13.6, base_line + sole * 0.55), (50, base_line + sole * 0.62), (86, base_line + sole * 0.5)
    )
    canvas.line(moved(groove, x, y), mix(base, rubber, 0.25), 0.7)


def draw_formal_shoes(canvas: Canvas, garment: Garment) -> None:
    point = canvas.rng.uniform(-1.5, 2)
    for x, y in ((7, -12), (-3, 6)):
        _oxford(canvas, garment, x, y, point)


def _oxford(canvas: Canvas, garment: Garment, x: float, y: float, point: float) -> None:
    base, dark = canvas.palette.base, mix(canvas.palette.base, INK, 0.55)
    leather = join(
        spline((14, 60), (12.8, 53), (15, 44.5), (17, 42.4)),
        spline((17, 42.4), (25, 46), (33, 42.4)),
        spline(
            (33, 42.2),
            (38, 43.5),
            (48, 50),
            (60, 53.4),
            (74, 54.6),
            (84, 57 + point * 0.3),
            (88 + point, 61),
        ),
    )
    canvas.part(moved(leather, x, y), base, puff=0.32)
    lining = spline((17.2, 42.6), (25, 45.8), (33.2, 42.4), (25, 43), (17.2, 42.6))
    canvas.part(moved(lining, x, y), canvas.palette.inside, width=0.3, puff=0)
    for seam in (
        spline((30, 60), (33.5, 53), (40, 48.6), (46, 49)),
        spline((52, 60.4), (51.5, 55), (47.6, 50)),
    ):
        canvas.line(moved(seam, x, y), canvas.palette.outline, 0.55)
        canvas.stitches(moved(seam, x + 0.9, y + 0.4), width=0.3)
    canvas.line(moved(spline((20, 59.6), (20.6, 52), (18.6, 44)), x, y), width=0.45)
    if "Toe Cap" in garment.details:
        for shift in (0, 1.1):
            canvas.line(
                moved(spline((70.6, 61), (69, 57.6), (70.6, 54.4)), x + shift, y),
                canvas.palette.outline,
                0.5,
            )
    if "Laces" in garment.details:
        for index in range(4):
            top = (35.6 + 3.1 * index, 43 + 2.05 * index)
            canvas.line(moved([top, (top[0] - 2.4, top[1] + 4.2)], x, y), mix(dark, INK, 0.4), 1.0)
        bow(canvas, (36 + x, 43.4 + y), 5, mix(dark, INK, 0.3))
    else:
        strap = join(
            spline((30, 50), (38, 45.4), (44, 46.4)), spline((46, 49.6), (40, 49.6), (32, 54))
        )
        canvas.part(moved(strap, x, y), mix(base, canvas.palette.outline, 0.12), puff=0.2)
        frame, hole = box(34, 46.4, 39, 52.4, 0.9), box(35.1, 47.6, 37.9, 51.2, 0.4)
        frame, hole = (moved(turned(o, -28, (36.5, 49.4)), x, y) for o in (frame, hole))
        buckle(canvas, frame, hole, base, STEEL)
    sole = join(
        spline((13.6, 59.6), (30, 60.6), (60, 60.8), (84, 60.4), (88.6 + point, 60.8)),
        [(88.2 + point, 62.6), (33, 62.8), (32.6, 66), (14.2, 66)],
    )
    canvas.part(moved(sole, x, y), dark, edge=mix(dark, (0, 0, 0), 0.4), puff=0.15)
    shine = spline((62, 56), (72, 56.4), (80, 58.2))
    canvas.fold(moved(shine, x, y), 0.4, 1.4)
    canvas.fold(moved(spline((16.5, 56), (16, 50), (17.5, 46)), x, y), 0.25, 1.2)


def draw_heels(canvas: Canvas, garment: Garment) -> None:
    height = canvas.rng.uniform(-3, 5)
    for x, y in ((8, -9), (-3, 6)):
        _pump(canvas, garment, x, y, height)


def _pump(canvas: Canvas, garment: Garment, x: float, y: float, height: float) -> None:
    base, dark = canvas.palette.base, mix(canvas.palette.base, INK, 0.5)
    back, ground = 36 - height, 72.0
    heel = join(
        spline((17.5, back + 12), (18.2, back + 20), (19.4, ground)),
        [(22.4, ground)],
        spline((22.4, ground), (23.6, back + 24), (30, back + 16.5)),
    )
    canvas.part(moved(heel, x, y), dark, puff=0.3)
    if "Straps" in garment.details:
        loop = spline(
            (17.2, back + 1),
            (20, back - 9),
            (31, back - 10.5),
            (36, back - 5),
            (31.5, back - 1),
            (20, back - 1.5),
        )
        canvas.line(moved(loop, x, y), canvas.palette.outline, 2.4)
        canvas.line(moved(loop, x, y), base, 1.7)
        canvas.part(
            moved(box(30.6, back - 11.8, 34, back - 8.2, 0.6), x, y),
            GOLD,
            edge=(120, 84, 40),
            width=0.35,
            puff=0.2,
        )
        canvas.line(moved([(17.4, back + 2), (19.2, back - 4)], x, y), base, 1.7)
    inside = spline(
        (17.6, back + 0.5),
        (30, back + 8),
        (46, back + 19),
        (62, 59.5),
        (48, back + 24),
        (30, back + 15),
        (18, back + 5),
    )
    canvas.part(
        moved(inside, x, y), mix(canvas.palette.inside, (214, 184, 150), 0.55), width=0.4, puff=0
    )
    shoe = join(
        spline((17, back), (15.4, back + 7), (17.4, back + 14)),
        spline(
            (17.4, back + 14),
            (28, back + 18.5),
            (42, back + 30 - height * 0.1),
            (54, ground - 2.4),
            (64, ground - 0.4),
            (76, ground - 0.6),
            (88, ground - 1.4),
        ),
        spline((88, ground - 1.4), (84, ground - 6.5), (74, ground - 11.6), (64, ground - 14)),
        spline(
            (64, ground - 14),
            (60, ground - 10.5),
            (48, back + 25),
            (34, back + 11),
            (24, back + 4),
            (17, back),
        ),
    )
    canvas.part(moved(shoe, x, y), base, puff=0.3)
    sole = spline(
        (28, back + 18.5),
        (42, back + 30 - height * 0.1),
        (54, ground - 2.2),
        (64, ground - 0.1),
        (76, ground - 0.3),
        (88, ground - 1.2),
    )
    canvas.line(moved(sole, x, y + 0.4), dark, 1.1)
    canvas.fold(
        moved(spline((68, ground - 9.5), (76, ground - 7), (82, ground - 4.5)), x, y), 0.42, 1.5
    )
    canvas.fold(moved(spline((18.5, back + 9), (26, back + 13), (36, back + 21)), x, y), -0.2, 2)
    if "Bow" in garment.details:
        bow(canvas, (66 + x, ground - 12 + y), 9)


def draw_flip_flops(canvas: Canvas, garment: Garment) -> None:
    rng = canvas.rng
    cloth = Fabric(garment.pattern, canvas.palette, rng, stripes=0)
    strap = rng.choice((mix(canvas.palette.base, INK, 0.5), canvas.palette.outline))
    if luminance(canvas.palette.base) < 0.25:
        strap = mix(canvas.palette.base, (255, 255, 255), 0.28)
    tilt, gap = rng.uniform(2, 10), rng.uniform(19.5, 21)
    for side in (-1, 1):
        centre = (50 + side * gap, 50.0)

        def place(points: Points, side: int = side, centre: tuple[float, float] = centre) -> Points:
            mirrored = points * [side, 1] + [centre[0], centre[1]]
            return turned(mirrored, side * tilt, centre)

        sole = blob(
            (-1, -38),
            (8, -35.5),
            (14, -24),
            (13.4, -8),
            (10, 8),
            (10.6, 24),
            (8, 35),
            (0, 39),
            (-8, 35),
            (-11, 22),
            (-10.6, 6),
            (-13, -10),
            (-13, -26),
            (-8.4, -35),
        )
        canvas.part(place(sole) + (0.8, 1.6), mix(canvas.palette.base, INK, 0.5), puff=0.1)
        canvas.part(place(sole), cloth, puff=0.26)
        canvas.line(place(sole * 0.93), width=0.4)
        canvas.glow(place(blob((0, 18), (6, 26), (0, 33), (-6, 26))), -0.12)
        post = (-3.5, -23.0)
        for end in ((-12.4, 4.0), (11.6, 5.0)):
            bend = (end[0] * 0.82, -12.5)
            arm = spline(post, bend, end)
            canvas.fold(place(moved(arm, 0.8, 1.6)), -0.35, 3)
            canvas.line(place(arm), mix(strap, INK, 0.45), 4.4)
            canvas.line(place(arm), strap, 3.5)
            canvas.line(place(moved(arm, 0, -0.5)), mix(strap, (255, 255, 255), 0.25), 0.5)
        canvas.part(
            place(ellipse(*post, 4.4)),
            mix(strap, INK, 0.2),
            edge=mix(strap, INK, 0.5),
            width=0.4,
            puff=0.2,
        )
