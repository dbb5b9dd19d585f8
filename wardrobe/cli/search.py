"""`wardrobe search`: what a server finds, as a table, as JSON or as a page to look at."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wardrobe.cli.options import (
    Subparsers,
    add_command,
    add_server_options,
    connect,
    json_object,
)
from wardrobe.command import positive_int

_OPTIONS = (
    "image",
    "crop",
    "id",
    "colour",
    "filters",
    "must_not",
    "mode",
    "min_relevance",
    "sort",
    "group_by",
    "facets",
    "explain",
    "top_k",
)
"""Flags that are parameters of the call."""


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Adds `search` to the commands."""
    parser = add_command(
        subparsers,
        "search",
        does="find items",
        details="By words, a picture, an item, a colour, or several of them together; "
        "without any, all that match the filters. docs/http.md says more of each flag.",
        examples=[
            'wardrobe search "red dress without stripes" --top-k 5',
            "wardrobe search --image some.jpg --html found.html",
            'wardrobe search dress --colour "#0000ff" --must-not pattern=Striped \\\n'
            '      --filters \'{"metadata": "price", "lt": 50}\' --sort=-metadata.price',
        ],
    )
    _add_query(parser)
    _add_results(parser)
    add_server_options(parser)
    parser.set_defaults(run=_run)


def _add_query(parser: argparse.ArgumentParser) -> None:
    query = parser.add_argument_group("what to look for")
    query.add_argument("text", nargs="?", help="words")
    query.add_argument("--image", type=Path, metavar="PICTURE", help="a picture")
    query.add_argument(
        "--crop",
        type=float,
        nargs=4,
        metavar=("LEFT", "TOP", "RIGHT", "BOTTOM"),
        help="the part of the picture that counts, from 0 to 1",
    )
    query.add_argument("--id", help="an item of the catalogue")
    query.add_argument("--colour", metavar="#RRGGBB", help="a colour")
    query.add_argument(
        "--mode",
        choices=("hybrid", "vector", "lexical"),
        help="how words are understood: by meaning and as they are (the default), or one of these",
    )
    query.add_argument("--filters", type=json_object, metavar="JSON", help="what items must fulfil")
    query.add_argument(
        "--must-not",
        action="append",
        metavar="TAG",
        help="a tag that no item may have, such as pattern=Striped; may be repeated",
    )
    query.add_argument(
        "--min-relevance", type=float, metavar="SHARE", help="least relevance, from 0 to 1"
    )


def _add_results(parser: argparse.ArgumentParser) -> None:
    results = parser.add_argument_group("what to show", "A FIELD is colour, or metadata.price.")
    results.add_argument("--top-k", type=positive_int, default=10, help="default: %(default)s")
    results.add_argument(
        "--sort", metavar="FIELD", help="in its order instead; descending: --sort=-FIELD"
    )
    results.add_argument("--group-by", metavar="FIELD", help="only the best of each value")
    results.add_argument(
        "--facets", action="append", metavar="FIELD", help="count its values; may be repeated"
    )
    results.add_argument(
        "--explain", action="store_true", default=None, help="say what made each score"
    )
    shape = results.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="the answer as JSON")
    shape.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page with the pictures found"
    )


def _run(arguments: argparse.Namespace) -> None:
    options: dict[str, Any] = {name: getattr(arguments, name) for name in _OPTIONS}
    with connect(arguments) as wardrobe:
        page = wardrobe.search(arguments.text, **options)
        if arguments.json:
            sys.stdout.write(json.dumps(asdict(page), ensure_ascii=False, indent=2) + "\n")
        elif arguments.html is not None:
            from wardrobe.cli.page import write_page

            write_page(arguments.html, page, _title(arguments), wardrobe)
            sys.stdout.write(f"{arguments.html} shows {page.count} of {page.total} items\n")
        else:
            from wardrobe.cli.results import write_results

            write_results(page)


def _title(arguments: argparse.Namespace) -> str:
    asked = [arguments.text, arguments.image, arguments.id, arguments.colour]
    return ", ".join(str(part) for part in asked if part is not None) or "all items"
