"""What a check of a deployment finds."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

Status = Literal["ok", "warning", "failure"]

_MARKS: dict[Status, str] = {"ok": "✓", "warning": "!", "failure": "✗"}


@dataclass(frozen=True)
class Finding:
    """What a check found."""

    __pydantic_config__ = ConfigDict(json_schema_serialization_defaults_required=True)

    status: Annotated[
        Status, Field(description="`ok`, `warning`: worth a look, `failure`: to be fixed")
    ]
    what: Annotated[str, Field(description="The thing and its state, in a line")]
    advice: Annotated[
        str, Field(description="What to do about it; empty where there is nothing to do")
    ] = ""

    def __str__(self) -> str:
        advice = f"; {self.advice}" if self.advice else ""
        # A message of a library may have lines; here a check has one.
        return " ".join(f"{_MARKS[self.status]} {self.what}{advice}".split())


def readable(size: float) -> str:
    """Returns a number of bytes for people."""
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.1f} MiB"
