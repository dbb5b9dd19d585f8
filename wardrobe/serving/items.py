"""The calls that read and write the catalogue: /items."""

import json
import re
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, g, request, send_file, stream_with_context, url_for
from pydantic import ValidationError
from werkzeug.routing import PathConverter

from wardrobe.errors import (
    BadRequestError,
    TooLargeError,
    UnknownItemError,
    UnreadablePictureError,
)
from wardrobe.index import CatalogueItem, Written
from wardrobe.serving import parameters, writing
from wardrobe.serving.answers import answer
from wardrobe.serving.engine import Engine
from wardrobe.serving.failures import error_body
from wardrobe.serving.item_schemas import (
    LINES,
    BulkFailure,
    BulkItem,
    BulkOutcome,
    BulkResponse,
    BulkWrite,
    ImageParameters,
    ItemPatch,
    ItemPath,
    ItemResponse,
    ItemTag,
    ItemWrite,
)
from wardrobe.serving.service import current_service

blueprint = Blueprint("items", __name__)

ETAG = '"[!#-~]*"'

_PICTURE_S = 3600
"""How long a client may show a picture before it asks again."""


class ItemIdConverter(PathConverter):
    """Takes ids with slashes, but no address of a picture for that of an item."""

    regex = "[^/].*?(?<!/image)"


@blueprint.get("/items/<item:item_id>")
def read(item_id: str) -> Response:
    """Returns an item of the catalogue."""
    item = current_service().engine.index.item(item_id)
    response = answer(ItemResponse(**item_fields(item)))
    response.set_etag(item.etag)
    response.make_conditional(request)
    return response


@blueprint.get("/items/<item:item_id>/image")
def image(item_id: str) -> Response:
    """Returns the picture of an item, as it came or smaller."""
    engine = current_service().engine
    side = parameters.read(request, ImageParameters, raw_picture="").side
    item = engine.index.item(item_id)
    try:
        return _kept(
            send_file(item.image_path, conditional=True, max_age=_PICTURE_S)
            if side is None
            else _shrunk(engine, item, side)
        )
    except OSError as error:
        raise UnknownItemError(
            f"the picture of item {item_id!r} is gone: {error.strerror}; build the index again",
            id=item_id,
        ) from error
    except (UnreadablePictureError, TooLargeError) as error:
        raise UnknownItemError(
            f"the picture of item {item_id!r} cannot be made smaller: {error.message}; "
            "leave side out to get it as it is",
            id=item_id,
        ) from error


@blueprint.put("/items/<item:item_id>")
def put(item_id: str) -> Response:
    """Writes an item, whether it exists or not."""
    parameters.validated({"id": item_id}, ItemPath)
    engine = current_service().engine
    write = parameters.read(request, ItemWrite, raw_picture="image")
    written, item = writing.put(
        engine, item_id, write, g.deadline, if_match=_if_match(), if_new=_if_new()
    )
    return _written(written, item)


@blueprint.patch("/items/<item:item_id>")
def patch(item_id: str) -> Response:
    """Changes a part of an item."""
    parameters.validated({"id": item_id}, ItemPath)
    engine = current_service().engine
    changes = parameters.read(request, ItemPatch, raw_picture="image")
    written, item = writing.patch(engine, item_id, changes, g.deadline, if_match=_if_match())
    return _written(written, item)


@blueprint.delete("/items/<item:item_id>")
def delete(item_id: str) -> Response:
    """Removes an item."""
    parameters.validated({"id": item_id}, ItemPath)
    writing.delete(current_service().engine, item_id, if_match=_if_match())
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


@blueprint.post("/items")
def bulk() -> Response:
    """Writes several items; a bad one fails alone."""
    engine = current_service().engine
    if request.mimetype == LINES:
        outcomes = writing.put_many(engine, _read_lines(parameters.whole(request)))
        lines = (_result(*outcome).model_dump_json() + "\n" for outcome in outcomes)
        return Response(stream_with_context(lines), mimetype=LINES)
    given = parameters.read(request, BulkWrite, raw_picture="")
    results = [_result(*o) for o in writing.put_many(engine, map(_bulk_item, given.items))]
    failed = sum(isinstance(result, BulkFailure) for result in results)
    return answer(BulkResponse(results=results, written=len(results) - failed, failed=failed))


def item_fields(item: CatalogueItem) -> dict[str, Any]:
    """Returns the fields of an `ItemResponse`."""
    return {
        "id": item.id,
        "labels": item.label_names,
        "given": item.labels,
        "tags": {
            attribute: [ItemTag(label=label, probability=p) for label, p in labels.items()]
            for attribute, labels in item.tags.items()
        },
        "caption": item.caption,
        "metadata": item.metadata,
        "image_url": url_for("items.image", item_id=item.id),
        "etag": item.etag,
    }


def _shrunk(engine: Engine, item: CatalogueItem, side: int) -> Response:
    etag = f"{item.etag}-{side}"
    if request.if_none_match.contains(etag):
        response = Response(status=304)
    elif jpeg := engine.shrink(item.image_path, side, g.deadline):
        response = Response(jpeg, mimetype="image/jpeg")
    else:
        response = send_file(item.image_path, conditional=True, etag=etag, max_age=_PICTURE_S)
    response.set_etag(etag)
    return response


def _kept(response: Response) -> Response:
    """Lets a client keep a picture; a proxy only where nobody needs a key to see it (RFC 9111)."""
    open_reading = current_service().settings.open_reading
    response.cache_control.public = open_reading
    response.cache_control.private = None if open_reading else True
    response.cache_control.max_age = _PICTURE_S
    return response


def _written(written: Written, item: CatalogueItem) -> Response:
    response = answer(
        ItemResponse(**item_fields(item)), 201 if written.status == "created" else 200
    )
    response.set_etag(written.etag)
    if written.status == "created":
        response.headers["Location"] = url_for("items.read", item_id=item.id)
    return response


def _result(item_id: str | None, outcome: Written | Exception) -> BulkOutcome | BulkFailure:
    if isinstance(outcome, Written) and item_id is not None:
        return BulkOutcome(id=item_id, status=outcome.status, etag=outcome.etag)
    assert isinstance(outcome, Exception)
    return BulkFailure(id=item_id, error=error_body(outcome))


def _bulk_item(given: Any) -> tuple[str | None, ItemWrite | Exception]:
    item_id = given.get("id") if isinstance(given, dict) else None
    name = item_id if isinstance(item_id, str) else None
    try:
        item = BulkItem.model_validate(given)
    except ValidationError as error:
        return name, parameters.bad_request(error, sorted(BulkItem.model_fields))
    return item.id, item


def _read_lines(body: bytes) -> Iterator[tuple[str | None, ItemWrite | Exception]]:
    for number, line in enumerate(body.splitlines(), 1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield None, BadRequestError(f"line {number} is not valid JSON: {error}", line=number)
        else:
            yield _bulk_item(given)


def _if_match() -> str | None:
    """Returns the one ETag that `If-Match` names, or `*`."""
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted == "*":
        return wanted
    if not re.fullmatch(ETAG, wanted):
        raise BadRequestError(
            f"If-Match is {wanted!r}: it must be one ETag in quotes, or *", parameters=["If-Match"]
        )
    return wanted[1:-1]


def _if_new() -> bool:
    given = request.headers.get("If-None-Match")
    if given is None:
        return False
    if given != "*":
        raise BadRequestError(
            f"If-None-Match is {given!r}: with a write it must be *", parameters=["If-None-Match"]
        )
    return True
