"""The examples of the OpenAPI document fit their schemas, and work when they are sent."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from wardrobe import errors
from wardrobe.serving.error_examples import ERRORS
from wardrobe.serving.examples import EXAMPLES

NOTHING_TO_GO_BACK_TO = "POST /admin/rollback"


@pytest.fixture
def client(serve):
    return serve()


@pytest.fixture
def document(client) -> dict[str, Any]:
    return client.get("/openapi.json").json


def operations(document) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, calls in document["paths"].items():
        for method, operation in calls.items():
            yield f"{method.upper()} {path}", operation


def check(document, schema: dict[str, Any], value: Any) -> None:
    Draft202012Validator(schema | {"components": document["components"]}).validate(value)


def has_text(content: dict[str, Any]) -> bool:
    return bool(content) and "image/*" not in content


def test_every_call_has_examples_and_every_example_a_call(document) -> None:
    assert {name for name, _ in operations(document)} == set(EXAMPLES)
    for name, operation in operations(document):
        for status, response in operation["responses"].items():
            for content in response.get("content", {}).values():
                if has_text(response["content"]):
                    assert "example" in content, (name, status)
        bodies = operation.get("requestBody", {}).get("content", {})
        for media_type in bodies.keys() & {"application/json", "application/x-ndjson"}:
            assert bodies[media_type]["examples"], name
        needed = [part for part in operation["parameters"] if part.get("required")]
        assert all("example" in part for part in needed), name


def test_every_example_fits_its_schema(document) -> None:
    checked = 0
    for _, operation in operations(document):
        for part in operation["parameters"]:
            if "example" in part:
                check(document, part["schema"], part["example"])
        bodies = operation.get("requestBody", {}).get("content", {}).values()
        answers = [response.get("content", {}) for response in operation["responses"].values()]
        for content in (*bodies, *(c for answer in answers for c in answer.values())):
            assert not {"example", "examples"} <= content.keys(), "one or the other"
            values = [example["value"] for example in content.get("examples", {}).values()]
            values += [content["example"]] if content.get("example") is not None else []
            for value in values:
                check(document, content["schema"], value)
                checked += 1
    assert checked > 100


def test_an_example_of_an_error_says_a_code_that_there_is(document) -> None:
    classes = [errors.WardrobeError]
    for parent in classes:
        classes.extend(parent.__subclasses__())
    codes = {(str(error.status), error.code) for error in classes}
    assert {(status, body["code"]) for status, body in ERRORS.items()} <= codes


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != NOTHING_TO_GO_BACK_TO])
def test_examples_work(client, document, name) -> None:
    method, path = name.split()
    operation = document["paths"][path][method.lower()]
    succeeds = [int(status) for status in operation["responses"] if status < "300"]
    for example in EXAMPLES[name]:
        values = dict(example.parameters)
        address = path.replace("{id}", values.pop("id", ""))
        query = {k: ",".join(v) if isinstance(v, list) else v for k, v in values.items()}
        for body in list(example.bodies.values()) or [None]:
            as_text = body if body is None or isinstance(body, str) else json.dumps(body)
            answer = client.open(
                address,
                method=method,
                query_string=query,
                data=as_text,
                content_type=example.media_type if body else None,
            )
            assert answer.status_code in succeeds, (name, body, answer.text)
            answer.close()


def test_lines_of_an_example_are_json() -> None:
    for example in EXAMPLES["POST /items"]:
        if isinstance(example.answer, str):
            for text in (example.answer, *example.bodies.values()):
                assert all(json.loads(line)["id"] for line in text.splitlines())
