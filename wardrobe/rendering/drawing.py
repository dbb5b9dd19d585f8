"""From a garment to its picture."""

from collections.abc import Callable
from random import Random

from PIL import Image

from wardrobe.rendering import accessories, bags, bottoms, footwear, outerwear, tops
from wardrobe.rendering.canvas import Canvas
from wardrobe.rendering.colours import palette
from wardrobe.rendering.garment import Garment

_DRAWERS: dict[str, Callable[[Canvas, Garment], None]] = {
    "Shirts": tops.draw_shirt,
    "Tshirts": tops.draw_tshirt,
    "Tops": tops.draw_top,
    "Sweaters": outerwear.draw_sweater,
    "Sweatshirts": outerwear.draw_sweatshirt,
    "Jackets": outerwear.draw_jacket,
    "Dresses": tops.draw_dress,
    "Skirts": bottoms.draw_skirt,
    "Jeans": bottoms.draw_jeans,
    "Trousers": bottoms.draw_trousers,
    "Shorts": bottoms.draw_shorts,
    "Track Pants": bottoms.draw_track_pants,
    "Casual Shoes": footwear.draw_casual_shoes,
    "Formal Shoes": footwear.draw_formal_shoes,
    "Heels": footwear.draw_heels,
    "Flip Flops": footwear.draw_flip_flops,
    "Handbags": bags.draw_handbag,
    "Backpacks": bags.draw_backpack,
    "Wallets": bags.draw_wallet,
    "Caps": accessories.draw_cap,
    "Ties": accessories.draw_tie,
    "Belts": accessories.draw_belt,
    "Socks": accessories.draw_socks,
    "Sunglasses": accessories.draw_sunglasses,
    "Watches": accessories.draw_watch,
    "Scarves": accessories.draw_scarf,
}


def draw_garment(garment: Garment, size: int = 256) -> Image.Image:
    """Returns the picture of a garment, RGB, `size` x `size` pixels.

    The same garment always gives the same pixels.
    """
    rng = Random(garment.seed)
    canvas = Canvas(size, palette(garment.colour, rng), rng)
    _DRAWERS[garment.article_type](canvas, garment)
    return canvas.finish()
