"""`wardrobe search`: what a server finds, as a table, as JSON or as a page to look at."""

import argparse
import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wardrobe.cli.options import (
    Subparsers,
    add_command,
    add_server_options,
    connect,
    json_object,
)
from wardrobe.command import positive_int

if TYPE_CHECKING:
    from wardrobe.client import SearchPage

_QUERY = ("image", "id", "colour", "filters", "must_not")


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Adds `search` to the commands."""
    parser = add_command(
        subparsers,
        "search",
        does="find items",
        details="By words, a picture, an item, a colour, or several of them together; "
        "without any, all that match the filters.",
        examples=[
            'wardrobe search "red dress" --top-k 5',
            "wardrobe search --image some.jpg --html found.html",
            'wardrobe search dress --colour "#0000ff" --must-not pattern=Striped \\\n'
            '      --filters \'{"metadata": "price", "lt": 50}\'',
        ],
    )
    parser.add_argument("text", nargs="?", help="words")
    parser.add_argument("--image", type=Path, metavar="PICTURE", help="a picture")
    parser.add_argument("--id", help="an item of the catalogue")
    parser.add_argument("--colour", metavar="#RRGGBB", help="a colour")
    parser.add_argument(
        "--filters", type=json_object, metavar="JSON", help="what items must fulfil (docs/http.md)"
    )
    parser.add_argument(
        "--must-not",
        action="append",
        metavar="TAG",
        help="a tag that no item may have, such as pattern=Striped; may be repeated",
    )
    parser.add_argument("--top-k", type=positive_int, default=10, help="default: %(default)s")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="the answer as JSON")
    shape.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page with the pictures found"
    )
    add_server_options(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    options: dict[str, Any] = {name: getattr(arguments, name) for name in _QUERY}
    with connect(arguments) as wardrobe:
        page = wardrobe.search(arguments.text, top_k=arguments.top_k, **options)
        if arguments.html is not None:
            from wardrobe.cli.page import write_page

            write_page(arguments.html, page, _title(arguments), wardrobe)
            sys.stdout.write(f"{arguments.html} shows {page.count} of {page.total} items\n")
        elif arguments.json:
            sys.stdout.write(json.dumps(asdict(page), ensure_ascii=False, indent=2) + "\n")
        else:
            _write_table(page)


def _title(arguments: argparse.Namespace) -> str:
    asked = [arguments.text, arguments.image, arguments.id, arguments.colour]
    return ", ".join(str(part) for part in asked if part is not None) or "all items"


def _write_table(page: "SearchPage") -> None:
    columns = {
        "score": [_number(item.score) for item in page],
        "relevance": [_number(item.relevance) for item in page],
        "id": [item.id for item in page],
        "labels": [", ".join(item.labels) for item in page],
    }
    shown = {name: cells for name, cells in columns.items() if any(cells)}
    widths = [max(map(len, (name, *cells))) for name, cells in shown.items()]
    limit = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for row in [shown.keys(), *zip(*shown.values(), strict=True)] if shown else []:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(cells)[:limit].rstrip() + "\n")
    sys.stderr.write(f"{page.count} of {page.total} items in {page.took_ms:.1f} ms\n")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
