"""Search results in words."""

import shutil
import sys
from collections.abc import Sequence

from wardrobe.client import Explanation, SearchPage, Understood


def write_results(page: SearchPage) -> None:
    """Writes a line an item and a line a facet; what was understood goes to standard error."""
    columns = {
        "score": [_number(item.score) for item in page],
        "relevance": [_number(item.relevance) for item in page],
        "id": [item.id for item in page],
        "labels": [", ".join(item.labels) for item in page],
    }
    shown = {name: cells for name, cells in columns.items() if any(cells)}
    widths = [max(map(len, (name, *cells))) for name, cells in shown.items()]
    if page.results:
        _write_row(list(shown), widths)
    for number, item in enumerate(page):
        _write_row([cells[number] for cells in shown.values()], widths)
        if item.explanation is not None:
            _write_line(f"    {explained(item.explanation)}")
    for field, counts in (page.facets or {}).items():
        values = ", ".join(f"{found.value} {found.count}" for found in counts)
        _write_line(f"{field}: {values or 'no values'}")
    if page.total and not page.results:
        sys.stderr.write("nothing is relevant enough; --min-relevance 0 shows what is nearest\n")
    if page.understood is not None:
        sys.stderr.write(f"understood: {understood(page.understood)}\n")
    sys.stderr.write(f"{page.count} of {page.total} items in {page.took_ms:.1f} ms\n")


def explained(explanation: Explanation) -> str:
    """Returns what made a score, on one line."""
    parts = [f"{reason.contribution:+.3f} {reason.part}" for reason in explanation.parts]
    tags = [
        f"{reason.tag} {'given' if reason.probability is None else f'{reason.probability:.2f}'}"
        for reason in explanation.tags
    ]
    return "; ".join(", ".join(said) for said in (parts, tags) if said)


def understood(read: Understood) -> str:
    """Returns what was read in a text, on one line."""
    said = [f'"{read.text}"'] if read.text else []
    said += [" or ".join(group) for group in read.must]
    said += [f"not {tag}" for tag in read.must_not]
    said += [f'unlike "{words}"' for words in read.unlike]
    return ", ".join(said)


def _write_row(cells: Sequence[str], widths: Sequence[int]) -> None:
    _write_line("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)))


def _write_line(line: str) -> None:
    limit = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    sys.stdout.write(line[:limit].rstrip() + "\n")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
