"""The OpenAPI document, generated from the schemas."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

import wardrobe
from wardrobe.serving import schemas
from wardrobe.serving.access import required_scope
from wardrobe.serving.service import Service

Json = dict[str, Any]

_ERRORS = {
    "400": "A parameter, the body or the picture breaks a rule; the message says which",
    "401": "The call needs an API key, or this one is unknown, revoked or expired",
    "403": "The API key's scope is too small",
    "404": "No item has this id",
    "413": "A picture or the body is over a limit",
    "415": "The body has a Content-Type that is not read",
    "429": "Too many inputs wait, or too many requests came; ask again after `Retry-After` seconds",
    "500": "Something failed inside; the log says more under the request id",
    "503": "Not ready yet, stopping or broken; the message says which",
    "504": "The deadline passed before the answer was there",
}
_QUERY_ERRORS = ("400", "413", "429", "500", "503", "504")
_ITEM_ERRORS = ("404", "500", "503")
_KEY: Json = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key, `wdr_…`; `wardrobe keys create` makes one",
}
_FILE: Json = {"type": "string", "contentMediaType": "application/octet-stream"}
_ITEM_ID: Json = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def document(service: Service) -> Json:
    """Returns the OpenAPI 3.1 document of a service, with the limits of its settings."""
    modes: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (service.search_parameters, "validation"),
        (service.predict_parameters, "validation"),
        (schemas.SearchResponse, "serialization"),
        (schemas.PredictResponse, "serialization"),
        (schemas.ItemResponse, "serialization"),
        (schemas.Health, "serialization"),
        (schemas.Alive, "serialization"),
        (schemas.ErrorResponse, "serialization"),
    ]
    _, definitions = models_json_schema(modes, ref_template="#/components/schemas/{model}")
    components = definitions["$defs"]
    content: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": "Wardrobe",
            "version": wardrobe.__version__,
            "description": wardrobe.__doc__,
        },
        "paths": {
            "/predict": _predict(components, service.settings.max_files),
            "/search": _search(components),
            "/items/{id}": {
                "get": _call(
                    "An item of the catalogue",
                    _json("ItemResponse"),
                    _ITEM_ERRORS,
                    parameters=[_ITEM_ID],
                )
            },
            "/items/{id}/image": {
                "get": _call(
                    "The picture of an item",
                    {"image/*": {"schema": _FILE}},
                    _ITEM_ERRORS,
                    parameters=[_ITEM_ID],
                )
            },
            "/healthz": {"get": _call("What is served, if it can be", _json("Health"), ("503",))},
            "/livez": {"get": _call("The process answers", _json("Alive"))},
            "/metrics": {
                "get": _call(
                    "Metrics for Prometheus", {"text/plain": {"schema": {"type": "string"}}}
                )
            },
        },
        "components": {"schemas": components, "securitySchemes": {"key": _KEY}},
    }
    _ask_for_keys(content["paths"], open_reading=service.settings.open_reading)
    return content


def _predict(components: Json, max_files: int) -> Json:
    properties = components["PredictParameters"]["properties"]
    settings = {name: properties[name] for name in ("top_k", "explain")}
    form = {
        "type": "object",
        "properties": {
            "files": {"type": "array", "items": _FILE, "minItems": 1, "maxItems": max_files},
            **settings,
        },
        "required": ["files"],
        "additionalProperties": False,
    }
    return {
        "post": _call(
            "Tag pictures; a bad one among several fails alone",
            _json("PredictResponse"),
            (*_QUERY_ERRORS, "415"),
            parameters=[_in_query(name, schema) for name, schema in settings.items()],
            body=_body(form, "PredictParameters"),
        )
    }


def _search(components: Json) -> Json:
    schema = components["SearchParameters"]
    form = {**schema, "properties": {**schema["properties"], "image": _FILE}}
    in_query = [
        _in_query(name, part) for name, part in schema["properties"].items() if name != "image"
    ]
    return {
        "get": _call(
            "Find items by text, item or vector",
            _json("SearchResponse"),
            (*_QUERY_ERRORS, "404"),
            parameters=in_query,
        ),
        "post": _call(
            "Find items by picture, text, item or vector",
            _json("SearchResponse"),
            (*_QUERY_ERRORS, "404", "415"),
            parameters=in_query,
            body=_body(form, "SearchParameters"),
        ),
    }


def _ask_for_keys(paths: dict[str, Json], *, open_reading: bool) -> None:
    """Adds to each call the scope it needs, and how it is refused without."""
    for path, calls in paths.items():
        for method, call in calls.items():
            scope = required_scope(method.upper(), path)
            if scope is None:
                continue
            keyed = {"key": [scope]}
            call["security"] = [{}, keyed] if open_reading and scope == "read" else [keyed]
            refusals = ("401", "429", "500") if scope == "read" else ("401", "403", "429", "500")
            call["responses"] |= _errors(refusals)


def _call(
    summary: str,
    content: Json,
    errors: Sequence[str] = (),
    *,
    parameters: Sequence[Json] = (),
    body: Json | None = None,
) -> Json:
    responses = {"200": {"description": "Done", "content": content}} | _errors(errors)
    call: Json = {"summary": summary, "parameters": list(parameters), "responses": responses}
    return call if body is None else call | {"requestBody": body}


def _errors(statuses: Sequence[str]) -> Json:
    return {
        status: {"description": _ERRORS[status], "content": _json("ErrorResponse")}
        for status in sorted(statuses)
    }


def _json(model: str) -> Json:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}


def _body(form: Json, model: str) -> Json:
    """Describes the three ways to send a picture: a form, JSON, or the bare picture."""
    return {
        "content": {
            "multipart/form-data": {"schema": form},
            **_json(model),
            "image/*": {"schema": _FILE},
        }
    }


def _in_query(name: str, schema: Json) -> Json:
    alternatives = [part for part in schema.get("anyOf", []) if part != {"type": "null"}]
    bare = alternatives[0] if alternatives else schema
    return {
        "name": name,
        "in": "query",
        "description": schema["description"],
        "schema": {k: v for k, v in bare.items() if k not in ("title", "description")},
        "style": "form",
        "explode": False,
    }
