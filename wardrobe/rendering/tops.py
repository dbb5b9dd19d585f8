"""How shirts, T-shirts, tops and dresses are drawn."""

from wardrobe.rendering.bodice import (
    SLEEVES,
    Bodice,
    draw_chest_pocket,
    draw_collar,
    draw_creases,
    draw_cuffs,
    draw_front,
    draw_neckband,
    draw_placket,
    draw_sleeves,
    neck_of,
)
from wardrobe.rendering.canvas import Canvas
from wardrobe.rendering.colours import INK, luminance, mix
from wardrobe.rendering.garment import Garment
from wardrobe.rendering.parts import bow, graphic
from wardrobe.rendering.patterns import Fabric
from wardrobe.rendering.shapes import box, join, mirror, moved, spline, symmetric


def draw_shirt(canvas: Canvas, garment: Garment) -> None:
    """Draws a buttoned shirt with a collar and a curved hem."""
    long = garment.sleeve_length == "Long"
    bodice = Bodice(
        waist=17, bottom=84, sleeve=SLEEVES[garment.sleeve_length], sleeve_end=7.8 if long else 13
    ).varied(canvas.rng)
    cloth = Fabric(garment.pattern, canvas.palette, canvas.rng, scale=0.9)
    draw_sleeves(canvas, cloth, bodice)
    if long:
        draw_cuffs(canvas, bodice, 5.5, ribbed=False)
    hem, low = bodice.hem, bodice.bottom
    tail = spline((-hem, low), (-0.86 * hem, low + 2.6), (-0.5 * hem, low + 5), (0, low + 5.6))
    draw_front(canvas, cloth, bodice, "V-Neck", tail)
    draw_creases(canvas, bodice)
    canvas.line(moved(join(tail, mirror(tail)), 0, -1.5), width=0.35)
    for _ in canvas.sides():  # the yoke
        canvas.line([(-9, bodice.top + 8), (-bodice.shoulder + 0.6, bodice.top + 9.4)], width=0.4)
    draw_placket(canvas, cloth, bodice.top + 6, low + 5.3, 7)
    if "Pockets" in garment.details:
        draw_chest_pocket(canvas, cloth, bodice)
    draw_collar(canvas, cloth, bodice, tip=11)


def draw_tshirt(canvas: Canvas, garment: Garment) -> None:
    """Draws a T-shirt, or a polo shirt when it has a collar."""
    long = garment.sleeve_length == "Long"
    bodice = Bodice(
        bottom=82, depth=6.5, sleeve=SLEEVES[garment.sleeve_length],
        sleeve_end=8 if long else 14, angle=18 if long else 32,
    ).varied(canvas.rng)  # fmt: skip
    cloth = Fabric(garment.pattern, canvas.palette, canvas.rng, stripes=0, scale=1.15)
    draw_sleeves(canvas, cloth, bodice)
    for _ in canvas.sides():
        canvas.line([bodice.arm(bodice.sleeve - 2, across) for across in (0, 1)], width=0.35)
    draw_front(canvas, cloth, bodice, neck_of(garment))
    draw_creases(canvas, bodice)
    canvas.line([(-bodice.hem, bodice.bottom - 2), (bodice.hem, bodice.bottom - 2)], width=0.35)
    if garment.pattern == "Graphic":
        graphic(canvas, 0, 62 if "Pockets" in garment.details else 48, 18)
    if "Pockets" in garment.details:
        draw_chest_pocket(canvas, cloth, bodice)
    if "Collar" in garment.details:
        draw_placket(canvas, cloth, bodice.top + 5, bodice.top + 20, 3)
        draw_collar(canvas, cloth, bodice, tip=10)
    else:
        draw_neckband(canvas, bodice, neck_of(garment), 1.7)


def draw_top(canvas: Canvas, garment: Garment) -> None:
    """Draws a fitted top with a ruffle at the hem."""
    bare = garment.sleeve_length == "Sleeveless"
    bodice = Bodice(
        neck=9, shoulder=12.5 if bare else 16.5, chest=16.5, waist=13, hem=14.5, armpit=35,
        bottom=64, depth=9, slope=2.5 if bare else 4, sleeve=SLEEVES[garment.sleeve_length],
        sleeve_end=15 if garment.sleeve_length == "Short" else 13, angle=24,
    ).varied(canvas.rng)  # fmt: skip
    cloth = Fabric(garment.pattern, canvas.palette, canvas.rng, scale=0.85)
    draw_sleeves(canvas, cloth, bodice)
    hem, top = bodice.hem, bodice.bottom
    waves = [
        (-hem - 8 + (hem + 8) * index / 4, top + 17 + (1.8 if index % 2 else -0.4))
        for index in range(8)
    ]
    frill = join([(hem, top), (-hem, top)], spline(*waves, (hem + 8, top + 16)))
    canvas.part(frill, cloth)
    for index in range(9):
        part = (index - 4) / 4
        crease = [(part * hem, top + 1), (part * (hem + 7), top + 15)]
        canvas.fold(crease, -0.24 if index % 2 else 0.1, 1.6)
    draw_front(canvas, cloth, bodice, neck_of(garment))
    canvas.line([(-hem, top), (hem, top)], canvas.palette.outline, 0.6)
    draw_creases(canvas, bodice)
    draw_neckband(canvas, bodice, neck_of(garment), 1.1)
    if "Bow" in garment.details:
        bow(canvas, 0, top, 9)


def draw_dress(canvas: Canvas, garment: Garment) -> None:
    """Draws a fitted bodice over a flared skirt."""
    rng, bare = canvas.rng, garment.sleeve_length == "Sleeveless"
    bodice = Bodice(
        neck=6.4, shoulder=8.8 if bare else 12, chest=12, waist=9.4, hem=9, top=6, slope=2,
        armpit=24, bottom=43, depth=6, sleeve=0.66 * SLEEVES[garment.sleeve_length],
        sleeve_end=5.4 if garment.sleeve_length == "Long" else 9.5, angle=23,
    )  # fmt: skip
    waist, top = bodice.hem, bodice.bottom
    cloth = Fabric(garment.pattern, canvas.palette, rng, scale=0.78)
    draw_sleeves(canvas, cloth, bodice)
    hem, low = rng.uniform(22, 31), rng.uniform(82, 94)
    side = spline((-waist, top - 1), (-waist - 0.28 * hem, top + 12), (-hem, low - 2))
    skirt = join(
        [(0, top - 1)], side, spline((-hem, low - 2), (-0.5 * hem, low + 1), (0, low + 1.6))
    )
    canvas.part(symmetric(skirt), cloth)
    pleats = 11 if "Pleats" in garment.details else 5
    for index in range(pleats):
        part = 2 * (index + 0.5) / pleats - 1
        reach = part * (waist + 0.2 * hem)
        crease = spline(
            (part * waist, top + 2), (reach, top + 13), (part * hem, low + 1.2 - 3.2 * part**2)
        )
        if "Pleats" in garment.details:
            canvas.line(crease, width=0.5)
        canvas.fold(moved(crease, 0.8), -0.22, 1.8)
        canvas.fold(moved(crease, -1.2), 0.11, 1.8)
    draw_front(canvas, cloth, bodice, neck_of(garment))
    for _ in canvas.sides():  # darts
        canvas.line(spline((-5.5, top), (-5, top - 9), (-8.5, top - 16)), width=0.4)
        canvas.fold(spline((-5, top), (-4.6, top - 8), (-7.5, top - 14)), -0.14, 1.6)
    draw_neckband(canvas, bodice, neck_of(garment), 1)
    if "Belt" in garment.details:
        light = luminance(canvas.palette.base) < 0.3
        belt = (176, 138, 84) if light else mix(canvas.palette.base, INK, 0.62)
        strap = box(-waist - 0.6, top - 1.8, waist + 0.6, top + 1.8, 0.4)
        canvas.part(strap, belt, edge=mix(belt, INK, 0.5))
        keeper = box(0.3 * waist, top - 2.2, 0.3 * waist + 2, top + 2.2, 0.3)
        canvas.part(keeper, belt, edge=mix(belt, INK, 0.5), width=0.4)
    else:
        canvas.line([(-waist, top), (waist, top)], canvas.palette.outline, 0.5)
