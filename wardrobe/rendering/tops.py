"""How garments for the upper body, and dresses, are drawn."""

import math
from dataclasses import dataclass

from wardrobe.rendering.canvas import Canvas
from wardrobe.rendering.colours import INK, OFF_WHITE, STEEL, luminance, mix
from wardrobe.rendering.garment import Garment
from wardrobe.rendering.parts import bow, buttons, graphic, ribs, zip_line
from wardrobe.rendering.patterns import Fabric
from wardrobe.rendering.shapes import (
    Point,
    Points,
    between,
    box,
    join,
    mirror,
    spline,
    symmetric,
)

_SLEEVES = {"Short": 17.0, "Three-Quarter": 35.0, "Long": 53.0}  # units along the arm


@dataclass
class _Cut:
    """Half widths and heights of a bodice, units of the page."""

    neck: float = 7.0
    shoulder: float = 18.5
    chest: float = 18.0
    waist: float = 17.5
    hem: float = 18.0
    top: float = 14.0
    slope: float = 4.5
    armpit: float = 36.0
    bottom: float = 84.0
    depth: float = 7.0  # of the neckline
    sleeve_angle: float = 17.0  # degrees from hanging straight down
    cuff: float = 7.5

    def jitter(self, canvas: Canvas) -> "_Cut":
        rng = canvas.rng
        wider = rng.uniform(0.95, 1.05)
        for name in ("shoulder", "chest", "waist", "hem"):
            setattr(self, name, getattr(self, name) * wider)
        self.bottom += rng.uniform(-4, 3)
        self.depth *= rng.uniform(0.85, 1.2)
        self.sleeve_angle += rng.uniform(-4, 6)
        return self

    def neckline(self, kind: str, wider: float = 0, deeper: float = 0) -> Points:
        """Returns the front neckline from left to right."""
        neck, depth = self.neck + wider, self.depth + deeper
        if kind == "V-Neck":
            corner = (50 - neck, self.top + wider * 0.35)
            return join([corner, (50, self.top + 1.5 * depth + 2)], mirror([corner]))
        half = spline(
            (50 - neck, self.top + wider * 0.35),
            (50 - neck * 0.78, self.top + depth * 0.68),
            (50, self.top + depth),
        )
        return join(half, mirror(half))


def _sleeves(canvas: Canvas, cloth: Fabric, cut: _Cut, length: str, flare: float = 0) -> None:
    """Draws both sleeves and, on long ones, leaves the ends for cuffs."""
    if length == "Sleeveless":
        return
    for side in _sleeve_outlines(cut, _SLEEVES[length], flare):
        canvas.part(side[0], cloth, angle=side[1])
    for flipped in (False, True):
        start, end = _arm(cut, _SLEEVES[length])
        elbow = between(start, end, 0.5)
        crease = spline(
            between(start, end, 0.12), (elbow[0] + 1, elbow[1]), between(start, end, 0.9)
        )
        canvas.fold(mirror(crease) if flipped else crease, -0.12, 1.6)
        if length == "Long":
            for part, reach in ((0.47, 3.2), (0.55, -2.6)):
                x, y = between(start, end, part)
                wrinkle = spline((x - reach, y - 1), (x, y + 0.8), (x + 1.6, y + 0.4))
                canvas.fold(mirror(wrinkle) if flipped else wrinkle, -0.2, 1.2)


def _arm(cut: _Cut, length: float) -> tuple[Point, Point]:
    """Returns the middle of the left armhole and of the sleeve's end."""
    start = between((50 - cut.shoulder, cut.top + cut.slope), (50 - cut.chest + 1, cut.armpit), 0.5)
    angle = math.radians(cut.sleeve_angle)
    return start, (start[0] - length * math.sin(angle), start[1] + length * math.cos(angle))


def _sleeve_outlines(
    cut: _Cut, length: float, flare: float = 0, start_at: float = 0.0
) -> list[tuple[Points, float]]:
    """Returns outline and fabric angle of the left and the right sleeve."""
    _, end = _arm(cut, length)
    angle = math.radians(cut.sleeve_angle)
    reach = min(length / 53, 1)
    half = (cut.cuff / 2) * (1.62 - 0.62 * reach) + flare
    across = (half * math.cos(angle), half * math.sin(angle))
    outer, inner = (
        (end[0] - across[0], end[1] - across[1]),
        (end[0] + across[0], end[1] + across[1]),
    )
    shoulder, armpit = (50 - cut.shoulder, cut.top + cut.slope), (50 - cut.chest + 1.5, cut.armpit)
    upper, lower = between(shoulder, outer, 0.16), between(armpit, inner, 0.5)
    outline = join(
        spline(
            (shoulder[0] + 3, shoulder[1] - 0.4),
            (shoulder[0] - 0.3, shoulder[1] + 0.6),
            (upper[0] - 1.9, upper[1] + 0.2),
            outer,
        ),
        spline(inner, (lower[0] - 0.4, lower[1]), armpit),
        [(shoulder[0] + 6, cut.armpit - 4)],
    )
    return [(outline, cut.sleeve_angle), (mirror(outline), -cut.sleeve_angle)]


def _cuffs(canvas: Canvas, cut: _Cut, *, ribbed: bool, height: float = 5.5) -> None:
    """Draws a band at the end of each long sleeve."""
    angle = math.radians(cut.sleeve_angle)
    start, end = _arm(cut, _SLEEVES["Long"])
    back = height / _SLEEVES["Long"]
    top = between(end, start, back)
    half_end, half_top = cut.cuff * (0.47 if ribbed else 0.56), cut.cuff * (0.5 if ribbed else 0.57)
    unit = (math.cos(angle), math.sin(angle))
    corners = [
        (top[0] - half_top * unit[0], top[1] - half_top * unit[1]),
        (end[0] - half_end * unit[0], end[1] - half_end * unit[1]),
        (end[0] + half_end * unit[0], end[1] + half_end * unit[1]),
        (top[0] + half_top * unit[0], top[1] + half_top * unit[1]),
    ]
    for side in (join(corners), mirror(corners)):
        canvas.part(side, canvas.palette.base, puff=0.14)
        if ribbed:
            left, right = (side[0], side[3]), (side[1], side[2])
            ribs(canvas, left, right, 7)


def _body(canvas: Canvas, cloth: Fabric, cut: _Cut, neck: str, hem: Points | None = None) -> None:
    """Draws the far side of the neck and the front of the bodice."""
    back = symmetric(
        spline(
            (50, cut.top + 0.6),
            (50 - cut.neck * 0.6, cut.top - 0.2),
            (50 - cut.neck, cut.top - 1.2),
        )
    )
    inner = join(
        back[: len(back) // 2][::1],
        [
            (50 - cut.neck, cut.top + 2),
            (50, cut.top + cut.depth + 10),
            (50 + cut.neck, cut.top + 2),
        ],
    )
    canvas.part(inner, canvas.palette.inside, width=0.4, puff=0)
    canvas.part(_front(cut, neck, hem), cloth)


def _front(cut: _Cut, neck: str, hem: Points | None = None) -> Points:
    """Returns the outline of the front; `hem` runs from the left corner to the middle."""
    line = cut.neckline(neck)
    left = join(
        line[: len(line) // 2 + 1][::-1],
        [(50 - cut.shoulder, cut.top + cut.slope)],
        spline(
            (50 - cut.shoulder, cut.top + cut.slope),
            (50 - cut.shoulder + 1.5, (cut.top + cut.armpit) / 2 + 2),
            (50 - cut.chest, cut.armpit),
        ),
        spline(
            (50 - cut.chest, cut.armpit),
            (50 - cut.waist, cut.armpit * 0.45 + cut.bottom * 0.55),
            (50 - cut.hem, cut.bottom),
        ),
        hem if hem is not None else [(50.0, cut.bottom)],
    )
    return symmetric(left)


def _neckband(
    canvas: Canvas, cut: _Cut, neck: str, width: float = 1.6, ribbed: bool = False
) -> None:
    inner, outer = cut.neckline(neck), cut.neckline(neck, width, width * 1.1)
    paint = mix(canvas.palette.base, canvas.palette.outline, 0.12)
    canvas.part(join(inner, outer[::-1]), paint, width=0.4, puff=0.12)
    if ribbed:
        for index in range(2, len(inner) - 2, 2 if neck != "V-Neck" else 1):
            canvas.line([tuple(inner[index]), tuple(outer[index])], width=0.28)


def _body_folds(canvas: Canvas, cut: _Cut) -> None:
    """Draws the soft creases of a hanging body."""
    rng = canvas.rng
    for side in (-1, 1):
        x = 50 + side * (cut.chest - 3)
        canvas.fold(
            spline(
                (x, cut.armpit + 1), (x - side * 4, cut.armpit + 7), (x - side * 5, cut.armpit + 15)
            ),
            -0.13,
            2,
        )
        canvas.fold(
            spline(
                (50 + side * cut.waist, 66),
                (50 + side * (cut.waist - 6), 69),
                (50 + side * (cut.waist - 9), 75),
            ),
            -0.12,
            2,
        )
        low = 50 + side * rng.uniform(6, 11)
        canvas.fold(
            [(low, cut.bottom - rng.uniform(18, 26)), (low + side * 2, cut.bottom)], -0.09, 2.4
        )
        canvas.fold([(low - 3 * side, cut.bottom - 18), (low - 2 * side, cut.bottom)], 0.06, 2.4)
    canvas.fold(
        [(50 - cut.chest * 0.5, cut.armpit), (50 - cut.chest * 0.45, cut.bottom - 14)], 0.07, 5
    )


def _shirt_collar(canvas: Canvas, cut: _Cut, cloth: Fabric, tip: float = 11) -> None:
    neck, top = cut.neck, cut.top
    back = symmetric(
        join(
            spline((50, top - 3.6), (50 - neck * 0.7, top - 3.0), (50 - neck - 0.4, top)),
            [(50, top + 6)],
        )
    )
    canvas.part(back, canvas.palette.base, puff=0.1)
    opening = symmetric(
        join(
            spline((50, top - 1.4), (50 - neck * 0.6, top - 0.9), (50 - neck + 1, top + 1)),
            [(50, top + 6)],
        )
    )
    canvas.part(opening, canvas.palette.inside, width=0.4, puff=0)
    leaf = join(
        spline(
            (50 - neck + 0.4, top - 2.2), (50 - neck - 1.6, top + 1.2), (50 - neck - 1.8, top + 4.5)
        ),
        [(50 - neck + 1.6, top + tip), (50 - 0.2, top + 6.2)],
        spline((50 - 0.2, top + 6.2), (50 - neck * 0.6, top + 2.6), (50 - neck + 0.4, top - 2.2)),
    )
    for side, turn in ((leaf, 35), (mirror(leaf), -35)):
        canvas.part(side, cloth, angle=turn, puff=0.24)


def _placket(canvas: Canvas, cloth: Fabric, top: float, bottom: float, count: int) -> None:
    canvas.part(box(48.3, top, 51.7, bottom), cloth, width=0, puff=0)
    for x in (48.3, 51.7):
        canvas.line([(x, top), (x, bottom)], width=0.45)
    buttons(canvas, [(50, top + 3 + (bottom - top - 6) * i / (count - 1)) for i in range(count)])


def _chest_pocket(canvas: Canvas, cloth: Fabric, cut: _Cut) -> None:
    left, top = 50 + 4.5, cut.armpit + 1
    outline = [
        (left, top),
        (left + 9, top),
        (left + 9, top + 9),
        (left + 4.5, top + 11),
        (left, top + 9),
    ]
    canvas.part(join(outline), cloth, width=0.45, puff=0.12)
    canvas.line([(left, top + 2), (left + 9, top + 2)], width=0.4)


def draw_shirt(canvas: Canvas, garment: Garment) -> None:
    cut = _Cut(chest=18.5, waist=17.5, hem=18, bottom=86).jitter(canvas)
    cloth = Fabric(garment.pattern, canvas.palette, canvas.rng, scale=0.9)
    _sleeves(canvas, cloth, cut, garment.sleeve_length)
    if garment.sleeve_length == "Long":
        _cuffs(canvas, cut, ribbed=False)
    tail = spline(
        (50 - cut.hem, cut.bottom - 3), (50 - cut.hem * 0.6, cut.bottom + 2.2), (50, cut.bottom + 3)
    )
    cut.bottom -= 3
    _body(canvas, cloth, cut, "V-Neck", tail)
    for side in (-1, 1):
        canvas.line(
            [
                (50 + side * (cut.neck + 2), cut.top + 8),
                (50 + side * (cut.shoulder - 0.6), cut.top + 9.5),
            ],
            width=0.4,
        )
    _body_folds(canvas, cut)
    _placket(canvas, cloth, cut.top + 6, cut.bottom + 5.8, 7)
    if "Pockets" in garment.details:
        _chest_pocket(canvas, cloth, cut)
    _shirt_collar(canvas, cut, cloth)
    hem = join(tail, mirror(tail)) - (0, 1.6)
    canvas.line(hem, width=0.35)


def draw_tshirt(canvas: Canvas, garment: Garment) -> None:
    cut = _Cut(
        shoulder=19, chest=18.5, waist=18, hem=18.5, bottom=82, depth=7.5, cuff=10, sleeve_angle=30
    )
    if garment.sleeve_length == "Long":
        cut.cuff, cut.sleeve_angle = 7.5, 18
    cut.jitter(canvas)
    cloth = Fabric(garment.pattern, canvas.palette, canvas.rng, stripes=0, scale=1.15)
    neck = "V-Neck" if "V-Neck" in garment.details else "Round Neck"
    _sleeves(canvas, cloth, cut, garment.sleeve_length)
    for outline, _ in _sleeve_outlines(cut, _SLEEVES[garment.sleeve_length] - 2):
        ends = outline[30:32] if len(outline) > 32 else outline[-3:-1]
        canvas.line([tuple(ends[0]), tuple(ends[1])], width=0.35)
    _body(canvas, cloth, cut, neck)
    _body_folds(canvas, cut)
    canvas.line([(50 - cut.hem, cut.bottom - 2), (50 + cut.hem, cut.bottom - 2)], width=0.35)
    if garment.pattern == "Graphic":
        graphic(canvas, (50, 47), 17)
    if "Pockets" in garment.details:
        _chest_pocket(canvas, cloth, cut)
    if "Collar" in garment.details:
        _placket(canvas, cloth, cut.top + 5, cut.top + 19, 3)
        _shirt_collar(canvas, cut, cloth, tip=10)
    else:
        _neckband(canvas, cut, neck)


def draw_top(canvas: Canvas, garment: Garment) -> None:
    bare = garment.sleeve_length == "Sleeveless"
    cut = _Cut(
        neck=8.5 if not bare else 9,
        shoulder=12.5 if bare else 16.5,
        chest=16,
        waist=12.5,
        hem=14,
        armpit=37 if bare else 34,
        bottom=66,
        depth=10,
        slope=2.5 if bare else 4,
        sleeve_angle=24,
        cuff=9,
    ).jitter(canvas)
    cloth = Fabric(garment.pattern, canvas.palette, canvas.rng, scale=0.85)
    neck = "V-Neck" if "V-Neck" in garment.details else "Round Neck"
    flare = {"Short": 1.5, "Three-Quarter": 3.2}.get(garment.sleeve_length, 0)
    _sleeves(canvas, cloth, cut, garment.sleeve_length, flare)
    cut.bottom = 62 + canvas.rng.uniform(-2, 2)
    frill = _frill(50 - cut.hem, 50 + cut.hem, cut.bottom - 1, 17, 8)
    canvas.part(frill, cloth)
    for index in range(9):
        x = 50 + (index - 4) * cut.hem * 0.24
        lower = 50 + (index - 4) * (cut.hem + 7) * 0.24
        canvas.fold(
            [(x, cut.bottom + 1), (lower, cut.bottom + 14)], -0.22 if index % 2 else 0.1, 1.6
        )
    _body(canvas, cloth, cut, neck)
    canvas.line(
        [(50 - cut.hem, cut.bottom), (50 + cut.hem, cut.bottom)], canvas.palette.outline, 0.6
    )
    _body_folds(canvas, cut)
    _neckband(canvas, cut, neck, 1.1)
    if "Bow" in garment.details:
        bow(canvas, (50, cut.bottom), 8)


def _frill(left: float, right: float, top: float, height: float, spread: float) -> Points:
    """Returns a band that widens downwards and ends in waves."""
    waves, knots = 7, []
    for index in range(2 * waves + 1):
        x = left - spread + (right - left + 2 * spread) * index / (2 * waves)
        knots.append((x, top + height + (1.6 if index % 2 else -0.4)))
    return join([(right, top), (left, top)], spline(*knots))


def draw_sweater(canvas: Canvas, garment: Garment) -> None:
    cut = _Cut(shoulder=18.5, chest=19, waist=19, hem=17.5, bottom=82, depth=6.5, cuff=8.5).jitter(
        canvas
    )
    cloth = Fabric(garment.pattern, canvas.palette, canvas.rng, stripes=0, scale=1.5)
    high = "High Neck" in garment.details
    neck = "V-Neck" if "V-Neck" in garment.details else "Round Neck"
    _sleeves(canvas, cloth, cut, "Long")
    _cuffs(canvas, cut, ribbed=True, height=7)
    _body(canvas, cloth, cut, neck)
    _body_folds(canvas, cut)
    if garment.pattern == "Solid":
        _knit(canvas, cut)
    hem = symmetric(
        [
            (50, cut.bottom - 6),
            (50 - cut.hem - 0.2, cut.bottom - 6),
            (50 - cut.hem + 0.8, cut.bottom),
            (50, cut.bottom),
        ]
    )
    canvas.part(hem, canvas.palette.base, puff=0.14)
    ribs(
        canvas,
        ((50 - cut.hem, cut.bottom - 6), (50 + cut.hem, cut.bottom - 6)),
        ((50 - cut.hem + 1, cut.bottom), (50 + cut.hem - 1, cut.bottom)),
        26,
    )
    if high:
        tube = symmetric(
            join(
                spline((50, cut.top - 8), (50 - cut.neck + 0.4, cut.top - 7.4)),
                spline(
                    (50 - cut.neck + 0.2, cut.top - 7),
                    (50 - cut.neck - 0.6, cut.top - 2),
                    (50 - cut.neck - 1.2, cut.top + 1),
                    (50, cut.top + cut.depth + 0.5),
                ),
            )
        )
        canvas.part(tube, canvas.palette.base, puff=0.3)
        ribs(
            canvas,
            ((50 - cut.neck + 1, cut.top - 7.4), (50 + cut.neck - 1, cut.top - 7.4)),
            ((50 - cut.neck + 0.6, cut.top + 2), (50 + cut.neck - 0.6, cut.top + 2)),
            13,
        )
    else:
        _neckband(canvas, cut, neck, 2.4, ribbed=True)


def _knit(canvas: Canvas, cut: _Cut) -> None:
    """Draws cables: columns of small V stitches down the front."""
    faint = mix(canvas.palette.base, canvas.palette.outline, 0.42)
    for x in (
        50 - cut.chest * 0.62,
        50 - cut.chest * 0.31,
        50.0,
        50 + cut.chest * 0.31,
        50 + cut.chest * 0.62,
    ):
        top = cut.top + cut.depth + (9 if x == 50 else 4)
        for index in range(int((cut.bottom - 9 - top) / 2.7)):
            y = top + 2.7 * index
            canvas.line([(x - 1.5, y), (x, y + 1.7), (x + 1.5, y)], faint, 0.42)
        for edge in (-2.5, 2.5):
            canvas.line([(x + edge, top - 1), (x + edge, cut.bottom - 7)], faint, 0.3)


def draw_sweatshirt(canvas: Canvas, garment: Garment) -> None:
    cut = _Cut(
        neck=8,
        shoulder=19,
        chest=20,
        waist=20,
        hem=18,
        top=19,
        armpit=41,
        bottom=84,
        depth=6.5,
        cuff=9,
        sleeve_angle=15,
    ).jitter(canvas)
    cloth = Fabric(garment.pattern, canvas.palette, canvas.rng)
    hood = "Hood" in garment.details
    if hood:
        back = symmetric(
            spline(
                (50, cut.top - 10.5),
                (50 - 7, cut.top - 9.5),
                (50 - 11.5, cut.top - 2),
                (50 - 10.5, cut.top + 5),
                (50, cut.top + 11),
            )
        )
        canvas.part(back, cloth, puff=0.3)
        hollow = symmetric(
            spline(
                (50, cut.top - 6.5),
                (50 - 5.2, cut.top - 5.6),
                (50 - 7.8, cut.top),
                (50 - 6, cut.top + 5),
                (50, cut.top + 10),
            )
        )
        canvas.part(hollow, canvas.palette.inside, puff=0)
    _sleeves(canvas, cloth, cut, "Long")
    _cuffs(canvas, cut, ribbed=True, height=6)
    if hood:
        canvas.part(_front(cut, "V-Neck"), cloth)
    else:
        _body(canvas, cloth, cut, "Round Neck")
    _body_folds(canvas, cut)
    hem = symmetric(
        [
            (50, cut.bottom - 6),
            (50 - cut.hem, cut.bottom - 6),
            (50 - cut.hem + 1.2, cut.bottom),
            (50, cut.bottom),
        ]
    )
    canvas.part(hem, canvas.palette.base, puff=0.14)
    ribs(
        canvas,
        ((50 - cut.hem, cut.bottom - 6), (50 + cut.hem, cut.bottom - 6)),
        ((50 - cut.hem + 1, cut.bottom), (50 + cut.hem - 1, cut.bottom)),
        24,
    )
    if garment.pattern == "Graphic":
        graphic(canvas, (50, 45), 14)
    top, low = cut.bottom - 24, cut.bottom - 6
    pouch = symmetric([(50, top), (50 - 9, top), (50 - 14, low - 7), (50 - 14, low), (50, low)])
    canvas.part(pouch, cloth, puff=0.16)
    for side in (-1, 1):
        canvas.stitches([(50 + side * 8.2, top + 1.4), (50 + side * 12.8, low - 7)])
    if "Zip" in garment.details:
        zip_line(canvas, [(50, cut.top + 10), (50, cut.bottom)])
    if hood:
        leaf = join(
            spline((50 - 11, cut.top - 3), (50 - 9.6, cut.top + 6), (50 - 0.3, cut.top + 14.5)),
            spline((50 - 0.3, cut.top + 11), (50 - 5.4, cut.top + 6.5), (50 - 7.6, cut.top)),
        )
        for half in (leaf, mirror(leaf)):
            canvas.part(half, cloth, puff=0.3)
        cord = OFF_WHITE if luminance(canvas.palette.base) < 0.7 else INK
        for side in (-1, 1):
            string = spline(
                (50 + side * 4, cut.top + 10),
                (50 + side * 4.8, cut.top + 17),
                (50 + side * 4.2, cut.top + 24),
            )
            canvas.line(string, mix(cord, INK, 0.25), 1.1)
            canvas.line(string, cord, 0.75)
            canvas.line(string[-4:], STEEL, 1.1)
    else:
        _neckband(canvas, cut, "Round Neck", 2.4, ribbed=True)


def draw_jacket(canvas: Canvas, garment: Garment) -> None:
    cut = _Cut(
        neck=8,
        shoulder=20,
        chest=20.5,
        waist=20,
        hem=19,
        bottom=80,
        top=17,
        armpit=40,
        cuff=9.5,
        sleeve_angle=16,
    ).jitter(canvas)
    cloth = Fabric(garment.pattern, canvas.palette, canvas.rng)
    _sleeves(canvas, cloth, cut, "Long")
    _cuffs(canvas, cut, ribbed=False, height=5)
    _body(canvas, cloth, cut, "V-Neck")
    if "Quilting" in garment.details:
        for index in range(7):
            y = cut.top + 15 + index * (cut.bottom - cut.top - 18) / 7
            for side in (-1, 1):
                seam = spline(
                    (50 + side * 2, y),
                    (50 + side * cut.chest * 0.5, y + 1.4),
                    (50 + side * (cut.chest - 0.6), y),
                )
                canvas.line(seam, width=0.5)
                canvas.fold(seam + (0, 1), -0.22, 1.6)
                canvas.fold(seam - (0, 2.4), 0.16, 2.2)
    else:
        _body_folds(canvas, cut)
        for side in (-1, 1):
            canvas.line(
                [(50 + side * 5, cut.top + 13), (50 + side * (cut.shoulder - 0.8), cut.top + 15)],
                width=0.5,
            )
    hem = symmetric(
        [
            (50, cut.bottom - 5),
            (50 - cut.hem, cut.bottom - 5),
            (50 - cut.hem + 0.6, cut.bottom),
            (50, cut.bottom),
        ]
    )
    canvas.part(hem, canvas.palette.base, puff=0.14)
    for side in (-1, 1):
        slot = [(50 + side * 7, cut.bottom - 12), (50 + side * 13, cut.bottom - 25)]
        canvas.line(slot, canvas.palette.outline, 2.2)
        canvas.line(slot, mix(canvas.palette.base, canvas.palette.outline, 0.3), 1.5)
        canvas.line(slot, STEEL, 0.5)
    neck, top = cut.neck, cut.top
    stand = symmetric(
        join(
            spline((50, top - 5.5), (50 - neck * 0.7, top - 5.2), (50 - neck - 0.6, top - 2)),
            [(50 - neck - 2, top + 5), (50, top + 12)],
        )
    )
    canvas.part(stand, cloth, puff=0.2)
    canvas.part(
        symmetric(
            join(
                spline((50, top - 3.2), (50 - neck * 0.7, top - 2.6), (50 - neck + 0.9, top)),
                [(50, top + 10)],
            )
        ),
        canvas.palette.inside,
        width=0.4,
        puff=0,
    )
    zip_line(canvas, [(50, top + 9.5), (50, cut.bottom)])
    flap = join(
        spline((50 - neck - 0.4, top - 3), (50 - neck - 2.6, top + 2), (50 - neck - 1.6, top + 7)),
        [(50 - 2.6, top + 14.5), (50 - 0.3, top + 9.8)],
        spline((50 - 0.3, top + 9.8), (50 - neck * 0.7, top + 3), (50 - neck - 0.4, top - 3)),
    )
    for half in (flap, mirror(flap)):
        canvas.part(half, cloth, puff=0.3)


def draw_dress(canvas: Canvas, garment: Garment) -> None:
    bare = garment.sleeve_length == "Sleeveless"
    rng = canvas.rng
    cut = _Cut(
        neck=6.2,
        shoulder=8.6 if bare else 11.5,
        chest=11,
        waist=8.2,
        hem=8.2,
        top=8,
        slope=2,
        armpit=24,
        bottom=42,
        depth=6,
        sleeve_angle=22,
        cuff=5,
    )
    cut.sleeve_angle += rng.uniform(-4, 6)
    cloth = Fabric(garment.pattern, canvas.palette, canvas.rng, scale=0.75)
    neck = "V-Neck" if "V-Neck" in garment.details else "Round Neck"
    if not bare:
        length = {"Short": 10.0, "Long": 33.0}[garment.sleeve_length]
        for outline, angle in _sleeve_outlines(cut, length):
            canvas.part(outline, cloth, angle=angle)
    hem, bottom = rng.uniform(20, 27), rng.uniform(84, 93)
    skirt = symmetric(
        join(
            spline(
                (50 - cut.waist, cut.bottom - 1),
                (50 - cut.waist - 4.5, cut.bottom + 10),
                (50 - hem, bottom - 2),
            ),
            spline((50 - hem, bottom - 2), (50 - hem * 0.5, bottom + 1), (50, bottom + 1.6)),
        )
    )
    canvas.part(skirt, cloth)
    pleated = "Pleats" in garment.details
    count = 9 if pleated else 5
    for index in range(count):
        part = (index - (count - 1) / 2) / (count / 2)
        crease = spline(
            (50 + part * cut.waist, cut.bottom + 2),
            (50 + part * (cut.waist + 3), cut.bottom + 14),
            (50 + part * hem, bottom),
        )
        if pleated:
            canvas.line(crease, width=0.5)
        canvas.fold(crease + (0.8, 0), -0.2, 1.8)
        canvas.fold(crease - (1.2, 0), 0.1, 1.8)
    _body(canvas, cloth, cut, neck)
    for side in (-1, 1):
        canvas.line(
            spline(
                (50 + side * 5.5, cut.bottom),
                (50 + side * 5, cut.armpit + 8),
                (50 + side * 8.5, cut.armpit + 2),
            ),
            width=0.4,
        )
    _neckband(canvas, cut, neck, 0.9)
    if "Belt" in garment.details:
        belt = (
            mix(canvas.palette.base, INK, 0.62)
            if luminance(canvas.palette.base) > 0.3
            else (176, 138, 84)
        )
        canvas.part(
            box(50 - cut.waist - 0.5, cut.bottom - 2, 50 + cut.waist + 0.5, cut.bottom + 2),
            belt,
            edge=mix(belt, INK, 0.5),
            puff=0.2,
        )
        canvas.part(
            box(48, cut.bottom - 2.4, 52, cut.bottom + 2.4, 0.8),
            (214, 178, 94),
            edge=(120, 96, 40),
            width=0.4,
        )
        canvas.part(box(49.1, cut.bottom - 1.3, 50.9, cut.bottom + 1.3), belt, width=0)
    else:
        canvas.line(
            [(50 - cut.waist, cut.bottom), (50 + cut.waist, cut.bottom)],
            canvas.palette.outline,
            0.5,
        )
