"""`wardrobe index`: what build_index.py does."""

import argparse

from wardrobe.cli.options import Subparsers


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Adds `index` to the commands."""
    # Its flags are those of build_index.py, which takes a second to import: here, with no
    # character that begins a flag, everything is passed on as it is, --help too.
    parser = subparsers.add_parser(
        "index",
        help="build an index of a folder of pictures, a dataset root or another index",
        add_help=False,
        prefix_chars="\0",
    )
    parser.add_argument("arguments", nargs="*")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    from wardrobe.indexing import run

    run(arguments.arguments, "wardrobe index")
