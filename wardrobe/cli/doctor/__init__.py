"""`wardrobe doctor`: checks a deployment and says what to fix."""

import argparse
import sys
from collections.abc import Iterator

from wardrobe.cli.options import Subparsers, add_command, add_server_options
from wardrobe.serving.doctor.finding import Finding


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Adds `doctor` to the commands."""
    parser = add_command(
        subparsers,
        "doctor",
        does="check a deployment and say what to fix",
        details="A line a check: ✓ as it should be, ! worth a look, ✗ to be fixed. The exit code "
        "is 1 if anything is to be fixed. Checks the settings of this folder and what they name, "
        "and the server at --url; without it the one at HOST and PORT, if there is one.",
        examples=["wardrobe doctor", "wardrobe doctor --url https://wardrobe.example.com"],
    )
    add_server_options(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    broken = False
    for finding in _findings(arguments):
        sys.stdout.write(f"{finding}\n")
        sys.stdout.flush()
        broken |= finding.status == "failure"
    return 1 if broken else 0


def _findings(arguments: argparse.Namespace) -> Iterator[Finding]:
    # Each takes a while to import, and most commands need none.
    from wardrobe.cli.doctor import server
    from wardrobe.serving.doctor import artefacts, configuration, machine, state

    settings, findings = configuration.check_settings()
    yield from findings
    if settings is None:
        return
    yield configuration.check_exposure(settings)
    settings, findings = state.check_state(settings)
    yield from findings
    encoder, findings = artefacts.check_encoder(settings)
    yield from findings
    index = None
    if encoder is not None:
        yield artefacts.check_tuning(settings)
        index, finding = artefacts.check_index(settings, encoder)
        yield finding
    if index is not None:
        yield from artefacts.check_living(index)
    elif settings.index.exists():
        yield artefacts.check_catalogue(settings)
    yield from machine.check_machine(settings)
    yield from server.check_server(arguments, settings, encoder, index)
    if index is not None:
        index.close()
