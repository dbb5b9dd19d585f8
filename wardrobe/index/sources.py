"""What is indexed: a folder of pictures or a dataset root → items, and hashes to know them by."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any

from wardrobe.encoders.base import Encoder
from wardrobe.errors import DatasetError
from wardrobe.images import EXTENSIONS, find_pictures
from wardrobe.index.catalogue import Catalogue
from wardrobe.index.entries import CatalogueItem, Entry
from wardrobe.index.record import CATALOGUE, RECORD, read_record
from wardrobe.index.schema import PICTURES
from wardrobe.index.succession import Origin
from wardrobe.manifest import MANIFEST, Manifest


@dataclass(frozen=True)
class Source:
    """Items to encode, in order.

    Attributes:
        picture_root: absolute folder that has all the pictures but uploaded ones.
        items: without tags.
        unusable: pictures that cannot be items, and why.
        index: folder of the index that they are the items of, if they are.
        uploads: folder of its uploaded pictures; they are copied.
        origin: its catalogue.
        fingerprint: of its encoder.
        entries: the items, in the same order, with what that encoder made of their pictures.
    """

    picture_root: Path
    items: tuple[CatalogueItem, ...]
    unusable: tuple[tuple[str, str], ...] = ()
    index: Path | None = None
    uploads: Path | None = None
    origin: Origin | None = None
    fingerprint: str = ""
    entries: tuple[Entry, ...] = ()

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """What each item's picture is known by: path, size and time of change."""
        return tuple(
            json.dumps([str(item.image_path), _stamp(item.image_path)]) for item in self.items
        )

    def again(self) -> "Source":
        """Returns the items that an index has by now; of pictures, the same."""
        return self if self.index is None else _of_index(self.index)

    def moved(self, item: CatalogueItem, folder: Path) -> CatalogueItem:
        """Returns an item as an index in `folder` has it, its picture there too if it was uploaded.

        Raises:
            OSError: the picture can be neither linked nor copied.
        """
        if self.uploads is None or not item.image_path.is_relative_to(self.uploads):
            return item
        path = folder.absolute() / PICTURES / item.image_path.name
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            try:
                path.hardlink_to(item.image_path)
            except OSError:  # another file system
                shutil.copy2(item.image_path, path)
        return replace(item, image_path=path)

    def inputs_hash(self, encoder: Encoder) -> str:
        """Returns the SHA-256 over everything that decides the finished index."""
        items = [(item.id, item.caption, item.labels, item.metadata) for item in self.items]
        thresholds = None if encoder.thresholds is None else encoder.thresholds.tolist()
        return _hash([encoder.fingerprint, self.keys, items, self.unusable, thresholds])


def read_source(folder: Path, splits: Sequence[str] = ()) -> Source:
    """Reads an index folder, a dataset root with a `manifest.csv`, or a folder of pictures.

    An item's id is its picture's name without suffix; where two pictures share it, all ids are
    paths inside the folder, without suffix if they still differ.

    Args:
        splits: of the manifest; none means all items.

    Raises:
        DatasetError: the folder, a split or any picture is missing, or the manifest is damaged.
    """
    if not folder.is_dir():
        raise DatasetError(
            f"there is no folder {folder}; name a folder of pictures or a dataset root"
        )
    if (folder / RECORD).exists():
        if splits:
            raise DatasetError(f"--split needs a {MANIFEST}, and {folder} is an index")
        return _of_index(folder)
    if (folder / MANIFEST).exists():
        described = _described_by_manifest(folder, splits)
    elif splits:
        raise DatasetError(f"--split needs a {MANIFEST}, and {folder} has none")
    else:
        described = {Path(os.path.abspath(path)): {} for path in find_pictures(folder)}
    usable = [path for path in described if _is_utf8(path)]
    if not usable:
        endings = ", ".join(sorted(EXTENSIONS))
        raise DatasetError(f"{folder} has no pictures; their names end in {endings}")
    root = _common_root(Path(os.path.abspath(folder)), usable)
    ids = _ids([path.relative_to(root) for path in usable])
    return Source(
        root,
        tuple(
            CatalogueItem(item_id, path, **described[path])
            for item_id, path in zip(ids, usable, strict=True)
        ),
        tuple(
            (os.fsencode(path).decode("utf-8", "backslashreplace"), "its name is not UTF-8")
            for path in described
            if not _is_utf8(path)
        ),
    )


def _of_index(folder: Path) -> Source:
    """Returns the items that an index has now, in the order of their rows."""
    record = read_record(folder)
    with closing(Catalogue(folder / CATALOGUE, record.picture_root)) as catalogue:
        entries, origin = catalogue.everything()
    if not entries:
        raise DatasetError(f"{folder} has no items; write some, or build from pictures")
    return Source(
        record.picture_root,
        tuple(replace(entry.item, tags={}, etag="") for entry in entries),
        index=folder,
        uploads=catalogue.roots[1],
        origin=origin,
        fingerprint=record.fingerprint,
        entries=tuple(entries),
    )


def _described_by_manifest(root: Path, splits: Sequence[str]) -> dict[Path, dict[str, Any]]:
    """Returns caption, labels and metadata by absolute path."""
    manifest = Manifest.load(root)
    present = {item.split for item in manifest.items}
    for split in splits:
        if split not in present:
            known = ", ".join(sorted(present - {""})) or "none"
            raise DatasetError(f"{root / MANIFEST} has no split {split!r}; it has {known}")
    order = manifest.label_space.most_specific_first
    return {
        Path(os.path.abspath(manifest.path_of(item))): {
            "caption": item.caption,
            "labels": {name: item.labels[name] for name in order if name in item.labels},
            "metadata": {"split": item.split} if item.split else {},
        }
        for item in manifest.items
        if not splits or item.split in splits
    }


def _common_root(folder: Path, paths: Sequence[Path]) -> Path:
    """Returns the folder, or where a manifest names pictures elsewhere, what holds them all."""
    if all(path.is_relative_to(folder) for path in paths):
        return folder
    return Path(os.path.commonpath([path.parent for path in paths]))


def _ids(paths: Sequence[PurePath]) -> list[str]:
    names: list[Callable[[PurePath], str]] = [
        lambda path: path.stem,
        lambda path: path.with_suffix("").as_posix(),
    ]
    for name in names:
        ids = [name(path) for path in paths]
        if len(set(ids)) == len(ids):
            return ids
    return [path.as_posix() for path in paths]


def _is_utf8(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _stamp(path: Path) -> tuple[int, int] | None:
    """Returns size and time of change, which tell a picture from the one it replaced."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
