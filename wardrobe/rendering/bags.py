"""How handbags, backpacks and wallets are drawn."""

from wardrobe.rendering.canvas import Canvas
from wardrobe.rendering.colours import GOLD, INK, OFF_WHITE, STEEL, mix
from wardrobe.rendering.garment import Garment
from wardrobe.rendering.parts import buckle, metal
from wardrobe.rendering.patterns import Fabric
from wardrobe.rendering.shapes import (
    Points,
    arch,
    box,
    ellipse,
    join,
    moved,
    spline,
    symmetric,
    trace,
)


def draw_handbag(canvas: Canvas, garment: Garment) -> None:
    """Draws a handbag with two handles."""
    rng, base, outline = canvas.rng, canvas.palette.base, canvas.palette.outline
    frame, thread = rng.choice((GOLD, STEEL)), canvas.palette.thread
    wide, narrow = rng.uniform(33, 40), rng.uniform(25, 31)
    top, low, lift = rng.uniform(41, 47), rng.uniform(82, 88), rng.uniform(21, 29)
    root = 0.58 * narrow
    handle = arch(
        (-root, top + 4),
        (-root, top - 0.5 * lift),
        (-0.66 * root, top - 0.9 * lift),
        (0, top - 1.02 * lift),
    )
    canvas.cord(moved(handle, 0, -5), mix(base, outline, 0.45), 2.8, outline)
    side = spline((-narrow, top), (-wide + 2, (top + low) / 2), (-wide, low - 5))
    foot = spline((-wide, low - 5), (-wide + 1, low - 1), (-wide + 5, low))
    canvas.part(symmetric(join([(0, top)], side, foot, [(0, low)])), base, puff=0.32)
    canvas.fold(spline((-0.7 * wide, low - 10), (-0.8 * narrow, top + 16)), 0.16, 4)
    for _ in canvas.sides():
        crease = spline((-narrow + 4, top + 6), (-wide + 8, low - 16), (-wide + 5, low - 6))
        canvas.fold(crease, -0.18, 2.6)
        if "Stitching" in garment.details:
            edge = spline(
                (-narrow + 1.6, top + 2), (-wide + 3.8, (top + low) / 2), (-wide + 2, low - 5)
            )
            canvas.stitches(edge, thread)
            canvas.stitches(
                spline((-wide + 2.6, low - 9), (-0.5 * wide, low - 7), (0, low - 6.4)), thread
            )
    if "Zip" in garment.details:
        canvas.cord([(-narrow + 3, top + 3), (narrow - 3, top + 3)], frame, 1.0, outline)
        canvas.stitches([(-narrow + 3, top + 3), (narrow - 3, top + 3)], mix(frame, INK, 0.6), 0.9)
        metal(canvas, box(0.3 * narrow, top + 2.2, 0.3 * narrow + 2, top + 9, 0.8), frame)
    else:
        drop, reach = top + 0.5 * (low - top), 0.44 * narrow
        flap = spline((-reach, top), (-0.9 * reach, drop - 6), (-0.45 * reach, drop), (0, drop + 1))
        canvas.part(symmetric(join([(0, top - 0.5)], flap)), mix(base, outline, 0.08), puff=0.28)
        hole = box(-2.3, drop - 3.7, 2.3, drop + 0.9, 0.5)
        buckle(canvas, box(-4.2, drop - 5.7, 4.2, drop + 2.9, 1), hole, base, frame)
    canvas.cord(handle, base, 2.8, outline)
    canvas.line(moved(handle, -0.4, -0.4), mix(base, (255, 255, 255), 0.2), 0.4)
    for _ in canvas.sides():
        with canvas.shifted(0, top + 4):
            tab = [
                (-root - 2.6, 0),
                (-root + 2.6, 0),
                (-root + 2.2, 8),
                (-root, 10),
                (-root - 2.2, 8),
            ]
            canvas.part(tab, base, puff=0.16)
            buckle(canvas, ellipse(-root, 0, 5), ellipse(-root, 0, 2.8), mix(base, INK, 0.3), frame)


def draw_backpack(canvas: Canvas, garment: Garment) -> None:
    """Draws a backpack with a front pocket."""
    rng, base, outline = canvas.rng, canvas.palette.base, canvas.palette.outline
    cloth = Fabric(garment.pattern, canvas.palette, rng)
    half, top, low = rng.uniform(24, 28), rng.uniform(16, 20), rng.uniform(87, 91)
    strap = spline(
        (-14, top + 3),
        (-half - 5, top + 12),
        (-half - 8, 52),
        (-half - 4, low - 14),
        (-half + 2, low - 7),
    )
    for _ in canvas.sides():
        canvas.cord(strap, mix(base, outline, 0.35), 4.4, outline)
    loop = arch((-6, top + 2), (-5.4, top - 7), (0, top - 9))
    canvas.cord(loop, mix(base, outline, 0.3), 2.1, outline)
    shoulder = spline((0, top), (-0.6 * half, top + 1.4), (-0.94 * half, top + 12), (-half, 44))
    flank = spline((-half, 44), (-half - 0.6, low - 12), (-half + 1.4, low - 3), (-half + 6, low))
    canvas.part(symmetric(join(shoulder, flank, [(0, low)])), cloth, puff=0.3)
    opening = arch(
        (-half + 1.8, 50), (-0.86 * half, top + 13), (-0.5 * half, top + 5.6), (0, top + 4.6)
    )
    _zip(canvas, opening)
    metal(canvas, box(-4.6, top + 14, 4.6, top + 19, 1), mix(base, INK, 0.62))
    canvas.line([(-2.6, top + 16.5), (2.6, top + 16.5)], OFF_WHITE, 0.8)
    edge = rng.uniform(51, 57)
    pocket = join(
        spline((0, edge), (-0.62 * half, edge + 0.6), (-0.8 * half, edge + 7)),
        spline((-0.8 * half, edge + 7), (-0.82 * half, low - 9), (-0.7 * half, low - 4.4)),
        [(0, low - 4)],
    )
    canvas.part(symmetric(pocket), cloth, puff=0.3)
    _zip(canvas, arch((-0.72 * half, edge + 7.4), (0, edge + 6)))
    for _ in canvas.sides():
        crease = spline((-0.4 * half, top + 8), (-0.55 * half, 34), (-0.5 * half, edge - 3))
        canvas.fold(crease, -0.1, 3)
    canvas.fold(spline((-0.7 * half, top + 12), (-0.78 * half, 36), (-0.78 * half, 50)), 0.16, 3)


def _zip(canvas: Canvas, path: Points) -> None:
    canvas.line(path, canvas.palette.outline, 1.9)
    canvas.stitches(path, mix(STEEL, canvas.palette.base, 0.2), 0.8)


def draw_wallet(canvas: Canvas, garment: Garment) -> None:
    """Draws a folded wallet with cards in it."""
    rng, base, outline = canvas.rng, canvas.palette.base, canvas.palette.outline
    half, top, low = rng.uniform(33, 38), rng.uniform(29, 34), rng.uniform(70, 76)
    thread = canvas.palette.thread
    canvas.part(box(-half, top - 2, half, low - 2, 3), mix(base, outline, 0.35))
    cards = [((86, 150, 190), 9.5), ((226, 178, 88), 6.5), ((120, 168, 120), 3.5)]
    for index, (paint, height) in enumerate(cards):
        card = box(-0.72 * half + 3 * index, top - height, 0.5 * half + 3 * index, top + 10, 1.6)
        canvas.part(card, paint, edge=mix(paint, INK, 0.4), width=0.4, puff=0.1)
    canvas.part(box(-half, top, half, low, 3.4), base, puff=0.3)
    canvas.stitches(box(-half + 2.2, top + 2.2, half - 2.2, low - 2.2, 2), thread)
    if "Buttons" in garment.details:
        with canvas.shifted(0.42 * half, (top + low) / 2):
            end = 0.58 * half + 0.8
            tongue = join([(end, -6)], trace("6,-6 0,-4.4 -2,0 0,4.4 6,6"), [(end, 6)])
            canvas.part(tongue, mix(base, outline, 0.1), puff=0.25)
            canvas.part(ellipse(3.4, 0, 4.4), GOLD, edge=mix(GOLD, INK, 0.5), width=0.4, puff=0.3)
    else:
        slot = spline((-half, top + 14), (-0.3 * half, top + 12.6), (0.34 * half, top + 14))
        canvas.line(slot, outline, 0.7)
        canvas.stitches(moved(slot, 0, 1.6), thread)
        patch = box(0.5 * half, low - 11, 0.8 * half, low - 6, 0.6)
        canvas.part(patch, mix(base, outline, 0.35), width=0.3, puff=0)
    canvas.fold([(-half + 6, low - 8), (-0.2 * half, top + 8)], 0.14, 6)
    canvas.fold([(half - 3, top + 4), (half - 3, low - 4)], -0.1, 3)
