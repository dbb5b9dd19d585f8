"""What the commands share: their parsers, the settings, and the way to a server."""

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wardrobe.settings import Settings, read_settings

if TYPE_CHECKING:
    from wardrobe.client import Wardrobe

Subparsers = argparse._SubParsersAction


def add_command(
    subparsers: "Subparsers[argparse.ArgumentParser]",
    name: str,
    *,
    does: str,
    examples: Sequence[str],
    details: str = "",
    **more: Any,
) -> argparse.ArgumentParser:
    """Adds a command whose help ends with examples."""
    return subparsers.add_parser(
        name,
        help=does,
        description=f"{does[0].upper()}{does[1:]}. {details}".strip(),
        epilog="\n  ".join(["examples:" if len(examples) > 1 else "example:", *examples]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        **more,
    )


def add_server_options(parser: argparse.ArgumentParser) -> None:
    """Adds the flags that `connect` reads."""
    parser.add_argument(
        "--url", help="of the server (default: WARDROBE_URL, or the one at HOST and PORT)"
    )
    parser.add_argument(
        "--key", help="API key; others on this machine may see it: rather set WARDROBE_KEY"
    )


def connect(
    arguments: argparse.Namespace, settings: Settings | None = None, **options: Any
) -> "Wardrobe":
    """Returns a client of the server that the flags or the settings name."""
    from wardrobe.client import Wardrobe  # not everything asks a server, and it takes a while

    settings = settings or read_settings()
    key = arguments.key or settings.wardrobe_key.get_secret_value() or None
    return Wardrobe(arguments.url or server_url(settings), key, **options)


def server_url(settings: Settings) -> str:
    """Returns the address of the server that these settings mean."""
    if settings.wardrobe_url:
        return settings.wardrobe_url
    everywhere = settings.host in ("0.0.0.0", "::")
    host = "localhost" if everywhere else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def json_object(text: str) -> dict[str, Any]:
    """Parses a flag's value that is a JSON object."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f"{text!r} must be a JSON object")
    return value
