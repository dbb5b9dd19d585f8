"""What can be drawn: article types with the answers each of them allows, and one garment."""

from dataclasses import dataclass
from random import Random

from wardrobe.labels import Labels
from wardrobe.rendering.colours import COLOURS

Choice = tuple[tuple[str, ...], ...]
"""Alternatives, of which a garment takes one; an alternative is any number of details."""


@dataclass(frozen=True)
class ArticleType:
    """A kind of garment, named as in Fashion Product Images, and the ways it can look.

    `gender` and `usage` are given only where the drawing itself says so; empty is unknown.
    """

    name: str
    category: str
    sub_category: str
    noun: str
    pair: bool = False
    patterns: tuple[str, ...] = ("Solid",)
    sleeve_lengths: tuple[str, ...] = ()
    leg_lengths: tuple[str, ...] = ()
    details: tuple[Choice, ...] = ()
    gender: str = ""
    usage: str = ""


@dataclass(frozen=True)
class Garment:
    """One item to draw; everything it does not say follows from `seed`."""

    article_type: str
    colour: str
    pattern: str = "Solid"
    sleeve_length: str = ""
    leg_length: str = ""
    details: tuple[str, ...] = ()
    seed: int = 0

    @property
    def labels(self) -> Labels:
        """The garment's labels by attribute, unknown ones left out."""
        kind = ARTICLE_TYPES[self.article_type]
        answers = {
            "category": kind.category,
            "sub_category": kind.sub_category,
            "article_type": self.article_type,
            "colour": self.colour,
            "pattern": self.pattern,
            "sleeve_length": self.sleeve_length,
            "leg_length": self.leg_length,
            "gender": kind.gender,
            "usage": kind.usage,
        }
        known: dict[str, tuple[str, ...]] = {k: (v,) for k, v in answers.items() if v}
        return known | {"details": self.details} if self.details else known


def always(*details: str) -> Choice:
    """Returns a choice without alternative."""
    return (details,)


def maybe(*details: str) -> Choice:
    """Returns a choice between the details and nothing."""
    return ((), details)


def one_of(*details: str) -> Choice:
    """Returns a choice of one detail among several."""
    return tuple((detail,) for detail in details)


def natural_name(article_type: str) -> str:
    """Returns what one such item is called in a sentence: `Shirts` is "shirt"."""
    return ARTICLE_TYPES[article_type].noun


def random_garment(article_type: str, colour: str, rng: Random) -> Garment:
    """Returns a garment of this type and colour, the rest of it chosen by `rng`."""
    kind = ARTICLE_TYPES[article_type]
    plain = kind.patterns[0]
    details = [detail for choice in kind.details for detail in rng.choice(choice)]
    return Garment(
        article_type,
        colour,
        pattern=plain if rng.random() < 0.35 else rng.choice(kind.patterns),
        sleeve_length=rng.choice(kind.sleeve_lengths or ("",)),
        leg_length=rng.choice(kind.leg_lengths or ("",)),
        details=tuple(sorted(details)),
        seed=rng.getrandbits(32),
    )


_NECKS = one_of("Round Neck", "V-Neck")
_LEGS = ("Full", "Full", "Cropped")

_TABLE = (
    ArticleType(
        "Shirts", "Apparel", "Topwear", "shirt",
        patterns=("Solid", "Striped", "Checked", "Dotted"),
        sleeve_lengths=("Long", "Short"),
        details=(always("Collar", "Buttons"), maybe("Pockets")),
    ),
    ArticleType(
        "Tshirts", "Apparel", "Topwear", "t-shirt",
        patterns=("Solid", "Striped", "Graphic"),
        sleeve_lengths=("Short", "Short", "Long"),
        details=((*_NECKS, ("Collar", "Buttons")), maybe("Pockets")),
        usage="Casual",
    ),
    ArticleType(
        "Tops", "Apparel", "Topwear", "top",
        patterns=("Solid", "Floral", "Dotted", "Striped"),
        sleeve_lengths=("Sleeveless", "Short", "Three-Quarter"),
        details=(_NECKS, always("Ruffles"), maybe("Bow")),
        gender="Women", usage="Casual",
    ),
    ArticleType(
        "Sweaters", "Apparel", "Topwear", "sweater",
        patterns=("Solid", "Striped", "Argyle"),
        sleeve_lengths=("Long",),
        details=(one_of("Round Neck", "V-Neck", "High Neck"), always("Ribbing")),
        usage="Casual",
    ),
    ArticleType(
        "Sweatshirts", "Apparel", "Topwear", "sweatshirt",
        patterns=("Solid", "Graphic"),
        sleeve_lengths=("Long",),
        details=(
            (("Hood", "Drawstring"), ("Hood", "Drawstring", "Zip"), ("Round Neck",)),
            always("Pockets", "Ribbing"),
        ),
        usage="Casual",
    ),
    ArticleType(
        "Jackets", "Apparel", "Topwear", "jacket",
        patterns=("Solid",),
        sleeve_lengths=("Long",),
        details=(always("Collar", "Zip", "Pockets"), maybe("Quilting")),
    ),
    ArticleType(
        "Dresses", "Apparel", "Dress", "dress",
        patterns=("Solid", "Floral", "Dotted", "Striped"),
        sleeve_lengths=("Sleeveless", "Short", "Long"),
        details=(_NECKS, one_of("Belt", "Pleats")),
        gender="Women", usage="Casual",
    ),
    ArticleType(
        "Skirts", "Apparel", "Bottomwear", "skirt",
        patterns=("Solid", "Floral", "Checked", "Dotted"),
        details=(one_of("Pleats", "Ruffles", "Buttons"),),
        gender="Women", usage="Casual",
    ),
    ArticleType(
        "Jeans", "Apparel", "Bottomwear", "jeans", pair=True,
        leg_lengths=_LEGS,
        details=(always("Belt Loops", "Pockets", "Stitching", "Buttons"),),
        usage="Casual",
    ),
    ArticleType(
        "Trousers", "Apparel", "Bottomwear", "trousers", pair=True,
        patterns=("Solid", "Checked", "Striped"),
        leg_lengths=_LEGS,
        details=(always("Belt Loops", "Pockets"), maybe("Pleats")),
    ),
    ArticleType(
        "Shorts", "Apparel", "Bottomwear", "shorts", pair=True,
        patterns=("Solid", "Checked", "Floral", "Striped"),
        leg_lengths=("Short", "Knee"),
        details=((("Drawstring",), ("Belt Loops", "Buttons")), maybe("Pockets")),
    ),
    ArticleType(
        "Track Pants", "Apparel", "Bottomwear", "track pants", pair=True,
        leg_lengths=_LEGS,
        details=(always("Drawstring", "Side Stripes"), maybe("Ribbing"), maybe("Pockets")),
        usage="Sports",
    ),
    ArticleType(
        "Casual Shoes", "Footwear", "Shoes", "casual shoes", pair=True,
        details=(always("Laces"), maybe("Side Stripes"), maybe("Toe Cap")),
        usage="Casual",
    ),
    ArticleType(
        "Formal Shoes", "Footwear", "Shoes", "formal shoes", pair=True,
        details=(one_of("Laces", "Buckle"), maybe("Toe Cap")),
        gender="Men", usage="Formal",
    ),
    ArticleType(
        "Heels", "Footwear", "Shoes", "heels", pair=True,
        details=(maybe("Straps"), maybe("Bow")),
        gender="Women",
    ),
    ArticleType(
        "Flip Flops", "Footwear", "Flip Flops", "flip flops", pair=True,
        patterns=("Solid", "Striped", "Floral"),
        details=(always("Straps"),),
        usage="Casual",
    ),
    ArticleType(
        "Handbags", "Accessories", "Bags", "handbag",
        details=(always("Handles"), one_of("Zip", "Buckle"), maybe("Stitching")),
        gender="Women", usage="Casual",
    ),
    ArticleType(
        "Backpacks", "Accessories", "Bags", "backpack",
        patterns=("Solid", "Checked", "Floral"),
        details=(always("Straps", "Zip", "Pockets"),),
        usage="Casual",
    ),
    ArticleType(
        "Caps", "Accessories", "Headwear", "cap",
        patterns=("Solid", "Graphic"),
        details=(always("Stitching"),),
    ),
    ArticleType(
        "Ties", "Accessories", "Ties", "tie",
        patterns=("Striped", "Solid", "Dotted", "Checked"),
        gender="Men", usage="Formal",
    ),
    ArticleType(
        "Belts", "Accessories", "Belts", "belt",
        details=(always("Buckle"), maybe("Stitching")),
    ),
    ArticleType(
        "Socks", "Accessories", "Socks", "socks", pair=True,
        patterns=("Solid", "Striped", "Dotted", "Argyle"),
        details=(always("Ribbing"),),
    ),
    ArticleType("Sunglasses", "Accessories", "Eyewear", "sunglasses", pair=True),
    ArticleType("Watches", "Accessories", "Watches", "watch"),
    ArticleType(
        "Scarves", "Accessories", "Scarves", "scarf",
        patterns=("Solid", "Striped", "Checked"),
        details=(maybe("Fringe"),),
    ),
    ArticleType(
        "Wallets", "Accessories", "Wallets", "wallet",
        details=(always("Stitching"), maybe("Buttons")),
    ),
)  # fmt: skip

ARTICLE_TYPES = {kind.name: kind for kind in _TABLE}
COMBINATIONS = tuple((kind, colour) for kind in ARTICLE_TYPES for colour in COLOURS)
