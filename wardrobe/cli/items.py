"""`wardrobe items`: the catalogue of a server, item by item or all of it."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from wardrobe.cli.options import (
    Subparsers,
    add_command,
    add_server_options,
    connect,
    json_object,
)

if TYPE_CHECKING:
    from wardrobe.client import Item


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Adds `items` to the commands."""
    parser = add_command(
        subparsers,
        "items",
        does="read and write the catalogue",
        details="Writing needs an API key with the scope `write` (`wardrobe keys`).",
        examples=[
            "wardrobe items put shirt-1 shirt.jpg --caption 'A blue shirt' --label colour=Blue",
            "wardrobe items import photos/",
        ],
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in (_add_get, _add_put, _add_patch, _add_delete, _add_import, _add_export):
        add_server_options(add(commands))


def _add_get(commands: "Subparsers[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    parser = add_command(
        commands,
        "get",
        does="print an item as JSON",
        examples=["wardrobe items get shirt-1", "wardrobe items get shirt-1 --picture shirt.jpg"],
    )
    parser.add_argument("id")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="write its picture here")
    parser.set_defaults(run=_get)
    return parser


def _add_put(commands: "Subparsers[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    parser = add_command(
        commands,
        "put",
        does="add an item, or replace it",
        examples=["wardrobe items put shirt-1 shirt.jpg --label colour=Blue --label colour=White"],
    )
    parser.add_argument("id")
    parser.add_argument("picture", type=Path)
    parser.add_argument("--only-new", action="store_true", help="refuse to replace an item")
    _add_content(parser, "attribute=label; may be repeated")
    parser.set_defaults(run=_put)
    return parser


def _add_patch(commands: "Subparsers[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    parser = add_command(
        commands,
        "patch",
        does="change what is given of an item",
        examples=["""wardrobe items patch shirt-1 --metadata '{"price": 20, "sale": null}'"""],
    )
    parser.add_argument("id")
    parser.add_argument("--picture", type=Path, help="another picture")
    _add_content(
        parser,
        "attribute=label, in place of the attribute's; `attribute=` removes them; repeatable",
    )
    parser.set_defaults(run=_patch)
    return parser


def _add_delete(commands: "Subparsers[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    parser = add_command(
        commands, "delete", does="remove an item", examples=["wardrobe items delete shirt-1"]
    )
    parser.add_argument("id")
    _add_if_match(parser)
    parser.set_defaults(run=_delete)
    return parser


def _add_import(commands: "Subparsers[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    parser = add_command(
        commands,
        "import",
        does="add or replace many items",
        details="From a folder of pictures, a dataset root or an index, as `wardrobe index` reads "
        "them; or from a file: of JSON lines with id, image_path, caption, labels and metadata; "
        "or a CSV with columns id, image_path, caption, metadata.<key>, and one an attribute "
        "(labels separated by ;). Paths are relative to the file. The exit code is 1 if an item "
        "failed.",
        examples=["wardrobe items import photos/", "wardrobe items import items.csv"],
    )
    parser.add_argument("source", type=Path)
    parser.set_defaults(run=_import)
    return parser


def _add_export(commands: "Subparsers[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    parser = add_command(
        commands,
        "export",
        does="write items as JSON lines, which `import` reads",
        examples=["wardrobe items export items.jsonl --pictures pictures/"],
    )
    parser.add_argument("out", type=Path, metavar="FILE")
    parser.add_argument("--filters", type=json_object, metavar="JSON", help="only items like this")
    parser.add_argument(
        "--pictures",
        type=Path,
        metavar="FOLDER",
        help="write their pictures, too: import needs them",
    )
    parser.set_defaults(run=_export)
    return parser


def _add_content(parser: argparse.ArgumentParser, label_help: str) -> None:
    parser.add_argument("--caption")
    parser.add_argument("--label", action="append", type=_label, default=[], help=label_help)
    parser.add_argument("--metadata", type=json_object, metavar="JSON", help="an object")
    _add_if_match(parser)


def _add_if_match(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--if-match", metavar="ETAG", help="only if this is still the item's version"
    )


def _label(text: str) -> tuple[str, str]:
    attribute, separator, label = text.partition("=")
    if not attribute or not separator:
        raise argparse.ArgumentTypeError(f"{text!r} must be like colour=Red")
    return attribute, label


def _labels(given: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    labels: dict[str, list[str]] = {}
    for attribute, label in given:
        labels.setdefault(attribute, []).extend([label] if label else [])
    return labels


def _get(arguments: argparse.Namespace) -> None:
    with connect(arguments) as wardrobe:
        _write(wardrobe.item(arguments.id))
        if arguments.picture is not None:
            arguments.picture.write_bytes(wardrobe.picture(arguments.id))


def _put(arguments: argparse.Namespace) -> None:
    with connect(arguments) as wardrobe:
        _write(
            wardrobe.put_item(
                arguments.id,
                arguments.picture,
                labels=_labels(arguments.label) or None,
                caption=arguments.caption,
                metadata=arguments.metadata,
                if_match=arguments.if_match,
                only_new=arguments.only_new,
            )
        )


def _patch(arguments: argparse.Namespace) -> None:
    labels = {name: found or None for name, found in _labels(arguments.label).items()}
    with connect(arguments) as wardrobe:
        _write(
            wardrobe.patch_item(
                arguments.id,
                picture=arguments.picture,
                labels=labels or None,
                caption=arguments.caption,
                metadata=arguments.metadata,
                if_match=arguments.if_match,
            )
        )


def _delete(arguments: argparse.Namespace) -> None:
    with connect(arguments) as wardrobe:
        wardrobe.delete_item(arguments.id, if_match=arguments.if_match)


def _import(arguments: argparse.Namespace) -> int:
    from wardrobe.cli.transfer import import_items

    with connect(arguments) as wardrobe:
        counts = import_items(arguments.source, wardrobe)
    failed = counts.pop("failed", 0)
    parts = [f"{count} {status}" for status, count in sorted(counts.items())]
    sys.stdout.write(", ".join([*parts, f"{failed} failed"]) + "\n")
    return 1 if failed else 0


def _export(arguments: argparse.Namespace) -> None:
    from wardrobe.cli.transfer import export_items

    with connect(arguments) as wardrobe:
        count = export_items(wardrobe, arguments.out, arguments.filters, arguments.pictures)
    sys.stdout.write(f"{arguments.out} has {count} items\n")


def _write(item: "Item") -> None:
    sys.stdout.write(json.dumps(asdict(item), ensure_ascii=False, indent=2) + "\n")
