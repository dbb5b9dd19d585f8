"""Many items from files to a server, and back."""

import io
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PIL import Image
from tqdm import tqdm

from wardrobe.client import Item, NewItem, Wardrobe
from wardrobe.errors import DatasetError, WardrobeApiError
from wardrobe.files import atomic_write
from wardrobe.importers.tables import read_rows
from wardrobe.labels import SEPARATOR

Failed = Callable[[str, str], None]
"""Takes what failed, an id or a line, and why."""

_PAGE = 100
_METADATA = "metadata."
_ITEM_COLUMNS = ("id", "image_path", "caption")


def import_items(source: Path, wardrobe: Wardrobe) -> Counter[str]:
    """Writes the items of a folder or file to a server; says on standard error what failed.

    Returns:
        How many were `created`, `replaced`, `unchanged` and `failed`.

    Raises:
        DatasetError: the source cannot be read.
    """
    counts: Counter[str] = Counter()

    def failed(name: str, message: str) -> None:
        counts["failed"] += 1
        tqdm.write(f"{name}: {message}", file=sys.stderr)

    read = _readers.get(source.suffix.lower(), _read_folder)
    with tqdm(desc="importing", unit=" items", disable=None) as progress:
        for outcome in wardrobe.put_items(read(source, failed)):
            if outcome.error is None:
                counts[outcome.status or "written"] += 1
            else:
                failed(str(outcome.id), outcome.error.message)
            progress.update()
    return counts


def export_items(
    wardrobe: Wardrobe, out: Path, filters: Mapping[str, Any] | None, pictures: Path | None
) -> int:
    """Writes the items of a server as JSON lines, and their pictures; returns how many.

    Args:
        pictures: folder for the pictures; None leaves them.
    """
    options: dict[str, Any] = {"filters": filters, "top_k": _PAGE}
    out.parent.mkdir(parents=True, exist_ok=True)
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
    count = 0
    with atomic_write(out) as aside, aside.open("w", encoding="utf-8") as handle:
        for item in tqdm(
            wardrobe.search_all(**options), desc="exporting", unit=" items", disable=None
        ):
            line = _line(item)
            if pictures is not None:
                path = _save_picture(wardrobe, item.id, pictures)
                line["image_path"] = os.path.relpath(path, out.parent) if path else None
            handle.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += 1
    return count


def _line(item: Item) -> dict[str, Any]:
    line = {"id": item.id, "caption": item.caption, "labels": item.given, "metadata": item.metadata}
    return {name: value for name, value in line.items() if value}


def _save_picture(wardrobe: Wardrobe, id: str, folder: Path) -> Path | None:
    try:
        data = wardrobe.picture(id)
    except WardrobeApiError as error:
        if error.status != 404:
            raise
        tqdm.write(f"{id}: {error.message}", file=sys.stderr)
        return None
    with Image.open(io.BytesIO(data)) as picture:
        ending = (picture.format or "picture").lower()
    path = folder / f"{quote(id, safe=' ')}.{ending}"
    path.write_bytes(data)
    return path


def _read_folder(source: Path, failed: Failed) -> Iterator[NewItem]:
    from wardrobe.index.sources import read_source

    found = read_source(source)
    for path, message in found.unusable:
        failed(path, message)
    for item in found.items:
        yield NewItem(
            id=item.id,
            image=item.image_path,
            caption=item.caption or None,
            labels=item.labels or None,
            metadata=item.metadata or None,
        )


def _read_json_lines(source: Path, failed: Failed) -> Iterator[NewItem]:
    try:
        with source.open(encoding="utf-8") as handle:
            for number, line in enumerate(handle, start=1):
                if not line.strip():
                    continue
                try:
                    item = _of_line(json.loads(line), source.parent)
                except (ValueError, KeyError, TypeError) as error:
                    failed(
                        f"{source}, line {number}",
                        f'{error!r}; a line is like {{"id": "shirt-1", "image_path": "shirt.jpg"}}',
                    )
                else:
                    yield item
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot read {source}: {error}") from error


def _of_line(content: dict[str, Any], folder: Path) -> NewItem:
    return NewItem(
        id=str(content["id"]),
        image=folder / content["image_path"],
        caption=content.get("caption"),
        labels=content.get("labels"),
        metadata=content.get("metadata"),
    )


def _read_csv(source: Path, failed: Failed) -> Iterator[NewItem]:
    for row in read_rows(source, ["image_path"]):
        yield _of_row(row, source.parent)


def _of_row(row: Mapping[str, str], folder: Path) -> NewItem:
    labels, metadata = {}, {}
    for column, value in row.items():
        if value and column.startswith(_METADATA):
            metadata[column.removeprefix(_METADATA)] = value
        elif value and column not in _ITEM_COLUMNS:
            labels[column] = value.split(SEPARATOR)
    return NewItem(
        id=row.get("id") or Path(row["image_path"]).stem,
        image=folder / row["image_path"],
        caption=row.get("caption") or None,
        labels=labels or None,
        metadata=metadata or None,
    )


_readers: Mapping[str, Callable[[Path, Failed], Iterator[NewItem]]] = {
    ".csv": _read_csv,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
}
