"""The manifest of a dataset root: `manifest.csv` with its `labels.json`."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wardrobe.errors import DatasetError
from wardrobe.files import atomic_write
from wardrobe.labels import Labels, LabelSpace

MANIFEST, LABELS = "manifest.csv", "labels.json"
_FIXED_COLUMNS = ("image_path", "split", "caption")
_SEPARATOR = ";"


@dataclass(frozen=True)
class Item:
    """A picture with its split (`train`, `val`, `test` or empty), caption and labels."""

    image_path: str
    split: str = ""
    caption: str = ""
    labels: Labels = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """The items of a dataset root and the label space they draw on."""

    root: Path
    items: tuple[Item, ...]
    label_space: LabelSpace

    def path_of(self, item: Item) -> Path:
        """Returns where the item's picture is; relative image paths are relative to the root."""
        return self.root / item.image_path

    def split(self, name: str) -> tuple[Item, ...]:
        """Returns the items of one split, in order."""
        return tuple(item for item in self.items if item.split == name)

    def save(self) -> None:
        """Writes `labels.json` and `manifest.csv` into the root, each all or nothing."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.label_space.save(self.root / LABELS)
        names = [attribute.name for attribute in self.label_space.attributes]
        with (
            atomic_write(self.root / MANIFEST) as aside,
            aside.open("w", newline="", encoding="utf-8") as handle,
        ):
            writer = csv.writer(handle)
            writer.writerow([*_FIXED_COLUMNS, *names])
            for item in self.items:
                labels = [_SEPARATOR.join(item.labels.get(name, ())) for name in names]
                writer.writerow([item.image_path, item.split, item.caption, *labels])

    @classmethod
    def load(cls, root: Path) -> "Manifest":
        """Reads the manifest of a dataset root.

        Raises:
            DatasetError: a file is missing, the columns are not those of `labels.json`, a row is
                short, or an image path repeats.
        """
        label_space = LabelSpace.load(root / LABELS)
        path = root / MANIFEST
        try:
            with path.open(newline="", encoding="utf-8") as handle:
                rows = list(csv.reader(handle))
        except (OSError, UnicodeDecodeError) as error:
            raise DatasetError(f"cannot read {path}: {error}") from error
        names = [attribute.name for attribute in label_space.attributes]
        expected = [*_FIXED_COLUMNS, *names]
        if not rows or rows[0] != expected:
            found = rows[0] if rows else "an empty file"
            raise DatasetError(f"{path} must begin with the columns {expected}, found {found}")
        items = tuple(
            _parse_row(path, line, row, names) for line, row in enumerate(rows[1:], start=2)
        )
        counts = Counter(item.image_path for item in items)
        repeated = [name for name, count in counts.items() if count > 1]
        if repeated:
            raise DatasetError(
                f"{path} names {repeated[0]!r} more than once; image paths are unique"
            )
        return cls(root, items, label_space)


def _parse_row(path: Path, line: int, row: Sequence[str], names: Sequence[str]) -> Item:
    if len(row) != len(_FIXED_COLUMNS) + len(names):
        raise DatasetError(
            f"{path}:{line} has {len(row)} fields, expected {len(_FIXED_COLUMNS) + len(names)}"
        )
    image_path, split, caption, *cells = row
    labels = {
        name: tuple(part.strip() for part in cell.split(_SEPARATOR) if part.strip())
        for name, cell in zip(names, cells, strict=True)
        if cell.strip()
    }
    return Item(image_path, split, caption, labels)
