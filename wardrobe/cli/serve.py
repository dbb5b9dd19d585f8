"""`wardrobe serve`: gunicorn, with its configuration found wherever one is."""

import argparse
import os
import sys
from pathlib import Path

import wardrobe
from wardrobe.cli.options import Subparsers, add_command
from wardrobe.errors import SettingError
from wardrobe.settings import read_settings

_CHECKOUT = Path(wardrobe.__file__).resolve().parents[1]
_FLAGS = ("host", "port", "index", "encoder")


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Adds `serve` to the commands."""
    parser = add_command(
        subparsers,
        "serve",
        does="serve an index over HTTP",
        details="Flags win over the settings of the same names; their relative paths, and .env, "
        "are those of this folder.",
        examples=[
            "wardrobe serve --index indexes/demo --port 8000",
            "wardrobe serve --host 127.0.0.1 -- --access-logfile -",
        ],
    )
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", help="port to listen on")
    parser.add_argument("--index", help="index folder")
    parser.add_argument("--encoder", help="checkpoint folder or hub id")
    parser.add_argument("gunicorn", nargs="*", help="after --: more arguments for gunicorn")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    given = {name: value for name in _FLAGS if (value := getattr(arguments, name)) is not None}
    read_settings(**given)
    configuration = _CHECKOUT / "gunicorn.conf.py"
    if not configuration.exists():
        raise SettingError(
            f"there is no {configuration}; install Wardrobe from its checkout with `make install`"
        )
    for name, value in given.items():
        os.putenv(name.upper(), value)  # what is executed now inherits it
    command = [sys.executable, "-m", "gunicorn", "--config", str(configuration)]
    command += ["--pythonpath", str(_CHECKOUT), *arguments.gunicorn]
    os.execv(sys.executable, command)
