"""What was written to an index while another was built from it is taken over before the switch."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from wardrobe.errors import SwapConflictError, UnknownItemError
from wardrobe.index import Change, Entry
from wardrobe.serving.engine import Engine
from wardrobe.serving.schemas import Upload
from wardrobe.serving.writing import described, keep_picture

_FEW = 20
"""So few changes are taken over while writes wait."""


@contextmanager
def taking_over(old: Engine, new: Engine, *, discard_writes: bool) -> Iterator[None]:
    """Brings a new index up to date; inside nobody writes to the old one, and after it neither.

    If what is done inside fails, the old index goes on.

    Args:
        discard_writes: let go what was written to an index that the new was not built from.

    Raises:
        SwapConflictError: the old index was written to, and the new was not built from it.
        UnreadablePictureError: a picture that was written cannot be read any more.
        NotReadyError: one of them cannot be written to now.
    """
    same = old.index.succession.name == new.index.succession.name
    if same or not (old.index.writable and new.index.writable):
        _check_nothing_lost(old, new, same or discard_writes)
        yield
        return
    name = old.index.succession.name
    if new.index.succession.taken_of(name) is None:
        _check_nothing_lost(old, new, discard_writes)
        new.index.succession.take(name, old.index.clock[0])
    new.index.succession.take_writes(lambda: True)
    while _take_over(old, new) > _FEW:
        pass
    with old.index.succession.handing_over(str(new.index.folder)) as note:
        _take_over(old, new)
        note(new.index.succession.name, new.index.clock[0])  # for the way back
        yield


def _check_nothing_lost(old: Engine, new: Engine, accepted: bool) -> None:
    if old.index.writes and not accepted:
        raise SwapConflictError(
            f"{old.index.folder} was written to {old.index.writes} times since it was built, and "
            f"{new.index.folder} would lose that; build one from it (python build_index.py "
            f"{old.index.folder} --out ANOTHER) and swap to that, or send discard_writes"
        )


def _take_over(old: Engine, new: Engine) -> int:
    """Takes over what was written since the last time; returns how many items that were."""
    name = old.index.succession.name
    since = new.index.succession.taken_of(name)
    assert since is not None
    now, purged = old.index.clock
    changed = old.index.succession.changed_since(since)
    if purged > since:  # what died before is forgotten
        changed += old.index.succession.missing(new.index.succession.ids())
    new.index.apply([_change(old, new, item_id) for item_id in dict.fromkeys(changed)])
    new.index.succession.take(name, now)
    return len(changed)


def _change(old: Engine, new: Engine, item_id: str) -> Change:
    try:
        entry = old.index.entry(item_id)
    except UnknownItemError:
        return Change(item_id, None)
    return Change(item_id, _taken(entry, old, new))


def _taken(entry: Entry, old: Engine, new: Engine) -> Entry:
    """Returns an item as the new encoder sees it, its picture in the new index."""
    data = entry.item.image_path.read_bytes()
    item = replace(entry.item, image_path=keep_picture(new.index.folder, data), tags={}, etag="")
    if old.encoder.fingerprint == new.encoder.fingerprint:
        return replace(entry, item=replace(item, tags=entry.item.tags))
    deadline = new.deadline()
    future = new.encode_picture(Upload(item.id, data), deadline)
    return described(new, item, new.result(future, deadline), data, deadline)
