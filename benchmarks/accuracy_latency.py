"""Accuracy against latency of a checkpoint at several resolutions: which one should it serve?

    python -m benchmarks.accuracy_latency --checkpoint models/wardrobe-base \
        --data multi_label_dataset/fashion-product-images

About two minutes; run nothing else meanwhile. The hybrid ViT takes any multiple of 32 pixels: the
checkpoint is copied and only its processor's size changed. Judged on the validation pictures.
Writes benchmarks/results/accuracy_latency.json and docs/accuracy_latency.png; a point for each
depth in ablations.json is drawn beside them.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure
from tqdm import tqdm

from benchmarks.ablations import RESULTS as ABLATIONS
from wardrobe.encoders import Encoder, load_encoder
from wardrobe.evaluation.script import evaluate
from wardrobe.files import atomic_write, write_json
from wardrobe.manifest import Manifest

SIDES = (96, 128, 160, 192, 224)
BATCHES = (1, 16)
ROUNDS = 60
RESULTS = Path(__file__).parent / "results" / "accuracy_latency.json"
PLOT = Path(__file__).parents[1] / "docs" / "accuracy_latency.png"
DEPTHS = {2: "hybrid ViT, 2 layers", 4: "hybrid ViT", 6: "hybrid ViT, 6 layers"}


def main() -> int:
    """Measures, plots and writes the raw data."""
    arguments = _parse()
    manifest = Manifest.load(arguments.data)
    with tempfile.TemporaryDirectory() as folder:
        encoders = {
            side: load_encoder(str(_copy(arguments.checkpoint, side, Path(folder))))
            for side in SIDES
        }
    scores = {
        side: _score(encoder, manifest)
        for side, encoder in tqdm(encoders.items(), "accuracy", unit="resolution")
    }
    by_side = {side: {**scores[side], **times} for side, times in _time(encoders).items()}
    write_json(RESULTS, {"checkpoint": str(arguments.checkpoint), "by_side": by_side})
    depths = json.loads(ABLATIONS.read_text()) if ABLATIONS.exists() else {}
    with atomic_write(PLOT) as aside:
        _plot(by_side, {k: depths[v] for k, v in DEPTHS.items() if v in depths}).savefig(
            aside, format="png"
        )
    sys.stdout.write(json.dumps(by_side, indent=1) + f"\nwritten: {RESULTS}, {PLOT}\n")
    return 0


def _copy(checkpoint: Path, side: int, folder: Path) -> Path:
    """Returns a copy of the checkpoint whose processor makes pictures of another size."""
    copy = folder / str(side)
    shutil.copytree(checkpoint, copy)
    processor = copy / "preprocessor_config.json"
    content = json.loads(processor.read_text())
    content["size"] = {"height": side, "width": side}
    processor.write_text(json.dumps(content))
    return copy


def _score(encoder: Encoder, manifest: Manifest) -> dict[str, float]:
    report, _ = evaluate(encoder, manifest, gallery_split="val", resamples=10)
    assert report.tagging is not None
    accuracy = {item.name: item.accuracy.value for item in report.tagging.attributes}
    return {
        "macro_map": report.tagging.common.value,
        "article_type_accuracy": accuracy["article_type"],
    }


def _time(encoders: dict[int, Encoder]) -> dict[int, dict[str, float]]:
    """Returns medians of forwards; the encoders take turns, so that a slow minute hits them all."""
    times: dict[int, dict[int, list[float]]] = {
        side: {batch: [] for batch in BATCHES} for side in encoders
    }
    for _ in tqdm(range(ROUNDS), "latency", unit="round"):
        for side, encoder in encoders.items():
            for batch in BATCHES:
                pixels = torch.rand(batch, 3, side, side) * 2 - 1
                started = time.perf_counter()
                encoder.encode_pictures(pixels)
                times[side][batch].append(1000 * (time.perf_counter() - started) / batch)
    return {
        side: {
            f"milliseconds_a_picture_batch_{batch}": statistics.median(values[5:])
            for batch, values in by_batch.items()
        }
        for side, by_batch in times.items()
    }


def _plot(by_side: dict[int, dict[str, float]], depths: dict[int, dict[str, Any]]) -> Figure:
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    resolution, depth = figure.subplots(1, 2)
    for batch in BATCHES:
        milliseconds = [p[f"milliseconds_a_picture_batch_{batch}"] for p in by_side.values()]
        _curve(resolution, f"batch of {batch}", list(by_side), milliseconds, by_side)
    resolution.set(title="resolution of the shipped checkpoint, pixels")
    milliseconds = [point["encode_milliseconds"] for point in depths.values()]
    _curve(depth, "batch of 1", list(depths), milliseconds, depths)
    depth.set(title="layers, short runs at 96 pixels")
    return figure


def _curve(
    panel: Any, label: str, names: list[int], xs: list[float], points: dict[int, dict[str, Any]]
) -> None:
    scores = [point["macro_map"] for point in points.values()]
    panel.plot(xs, scores, marker="o", label=label)
    for name, x, y in zip(names, xs, scores, strict=True):
        panel.annotate(str(name), (x, y), textcoords="offset points", xytext=(4, -11))
    panel.set(xlabel="ms a picture", ylabel="validation macro mAP")
    panel.legend()


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checkpoint", type=Path, default=Path("models/wardrobe-base"))
    parser.add_argument("--data", type=Path, required=True, metavar="ROOT")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
