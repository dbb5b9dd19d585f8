"""`GET /admin/doctor`: what a server finds about itself, without loading anything again."""

import threading
from pathlib import Path

import pytest

from tests.fakes import ColourEncoder
from tests.serving import ContractClient, GatedEncoder, picture, until
from tests.tiny_index import colour_index
from wardrobe.index import Index
from wardrobe.keys import KeyStore
from wardrobe.serving.app import create_app
from wardrobe.serving.doctor import artefacts, machine
from wardrobe.serving.service import current_service
from wardrobe.settings import Settings


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    """A folder without `.env`, and a machine that is large enough."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(machine, "_memory_limit", lambda: 64 * 2**30)


def findings(client) -> dict[str, tuple[str, str]]:
    """Returns status and advice by what was found."""
    answer = client.get("/admin/doctor")
    assert answer.status_code == 200
    return {part["what"]: (part["status"], part["advice"]) for part in answer.json["findings"]}


def of(found: dict[str, tuple[str, str]], part: str) -> tuple[str, str]:
    """Returns status and advice of the one finding that says this."""
    (what,) = (what for what in found if part in what)
    return found[what]


def test_a_server_that_is_well(serve) -> None:
    found = findings(serve())
    assert {status for status, _ in found.values()} == {"ok"}, found
    for part in (
        "settings are valid",
        "HOST is 127.0.0.1",
        "state can be written to",
        "has keys: 1 admin",
        "serving.json: ENCODER and INDEX are served",
        "nothing to tune",
        "index-0 can be written to",
        "versions of items in the base: 5",
        "the pictures of 5 items looked at are there",
        "of disk are free",
        "the encoder computes on all",
        "request threads",
        "of memory",
    ):
        assert of(found, part) == ("ok", "")
    assert len(found) == 13


def test_what_is_wrong_is_said_with_what_to_do(serve, tmp_path) -> None:
    client = serve(threads=16)
    Path(".env").write_text("MAX_TOPK=5\nPORT=99999\n")
    (tmp_path / "state" / "keys.json").chmod(0o640)
    (tmp_path / "index-0" / "shop" / "red.png").unlink()
    found = findings(client)
    assert of(found, "MAX_TOPK") == ("warning", "did you mean MAX_TOP_K?")
    assert of(found, "PORT is '99999'")[0] == "failure", "the next start would fail"
    assert of(found, "its mode is 640")[0] == "failure"
    assert of(found, "the pictures of 1 of 5 items looked at are gone")[0] == "failure"
    assert of(found, "16 request threads") == ("warning", "set THREADS above MAX_QUEUE")


def test_nothing_is_loaded_or_opened_again(serve, monkeypatch) -> None:
    client = serve()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("it is loaded already")

    monkeypatch.setattr(artefacts, "load_encoder", refuse)
    monkeypatch.setattr(artefacts, "Catalogue", refuse)
    monkeypatch.setattr(Index, "open", refuse)
    findings(client)


def test_it_does_not_wait_for_a_busy_encoder(serve) -> None:
    encoder = GatedEncoder()
    client = serve(encoder)
    encoder.hold()
    other = client.application.test_client()
    search = {"data": picture("red"), "content_type": "image/png"}
    busy = threading.Thread(target=other.post, args=("/search",), kwargs=search)
    busy.start()
    until(lambda: encoder.batches == [1])
    assert of(findings(client), "items looked at are there")[0] == "ok"
    encoder.gate.set()
    busy.join(20)


def started(tmp_path, encoder, opened, **settings) -> ContractClient:
    """Returns a client, with a key, of a server that may not be ready."""
    state = tmp_path / "state"
    app = create_app(
        Settings(_env_file=None, state=state, **settings), encoder=encoder, index=opened
    )
    app.test_client_class = ContractClient
    client = app.test_client()
    _, key = KeyStore(state).create("tests", "admin")
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return client


def test_while_it_loads_it_says_so_beside_the_rest(tmp_path) -> None:
    encoder = GatedEncoder()
    encoder.hold()
    client = started(tmp_path, encoder, colour_index(tmp_path))
    until(lambda: encoder.batches == [1])
    found = findings(client)
    assert of(found, "not ready yet: warming up")[0] == "warning"
    assert of(found, "request threads")[0] == "ok"
    encoder.gate.set()
    service = current_service(client.application)
    service.startup.wait(30)
    assert not [what for what in findings(client) if "not ready" in what]
    service.close()


def test_a_failed_start_is_a_failure(tmp_path) -> None:
    client = started(tmp_path, ColourEncoder(), None, index=tmp_path / "none")
    service = current_service(client.application)
    until(lambda: service.startup.finished)
    assert of(findings(client), f"there is no index folder {tmp_path / 'none'}")[0] == "failure"
    service.close()
