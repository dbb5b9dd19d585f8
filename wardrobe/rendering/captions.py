"""What a shop would write under a garment."""

from random import Random

from wardrobe.rendering.garment import ARTICLE_TYPES, Garment

_PATTERN_WORDS = {
    "Solid": ("", "", "plain"),
    "Striped": ("striped",),
    "Checked": ("checked", "plaid"),
    "Dotted": ("polka dot", "dotted"),
    "Floral": ("floral",),
    "Argyle": ("argyle",),
    "Graphic": ("graphic print", "printed"),
}
_LENGTH_WORDS = {"Cropped": "cropped", "Knee": "knee-length"}
_DETAIL_WORDS = {
    "Belt": "a belt",
    "Belt Loops": "belt loops",
    "Bow": "a bow",
    "Buckle": "a buckle",
    "Buttons": "buttons",
    "Collar": "a collar",
    "Drawstring": "a drawstring",
    "Fringe": "a fringe",
    "Handles": "two handles",
    "High Neck": "a high neck",
    "Hood": "a hood",
    "Laces": "laces",
    "Pleats": "pleats",
    "Pockets": "pockets",
    "Quilting": "quilting",
    "Ribbing": "ribbed trim",
    "Round Neck": "a round neck",
    "Ruffles": "ruffles",
    "Side Stripes": "side stripes",
    "Stitching": "stitching",
    "Straps": "straps",
    "Toe Cap": "a toe cap",
    "V-Neck": "a V-neck",
    "Zip": "a zip",
}


def caption(garment: Garment) -> str:
    """Returns a caption that names at least colour and garment, worded by the garment's seed."""
    rng = Random(f"caption {garment.seed}")
    kind = ARTICLE_TYPES[garment.article_type]
    before, after = [_LENGTH_WORDS.get(garment.leg_length, "")], []
    if garment.sleeve_length == "Sleeveless":
        before.append("sleeveless")
    elif garment.sleeve_length:
        sleeve = garment.sleeve_length.lower()
        if rng.random() < 0.5:
            after.append(f"{sleeve} sleeves")
        elif rng.random() < 0.6:
            before.append(f"{sleeve}-sleeved")
    if garment.details and rng.random() < 0.35:
        after.append(_DETAIL_WORDS[rng.choice(garment.details)])
    pattern = rng.choice(_PATTERN_WORDS[garment.pattern])
    colour = garment.colour.lower()
    words = [*before, colour, pattern] if rng.random() < 0.5 else [colour, *before, pattern]
    if kind.gender and rng.random() < 0.25:
        words.insert(0, f"{kind.gender.lower()}'s")
    phrase = " ".join(word for word in [*words, kind.noun] if word)
    if kind.pair:
        phrase = rng.choice(("", "pair of ", "a pair of ")) + phrase
    elif rng.random() < 0.4:
        phrase = ("an " if phrase[0] in "aeiou" else "a ") + phrase
    if after:
        phrase += " with " + " and ".join(after)
    return phrase[0].upper() + phrase[1:]
