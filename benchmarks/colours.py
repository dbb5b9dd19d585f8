"""Whether a colour asked for by its code finds what shops call by its name.

    python -m benchmarks.colours --data multi_label_dataset/fashion-product-images   (a minute)

Each named colour of the drawn catalogue is asked for among the pictures of a split. Precision is
measured by the given label `colour`. Shops are not of one mind about names, so beside the exact
label there is a figure that takes neighbouring names (NEIGHBOURS) as right too. The constants of
`wardrobe/colours.py` were chosen on the training pictures; the validation pictures judge them.
The figures go to benchmarks/results/colours.json.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from benchmarks.machine import save
from wardrobe.colours import FloatArray, colour_similarity, dominant_colours, to_oklab
from wardrobe.encoders import load_encoder
from wardrobe.images import read
from wardrobe.manifest import Manifest
from wardrobe.rendering.colours import COLOURS
from wardrobe.settings import Settings

DEPTHS = (5, 10)
GRID, TILE = 10, 112  # pictures a row; pixels
NEIGHBOURS = {
    "Black": {"Charcoal"},
    "White": {"Off White", "Cream"},
    "Grey": {"Charcoal", "Grey Melange", "Silver", "Steel"},
    "Navy Blue": {"Blue"},
    "Blue": {"Turquoise Blue", "Navy Blue"},
    "Red": {"Maroon", "Burgundy", "Rust"},
    "Green": {"Sea Green", "Fluorescent Green", "Olive"},
    "Yellow": {"Mustard"},
    "Pink": {"Peach", "Magenta"},
    "Purple": {"Lavender", "Mauve", "Magenta"},
    "Brown": {"Coffee Brown", "Tan", "Bronze", "Copper"},
    "Beige": {"Khaki", "Cream", "Tan", "Skin", "Taupe"},
    "Orange": {"Rust", "Peach"},
    "Maroon": {"Burgundy", "Red"},
}


def main() -> int:
    """Prints and keeps a table a split."""
    arguments = _parse()
    manifest = Manifest.load(arguments.data)
    prepare = load_encoder(arguments.checkpoint).prepare
    tables = {}
    for split in ("train", "val"):
        items = [item for item in manifest.split(split) if item.labels.get("colour")]
        pictures = [
            prepare(read(manifest.path_of(item), draft_side=160))
            for item in tqdm(items, split, unit="picture", disable=None)
        ]
        colours = np.stack([dominant_colours(picture) for picture in pictures])
        labels = np.array([item.labels["colour"][0] for item in items])
        tables[split] = table(colours, labels)
        if arguments.grids:
            arguments.grids.mkdir(parents=True, exist_ok=True)
            grid(pictures, colours).save(arguments.grids / f"{split}.png")
        _print(split, tables[split])
    save("colours", {"data": arguments.data.name, "splits": tables})
    return 0


def table(colours: FloatArray, labels: np.ndarray) -> dict[str, Any]:
    """Returns each named colour's figures, and their means over the colours."""
    rows = {}
    for name, order in orders(colours).items():
        exact = labels[order] == name
        near = np.isin(labels[order], [name, *NEIGHBOURS[name]])
        rows[name] = {
            "items": int(exact.sum()),
            **{f"precision@{k}": float(exact[:k].mean()) for k in DEPTHS},
            **{f"neighbours@{k}": float(near[:k].mean()) for k in DEPTHS},
        }
    means = {
        figure: round(float(np.mean([row[figure] for row in rows.values()])), 3)
        for figure in next(iter(rows.values()))
        if figure != "items"
    }
    return {"pictures": len(labels), "mean": means, "colours": rows}


def orders(colours: FloatArray) -> dict[str, np.ndarray]:
    """Returns each named colour's ranking of the pictures, best first."""
    targets = {name: to_oklab(np.array(rgb, np.uint8)) for name, rgb in COLOURS.items()}
    return {
        name: np.argsort(-colour_similarity(colours, target), kind="stable")
        for name, target in targets.items()
    }


def grid(pictures: Sequence[np.ndarray], colours: FloatArray) -> Image.Image:
    """Returns a row a colour: the colour, and the pictures found."""
    page = Image.new("RGB", ((GRID + 1) * TILE, len(COLOURS) * TILE), "white")
    for row, (name, order) in enumerate(orders(colours).items()):
        page.paste(COLOURS[name], (0, row * TILE, TILE - 4, (row + 1) * TILE - 4))
        for column, found in enumerate(order[:GRID], start=1):
            tile = Image.fromarray(pictures[found]).resize((TILE - 4, TILE - 4))
            page.paste(tile, (column * TILE, row * TILE))
    return page


def _print(split: str, measured: dict[str, Any]) -> None:
    print(f"{split}: {measured['pictures']} pictures")
    for name, row in [*measured["colours"].items(), ("mean", measured["mean"])]:
        figures = " ".join(f"{figure} {value:<6}" for figure, value in row.items())
        print(f"  {name:10} {figures}")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.colours")
    parser.add_argument("--checkpoint", default=Settings().encoder, help="default: %(default)s")
    parser.add_argument("--data", type=Path, required=True, help="a dataset root with `colour`")
    parser.add_argument("--grids", type=Path, help="folder for the pictures found, as grids")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
