"""What the calls under /items take and give."""

import json
import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.config import JsonDict

from wardrobe.index.filters import MAX_NUMBER
from wardrobe.serving.schemas import Base64Picture, ErrorBody, Parameters, json_value

LINES = "application/x-ndjson"
"""Media type of JSON, an item a line."""

_SEGMENTS = r"(?!\.{1,2}(/|$))[^/]+(/(?!\.{1,2}(/|$)|image$)[^/]+)*"
_ANY_ITEM: dict[str, Any] = {"anyOf": [{"$ref": "#/components/schemas/BulkItem"}, {}]}

_MAX_METADATA = 65_536
_MAX_DEPTH = 10
_MAX_LABELS = 200
_MAX_ATTRIBUTE = 100


def _unicode(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError("it must be valid Unicode") from error
    if "\0" in value:
        raise ValueError("it must not have a NUL character")
    return value


def _item_id(value: str) -> str:
    """Refuses what a URL cannot be relied on to carry."""
    if not value.isprintable() or value != value.strip():
        raise ValueError("it must be printable, without spaces around it")
    if not re.fullmatch(_SEGMENTS, value):
        raise ValueError(
            "its parts between slashes must be neither empty nor . or .., and the last not image"
        )
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


def _without_null(schema: Any) -> None:
    del schema["default"]
    schema.update(schema.pop("anyOf")[0])


def _attribute(value: str) -> str:
    if "=" in value:
        raise ValueError("an attribute must not have =")
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
    Field(json_schema_extra={"pattern": f"^{_SEGMENTS}$"}),
    AfterValidator(_unicode),
    AfterValidator(_item_id),
]
Caption = Annotated[
    str,
    StringConstraints(max_length=2000),
    Field(json_schema_extra={"pattern": "^[^\\u0000]*$"}),
    AfterValidator(_unicode),
]
Attribute = Annotated[
    str,
    StringConstraints(min_length=1, max_length=_MAX_ATTRIBUTE),
    AfterValidator(_unicode),
    AfterValidator(_attribute),
]
Label = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    Field(json_schema_extra={"pattern": "^[^\\u0000]+$"}),
    AfterValidator(_unicode),
]
LabelList = Annotated[list[Label], Field(max_length=_MAX_LABELS)]
_BY_ATTRIBUTE: JsonDict = {
    "propertyNames": {"minLength": 1, "maxLength": _MAX_ATTRIBUTE, "pattern": "^[^=\\u0000]+$"}
}
Labels = Annotated[
    dict[Attribute, LabelList],
    Field(max_length=_MAX_LABELS, json_schema_extra=_BY_ATTRIBUTE),
    BeforeValidator(json_value),
]
LabelChanges = Annotated[
    dict[Attribute, LabelList | None],
    Field(max_length=_MAX_LABELS, json_schema_extra=_BY_ATTRIBUTE),
    BeforeValidator(json_value),
]
Metadata = Annotated[dict[str, JsonValue], AfterValidator(_metadata), BeforeValidator(json_value)]


class ItemPath(Parameters):
    """The item that is written."""

    id: ItemId


class ImageParameters(Parameters):
    """How the picture of an item is sent."""

    side: Annotated[int, Field(ge=16, le=2048)] | None = Field(
        None,
        description="Pixels a side at most: a larger picture is sent as a smaller, upright JPEG, "
        "a TIFF in any case; by default as it came",
    )
    version: Annotated[str, StringConstraints(max_length=100)] | None = Field(
        None,
        description="ETag of the item as the caller knows it; it only gives the picture of another "
        "version another address, so that no cache answers with the old one",
    )


class ItemWrite(Parameters):
    """An item: its picture, and what is known of it."""

    model_config = ConfigDict(json_schema_extra={"required": ["image"]})

    # Not required by pydantic, so that the message about a missing one says more.
    image: Base64Picture | None = Field(
        None, description="Its picture", json_schema_extra=_without_null
    )
    caption: Caption = Field("", description="Its name or description: text queries find its words")
    labels: Labels = Field({}, description="Given labels by attribute")
    metadata: Metadata = Field({}, description="Anything else, for filters, facets and sorting")


class ItemPatch(Parameters):
    """What changes of an item; what is left out stays."""

    image: Base64Picture | None = Field(None, description="Another picture")
    caption: Caption | None = Field(None, description="Another caption; null removes it")
    labels: LabelChanges | None = Field(
        None, description="Labels of attributes; null removes an attribute's"
    )
    metadata: Metadata | None = Field(
        None, description="Merged into what is there (RFC 7396): null removes a key"
    )


class BulkItem(ItemWrite):
    """An item among several."""

    model_config = ConfigDict(json_schema_extra={"required": ["id", "image"]})

    id: ItemId


class BulkWrite(Parameters):
    """Items to write; a bad one fails alone."""

    # Of any kind, because each is validated alone.
    items: list[Annotated[Any, WithJsonSchema(_ANY_ITEM)]] = Field(
        min_length=1,
        max_length=10_000,
        description="Each as `BulkItem`; anything else fails alone",
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
