"""prepare_dataset.py: a source of data → a validated dataset root."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from wardrobe.command import command, positive_int
from wardrobe.errors import BadRequestError
from wardrobe.feedback import FeedbackStore
from wardrobe.files import atomic_write
from wardrobe.importers import (
    clothing_dataset,
    csv_table,
    fashion_product_images,
    feedback,
    folder_tree,
)
from wardrobe.labels import LabelSpace
from wardrobe.manifest import MANIFEST, Manifest
from wardrobe.rendering import write_catalogue
from wardrobe.splits import DEFAULT_FRACTIONS, with_splits
from wardrobe.validation import validate
from wardrobe.validation.duplicates import HASH_DISTANCE, duplicate_groups
from wardrobe.validation.pictures import inspect_pictures
from wardrobe.validation.quarantine import QUARANTINE, quarantine
from wardrobe.validation.report import REPORT, as_text, write_report

EXAMPLES = {
    "fashion-product-images": "~/data/fashion-product-images",
    "clothing-dataset": "~/data/clothing-dataset",
    "folder-tree": "~/photos --name mine --attribute garment --copy --fix",
    "csv": "~/shop/items.csv --name shop --picture-column file",
    "feedback": "state/feedback.sqlite multi_label_dataset/shop --name shop-2",
    "drawn": "--name drawn --count 7500",
    "validate": "multi_label_dataset/shop --fix",
}


@command
def main(argv: Sequence[str] | None) -> None:
    """Runs prepare_dataset.py."""
    arguments = _parser().parse_args(argv)
    manifest = Manifest.load(arguments.source) if arguments.task == "validate" else _new(arguments)
    pictures = inspect_pictures(manifest)
    groups = duplicate_groups(pictures, arguments.near_duplicate_distance)
    if arguments.task in IMPORTERS:
        if arguments.splits or not any(item.split for item in manifest.items):
            fractions = arguments.splits or DEFAULT_FRACTIONS
            manifest = with_splits(manifest, groups, fractions, arguments.seed)
        manifest.save()
    if arguments.task != "validate":  # an --overwrite brings back what was quarantined
        (manifest.root / QUARANTINE).unlink(missing_ok=True)
    findings = validate(manifest, pictures, groups, arguments.minimum_count)
    write_report(manifest, pictures, findings)
    sys.stdout.write(as_text(manifest, pictures, findings))
    sys.stdout.write(f"the pictures concerned: {manifest.root / REPORT}\n")
    if arguments.fix:
        left = quarantine(manifest, findings)
        moved = len(manifest.items) - len(left.items)
        sys.stdout.write(f"{moved} items moved to {manifest.root / QUARANTINE}\n")


def copy_pictures(manifest: Manifest) -> Manifest:
    """Copies the pictures below `images/` of the root and returns the manifest with those paths.

    Pictures keep their places relative to one another. One that cannot be read is left out; its
    item stays, for validation to report.
    """
    paths = [manifest.path_of(item) for item in manifest.items]
    common = os.path.commonpath([path.parent for path in paths])
    items = []
    for item, path in zip(manifest.items, tqdm(paths, "copying", unit="picture"), strict=True):
        relative = Path("images") / path.relative_to(common)
        target = manifest.root / relative
        if path.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(target) as aside:
                aside.write_bytes(path.read_bytes())
        items.append(replace(item, image_path=relative.as_posix()))
    return replace(manifest, items=tuple(items))


def _new(arguments: argparse.Namespace) -> Manifest:
    """Returns what is imported (not saved yet) or drawn (saved)."""
    root = arguments.root / (arguments.name or arguments.task)
    if (root / MANIFEST).exists() and not arguments.overwrite:
        raise BadRequestError(
            f"{root} holds a dataset already; validate it, choose another --name, or --overwrite it"
        )
    if arguments.task == "drawn":
        return write_catalogue(root, arguments.count, arguments.seed)
    manifest = IMPORTERS[arguments.task](arguments, root)
    if arguments.labels:
        manifest = replace(manifest, label_space=LabelSpace.load(arguments.labels))
    return copy_pictures(manifest) if arguments.copy else manifest


def _read_csv(arguments: argparse.Namespace, root: Path) -> Manifest:
    return csv_table.read(
        arguments.source,
        root,
        arguments.picture_column,
        arguments.attributes,
        arguments.split_column,
        arguments.caption_column,
    )


def _read_feedback(arguments: argparse.Namespace, root: Path) -> Manifest:
    judgements = list(FeedbackStore(arguments.source).latest_tags())
    found = feedback.read(judgements, arguments.dataset, root)
    sys.stdout.write(
        f"{len(judgements)} judged tags: {found.changed} pictures have other labels than in "
        f"{arguments.dataset}, {found.joined} joined it, {found.unsaid} tags left out that a "
        "manifest cannot express\n"
    )
    return found.manifest


IMPORTERS: dict[str, Callable[[argparse.Namespace, Path], Manifest]] = {
    "fashion-product-images": lambda a, root: fashion_product_images.read(a.source, root),
    "clothing-dataset": lambda a, root: clothing_dataset.read(a.source, root),
    "folder-tree": lambda a, root: folder_tree.read(a.source, root, a.attribute),
    "csv": _read_csv,
    "feedback": _read_feedback,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="prepare_dataset.py",
        description="Imports pictures with labels into a dataset root, splits and validates them.",
        epilog="\n  ".join(["examples:", *map(_example, EXAMPLES)]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    tasks = parser.add_subparsers(dest="task", required=True)

    def add(
        task: str, does: str, parents: list[argparse.ArgumentParser]
    ) -> argparse.ArgumentParser:
        return tasks.add_parser(
            task,
            help=does,
            description=f"{does[0].upper()}{does[1:]}.",
            parents=parents,
            epilog=f"example:\n  {_example(task)}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    output, validation = _output_flags(), _validation_flags()
    shared = [output, _import_flags(), validation]

    products = add("fashion-product-images", "the public set", shared)
    products.add_argument("source", type=Path, help="folder with products.csv or styles.csv")
    clothing = add("clothing-dataset", "the public set", shared)
    clothing.add_argument("source", type=Path, help="folder with images.csv")
    tree = add("folder-tree", "a folder for every label", shared)
    tree.add_argument("source", type=Path, help="folder with those folders")
    tree.add_argument("--attribute", default="article_type", help="what the folders name")
    table = add("csv", "a table of pictures and labels", shared)
    table.add_argument("source", type=Path, help="CSV; ';' stands between several labels")
    table.add_argument("--picture-column", default="image_path")
    table.add_argument("--split-column", default="split")
    table.add_argument("--caption-column", default="caption")
    table.add_argument("--attributes", type=_words, default=(), help="label columns (all others)")
    judged = add("feedback", "a dataset, corrected by feedback", shared)
    judged.add_argument("source", type=Path, help="feedback.sqlite of the folder STATE")
    judged.add_argument("dataset", type=Path, help="root that it corrects; stays as it is")
    drawn = add("drawn", "a drawn catalogue", [output, validation])
    drawn.add_argument("--count", type=positive_int, default=7500, help="pictures (%(default)s)")
    again = add("validate", "look at a root again", [validation])
    again.add_argument("source", type=Path, metavar="root", help="folder with manifest.csv")
    return parser


def _example(task: str) -> str:
    return f"python prepare_dataset.py {task} {EXAMPLES[task]}"


def _output_flags() -> argparse.ArgumentParser:
    flags = argparse.ArgumentParser(add_help=False)
    flags.add_argument("--name", help="name of the dataset (default: the importer's)")
    flags.add_argument("--root", type=Path, default=Path("multi_label_dataset"))
    flags.add_argument("--overwrite", action="store_true", help="replace a dataset of that name")
    flags.add_argument("--seed", type=int, default=0, help="of splits and drawing")
    return flags


def _import_flags() -> argparse.ArgumentParser:
    flags = argparse.ArgumentParser(add_help=False)
    flags.add_argument("--copy", action="store_true", help="copy the pictures into the root")
    flags.add_argument("--labels", type=Path, help="labels.json to hold the labels against")
    flags.add_argument(
        "--splits",
        type=_fractions,
        metavar="TRAIN,VAL,TEST",
        help="deal out new splits (default: the source's own, else 0.8,0.1,0.1)",
    )
    return flags


def _validation_flags() -> argparse.ArgumentParser:
    flags = argparse.ArgumentParser(add_help=False)
    flags.add_argument("--fix", action="store_true", help="move faulty rows to quarantine.csv")
    flags.add_argument(
        "--minimum-count", type=positive_int, default=10, help="items below which a label is rare"
    )
    flags.add_argument(
        "--near-duplicate-distance",
        type=int,
        default=HASH_DISTANCE,
        help="bits of 256 in which near-duplicates may differ (%(default)s)",
    )
    return flags


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _fractions(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))
