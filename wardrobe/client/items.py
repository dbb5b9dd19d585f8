"""Items in requests: their addresses, as JSON, and many of them within a server's limits."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from wardrobe.client.answers import Outcome, Problem, read_answer
from wardrobe.client.pictures import Picture, picture_bytes
from wardrobe.errors import WardrobeApiError, WardrobeError

# A server takes bodies of 64 MiB by default.
_BATCH_ITEMS, _BATCH_BYTES = 64, 16 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An item to write.

    Attributes:
        labels: attribute → given labels.
        metadata: any JSON object.
    """

    id: str
    image: Picture
    caption: str | None = None
    labels: Mapping[str, Sequence[str]] | None = None
    metadata: Mapping[str, Any] | None = None


def item_path(id: str) -> str:
    """Returns the path of an item; a name of dots alone would be taken for a step up."""
    parts = quote(id, safe="/").split("/")
    return "/items/" + "/".join(p.replace(".", "%2E") if p in (".", "..") else p for p in parts)


def if_match_header(etag: str | None) -> dict[str, str]:
    """Returns the header that makes a write one of this version only; none without an ETag."""
    return {} if etag is None else {"If-Match": f'"{etag}"'}


def picture_text(picture: Picture) -> str:
    """Returns a picture as base64, for JSON."""
    return base64.b64encode(picture_bytes(picture)).decode()


def item_body(
    image: "Picture | None",
    caption: str | None,
    labels: Mapping[str, Any] | None,
    metadata: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Returns the JSON of an item, without what is None."""
    body = {
        "image": None if image is None else picture_text(image),
        "caption": caption,
        "labels": labels,
        "metadata": metadata,
    }
    return {name: value for name, value in body.items() if value is not None}


def write_items(
    items: Iterable[NewItem], post: Callable[[bytes], Iterator[Any]]
) -> Iterator[Outcome]:
    """Writes items in requests of bounded size and yields what became of each.

    Args:
        post: sends NDJSON and yields the JSON of the answer's lines.

    Raises:
        WardrobeApiError: the server refuses a request as a whole.
    """
    waiting: dict[str, bytes] = {}
    for item in items:
        try:
            body = item_body(item.image, item.caption, item.labels, item.metadata)
        except WardrobeError as error:
            problem = Problem(code=error.code, message=error.message, detail=error.detail)
            yield Outcome(id=item.id, error=problem)
            continue
        line = json.dumps({"id": item.id, **body}).encode() + b"\n"
        size = sum(map(len, waiting.values())) + len(line)
        # Versions of one item never meet in a request: answers are told apart by id.
        if waiting and (item.id in waiting or len(waiting) == _BATCH_ITEMS or size > _BATCH_BYTES):
            yield from _write(waiting, post)
            waiting = {}
        waiting[item.id] = line
    if waiting:
        yield from _write(waiting, post)


def _write(lines: dict[str, bytes], post: Callable[[bytes], Iterator[Any]]) -> Iterator[Outcome]:
    """Writes one request's items; those without an answer when it breaks off are sent again."""
    left = dict(lines)
    while left:
        before = len(left)
        try:
            for answer in post(b"".join(left.values())):
                if not left:
                    continue
                outcome = read_answer(Outcome, answer)
                # An answer without a usable id is about the first item that has none yet.
                id = outcome.id if outcome.id in left else next(iter(left))
                del left[id]
                yield replace(outcome, id=id)
        except WardrobeApiError as error:
            if error.code != "connection_lost" or len(left) == before:
                raise
        else:
            if len(left) == before:
                raise WardrobeApiError(
                    200, "not_wardrobe", f"the server said nothing of {len(left)} items sent"
                )
