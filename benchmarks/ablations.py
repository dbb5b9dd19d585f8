"""What each part of the training recipe is worth: one short run a row, and its figures.

    python -m benchmarks.ablations --data multi_label_dataset/fashion-product-images \
        --more multi_label_dataset/clothing-dataset multi_label_dataset/drawn-seen

About 40 minutes on 2 idle cores. A row that begins with + keeps what the rows above it added; the
others change one thing of the hybrid ViT. A row is trained
with the recipe's own loop and judged on the validation pictures of --data; rows already measured
are kept, so an interrupted run goes on. The figures go to benchmarks/results/ablations.json.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from wardrobe.encoders import load_encoder
from wardrobe.evaluation.script import evaluate
from wardrobe.files import write_json
from wardrobe.manifest import Manifest
from wardrobe.training.loop import train
from wardrobe.training.recipe import MIXUPFIX, Recipe, RunOptions

RESULTS = Path(__file__).parent / "results" / "ablations.json"
PLAIN = Recipe(image_size=96, epochs=2, contrastive_weight=0, similarity_weight=0, patience=100)


@dataclass(frozen=True)
class Row:
    """A row of the table."""

    name: str
    recipe: Recipe


def rows(data: str, more: list[str]) -> list[Row]:
    """Returns the rows, each a recipe."""
    hybrid = replace(PLAIN, data=(data,))
    regularised = {
        name: getattr(MIXUPFIX, name)
        for name in ("drop_path", "randaugment", "magnitude", "mixup", "cutmix")
    }
    mixed = replace(hybrid, **regularised)
    roots = replace(mixed, data=(data, *more), root_weights=(1.0, *(1.0, 0.35)[: len(more)]))
    text = replace(roots, contrastive_weight=0.5)
    similar = replace(text, similarity_weight=0.5)
    return [
        Row("hybrid ViT", hybrid),
        Row("+ mixupfix", mixed),
        Row("+ splitroots", roots),
        Row("+ contrastive", text),
        Row("+ similarity", similar),
        Row("+ resolution, 128 pixels", replace(similar, image_size=128)),
        Row("hybrid ViT, 6 layers", replace(hybrid, layers=6)),
        Row("hybrid ViT, 2 layers", replace(hybrid, layers=2)),
        Row("hybrid ViT, seed 1", replace(hybrid, seed=1)),
    ]


def main() -> int:
    """Measures the rows that are not measured yet."""
    arguments = _parse()
    measured: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for row in tqdm(rows(arguments.data, arguments.more), "ablations", unit="row"):
        if row.name not in measured:
            measured[row.name] = _measure(row, arguments.runs)
            write_json(RESULTS, measured)
            figures = {k: v for k, v in measured[row.name].items() if k != "recipe"}
            sys.stdout.write(f"{row.name}: {figures}\n")
    return 0


def _measure(row: Row, runs: Path) -> dict[str, Any]:
    started = time.perf_counter()
    checkpoint = train(row.recipe, RunOptions(run=runs / row.name.replace(" ", "-")))
    seconds = time.perf_counter() - started
    manifest = Manifest.load(Path(row.recipe.data[0]))
    report, _ = evaluate(load_encoder(str(checkpoint)), manifest, gallery_split="val", resamples=10)
    assert report.tagging is not None
    accuracy = {item.name: item.accuracy.value for item in report.tagging.attributes}
    precision = [scores.metrics["precision@10"].value for scores in report.by_picture.values()]
    by_caption = report.by_caption.metrics if report.by_caption else None
    return {
        "macro_map": report.tagging.common.value,
        "article_type_accuracy": accuracy["article_type"],
        "mean_precision_at_10": sum(precision) / len(precision),
        "caption_recall_at_1": by_caption["recall@1"].value if by_caption else None,
        "encode_milliseconds": report.latency["encode"].p50,
        "training_seconds": round(seconds),
        "recipe": row.recipe.to_json(),
    }


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True, help="dataset root that every row is judged on")
    parser.add_argument("--more", nargs="*", default=[], help="roots that + splitroots adds")
    parser.add_argument("--runs", type=Path, default=Path("runs/ablations"), help="run folders")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
