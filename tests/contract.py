"""What schemathesis has to know to try every call of the contract: pictures, and what exists.

The OpenAPI document says what JSON Schema can say. What it cannot say is here, in `_REFUSED`:
whatever else is refused of a request that fits the document is a defect of one of the two.
"""

import base64
import io
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from schemathesis import GenerationMode
from schemathesis.config import GenerationConfig, SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.transport.serialization import Binary

from tests.fakes import ColourEncoder
from tests.tiny_index import COLOURS, colour_index
from wardrobe.keys import KeyStore
from wardrobe.serving.app import create_app
from wardrobe.serving.service import current_service
from wardrobe.settings import Settings

LINES = "application/x-ndjson"
_IDS = [f"shop/{colour}" for colour in COLOURS]
_TAGS = ["colour=Red", "colour", "article_type=Shirts", "tone=bright", "tone"]
_VECTOR = [float(i % 3) for i in range(13)]
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
    r"it must be \[left, top, right, bottom\]",
    "crop needs an image",  # a query string's parameters know nothing of one another
    "queries replaces",
    "leave offset out",
    "it must be the cursor of the page before",
    "the vector (has|is)",  # how long it must be, the encoder knows
    "there is no attribute",
    "has no label",
    "the weights cancel out",
)
_FILTERS = (
    r"nested \d+ deep",
    "conditions at most",
    "its bounds must all be numbers",  # the document says so, but not all drawn cases heed it
    r"must_not\[\d+\] is .* it must be like",  # a comma divides it in the query string
)
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
    "POST /admin/swap": ["409"],  # another swap is under way
    "POST /admin/rollback": ["409"],  # or there is nothing to go back to
}


def _accepting(*others: str) -> dict[str, Any]:
    return {"positive_data_acceptance": {"expected-statuses": [*_ACCEPTED, *others]}}


_RULES: dict[str, Any] = {
    "checks": _accepting(),
    "operations": [
        # 400: only with a message that `_REFUSED` names, which `known_refusal` holds.
        {"include-name": call, "checks": _accepting("400", *_OTHERS.get(call, ()))}
        for call in _REFUSED | _OTHERS
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


@contextmanager
def serving(folder: Path) -> Iterator[Flask]:
    """Yields an application on the colour index, ready to answer."""
    app = create_app(
        Settings(_env_file=None, state=folder / "state", max_picture_pixels=1_000_000),
        encoder=ColourEncoder(),
        index=colour_index(folder),
    )
    service = current_service(app)
    service.startup.wait(30)
    try:
        yield app
    finally:
        service.close()


def refill(app: Flask) -> None:
    """Puts back the items that cases have removed or changed."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {_key(app)}"
    for item_id, data in zip(_IDS, _FILES, strict=False):
        write = {"image": base64.b64encode(data).decode(), "labels": {"article_type": ["Shirts"]}}
        assert client.put(f"/items/{item_id}", json=write).status_code in (200, 201)


@cache
def _key(app: Flask) -> str:
    """Returns an API key that may do everything."""
    return KeyStore(current_service(app).settings.state).create("tests", "admin")[1]


def schema_of(app: Flask, mode: GenerationMode) -> Any:
    """Returns the document of an application, to be tried with what fits it, or what does not."""
    auth = {"openapi": {"key": {"bearer": _key(app)}}}
    config = SchemathesisConfig.from_dict(
        _RULES | {"generation": {"mode": mode.value}, "auth": auth}
    )
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app, config=config)
    if mode.is_positive:
        schema.hook("map_path_parameters")(_with_what_exists)
        schema.hook("map_query")(_query)
        schema.hook("map_body")(_with_what_exists)
    schema.hook("map_body")(_without_hub)
    schema.hook("filter_case")(_can_be_told_apart)
    return schema


def operations(schema: Any) -> list[Any]:
    """Returns every call of a document."""
    return [result.ok() for result in schema.get_all_operations()]


def fuzz(operation: Any, mode: GenerationMode, cases: int) -> None:
    """Tries a call with drawn cases, always the same ones; raises what is wrong with an answer."""

    @settings(
        max_examples=cases,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        case.call_and_validate()

    check()


def try_boundaries(app: Flask, operation: Any, mode: GenerationMode) -> None:
    """Tries a call with each boundary value of each parameter."""
    for case in operation.schema.iter_coverage_cases(
        operation, generation_modes=[mode], generation_config=GenerationConfig(modes=[mode])
    ):
        body = _without_hub(None, case.body)
        if body is not case.body:  # what is set is judged anew, and a file is taken for no text
            case.body = body
        if _can_be_told_apart(None, case):
            case.call_and_validate(headers={"Authorization": f"Bearer {_key(app)}"})


def try_links(schema: Any, cases: int) -> None:
    """Follows the links of the document: what was written is read, changed and removed."""
    schema.as_state_machine().run(
        settings=settings(
            max_examples=cases,
            stateful_step_count=6,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
    )


def _can_be_told_apart(ctx: Any, case: Any) -> bool:
    """Leaves out what looks right once it is sent.

    Lines that are no string are text like any other as bytes, in a form 0 and 1 are truths, and
    the pictures that are drawn for a body are whole ones in cases that shall not fit, too.
    """
    if isinstance(case.body, bytes) and case.body in _FILES:
        return _is_positive(case)
    if case.media_type == LINES:
        return isinstance(case.body, str)
    form = case.media_type == "application/x-www-form-urlencoded" and isinstance(case.body, dict)
    return not form or case.body.get("discard_writes") not in (0, 1, "0", "1")


def _without_hub(ctx: Any, value: Any) -> Any:
    """Keeps swaps from asking a model hub for an encoder."""
    encoder = value.get("encoder") if isinstance(value, dict) else None
    if isinstance(encoder, str) and encoder.strip():
        return value | {"encoder": "/no/such/encoder"}
    return value


def _with_what_exists(ctx: Any, value: Any) -> Any:
    """Puts pictures, items, tags and vectors that exist in the place of most made-up ones."""
    return _without_clashes(_replaced(value)) if isinstance(value, dict) else value


def _query(ctx: Any, value: Any) -> Any:
    """Leaves most of what a body may say to it."""
    if ctx.operation.body and _drawn(value) % 4:
        return {}
    return _with_what_exists(ctx, value)


def _without_clashes(value: dict[str, Any]) -> dict[str, Any]:
    """Leaves out most cursors, and kinds of query beside `queries`."""
    drawn = _drawn(repr(value))
    left_out = {"cursor"} if drawn % 4 else set()
    if "queries" in value and drawn % 8:
        left_out |= {"image", "text", "id", "vector", "colour", "crop"}
    return {name: part for name, part in value.items() if name not in left_out}


def _replaced(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _replaced(part, key) for key, part in value.items()}
    if isinstance(value, list) and name == "vector":
        return _VECTOR if _drawn(value) % 4 else value
    if isinstance(value, list) and name == "crop":
        return sorted(value) if _drawn(value) % 4 else value
    if isinstance(value, list):
        return [_replaced(part, name) for part in value]
    if isinstance(value, Binary) and name in ("image", "files"):
        drawn = _drawn(repr(value))
        return Binary(_FILES[drawn // 4 % len(_FILES)]) if drawn % 4 else value
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
        "vector": [",".join(map(str, _VECTOR))],
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
