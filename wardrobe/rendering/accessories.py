"""How caps, ties, belts, socks, sunglasses, watches and scarves are drawn."""

import math

from wardrobe.rendering.canvas import Canvas
from wardrobe.rendering.colours import GOLD, INK, OFF_WHITE, STEEL, luminance, mix
from wardrobe.rendering.garment import Garment
from wardrobe.rendering.parts import buckle, graphic, ribs
from wardrobe.rendering.patterns import Fabric
from wardrobe.rendering.shapes import (
    blob,
    box,
    ellipse,
    join,
    mirror,
    moved,
    spline,
    symmetric,
    turned,
)


def draw_cap(canvas: Canvas, garment: Garment) -> None:
    rng = canvas.rng
    tall, brim = rng.uniform(-3, 2), rng.uniform(-2, 2)
    base = canvas.palette.base
    crown = join(
        spline(
            (14, 60),
            (15, 44 + tall),
            (26, 29 + tall),
            (42, 24 + tall),
            (58, 29 + tall),
            (67, 42 + tall),
            (69, 58),
        ),
        spline((69, 58), (50, 64), (30, 64.5), (14, 60)),
    )
    canvas.part(crown, base, puff=0.28)
    seams = (
        spline((42, 24 + tall), (31, 36 + tall), (27.5, 50), (28, 64)),
        spline((42, 24 + tall), (52, 36 + tall), (55, 50), (54, 62.6)),
    )
    for seam in seams:
        canvas.line(seam, canvas.palette.outline, 0.55)
        for shift in (-1.1, 1.1):
            canvas.stitches(moved(seam, shift, 0.4), width=0.35)
        canvas.fold(moved(seam, 1.8, 0), -0.14, 2.2)
    for x, y in ((35, 37), (48.5, 37), (21, 45)):
        canvas.part(
            ellipse(x, y + tall, 1.6),
            canvas.palette.inside,
            edge=canvas.palette.seam,
            width=0.35,
            puff=0,
        )
    canvas.part(box(39.6, 22.6 + tall, 44.4, 25.4 + tall, 1.2), base, puff=0.2)
    if garment.pattern == "Graphic":
        graphic(canvas, (42, 50), 15)
    visor = join(
        spline((47, 62.6), (58, 59), (69, 56.4)),
        spline((69, 56.4), (80, 58.5), (90 + brim, 64.5), (92 + brim, 68.5), (88 + brim, 70)),
        spline((88 + brim, 70), (76, 66.4), (62, 65.4), (47, 62.6)),
    )
    canvas.part(visor, base, puff=0.3)
    for inset in (0, 1, 2):
        canvas.stitches(
            spline(
                (58 - inset * 2, 62.8 + inset * 0.4),
                (72 - inset, 61.6 + inset * 0.9),
                (84 + brim - 2 * inset, 65.2 + inset * 0.6),
            ),
            width=0.35,
        )
    canvas.line(spline((14.4, 58), (30, 62.4), (50, 61.8), (69, 56)), width=0.45)
    canvas.fold(spline((24, 34 + tall), (20, 44), (19, 54)), 0.16, 4)


def draw_tie(canvas: Canvas, garment: Garment) -> None:
    rng = canvas.rng
    cloth = Fabric(garment.pattern, canvas.palette, rng, stripes=rng.choice((-38, 38)), scale=0.8)
    width, length = rng.uniform(9, 12.5), rng.uniform(86, 91)
    tail = join(
        [
            (47.5, 17),
            (53, 17),
            (50 + width * 0.55 + 2.4, length - 16),
            (50 + width * 0.2 + 2.4, length - 9),
            (47, length - 14),
        ]
    )
    canvas.part(tail, mix(canvas.palette.base, canvas.palette.outline, 0.35), puff=0.1)
    blade = symmetric(
        join(
            [(50, 16.5), (46.8, 16.5)],
            spline(
                (46.8, 16.5), (46, 30), (50 - width * 0.82, length - 20), (50 - width, length - 11)
            ),
            [(50, length)],
        )
    )
    canvas.part(blade, cloth, puff=0.26)
    canvas.fold([(50, 24), (50.5, length - 12)], 0.1, 3)
    canvas.fold(spline((48.6, 18), (49.6, 26), (48.8, 38)), -0.26, 1.4)
    knot = symmetric(
        join(
            spline((50, 8.4), (46, 8.2), (43.2, 9)),
            spline((43.2, 9), (45, 14.4), (46.8, 18.2)),
            [(50, 19)],
        )
    )
    canvas.part(knot, cloth, angle=34, puff=0.3)
    loop = symmetric(join(spline((50, 6.8), (46, 6), (42.5, 7.8), (43.2, 9.4)), [(50, 9)]))
    canvas.part(loop, mix(canvas.palette.base, canvas.palette.outline, 0.3), puff=0.15)


def draw_belt(canvas: Canvas, garment: Garment) -> None:
    rng = canvas.rng
    base, wide = canvas.palette.base, rng.uniform(5.5, 8)
    metal = rng.choice((STEEL, GOLD))
    inside = mix(base, (150, 110, 74), 0.45)
    top, bend = 40 + rng.uniform(-2, 2), rng.uniform(6, 9)
    far = join(
        spline(
            (13, top + 6), (26, top - bend), (50, top - bend - 3.4), (74, top - bend), (87, top + 6)
        ),
        spline(
            (87, top + 6 + wide * 0.7),
            (74, top - bend + wide),
            (50, top - bend - 3.4 + wide),
            (26, top - bend + wide),
            (13, top + 6 + wide * 0.7),
        ),
    )
    canvas.part(far, mix(inside, INK, 0.2), puff=0.2)
    low = top + 14
    near = join(
        spline(
            (12, top + 6),
            (11.4, top + 9),
            (20, low),
            (50, low + 5),
            (80, low),
            (88.6, top + 9),
            (88, top + 6),
        ),
        spline(
            (88, top + 6 + wide),
            (86, top + 10 + wide),
            (76, low + wide + 1.6),
            (50, low + 5.6 + wide),
            (24, low + wide + 1.6),
            (14, top + 10 + wide),
            (12, top + 6 + wide),
        ),
    )
    canvas.part(near, base, puff=0.3)
    if "Stitching" in garment.details:
        thread = mix(base, OFF_WHITE, 0.55) if luminance(base) < 0.6 else mix(base, INK, 0.45)
        canvas.stitches(
            spline(
                (13.6, top + 9.6),
                (21, low + 1.3),
                (50, low + 6.3),
                (79, low + 1.3),
                (86.4, top + 9.6),
            ),
            thread,
        )
        canvas.stitches(
            spline(
                (14.4, top + 8.4 + wide),
                (24.6, low + wide + 0.2),
                (50, low + 4.3 + wide),
                (75.4, low + wide + 0.2),
                (85.6, top + 8.4 + wide),
            ),
            thread,
        )
    middle = low + 5.2 + wide / 2
    for index in range(5):
        x = 60 + 4.2 * index
        canvas.part(
            ellipse(x, middle - 0.0055 * (x - 50) ** 2, 1.1),
            INK,
            edge=mix(base, INK, 0.4),
            width=0.3,
            puff=0,
        )
    frame = box(41, middle - wide * 0.78, 53, middle + wide * 0.78, 1.6)
    hole = box(43.2, middle - wide * 0.5, 50.8, middle + wide * 0.5, 0.8)
    buckle(canvas, frame, hole, base, metal)
    canvas.line([(42, middle), (51.8, middle)], mix(metal, INK, 0.5), 1.6)
    canvas.line([(42, middle), (51.6, middle)], metal, 1.0)
    x = 34.5
    keeper = box(x - 1.5, middle - wide * 0.62 - 0.6, x + 1.5, middle + wide * 0.62 - 0.6, 0.4)
    canvas.part(keeper, mix(base, canvas.palette.outline, 0.2), puff=0.25)


def draw_socks(canvas: Canvas, garment: Garment) -> None:
    rng = canvas.rng
    cloth = Fabric(garment.pattern, canvas.palette, rng, stripes=0, scale=0.9)
    tall = rng.uniform(10, 24)
    trim = canvas.palette.accent if rng.random() < 0.4 else canvas.palette.tint
    for x, y in ((12, -3), (-8, 3)):
        leg = join(
            [(26, tall), (44, tall)],
            spline(
                (44, tall),
                (43.6, 40),
                (45, 54),
                (53, 62),
                (66, 68),
                (77, 75),
                (79, 83),
                (72, 88),
                (60, 87),
                (44, 82),
                (30, 74),
                (24.6, 64),
                (26, 50),
                (26, tall),
            ),
        )
        canvas.part(moved(leg, x, y), cloth, puff=0.26)
        heel = join(
            spline((26.4, 54), (31, 60), (33, 68), (31.6, 75)),
            spline((31.6, 75), (26.4, 69), (24.9, 62), (26.4, 54)),
        )
        toe = join(
            spline((68, 69), (65, 76), (66.4, 87.7)),
            spline((66.4, 87.7), (72, 88), (79, 83), (77, 75), (68, 69)),
        )
        for patch in (heel, toe):
            canvas.part(moved(patch, x, y), trim, width=0.4, puff=0.2)
        cuff = join([(25.6, tall - 1), (44.4, tall - 1), (44.2, tall + 8), (25.8, tall + 8)])
        canvas.part(moved(cuff, x, y), canvas.palette.base, puff=0.18)
        ribs(
            canvas,
            ((26 + x, tall - 1 + y), (44 + x, tall - 1 + y)),
            ((26 + x, tall + 8 + y), (44 + x, tall + 8 + y)),
            11,
        )
        for offset in (0, 4):
            canvas.fold(
                moved(spline((42, 54 + offset), (37, 58 + offset), (33, 58 + offset)), x, y),
                -0.18,
                1.5,
            )
        canvas.fold(moved([(30.5, tall + 10), (30, 52)], x, y), 0.08, 3)


def draw_sunglasses(canvas: Canvas, garment: Garment) -> None:
    rng = canvas.rng
    base, top = canvas.palette.base, 44.0
    glass = mix(mix(base, INK, 0.74), (70, 74, 90), 0.25)
    shape = rng.choice(("round", "square", "cat"))
    rim = rng.uniform(2.6, 3.8)
    lens = {
        "round": blob(
            (30, 37), (41, 41), (44, 52), (38, 62), (28, 63.5), (18, 58), (15.4, 48), (19, 40)
        ),
        "square": blob(
            (30, 39.4),
            (43, 40.4),
            (44.6, 47),
            (42, 58),
            (36, 61.6),
            (24, 61.4),
            (16.6, 56.4),
            (14.6, 44),
            (18, 39.8),
        ),
        "cat": blob(
            (30, 41),
            (43, 43),
            (44.4, 50),
            (40, 59),
            (29, 62.4),
            (18.4, 57),
            (13.4, 44),
            (11, 36.6),
            (19, 38.4),
        ),
    }[shape]
    for side in (-1, 1):  # temples, folded behind
        arm = spline(
            (50 + side * 36, top - 1),
            (50 + side * 40.5, top - 6),
            (50 + side * 37, top - 13),
            (50 + side * 22, top - 16),
        )
        canvas.line(arm, canvas.palette.outline, 3.4)
        canvas.line(arm, mix(base, canvas.palette.outline, 0.25), 2.5)
    bridge = spline((43, top + 3), (50, top - 1.2), (57, top + 3))
    canvas.line(bridge, canvas.palette.outline, 3.9)
    canvas.line(bridge, base, 3.0)
    for flipped in (False, True):
        outline = mirror(lens) if flipped else lens
        middle = outline.mean(axis=0)
        rims = middle + (outline - middle) * (1 + rim / 15)
        canvas.part(rims, base, puff=0.2)
        canvas.part(outline, glass, edge=canvas.palette.outline, width=0.5, puff=0.1)
        canvas.glow(middle + (outline - middle) * 0.8 + (0, 5), 0.1)
        x, y = middle
        for shift, width in ((-4, 2.6), (1, 1.2)):
            canvas.fold([(x + shift - 3.5, y + 7), (x + shift + 4.5, y - 8)], 0.3, width)
        hinge = 50 + (31.5 if flipped else -31.5)
        canvas.part(
            ellipse(hinge * 1.0 + (2.6 if flipped else -2.6), top + 0.2, 1.8, 1.3),
            GOLD if luminance(base) < 0.5 else STEEL,
            edge=INK,
            width=0.25,
            puff=0,
        )


def draw_watch(canvas: Canvas, garment: Garment) -> None:
    rng = canvas.rng
    base = canvas.palette.base
    metal = rng.choice((STEEL, STEEL, GOLD))
    half, radius = rng.uniform(9.5, 12), rng.uniform(17.5, 20.5)
    squared = rng.random() < 0.35
    for sign in (-1, 1):
        strap = symmetric(
            join(
                [(50, 50 + sign * 14)],
                spline(
                    (50 - half, 50 + sign * 14),
                    (50 - half * 0.9, 50 + sign * 28),
                    (50 - half * 0.74, 50 + sign * 44),
                ),
                spline(
                    (50 - half * 0.74, 50 + sign * 44),
                    (50 - half * 0.5, 50 + sign * 46.4),
                    (50, 50 + sign * 46.8),
                ),
            )
        )
        canvas.part(strap, base, puff=0.32)
        thread = mix(base, OFF_WHITE, 0.5) if luminance(base) < 0.6 else mix(base, INK, 0.35)
        for side in (-1, 1):
            canvas.stitches(
                [
                    (50 + side * (half - 1.6), 50 + sign * 20),
                    (50 + side * (half * 0.74 - 1.4), 50 + sign * 43),
                ],
                thread,
                0.35,
            )
    for index in range(4):
        canvas.part(ellipse(50, 76 + 4.4 * index, 1.3, 1.6), INK, width=0, puff=0)
    case = (
        box(50 - radius, 50 - radius, 50 + radius, 50 + radius, radius * 0.42)
        if squared
        else ellipse(50, 50, 2 * radius)
    )
    canvas.part(
        box(50 + radius - 1, 47.6, 50 + radius + 3.2, 52.4, 1),
        metal,
        edge=mix(metal, INK, 0.5),
        width=0.4,
        puff=0.2,
    )
    canvas.part(case, metal, edge=mix(metal, INK, 0.55), puff=0.4)
    dial = (case - 50) * 0.84 + 50
    face = base if rng.random() < 0.5 else mix(base, OFF_WHITE, 0.88)
    ink = OFF_WHITE if luminance(face) < 0.6 else INK
    canvas.part(dial, face, edge=mix(metal, INK, 0.5), puff=0.16)
    reach = radius * 0.72
    for hour in range(12):
        angle = math.radians(30 * hour)
        near = reach * (0.8 if hour % 3 == 0 else 0.88)
        tick = [(50 + r * math.sin(angle), 50 - r * math.cos(angle)) for r in (near, reach)]
        canvas.line(tick, ink, 1.2 if hour % 3 == 0 else 0.6)
    for turn, length, width in ((rng.uniform(0, 360), 0.5, 1.5), (rng.uniform(0, 360), 0.74, 1.0)):
        angle = math.radians(turn)
        tip = (50 + reach * length * math.sin(angle), 50 - reach * length * math.cos(angle))
        canvas.line([(50, 50), tip], ink, width)
    canvas.part(ellipse(50, 50, 2.2), metal, edge=ink, width=0.3, puff=0)
    canvas.fold([(50 - radius * 0.6, 50), (50 + radius * 0.1, 50 - radius * 0.66)], 0.22, 4)


def draw_scarf(canvas: Canvas, garment: Garment) -> None:
    rng = canvas.rng
    cloth = Fabric(garment.pattern, canvas.palette, rng, stripes=0, scale=1.25)
    fringe = "Fringe" in garment.details
    for side, length in ((1, rng.uniform(72, 80)), (-1, rng.uniform(82, 88))):
        lean = side * rng.uniform(5, 9)
        x = 50 + side * 4
        tail = join(
            spline((x - 8, 34), (x - 9 + lean * 0.5, 55), (x - 9.5 + lean, length)),
            spline((x + 9.5 + lean, length), (x + 9 + lean * 0.4, 55), (x + 7, 34)),
        )
        if fringe:
            for index in range(12):
                start = x - 9 + lean + 18 * index / 11
                strand = spline(
                    (start, length - 0.5),
                    (start + rng.uniform(-0.6, 0.6), length + 3),
                    (start + rng.uniform(-0.9, 0.9), length + 6),
                )
                canvas.line(strand, canvas.palette.outline, 1.2)
                canvas.line(strand, canvas.palette.base, 0.75)
        canvas.part(tail, cloth, angle=-lean * 0.5, puff=0.24)
        for offset in (-4, 0.5, 4.5):
            canvas.fold(
                spline(
                    (x + offset, 38),
                    (x + offset * 1.1 + lean * 0.5, 56),
                    (x + offset * 1.2 + lean, length - 3),
                ),
                -0.18 if offset != 0.5 else 0.12,
                1.8,
            )
    back = blob((28, 24), (38, 15), (50, 13), (62, 15), (72, 24), (66, 32), (50, 30), (34, 32))
    canvas.part(back, mix(canvas.palette.base, canvas.palette.inside, 0.55), puff=0.2)
    left = join(
        spline((27, 22), (25.6, 30), (32, 39), (44, 46), (56, 47)),
        spline((60, 36), (50, 34), (41, 29), (36, 22), (31, 19), (27, 22)),
    )
    right = join(
        spline((73, 22), (75, 31), (68, 40), (56, 46.5), (45, 48)),
        spline((41, 38), (50, 35), (59, 30), (64, 22), (69, 18.6), (73, 22)),
    )
    canvas.part(left, cloth, angle=38, puff=0.28)
    canvas.part(right, cloth, angle=-38, puff=0.28)
    for shift in (0, 4, 8):
        wrap = spline(
            (71 - shift * 0.9, 25),
            (69 - shift, 33 - shift * 0.3),
            (58 - shift * 0.4, 42 - shift * 0.7),
            (47, 45 - shift),
        )
        canvas.fold(wrap, -0.22 if shift != 4 else 0.14, 1.5)
        canvas.fold(turned(mirror(wrap), 0, (50, 50))[-22:], -0.16, 1.4)
