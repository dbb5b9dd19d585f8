"""The manifest of a dataset root: `manifest.csv` with its `labels.json`."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wardrobe.errors import DatasetError
from wardrobe.files import atomic_write
from wardrobe.labels import SEPARATOR, Labels, LabelSpace, check_label, split_labels

MANIFEST, LABELS = "manifest.csv", "labels.json"
SPLITS = ("train", "val", "test")
_FIXED_COLUMNS = ("image_path", "split", "caption")


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

    @property
    def columns(self) -> list[str]:
        """The header of `manifest.csv`."""
        return [*_FIXED_COLUMNS, *(attribute.name for attribute in self.label_space.attributes)]

    def row(self, item: Item) -> list[str]:
        """Returns the item as a row of `manifest.csv`."""
        attributes = self.label_space.attributes
        labels = [SEPARATOR.join(item.labels.get(a.name, ())) for a in attributes]
        return [item.image_path, item.split, item.caption, *labels]

    def save(self) -> None:
        """Writes `labels.json` and `manifest.csv` into the root, each all or nothing.

        Raises:
            DatasetError: what was written could not be read back as it is: an unknown split, an
                image path that is empty or repeats, an attribute outside the label space, or a
                label that is empty, begins or ends with a space, or holds the separator.
        """
        _check_items(self.root / MANIFEST, self.items)
        names = [attribute.name for attribute in self.label_space.attributes]
        for item in self.items:
            _check_labels(item, names)
        self.root.mkdir(parents=True, exist_ok=True)
        self.label_space.save(self.root / LABELS)
        with (
            atomic_write(self.root / MANIFEST) as aside,
            aside.open("w", newline="", encoding="utf-8") as handle,
        ):
            writer = csv.writer(handle)
            writer.writerow(self.columns)
            writer.writerows(self.row(item) for item in self.items)

    @classmethod
    def load(cls, root: Path) -> "Manifest":
        """Reads the manifest of a dataset root.

        Raises:
            DatasetError: a file is missing, the columns are not those of `labels.json`, a row is
                short, a split is unknown, or an image path is empty or repeats.
        """
        path = root / MANIFEST
        if not path.exists():
            raise DatasetError(
                f"{root} is no dataset: it has no {MANIFEST}; make one with prepare_dataset.py, "
                "as docs/data.md says"
            )
        label_space = LabelSpace.load(root / LABELS)
        try:
            with path.open(newline="", encoding="utf-8-sig") as handle:
                rows = list(csv.reader(handle))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise DatasetError(f"cannot read {path}: {error}") from error
        names = [attribute.name for attribute in label_space.attributes]
        expected = [*_FIXED_COLUMNS, *names]
        if not rows or rows[0] != expected:
            found = rows[0] if rows else "an empty file"
            raise DatasetError(f"{path} must begin with the columns {expected}, found {found}")
        items = tuple(
            _parse_row(path, line, row, names) for line, row in enumerate(rows[1:], start=2)
        )
        _check_items(path, items)
        return cls(root, items, label_space)


def _parse_row(path: Path, line: int, row: Sequence[str], names: Sequence[str]) -> Item:
    if len(row) != len(_FIXED_COLUMNS) + len(names):
        raise DatasetError(
            f"{path}:{line} has {len(row)} fields, expected {len(_FIXED_COLUMNS) + len(names)}"
        )
    image_path, split, caption, *cells = row
    labels = {
        name: found
        for name, cell in zip(names, cells, strict=True)
        if (found := split_labels(cell))
    }
    return Item(image_path, split, caption, labels)


def _check_items(path: Path, items: Sequence[Item]) -> None:
    for image_path, count in Counter(item.image_path for item in items).items():
        if not image_path or count > 1:
            raise DatasetError(
                f"{path} names {image_path!r} {count} times; image paths are unique and not empty"
            )
    for item in items:
        if item.split and item.split not in SPLITS:
            raise DatasetError(
                f"{path} puts {item.image_path} in split {item.split!r}; "
                f"it must be one of {', '.join(SPLITS)} or empty"
            )


def _check_labels(item: Item, attributes: Sequence[str]) -> None:
    for attribute, labels in item.labels.items():
        if attribute not in attributes:
            raise DatasetError(
                f"{item.image_path} has labels of {attribute!r}, which is not in {attributes}"
            )
        for label in labels:
            check_label(label, item.image_path)
