"""Search parameters → a query with every part encoded, and the cursor between pages."""

import base64
import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np

from wardrobe import wording
from wardrobe.colours import parse_colour
from wardrobe.errors import BadRequestError, ExpiredCursorError
from wardrobe.index import Index
from wardrobe.index.filters import Filter, FilterGroup, parse_filter
from wardrobe.query import Part, Query, unit
from wardrobe.serving.cache import Encoding
from wardrobe.serving.engine import Engine
from wardrobe.serving.search_schemas import QueryPart, SearchParameters, Understood

_DEEPEST = 2**31
"""Where a cursor goes on at most: far beyond the items of any index."""

_UNLIKE_WEIGHT = -0.5
"""Of words that are to be excluded and name no label."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A query, and what explains its results.

    Attributes:
        understood: what was read in its texts; None if nothing was.
        tags: of its pictures and items.
    """

    query: Query
    understood: Understood | None
    tags: frozenset[str]


def query_of(engine: Engine, asked: SearchParameters, deadline: float) -> Asked:
    """Returns the query that parameters stand for.

    Raises:
        BadRequestError: a part breaks a rule.
        UnknownItemError: an id is not in the catalogue.
        ExpiredCursorError: the cursor is of another index.
    """
    given, understood = _understood(engine, asked)
    futures = [_begin(engine, part, deadline) for part in given]
    parts: list[Part] = []
    tags: set[str] = set()
    for part, future in zip(given, futures, strict=True):
        encoding = None if future is None else engine.result(future, deadline)
        parts.append(_part(engine, part, encoding))
        tags |= _tags(engine, part, encoding)
    if understood and understood.must:
        understood.must += _same_kind(engine, given, tags, understood)
    offset, as_of = _place(engine.index, asked)
    query = Query(
        parts=tuple(parts),
        filter=_with_tags(asked.filters, understood.must if understood else []),
        must_not=(*asked.must_not, *(understood.must_not if understood else ())),
        without=tuple(part.id for part in given if part.id is not None),
        mode=asked.mode,
        top_k=asked.top_k,
        offset=offset,
        as_of=as_of,
        min_score=asked.min_score,
        min_relevance=asked.min_relevance,
        sort=asked.sort,
        group_by=asked.group_by,
        collapse=asked.collapse,
        diversity=asked.diversity,
    )
    return Asked(query, understood, frozenset(tags))


def cursor_of(index: Index, clock: int, offset: int) -> str:
    """Returns what the next page is asked for with: the snapshot, and where to go on in it."""
    place = json.dumps([_identity(index), clock, offset])
    return base64.urlsafe_b64encode(place.encode()).decode()


def _place(index: Index, asked: SearchParameters) -> tuple[int, int | None]:
    """Returns the offset, and the clock of the snapshot whose pages are turned."""
    if asked.cursor is None:
        return asked.offset, None
    try:
        identity, clock, offset = json.loads(base64.urlsafe_b64decode(asked.cursor))
        clock, offset = int(clock), int(offset)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise BadRequestError(
            f"cursor is {asked.cursor!r}: it must be the cursor of the page before",
            parameters=["cursor"],
        ) from error
    if identity != _identity(index):
        raise ExpiredCursorError(
            "the cursor is of an index that is not served any more; ask for the first page again"
        )
    # As clients cannot be kept from making up their own.
    return min(max(0, offset), _DEEPEST), clock


def _identity(index: Index) -> str:
    record = index.record
    return hashlib.sha256(f"{record.fingerprint}{record.created}".encode()).hexdigest()[:8]


def _understood(
    engine: Engine, asked: SearchParameters
) -> tuple[list[QueryPart], Understood | None]:
    """Takes out of texts what are filters, and gives words to be unlike a part of their own."""
    label_space = engine.encoder.label_space
    if not asked.understand or label_space is None:
        return asked.parts, None
    parts: list[QueryPart] = []
    read = Understood(text="", must=[], must_not=[], unlike=[])
    for part in asked.parts:
        if part.text is None or part.weight <= 0:
            parts.append(part)
            continue
        found = wording.understand(part.text, label_space)
        read.must += [list(group) for group in found.must]
        read.must_not += found.must_not
        read.unlike += found.unwanted
        read.text = " ".join([read.text, found.text]).strip()
        if found.text:
            parts.append(part.model_copy(update={"text": found.text}))
        parts += [QueryPart(text=text, weight=_UNLIKE_WEIGHT) for text in found.unwanted]
    if not any(part.weight > 0 for part in parts) and read.unlike:
        raise BadRequestError(
            f"the text says only what results shall be unlike ({', '.join(read.unlike)}); "
            "say what they shall be like too",
            parameters=["text"],
        )
    return parts, read if read.must or read.must_not or read.unlike else None


def _same_kind(
    engine: Engine, given: Sequence[QueryPart], tags: set[str], understood: Understood
) -> list[list[str]]:
    """Returns what "like this but blue" leaves as it is: the kind of thing that this is."""
    label_space = engine.encoder.label_space
    if label_space is None or not any(
        part.weight > 0 and (part.id or part.image) for part in given
    ):
        return []
    kind = f"{label_space.most_specific_first[0]}="
    if any(tag.startswith(kind) for group in understood.must for tag in group):
        return []
    kinds = sorted(tag for tag in tags if tag.startswith(kind))
    return [kinds] if kinds else []


def _begin(engine: Engine, part: QueryPart, deadline: float) -> "Future[Encoding] | None":
    if part.image is not None:
        return engine.encode_picture(part.image, deadline, crop=part.crop)
    if part.text is not None:
        return engine.encode_text(part.text, deadline)
    return None


def _part(engine: Engine, part: QueryPart, encoding: Encoding | None) -> Part:
    weight = float(part.weight)
    if part.image is not None and encoding is not None:
        return Part("picture", "image", encoding.vector, weight)
    if part.text is not None and encoding is not None:
        return Part("text", f"text: {part.text}", encoding.vector, weight, part.text)
    if part.id is not None:
        return Part("item", f"id: {part.id}", engine.index.entry(part.id).vector, weight)
    if part.colour is not None:
        return Part("colour", f"colour: {part.colour}", parse_colour(part.colour), weight)
    vector = unit(np.array(part.vector, np.float32), engine.encoder.dimension)
    return Part("vector", "vector", vector, weight)


def _tags(engine: Engine, part: QueryPart, encoding: Encoding | None) -> set[str]:
    """Returns the tags of what a part wants."""
    if part.weight <= 0:
        return set()
    if part.id is not None:
        item = engine.index.item(part.id)
        return {
            f"{attribute}={label}"
            for found in (item.labels, item.tags)
            for attribute, labels in found.items()
            for label in labels
        }
    if encoding is None or encoding.logits is None or engine.encoder.label_space is None:
        return set()
    tags = engine.tagger.tag(encoding.logits[None])[0]
    return {
        f"{attribute}={tag.label}"
        for attribute, found in tags.items()
        for tag in found
        if tag.selected
    }


def _with_tags(condition: Filter | None, groups: Sequence[Sequence[str]]) -> Filter | None:
    """Returns a filter that also asks for one tag of each group."""
    wanted = [{"any": [{"tag": tag} for tag in group]} for group in groups]
    conditions = [*([condition] if condition else []), *map(parse_filter, wanted)]
    if len(conditions) < 2:
        return conditions[0] if conditions else None
    return FilterGroup(all=tuple(conditions))
