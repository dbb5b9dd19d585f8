"""Pieces that the OpenAPI document is made of."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wardrobe.serving.error_examples import ERRORS
from wardrobe.serving.examples import Example

Json = dict[str, Any]

_ERRORS = {
    "400": "A parameter, the body or the picture breaks a rule; the message says which",
    "401": "The call needs an API key, or this one is unknown, revoked or expired",
    "403": "The API key's scope is too small",
    "404": "No item has this id",
    "409": "A swap is under way, or there is nothing to roll back to",
    "410": "The cursor is too old, or of another index; ask for the first page again",
    "412": "The item is not in the state that If-Match or If-None-Match asks for",
    "413": "A picture or the body is over a limit",
    "415": "The body has a Content-Type that is not read",
    "429": "Too many inputs wait, or too many requests came; ask again after `Retry-After` seconds",
    "500": "Something failed inside; the log says more under the request id",
    "503": "Not ready yet, stopping or broken; the message says which",
    "504": "The deadline passed before the answer was there",
}
FILE: Json = {
    "type": "string",
    "format": "binary",
    "contentMediaType": "application/octet-stream",
}


def call(
    summary: str,
    content: Json,
    errors: Sequence[str] = (),
    *,
    parameters: Sequence[Json] = (),
    body: Json | None = None,
    success: Mapping[str, str] | None = None,
    links: Json | None = None,
) -> Json:
    """Returns an operation.

    Args:
        content: of the answer, by media type.
        errors: statuses with which it can fail.
        success: description of each status with which it can succeed; 200 by default.
        links: calls that can follow a success.
    """
    responses: Json = {}
    for status, description in (success or {"200": "Done"}).items():
        responses[status] = {"description": description}
        if links:
            responses[status]["links"] = links
        if status not in ("204", "304"):
            responses[status]["content"] = content
    responses |= refused(errors)
    described: Json = {"summary": summary, "parameters": list(parameters), "responses": responses}
    return described if body is None else described | {"requestBody": body}


def operation_id(method: str, path: str) -> str:
    """Returns the name that clients may give to the function for a call."""
    return "_".join([method, *re.findall(r"\w+", path)])


def refused(statuses: Sequence[str]) -> Json:
    """Returns the answers that are errors, by status."""
    return {
        status: {
            "description": _ERRORS[status],
            "content": json_of("ErrorResponse", {"error": ERRORS[status]}),
        }
        for status in sorted(statuses)
    }


def add_examples(operation: Json, examples: Iterable[Example]) -> None:
    """Adds examples to an operation."""
    for example in examples:
        values = example.parameters
        operation["parameters"] = [
            part | {"example": values[part["name"]]} if part["name"] in values else part
            for part in operation["parameters"]
        ]
        for response in operation["responses"].values():
            content = response.get("content", {})
            if example.media_type in content:  # those of errors have one
                content[example.media_type].setdefault("example", example.answer)
        if example.bodies:
            operation["requestBody"]["content"][example.media_type]["examples"] = {
                name: {"summary": name, "value": value} for name, value in example.bodies.items()
            }


def json_of(model: str, example: Json | None = None) -> Json:
    """Returns the content of an answer or body that is JSON of a schema."""
    content: Json = {"schema": {"$ref": f"#/components/schemas/{model}"}}
    return {"application/json": content if example is None else content | {"example": example}}


def body_with_picture(schema: Json, model: str) -> Json:
    """Describes the three ways to send a picture: a form, JSON, or the bare picture."""
    form = as_form(schema)
    as_json = {
        name: {"contentType": "application/json"}
        for name, part in form["properties"].items()
        if part.get("type") == "array" or _is_json(part)
    }
    form["properties"]["image"] = FILE
    return {
        "content": {
            "multipart/form-data": {"schema": form, "encoding": as_json},
            **json_of(model),
            "image/*": {"schema": FILE},
        }
    }


def as_form(schema: Json) -> Json:
    """Returns the schema of a form with the fields of an object."""
    fields = {name: _without_null(part) for name, part in schema["properties"].items()}
    return {**schema, "properties": fields}


def all_in_query(schema: Json) -> list[Json]:
    """Returns the parameters of a schema as they come in a query string, but for pictures."""
    required = schema.get("required", [])
    return [
        in_query(name, part, required=name in required)
        for name, part in schema["properties"].items()
        if name != "image"
    ]


def in_query(name: str, schema: Json, *, required: bool = False) -> Json:
    """Returns a parameter of a query string: lists with commas, objects as JSON."""
    bare = _without_null(schema)
    bare = {k: v for k, v in bare.items() if k not in ("title", "description", "default")}
    described: Json = {"name": name, "in": "query", "required": required}
    if "description" in schema:
        described["description"] = schema["description"]
    if _is_json(bare):
        return described | {"content": {"application/json": {"schema": bare}}}
    if "default" in schema and schema["default"] is not None:
        bare = bare | {"default": schema["default"]}
    return described | {"schema": bare, "style": "form", "explode": False}


def _without_null(schema: Json) -> Json:
    """Returns the schema of a value as text, which is left out instead of being null."""
    alternatives = [part for part in schema.get("anyOf", []) if part != {"type": "null"}]
    shared = {k: v for k, v in schema.items() if k not in ("anyOf", "default")}
    if schema.get("default") is not None:
        shared["default"] = schema["default"]
    if len(alternatives) == 1:
        shared.update(alternatives[0])
    elif alternatives:
        shared["anyOf"] = alternatives
    return shared


def _is_json(schema: Json) -> bool:
    if schema.get("type") == "array":
        return _is_json(schema["items"])
    return "$ref" in schema or "anyOf" in schema or schema.get("type") == "object"
