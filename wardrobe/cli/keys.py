"""`wardrobe keys`: make, list and revoke API keys."""

import argparse
import math
import sys
from datetime import timedelta

from wardrobe.cli.options import Subparsers, add_command
from wardrobe.command import positive_int
from wardrobe.keys import SCOPES, KeyStore
from wardrobe.settings import read_settings

_CREATING = (
    "wardrobe keys create --name back-office --scope write",
    "wardrobe keys create --name shop --scope read --rate 50 --expires-days 365",
)


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Adds `keys` to the commands."""
    parser = add_command(
        subparsers,
        "keys",
        does="make, list and revoke API keys",
        details="They are kept, as hashes, in keys.json of the folder STATE; a running server "
        "notices at once. Run it as the server's user.",
        examples=[*_CREATING, "wardrobe keys revoke 5f0c1a9e"],
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    create = add_command(
        commands, "create", does="make a key and show it, this once", examples=_CREATING
    )
    create.add_argument("--name", type=_name, required=True, help="whose it is")
    create.add_argument("--scope", choices=SCOPES, required=True, help="each includes the former")
    create.add_argument(
        "--rate",
        type=_rate,
        help="requests a second, by worker process, a second's worth at once (default: no limit)",
    )
    create.add_argument(
        "--expires-days", type=positive_int, help="days it works (default: until it is revoked)"
    )
    create.set_defaults(run=_create)

    listing = add_command(
        commands,
        "list",
        does="show every key, without its secret",
        examples=["wardrobe keys list"],
    )
    listing.set_defaults(run=_list)

    revoke = add_command(
        commands,
        "revoke",
        does="remove a key; it stops working at once",
        examples=["wardrobe keys revoke 5f0c1a9e"],
    )
    revoke.add_argument("id", help="the part between the underscores, as `keys list` shows it")
    revoke.set_defaults(run=_revoke)


def _create(arguments: argparse.Namespace) -> None:
    days = arguments.expires_days
    key, whole = _store().create(
        arguments.name,
        arguments.scope,
        rate=arguments.rate,
        expires_in=timedelta(days=days) if days else None,
    )
    sys.stderr.write(f"key {key.id}; keep what follows, it is not shown again:\n")
    sys.stderr.flush()
    sys.stdout.write(f"{whole}\n")


def _list(_: argparse.Namespace) -> None:
    rows = [("ID", "SCOPE", "RATE", "CREATED", "EXPIRES", "NAME")]
    for key in _store().all():
        expires = f"{key.expires:%Y-%m-%d}" if key.expires else "never"
        rate = f"{key.rate:g}/s" if key.rate else "any"
        rows.append((key.id, key.scope, rate, f"{key.created:%Y-%m-%d}", expires, key.name))
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def _revoke(arguments: argparse.Namespace) -> None:
    key = _store().revoke(arguments.id)
    sys.stdout.write(f"revoked key {key.id} of {key.name}\n")


def _store() -> KeyStore:
    return KeyStore(read_settings().state)


def _name(text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text) > 100:
        raise argparse.ArgumentTypeError(f"{text!r} must be one line of 1 to 100 characters")
    return text.strip()


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number above 0")
    return rate
