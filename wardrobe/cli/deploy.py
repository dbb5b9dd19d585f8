"""`wardrobe deploy`: a new version on ECS, or the old one again."""

import argparse
import sys

from wardrobe.cli.artefacts import add_artefact_options, pushing_of, say
from wardrobe.cli.options import Subparsers, add_command
from wardrobe.command import positive_int
from wardrobe.settings import Settings


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Adds `deploy` to the commands."""
    parser = add_command(
        subparsers,
        "deploy",
        does="roll out an image, settings or artefacts to a service on ECS",
        details="Pushes and announces what --encoder and --index name, registers a revision of the "
        "task definition that runs, updates the service and waits until it is healthy. If it does "
        "not get healthy, service and announcement go back, the reason is shown, and the exit code "
        "is 1. Ctrl-C only ends the watching.",
        examples=[
            "wardrobe deploy --cluster shop --service wardrobe --image $REPOSITORY:1.1 --dry-run",
            "wardrobe deploy --cluster shop --service wardrobe --image $REPOSITORY:1.1",
            "wardrobe deploy --cluster shop --service wardrobe --index indexes/shop-2",
            "wardrobe deploy --cluster shop --service wardrobe --set MAX_QUEUE=32",
        ],
    )
    parser.add_argument("--cluster", required=True, help="an output of the stack")
    parser.add_argument("--service", required=True, help="an output of the stack")
    parser.add_argument("--image", help="image to run (default: the one that runs)")
    parser.add_argument(
        "--set",
        type=_setting,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="a setting to change; may be given several times",
    )
    add_artefact_options(parser)
    parser.add_argument("--container", help="whose image and settings, where a task has several")
    parser.add_argument(
        "--timeout", type=positive_int, default=900, help="seconds to wait (default: %(default)s)"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    from wardrobe.cloud.deploying import Deploying
    from wardrobe.cloud.ecs import EcsService

    pushing = pushing_of(arguments) if arguments.encoder or arguments.index else None
    deploying = Deploying(
        EcsService(arguments.cluster, arguments.service),
        pushing,
        arguments.image,
        dict(arguments.settings),
        arguments.container,
        arguments.timeout,
    )
    if arguments.dry_run:
        sys.stdout.writelines(f"{line}\n" for line in deploying.plan())
    else:
        deploying.run(say)


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    known = [field.upper() for field in Settings.model_fields]
    if not equals or name not in known:
        raise argparse.ArgumentTypeError(
            f"{text!r} must be NAME=VALUE with a setting of .env.example, such as MAX_QUEUE=32"
        )
    return name, value
