"""How far heatmaps can be trusted: three checks of what selected tags looked at.

    python -m benchmarks.explanations --data multi_label_dataset/demo     (two minutes)

On the garment: share of the heat on the garment, beside the share of the picture it covers; of
pictures on a plain background. Deletion (Petsiuk et al., "RISE", 2018): how much a tag's
probability falls when the hottest fifth of the picture is blurred away, beside a random fifth in
patches as large, and the fifth in the middle. Randomisation (Adebayo et al., "Sanity checks for
saliency maps", 2018): rank correlation of the maps with those of the network whose weights were
shuffled; near 0, the maps show what the network learnt and not just edges of the picture.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr
from torch.nn import functional
from tqdm import tqdm

from wardrobe.encoders import Encoder, load_encoder
from wardrobe.encoders.base import FloatArray, PixelArray
from wardrobe.explanation import tags_to_explain
from wardrobe.images import read
from wardrobe.manifest import Manifest
from wardrobe.probabilities import from_logits
from wardrobe.settings import Settings
from wardrobe.tagger import Tagger

Figures = dict[str, list[float]]

MASKED = 0.2  # share of the picture
RANDOM_DRAWS = 2
PLAIN = 0.03  # largest spread of a plain background's border, of 1
ON_GARMENT, AREA = "heat on the garment", "garment's share of the picture"
SHUFFLED = {"heads": "heads.", "all weights": ""}  # prefixes of the parameters' names
HOTTEST, RANDOM, MIDDLE = "hottest fifth blurred", "random fifth blurred", "middle fifth blurred"


def main() -> int:
    """Prints the means over all selected tags of a split's pictures, with their number."""
    arguments = _parse()
    encoder = load_encoder(arguments.checkpoint)
    shuffled = {name: load_encoder(arguments.checkpoint) for name in SHUFFLED}
    for name, prefix in SHUFFLED.items():
        shuffle(shuffled[name], prefix)
    manifest = Manifest.load(arguments.data)
    items = manifest.split(arguments.split)
    items = items[:: max(1, len(items) // arguments.pictures)][: arguments.pictures]
    figures: Figures = defaultdict(list)
    for item in tqdm(items, "explaining", unit="picture", disable=None):
        pixels = encoder.prepare(read(manifest.path_of(item), draft_side=encoder.picture_side))
        if labels := labels_of(encoder, pixels):
            maps = encoder.explain(pixels, labels)
            check_places(maps, pixels, figures)
            check_deletion(encoder, pixels, labels, maps, figures)
            for name, other in shuffled.items():
                check_learnt(maps, other.explain(pixels, labels), name, figures)
    for name, values in figures.items():
        print(f"{name:40} {np.mean(values):6.3f}   {len(values)} tags")
    return 0


def labels_of(encoder: Encoder, pixels: PixelArray) -> list[int]:
    """Returns the columns of a prepared picture's selected tags."""
    assert encoder.label_space is not None
    assert encoder.thresholds is not None
    logits = encoder.encode_pictures(pixels[None]).logits
    tags = Tagger(encoder.label_space, encoder.thresholds).tag(logits)[0]
    return list(tags_to_explain(tags, encoder.label_space).values())


def check_places(maps: FloatArray, pixels: PixelArray, figures: Figures) -> None:
    """Adds how much of the heat is on the garment, where the background is plain."""
    garment = garment_in(pixels)
    if garment is not None:
        heat = stretched(maps, pixels.shape[:2])
        figures[ON_GARMENT] += list((heat * garment).sum((1, 2)) / heat.sum((1, 2)).clip(1e-9))
        figures[AREA] += [float(garment.mean())] * len(maps)


def check_deletion(
    encoder: Encoder,
    pixels: PixelArray,
    labels: Sequence[int],
    maps: FloatArray,
    figures: Figures,
) -> None:
    """Adds how much of the tags' probabilities goes with the hottest places, and with others."""
    for name, masks in _masks(stretched(maps, pixels.shape[:2]), maps.shape[1:]).items():
        figures[name] += list(falls(encoder, pixels, labels, masks))


def check_learnt(maps: FloatArray, shuffled: FloatArray, name: str, figures: Figures) -> None:
    """Adds the rank correlations of maps with those of a network with shuffled weights."""
    for learnt, random in zip(maps, shuffled, strict=True):
        if np.ptp(learnt) and np.ptp(random):
            correlation = spearmanr(learnt.ravel(), random.ravel()).statistic
            figures[f"correlation with shuffled {name}"].append(correlation)


def shuffle(encoder: Encoder, prefix: str) -> None:
    """Shuffles each tensor of the network's parameters whose names have a prefix."""
    generator = torch.Generator().manual_seed(0)
    encoder.load_explanations()
    network = encoder._network.model  # type: ignore[attr-defined]
    for name, parameter in network.named_parameters():
        if name.startswith(prefix):
            order = torch.randperm(parameter.numel(), generator=generator)
            parameter.copy_(parameter.flatten()[order].view_as(parameter))


def stretched(maps: FloatArray, size: tuple[int, ...]) -> FloatArray:
    """Returns maps `(labels, height, width)` at the size of the prepared picture."""
    large = functional.interpolate(torch.from_numpy(maps)[:, None], size, mode="bilinear")
    return large[:, 0].numpy()


def garment_in(pixels: PixelArray) -> np.ndarray | None:
    """Returns where a prepared picture differs from its plain border; None without a plain one."""
    picture = (pixels.transpose(2, 0, 1) - float(pixels.min())) / (np.ptp(pixels) + 1e-9)
    border = np.ones(picture.shape[1:], bool)
    border[5:-5, 5:-5] = False
    if picture[:, border].std(axis=1).max() > PLAIN:
        return None
    background = np.median(picture[:, border], axis=1)
    return np.abs(picture - background[:, None, None]).max(axis=0) > 0.08


def falls(
    encoder: Encoder, pixels: PixelArray, labels: Sequence[int], masks: np.ndarray
) -> np.ndarray:
    """Returns how much blurring each label's places `(draws, labels, height, width)` costs it.

    The fall of its probability is the mean over the draws.
    """
    picture = torch.from_numpy(pixels).permute(2, 0, 1)[None].float()
    coarse = functional.interpolate(picture, (5, 5), mode="area")
    blurred = functional.interpolate(coarse, pixels.shape[:2], mode="bilinear")
    places = torch.from_numpy(masks).flatten(0, 1)[:, None]
    masked = torch.cat([picture, torch.where(places, blurred, picture)])
    pictures = masked.round().byte().permute(0, 2, 3, 1).contiguous().numpy()
    assert encoder.label_space is not None
    before, *after = from_logits(encoder.encode_pictures(pictures).logits, encoder.label_space)
    columns = list(labels)
    left = np.reshape(after, (len(masks), len(columns), -1))[:, range(len(columns)), columns]
    return before[columns] - left.mean(axis=0)


def _masks(heat: FloatArray, grid: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Returns the fifths to blur `(draws, labels, height, width)`; random ones in a map's grid."""
    count, height, width = heat.shape
    noise = np.random.default_rng(0).random((RANDOM_DRAWS * count, *grid), np.float32)
    random = stretched(noise, (height, width))
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    middle = np.broadcast_to(-(y**2 + x**2), (1, count, height, width))
    return {
        HOTTEST: _top(heat[None]),
        RANDOM: _top(random.reshape(RANDOM_DRAWS, count, height, width)),
        MIDDLE: _top(middle),
    }


def _top(values: np.ndarray) -> np.ndarray:
    order = values.reshape(*values.shape[:2], -1).argsort(axis=-1)
    top = np.zeros(order.shape, bool)
    np.put_along_axis(top, order[..., -int(MASKED * order.shape[-1]) :], True, axis=-1)
    return top.reshape(values.shape)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explanations")
    parser.add_argument("--checkpoint", default=Settings().encoder, help="default: %(default)s")
    parser.add_argument("--data", type=Path, required=True, help="a dataset root")
    parser.add_argument("--split", default="val", help="default: %(default)s")
    parser.add_argument("--pictures", type=int, default=50, help="default: %(default)s")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
