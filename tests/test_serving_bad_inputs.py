"""Each bad input gets its own clear 4xx, and nothing else is disturbed."""

import pytest

from tests.bad_inputs import BadInput, bad_inputs, form, photograph


@pytest.fixture(scope="module")
def cases() -> list[BadInput]:
    return list(bad_inputs())


# werkzeug leaves the part of a broken form that it was reading to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile")


def send(client, bad: BadInput):
    return client.open(
        bad.path, method=bad.method, data=bad.body, content_type=bad.content_type or None
    )


def test_each_bad_input_gets_its_status_code_and_message(serve, cases) -> None:
    client = serve()
    for bad in cases:
        response = send(client, bad)
        error = response.json["error"]
        found = (response.status_code, error["code"])
        assert found == (bad.status, bad.code), (bad.name, bad.call, error)
        assert bad.words in error["message"], (bad.name, bad.call, error)
        assert len(error["message"]) < 400, bad.name


def test_good_requests_are_answered_between_the_bad_ones(serve, cases) -> None:
    client = serve()
    body = form(files=photograph())
    for bad in cases[::5]:
        send(client, bad)
        good = client.post("/predict", data=body["body"], content_type=body["content_type"])
        assert good.status_code == 200
    assert client.get("/healthz").status_code == 200


def test_a_body_of_undeclared_length_is_limited_too(serve) -> None:
    client = serve(max_body_bytes=10_000)
    for content_type in ("image/png", "application/json", form(files=b"")["content_type"]):
        response = client.post(
            "/predict",
            data=b"x" * 20_000,
            content_type=content_type,
            environ_overrides={"CONTENT_LENGTH": "", "wsgi.input_terminated": True},
        )
        assert response.status_code == 413, content_type
        assert "10000 bytes" in response.json["error"]["message"]
