"""What was written to an index while another was built from it is taken over before a switch."""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from itertools import islice

from wardrobe.cataloguing import retagged
from wardrobe.errors import SwapConflictError, UnknownItemError, WardrobeError
from wardrobe.index import Change, Entry
from wardrobe.index.schema import PICTURES
from wardrobe.serving.cache import Encoding
from wardrobe.serving.engine import Engine
from wardrobe.serving.schemas import Upload
from wardrobe.serving.writing import described, keep_picture

_log = logging.getLogger(__name__)

_FEW = 20
"""So few changes are taken over while writes wait."""


@dataclass(frozen=True)
class _Item:
    """An item whose picture is being encoded; without a future it keeps what was made of it."""

    entry: Entry
    data: bytes = b""
    future: "Future[Encoding] | None" = None


def take_over(old: Engine, new: Engine, *, discard_writes: bool) -> None:
    """Gives a new index all that the old one has, and closes the old one to everybody's writes.

    The new one takes none either if it was closed itself. If it fails, the old one is still open.

    Args:
        discard_writes: let go what was written to an index that the new was not built from.

    Raises:
        SwapConflictError: the old index was written to, and the new one would lose that.
        NotReadyError: one of them cannot be written to now.
    """
    if old.index.is_same(new.index):
        return
    if new.index.writable:
        _begin(old, new, discard_writes)
        _approach(old, new)
    if not old.index.can_be_written:
        _complete(old, new, discard_writes)
        return
    with old.index.succession.closing(str(new.index.folder)) as note:
        _complete(old, new, discard_writes)
        note(new.index.succession.name, new.index.clock[0])  # for the way back


def _begin(old: Engine, new: Engine, discard_writes: bool) -> None:
    """Makes an index that was not built from the old one go on from here."""
    ours, theirs = old.index.succession, new.index.succession
    if ours.name in theirs.taken:
        return
    now, _ = old.index.clock
    _check_nothing_lost(old, new, discard_writes)
    if ours.name == theirs.name:  # a copy, whose file has gone its own way since
        theirs.rename()
    theirs.take(ours.name, now)


def _approach(old: Engine, new: Engine) -> None:
    """Takes over what was written until few changes are left, or they become no fewer."""
    before = None
    while (changed := _take_over(old, new)) > _FEW and (before is None or changed < before):
        _log.info("took over %d changes of %s", changed, old.index.folder)
        before = changed


def _complete(old: Engine, new: Engine, discard_writes: bool) -> None:
    if new.index.writable:
        _take_over(old, new)
    else:
        _check_nothing_lost(old, new, discard_writes)


def _check_nothing_lost(old: Engine, new: Engine, accepted: bool) -> None:
    lost = old.index.succession.lost_with(new.index.succession.taken)
    if not lost or accepted:
        return
    before, after = old.index.folder, new.index.folder
    because = (
        f"{after} was not built from it"
        if new.index.writable
        else f"{after} cannot be written to, so it cannot take that over"
    )
    raise SwapConflictError(
        f"{before} was written to {lost} times, and {because}; build one from it (python "
        f"build_index.py {before} --out ANOTHER) and swap to that, or send discard_writes to let "
        "it go"
    )


def _take_over(old: Engine, new: Engine) -> int:
    """Takes over what was written since the last time; returns how many items that were."""
    ours, theirs = old.index.succession, new.index.succession
    since = theirs.taken[ours.name]
    now, _ = old.index.clock
    changed = ours.changed_since(since)
    _, purged = old.index.clock  # asked last: what is purged from now on was found above
    if purged > since:  # what died before is forgotten
        changed += ours.missing(theirs.ids())
    ids = iter(dict.fromkeys(changed))
    while block := list(islice(ids, new.max_batch_size)):
        new.index.take_over(list(_changes(old, new, block)))
    theirs.take(ours.name, now)
    return len(changed)


def _changes(old: Engine, new: Engine, ids: Sequence[str]) -> Iterator[Change]:
    """Yields what gives the new index the items that the old one has by now, or has no more."""
    begun = [_begin_item(old, new, item_id) for item_id in ids]  # encoded together
    for item_id, item in zip(ids, begun, strict=True):
        yield Change(item_id, None if item is None else _finish_item(new, item))


def _begin_item(old: Engine, new: Engine, item_id: str) -> _Item | None:
    try:
        entry = old.index.entry(item_id)
    except UnknownItemError:
        return None
    path = entry.item.image_path
    uploaded = path.is_relative_to(old.index.folder.absolute() / PICTURES)
    stays = path.is_relative_to(new.index.record.picture_root) and not uploaded
    same_encoder = old.encoder.fingerprint == new.encoder.fingerprint
    if same_encoder:  # but maybe other thresholds, which are no part of its fingerprint
        entry = retagged(new.encoder, entry)
    if stays and same_encoder:
        return _Item(entry)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unusable(entry, str(error)) from error
    if not stays:
        kept = keep_picture(new.index.folder, data)
        entry = replace(entry, item=replace(entry.item, image_path=kept))
    if same_encoder:
        return _Item(entry)
    return _Item(entry, data, new.encode_picture(Upload(item_id, data), new.deadline()))


def _finish_item(new: Engine, item: _Item) -> Entry:
    if item.future is None:
        return item.entry
    deadline = new.deadline()
    try:
        encoding = new.result(item.future, deadline)
        bare = replace(item.entry.item, tags={})
        return described(new, bare, encoding, item.data, deadline)
    except WardrobeError as error:
        raise _unusable(item.entry, error.message) from error


def _unusable(entry: Entry, reason: str) -> SwapConflictError:
    return SwapConflictError(
        f"item {entry.item.id!r} was written meanwhile and cannot be taken over: {reason}; "
        "write it again with another picture, or delete it, and swap again"
    )
