"""The report of a validation: a table for the terminal and `validation.html` with thumbnails."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader

from wardrobe.files import write_text
from wardrobe.manifest import SPLITS, Manifest
from wardrobe.thumbnails import thumbnail
from wardrobe.validation.findings import KINDS, Finding
from wardrobe.validation.pictures import Picture, describe_sizes

REPORT = "validation.html"
PICTURED_FINDINGS = 12
"""Findings of a kind that get thumbnails; the others are listed as text."""
THUMBNAILS = 6
"""Thumbnails of a finding."""


@dataclass(frozen=True)
class Row:
    """A kind of fault in the summary: how often, on how many pictures, and what becomes of them."""

    kind: str
    findings: int
    pictures: int
    quarantine: int
    fix: str


def summarise(findings: Sequence[Finding]) -> list[Row]:
    """Returns one row for every kind of fault, those that do not occur included."""
    rows = []
    for kind, fix in KINDS.items():
        of_kind = [finding for finding in findings if finding.kind == kind]
        pictures = {item for finding in of_kind for item in finding.items}
        quarantine = {item for finding in of_kind for item in finding.quarantine}
        rows.append(Row(kind, len(of_kind), len(pictures), len(quarantine), fix))
    return rows


def as_text(manifest: Manifest, pictures: Sequence[Picture], findings: Sequence[Finding]) -> str:
    """Returns the report's table for a terminal."""
    lines = [
        f"{manifest.root}: {describe_items(manifest)}; {describe_sizes(pictures)}",
        f"{'fault':24}{'found':>7}{'pictures':>10}{'to fix':>8}  what --fix does",
    ]
    for row in summarise(findings):
        counts = f"{row.findings:>7}{row.pictures:>10}{row.quarantine:>8}"
        lines.append(f"{row.kind:24}{counts}  {row.fix}")
    return "\n".join(lines) + "\n"


def describe_items(manifest: Manifest) -> str:
    """Returns one line on how many items there are, by split, and how many labels."""
    counts = Counter(item.split for item in manifest.items)
    splits = ", ".join(f"{counts[s]} {s or 'in no split'}" for s in (*SPLITS, "") if counts[s])
    attributes = manifest.label_space.attributes
    return (
        f"{len(manifest.items)} items ({splits}), "
        f"{len(manifest.label_space)} labels of {len(attributes)} attributes"
    )


def write_report(
    manifest: Manifest, pictures: Sequence[Picture], findings: Sequence[Finding]
) -> None:
    """Writes `validation.html` into the root of the manifest that was validated."""

    @cache
    def picture_of(position: int) -> str | None:
        return thumbnail(manifest.path_of(manifest.items[position]))

    environment = Environment(loader=PackageLoader("wardrobe.validation", "."), autoescape=True)
    html = environment.get_template("report.html").render(
        root=manifest.root,
        items=manifest.items,
        summary=f"{describe_items(manifest)}; {describe_sizes(pictures)}",
        rows=summarise(findings),
        findings={kind: [f for f in findings if f.kind == kind] for kind in KINDS},
        thumbnail=picture_of,
        pictured=PICTURED_FINDINGS,
        thumbnails=THUMBNAILS,
    )
    write_text(manifest.root / REPORT, html)
