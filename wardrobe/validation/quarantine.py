"""Takes faulty rows out of `manifest.csv` into `quarantine.csv`; no row is ever lost."""

import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from wardrobe.errors import DatasetError
from wardrobe.files import atomic_write
from wardrobe.labels import LabelSpace
from wardrobe.manifest import Item, Manifest
from wardrobe.validation.findings import Finding

QUARANTINE = "quarantine.csv"


def quarantine(manifest: Manifest, findings: Sequence[Finding]) -> Manifest:
    """Moves the rows that findings take out, with the reasons, and returns the manifest left.

    Labels that only quarantined rows carried leave `labels.json`. The quarantine is written
    before the manifest: after a crash in between, the rows are in both and the next run mends it.

    Raises:
        DatasetError: an earlier quarantine cannot be read, or no row would be left.
    """
    reasons = defaultdict(list)
    for finding in findings:
        for position in finding.quarantine:
            reasons[position].append(f"{finding.kind}: {finding.message}")
    if not reasons:
        return manifest
    kept = tuple(item for i, item in enumerate(manifest.items) if i not in reasons)
    if not kept:
        raise DatasetError(
            f"every one of the {len(manifest.items)} items of {manifest.root} has a fault; "
            "see validation.html and mend the source"
        )
    _append(manifest, reasons)
    left = replace(manifest, items=kept, label_space=_without_orphans(manifest, kept))
    left.save()
    return left


def _append(manifest: Manifest, reasons: dict[int, list[str]]) -> None:
    path = manifest.root / QUARANTINE
    rows = {}
    if path.exists():
        try:
            with path.open(newline="", encoding="utf-8-sig") as handle:
                rows = {row["image_path"]: row for row in csv.DictReader(handle)}
        except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
            raise DatasetError(f"cannot read {path}: {error!r}; move it away") from error
    for position, why in sorted(reasons.items()):
        item = manifest.items[position]
        cells = dict(zip(manifest.columns, manifest.row(item), strict=True))
        rows[item.image_path] = {**cells, "reason": " | ".join(why)}
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    with (
        atomic_write(path) as aside,
        aside.open("w", newline="", encoding="utf-8") as handle,
    ):
        writer = csv.DictWriter(handle, columns)
        writer.writeheader()
        writer.writerows(rows.values())


def _without_orphans(manifest: Manifest, kept: Sequence[Item]) -> LabelSpace:
    """Returns the label space without labels lost to quarantine; an attribute is never emptied."""
    lost = _labels_of(manifest.items) - _labels_of(kept)
    attributes = []
    for attribute in manifest.label_space.attributes:
        labels = tuple(label for label in attribute.labels if (attribute.name, label) not in lost)
        attributes.append(replace(attribute, labels=labels or attribute.labels))
    return LabelSpace(tuple(attributes))


def _labels_of(items: Sequence[Item]) -> set[tuple[str, str]]:
    return {(name, label) for item in items for name in item.labels for label in item.labels[name]}
