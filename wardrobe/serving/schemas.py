"""What goes in and out over HTTP; the OpenAPI document is generated from these classes."""

import json
from copy import copy
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar

from annotated_types import Le, MaxLen
from pydantic import (
    AfterValidator,
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


class Written(str):
    """A value of a query string or form, where numbers and lists are text; in JSON they are not."""

    __slots__ = ()


def numbers(value: Any) -> Any:
    """Splits the `0.1,0.2` of a query string or a form; JSON lists pass."""
    if isinstance(value, Written):
        return [Written(number) for number in value.strip("[] ").split(",")]
    return value


def _number(value: Any) -> Any:
    if isinstance(value, bool | str) and not isinstance(value, Written):
        raise ValueError("it must be a number")
    return value


def _not_zero(value: float) -> float:
    if value == 0:
        raise ValueError("it must not be 0, which counts nothing")
    return value


def _flag(value: Any) -> Any:
    if not isinstance(value, bool | Written):
        raise ValueError("it must be true or false")
    return value


Base64Picture = Annotated[
    Upload,
    BeforeValidator(_picture),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]
Files = Annotated[list[Upload], BeforeValidator(_files)]
Count = Annotated[int, BeforeValidator(_number)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Number = Annotated[  # far inside what a 32-bit float holds
    FiniteFloat, Field(ge=-1e9, le=1e9), BeforeValidator(_number)
]
Cosine = Annotated[FiniteFloat, Field(ge=-1, le=1), BeforeValidator(_number)]
Share = Annotated[FiniteFloat, Field(ge=0, le=1), BeforeValidator(_number)]
Weight = Annotated[
    FiniteFloat,
    Field(ge=-100, le=100, json_schema_extra={"not": {"const": 0}}),
    BeforeValidator(_number),
    AfterValidator(_not_zero),
]
Vector = Annotated[list[Number], Field(min_length=1), BeforeValidator(numbers)]
Name = Annotated[str, StringConstraints(min_length=1)]  # constrained, so it is checked for UTF-8
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1),
    Field(json_schema_extra={"pattern": r"\S"}),
]


def has(name: str) -> dict[str, JsonValue]:
    """Returns the JSON schema of an object that has a key, which is not null."""
    return {"required": [name], "properties": {name: {"not": {"type": "null"}}}}


def lacks(*names: str) -> dict[str, JsonValue]:
    """Returns the JSON schema of an object whose keys are null or not there."""
    return {"properties": {name: {"type": "null"} for name in names}}


def one_of(*names: str) -> dict[str, JsonValue]:
    """Returns the JSON schema of an object that has exactly one of some keys."""
    return {"oneOf": [has(name) for name in names]}


class Parameters(BaseModel):
    """What a call takes, under the names it has wherever it comes."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


def list_of_names(value: Any) -> Any:
    """Splits the `a,b` or reads the `["a", "b"]` of a query string or form; JSON lists pass."""
    if not isinstance(value, Written):
        return value
    if value.lstrip().startswith("["):
        return json_value(value)
    return [name.strip(" ") or name for name in value.split(",")] if value else []


def json_value(value: Any) -> Any:
    """Reads the JSON text of a query string or form; JSON values pass."""
    if not isinstance(value, Written):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it must be JSON: {error}") from error


class PredictParameters(Parameters):
    """One picture or several."""

    model_config = ConfigDict(json_schema_extra=one_of("image", "images"))

    # Cannot come in JSON: openapi.py describes it as a part of a multipart body.
    files: SkipJsonSchema[Files | None] = Field(None, min_length=1)
    image: Base64Picture | None = Field(None, description="One picture")
    images: list[Base64Picture] | None = Field(None, min_length=1, description="Several pictures")
    top_k: Count = Field(5, ge=1, description="Labels in `top`")
    explain: Flag = Field(
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


def predict_parameters(settings: Settings) -> type[PredictParameters]:
    """Returns `PredictParameters` with the limits of the settings."""
    pictures = MaxLen(settings.max_files)
    return limited(PredictParameters, files=pictures, images=pictures, top_k=Le(settings.max_top_k))


def limited(model: type[Model], **limits: Le | MaxLen) -> type[Model]:
    """Returns a model whose fields have the limits of the settings."""
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
