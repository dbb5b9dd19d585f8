"""Whether understanding a negation excludes better than vectors do.

    python -m benchmarks.wording --data multi_label_dataset/fashion-product-images   (three minutes)

Written queries with an exclusion are asked for among the pictures of a dataset, in three ways: the
vector of the whole sentence; the vector of what is left of it less half of the excluded words'; and
what `wardrobe.wording` understands, leaving out pictures with at least half of the threshold of an
excluded tag. Precision@5 counts pictures that have the wanted labels and none of the excluded ones,
as given; "shown" those that have an excluded one. A picture without a given label of an attribute
counts as not having it. The figures, of all pictures and of those that the encoder was not trained
on, go to benchmarks/results/wording.json.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from benchmarks.machine import save
from wardrobe.encoders import Encoder, load_encoder
from wardrobe.encoders.base import FloatArray, PixelArray
from wardrobe.images import read
from wardrobe.manifest import Item, Manifest
from wardrobe.probabilities import from_logits
from wardrobe.settings import Settings
from wardrobe.wording import understand

DEPTH = 5
BATCH = 8
LESS = 0.5  # of the excluded words' vector
TILE = 112  # pixels
SENTENCE, ARITHMETIC, UNDERSTOOD = "sentence", "arithmetic", "understood"


@dataclass(frozen=True)
class Query:
    """A sentence; the given labels wanted, all of them, and not wanted, none of them."""

    text: str
    wanted: tuple[str, ...]
    excluded: tuple[str, ...]
    negative: str  # its excluded words, for the arithmetic


QUERIES = (
    Query("shirt without checks", ("article_type=Shirts",), ("pattern=Checked",), "checks"),
    Query("shirts, not striped", ("article_type=Shirts",), ("pattern=Striped",), "striped"),
    Query("t-shirt, no graphics", ("article_type=Tshirts",), ("pattern=Graphic",), "graphics"),
    Query("sweater without stripes", ("article_type=Sweaters",), ("pattern=Striped",), "stripes"),
    Query("shoes, not black", ("sub_category=Shoes",), ("colour=Black",), "black"),
    Query("handbag -brown", ("article_type=Handbags",), ("colour=Brown",), "brown"),
    Query("tops, anything but white", ("article_type=Tops",), ("colour=White",), "white"),
    Query("shoes, not too formal", ("sub_category=Shoes",), ("usage=Formal",), "formal"),
    Query("watch, not for men", ("article_type=Watches",), ("gender=Men",), "men"),
    Query(
        "blue shirt without checks or stripes",
        ("article_type=Shirts", "colour=Blue"),
        ("pattern=Checked", "pattern=Striped"),
        "checks or stripes",
    ),
)


def main() -> int:
    """Prints and keeps the precisions."""
    arguments = _parse()
    encoder = load_encoder(arguments.checkpoint)
    manifest = Manifest.load(arguments.data)
    pixels = [
        encoder.prepare(read(manifest.path_of(item), draft_side=encoder.picture_side))
        for item in tqdm(manifest.items, "reading", unit="picture", disable=None)
    ]
    vectors, probabilities = encode(encoder, pixels)
    held_out = np.array([item.split != "train" for item in manifest.items])
    tables = {}
    for name, among in (("all", np.ones_like(held_out)), ("held out", held_out)):
        found = {
            query.text: {
                way: np.argsort(-np.where(among, scores, -np.inf), kind="stable")[:DEPTH]
                for way, scores in rankings(encoder, query, vectors, probabilities).items()
            }
            for query in QUERIES
        }
        tables[name] = {"pictures": int(among.sum()), **table(manifest.items, found)}
        for text, row in [*tables[name]["queries"].items(), ("mean", tables[name]["mean"])]:
            print(f"{name:8} {text:38}", " ".join(f"{way} {p:<5}" for way, p in row.items()))
        for text, ways in found.items() if arguments.grids else ():
            grid(pixels, list(ways.values())).save(arguments.grids / f"{name} {text}.png")
    save("wording", {"data": arguments.data.name, "depth": DEPTH, "among": tables})
    return 0


def table(items: Sequence[Item], found: dict[str, dict[str, np.ndarray]]) -> dict[str, Any]:
    """Returns each query's figures by way, and their means over the queries."""
    rows = {}
    for query in QUERIES:
        row = rows[query.text] = {}
        for way, best in found[query.text].items():
            given = [set(tags_of(items[position])) for position in best]
            shown = [not tags.isdisjoint(query.excluded) for tags in given]
            right = [tags.issuperset(query.wanted) for tags in given]
            row[way] = float(np.mean(np.array(right) & ~np.array(shown)))
            row[f"{way} shown"] = float(np.mean(shown))
    figures = next(iter(rows.values()))
    means = {name: round(float(np.mean([r[name] for r in rows.values()])), 3) for name in figures}
    return {"mean": means, "queries": rows}


def tags_of(item: Item) -> list[str]:
    """Returns an item's given labels as `attribute=label`."""
    return [f"{name}={label}" for name, labels in item.labels.items() for label in labels]


def encode(encoder: Encoder, pixels: Sequence[PixelArray]) -> tuple[FloatArray, FloatArray]:
    """Returns vectors and tag probabilities of prepared pictures."""
    assert encoder.label_space is not None
    starts = tqdm(range(0, len(pixels), BATCH), "encoding", unit="batch", disable=None)
    batches = [encoder.encode_pictures(np.stack(pixels[s : s + BATCH])) for s in starts]
    logits = np.concatenate([batch.logits for batch in batches if batch.logits is not None])
    vectors = np.concatenate([batch.vectors for batch in batches])
    return vectors, from_logits(logits, encoder.label_space)


def rankings(
    encoder: Encoder, query: Query, vectors: FloatArray, probabilities: FloatArray
) -> dict[str, np.ndarray]:
    """Returns the pictures' scores in each of the three ways."""
    space, thresholds = encoder.label_space, encoder.thresholds
    assert space is not None
    assert thresholds is not None
    understood = understand(query.text, space)
    sentence, rest, negative = encoder.encode_texts([query.text, understood.text, query.negative])
    columns = [space.names.index(tag) for tag in understood.must_not]
    excluded = (probabilities[:, columns] >= thresholds[columns] / 2).any(axis=1)
    return {
        SENTENCE: vectors @ sentence,
        ARITHMETIC: vectors @ (rest - LESS * negative),
        UNDERSTOOD: np.where(excluded, -np.inf, vectors @ rest),
    }


def grid(pixels: Sequence[PixelArray], rows: Sequence[np.ndarray]) -> Image.Image:
    """Returns the pictures found, a row a way."""
    page = Image.new("RGB", (DEPTH * TILE, len(rows) * TILE), "white")
    for y, row in enumerate(rows):
        for x, found in enumerate(row):
            tile = Image.fromarray(pixels[found]).resize((TILE - 4, TILE - 4))
            page.paste(tile, (x * TILE, y * TILE))
    return page


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.wording")
    parser.add_argument("--checkpoint", default=Settings().encoder, help="default: %(default)s")
    parser.add_argument("--data", type=Path, required=True, help="a dataset root")
    parser.add_argument("--grids", type=Path, help="existing folder for the pictures, as grids")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
