"""Request → validated parameters: one set of names in query string, form, files and JSON body."""

import json
import re
import reprlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from flask import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.datastructures import MultiDict
from werkzeug.formparser import FormDataParser

from wardrobe.errors import BadRequestError, UnsupportedMediaTypeError
from wardrobe.serving import telemetry
from wardrobe.serving.schemas import Upload, Written

Model = TypeVar("Model", bound=BaseModel)

_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_SHOWN_PROBLEMS = 3
_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = 60


class StrictRequest(Request):
    """Reports a broken form; the default takes it for an empty one."""

    def make_form_data_parser(self) -> FormDataParser:
        parser = super().make_form_data_parser()
        parser.silent = False
        return parser


def read(request: Request, model: type[Model], *, raw_picture: str) -> Model:
    """Returns the parameters of a request, wherever they came from.

    Args:
        raw_picture: the parameter that a body of Content-Type image/* stands for.

    Raises:
        BadRequestError: a parameter is unknown, repeated or against its rule, or the body is
            not a JSON object.
        UnsupportedMediaTypeError: a body of a Content-Type that is not read.
    """
    return validated(given(request, raw_picture=raw_picture), model)


def given(request: Request, *, raw_picture: str) -> dict[str, Any]:
    """Returns the parameters of a request by name, not validated; see `read`."""
    with telemetry.stage("read"):
        pairs: list[tuple[str, Any]] = _written(request.args)
        if request.method in ("POST", "PUT", "PATCH"):
            pairs += _body(request, raw_picture)
        return _by_name(pairs)


def validated(values: dict[str, Any], model: type[Model]) -> Model:
    """Returns parameters as the model has them; see `read`."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise bad_request(error, known=sorted(model.model_fields)) from error


def _body(request: Request, raw_picture: str) -> Iterator[tuple[str, Any]]:
    if request.mimetype in _FORMS:
        try:
            yield from _written(request.form)
        except ValueError as error:
            raise BadRequestError(f"the form cannot be read: {error}") from error
        for name, file in request.files.items(multi=True):
            content = file.read()
            if file.filename or content:  # a browser sends an empty part for a field left empty
                yield name, Upload(file.filename or name, content)
    elif request.is_json:
        yield from _json_object(whole(request)).items()
    elif request.mimetype.startswith("image/") or request.mimetype == "application/octet-stream":
        yield raw_picture, Upload("body", whole(request))
    elif request.mimetype or whole(request):
        kind = f"Content-Type {request.mimetype}" if request.mimetype else "no Content-Type"
        raise UnsupportedMediaTypeError(
            f"a body with {kind} is not read; send multipart/form-data, application/json "
            "or image/*",
            content_type=request.mimetype,
        )


def _written(values: MultiDict[str, str]) -> list[tuple[str, Any]]:
    return [(name, Written(value)) for name, value in values.items(multi=True)]


def whole(request: Request) -> bytes:
    """Returns the body; raises `RequestEntityTooLarge` where it is over the limit."""
    body = request.get_data()
    # A body of undeclared length is cut at the limit without a word; one byte more raises 413.
    request.stream.read(1)
    return body


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"the body is not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise BadRequestError(
            f'the JSON body must be an object like {{"text": "red dress"}}, '
            f"got {_repr.repr(content)}"
        )
    return content


def _by_name(given: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Gathers the files of each name in a list; anything else has one value."""
    files: dict[str, list[Upload]] = defaultdict(list)
    values: dict[str, Any] = {}
    for name, value in given:
        if isinstance(value, Upload):
            files[name].append(value)
        elif str(values.setdefault(name, value)) != str(value):
            shown = _shortened(name)
            both = f"{_repr.repr(values[name])} and {_repr.repr(value)}"
            raise BadRequestError(f"{shown} is given twice, as {both}", parameters=[shown])
    for name in files.keys() & values.keys():
        shown = _shortened(name)
        raise BadRequestError(f"{shown} is given both as file and as text", parameters=[shown])
    return values | files


def bad_request(error: ValidationError, known: list[str]) -> BadRequestError:
    problems = error.errors(include_url=False)
    message = "; ".join(_explain(problem, known) for problem in problems[:_SHOWN_PROBLEMS])
    if len(problems) > _SHOWN_PROBLEMS:
        message += f"; and {len(problems) - _SHOWN_PROBLEMS} more"
    return BadRequestError(message, parameters=[_name(p) for p in problems[:_SHOWN_PROBLEMS]])


def _explain(problem: ErrorDetails, known: list[str]) -> str:
    name, value = _name(problem), _repr.repr(problem["input"])
    if problem["type"] == "extra_forbidden":
        return f"unknown parameter '{name}'; this call knows {', '.join(known)}"
    if problem["type"] == "missing":
        return f"{name} is missing; this call needs it"
    if problem["type"] == "value_error":
        rule = str(problem["ctx"]["error"])
        return f"{name} is {value}: {rule}" if name else rule
    rule = re.sub(r"^(Input|String|List) should", "it must", problem["msg"])
    return f"{name} is {value}: {rule.replace(' after validation', '')}"


def _name(problem: ErrorDetails) -> str:
    first, *rest = problem["loc"] or ("",)
    return _shortened(str(first)) + "".join(
        f"[{part}]" if isinstance(part, int) else f".{_shortened(part)}" for part in rest
    )


def _shortened(name: str) -> str:
    """Returns a name that is fit to be shown, however long and whatever characters it has."""
    return _repr.repr(name)[1:-1]
