"""Figures and tables as Markdown."""

import statistics
from collections.abc import Sequence


def median(values: Sequence[float | None]) -> float:
    """Returns the median of the values there are."""
    found = [value for value in values if value is not None]
    return statistics.median(found) if found else float("nan")


def spread(values: Sequence[float | None]) -> str:
    """Returns the median, and in brackets the lowest and highest."""
    found = [value for value in values if value is not None]
    if not found:
        return "–"
    middle = number(statistics.median(found))
    return middle if len(found) == 1 else f"{middle} ({number(min(found))}–{number(max(found))})"


def number(value: float | None) -> str:
    """Returns a number in three digits, or a dash."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
