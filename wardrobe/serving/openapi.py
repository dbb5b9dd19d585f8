"""The OpenAPI document, generated from the schemas."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

import wardrobe
from wardrobe.serving import admin_schemas, schemas
from wardrobe.serving.service import Service

Json = dict[str, Any]

_ERRORS = {
    "400": "A parameter, the body or the picture breaks a rule; the message says which",
    "404": "No item has this id",
    "409": "A swap is under way, or there is nothing to roll back to",
    "413": "A picture or the body is over a limit",
    "415": "The body has a Content-Type that is not read",
    "429": "Too many inputs wait already; try again after `Retry-After` seconds",
    "500": "Something failed inside; the log says more under the request id",
    "503": "Not ready yet, stopping or broken; the message says which",
    "504": "The deadline passed before the answer was there",
}
_QUERY_ERRORS = ("400", "413", "429", "500", "503", "504")
_SWAP_ERRORS = ("400", "409", "413", "415", "500", "503")
_ITEM_ERRORS = ("404", "500", "503")
_FILE: Json = {"type": "string", "contentMediaType": "application/octet-stream"}
_OLD = {"encoder": "models/wardrobe-base", "index": "indexes/fashion"}
_NEW = {"encoder": "models/wardrobe-base", "index": "indexes/fashion-2"}
_SWAPPED: Json = {
    "state": "switched",
    "message": "serving indexes/fashion-2 with models/wardrobe-base",
    "since": "2026-11-24T10:00:07.401823Z",
    "target": _NEW,
    "current": _NEW,
    "previous": _OLD,
}
_BEGUN: Json = {
    "state": "loading",
    "message": "waiting to begin",
    "since": "2026-11-24T10:00:05.118034Z",
    "target": _NEW,
    "current": _OLD,
    "previous": None,
}
_ITEM_ID: Json = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def document(service: Service) -> Json:
    """Returns the OpenAPI 3.1 document of a service, with the limits of its settings."""
    modes: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (service.search_parameters, "validation"),
        (service.predict_parameters, "validation"),
        (admin_schemas.SwapParameters, "validation"),
        (schemas.SearchResponse, "serialization"),
        (schemas.PredictResponse, "serialization"),
        (schemas.ItemResponse, "serialization"),
        (admin_schemas.SwapStatus, "serialization"),
        (schemas.Health, "serialization"),
        (schemas.Alive, "serialization"),
        (schemas.ErrorResponse, "serialization"),
    ]
    _, definitions = models_json_schema(modes, ref_template="#/components/schemas/{model}")
    components = definitions["$defs"]
    return {
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
            "/admin/swap": _swap(components),
            "/admin/rollback": {
                "post": _call(
                    "Begin to swap back to what was served before",
                    _json("SwapStatus", _BEGUN | {"target": _OLD, "current": _NEW}),
                    _SWAP_ERRORS,
                    status="202",
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
        "components": {"schemas": components},
    }


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


def _swap(components: Json) -> Json:
    form = {"schema": components["SwapParameters"], "example": _NEW}
    return {
        "get": _call(
            "How far the last swap is, or how it ended", _json("SwapStatus", _SWAPPED), ("500",)
        ),
        "post": _call(
            "Begin to swap to another index, and encoder",
            _json("SwapStatus", _BEGUN),
            _SWAP_ERRORS,
            status="202",
            parameters=[
                _in_query(name, schema) for name, schema in form["schema"]["properties"].items()
            ],
            body={
                "content": {
                    "application/x-www-form-urlencoded": form,
                    **_json("SwapParameters", _NEW),
                }
            },
        ),
    }


def _call(
    summary: str,
    content: Json,
    errors: Sequence[str] = (),
    *,
    status: str = "200",
    parameters: Sequence[Json] = (),
    body: Json | None = None,
) -> Json:
    done = {"200": "Done", "202": "Begun; GET /admin/swap says how it goes on"}[status]
    responses = {status: {"description": done, "content": content}} | {
        error: {"description": _ERRORS[error], "content": _json("ErrorResponse")}
        for error in sorted(errors)
    }
    call: Json = {"summary": summary, "parameters": list(parameters), "responses": responses}
    return call if body is None else call | {"requestBody": body}


def _json(model: str, example: Json | None = None) -> Json:
    content: Json = {"schema": {"$ref": f"#/components/schemas/{model}"}}
    return {"application/json": content | ({"example": example} if example else {})}


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
