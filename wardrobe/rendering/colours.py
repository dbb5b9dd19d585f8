"""The colours garments come in, their shades, and the colours that go with them."""

import colorsys
from dataclasses import dataclass
from random import Random

Colour = tuple[int, int, int]

COLOURS: dict[str, Colour] = {
    "Black": (32, 32, 35),
    "White": (247, 247, 244),
    "Grey": (146, 148, 152),
    "Navy Blue": (29, 40, 88),
    "Blue": (48, 108, 200),
    "Red": (206, 32, 40),
    "Green": (44, 132, 68),
    "Yellow": (247, 208, 62),
    "Pink": (242, 142, 178),
    "Purple": (116, 64, 156),
    "Brown": (112, 70, 42),
    "Beige": (218, 197, 162),
    "Orange": (240, 124, 36),
    "Maroon": (114, 22, 42),
}

STEEL: Colour = (190, 193, 198)
GOLD: Colour = (214, 178, 94)
OFF_WHITE: Colour = (245, 244, 240)
INK: Colour = (38, 38, 42)


@dataclass(frozen=True)
class Palette:
    """The colours one garment is drawn with."""

    base: Colour
    outline: Colour
    seam: Colour
    inside: Colour  # of a neck or a cuff: the far side, in shadow
    accent: Colour  # stripes, dots and trimmings, told apart from the base at a glance
    tint: Colour  # a quieter companion of the base

    @property
    def is_dark(self) -> bool:
        """Whether light details show better on it than dark ones."""
        return luminance(self.base) < 0.7

    @property
    def thread(self) -> Colour:
        """Colour of decorative stitches."""
        return mix(self.base, OFF_WHITE, 0.5) if self.is_dark else mix(self.base, INK, 0.42)


def mix(first: Colour, second: Colour, part: float) -> Colour:
    """Returns `first` with a `part` of `second` in it."""
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(first, second, strict=True))
    return red, green, blue


def luminance(colour: Colour) -> float:
    """Returns the perceived brightness, 0 to 1."""
    red, green, blue = colour
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


def palette(name: str, rng: Random) -> Palette:
    """Returns a shade of the named colour, near enough never to be taken for another one."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(c / 255 for c in COLOURS[name]))
    hue += rng.uniform(-0.008, 0.008)
    lightness = min(max(lightness + rng.uniform(-0.018, 0.018), 0), 0.97)
    saturation = min(max(saturation * rng.uniform(0.92, 1.06), 0), 1)
    red, green, blue = (round(255 * c) for c in colorsys.hls_to_rgb(hue, lightness, saturation))
    base = (red, green, blue)
    brightness = luminance(base)
    if brightness < 0.2:  # lines darker than black would not show
        outline, seam = mix(base, (255, 255, 255), 0.16), mix(base, (255, 255, 255), 0.2)
    else:
        outline = mix(base, (20, 20, 30), 0.42 if brightness < 0.8 else 0.38)
        seam = mix(base, (20, 20, 30), 0.26)
    light_base = brightness > 0.7
    accents = [(32, 42, 84), (60, 60, 66), (150, 40, 48)] if light_base else [OFF_WHITE]
    return Palette(
        base=base,
        outline=outline,
        seam=seam,
        inside=mix(base, (0, 0, 0), 0.38 if brightness > 0.2 else 0.5),
        accent=rng.choice(accents),
        tint=mix(base, (20, 20, 30), 0.22) if light_base else mix(base, (255, 255, 255), 0.3),
    )
