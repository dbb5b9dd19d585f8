"""The OpenAPI document, generated from the schemas."""

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

import wardrobe
from wardrobe.serving import (
    admin_schemas,
    feedback_schemas,
    item_schemas,
    openapi_admin,
    openapi_items,
    schemas,
    search_schemas,
)
from wardrobe.serving.access import required_scope
from wardrobe.serving.examples import EXAMPLES
from wardrobe.serving.openapi_parts import (
    FILE,
    Json,
    add_examples,
    all_in_query,
    body_with_picture,
    call,
    in_query,
    json_of,
    operation_id,
    refused,
)
from wardrobe.settings import Settings

_ENCODING_ERRORS = ("400", "413", "415", "429", "500", "503", "504")
_SEARCH_ERRORS = ("400", "404", "410", "429", "500", "503", "504")

_KEY: Json = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key, `wdr_…`; `wardrobe keys create` makes one",
}

_GIVEN: list[type[BaseModel]] = [
    schemas.PredictResponse,
    search_schemas.SearchResponse,
    search_schemas.FacetResponse,
    item_schemas.ItemResponse,
    item_schemas.BulkResponse,
    feedback_schemas.FeedbackResponse,
    admin_schemas.SwapStatus,
    admin_schemas.CompactStatus,
    admin_schemas.DoctorResponse,
    schemas.Health,
    schemas.Alive,
    schemas.ErrorResponse,
]


def document(settings: Settings) -> Json:
    """Returns the OpenAPI 3.1 document of a service with these settings, and their limits."""
    modes: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        *((model, "validation") for model in _taken(settings)),
        *((model, "serialization") for model in _GIVEN),
    ]
    _, definitions = models_json_schema(modes, ref_template="#/components/schemas/{model}")
    components = definitions["$defs"]
    paths = {
        "/predict": _predict(components, settings.max_files),
        "/search": _search(components),
        "/facets": _facets(components),
        **openapi_items.paths(components),
        "/feedback": {"post": _feedback()},
        **openapi_admin.paths(components),
        "/healthz": {"get": call("What is served, if it can be", json_of("Health"), ("503",))},
        "/livez": {"get": call("The process answers", json_of("Alive"))},
        "/metrics": {
            "get": call("Metrics for Prometheus", {"text/plain": {"schema": {"type": "string"}}})
        },
    }
    for path, calls in paths.items():
        for method, described in calls.items():
            described["operationId"] = operation_id(method, path)
            add_examples(described, EXAMPLES.get(f"{method.upper()} {path}", ()))
    _ask_for_keys(paths, open_reading=settings.open_reading)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Wardrobe",
            "version": wardrobe.__version__,
            "description": wardrobe.__doc__,
        },
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"key": _KEY}},
    }


def _ask_for_keys(paths: Json, *, open_reading: bool) -> None:
    """Adds to each call the scope it needs, and how it is refused without."""
    for path, calls in paths.items():
        for method, described in calls.items():
            scope = required_scope(method.upper(), path)
            if scope is None:
                continue
            keyed = {"key": [scope]}
            described["security"] = [{}, keyed] if open_reading and scope == "read" else [keyed]
            refusals = ("401", "429", "500") if scope == "read" else ("401", "403", "429", "500")
            described["responses"] |= refused(refusals)


def _taken(settings: Settings) -> list[type[BaseModel]]:
    return [
        search_schemas.search_parameters(settings),
        schemas.predict_parameters(settings),
        search_schemas.FacetParameters,
        item_schemas.ImageParameters,
        item_schemas.ItemWrite,
        item_schemas.ItemPatch,
        item_schemas.BulkItem,
        item_schemas.BulkWrite,
        feedback_schemas.TagFeedback,
        feedback_schemas.ResultFeedback,
        admin_schemas.SwapParameters,
    ]


def _predict(components: Json, max_files: int) -> Json:
    properties = components["PredictParameters"]["properties"]
    settings = {name: properties[name] for name in ("top_k", "explain")}
    form = {
        "type": "object",
        "properties": {
            "files": {"type": "array", "items": FILE, "minItems": 1, "maxItems": max_files},
            **settings,
        },
        "required": ["files"],
        "additionalProperties": False,
    }
    body = {
        "content": {
            "multipart/form-data": {"schema": form},
            **json_of("PredictParameters"),
            "image/*": {"schema": FILE},
        },
        "required": True,
    }
    return {
        "post": call(
            "Tag pictures; a bad one among several fails alone",
            json_of("PredictResponse"),
            _ENCODING_ERRORS,
            parameters=[in_query(name, schema) for name, schema in settings.items()],
            body=body,
        )
    }


def _search(components: Json) -> Json:
    schema = components["SearchParameters"]
    return {
        "get": call(
            "Find items by text, item, vector or colour, or list them",
            json_of("SearchResponse"),
            _SEARCH_ERRORS,
            parameters=[part for part in all_in_query(schema) if part["name"] != "crop"],
        ),
        "post": call(
            "Find items by pictures, texts, items, vectors and colours, or list them",
            json_of("SearchResponse"),
            (*_SEARCH_ERRORS, "413", "415"),
            parameters=all_in_query(schema),
            body=body_with_picture(schema, "SearchParameters"),
        ),
    }


def _feedback() -> Json:
    kinds = {
        kind: f"#/components/schemas/{model.__name__}"
        for kind, model in (
            ("tag", feedback_schemas.TagFeedback),
            ("result", feedback_schemas.ResultFeedback),
        )
    }
    schema = {
        "oneOf": [{"$ref": reference} for reference in kinds.values()],
        "discriminator": {"propertyName": "kind", "mapping": kinds},
    }
    return call(
        "Accept or reject a tag or a result",
        json_of("FeedbackResponse"),
        ("400", "404", "413", "415", "500", "503"),
        success={"201": "Kept"},
        body={"required": True, "content": {"application/json": {"schema": schema}}},
    )


def _facets(components: Json) -> Json:
    return {
        "get": call(
            "Count the values of fields",
            json_of("FacetResponse"),
            ("400", "500", "503"),
            parameters=all_in_query(components["FacetParameters"]),
        )
    }
