"""What the calls under /items take and give."""

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, JsonValue, StringConstraints

from wardrobe.index.filters import MAX_NUMBER
from wardrobe.serving.schemas import Base64Picture, ErrorBody, Parameters, json_value

_MAX_METADATA = 65_536
_MAX_DEPTH = 10
_MAX_LABELS = 200


def _unicode(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError("it must be valid Unicode") from error
    if "\0" in value:
        raise ValueError("it must not have a NUL character")
    return value


def _item_id(value: str) -> str:
    if not value.isprintable() or value != value.strip() or value.endswith("/image"):
        raise ValueError("it must be printable, without spaces around it, and not end in /image")
    return value


def _metadata(value: Any) -> Any:
    """Refuses what JSON text, filters or a database cannot hold exactly."""
    if value is None:
        return value
    size = len(_unicode(json.dumps(value, ensure_ascii=False)).encode())
    if size > _MAX_METADATA:
        raise ValueError(f"it has {size} bytes as JSON; the limit is {_MAX_METADATA}")
    _check_value(value, 1)
    return value


def _check_value(value: Any, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise ValueError(f"it nests deeper than {_MAX_DEPTH}")
    match value:
        case dict():
            for part in value.values():
                _check_value(part, depth + 1)
        case list():
            for part in value:
                _check_value(part, depth + 1)
        case int() | float() if not -MAX_NUMBER <= value <= MAX_NUMBER:  # nor is NaN
            raise ValueError(
                f"{value} is beyond what is kept exactly, {MAX_NUMBER}; send it as a string"
            )


ItemId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    AfterValidator(_unicode),
    AfterValidator(_item_id),
]
Caption = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_unicode)]
Attribute = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100, pattern="^[^=]+$"),
    AfterValidator(_unicode),
]
Label = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_unicode)]
LabelList = Annotated[list[Label], Field(max_length=_MAX_LABELS)]
Metadata = Annotated[dict[str, JsonValue], AfterValidator(_metadata), BeforeValidator(json_value)]


class ItemWrite(Parameters):
    """An item: its picture, and what is known of it."""

    image: Base64Picture | None = Field(None, description="Its picture; needed")
    caption: Caption = Field("", description="Its name or description: text queries find its words")
    labels: Annotated[dict[Attribute, LabelList], BeforeValidator(json_value)] = Field(
        {}, max_length=_MAX_LABELS, description="Given labels by attribute"
    )
    metadata: Metadata = Field({}, description="Anything else, for filters, facets and sorting")


class ItemPatch(Parameters):
    """What changes of an item; what is left out stays."""

    image: Base64Picture | None = Field(None, description="Another picture")
    caption: Caption | None = Field(None, description="Another caption; null removes it")
    labels: Annotated[dict[Attribute, LabelList | None], BeforeValidator(json_value)] | None = (
        Field(
            None,
            max_length=_MAX_LABELS,
            description="Labels of attributes; null removes an attribute's",
        )
    )
    metadata: Metadata | None = Field(
        None, description="Merged into what is there (RFC 7396): null removes a key"
    )


class BulkItem(ItemWrite):
    """An item among several."""

    id: ItemId


class BulkWrite(Parameters):
    """Items to write; a bad one fails alone."""

    items: list[JsonValue] = Field(
        min_length=1,
        max_length=10_000,
        description="Each as `BulkItem`",
    )


class ItemTag(BaseModel):
    """A label predicted and selected when the item was written."""

    label: str
    probability: float


class ItemResponse(BaseModel):
    """An item of the catalogue."""

    id: str
    labels: list[str] = Field(description="Given labels, or predicted ones; most specific first")
    given: dict[str, list[str]] = Field(description="Given labels by attribute")
    tags: dict[str, list[ItemTag]]
    caption: str
    metadata: dict[str, JsonValue]
    image_url: str
    etag: str = Field(description="Of this version, for `If-Match`")


class BulkOutcome(BaseModel):
    """What became of an item among several."""

    id: str
    status: str = Field(description="`created`, `replaced` or `unchanged`")
    etag: str


class BulkFailure(BaseModel):
    """Why an item among several was not written."""

    id: str | None
    error: ErrorBody


class BulkResponse(BaseModel):
    """One result an item, in the order sent."""

    results: list[BulkOutcome | BulkFailure]
    written: int
    failed: int
