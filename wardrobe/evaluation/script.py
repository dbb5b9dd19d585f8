"""eval_vit_multilabel.py: encodes two splits of a dataset and writes the report."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from wardrobe.command import command, positive_int
from wardrobe.encoders import Encoder, load_encoder
from wardrobe.encoders.checkpoint import roots_trained_on
from wardrobe.encoding import EncodedItems, encode_split, encode_texts
from wardrobe.evaluation.examples import Examples, find_confusions, picture_grids, text_grids
from wardrobe.evaluation.kagl import evaluate_kagl
from wardrobe.evaluation.kagl_report import write_kagl_report
from wardrobe.evaluation.latency import measure_latency
from wardrobe.evaluation.report import Report, write_report
from wardrobe.evaluation.retrieval import (
    caption_queries,
    evaluate_by_picture,
    evaluate_by_text,
    garment_queries,
)
from wardrobe.evaluation.tagging import Tagged, evaluate_tagging
from wardrobe.manifest import Manifest
from wardrobe.probabilities import from_logits
from wardrobe.settings import Settings, read_settings


@command
def main(argv: Sequence[str] | None) -> None:
    """Runs eval_vit_multilabel.py."""
    settings = read_settings()
    arguments = _parse(argv, settings)
    encoder = load_encoder(
        arguments.checkpoint,
        precision=settings.precision,
        compute_threads=settings.compute_threads,
        labels=settings.labels,
        networks=settings.networks,
    )
    manifest = Manifest.load(arguments.data)
    name = f"{encoder.name}-{manifest.root.resolve().name}"
    if arguments.protocol == "kagl":
        folder = arguments.out or Path("reports") / f"{name}-kagl"
        kagl, grids = evaluate_kagl(
            encoder,
            manifest,
            held_out=arguments.queries,
            trained_on=roots_trained_on(Path(arguments.checkpoint)),
            resamples=arguments.resamples,
        )
        write_kagl_report(kagl, grids, folder)
    else:
        folder = arguments.out or Path("reports") / name
        report, examples = evaluate(
            encoder,
            manifest,
            queries_split=arguments.queries,
            gallery_split=arguments.gallery,
            text_queries=arguments.text_queries,
            resamples=arguments.resamples,
        )
        write_report(report, examples, folder)
    sys.stdout.write((folder / "report.md").read_text(encoding="utf-8"))
    sys.stdout.write(f"\nwritten: {folder}/report.html, report.md, report.json\n")


def evaluate(
    encoder: Encoder,
    manifest: Manifest,
    *,
    queries_split: str = "val",
    gallery_split: str = "train",
    text_queries: bool = False,
    resamples: int = 1000,
) -> tuple[Report, Examples]:
    """Evaluates an encoder on a dataset: all that its heads, its text and the labels allow.

    Args:
        queries_split: the pictures that are tagged, and that ask.
        gallery_split: the pictures that are found; the captions of `queries_split` look among
            that split's own pictures instead.
        text_queries: also ask for every colour and garment in the gallery, such as "a red dress".

    Raises:
        DatasetError: a split is empty, or the manifest lacks what `text_queries` needs.
        UnsupportedQueryError: `text_queries` with an encoder without text.
    """
    queries = encode_split(encoder, manifest, queries_split)
    gallery = queries
    if gallery_split != queries_split:
        gallery = encode_split(encoder, manifest, gallery_split)
    paths = [manifest.path_of(item) for item in queries.items]
    tagged = _tag(encoder, queries)
    examples = Examples(tagged, find_confusions(tagged, paths) if tagged else [])
    same = manifest.label_space.most_specific_first[0]
    examples.grids[f"Picture queries (right: the same {same})"] = picture_grids(
        queries, gallery, manifest
    )
    by_caption, by_garment = None, {}
    texts, relevant = caption_queries(queries)
    if encoder.has_text and texts:
        vectors = encode_texts(encoder, texts)
        by_caption = evaluate_by_text(vectors, relevant, queries, resamples)
        examples.grids["Caption queries (right: has this caption)"] = text_grids(
            texts, vectors, relevant, queries, manifest
        )
    if text_queries:
        texts, relevance = garment_queries(gallery, manifest.label_space)
        vectors = encode_texts(encoder, texts)
        by_garment = {
            name: evaluate_by_text(vectors, relevant, gallery, resamples)
            for name, relevant in relevance.items()
        }
        examples.grids["Colour and garment queries (right: both agree)"] = text_grids(
            texts, vectors, relevance["both"], gallery, manifest
        )
    report = Report(
        checkpoint=encoder.name,
        fingerprint=encoder.fingerprint,
        data=manifest.root.resolve().name,
        queries=queries_split,
        gallery=gallery_split,
        failed={str(p.path): str(p.error) for p in (*queries.failed, *gallery.failed)},
        tagging=evaluate_tagging(tagged, resamples) if tagged else None,
        by_picture=evaluate_by_picture(queries, gallery, manifest.label_space, resamples),
        by_caption=by_caption,
        by_garment=by_garment,
        latency=measure_latency(encoder, paths),
        resamples=resamples,
    )
    return report, examples


def _tag(encoder: Encoder, encoded: EncodedItems) -> Tagged | None:
    """Returns tags beside the truth, or None where there are no heads or no label they know."""
    if encoder.label_space is None or encoder.thresholds is None:
        return None
    targets, known = encoder.label_space.encode([item.labels for item in encoded.items])
    if not known.any():
        return None
    probabilities = from_logits(encoded.logits, encoder.label_space)
    return Tagged(encoder.label_space, encoder.thresholds, probabilities, targets, known)


def _parse(argv: Sequence[str] | None, settings: Settings) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="eval_vit_multilabel.py",
        description="Evaluate tags, retrieval, text queries and latency; write JSON, Markdown "
        "and HTML.",
        epilog="example:\n  python eval_vit_multilabel.py --checkpoint models/wardrobe-base "
        "--data multi_label_dataset/demo --text-queries --out reports/demo",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--checkpoint", default=settings.encoder, help="folder or hub id (default: %(default)s)"
    )
    parser.add_argument("--data", type=Path, required=True, metavar="ROOT", help="dataset root")
    parser.add_argument(
        "--protocol",
        choices=("own", "kagl"),
        default="own",
        help="kagl: instead, the text queries of Marqo's KAGL benchmark, among the pictures of "
        "--queries alone, and among all of the root",
    )
    parser.add_argument(
        "--queries",
        default="val",
        metavar="SPLIT",
        help="tagged, and asked; must be held out from training (default: %(default)s)",
    )
    parser.add_argument(
        "--gallery", default="train", metavar="SPLIT", help="searched (default: %(default)s)"
    )
    parser.add_argument(
        "--text-queries",
        action="store_true",
        help='also ask "a red dress" and the like: every article type and colour of the gallery',
    )
    parser.add_argument(
        "--resamples",
        type=positive_int,
        default=1000,
        help="of the bootstrap intervals (default: %(default)s)",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="default: reports/<checkpoint>-<dataset>[-kagl]"
    )
    arguments = parser.parse_args(argv)
    if arguments.protocol == "kagl" and (arguments.gallery != "train" or arguments.text_queries):
        parser.error(
            "--protocol kagl sets its own galleries and texts: leave out --gallery and "
            "--text-queries"
        )
    return arguments
