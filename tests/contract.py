"""What schemathesis has to know to try every call of the contract: pictures, and what exists.

The OpenAPI document says what JSON Schema can say. What it cannot say is here, in `_REFUSED`:
whatever else is refused of a request that fits the document is a defect of one of the two.
"""

import base64
import io
import json
import re
import zlib
from collections.abc import Sequence
from typing import Any

import schemathesis
from flask import Flask
from hypothesis import strategies as st
from PIL import Image
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure

from tests.tiny_index import COLOURS

LINES = "application/x-ndjson"
_IDS = [f"shop/{colour}" for colour in COLOURS]
_TAGS = ["colour=Red", "colour", "article_type=Shirts", "tone=bright", "tone"]
_FIELDS = ["colour", "article_type", "metadata.price", "metadata.size.eu"]

_PICTURE = (
    "are not a picture",
    "truncated or damaged",
    r"the picture is empty",
    "is not base64",
)
_QUERY = (
    *_PICTURE,
    "is given twice",  # in the query string and in the body
    r"crop is .* it must be \[left, top, right, bottom\]",
    "crop needs an image",  # a query string's parameters know nothing of one another
    "queries replaces",
    "leave offset out",
    "it must be the cursor of the page before",
    "the vector (has|is)",  # how long it must be, the encoder knows
    "there is no attribute",
    "has no label",
    "the weights cancel out",
)
_FILTERS = (r"nested \d+ deep", "conditions at most")
_WRITE = (
    *_PICTURE,
    "is given twice",
    "it must be printable",
    "nests deeper than",
    "bytes as JSON; the limit",
    "beyond what is kept exactly",
    "NUL character",  # inside metadata
)
_REFUSED: dict[str, Sequence[str]] = {
    "POST /predict": (*_PICTURE, "is given twice"),
    "GET /search": (*_QUERY, *_FILTERS),
    "POST /search": (*_QUERY, *_FILTERS),
    "GET /facets": ("there is no attribute", "has no label", *_FILTERS),
    "PUT /items/{id}": _WRITE,
    "PATCH /items/{id}": _WRITE,
    "DELETE /items/{id}": ("it must be printable",),
    "POST /feedback": ("of a label that the encoder predicts", "JSON of"),
}
"""Rules that JSON Schema cannot state, by call: words of the message of a refusal."""

_ACCEPTED = ["2xx", "304", "404"]
_OTHERS = {
    "GET /search": ["410"],  # a cursor of another index
    "POST /search": ["410"],
    "PUT /items/{id}": ["412"],  # another version
    "PATCH /items/{id}": ["412"],
    "DELETE /items/{id}": ["412"],
}


def _accepting(*others: str) -> dict[str, Any]:
    return {"positive_data_acceptance": {"expected-statuses": [*_ACCEPTED, *others]}}


_RULES: dict[str, Any] = {
    "checks": _accepting(),
    "operations": [
        # 400: only with a message that `_REFUSED` names, which `known_refusal` holds.
        {"include-name": call, "checks": _accepting("400", *_OTHERS.get(call, ()))}
        for call in _REFUSED
    ],
}


class UnknownRefusal(Failure):
    """A request that fits the document was refused for a reason that it could have stated."""


@schemathesis.check
def known_refusal(ctx: Any, response: Any, case: Any) -> None:
    """Holds that what fits the document is only refused by a rule that it cannot state."""
    if response.status_code != 400 or case.meta is None or not _is_positive(case):
        return
    message = response.json()["error"]["message"]
    rules = _REFUSED.get(case.operation.label, ())
    if not any(re.search(rule, message) for rule in rules):
        raise UnknownRefusal(
            operation=case.operation.label, title="Refused without need", message=message
        )


def _is_positive(case: Any) -> bool:
    return bool(case.meta.generation.mode.is_positive)


def schema_of(app: Flask, mode: str, *, coverage: bool = False) -> Any:
    """Returns the document of an application, ready to be tried.

    Args:
        mode: `positive`: what fits the document; `negative`: what does not.
        coverage: whether to begin with every boundary value of every parameter.
    """
    phases = {name: {"enabled": coverage} for name in ("coverage", "examples")}
    config = SchemathesisConfig.from_dict(
        {**_RULES, "generation": {"mode": mode}, "phases": phases}
    )
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app, config=config)
    schema.hook("map_case")(_with_what_exists)
    schema.hook("filter_case")(_can_be_told_apart)
    return schema


def _can_be_told_apart(ctx: Any, case: Any) -> bool:
    """Leaves out lines that are no string: as bytes they are text like any other."""
    return case.media_type != LINES or isinstance(case.body, str)


def _with_what_exists(ctx: Any, case: Any) -> Any:
    """Puts pictures, items, tags and vectors that exist in the place of most made-up ones."""
    if case.meta is None or not _is_positive(case):
        return case
    if case.path_parameters and "id" in case.path_parameters:
        case.path_parameters["id"] = _instead("id", case.path_parameters["id"])
    if isinstance(case.query, dict):
        case.query = _replaced(case.query)
    if isinstance(case.body, dict) and case.media_type == "application/json":
        case.body = _replaced(case.body)
    return case


def _replaced(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _replaced(part, key) for key, part in value.items()}
    if isinstance(value, list) and name == "vector":
        return [float(i % 3) for i in range(13)] if _drawn(value) % 4 else value
    if isinstance(value, list):
        return [_replaced(part, name) for part in value]
    return _instead(name, value) if isinstance(value, str) else value


def _instead(name: str, value: str) -> str:
    known = {
        "id": _IDS,
        "image": _PICTURES,
        "images": _PICTURES,
        "tag": _TAGS,
        "must_not": _TAGS,
        "fields": _FIELDS,
        "facets": _FIELDS,
        "sort": [*_FIELDS, *(f"-{field}" for field in _FIELDS)],
        "group_by": _FIELDS,
    }.get(name)
    drawn = _drawn(value)
    return known[drawn // 4 % len(known)] if known and drawn % 4 else value


def _drawn(value: Any) -> int:
    """Returns a number that only depends on a value, so that a case is the same again."""
    return zlib.crc32(json.dumps(value).encode())


def _picture(size: tuple[int, int], colour: str, kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind)
    return buffer.getvalue()


_FILES = [
    _picture(size, colour, kind)
    for size in ((1, 1), (20, 16))
    for colour in ("red", "blue")
    for kind in ("PNG", "JPEG")
]
_PICTURES = [base64.b64encode(data).decode() for data in _FILES]

schemathesis.openapi.media_type(
    "image/*", st.one_of(st.sampled_from(_FILES), st.sampled_from(_FILES), st.binary(max_size=99))
)


@schemathesis.serializer(LINES)
def _lines(ctx: Any, value: Any) -> dict[str, Any]:
    return {"data": value if isinstance(value, bytes) else str(value).encode(errors="replace")}
