"""What goes in and out over HTTP; the OpenAPI document is generated from these classes."""

from copy import copy
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar

from annotated_types import Le, MaxLen
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    JsonValue,
    StringConstraints,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from wardrobe.settings import Settings
from wardrobe.tagger import Tag

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True, repr=False)
class Upload:
    """A picture as it came: the bytes of a file or a raw body, or base64 text."""

    name: str
    content: bytes | str

    def __repr__(self) -> str:
        return f"the file {self.name!r}"


def _picture(value: Any) -> Upload:
    match value:
        case str():
            return Upload("image", value)
        case [Upload() as upload]:
            return upload
    raise ValueError("it must be one picture: a file, or base64 text")


def _files(value: Any) -> list[Upload]:
    if isinstance(value, list) and all(isinstance(upload, Upload) for upload in value):
        return value
    raise ValueError("it must be sent as a file, as curl does with -F files=@picture.jpg")


def _numbers(value: Any) -> Any:
    """Splits the `0.1,0.2` of a query string or a form; JSON lists pass."""
    return value.strip("[] ").split(",") if isinstance(value, str) else value


def _not_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("it must be a number")
    return value


Base64Picture = Annotated[
    Upload,
    BeforeValidator(_picture),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]
Files = Annotated[list[Upload], BeforeValidator(_files)]
Count = Annotated[int, BeforeValidator(_not_boolean)]
Number = Annotated[  # far inside what a 32-bit float holds
    FiniteFloat, Field(ge=-1e9, le=1e9), BeforeValidator(_not_boolean)
]
Cosine = Annotated[FiniteFloat, Field(ge=-1, le=1), BeforeValidator(_not_boolean)]
Vector = Annotated[list[Number], BeforeValidator(_numbers)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def _one_of(*names: str) -> dict[str, JsonValue]:
    return {"oneOf": [{"required": [name]} for name in names]}


class Parameters(BaseModel):
    """Values from a query string, a form or a JSON body."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


class SearchParameters(Parameters):
    """A query of exactly one kind: `image`, `text`, `id` or `vector`."""

    model_config = ConfigDict(json_schema_extra=_one_of("image", "text", "id", "vector"))

    image: Base64Picture | None = Field(None, description="Find pictures like this one")
    text: Text | None = Field(None, description="Find pictures this text describes")
    id: str | None = Field(None, description="Find pictures like this item, leaving it out")
    vector: Vector | None = Field(None, description="Find pictures near this vector, unit or not")
    top_k: Count = Field(10, ge=1, description="Results at most")
    offset: Count = Field(0, ge=0, le=10_000, description="Results to skip: the next page")
    min_score: Cosine | None = Field(None, description="Least cosine of a result")

    @model_validator(mode="after")
    def _one_query(self) -> "SearchParameters":
        given = [k for k in ("image", "text", "id", "vector") if getattr(self, k) is not None]
        if len(given) != 1:
            raise ValueError(
                "send exactly one of image, text, id and vector; "
                f"got {' and '.join(given) or 'none'}"
            )
        return self


class PredictParameters(Parameters):
    """One picture or several."""

    model_config = ConfigDict(json_schema_extra=_one_of("image", "images"))

    # Cannot come in JSON: openapi.py describes it as a part of a multipart body.
    files: SkipJsonSchema[Files | None] = Field(None, min_length=1)
    image: Base64Picture | None = Field(None, description="One picture")
    images: list[Base64Picture] | None = Field(None, min_length=1, description="Several pictures")
    top_k: Count = Field(5, ge=1, description="Labels in `top`")
    explain: bool = Field(
        False, description="Give the selected tags a `heatmap` of what each looked at"
    )

    @model_validator(mode="after")
    def _one_source(self) -> "PredictParameters":
        given = [k for k in ("files", "image", "images") if getattr(self, k) is not None]
        if len(given) != 1:
            raise ValueError(
                "send pictures as exactly one of: multipart field 'files', a body of Content-Type "
                f"image/*, or JSON 'image' or 'images'; got {' and '.join(given) or 'none'}"
            )
        return self

    @property
    def pictures(self) -> list[Upload]:
        """The pictures, however they came, each with a name for its result."""
        if self.images is not None:
            return [replace(p, name=f"images[{i}]") for i, p in enumerate(self.images)]
        return self.files if self.files is not None else [p for p in [self.image] if p]


def search_parameters(settings: Settings) -> type[SearchParameters]:
    """Returns `SearchParameters` with the limits of the settings."""
    return _limited(
        SearchParameters,
        text=MaxLen(settings.max_text_length),
        top_k=Le(settings.max_top_k),
    )


def predict_parameters(settings: Settings) -> type[PredictParameters]:
    """Returns `PredictParameters` with the limits of the settings."""
    pictures = MaxLen(settings.max_files)
    return _limited(
        PredictParameters, files=pictures, images=pictures, top_k=Le(settings.max_top_k)
    )


def _limited(model: type[Model], **limits: Le | MaxLen) -> type[Model]:
    fields: dict[str, Any] = {}
    for name, limit in limits.items():
        field = copy(model.model_fields[name])
        field.metadata = [limit, *field.metadata]
        if isinstance(limit, Le):
            field.default = min(field.default, limit.le)
        fields[name] = (field.annotation, field)
    return create_model(model.__name__, __base__=model, __doc__=model.__doc__, **fields)


class ErrorBody(BaseModel):
    """What went wrong: a code for programs, a message for people, the same as data."""

    code: str
    message: str
    detail: dict[str, Any] = {}


class ErrorResponse(BaseModel):
    """Every answer that is not a success."""

    error: ErrorBody


@dataclass(frozen=True, slots=True)
class TopTag(Tag):
    """A tag that names its attribute."""

    attribute: str


@dataclass(frozen=True, slots=True)
class ExplainedTag(Tag):
    """A tag with what it looked at: a grey PNG to stretch over the picture, as a `data:` URI."""

    heatmap: str


class Prediction(BaseModel):
    """The tags of one picture: all labels by attribute, and the most probable over all of them."""

    filename: str
    tags: dict[str, list[ExplainedTag | Tag]]
    top: list[TopTag]


class FailedPrediction(BaseModel):
    """Why one picture has no tags."""

    filename: str
    error: ErrorBody


class PredictResponse(BaseModel):
    """One result a picture, in the order sent."""

    results: list[Prediction | FailedPrediction]


class ItemTag(BaseModel):
    """A label predicted and selected when the item was indexed."""

    label: str
    probability: float


class ItemResponse(BaseModel):
    """An item of the catalogue."""

    id: str
    labels: list[str] = Field(description="Given labels, or predicted ones; most specific first")
    tags: dict[str, list[ItemTag]]
    caption: str
    image_url: str


class _Scored(BaseModel):
    id: str
    score: float = Field(description="Cosine with the query")


class FoundItem(ItemResponse, _Scored):  # in this order the JSON begins with id and score
    """An item that answers a search."""


class SearchResponse(BaseModel):
    """A page of results, best first."""

    results: list[FoundItem]
    count: int = Field(description="Results on this page")
    total: int = Field(description="Items in the index")
    offset: int
    top_k: int
    took_ms: float


class IndexHealth(BaseModel):
    """The index being served."""

    kind: str
    count: int
    fingerprint: str


class Health(BaseModel):
    """What is being served."""

    status: str = "ok"
    version: str
    encoder: str
    fingerprint: str
    dimension: int
    precision: str
    has_text: bool
    has_tags: bool
    zero_shot: bool = Field(description="Tags come from the labels' words, not from trained heads")
    index: IndexHealth


class Alive(BaseModel):
    """The process answers."""

    status: str = "ok"
