"""The part of the OpenAPI document under /items."""

from wardrobe.serving import item_schemas, items
from wardrobe.serving.openapi_parts import (
    FILE,
    Json,
    all_in_query,
    body_with_picture,
    call,
    json_of,
    operation_id,
)

_ID: Json = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "May have slashes",
    "schema": {"type": "string", "minLength": 1},
}
_NEW_ID: Json = _ID | {"schema": item_schemas.ItemPath.model_json_schema()["properties"]["id"]}
_IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "description": "The item must be this version: an ETag in quotes, or * for any",
    "schema": {"type": "string", "minLength": 1, "pattern": rf"^(\*|{items.ETAG})$"},
}
_IF_NEW: Json = {
    "name": "If-None-Match",
    "in": "header",
    "description": "* asks that the item does not exist yet",
    "schema": {"const": "*"},
}
_IF_CHANGED: Json = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag that the caller has already: 304 if that is still the version",
    "schema": {"type": "string"},
}
_LINKS: Json = {
    name: {
        "operationId": operation_id(name, "/items/{id}"),
        "parameters": {"id": "$request.path.id"},
    }
    for name in ("get", "patch", "delete")
}
_READ_ERRORS = ("404", "500", "503")
_WRITE_ERRORS = ("400", "412", "413", "415", "429", "500", "503", "504")


def paths(components: Json) -> Json:
    """Returns the calls under /items, by path and method."""
    write, patch = components["ItemWrite"], components["ItemPatch"]
    return {
        "/items": {
            "post": call(
                "Write several items; a bad one fails alone",
                json_of("BulkResponse") | _lines(),
                ("400", "413", "415", "500", "503"),
                body={"content": json_of("BulkWrite") | _lines(), "required": True},
            )
        },
        "/items/{id}": {
            "get": call(
                "An item of the catalogue",
                json_of("ItemResponse"),
                _READ_ERRORS,
                parameters=[_ID, _IF_CHANGED],
                success={"200": "Done", "304": "Not changed"},
            ),
            "put": call(
                "Write an item, whether it exists or not",
                json_of("ItemResponse"),
                _WRITE_ERRORS,
                parameters=[_NEW_ID, _IF_MATCH, _IF_NEW, *all_in_query(write)],
                body=body_with_picture(write, "ItemWrite") | {"required": True},
                success={"200": "Replaced, or the same already", "201": "Created"},
                links=_LINKS,
            ),
            "patch": call(
                "Change a part of an item",
                json_of("ItemResponse"),
                ("404", *_WRITE_ERRORS),
                parameters=[_NEW_ID, _IF_MATCH, *all_in_query(patch)],
                body=body_with_picture(patch, "ItemPatch"),
            ),
            "delete": call(
                "Remove an item",
                {},
                ("400", "404", "412", "500", "503"),
                parameters=[_NEW_ID, _IF_MATCH],
                success={"204": "Removed"},
            ),
        },
        "/items/{id}/image": {
            "get": call(
                "The picture of an item",
                {"image/*": {"schema": FILE}},
                ("400", "504", *_READ_ERRORS),
                parameters=[_ID, _IF_CHANGED, *all_in_query(components["ImageParameters"])],
                success={"200": "Done", "304": "Not changed"},
            )
        },
    }


def _lines() -> Json:
    return {item_schemas.LINES: {"schema": {"type": "string"}}}
