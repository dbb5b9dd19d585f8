"""Accuracy against latency of a checkpoint at several resolutions: which one should it serve?

    python -m benchmarks.accuracy_latency --checkpoint models/wardrobe-base \
        --data multi_label_dataset/fashion-product-images

About two minutes; run nothing else meanwhile. The hybrid ViT takes any multiple of 32 pixels: the
checkpoint is copied and only its processor's size changed. Judged on the validation pictures.
Beside them the depths that benchmarks.ablations trained. Writes
benchmarks/results/accuracy_latency.json and docs/accuracy_latency.png.
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

import numpy as np
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
    ablations = json.loads(ABLATIONS.read_text())
    depths = {
        layers: load_encoder(str(arguments.ablations / name.replace(" ", "-") / "checkpoint"))
        for layers, name in DEPTHS.items()
    }
    by_depth = {
        layers: {"macro_map": ablations[DEPTHS[layers]]["macro_map"], **times}
        for layers, times in _time(depths).items()
    }
    found = {"checkpoint": str(arguments.checkpoint), "by_side": by_side, "by_depth": by_depth}
    write_json(RESULTS, found)
    with atomic_write(PLOT) as aside:
        _plot(by_side, by_depth).savefig(aside, format="png")
    sys.stdout.write(json.dumps(found, indent=1) + f"\nwritten: {RESULTS}, {PLOT}\n")
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
        name: {batch: [] for batch in BATCHES} for name in encoders
    }
    for _ in tqdm(range(ROUNDS), "latency", unit="round"):
        for name, encoder in encoders.items():
            for batch in BATCHES:
                side = encoder.picture_side
                pixels = np.random.default_rng(0).integers(0, 256, (batch, side, side, 3), np.uint8)
                started = time.perf_counter()
                encoder.encode_pictures(pixels)
                times[name][batch].append(1000 * (time.perf_counter() - started) / batch)
    return {
        name: {
            f"milliseconds_a_picture_batch_{batch}": statistics.median(values[5:])
            for batch, values in by_batch.items()
        }
        for name, by_batch in times.items()
    }


def _plot(by_side: dict[int, dict[str, float]], by_depth: dict[int, dict[str, float]]) -> Figure:
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    panels = zip(
        figure.subplots(1, 2),
        ("resolution of the shipped checkpoint, pixels", "layers, short runs at 96 pixels"),
        (by_side, by_depth),
        strict=True,
    )
    for panel, title, points in panels:
        for batch in BATCHES:
            _curve(panel, f"batch of {batch}", f"milliseconds_a_picture_batch_{batch}", points)
        panel.set(title=title, xlabel="ms a picture", ylabel="validation macro mAP")
        panel.legend()
    return figure


def _curve(panel: Any, label: str, measure: str, points: dict[int, dict[str, float]]) -> None:
    xs, ys = ([point[name] for point in points.values()] for name in (measure, "macro_map"))
    panel.plot(xs, ys, marker="o", label=label)
    for name, x, y in zip(points, xs, ys, strict=True):
        panel.annotate(str(name), (x, y), textcoords="offset points", xytext=(4, -11))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checkpoint", type=Path, default=Path("models/wardrobe-base"))
    parser.add_argument(
        "--ablations", type=Path, default=Path("runs/ablations"), help="where those runs are"
    )
    parser.add_argument("--data", type=Path, required=True, metavar="ROOT")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
