"""The command `wardrobe`."""

import argparse
from collections.abc import Sequence

from wardrobe import __version__
from wardrobe.cli import artefacts, deploy, doctor, index, items, keys, openapi, search, serve, tag
from wardrobe.command import exit_code

_COMMANDS = (serve, index, search, tag, items, keys, doctor, openapi, artefacts, deploy)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code: 0, 1 for a failure, 2 for wrong usage."""
    parser = argparse.ArgumentParser(
        prog="wardrobe",
        description="Tag pictures of clothing and find similar ones. Settings come from the "
        "environment and from .env in this folder.",
        epilog="`wardrobe COMMAND --help` shows an example of each.",
    )
    parser.add_argument("--version", action="version", version=f"wardrobe {__version__}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add_parser(subparsers)
    arguments = parser.parse_args(argv)
    try:
        return exit_code(lambda: arguments.run(arguments), failed=1)
    except KeyboardInterrupt:
        return 130  # as shells say it
