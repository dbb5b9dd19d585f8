"""`wardrobe artefacts`: encoders and indexes in S3."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wardrobe.cli.options import Subparsers, add_command
from wardrobe.errors import SettingError
from wardrobe.settings import Settings, read_settings

if TYPE_CHECKING:
    from wardrobe.cloud.artefacts import Artefacts
    from wardrobe.cloud.deploying import Pushing


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Adds `artefacts` to the commands."""
    parser = add_command(
        subparsers,
        "artefacts",
        does="push encoders and indexes to S3, and announce what is served",
        details="They are kept at the setting ARTEFACTS, s3://bucket/prefix, under their "
        "fingerprints. Servers with the same setting fetch what is announced, and swap to it.",
        examples=[
            "wardrobe artefacts push --encoder runs/a/checkpoint --index indexes/a --announce",
            "wardrobe artefacts list",
            "wardrobe artefacts announce encoders/59955a78…-03c0… indexes/59955a78…-77ab…",
        ],
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    push = add_command(
        commands,
        "push",
        does="send an encoder and an index; what is there is not sent again",
        details="Both are loaded first, as a server does: what could not be served is not sent. An "
        "interrupted push goes on where it ended. An index may be served meanwhile.",
        examples=["wardrobe artefacts push --index indexes/shop --announce"],
    )
    add_artefact_options(push)
    push.add_argument("--announce", action="store_true", help="let every server swap to them")
    push.add_argument("--dry-run", action="store_true", help="say what would be sent")
    push.set_defaults(run=_push)

    listing = add_command(
        commands,
        "list",
        does="show what was pushed; * is announced",
        examples=["wardrobe artefacts list"],
    )
    listing.set_defaults(run=_list)

    announce = add_command(
        commands,
        "announce",
        does="announce what was pushed before, such as to go back",
        examples=["wardrobe artefacts announce encoders/59955a78…-03c0… indexes/59955a78…-77ab…"],
    )
    announce.add_argument("encoder", help="as `wardrobe artefacts list` shows it")
    announce.add_argument("index", help="as `wardrobe artefacts list` shows it")
    announce.set_defaults(run=_announce)


def add_artefact_options(parser: argparse.ArgumentParser) -> None:
    """Adds the flags that name what to push."""
    parser.add_argument("--encoder", help="checkpoint folder (default: ENCODER)")
    parser.add_argument("--index", type=Path, help="index folder (default: INDEX)")


def pushing_of(arguments: argparse.Namespace) -> "Pushing":
    """Returns what flags and settings name to push.

    Raises:
        SettingError: ARTEFACTS says no place to push to.
    """
    from wardrobe.cloud.deploying import Pushing

    flags = {"encoder": arguments.encoder, "index": arguments.index}
    settings = read_settings(**{name: given for name, given in flags.items() if given})
    return Pushing(_artefacts(settings), settings)


def say(line: str) -> None:
    """Shows progress."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _push(arguments: argparse.Namespace) -> None:
    pushing = pushing_of(arguments)
    if arguments.dry_run:
        sys.stdout.writelines(f"{line}\n" for line in pushing.plan(announce=arguments.announce))
        return
    encoder, index = pushing.push(say)
    sys.stdout.write(f"{encoder}\n{index}\n")
    if arguments.announce:
        _announce_in(pushing.artefacts, encoder, index)
        say("announced")


def _list(_: argparse.Namespace) -> None:
    from wardrobe.cloud.artefacts import KINDS

    artefacts = _artefacts(read_settings())
    found = artefacts.announcement()
    announced = {found[0].encoder, found[0].index} if found else set()
    for kind in KINDS:
        for name in artefacts.bucket.folders(f"{kind}/"):
            key = f"{kind}/{name}"
            sys.stdout.write(f"{'*' if key in announced else ' '} {key}\n")


def _announce(arguments: argparse.Namespace) -> None:
    _announce_in(_artefacts(read_settings()), arguments.encoder, arguments.index)
    say("announced; running servers swap to it within ARTEFACTS_POLL_S seconds")


def _artefacts(settings: Settings) -> "Artefacts":
    from wardrobe.cloud.artefacts import Artefacts

    if not settings.artefacts:
        raise SettingError("ARTEFACTS is not set; it says where to, as s3://bucket/prefix")
    return Artefacts(settings.artefacts)


def _announce_in(artefacts: "Artefacts", encoder: str, index: str) -> None:
    found = artefacts.announcement()
    artefacts.announce(encoder, index, was=found[1] if found else None)
