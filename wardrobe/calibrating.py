"""calibrate_relevance.py: fits a checkpoint's relevance on half of a split, judges by the rest."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wardrobe.calibration import Reliability
from wardrobe.command import command
from wardrobe.encoders import Encoder, load_encoder
from wardrobe.encoding import EncodedItems, encode_split, encode_texts
from wardrobe.errors import CheckpointError
from wardrobe.evaluation.plots import save_relevance_plot
from wardrobe.manifest import Manifest
from wardrobe.metrics import FloatArray
from wardrobe.relevance import KINDS, RELEVANCE, Curve, Relevance, save_relevance
from wardrobe.relevance_fitting import (
    Pairs,
    fit_curve,
    fit_picture_gate,
    fit_text_gate,
    halves,
    joined,
    picture_relevance,
    sample_pairs,
    text_queries,
    written_texts,
)
from wardrobe.settings import read_settings

EMPTY = 0.005
"""Share of queries about clothing that `min_relevance` may leave without a result."""
LEAST = 0.001  # over 0, so that what is not about clothing finds nothing


@dataclass(frozen=True)
class Root:
    """A dataset root, encoded: the split that is judged, and the pictures to be familiar with."""

    manifest: Manifest
    items: EncodedItems
    familiar: EncodedItems


@dataclass(frozen=True)
class Scores:
    """How relevance did on the pairs it was not fitted on."""

    queries: int
    pairs: int
    relevant: float
    brier: float
    reliability: Reliability

    @classmethod
    def of(cls, curve: Curve, pairs: Pairs) -> "Scores":
        """Judges a curve by pairs."""
        relevance = curve(pairs.cosines)
        return cls(
            len(np.unique(pairs.queries)),
            len(relevance),
            float(pairs.relevant.mean()),
            float(np.square(relevance - pairs.relevant).mean()),
            Reliability.of(relevance, pairs.relevant),
        )


@command
def main(argv: Sequence[str] | None) -> None:
    """Runs calibrate_relevance.py."""
    settings = read_settings()
    arguments = _parse(argv)
    if not arguments.encoder.is_dir():
        raise CheckpointError(
            f"{arguments.encoder} is not a folder, and relevance is kept in one; of a hub's "
            f"checkpoint make one: hf download {arguments.encoder} --local-dir FOLDER"
        )
    encoder = load_encoder(
        str(arguments.encoder),
        precision=settings.precision,
        compute_threads=settings.compute_threads,
        labels=settings.labels,
        networks=settings.networks,
    )
    roots = [_encode(encoder, path, arguments.split) for path in arguments.data]
    relevance, scores = calibrate(encoder, roots, keep=arguments.keep, seed=arguments.seed)
    sys.stdout.write(_table(relevance, scores))
    if arguments.plot:
        plotted = {kind: found.reliability for kind, found in scores.items()}
        save_relevance_plot(arguments.plot, plotted)
    if arguments.dry_run:
        return
    notes: dict[str, Any] = {
        "fitted_on": {
            "data": [root.manifest.root.name for root in roots],
            "split": arguments.split,
            "pictures": sum(len(root.items.items) for root in roots),
            "keep": arguments.keep,
        },
        "held_out": {
            kind: {
                "queries": found.queries,
                "pairs": found.pairs,
                "brier": round(found.brier, 4),
                "calibration_error": round(found.reliability.error, 4),
            }
            for kind, found in scores.items()
        },
    }
    save_relevance(arguments.encoder, relevance, notes)
    sys.stdout.write(f"written: {arguments.encoder / RELEVANCE}\n")


def calibrate(
    encoder: Encoder, roots: Sequence[Root], *, keep: float, seed: int = 0
) -> tuple[Relevance, dict[str, Scores]]:
    """Fits relevance on half of the queries of all roots, and judges it on the other half.

    Args:
        keep: share of queries about clothing that each gate lets pass.
    """
    texts, pictures = [], []
    for root in roots:
        queries, relevant = text_queries(root.items, root.manifest.label_space)
        vectors = encode_texts(encoder, queries)
        texts.append(sample_pairs(vectors @ root.items.vectors.T, relevant, seed=seed))
        known, relevant = picture_relevance(root.items, root.manifest.label_space)
        found = root.items.vectors[known]
        pictures.append(sample_pairs(found @ found.T, relevant, own=True, seed=seed))
    pairs = {"text": joined(texts), "picture": joined(pictures)}
    split = {kind: halves(pairs[kind], seed) for kind in KINDS}
    fitted = {kind: Curve(*fit_curve(split[kind][0]), 0.0) for kind in KINDS}

    clothing, other = (encode_texts(encoder, written) for written in written_texts())
    text_gate = fit_text_gate(clothing, _also(encoder, roots), other, keep=keep, seed=seed)
    familiar = np.concatenate([root.familiar.vectors for root in roots])
    judged = [root.items.vectors[::2] for root in roots]
    picture_gate = fit_picture_gate(familiar, judged, keep=keep)

    gallery = np.concatenate([root.items.vectors for root in roots])
    asked = clothing[text_gate.score(clothing) >= text_gate.at_least]
    curves = {
        "text": _with_minimum(fitted["text"], [(asked @ gallery.T).max(axis=1)]),
        "picture": _with_minimum(fitted["picture"], _best_of_pictures(roots)),
    }
    scores = {kind: Scores.of(curves[kind], split[kind][1]) for kind in KINDS}
    return Relevance(curves, text_gate, picture_gate), scores


def _also(encoder: Encoder, roots: Sequence[Root]) -> FloatArray:
    """Encodes the labels, and captions of the familiar pictures."""
    texts = []
    for root in roots:
        texts += [label.lower() for a in root.manifest.label_space.attributes for label in a.labels]
        captions = sorted({item.caption for item in root.familiar.items} - {""})
        texts += captions[:: max(1, len(captions) // 200)]
    return encode_texts(encoder, sorted(set(texts)))


def _best_of_pictures(roots: Sequence[Root]) -> list[FloatArray]:
    """Returns the best cosine of each root's pictures among those of each root, but themselves."""
    best = []
    for asked in roots:
        for found in roots:
            cosines = asked.items.vectors @ found.items.vectors.T
            if asked is found:
                np.fill_diagonal(cosines, -1)
            best.append(cosines.max(axis=1))
    return best


def _with_minimum(curve: Curve, best: Sequence[FloatArray]) -> Curve:
    """Sets `min_relevance` so that of each set of queries nearly all keep their best result."""
    least = min(float(np.quantile(curve(cosines), EMPTY)) for cosines in best)
    return Curve(curve.slope, curve.intercept, max(LEAST, round(least, 4)))


def _encode(encoder: Encoder, path: Path, split: str) -> Root:
    manifest = Manifest.load(path)
    items = encode_split(encoder, manifest, split)
    return Root(manifest, items, encode_split(encoder, manifest, "train"))


def _table(relevance: Relevance, scores: dict[str, Scores]) -> str:
    lines = [
        f"{'queries':8} {'held out':>8} {'pairs':>7} {'relevant':>8} {'Brier':>7} {'error':>7}   "
        "relevance of a cosine; left out below"
    ]
    for kind, found in scores.items():
        curve = relevance.curves[kind]
        lines.append(
            f"{kind:8} {found.queries:8} {found.pairs:7} {found.relevant:8.3f} {found.brier:7.4f} "
            f"{found.reliability.error:7.4f}   1 / (1 + exp({-curve.intercept:.3f} "
            f"- {curve.slope:.3f} cosine)); {curve.min_relevance:g}"
        )
    return "\n".join(lines) + "\n"


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="calibrate_relevance.py",
        description="Learn what a checkpoint's cosines mean, and which queries are not about "
        "clothing; writes its relevance.json and relevance.safetensors.",
        epilog="example:\n  python calibrate_relevance.py --encoder models/wardrobe-base "
        "--data multi_label_dataset/demo",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--encoder", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument(
        "--data", type=Path, nargs="+", required=True, metavar="ROOT", help="dataset roots"
    )
    parser.add_argument("--split", default="val", help="what to fit on (default: %(default)s)")
    parser.add_argument(
        "--keep",
        type=_share,
        default=0.95,
        help="share of queries about clothing that are answered (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the halves (default: %(default)s)")
    parser.add_argument("--plot", type=Path, help="where to draw how often relevance is right")
    parser.add_argument("--dry-run", action="store_true", help="print the table, write nothing")
    return parser.parse_args(argv)


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number between 0 and 1")
    return value
