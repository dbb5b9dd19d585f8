"""What is written: pictures and what is known of them → entries of the catalogue."""

import hashlib
import os
import random
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np

from wardrobe import images
from wardrobe.cataloguing import entries_of
from wardrobe.errors import (
    BadRequestError,
    DeadlineExceededError,
    PreconditionError,
    QueueFullError,
    WardrobeError,
)
from wardrobe.files import atomic_write
from wardrobe.index import CatalogueItem, Change, Entry, Written
from wardrobe.index.schema import PICTURES
from wardrobe.labels import Labels
from wardrobe.probabilities import from_logits
from wardrobe.serving.cache import Encoding
from wardrobe.serving.engine import Engine
from wardrobe.serving.item_schemas import ItemPatch, ItemWrite
from wardrobe.serving.schemas import Upload

_PAUSE_S = 0.02
"""At most, before an item is patched again that another wrote at the same time."""

_TOGETHER = 32
"""Items of one transaction among several: each has to reach the disk."""


@dataclass(frozen=True, eq=False)
class _Encoded:
    """An item whose picture is being encoded, or why it cannot be."""

    item_id: str | None
    write: ItemWrite | None
    future: "Future[Encoding] | None"
    error: Exception | None = None


def put(
    engine: Engine,
    item_id: str,
    write: ItemWrite,
    deadline: float,
    *,
    if_match: str | None,
    if_new: bool,
) -> tuple[Written, CatalogueItem]:
    """Writes an item, whether it exists or not; returns it as it was written.

    Raises:
        BadRequestError: it has no picture, or one that cannot be read.
        PreconditionError: it is not in the state asked for.
    """
    upload = _needed(write)
    future = engine.encode_picture(upload, deadline)
    entry = _entry(engine, item_id, write, engine.result(future, deadline), deadline)
    change = Change(item_id, entry, if_match=if_match, if_new=if_new)
    written = _outcome(engine, change)
    return written, replace(entry.item, etag=written.etag)


def patch(
    engine: Engine, item_id: str, changes: ItemPatch, deadline: float, *, if_match: str | None
) -> tuple[Written, CatalogueItem]:
    """Changes a part of an item; returns it as it was written.

    Raises:
        UnknownItemError: no item has this id.
        BadRequestError: the picture cannot be read.
        PreconditionError: it is not the version asked for.
        DeadlineExceededError: others wrote it all the time.
    """
    while True:
        before = engine.index.entry(item_id)
        entry = _patched(engine, before, changes, deadline)
        expected = before.item.etag if if_match in (None, "*") else if_match
        try:
            written = _outcome(engine, Change(item_id, entry, if_match=expected))
            return written, replace(entry.item, etag=written.etag)
        except PreconditionError:
            if if_match not in (None, "*"):
                raise
        if time.monotonic() > deadline:
            raise DeadlineExceededError(
                f"item {item_id!r} was written by others until the deadline; try again later"
            )
        time.sleep(random.uniform(0, _PAUSE_S))


def delete(engine: Engine, item_id: str, *, if_match: str | None) -> None:
    """Removes an item.

    Raises:
        UnknownItemError: no item has this id.
        PreconditionError: it is not the version asked for.
    """
    _outcome(engine, Change(item_id, None, if_match=if_match))


def put_many(
    engine: Engine, items: Iterable[tuple[str | None, ItemWrite | Exception]]
) -> Iterator[tuple[str | None, Written | Exception]]:
    """Writes items and yields what became of each, in order; a bad one fails alone.

    As many pictures are encoded ahead as fill two batches, so that other requests find room.
    """
    window = 2 * engine.max_batch_size
    ahead: deque[_Encoded] = deque()
    ready: list[tuple[str | None, Entry | Exception]] = []
    for item_id, write in items:
        ahead.append(_begin(engine, item_id, write))
        if len(ahead) > window:
            ready.append(_finish(engine, ahead.popleft()))
        if len(ready) == _TOGETHER:
            yield from _write(engine, ready)
            ready = []
    ready += [_finish(engine, encoded) for encoded in ahead]
    yield from _write(engine, ready)


def _begin(engine: Engine, item_id: str | None, write: ItemWrite | Exception) -> _Encoded:
    if isinstance(write, Exception):
        return _Encoded(item_id, None, None, write)
    end = engine.deadline()
    while True:
        try:
            future = engine.encode_picture(_needed(write), end)
        except BadRequestError as error:
            return _Encoded(item_id, write, None, error)
        full = future.done() and not future.cancelled() and future.exception()
        if not isinstance(full, QueueFullError) or time.monotonic() > end:
            return _Encoded(item_id, write, future)
        time.sleep(0.05)  # whoever asks for one thing goes first


def _finish(engine: Engine, encoded: _Encoded) -> tuple[str | None, Entry | Exception]:
    item_id, write = encoded.item_id, encoded.write
    if encoded.error or encoded.future is None or write is None or item_id is None:
        return item_id, encoded.error or BadRequestError("an item needs an id")
    deadline = engine.deadline()
    try:
        encoding = engine.result(encoded.future, deadline)
        return item_id, _entry(engine, item_id, write, encoding, deadline)
    except WardrobeError as error:
        return item_id, error


def _write(
    engine: Engine, ready: list[tuple[str | None, Entry | Exception]]
) -> Iterator[tuple[str | None, Written | Exception]]:
    changes = [Change(e.item.id, e) for _, e in ready if isinstance(e, Entry)]
    outcomes: Iterator[Written | Exception]
    try:
        outcomes = iter(engine.index.apply(changes) if changes else [])
    except WardrobeError as error:  # those before are written: each says for itself
        outcomes = repeat(error)
    for item_id, entry in ready:
        yield item_id, next(outcomes) if isinstance(entry, Entry) else entry


def _outcome(engine: Engine, change: Change) -> Written:
    outcome = engine.index.apply([change])[0]
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _needed(write: ItemWrite) -> Upload:
    if write.image is None:
        raise BadRequestError("an item needs a picture: send it as image", parameters=["image"])
    return write.image


def _entry(
    engine: Engine, item_id: str, write: ItemWrite, encoding: Encoding, deadline: float
) -> Entry:
    data = engine.picture_bytes(_needed(write))
    item = CatalogueItem(
        item_id,
        keep_picture(engine.index.folder, data),
        write.caption,
        _ordered(engine, write.labels),
        metadata=write.metadata,
    )
    return described(engine, item, encoding, data, deadline)


def _patched(engine: Engine, before: Entry, changes: ItemPatch, deadline: float) -> Entry:
    given = changes.model_fields_set
    item = before.item
    if "caption" in given:
        item = replace(item, caption=changes.caption or "")
    if "labels" in given:
        labels = dict(item.labels) | {k: v for k, v in (changes.labels or {}).items() if v}
        for attribute, found in (changes.labels or {}).items():
            if not found:
                labels.pop(attribute, None)
        item = replace(item, labels=_ordered(engine, labels))
    if "metadata" in given:
        item = replace(item, metadata=merged(dict(item.metadata), changes.metadata or {}))
    if changes.image is None:
        return replace(before, item=item)
    encoding = engine.result(engine.encode_picture(changes.image, deadline), deadline)
    data = engine.picture_bytes(changes.image)
    item = replace(item, image_path=keep_picture(engine.index.folder, data))
    return described(engine, item, encoding, data, deadline)


def merged(target: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Returns an object with changes merged into it (RFC 7396): null removes a key."""
    for key, value in changes.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict):
            below = target.get(key)
            target[key] = merged(dict(below) if isinstance(below, dict) else {}, value)
        else:
            target[key] = value
    return target


def described(
    engine: Engine, item: CatalogueItem, encoding: Encoding, data: bytes, deadline: float
) -> Entry:
    """Returns an item with its tags and all that is made of its picture's bytes."""
    colours = engine.colours_of(data, deadline)
    space, logits = engine.encoder.label_space, encoding.logits
    probabilities = None
    if logits is not None and space is not None:
        probabilities = from_logits(logits[np.newaxis], space)
    vectors = encoding.vector[np.newaxis]
    return next(entries_of(engine.encoder, [item], vectors, probabilities, colours[np.newaxis]))


def _ordered(engine: Engine, labels: Labels) -> Labels:
    """Returns given labels, those of the most specific attribute first."""
    space = engine.encoder.label_space
    order = space.most_specific_first if space else []
    known = {name: labels[name] for name in order if labels.get(name)}
    return known | {name: found for name, found in labels.items() if found and name not in known}


def keep_picture(folder: Path, data: bytes) -> Path:
    """Writes a picture under the name of its content, and returns where."""
    name = hashlib.sha256(data).hexdigest() + images.suffix_of(data)
    path = folder.absolute() / PICTURES / name
    try:
        os.utime(path)  # so that no clean-up takes it for one that nobody wants
    except FileNotFoundError:
        path.parent.mkdir(exist_ok=True)
        with atomic_write(path) as aside:
            aside.write_bytes(data)
    return path
