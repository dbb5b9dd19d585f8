"""What the tests of the server share: an encoder to hold up, and a client that checks answers."""

import io
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from tests.fakes import ColourEncoder
from wardrobe.encoders import PictureEncoding
from wardrobe.encoders.base import PixelArray
from wardrobe.serving import openapi
from wardrobe.serving.service import current_service


class GatedEncoder(ColourEncoder):
    """A colour encoder that a test can hold up, and that remembers its batches."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.batches: list[int] = []

    def hold(self) -> None:
        """Forgets past batches and makes the next ones wait until `gate` is set."""
        self.batches.clear()
        self.gate.clear()

    def encode_pictures(self, pixels: PixelArray) -> PictureEncoding:
        self.batches.append(len(pixels))
        assert self.gate.wait(20)
        return super().encode_pictures(pixels)


class ContractClient(FlaskClient):
    """Fails the test when an answer is not what the OpenAPI document promises."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        _check(self.application, response)
        return response


def _check(app: Flask, response: TestResponse) -> None:
    assert response.headers["X-Request-ID"]
    document = _document(app)
    if response.status_code >= 400:
        _validate(document, "ErrorResponse", response.json)
    call = document["paths"].get(_path(app, response), {}).get(response.request.method.lower())
    if call is None or response.status_code == 405:
        return
    assert str(response.status_code) in call["responses"], "an undocumented status"
    content = call["responses"][str(response.status_code)].get("content")
    if content is None:
        assert not response.data
        return
    if response.mimetype == "application/json":
        schema = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
        _validate(document, schema, response.json)
    else:
        assert response.mimetype in content or "image/*" in content


def _validate(document: dict[str, Any], schema: str, content: Any) -> None:
    Draft202012Validator(
        {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}
    ).validate(content)


def _path(app: Flask, response: TestResponse) -> str:
    adapter = app.url_map.bind("localhost")
    try:
        rule, _ = adapter.match(response.request.path, response.request.method, return_rule=True)
    except HTTPException:
        return ""
    return rule.rule.replace("<item:item_id>", "{id}")


@cache
def _document(app: Flask) -> dict[str, Any]:
    return openapi.document(current_service(app).settings)


def picture(colour: str | tuple[int, int, int], size: tuple[int, int] = (20, 16)) -> bytes:
    """Returns a solid PNG."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def metric(exposition: str, name: str, **labels: str) -> float:
    """Returns the value of one sample of /metrics, 0 where it is absent."""
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return sample.value
    return 0


def until(condition: Callable[[], bool], timeout: float = 10) -> None:
    """Waits for a condition."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)
