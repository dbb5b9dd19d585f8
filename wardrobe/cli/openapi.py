"""`wardrobe openapi`: the contract as a file, for programs that generate code from it."""

import argparse
import json
import sys

from wardrobe.cli.options import Subparsers, add_command
from wardrobe.settings import Settings


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Adds `openapi` to the commands."""
    parser = add_command(
        subparsers,
        "openapi",
        does="write the OpenAPI document",
        details="As a server with the default settings gives it at /openapi.json, whatever the "
        "environment and .env say: the same on every machine. It needs neither server nor encoder.",
        examples=["wardrobe openapi > openapi.json"],
    )
    parser.set_defaults(run=_run)


def _run(_: argparse.Namespace) -> None:
    from wardrobe.serving.openapi import document  # it takes a while

    settings = Settings.model_construct()  # the defaults: this reads nothing
    sys.stdout.write(json.dumps(document(settings), ensure_ascii=False, indent=2) + "\n")
