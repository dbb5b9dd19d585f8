"""The filter grammar: JSON → conditions on items, with errors that point at the place."""

import json
import re
import reprlib
from typing import Annotated, Any, Literal, NoReturn

from annotated_types import Len
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import ErrorDetails

from wardrobe.errors import BadRequestError

MAX_DEPTH = 10
MAX_CONDITIONS = 200
MAX_VALUES = 1000

MAX_NUMBER = 2**53 - 1
"""Beyond it floating point skips whole numbers, so comparisons would not be exact."""

_TAG_PATTERN = "[^=]+(=.+)?"
_BOUNDS = ("gt", "gte", "lt", "lte")

_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = 60
_repr.maxlevel = 2
shown = _repr.repr
"""Returns a value fit for a message, however long it is."""


def _tag(value: str) -> str:
    if not re.fullmatch(_TAG_PATTERN, value):
        raise ValueError('it must be like "colour=Red", or an attribute alone: any label of it')
    return value


def _scalar(value: Any) -> Any:
    if value is None:
        raise ValueError('null equals nothing; {"exists": false} asks for items without a value')
    return value if isinstance(value, bool) else _bound(value, "a string, a number, true or false")


def _bound(value: Any, kinds: str = "a number or a string") -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"it must be {kinds}")
    if not -MAX_NUMBER <= value <= MAX_NUMBER:  # nor is NaN
        raise ValueError(f"numbers must lie from {-MAX_NUMBER} to {MAX_NUMBER}")
    return value


def _flag(value: Any) -> Any:
    if not isinstance(value, bool):
        raise ValueError("it must be true or false")
    return value


def _tuple(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        raise ValueError("it must be a list")
    return tuple(value)


_STRING: dict[str, Any] = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": "number", "minimum": -MAX_NUMBER, "maximum": MAX_NUMBER}
_BOOLEAN: dict[str, Any] = {"type": "boolean"}

Tag = Annotated[
    str, AfterValidator(_tag), WithJsonSchema({**_STRING, "pattern": f"^{_TAG_PATTERN}$"})
]
"""`attribute=label`, or an attribute alone: any label of it."""

Scalar = str | bool | int | float
"""A value of an item's metadata."""

# Any, because a condition may lack them: None then, which JSON cannot say.
_Scalar = Annotated[
    Any, PlainValidator(_scalar), WithJsonSchema({"anyOf": [_STRING, _NUMBER, _BOOLEAN]})
]
_Bound = Annotated[Any, PlainValidator(_bound), WithJsonSchema({"anyOf": [_STRING, _NUMBER]})]
_Flag = Annotated[Any, PlainValidator(_flag), WithJsonSchema(_BOOLEAN)]
_AsTuple = BeforeValidator(_tuple)


def _required(*names: str) -> list[dict[str, Any]]:
    return [{"required": [name]} for name in names]


def _config(**rules: Any) -> ConfigDict:
    """Returns the settings of a condition; `rules` join its JSON schema."""

    def amend(schema: dict[str, Any]) -> None:
        for part in schema["properties"].values():
            part.pop("default", None)  # a key that is left out has no value
        schema.update(rules)

    return ConfigDict(frozen=True, extra="forbid", strict=True, json_schema_extra=amend)


class TagCondition(BaseModel):
    """The item has a tag: given, or predicted and selected where none of the attribute is given."""

    model_config = _config(
        anyOf=[
            {"properties": {"source": {"enum": ["given_first", "predicted", "any"]}}},
            {"properties": {"min_probability": False}},
        ]
    )

    tag: Tag = Field(description="`colour=Red`, or `colour` for any label of it")
    source: Literal["given_first", "given", "predicted", "any"] = Field(
        "given_first",
        description="`given_first` takes predictions where no label of the attribute is given",
    )
    min_probability: float = Field(
        0,
        gt=0,
        le=1,
        description="Predicted with at least this probability, selected or not",
    )

    @model_validator(mode="after")
    def _given_has_no_probability(self) -> "TagCondition":
        if self.source == "given" and self.min_probability:
            raise ValueError("given tags have no probability; leave out source or min_probability")
        return self


class MetadataCondition(BaseModel):
    """A value of the item's metadata compares; of a list, at least one of its values."""

    model_config = _config(
        oneOf=[*_required("eq", "in", "exists"), {"anyOf": _required(*_BOUNDS)}],
        anyOf=[{"properties": dict.fromkeys(_BOUNDS, kind)} for kind in (_STRING, _NUMBER)],
    )

    metadata: Annotated[str, StringConstraints(min_length=1)] = Field(
        description="Its key; `size.eu` is `eu` inside `size`"
    )
    eq: _Scalar = None
    is_in: Annotated[tuple[_Scalar, ...], Len(1, MAX_VALUES), _AsTuple] = Field((), alias="in")
    gt: _Bound = None
    gte: _Bound = None
    lt: _Bound = None
    lte: _Bound = None
    exists: _Flag = None

    @property
    def bounds(self) -> dict[str, str | int | float]:
        """Those of `gt`, `gte`, `lt` and `lte` that are given."""
        found = {name: getattr(self, name) for name in _BOUNDS}
        return {name: bound for name, bound in found.items() if bound is not None}

    @model_validator(mode="after")
    def _compares_once(self) -> "MetadataCondition":
        bounds = self.bounds.values()
        ways = (self.eq is not None, self.is_in, self.exists is not None, bounds)
        if sum(map(bool, ways)) != 1:
            raise ValueError("it must have one of eq, in, exists, or bounds (gt, gte, lt, lte)")
        if len({isinstance(bound, str) for bound in bounds}) > 1:
            raise ValueError("its bounds must all be numbers, or all be strings")
        return self


class IdCondition(BaseModel):
    """The item has one of these ids."""

    model_config = _config()

    id: Annotated[tuple[str, ...], Len(1, MAX_VALUES), _AsTuple]


class FilterGroup(BaseModel):
    """All of `all`, at least one of `any` and none of `none` hold."""

    model_config = _config(anyOf=_required("all", "any", "none"))

    all: Annotated[tuple["Filter", ...], Len(1), _AsTuple] = ()
    any: Annotated[tuple["Filter", ...], Len(1), _AsTuple] = ()
    none: Annotated[tuple["Filter", ...], Len(1), _AsTuple] = ()


Filter = TagCondition | MetadataCondition | IdCondition | FilterGroup


_KINDS: dict[str, type[BaseModel]] = {
    "tag": TagCondition,
    "metadata": MetadataCondition,
    "id": IdCondition,
    "all": FilterGroup,
    "any": FilterGroup,
    "none": FilterGroup,
}


def parse_filter(value: Any) -> Filter:
    """Returns the filter that a JSON object, or the text of one, stands for.

    Raises:
        BadRequestError: it breaks the grammar or a limit; the message points at the place.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise BadRequestError(
                f"filters is not valid JSON: {error}", parameters=["filters"]
            ) from error
    return _Parser().parse(value, "filters", depth=1)


def split_tag(tag: str) -> tuple[str, str | None]:
    """Returns the attribute and the label of a tag; None is any label."""
    attribute, equals, label = tag.partition("=")
    return attribute, label if equals else None


class _Parser:
    """Walks the groups itself, so that depth and number are bounded before anything is built."""

    def __init__(self) -> None:
        self._conditions = 0

    def parse(self, value: Any, place: str, depth: int) -> Filter:
        model = _model(value, place)
        if depth > MAX_DEPTH:
            _refuse(place, f"{place}: filters nest {MAX_DEPTH} deep at most")
        if model is FilterGroup:
            value = {
                key: self._parse_list(part, f"{place}.{key}", depth + 1)
                for key, part in value.items()
            }
        else:
            self._conditions += 1
            if self._conditions > MAX_CONDITIONS:
                _refuse(place, f"{place}: filters have {MAX_CONDITIONS} conditions at most")
        try:
            return model.model_validate(value)  # type: ignore[return-value]
        except ValidationError as error:
            _explain(error.errors(include_url=False)[0], place)

    def _parse_list(self, values: Any, place: str, depth: int) -> Any:
        if not isinstance(values, list):
            return values
        return [self.parse(part, f"{place}[{i}]", depth) for i, part in enumerate(values)]


def _model(value: Any, place: str) -> type[BaseModel]:
    """Returns the kind of condition that the keys of an object say it is."""
    if not isinstance(value, dict):
        _refuse(place, f'{place} is {shown(value)}: it must be like {{"tag": "colour=Red"}}')
    named = [key for key in _KINDS if key in value]
    models = {_KINDS[key] for key in named} or set(_KINDS.values())
    if named and len(models) > 1:
        _refuse(
            place,
            f"{place}: it has both {named[0]} and {named[-1]}; put a condition of each in all",
        )
    known = [field.alias or name for model in models for name, field in model.model_fields.items()]
    unknown = [key for key in value if key not in known]
    rule = f"a condition has one of {', '.join(_KINDS)}"
    if unknown:
        if named:
            rule = f"a condition with {named[0]} knows {', '.join(known)}"
        _refuse(place, f"{place}: unknown key {shown(unknown[0])}; {rule}")
    if not named:
        _refuse(place, f"{place} is {shown(value)}: {rule}")
    return models.pop()


def _explain(problem: ErrorDetails, place: str) -> NoReturn:
    for part in problem["loc"]:
        place += f"[{part}]" if isinstance(part, int) else f".{part}"
    if problem["type"] == "value_error":
        rule = str(problem["ctx"]["error"])
    else:
        rule = re.sub(r"^(Input|String|Tuple) should", "it must", problem["msg"])
        rule = rule.replace("less than or equal to", "at most").replace(" after validation", "")
    value = problem["input"]
    given = list(value) if isinstance(value, tuple) else value
    _refuse(place, f"{place} is {shown(given)}: {rule}")


def _refuse(place: str, message: str) -> NoReturn:
    raise BadRequestError(message, parameters=[place])
