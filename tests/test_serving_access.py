"""Who gets in: scopes by method and path, keys, rates, and what others learn when they do not."""

import io
import itertools
import logging
import threading

import pytest

from tests.serving import GatedEncoder, metric, picture, until
from wardrobe.errors import SettingError
from wardrobe.keys import KeyStore
from wardrobe.serving import rate_limits
from wardrobe.serving.access import required_scope
from wardrobe.serving.exposure import check_exposure
from wardrobe.serving.rate_limits import RateLimits
from wardrobe.settings import Settings

READING = [
    ("POST", "/predict"),
    ("POST", "/search"),
    ("GET", "/search?text=red"),
    ("GET", "/items/shop/red"),
    ("GET", "/items/shop/red/image"),
    ("GET", "/facets"),
    ("GET", "/metrics"),
]
WRITING = [
    ("PUT", "/items/shop/red"),
    ("PATCH", "/items/shop/red"),
    ("DELETE", "/items/shop/red"),
    ("POST", "/items"),
    ("POST", "/feedback"),
]
ADMINISTERING = [
    ("POST", "/admin/swap"),
    ("GET", "/admin/swap"),
    ("GET", "/admin/doctor"),
    ("GET", "/feedback"),
    ("GET", "/something/new"),
]
OPEN = [
    ("GET", "/livez"),
    ("GET", "/healthz"),
    ("GET", "/openapi.json"),
    ("GET", "/docs/"),
    ("GET", "/"),
]
NEW_RULES = [
    ("/feedback", ["GET"]),
    ("/admin/<path:what>", ["GET", "POST"]),
    ("/something/new", ["GET"]),
]


@pytest.fixture
def store(tmp_path):
    return KeyStore(tmp_path / "state")


@pytest.fixture
def start(serve, tmp_path):
    """Starts a server that has every kind of route."""

    def start_(encoder=None, **settings):
        client = serve(encoder, keyed=False, state=tmp_path / "state", **settings)
        for number, (rule, methods) in enumerate(NEW_RULES):
            client.application.add_url_rule(
                rule, f"new-{number}", lambda **_: "done", methods=methods
            )
        return client

    return start_


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def ask(client, method: str, path: str, key: str | None = None):
    """Returns the status and the code of an error."""
    response = client.open(path, method=method, headers=bearer(key) if key else {})
    code = response.json["error"]["code"] if response.status_code >= 400 else ""
    response.close()
    return response.status_code, code


def passes(outcome: tuple[int, str]) -> bool:
    """Says whether a request came to its route, which may miss parameters or the item by now."""
    return outcome[0] in (200, 204, 302) or outcome[1] in ("bad_request", "unknown_item")


def test_every_scope_opens_what_it_should_and_nothing_else(start, store) -> None:
    client = start(open_reading=False)
    whole = {scope: store.create(scope, scope)[1] for scope in ("read", "write", "admin")}
    needs = [(READING, "read"), (WRITING, "write"), (ADMINISTERING, "admin")]
    ranks = ["read", "write", "admin"]
    for (calls, needed), scope in itertools.product(needs, ranks):
        for call in calls:
            outcome = ask(client, *call, whole[scope])
            if ranks.index(scope) >= ranks.index(needed):
                assert passes(outcome), (call, scope, outcome)
            else:
                assert outcome == (403, "scope_too_small"), (call, scope)
    for call in READING + WRITING + ADMINISTERING:
        assert ask(client, *call) == (401, "key_required"), call
        assert ask(client, *call, "wdr_0_0") == (401, "unknown_key"), call
    for call in OPEN:
        assert passes(ask(client, *call)), call
        assert passes(ask(client, *call, "wdr_0_0")), call


def test_open_reading_opens_reading_alone(start) -> None:
    client = start()
    for call in READING:
        assert passes(ask(client, *call)), call
        assert ask(client, *call, "wdr_0_0") == (401, "unknown_key"), "a wrong key is no key"
    for call in WRITING + ADMINISTERING:
        assert ask(client, *call) == (401, "key_required"), call


def test_what_does_not_exist_is_not_found_whoever_asks(start) -> None:
    client = start(open_reading=False)
    assert ask(client, "GET", "/nowhere") == (404, "not_found")
    assert ask(client, "DELETE", "/search") == (405, "method_not_allowed")


@pytest.mark.parametrize("path", ["//admin/swap", "/x/../admin/swap", "/%61dmin/swap", "/livez/"])
def test_no_way_of_writing_an_address_goes_round_the_rule(start, store, path) -> None:
    client = start()
    _, whole = store.create("x", "write")
    for key in (None, whole):
        outcome = ask(client, "POST", path, key)
        assert outcome[0] in (308, 401, 403, 404, 405), outcome


def test_routes_nobody_thought_of_need_an_admin() -> None:
    for path in ("/new", "/<path:anything>", "/admin", "/docsx", "/items2", "/livez2/x"):
        for method in ("GET", "POST", "BREW"):
            assert required_scope(method, path) == "admin"
    assert required_scope("BREW", "/items/{id}") == "write"
    assert required_scope("HEAD", "/items/{id}") == "read"


def test_a_refusal_says_what_to_do(start, store) -> None:
    client = start()
    missing = client.put("/items/a")
    assert missing.headers["WWW-Authenticate"] == "Bearer"
    assert "PUT /items/a needs an API key with scope 'write'" in missing.json["error"]["message"]
    assert "wardrobe keys create --name NAME --scope write" in missing.json["error"]["message"]
    assert missing.json["error"]["detail"] == {"scope": "write"}
    key, whole = store.create("x", "read")
    small = client.put("/items/a", headers=bearer(whole))
    assert small.json["error"] == {
        "code": "scope_too_small",
        "message": f"PUT /items/a needs scope 'write'; API key {key.id} has 'read'",
        "detail": {"scope": "write", "key_scope": "read"},
    }
    unknown = client.put("/items/a", headers=bearer(whole + "x"))
    assert unknown.headers["WWW-Authenticate"] == "Bearer"
    assert key.id not in unknown.text


@pytest.mark.parametrize("header", ["Basic dTpw", "Digest a=b", "nonsense", ""])
def test_another_authorization_is_no_key(start, header) -> None:
    client = start()
    headers = {"Authorization": header}
    assert client.get("/search?id=shop/red", headers=headers).status_code == 200
    assert client.put("/items/a", headers=headers).json["error"]["code"] == "key_required"


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "bearer a=b", "BEARER x y", "Bearer ü"])
def test_a_broken_key_is_unknown(start, header) -> None:
    response = start().get("/search?id=shop/red", headers={"Authorization": header})
    assert (response.status_code, response.json["error"]["code"]) == (401, "unknown_key")


class Untouchable(io.BytesIO):
    def read(self, *_):
        raise AssertionError("the body was read")

    readinto = read1 = readline = read


@pytest.mark.parametrize("kind", ["image/png", "multipart/form-data; boundary=b"])
def test_a_refused_upload_is_not_read(start, kind) -> None:
    client = start(open_reading=False)
    for method, path in [("PUT", "/items/a"), ("POST", "/search")]:
        response = client.open(
            path,
            method=method,
            input_stream=Untouchable(b"x" * 100),
            headers={"Content-Type": kind},
        )
        assert response.status_code == 401


def test_a_revoked_key_stops_at_once(start, store) -> None:
    client = start(open_reading=False)
    key, whole = store.create("x", "read")
    assert ask(client, "GET", "/search?id=shop/red", whole)[0] == 200
    store.revoke(key.id)
    assert ask(client, "GET", "/search?id=shop/red", whole) == (401, "unknown_key")


def test_a_damaged_key_file_lets_no_key_in_and_leaves_open_reading_alone(
    start, store, tmp_path
) -> None:
    client = start()
    _, whole = store.create("x", "admin")
    (tmp_path / "state" / "keys.json").write_text("{")
    assert ask(client, "GET", "/search?id=shop/red", whole) == (500, "bad_keys")
    assert ask(client, "GET", "/search?id=shop/red")[0] == 200


class Clock:
    now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock_ = Clock()
    monkeypatch.setattr(rate_limits, "time", clock_)
    return clock_


@pytest.mark.parametrize("rate", [0.1, 0.5, 1, 2.5, 10, 1000])
def test_no_stretch_of_time_has_more_requests_than_rate_and_burst(clock, rate) -> None:
    limits, taken = RateLimits(), []
    for step in range(4000):
        clock.now += 0.37 / rate * (step % 7 == 0)
        wait = limits.take("a", rate)
        if wait == 0:
            taken.append(clock.now)
        else:
            assert 0 < wait <= 1 / rate
    burst = max(1, rate)
    for first, last in itertools.combinations(range(0, len(taken), max(1, len(taken) // 60)), 2):
        count = last - first + 1
        assert count <= burst + (taken[last] - taken[first]) * rate + 1e-6
    assert len(taken) >= 0.9 * (clock.now - 1000) * rate, "and the rate is to be had"


def test_a_wait_is_as_long_as_it_says(clock) -> None:
    limits = RateLimits()
    while (wait := limits.take("a", 3)) == 0:
        pass
    clock.now += wait * 0.99
    assert limits.take("a", 3) > 0
    clock.now += wait * 0.02
    assert limits.take("a", 3) == 0


def test_a_keys_rate_is_its_own(start, store, clock) -> None:
    client = start(open_reading=False)
    (slow, slow_key), (_, other_key) = (store.create("x", "read", rate=3) for _ in range(2))
    path = "/search?id=shop/red"
    assert [ask(client, "GET", path, slow_key)[0] for _ in range(4)] == [200, 200, 200, 429]
    assert ask(client, "GET", path, other_key)[0] == 200
    refused = client.get(path, headers=bearer(slow_key))
    assert refused.json["error"]["code"] == "rate_limited"
    assert refused.json["error"]["message"].startswith(
        f"API key {slow.id} may make 3 requests a second; try again in 0.33"
    )
    assert refused.headers["Retry-After"] == "1"
    assert ask(client, "GET", "/healthz", slow_key)[0] == 200, "what is open is not counted"
    clock.now += 1
    assert ask(client, "GET", path, slow_key)[0] == 200


def test_a_low_rate_says_when_to_come_back(start, store, clock) -> None:
    client = start()
    _, whole = store.create("x", "read", rate=0.1)
    path = "/search?id=shop/red"
    assert ask(client, "GET", path, whole)[0] == 200
    clock.now += 2.5
    assert client.get(path, headers=bearer(whole)).headers["Retry-After"] == "8"


def test_callers_without_a_key_share_a_rate_that_keys_do_not_feel(start, store, clock) -> None:
    client = start(open_reading_rate=2)
    path = "/search?id=shop/red"
    assert [ask(client, "GET", path)[0] for _ in range(3)] == [200, 200, 429]
    assert ask(client, "GET", path)[1] == "rate_limited"
    assert ask(client, "GET", path, store.create("x", "read")[1])[0] == 200


def test_refused_callers_take_no_place_in_the_queue(start, store) -> None:
    encoder = GatedEncoder()
    client = start(encoder, open_reading=False, max_queue=1, max_batch_size=1)
    _, whole = store.create("x", "read")
    encoder.hold()
    statuses = []

    def search(colour, headers):
        response = client.application.test_client().post(
            "/search", data=picture(colour), content_type="image/png", headers=headers
        )
        statuses.append(response.status_code)

    keyed = [threading.Thread(target=search, args=("red", bearer(whole)))]
    keyed[0].start()
    until(lambda: encoder.batches == [1])
    for _ in range(20):
        search("blue", {})
    assert statuses == [401] * 20
    keyed.append(threading.Thread(target=search, args=("green", bearer(whole))))
    keyed[1].start()
    until(
        lambda: (
            metric(client.get("/metrics", headers=bearer(whole)).text, "wardrobe_queue_inputs") == 1
        )
    )
    encoder.gate.set()
    for thread in keyed:
        thread.join(20)
    assert statuses[20:] == [200, 200]


def test_refusals_are_counted_by_reason_and_never_by_key(start, store) -> None:
    client = start()
    _, whole = store.create("x", "read", rate=1)

    def counts():
        text = client.get("/metrics").text
        assert whole.split("_")[1] not in text
        reasons = ("key_required", "unknown_key", "scope_too_small", "rate_limited")
        return [metric(text, "wardrobe_refused_requests_total", reason=r) for r in reasons]

    before = counts()
    client.put("/items/a")
    client.put("/items/a", headers=bearer("x"))
    client.put("/items/a", headers=bearer("wdr_1_2"))
    client.put("/items/a", headers=bearer(whole))
    for _ in range(4):
        client.get("/items/shop/red", headers=bearer(whole))
    client.get("/items/shop/nothing")
    assert [now - then for now, then in zip(counts(), before, strict=True)] == [1, 2, 1, 3]


def test_the_log_says_which_key_and_never_its_secret(start, store, caplog) -> None:
    client = start()
    key, whole = store.create("x", "read")
    with caplog.at_level(logging.DEBUG):
        client.get("/items/shop/red", headers=bearer(whole))
        client.put("/items/a", headers=bearer(whole))
        client.put("/items/a", headers=bearer(whole + "x"))
        client.get("/items/shop/red")
    lines = [record for record in caplog.records if hasattr(record, "route")]
    assert [(line.status, line.key) for line in lines] == [
        (200, key.id),
        (403, key.id),
        (401, None),
        (200, None),
    ]
    assert whole.split("_", 2)[2] not in str([vars(record) for record in caplog.records])


def test_the_document_says_which_key_each_call_needs(start) -> None:
    for open_reading in (True, False):
        document = start(open_reading=open_reading).get("/openapi.json").json
        scheme = document["components"]["securitySchemes"]["key"]
        assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
        without = [{}] if open_reading else []
        for path in ("/predict", "/search", "/items/{id}", "/metrics"):
            for method, call in document["paths"][path].items():
                if method in ("put", "patch", "delete"):
                    assert call["security"] == [{"key": ["write"]}]
                    assert "403" in call["responses"]
                else:
                    assert call["security"] == [*without, {"key": ["read"]}]
                assert {"401", "429"} <= call["responses"].keys()
        for path in ("/livez", "/healthz"):
            call = document["paths"][path]["get"]
            assert "security" not in call
            assert "401" not in call["responses"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "", "example.org", "2001:db8::1"])
def test_open_reading_is_refused_where_others_reach_it(host) -> None:
    addresses = [("127.0.0.1", 8000), (host, 8001)]
    with pytest.raises(SettingError) as refusal:
        check_exposure(addresses, Settings(_env_file=None))
    message = str(refusal.value)
    assert f"{host}:8001" in message
    for way_out in ("HOST=127.0.0.1", "OPEN_READING=false", "OPEN_ON_PUBLIC_BIND=true"):
        assert way_out in message
    check_exposure(addresses, Settings(_env_file=None, open_reading=False))
    check_exposure(addresses, Settings(_env_file=None, open_on_public_bind=True))


def test_open_reading_is_fine_on_this_machine() -> None:
    here = [("127.0.0.1", 8000), ("127.9.9.9", 1), ("::1", 8000), ("localhost", 80), "/run/w.sock"]
    check_exposure(here, Settings(_env_file=None))
    with pytest.raises(SettingError, match="listen on fd 3"):
        check_exposure([3], Settings(_env_file=None))


def test_keys_of_a_secret_open_from_the_start_and_those_made_later_too(serve, tmp_path) -> None:
    _, whole = KeyStore(tmp_path / "elsewhere").create("shop", "read")
    secret = (tmp_path / "elsewhere" / "keys.json").read_text()
    client = serve(keyed=False, open_reading=False, keys_json=secret)
    assert ask(client, "GET", "/facets", whole) == (200, "")
    assert ask(client, "GET", "/facets") == (401, "key_required")
    later = KeyStore(tmp_path / "state").create("later", "read")[1]
    assert ask(client, "GET", "/facets", later) == (200, "")
    KeyStore(tmp_path / "state").revoke(whole.split("_")[1])
    again = serve(keyed=False, open_reading=False, keys_json=secret)
    assert ask(again, "GET", "/facets", whole) == (401, "unknown_key")
    assert ask(again, "GET", "/facets", later) == (200, "")
