"""What commands share: an error raised on purpose is a message and an exit code."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps

from wardrobe.errors import WardrobeError


def command(
    run: Callable[[Sequence[str] | None], None],
) -> Callable[[Sequence[str] | None], int]:
    """Turns a function of the arguments into a script's `main`, which returns the exit code."""

    @wraps(run)
    def main(argv: Sequence[str] | None = None) -> int:
        return exit_code(lambda: run(argv), failed=2)

    return main


def exit_code(run: Callable[[], int | None], *, failed: int) -> int:
    """Runs a command and returns its exit code: its own, or `failed` with a message."""
    try:
        code = run() or 0
        sys.stdout.flush()
    except WardrobeError as error:
        sys.stderr.write(f"{error}\n")
        return failed
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def positive_int(text: str) -> int:
    """Parses a flag's value that must be at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number of at least 1")
    return int(text)
