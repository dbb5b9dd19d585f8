"""A CSV with a column of pictures and a column an attribute; `;` separates several labels."""

from collections.abc import Sequence
from pathlib import Path

from wardrobe.errors import DatasetError
from wardrobe.importers.tables import label_space_of, read_rows
from wardrobe.labels import split_labels
from wardrobe.manifest import Item, Manifest


def read(
    source: Path,
    root: Path,
    picture_column: str = "image_path",
    attributes: Sequence[str] = (),
    split_column: str = "split",
    caption_column: str = "caption",
) -> Manifest:
    """Returns the rows as items; relative picture paths are relative to the CSV's folder.

    Args:
        source: the CSV, with a header.
        root: of the manifest.
        picture_column: holds paths of pictures.
        attributes: columns that hold labels; by default every other column.
        split_column: holds `train`, `val` or `test`; it may be absent.
        caption_column: holds a line of text; it may be absent.

    Raises:
        DatasetError: the CSV breaks its format or has no column of labels.
    """
    rows = read_rows(source, (picture_column, *attributes))
    fixed = (picture_column, split_column, caption_column)
    names = attributes or [name for name in (rows[0] if rows else ()) if name not in fixed]
    if not names:
        raise DatasetError(f"{source} has no row or no column of labels beside {picture_column!r}")
    folder = source.resolve().parent
    items = tuple(
        Item(
            str((folder / row[picture_column]).resolve()),
            row.get(split_column, ""),
            row.get(caption_column, ""),
            {name: labels for name in names if (labels := split_labels(row[name]))},
        )
        for row in rows
    )
    return Manifest(root, items, label_space_of(items, names))
