"""How handbags, backpacks and wallets are drawn."""

from wardrobe.rendering.canvas import Canvas
from wardrobe.rendering.colours import GOLD, INK, OFF_WHITE, STEEL, luminance, mix
from wardrobe.rendering.garment import Garment
from wardrobe.rendering.parts import buckle
from wardrobe.rendering.patterns import Fabric
from wardrobe.rendering.shapes import box, ellipse, join, mirror, moved, spline, symmetric


def draw_handbag(canvas: Canvas, garment: Garment) -> None:
    rng = canvas.rng
    base, metal = canvas.palette.base, rng.choice((GOLD, STEEL))
    wide, narrow = rng.uniform(31, 37), rng.uniform(24, 29)
    top, bottom = rng.uniform(42, 47), rng.uniform(82, 87)
    for shift, paint in ((-5, mix(base, canvas.palette.outline, 0.45)), (0, base)):
        handle = spline(
            (50 - narrow * 0.58, top + 4),
            (50 - narrow * 0.52, top - 14 + shift),
            (50 - narrow * 0.2, top - 25 + shift),
            (50 + narrow * 0.2, top - 25 + shift),
            (50 + narrow * 0.52, top - 14 + shift),
            (50 + narrow * 0.58, top + 4),
        )
        canvas.line(handle, canvas.palette.outline, 3.6)
        canvas.line(handle, paint, 2.7)
        canvas.line(moved(handle, -0.4, -0.4), mix(paint, (255, 255, 255), 0.2), 0.4)
        if not shift:
            body = symmetric(
                join(
                    [(50, top)],
                    spline(
                        (50 - narrow, top),
                        (50 - wide + 2, (top + bottom) / 2),
                        (50 - wide, bottom - 5),
                    ),
                    spline(
                        (50 - wide, bottom - 5),
                        (50 - wide + 1, bottom - 1),
                        (50 - wide + 5, bottom),
                    ),
                    [(50, bottom)],
                )
            )
            canvas.part(body, base, puff=0.32)
            canvas.line(handle[:9], canvas.palette.outline, 3.6)
            canvas.line(handle[:9], paint, 2.7)
            canvas.line(handle[-9:], canvas.palette.outline, 3.6)
            canvas.line(handle[-9:], paint, 2.7)
    for side in (-1, 1):
        x = 50 + side * narrow * 0.58
        tab = join(
            [
                (x - 2.6, top + 4),
                (x + 2.6, top + 4),
                (x + 2.2, top + 12),
                (x, top + 14),
                (x - 2.2, top + 12),
            ]
        )
        canvas.part(tab, base, puff=0.16)
        canvas.part(ellipse(x, top + 4.4, 5), metal, edge=mix(metal, INK, 0.5), width=0.4, puff=0.2)
        canvas.part(
            ellipse(x, top + 4.4, 2.8),
            mix(base, INK, 0.3),
            edge=mix(metal, INK, 0.5),
            width=0.3,
            puff=0,
        )
        canvas.fold(
            spline(
                (50 + side * (narrow - 4), top + 6),
                (50 + side * (wide - 8), bottom - 16),
                (50 + side * (wide - 5), bottom - 6),
            ),
            -0.16,
            2.6,
        )
    if "Zip" in garment.details:
        canvas.line(
            [(50 - narrow + 3, top + 3), (50 + narrow - 3, top + 3)], canvas.palette.outline, 2.0
        )
        canvas.stitches([(50 - narrow + 3.4, top + 3), (50 + narrow - 3.4, top + 3)], metal, 0.9)
        canvas.part(
            box(50 + narrow * 0.3, top + 2.2, 50 + narrow * 0.3 + 1.6, top + 8, 0.7),
            metal,
            edge=mix(metal, INK, 0.5),
            width=0.3,
            puff=0,
        )
    else:
        drop = top + (bottom - top) * 0.5
        flap = symmetric(
            join(
                [(50, top - 0.5), (50 - narrow * 0.5 + 3, top - 0.5)],
                spline(
                    (50 - narrow * 0.5 + 3, top),
                    (50 - narrow * 0.42, drop - 6),
                    (50 - narrow * 0.2, drop),
                    (50, drop + 1),
                ),
            )
        )
        canvas.part(flap, mix(base, canvas.palette.outline, 0.08), puff=0.28)
        buckle(
            canvas,
            box(46, drop - 5.5, 54, drop + 2.5, 1),
            box(47.8, drop - 3.7, 52.2, drop + 0.7, 0.5),
            base,
            metal,
        )
    if "Stitching" in garment.details:
        thread = mix(base, OFF_WHITE, 0.55) if luminance(base) < 0.6 else mix(base, INK, 0.4)
        canvas.stitches(
            spline(
                (50 - wide + 2.6, bottom - 9), (50, bottom - 6.4), (50 + wide - 2.6, bottom - 9)
            ),
            thread,
        )
        for side in (-1, 1):
            canvas.stitches(
                spline(
                    (50 + side * (narrow - 1.6), top + 2),
                    (50 + side * (wide - 3.8), (top + bottom) / 2),
                    (50 + side * (wide - 2), bottom - 5),
                ),
                thread,
            )
    canvas.fold(spline((50 - wide * 0.7, bottom - 10), (50 - narrow * 0.8, top + 16)), 0.14, 4)


def draw_backpack(canvas: Canvas, garment: Garment) -> None:
    rng = canvas.rng
    base, dark = canvas.palette.base, mix(canvas.palette.base, INK, 0.4)
    cloth = Fabric(garment.pattern, canvas.palette, rng)
    half, top = rng.uniform(23, 26), rng.uniform(17, 20)
    bottom = rng.uniform(87, 90)
    for side in (-1, 1):
        strap = spline(
            (50 + side * 14, top + 3),
            (50 + side * (half + 5), top + 12),
            (50 + side * (half + 8), 52),
            (50 + side * (half + 4), bottom - 14),
            (50 + side * (half - 2), bottom - 7),
        )
        canvas.line(strap, canvas.palette.outline, 5.4)
        canvas.line(strap, mix(base, canvas.palette.outline, 0.35), 4.4)
    loop = spline((44, top + 2), (44.6, top - 7), (50, top - 9), (55.4, top - 7), (56, top + 2))
    canvas.line(loop, canvas.palette.outline, 3)
    canvas.line(loop, mix(base, canvas.palette.outline, 0.3), 2.1)
    body = symmetric(
        join(
            spline(
                (50, top),
                (50 - half * 0.6, top + 1.4),
                (50 - half * 0.94, top + 12),
                (50 - half, 44),
            ),
            spline(
                (50 - half, 44),
                (50 - half - 0.6, bottom - 12),
                (50 - half + 1.4, bottom - 3),
                (50 - half + 6, bottom),
            ),
            [(50, bottom)],
        )
    )
    canvas.part(body, cloth, puff=0.3)
    arch = spline(
        (50 - half + 1.8, 50),
        (50 - half * 0.86, top + 13),
        (50 - half * 0.5, top + 5.6),
        (50, top + 4.6),
        (50 + half * 0.5, top + 5.6),
        (50 + half * 0.86, top + 13),
        (50 + half - 1.8, 50),
    )
    _zip(canvas, arch)
    canvas.part(
        box(50 - 4.4, top + 14, 50 + 4.4, top + 18.6, 1),
        mix(dark, INK, 0.4),
        edge=INK,
        width=0.3,
        puff=0.1,
    )
    canvas.line([(47.4, top + 16.3), (52.6, top + 16.3)], OFF_WHITE, 0.8)
    pocket_top = rng.uniform(52, 56)
    pocket = symmetric(
        join(
            spline(
                (50, pocket_top),
                (50 - half * 0.62, pocket_top + 0.6),
                (50 - half * 0.8, pocket_top + 7),
            ),
            spline(
                (50 - half * 0.8, pocket_top + 7),
                (50 - half * 0.82, bottom - 9),
                (50 - half * 0.7, bottom - 4.4),
            ),
            [(50, bottom - 4)],
        )
    )
    canvas.part(pocket, cloth, puff=0.3)
    _zip(
        canvas,
        spline(
            (50 - half * 0.72, pocket_top + 7.4),
            (50, pocket_top + 6),
            (50 + half * 0.72, pocket_top + 7.4),
        ),
    )
    for side in (-1, 1):
        canvas.fold(
            spline(
                (50 + side * half * 0.4, top + 8),
                (50 + side * half * 0.55, 34),
                (50 + side * half * 0.5, pocket_top - 3),
            ),
            -0.1,
            3,
        )
    canvas.fold(
        spline((50 - half * 0.7, top + 12), (50 - half * 0.78, 36), (50 - half * 0.78, 50)), 0.15, 3
    )


def _zip(canvas: Canvas, path: object) -> None:
    canvas.line(path, canvas.palette.outline, 1.9)  # type: ignore[arg-type]
    canvas.stitches(path, mix(STEEL, canvas.palette.base, 0.2), 0.8)  # type: ignore[arg-type]


def draw_wallet(canvas: Canvas, garment: Garment) -> None:
    rng = canvas.rng
    base = canvas.palette.base
    half, top, bottom = rng.uniform(33, 37), rng.uniform(29, 33), rng.uniform(71, 76)
    thread = mix(base, OFF_WHITE, 0.5) if luminance(base) < 0.6 else mix(base, INK, 0.4)
    cards = [((86, 150, 190), 9.5), ((226, 178, 88), 6.5), ((120, 168, 120), 3.5)]
    canvas.part(
        box(50 - half, top - 2, 50 + half, bottom - 2, 3),
        mix(base, canvas.palette.outline, 0.35),
        puff=0.2,
    )
    for index, (paint, height) in enumerate(cards):
        canvas.part(
            box(
                50 - half * 0.72 + 3 * index,
                top - height,
                50 + half * 0.5 + 3 * index,
                top + 10,
                1.6,
            ),
            paint,
            edge=mix(paint, INK, 0.4),
            width=0.4,
            puff=0.1,
        )
    canvas.part(box(50 - half, top, 50 + half, bottom, 3.4), base, puff=0.3)
    canvas.stitches(box(50 - half + 2.2, top + 2.2, 50 + half - 2.2, bottom - 2.2, 2), thread)
    slot = spline(
        (50 - half, top + 14), (50 - half * 0.3, top + 12.6), (50 + half * 0.34, top + 14)
    )
    if "Buttons" in garment.details:
        y = (top + bottom) / 2
        tab = join(
            [(50 + half + 0.8, y - 6)],
            spline(
                (50 + half * 0.62, y - 6),
                (50 + half * 0.42, y - 4.4),
                (50 + half * 0.36, y),
                (50 + half * 0.42, y + 4.4),
                (50 + half * 0.62, y + 6),
            ),
            [(50 + half + 0.8, y + 6)],
        )
        canvas.part(tab, mix(base, canvas.palette.outline, 0.1), puff=0.25)
        canvas.part(
            ellipse(50 + half * 0.52, y, 4.2), GOLD, edge=mix(GOLD, INK, 0.5), width=0.4, puff=0.3
        )
    else:
        canvas.line(slot, canvas.palette.outline, 0.7)
        canvas.stitches(moved(slot, 0, 1.6), thread)
        canvas.part(
            box(50 + half * 0.5, bottom - 10, 50 + half * 0.8, bottom - 5, 0.6),
            mix(base, canvas.palette.outline, 0.35),
            width=0.3,
            puff=0,
        )
    canvas.fold([(50 - half + 6, bottom - 8), (50 - half * 0.2, top + 8)], 0.13, 6)
    canvas.fold(mirror([(50 - half + 3, top + 4), (50 - half + 3, bottom - 4)]), -0.1, 3)
