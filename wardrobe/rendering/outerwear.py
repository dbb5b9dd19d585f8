"""How sweaters, sweatshirts and jackets are drawn."""

from wardrobe.rendering.bodice import (
    SLEEVES,
    Bodice,
    draw_creases,
    draw_cuffs,
    draw_front,
    draw_neckband,
    draw_sleeves,
    neck_of,
)
from wardrobe.rendering.canvas import Canvas
from wardrobe.rendering.colours import INK, STEEL, mix
from wardrobe.rendering.garment import Garment
from wardrobe.rendering.parts import graphic, ribs, trim, zip_line
from wardrobe.rendering.patterns import Fabric
from wardrobe.rendering.shapes import join, moved, spline, symmetric


def _hem_band(canvas: Canvas, bodice: Bodice, height: float, *, ribbed: bool) -> None:
    """Draws the band a body ends in."""
    hem, low = bodice.hem, bodice.bottom
    top, end = ((-hem, low - height), (hem, low - height)), ((-hem + 1, low), (hem - 1, low))
    canvas.part([*top, *end[::-1]], canvas.palette.base, puff=0.14)
    if ribbed:
        ribs(canvas, top, end)


def draw_sweater(canvas: Canvas, garment: Garment) -> None:
    """Draws a knitted sweater with ribbed ends."""
    bodice = Bodice(
        chest=19.5, waist=19.5, hem=18.5, bottom=82, depth=6, sleeve=SLEEVES["Long"],
        sleeve_end=8.5,
    ).varied(canvas.rng)  # fmt: skip
    cloth = Fabric(garment.pattern, canvas.palette, canvas.rng, stripes=0, scale=1.5)
    draw_sleeves(canvas, cloth, bodice)
    draw_cuffs(canvas, bodice, 7, ribbed=True)
    draw_front(canvas, cloth, bodice, neck_of(garment))
    draw_creases(canvas, bodice)
    if garment.pattern == "Solid":
        _cables(canvas, bodice)
    _hem_band(canvas, bodice, 6.5, ribbed=True)
    if "High Neck" in garment.details:
        neck, top = bodice.neck, bodice.top
        side = spline((-neck + 0.2, top - 7), (-neck - 0.6, top - 2), (-neck - 1.2, top + 1))
        tube = join(
            [(0, top - 7.4)],
            side,
            spline((-neck - 1.2, top + 1), (-0.7 * neck, top + 5), (0, top + 6.5)),
        )
        canvas.part(symmetric(tube), canvas.palette.base, puff=0.3)
        for _ in canvas.sides():
            ribs(canvas, ((-neck + 0.6, top - 7), (0, top - 7.2)), ((-neck, top + 3), (0, top + 6)))
        roll = spline((-neck - 0.4, top - 1.6), (0, top + 0.4), (neck + 0.4, top - 1.6))
        canvas.line(roll, canvas.palette.outline, 0.45)
        canvas.fold(moved(roll, 0, 1), -0.3, 1.4)
    else:
        draw_neckband(canvas, bodice, neck_of(garment), 2.4, ribbed=True)


def _cables(canvas: Canvas, bodice: Bodice) -> None:
    """Draws columns of small V stitches down the front."""
    faint = mix(canvas.palette.base, canvas.palette.outline, 0.42)
    for part in (-0.64, -0.32, 0, 0.32, 0.64):
        x, low = part * bodice.chest, bodice.bottom - 8
        top = bodice.top + (2.2 * bodice.depth + 4 if part == 0 else 13)
        for y in range(round(top), round(low) - 1, 3):
            canvas.line([(x - 1.6, y), (x, y + 1.8), (x + 1.6, y)], faint, 0.42)
        for edge in (-2.6, 2.6):
            canvas.line([(x + edge, top - 1), (x + edge, low)], faint, 0.3)


def draw_sweatshirt(canvas: Canvas, garment: Garment) -> None:
    """Draws a sweatshirt with a kangaroo pocket, with or without a hood."""
    hood = "Hood" in garment.details
    bodice = Bodice(
        neck=8, shoulder=19.5, chest=20.5, waist=20.5, hem=18.8, top=19 if hood else 15, armpit=40,
        bottom=84, depth=6, sleeve=SLEEVES["Long"], sleeve_end=9, angle=16,
    ).varied(canvas.rng)  # fmt: skip
    cloth, top = Fabric(garment.pattern, canvas.palette, canvas.rng), bodice.top
    if hood:
        back = spline((0, top - 11), (-7, top - 10), (-12, top - 2), (-11, top + 5), (0, top + 11))
        canvas.part(symmetric(back), cloth, puff=0.3)
        hollow = spline((0, top - 6.8), (-5.4, top - 6), (-8, top), (-6, top + 5), (0, top + 10))
        canvas.part(symmetric(hollow), canvas.palette.inside, puff=0)
    draw_sleeves(canvas, cloth, bodice)
    draw_cuffs(canvas, bodice, 6, ribbed=True)
    if hood:
        canvas.part(bodice.front("V-Neck"), cloth)
    else:
        draw_front(canvas, cloth, bodice, "Round Neck")
    draw_creases(canvas, bodice)
    _hem_band(canvas, bodice, 6, ribbed=True)
    if garment.pattern == "Graphic":
        graphic(canvas, 0, 47, 15)
    _kangaroo_pocket(canvas, cloth, bodice)
    if "Zip" in garment.details:
        zip_line(canvas, (0, top + 10), (0, bodice.bottom))
    if hood:
        _hood_edges(canvas, cloth, top)
    else:
        draw_neckband(canvas, bodice, "Round Neck", 2.4, ribbed=True)


def _kangaroo_pocket(canvas: Canvas, cloth: Fabric, bodice: Bodice) -> None:
    top, low = bodice.bottom - 24, bodice.bottom - 6
    half = [(0, top), (-9, top), (-14, low - 7), (-14, low), (0, low)]
    canvas.part(symmetric(half), cloth, puff=0.16)
    for _ in canvas.sides():
        canvas.line([(-8.2, top + 1.4), (-12.8, low - 7)], width=0.4)


def _hood_edges(canvas: Canvas, cloth: Fabric, top: float) -> None:
    """Draws the front edges of a hood that lies on the shoulders, and its cords."""
    edge = join(
        spline((-11.5, top - 3), (-10, top + 6), (-0.3, top + 14.5)),
        spline((-0.3, top + 11), (-5.4, top + 6.5), (-7.8, top)),
    )
    cord = trim(canvas)
    for _ in canvas.sides():
        canvas.part(edge, cloth, puff=0.3)
    for _ in canvas.sides():
        string = spline((-4, top + 10), (-4.8, top + 18), (-4.2, top + 25))
        canvas.cord(string, cord, 0.75, mix(cord, INK, 0.35))
        canvas.line(string[-4:], STEEL, 1.1)


def draw_jacket(canvas: Canvas, garment: Garment) -> None:
    """Draws a zipped jacket with a collar."""
    bodice = Bodice(
        neck=8, shoulder=20.5, chest=21, waist=20.5, hem=19.5, top=17, armpit=40, bottom=80,
        sleeve=SLEEVES["Long"], sleeve_end=10, angle=17,
    ).varied(canvas.rng)  # fmt: skip
    cloth, top, low = Fabric("Solid", canvas.palette, canvas.rng), bodice.top, bodice.bottom
    draw_sleeves(canvas, cloth, bodice)
    draw_cuffs(canvas, bodice, 5, ribbed=False)
    draw_front(canvas, cloth, bodice, "V-Neck")
    if "Quilting" in garment.details:
        _quilting(canvas, bodice)
    else:
        draw_creases(canvas, bodice)
        for _ in canvas.sides():
            canvas.line([(-5, top + 13), (-bodice.shoulder + 0.8, top + 15)], width=0.5)
            canvas.line([(-5, top + 14), (-bodice.shoulder + 1, top + 16)], width=0.3)
    _hem_band(canvas, bodice, 5, ribbed=False)
    for _ in canvas.sides():
        slot = [(-7, low - 12), (-13, low - 26)]
        canvas.line(slot, canvas.palette.outline, 2.3)
        canvas.line(slot, mix(canvas.palette.base, canvas.palette.outline, 0.3), 1.5)
        canvas.line(slot, STEEL, 0.55)
    neck = bodice.neck
    stand = spline(
        (0, top - 5.5), (-0.7 * neck, top - 5.2), (-neck - 0.6, top - 2), (-neck - 2, top + 5)
    )
    canvas.part(symmetric(join(stand, [(0, top + 12)])), cloth)
    inside = spline((0, top - 3.2), (-0.7 * neck, top - 2.6), (-neck + 0.9, top))
    canvas.part(symmetric(join(inside, [(0, top + 10)])), canvas.palette.inside, width=0.4, puff=0)
    zip_line(canvas, (0, top + 9.5), (0, low))
    flap = join(
        spline((-neck - 0.4, top - 3), (-neck - 2.8, top + 2), (-neck - 1.8, top + 7)),
        [(-2.6, top + 14.5), (-0.3, top + 9.8)],
        spline((-0.3, top + 9.8), (-0.7 * neck, top + 3), (-neck - 0.4, top - 3)),
    )
    for _ in canvas.sides():
        canvas.part(flap, cloth, puff=0.3)


def _quilting(canvas: Canvas, bodice: Bodice) -> None:
    """Draws padded rows across the front and along the sleeves."""
    chest, top = bodice.chest, bodice.top + 15
    step = (bodice.bottom - 6 - top) / 6
    for _ in canvas.sides():
        for index in range(6):
            y = top + step * index
            seam = spline((0, y + 0.6), (-0.5 * chest, y + 1.4), (-chest + 0.4, y))
            canvas.line(seam, width=0.5)
            canvas.fold(moved(seam, 0, 1), -0.24, 1.6)
            canvas.fold(moved(seam, 0, -2.6), 0.17, 2.4)
        for part in (0.28, 0.42, 0.56, 0.7, 0.84):
            seam = join([bodice.arm(part * bodice.sleeve, across) for across in (0, 1)])
            canvas.line(seam, width=0.5)
            canvas.fold(moved(seam, 0, 1), -0.24, 1.6)
            canvas.fold(moved(seam, 0, -2.6), 0.15, 2)
