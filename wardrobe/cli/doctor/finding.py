"""What a check of a deployment finds."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "failure"]

_MARKS: dict[Status, str] = {"ok": "✓", "warning": "!", "failure": "✗"}


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        what: one line that names the thing and its state.
        advice: what to do about it; empty where there is nothing to do.
    """

    status: Status
    what: str
    advice: str = ""

    def __str__(self) -> str:
        advice = f"; {self.advice}" if self.advice else ""
        # A message of a library may have lines; here a check has one.
        return " ".join(f"{_MARKS[self.status]} {self.what}{advice}".split())


def readable(size: float) -> str:
    """Returns a number of bytes for people."""
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.1f} MiB"
