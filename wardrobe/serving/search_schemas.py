"""What /search and /facets take and give."""

from typing import Annotated, Any

from annotated_types import Le, MaxLen
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    create_model,
    model_validator,
)

from wardrobe.index.filters import Filter, Tag, parse_filter
from wardrobe.query import Mode
from wardrobe.serving.item_schemas import ItemResponse
from wardrobe.serving.schemas import (
    Base64Picture,
    Cosine,
    Count,
    Flag,
    Name,
    Parameters,
    Share,
    Text,
    Vector,
    Weight,
    Written,
    has,
    json_value,
    lacks,
    limited,
    list_of_names,
    numbers,
    one_of,
)
from wardrobe.settings import Settings

_KINDS = ("image", "text", "id", "vector", "colour")
_MAX_PARTS = 16
_MAX_NAMES = 50


def _filters(value: Any) -> Filter:
    if isinstance(value, str) and not isinstance(value, Written):
        raise ValueError('it must be an object like {"tag": "colour=Red"}')
    return parse_filter(value)


def _box(value: list[float]) -> list[float]:
    left, top, right, bottom = value
    if not (left < right and top < bottom):
        raise ValueError("it must be [left, top, right, bottom], left < right and top < bottom")
    return value


Crop = Annotated[
    list[Share],
    Field(min_length=4, max_length=4),
    AfterValidator(_box),
    BeforeValidator(numbers),
]
Colour = Annotated[str, StringConstraints(pattern=r"^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")]
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Filters = Annotated[Filter, BeforeValidator(_filters)]
Tags = Annotated[list[Tag], Field(max_length=_MAX_NAMES), BeforeValidator(list_of_names)]
Fields = Annotated[list[FieldName], Field(max_length=_MAX_NAMES), BeforeValidator(list_of_names)]


class QueryPart(Parameters):
    """One of the things that results shall be like, or with a negative weight unlike."""

    model_config = ConfigDict(
        json_schema_extra=one_of(*_KINDS) | {"anyOf": [lacks("crop"), has("image")]}
    )

    image: Base64Picture | None = Field(default=None, description="A picture")
    crop: Crop | None = Field(default=None, description="The part of `image` that counts")
    text: Text | None = Field(default=None, description="Words")
    id: Name | None = Field(default=None, description="An item, which is left out of the results")
    vector: Vector | None = Field(default=None, description="A vector, unit or not")
    colour: Colour | None = Field(default=None, description="A colour, `#rrggbb`")
    weight: Weight = Field(
        default=1, description="How much it counts; negative: results shall be unlike it"
    )

    @model_validator(mode="after")
    def _one_kind(self) -> "QueryPart":
        given = [kind for kind in _KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError(
                f"a part has exactly one of {', '.join(_KINDS)}; "
                f"got {' and '.join(given) or 'none'}"
            )
        if self.crop is not None and self.image is None:
            raise ValueError("crop needs an image")
        return self


class SearchParameters(Parameters):
    """What results shall be like, all parts together; without any part, all items are listed."""

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [
                {"anyOf": [lacks("queries"), lacks(*_KINDS)]},
                {"anyOf": [lacks("crop"), has("image")]},
                {"anyOf": [lacks("cursor"), {"properties": {"offset": {"const": 0}}}]},
            ]
        }
    )

    image: Base64Picture | None = Field(None, description="Like this picture")
    crop: Crop | None = Field(
        None,
        description="The part of `image` that counts: left, top, right, bottom, from 0 to 1",
    )
    text: Text | None = Field(None, description="As this text describes")
    id: Name | None = Field(None, description="Like this item, which is left out")
    vector: Vector | None = Field(None, description="Near this vector, unit or not")
    colour: Colour | None = Field(None, description="Of this colour, `#rrggbb`")
    queries: Annotated[list[QueryPart], BeforeValidator(json_value)] | None = Field(
        None,
        min_length=1,
        max_length=_MAX_PARTS,
        description="Parts with weights, instead of those above",
    )
    top_k: Count = Field(10, ge=1, description="Results at most")
    offset: Count = Field(0, ge=0, le=10_000, description="Results to skip")
    cursor: str | None = Field(
        None,
        max_length=200,
        description="`cursor` of the page before: goes on where it ended, whatever was written",
    )
    min_score: Cosine | None = Field(None, description="Least cosine of a result")
    min_relevance: Share | None = Field(
        None, description="Least relevance of a result; 0 gives even nonsense"
    )
    filters: Filters | None = Field(None, description="What results must be; see `Filters`")
    must_not: Tags = Field([], description="Tags that no result may have")
    mode: Mode = Field("hybrid", description="How a text is understood: by meaning, words or both")
    understand: Flag = Field(
        True, description="Read `without stripes` or `but blue` in a text as filters"
    )
    facets: Fields = Field([], description="Fields whose values are counted")
    sort: FieldName | None = Field(
        None, description="Field to sort by, with `-` before it descending"
    )
    group_by: FieldName | None = Field(
        None, description="Field of whose every value only the best item is given"
    )
    collapse: Share | None = Field(
        None, description="Cosine between items from which on only the best of them is given"
    )
    diversity: Share | None = Field(
        None, description="0 gives the best, 1 those most different from one another"
    )
    explain: Flag = Field(False, description="Say what made each score")

    @model_validator(mode="after")
    def _fits_together(self) -> "SearchParameters":
        given = [kind for kind in _KINDS if getattr(self, kind) is not None]
        if given and self.queries is not None:
            raise ValueError(f"queries replaces {' and '.join(given)}; put them into it")
        if self.crop is not None and self.image is None:
            raise ValueError("crop needs an image")
        if self.cursor is not None and self.offset:
            raise ValueError("cursor knows where to go on; leave offset out")
        return self

    @property
    def parts(self) -> list[QueryPart]:
        """The parts, however they were given."""
        if self.queries is not None:
            return self.queries
        return [
            QueryPart.model_construct(**{kind: value}, crop=self.crop if kind == "image" else None)
            for kind in _KINDS
            if (value := getattr(self, kind)) is not None
        ]


class FacetParameters(Parameters):
    """Fields to count, of the items that a filter leaves."""

    fields: Fields = Field(
        [],
        description="Fields whose values are counted; by default every attribute, and metadata "
        "with at most `limit` values",
    )
    filters: Filters | None = Field(None, description="Which items are counted; see `Filters`")
    must_not: Tags = Field([], description="Tags that no counted item may have")
    limit: Count = Field(50, ge=1, le=1000, description="Values of each field at most")


def search_parameters(settings: Settings) -> type[SearchParameters]:
    """Returns `SearchParameters` with the limits of the settings."""
    text = MaxLen(settings.max_text_length)
    model = limited(SearchParameters, text=text, top_k=Le(settings.max_top_k))
    part: Any = limited(QueryPart, text=text)
    parts = Annotated[list[part], BeforeValidator(json_value)] | None
    queries: Any = (parts, model.model_fields["queries"])
    return create_model(model.__name__, __base__=model, __doc__=model.__doc__, queries=queries)


def _absent(value: object) -> bool:
    return value is None


class FacetValue(BaseModel):
    """A value of a field, and how many items have it."""

    value: str | bool | int | float
    count: int


class PartReason(BaseModel):
    """What one part of the query made of a score; the contributions add up to it."""

    part: str
    weight: float
    similarity: float = Field(description="Cosine, or similarity of colours")
    contribution: float


class TagReason(BaseModel):
    """A tag that the query and the item share."""

    tag: str
    probability: float | None = Field(description="Of the item; null where it was given")


class Explanation(BaseModel):
    """Why an item was found."""

    parts: list[PartReason]
    tags: list[TagReason]


class _Scored(BaseModel):
    id: str
    score: float | None = Field(description="Cosine with the query; null without one")
    relevance: float | None = Field(
        None, description="Probability that a person would call it relevant, if that was learnt"
    )


class FoundItem(ItemResponse, _Scored):  # in this order the JSON begins with id and score
    """An item that answers a search."""

    duplicates: list[str] | None = Field(
        None, description="Near-duplicates it stands for", exclude_if=_absent
    )
    explanation: Explanation | None = Field(None, exclude_if=_absent)


class Understood(BaseModel):
    """What was read in a text beside its meaning."""

    text: str = Field(description="What is left of it")
    must: list[list[str]] = Field(description="Of each of these lists, results have a tag")
    must_not: list[str] = Field(description="Tags that no result has")
    unlike: list[str] = Field(description="Words that results are unlike")


class SearchResponse(BaseModel):
    """A page of results, best first."""

    results: list[FoundItem]
    count: int = Field(description="Results on this page")
    total: int = Field(description="Items that the filters leave")
    offset: int
    top_k: int
    cursor: str | None = Field(description="For the next page; null on the last")
    facets: dict[str, list[FacetValue]] | None = Field(None, exclude_if=_absent)
    understood: Understood | None = Field(None, exclude_if=_absent)
    took_ms: float


class FacetResponse(BaseModel):
    """Values of fields, the most frequent first."""

    facets: dict[str, list[FacetValue]]
    total: int = Field(description="Items that the filters leave")
