"""The drawn demo catalogue: garments as clean pictures with exact labels and captions."""

from wardrobe.rendering.catalogue import write_catalogue
from wardrobe.rendering.garment import ARTICLE_TYPES, COMBINATIONS, Garment, natural_name
from wardrobe.rendering.garments import draw_garment

__all__ = [
    "ARTICLE_TYPES",
    "COMBINATIONS",
    "Garment",
    "draw_garment",
    "natural_name",
    "write_catalogue",
]
