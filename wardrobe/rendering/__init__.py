"""The drawn demo catalogue: garments as clean pictures with exact labels and captions."""

from wardrobe.rendering.catalogue import write_catalogue
from wardrobe.rendering.drawing import draw_garment
from wardrobe.rendering.garment import ARTICLE_TYPES, COMBINATIONS, Garment, natural_name

__all__ = [
    "ARTICLE_TYPES",
    "COMBINATIONS",
    "Garment",
    "draw_garment",
    "natural_name",
    "write_catalogue",
]
