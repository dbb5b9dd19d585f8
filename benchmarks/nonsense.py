"""How many queries about clothing keep their results, and how many others come back empty.

    python -m benchmarks.nonsense --data multi_label_dataset/fashion-product-images \
        multi_label_dataset/clothing-dataset multi_label_dataset/demo

Three minutes. The texts in benchmarks/query_texts were not fitted on; of the pictures that every
second one was not. Junk is drawn: noise, plain colours, gradients, hills, shapes, pages; --pictures
adds folders of photographs without clothing. The figures go to benchmarks/results/nonsense.json.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.machine import save
from wardrobe.encoders import Encoder, load_encoder
from wardrobe.encoders.base import FloatArray
from wardrobe.encoding import encode_pictures, encode_split, encode_texts
from wardrobe.evaluation.retrieval import caption_queries, garment_queries
from wardrobe.manifest import Manifest
from wardrobe.settings import Settings

TEXTS = Path(__file__).parent / "query_texts"
SIDE = 240
A_KIND = 50

Random = np.random.Generator


def main() -> int:
    """Measures texts and pictures, and saves the shares that keep results."""
    arguments = _parse()
    encoder = load_encoder(arguments.encoder, networks=Settings().networks)
    if encoder.relevance is None:
        sys.exit(f"{arguments.encoder} has no relevance.json; run calibrate_relevance.py first")
    manifests = [Manifest.load(root) for root in arguments.data]
    encoded = [encode_split(encoder, manifest, "val") for manifest in manifests]
    gallery = np.concatenate([items.vectors for items in encoded])
    texts = {
        f"{name} texts": (TEXTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        for name in ("clothing", "other")
    }
    for manifest, items in zip(manifests, encoded, strict=True):
        captions, _ = caption_queries(items)
        if captions:
            phrases, _ = garment_queries(items, manifest.label_space)
            texts[f"product names of {manifest.root.name}"] = captions
            texts[f"phrases of {manifest.root.name}, “a navy blue shirt”"] = phrases
    measured: dict[str, Any] = {}
    for name, lines in texts.items():
        answered = answers(encoder, "text", encode_texts(encoder, lines), gallery)
        measured[name] = {"queries": len(lines), "answered": round(float(answered.mean()), 4)}
        told = zip(lines, answered, strict=True)
        if "texts" in name:
            wrong = [line for line, kept in told if kept == ("other" in name)]
            measured[name]["wrong"] = wrong
    pictures = {
        f"pictures of {manifest.root.name}": items.vectors[1::2]
        for manifest, items in zip(manifests, encoded, strict=True)
    }
    pictures |= {f"drawn: {name}": _drawn(encoder, draw) for name, draw in JUNK.items()}
    pictures |= {
        f"photographs: {path.name}": _photographs(encoder, path) for path in arguments.pictures
    }
    for name, vectors in pictures.items():
        answered = answers(encoder, "picture", vectors, gallery)
        measured[name] = {"queries": len(vectors), "answered": round(float(answered.mean()), 4)}
    for name, figures in measured.items():
        print(f"{name:50} {figures['queries']:5}  answered {figures['answered']:.3f}")
    save("nonsense", {"measured": measured})
    return 0


def answers(encoder: Encoder, kind: str, vectors: FloatArray, gallery: FloatArray) -> np.ndarray:
    """Returns whether each query has a result by default `(queries,)`, itself left out."""
    relevance = encoder.relevance
    assert relevance is not None
    cosines = vectors @ gallery.T
    cosines[cosines > 0.99999] = -1  # the query itself
    best = relevance.relevance(kind, cosines.max(axis=1))
    about = np.array([relevance.answerable(kind, vector) for vector in vectors])
    return about & (best >= relevance.curves[kind].min_relevance)


def _noise(random: Random) -> Image.Image:
    return Image.fromarray(random.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8))


def _blurred_noise(random: Random) -> Image.Image:
    small = Image.fromarray(random.integers(0, 256, (24, 24, 3), dtype=np.uint8))
    return small.resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def _plain(random: Random) -> Image.Image:
    return Image.new("RGB", (SIDE, SIDE), _colour(random))


def _gradient(random: Random) -> Image.Image:
    first, last = random.uniform(0, 255, (2, 3))
    share = np.linspace(0, 1, SIDE)[:, None, None] * np.ones((1, SIDE, 1))
    return Image.fromarray((first + (last - first) * share).astype(np.uint8))


def _hills(random: Random) -> Image.Image:
    picture = Image.new("RGB", (SIDE, SIDE), _colour(random, 120))
    draw = ImageDraw.Draw(picture)
    x = np.arange(0, SIDE + 1, 6)
    for row in range(4):
        y = 80 + 40 * row + 20 * np.sin(x / random.uniform(15, 60) + random.uniform(0, 6))
        draw.polygon(
            [(0, SIDE), *zip(x.tolist(), y.tolist(), strict=True), (SIDE, SIDE)], _colour(random)
        )
    left, top = random.integers(10, 60, 2).tolist()
    draw.ellipse((left, top, left + 30, top + 30), (255, 230, 80))
    return picture


def _shapes(random: Random) -> Image.Image:
    picture = Image.new("RGB", (SIDE, SIDE), _colour(random))
    draw = ImageDraw.Draw(picture)
    for _ in range(8):
        left, top, width, height = random.integers(0, 200, 4).tolist()
        shape = draw.ellipse if random.random() < 0.5 else draw.rectangle
        shape((left, top, left + width / 2 + 5, top + height / 2 + 5), _colour(random))
    return picture


def _page(random: Random) -> Image.Image:
    picture = Image.new("RGB", (SIDE, SIDE), "white")
    draw = ImageDraw.Draw(picture)
    for top in range(8, SIDE - 8, 12):
        draw.text((8, top), "".join(map(chr, random.integers(97, 123, 36))), fill="black")
    return picture


JUNK: dict[str, Callable[[Random], Image.Image]] = {
    "noise": _noise,
    "blurred noise": _blurred_noise,
    "plain colour": _plain,
    "gradient": _gradient,
    "hills": _hills,
    "shapes": _shapes,
    "page of text": _page,
}


def _colour(random: Random, least: int = 0) -> tuple[int, int, int]:
    red, green, blue = random.integers(least, 256, 3).tolist()
    return red, green, blue


def _drawn(encoder: Encoder, draw: Callable[[Random], Image.Image]) -> FloatArray:
    random = np.random.default_rng(1)
    pixels = np.stack([encoder.prepare(draw(random)) for _ in range(A_KIND)])
    return encoder.encode_pictures(pixels).vectors


def _photographs(encoder: Encoder, folder: Path) -> FloatArray:
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".jpg", ".png"))
    found = [picture.vector for picture in encode_pictures(encoder, paths)]
    return np.stack([vector for vector in found if vector is not None])


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nonsense")
    parser.add_argument("--encoder", default=Settings().encoder, help="default: %(default)s")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="dataset roots")
    parser.add_argument("--pictures", type=Path, nargs="*", default=[], help="folders of junk")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
