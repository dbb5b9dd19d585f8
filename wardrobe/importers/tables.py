"""What importers share: reading a CSV with its columns checked, and collecting the labels seen."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from wardrobe.errors import DatasetError
from wardrobe.labels import Attribute, LabelSpace
from wardrobe.manifest import Item


def read_rows(path: Path, required: Iterable[str], *, spill: bool = False) -> list[dict[str, str]]:
    """Returns the rows of a CSV by column name, values stripped.

    Args:
        path: the CSV, UTF-8 with or without a byte order mark.
        required: columns that must be there.
        spill: join surplus fields to the last column, for files with unquoted commas in it.

    Raises:
        DatasetError: the file cannot be read, lacks a column, or a row has too few or too many
            fields.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            reader = csv.reader(handle)
            header = next(reader, [])
            rows = [(reader.line_num, row) for row in reader if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"cannot read {path}: {error}") from error
    missing = [name for name in required if name not in header]
    if missing:
        raise DatasetError(f"{path} has no column {missing[0]!r}; its columns are {header}")
    found = []
    for line, row in rows:
        if spill and len(row) > len(header):
            row = [*row[: len(header) - 1], ",".join(row[len(header) - 1 :])]
        if len(row) != len(header):
            raise DatasetError(f"{path}:{line} has {len(row)} fields, expected {len(header)}")
        found.append({name: cell.strip() for name, cell in zip(header, row, strict=True)})
    return found


def first_existing(source: Path, names: Sequence[str]) -> Path:
    """Returns the first of several names that exists in `source`.

    Raises:
        DatasetError: none does.
    """
    for name in names:
        if (source / name).exists():
            return source / name
    raise DatasetError(f"{source} has no {' or '.join(names)}; give the dataset's own folder")


def label_space_of(items: Sequence[Item], attributes: Iterable[str]) -> LabelSpace:
    """Returns the labels that occur, sorted; an attribute is `multi` where an item has several.

    Raises:
        DatasetError: an attribute has no label at all.
    """
    return LabelSpace(tuple(_attribute_of(items, name) for name in attributes))


def _attribute_of(items: Sequence[Item], name: str) -> Attribute:
    answers = [item.labels.get(name, ()) for item in items]
    multi = any(len(labels) > 1 for labels in answers)
    labels = sorted({label for labels in answers for label in labels})
    return Attribute(name, "multi" if multi else "single", tuple(labels))
