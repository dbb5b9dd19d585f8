"""How garments for the lower body are drawn."""

from dataclasses import dataclass

from wardrobe.rendering.canvas import Canvas
from wardrobe.rendering.colours import GOLD, INK, OFF_WHITE, STEEL, luminance, mix
from wardrobe.rendering.garment import Garment
from wardrobe.rendering.parts import bow, buttons, ribs
from wardrobe.rendering.patterns import Fabric
from wardrobe.rendering.shapes import Points, box, join, mirror, moved, spline, symmetric


@dataclass
class _Cut:
    """Half widths and heights of trousers, units of the page."""

    waist: float = 13.5
    hip: float = 17.5
    knee_out: float = 17.5
    hem_out: float = 17.5  # outer edge of the leg's end, from the middle
    hem_in: float = 5.5
    top: float = 9.0
    rise: float = 29.0
    bottom: float = 93.0

    def shorten(self, leg_length: str) -> None:
        """Moves the hem up to where the leg ends."""
        self.bottom = {"Full": 93.0, "Cropped": 76.0, "Knee": 68.0, "Short": 52.0}[leg_length]

    def jitter(self, canvas: Canvas) -> "_Cut":
        rng = canvas.rng
        wider = rng.uniform(0.93, 1.06)
        for name in ("waist", "hip", "knee_out", "hem_out"):
            setattr(self, name, getattr(self, name) * wider)
        self.rise += rng.uniform(-2, 2)
        return self

    def left_leg(self) -> Points:
        """Returns the left half: waist, side, hem, inner leg, crotch."""
        crotch = self.top + self.rise
        knee = crotch + (self.bottom - crotch) * 0.45
        return join(
            [(50.0, self.top)],
            spline(
                (50 - self.waist, self.top),
                (50 - self.hip, crotch - 10),
                (50 - self.knee_out, knee),
                (50 - self.hem_out, self.bottom),
            ),
            spline((50 - self.hem_in, self.bottom + 0.6), (50 - 3.2, knee), (50 - 0.5, crotch)),
            [(50.0, crotch)],
        )


def _legs(canvas: Canvas, cloth: Fabric, cut: _Cut, *, lean: float = 2) -> None:
    """Draws both legs with their soft folds."""
    left = cut.left_leg()
    seat = join(
        [
            (50 - 5, cut.top + 1),
            (50 + 5, cut.top + 1),
            (50 + 3, cut.top + cut.rise + 6),
            (50 - 3, cut.top + cut.rise + 6),
        ]
    )
    canvas.part(seat, canvas.palette.inside, width=0, puff=0)
    canvas.part(left, cloth, angle=lean)
    canvas.part(mirror(left), cloth, angle=-lean)
    crotch = cut.top + cut.rise
    for side in (-1, 1):
        for reach, drop in ((9, 1), (12, 7)):
            canvas.fold(
                spline(
                    (50 + side * 1.5, crotch - 2),
                    (50 + side * reach * 0.6, crotch - 2 + drop * 0.3),
                    (50 + side * reach, crotch - 4 + drop),
                ),
                -0.17,
                1.5,
            )
        middle = 50 + side * (cut.hem_in + cut.hem_out) / 2
        knee = crotch + (cut.bottom - crotch) * 0.5
        if cut.bottom > 70:
            for offset in (-3, 2):
                canvas.fold(
                    spline(
                        (middle - 6, knee + offset),
                        (middle - 2, knee + offset + 1.6),
                        (middle + 3, knee + offset + 0.6),
                    ),
                    -0.13,
                    1.4,
                )
        canvas.fold([(50 + side * cut.hip * 0.55, crotch - 8), (middle, cut.bottom - 4)], 0.09, 4)


def _fly(canvas: Canvas, cut: _Cut, band: float) -> None:
    """Draws the middle seam and the stitched curve of the fly."""
    crotch = cut.top + cut.rise
    canvas.line([(50, cut.top + band), (50, crotch)], canvas.palette.outline, 0.5)


def _fly_curve(cut: _Cut, band: float) -> Points:
    crotch = cut.top + cut.rise
    return spline((54, cut.top + band), (54, crotch - 14), (53, crotch - 9), (50.2, crotch - 7))


def _waistband(canvas: Canvas, cut: _Cut, height: float) -> None:
    half = symmetric(
        join(
            spline((50, cut.top + 0.4), (50 - cut.waist - 0.2, cut.top - 0.6)),
            spline((50 - cut.waist - 0.9, cut.top + height - 0.4), (50, cut.top + height + 0.4)),
        )
    )
    canvas.part(half, canvas.palette.base, puff=0.14)


def _belt_loops(canvas: Canvas, cut: _Cut, height: float) -> None:
    for offset in (-0.72, -0.36, 0.36, 0.72):
        x = 50 + offset * cut.waist
        canvas.part(
            box(x - 0.7, cut.top - 0.9, x + 0.7, cut.top + height + 1),
            canvas.palette.base,
            width=0.4,
            puff=0.1,
        )


def draw_jeans(canvas: Canvas, garment: Garment) -> None:
    cut = _Cut(hem_out=canvas.rng.uniform(15.5, 19), hem_in=canvas.rng.uniform(4.4, 5.8)).jitter(
        canvas
    )
    cut.shorten(garment.leg_length)
    if garment.leg_length == "Cropped":
        cut.hem_out -= 0.6
    cloth = Fabric("Solid", canvas.palette, canvas.rng)
    thread = (226, 150, 62) if luminance(canvas.palette.base) < 0.75 else (196, 136, 70)
    if canvas.palette.base[0] > 200 and canvas.palette.base[2] < 120:  # on orange and yellow
        thread = (250, 246, 236)
    _legs(canvas, cloth, cut)
    crotch = cut.top + cut.rise
    for side in (-1, 1):  # worn-in thighs and knees
        middle = 50 + side * (cut.hem_in + cut.hem_out) / 2
        canvas.fold([(50 + side * 9, crotch - 8), (middle, crotch + 12)], 0.2, 5)
        canvas.fold([(middle, crotch + 12), (middle, cut.bottom - 10)], 0.1, 4)
        outer = spline(
            (50 + side * (cut.hip - 1.2), crotch - 10),
            (50 + side * (cut.knee_out - 1.3), crotch + (cut.bottom - crotch) * 0.45),
            (50 + side * (cut.hem_out - 1.3), cut.bottom - 1),
        )
        canvas.stitches(outer, thread, 0.42)
    _fly(canvas, cut, 5)
    for shift in (0, 0.9):
        canvas.stitches(moved(_fly_curve(cut, 5), shift, 0), thread, 0.42)
    for side in (-1, 1):
        scoop = spline(
            (50 + side * cut.waist * 0.5, cut.top + 5),
            (50 + side * (cut.waist * 0.62), cut.top + 10),
            (50 + side * (cut.hip - 1.2), cut.top + 12.5),
        )
        canvas.line(scoop, canvas.palette.outline, 0.55)
        for shift in (0.9, 1.8):
            canvas.stitches(moved(scoop, -side * shift * 0.4, shift), thread, 0.42)
        for x, y in (scoop[1], scoop[-3]):
            canvas.part(
                box(x - 0.5, y + 0.3, x + 0.5, y + 1.3, 0.45),
                GOLD,
                edge=(120, 84, 40),
                width=0.25,
                puff=0,
            )
    coin = [(50 + 7.6, cut.top + 8.5), (50 + 8.0, cut.top + 12), (50 + 12.4, cut.top + 12.4)]
    canvas.stitches(coin, thread, 0.4)
    _waistband(canvas, cut, 5)
    for y in (cut.top + 1.0, cut.top + 4.2):
        canvas.stitches(
            [(50 - cut.waist, y - 0.6), (50, y), (50 + cut.waist, y - 0.6)], thread, 0.42
        )
    _belt_loops(canvas, cut, 5)
    canvas.part(
        box(48.7, cut.top + 1.3, 51.3, cut.top + 3.9, 1.2),
        GOLD,
        edge=(120, 84, 40),
        width=0.35,
        puff=0.2,
    )
    for side in (-1, 1):
        hem = [
            (50 + side * cut.hem_out, cut.bottom - 2),
            (50 + side * cut.hem_in, cut.bottom - 1.4),
        ]
        canvas.stitches(hem, thread, 0.42)


def draw_trousers(canvas: Canvas, garment: Garment) -> None:
    cut = _Cut(hip=16.5, knee_out=15.5, hem_out=14, hem_in=4.6).jitter(canvas)
    cut.shorten(garment.leg_length)
    cloth = Fabric(
        garment.pattern,
        canvas.palette,
        canvas.rng,
        scale=0.7 if garment.pattern == "Striped" else 1,
    )
    _legs(canvas, cloth, cut, lean=0)
    crotch = cut.top + cut.rise
    for side in (-1, 1):  # pressed creases
        middle = 50 + side * (cut.hem_in + cut.hem_out) / 2
        crease = [(50 + side * cut.waist * 0.52, cut.top + 8), (middle, cut.bottom - 0.6)]
        canvas.line(crease, width=0.5)
        canvas.fold(moved(crease, 0.9, 0), -0.22, 1.3)
        canvas.fold(moved(crease, -1.0, 0), 0.16, 1.3)
        pocket = [
            (50 + side * cut.waist * 0.72, cut.top + 4.5),
            (50 + side * (cut.hip - 0.6), crotch - 9),
        ]
        canvas.line(pocket, canvas.palette.outline, 0.55)
        if "Pleats" in garment.details:
            for offset in (0.36, 0.52):
                pleat = [
                    (50 + side * cut.waist * offset, cut.top + 4.5),
                    (50 + side * cut.waist * offset, cut.top + 11),
                ]
                canvas.line(pleat, canvas.palette.outline, 0.45)
                canvas.fold(moved(pleat, 0.7, 0), -0.3, 1.2)
    _fly(canvas, cut, 4.5)
    canvas.line(_fly_curve(cut, 4.5), width=0.4)
    _waistband(canvas, cut, 4.5)
    _belt_loops(canvas, cut, 4.5)
    canvas.line(
        [(50, cut.top), (50, cut.top + 4.5), (54, cut.top + 4.5)], canvas.palette.outline, 0.45
    )
    canvas.line(
        [(54, cut.top + 4.6), (55.4, cut.top + 2.4), (54, cut.top + 0.2)],
        canvas.palette.outline,
        0.45,
    )


def draw_shorts(canvas: Canvas, garment: Garment) -> None:
    rng = canvas.rng
    cut = _Cut(waist=18, hip=23, knee_out=25, hem_out=27, hem_in=3.4, top=20, rise=27)
    cut.jitter(canvas)
    cut.bottom = {"Short": 62.0, "Knee": 80.0}[garment.leg_length] + rng.uniform(-2, 2)
    cloth = Fabric(garment.pattern, canvas.palette, canvas.rng)
    _legs(canvas, cloth, cut, lean=6)
    if "Pockets" in garment.details:
        for side in (-1, 1):
            pocket = spline(
                (50 + side * cut.waist * 0.62, cut.top + 5.5),
                (50 + side * (cut.hip * 0.8), cut.top + 14),
                (50 + side * (cut.hip + 0.2), cut.top + 17),
            )
            canvas.line(pocket, canvas.palette.outline, 0.6)
            canvas.stitches(moved(pocket, -side, 1), width=0.4)
    for side in (-1, 1):
        hem = [
            (50 + side * (cut.hem_out - 0.2), cut.bottom - 3),
            (50 + side * cut.hem_in, cut.bottom - 2.4),
        ]
        canvas.stitches(hem)
    if "Drawstring" in garment.details:
        canvas.line([(50, cut.top + 5), (50, cut.top + cut.rise)], width=0.45)
        _elastic(canvas, cut, 5.5)
        _string(canvas, cut.top + 4)
    else:
        _fly(canvas, cut, 5)
        canvas.stitches(_fly_curve(cut, 5))
        _waistband(canvas, cut, 5)
        _belt_loops(canvas, cut, 5)
        buttons(canvas, [(50, cut.top + 2.7)], 2.4)


def _elastic(canvas: Canvas, cut: _Cut, height: float) -> None:
    """Draws a gathered waistband."""
    _waistband(canvas, cut, height)
    edge = cut.waist - 0.4
    ribs(
        canvas,
        ((50 - edge, cut.top), (50 + edge, cut.top)),
        ((50 - edge, cut.top + height), (50 + edge, cut.top + height)),
        22,
    )


def _string(canvas: Canvas, top: float) -> None:
    """Draws a tied drawstring."""
    cord = OFF_WHITE if luminance(canvas.palette.base) < 0.7 else INK
    bow(canvas, (50, top), 7, cord)
    for side in (-1, 1):
        string = spline((50, top), (50 + side * 1.6, top + 6), (50 + side * 1.4, top + 12))
        canvas.line(string, mix(cord, INK, 0.3), 1.0)
        canvas.line(string, cord, 0.65)
        canvas.line(string[-3:], STEEL, 1.0)


def draw_track_pants(canvas: Canvas, garment: Garment) -> None:
    cut = _Cut(waist=13, hip=18, knee_out=17.5, hem_out=14.5, hem_in=6, rise=31).jitter(canvas)
    cut.shorten(garment.leg_length)
    ribbed = "Ribbing" in garment.details
    if ribbed:
        cut.hem_out, cut.hem_in = cut.hem_out - 1.4, cut.hem_in + 0.6
    cloth = Fabric("Solid", canvas.palette, canvas.rng)
    _legs(canvas, cloth, cut)
    crotch = cut.top + cut.rise
    knee = crotch + (cut.bottom - crotch) * 0.45
    trim = OFF_WHITE if luminance(canvas.palette.base) < 0.7 else canvas.palette.accent
    count = canvas.rng.choice((1, 2, 3))
    for side in (-1, 1):
        for index in range(count):
            inset = 1.7 + 1.9 * index
            stripe = spline(
                (50 + side * (cut.waist - inset + 0.2), cut.top + 5),
                (50 + side * (cut.hip - inset), crotch - 10),
                (50 + side * (cut.knee_out - inset), knee),
                (50 + side * (cut.hem_out - inset), cut.bottom - 0.6),
            )
            canvas.line(stripe, trim, 1.0 if count > 1 else 2.0)
        if "Pockets" in garment.details:
            x = 50 + side * (cut.waist - 0.4 - 1.9 * count)
            canvas.line(
                [(x, cut.top + 8), (x + side * 2.5, cut.top + 20)], canvas.palette.outline, 0.8
            )
        if ribbed:
            band = join(
                [
                    (50 + side * (cut.hem_out + 0.3), cut.bottom - 5.5),
                    (50 + side * (cut.hem_in - 0.6), cut.bottom - 5.5),
                    (50 + side * cut.hem_in, cut.bottom + 0.6),
                    (50 + side * (cut.hem_out - 0.4), cut.bottom + 0.6),
                ]
            )
            canvas.part(band, canvas.palette.base, puff=0.16)
            ribs(canvas, (tuple(band[0]), tuple(band[1])), (tuple(band[3]), tuple(band[2])), 9)
    canvas.line([(50, cut.top + 5), (50, crotch)], width=0.45)
    _elastic(canvas, cut, 5)
    _string(canvas, cut.top + 4)


def draw_skirt(canvas: Canvas, garment: Garment) -> None:
    rng = canvas.rng
    cloth = Fabric(garment.pattern, canvas.palette, rng)
    waist, hem = rng.uniform(13, 15), rng.uniform(26, 33)
    top, bottom = 20.0, rng.uniform(64, 84)
    ruffled = "Ruffles" in garment.details
    body = symmetric(
        join(
            spline((50 - waist, top), (50 - waist - 4, top + 9), (50 - hem, bottom - 2)),
            spline((50 - hem, bottom - 2), (50 - hem * 0.55, bottom + 1.4), (50, bottom + 2.4)),
        )
    )
    canvas.part(body, cloth)
    count = 11 if "Pleats" in garment.details else 5
    for index in range(count):
        part = (index - (count - 1) / 2) / (count / 2)
        crease = spline(
            (50 + part * waist, top + 3),
            (50 + part * (waist + 4.5), top + 14),
            (50 + part * hem, bottom + 1),
        )
        if "Pleats" in garment.details:
            canvas.line(crease, canvas.palette.outline, 0.5)
        canvas.fold(moved(crease, 1.1, 0), -0.24, 2)
        canvas.fold(moved(crease, -1.4, 0), 0.13, 2)
    if ruffled:
        for level in (0.36, 0.68, 1.0):
            y = top + (bottom - top) * level
            half = waist + (hem - waist) * level
            knots = [
                (
                    50 - half - 0.6 + (2 * half + 1.2) * i / 16,
                    y + (1.5 if i % 2 else -0.6) + 2.0 * (1 - ((i - 8) / 8) ** 2),
                )
                for i in range(17)
            ]
            canvas.line(spline(*knots), canvas.palette.outline, 0.7)
            canvas.fold(moved(spline(*knots), 0, 1.6), -0.3, 1.8)
    band = symmetric(
        [(50, top - 4), (50 - waist + 0.4, top - 4.4), (50 - waist - 0.4, top + 0.6), (50, top + 1)]
    )
    canvas.part(band, canvas.palette.base, puff=0.16)
    if "Buttons" in garment.details:
        for x in (48.2, 51.8):
            canvas.line([(x, top + 1), (x, bottom + 2)], width=0.5)
        buttons(canvas, [(50, top + 4 + (bottom - top - 8) * i / 5) for i in range(6)], 2.2)
