"""What the client does when the server is busy, breaks off, or is none of ours."""

import json
import socket
import time

import pytest

from tests.scripted_server import ScriptedServer, answer
from tests.serving import picture
from wardrobe.client import NewItem, Wardrobe, WardrobeApiError
from wardrobe.client import transport as transport_module

ITEM = json.dumps(
    {
        "id": "x",
        "labels": [],
        "given": {},
        "tags": {},
        "caption": "",
        "metadata": {},
        "image_url": "/items/x/image",
        "etag": "1",
    }
).encode()
BUSY = b'{"error": {"code": "queue_full", "message": "64 wait already", "detail": {"limit": 64}}}'


@pytest.fixture
def script(monkeypatch):
    """Starts a scripted server and returns it with a client; pauses are noted, not waited."""
    servers, pauses = [], []
    monkeypatch.setattr(transport_module.time, "sleep", pauses.append)

    def start(*answers: bytes, **options):
        servers.append(ScriptedServer(*answers))
        client = Wardrobe(servers[-1].url, **options)
        return servers[-1], client, pauses

    yield start
    for server in servers:
        server.close()


def test_a_busy_server_is_asked_again_after_the_time_it_says(script) -> None:
    busy = answer("429 Too Many Requests", BUSY, "Retry-After: 7")
    server, client, pauses = script(busy, answer("503 Service Unavailable"), answer("200 OK", ITEM))
    assert client.item("x").id == "x"
    assert len(server.requests) == 3
    assert 7 <= pauses[0] <= 9
    assert 1 <= pauses[1] <= 1.25, "without Retry-After it doubles from half a second"


def test_tries_are_bounded_and_the_last_refusal_is_raised(script) -> None:
    busy = answer("429 Too Many Requests", BUSY, "Retry-After: 1", "X-Request-ID: abc")
    server, client, pauses = script(busy, retries=2)
    with pytest.raises(WardrobeApiError, match="64 wait already") as error:
        client.search("red")
    assert (len(server.requests), len(pauses)) == (3, 2)
    assert (error.value.status, error.value.code) == (429, "queue_full")
    assert (error.value.detail, error.value.request_id) == ({"limit": 64}, "abc")
    assert error.value.retry_after == 1


def test_a_wait_beyond_half_a_minute_is_left_to_the_caller(script) -> None:
    busy = answer("503 Service Unavailable", BUSY, "Retry-After: 3600")
    server, client, pauses = script(busy)
    with pytest.raises(WardrobeApiError):
        client.health()
    assert (len(server.requests), pauses) == (1, [])


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.feedback("x", "accept", tag="colour=Red"),
        lambda client: client.swap("indexes/new"),
        lambda client: client.rollback(),
    ],
)
def test_what_must_happen_once_is_sent_once(script, call) -> None:
    server, client, _ = script(answer("503 Service Unavailable", BUSY))
    with pytest.raises(WardrobeApiError):
        call(client)
    assert len(server.requests) == 1


def test_a_refusal_that_will_not_change_is_not_tried_again(script) -> None:
    body = b'{"error": {"code": "bad_request", "message": "top_k is 0", "detail": {}}}'
    server, client, _ = script(answer("400 Bad Request", body))
    with pytest.raises(WardrobeApiError, match="top_k is 0"):
        client.search("red", top_k=0)
    assert len(server.requests) == 1


def test_a_connection_that_breaks_off_is_tried_again(script) -> None:
    server, client, _ = script(b"", answer("200 OK", ITEM[:10], length=500), answer("200 OK", ITEM))
    assert client.item("x").id == "x"
    assert len(server.requests) == 3


def test_items_without_an_answer_are_sent_again(script) -> None:
    def lines(*ids: str) -> bytes:
        return b"".join(b'{"id": "%s", "status": "created"}\n' % id.encode() for id in ids)

    server, client, _ = script(
        answer("200 OK", lines("a", "b"), length=500), answer("200 OK", lines("c", "d"))
    )
    items = [NewItem(id=id, image=picture("red")) for id in "abcd"]
    assert [outcome.id for outcome in client.put_items(items)] == list("abcd")
    sent = [json.loads(line)["id"] for line in server.requests[1].splitlines() if b'"id"' in line]
    assert sent == ["c", "d"]


def test_a_server_that_says_nothing_of_the_items_is_an_error(script) -> None:
    _, client, _ = script(answer("200 OK", b""))
    with pytest.raises(WardrobeApiError, match="said nothing of 1 items"):
        list(client.put_items([NewItem(id="a", image=picture("red"))]))


def test_pages_that_are_not_ours_are_named(script) -> None:
    page = b"<html>Bad gateway</html>"
    _, client, _ = script(answer("502 Bad Gateway", page), answer("200 OK", page))
    with pytest.raises(WardrobeApiError, match="answered 502 Bad Gateway"):
        client.item("x")
    with pytest.raises(WardrobeApiError, match="is it the address of a Wardrobe server"):
        client.item("x")


def test_an_answer_of_another_version_is_named(script) -> None:
    _, client, _ = script(answer("200 OK", b'{"id": "x"}'), answer("200 OK", b"[]"))
    with pytest.raises(WardrobeApiError, match="labels: .* of the same version"):
        client.item("x")
    with pytest.raises(WardrobeApiError, match="of the same version"):
        client.facets(["colour"])


def test_fields_of_a_newer_server_are_passed_over(script) -> None:
    _, client, _ = script(answer("200 OK", ITEM[:-1] + b', "stars": 5}'))
    assert client.item("x").id == "x"


def test_the_key_and_the_version_are_sent(script) -> None:
    server, client, _ = script(answer("200 OK", ITEM), key="wdr_1_2")
    client.item("a b/../c")
    head = server.requests[0].decode()
    assert head.startswith("GET /items/a%20b/%2E%2E/c HTTP/1.1\r\n")
    assert "authorization: bearer wdr_1_2\r\n" in head.lower()
    assert "user-agent: wardrobe/" in head.lower()


def test_silence_ends_after_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        started = time.monotonic()
        with Wardrobe(url, timeout=0.2) as client, pytest.raises(WardrobeApiError) as error:
            client.health()
    assert error.value.code == "timeout"
    assert time.monotonic() - started < 5, "it is not tried again"


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(WardrobeApiError, match="is a server running there"):
        Wardrobe(url).health()
    with pytest.raises(WardrobeApiError, match="is a server running there"):
        Wardrobe("shop.example").health()
