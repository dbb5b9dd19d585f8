"""The page's files and addresses: what a browser gets, keeps and may do with them."""

import gzip
import threading

import pytest
from flask.testing import FlaskClient

from tests.serving import GatedEncoder, metric, picture, until
from tests.tiny_index import colour_index
from wardrobe.serving.app import create_app
from wardrobe.serving.page import PAGES
from wardrobe.serving.service import current_service
from wardrobe.settings import Settings

HTML = '<!doctype html><title>Wardrobe – page</title><script src="/assets/index-4f2a.js"></script>'
SCRIPT = "export const answer = 42;\n" * 100
ICON = '<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.fixture
def built(tmp_path):
    """A folder like the one that a build of the frontend leaves."""
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(HTML, encoding="utf-8")
    (folder / "favicon.svg").write_text(ICON)
    (folder / "assets" / "index-4f2a.js").write_text(SCRIPT)
    (folder / "assets" / "index-4f2a.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (folder / "assets" / "index-77.css").write_text("body{}")
    return folder


def browser(client) -> FlaskClient:
    """Returns a client without a key that holds nothing to the OpenAPI document."""
    return FlaskClient(client.application, client.response_wrapper)


@pytest.fixture
def client(built, serve):
    return browser(serve(page=built, open_reading=False))


@pytest.fixture
def get(client):
    """Gets an address and leaves nothing open."""

    def get_(path: str, method: str = "GET", **headers: str):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with client.open(path, method=method, headers=named, buffered=True) as response:
            return response

    return get_


@pytest.mark.parametrize("address", PAGES)
def test_the_page_opens_at_each_of_its_addresses_for_anybody(get, address) -> None:
    for path in (address, f"{address}?text=red+dress&filters=%7B%7D"):
        response = get(path)
        assert response.status_code == 200
        assert response.content_type == "text/html; charset=utf-8"
        assert response.text == HTML
        assert response.headers["X-Request-ID"]


def test_the_page_is_asked_for_each_time_and_sent_when_it_changed(get, built, serve) -> None:
    first = get("/")
    assert first.headers["Cache-Control"] == "no-cache"
    again = get("/tag", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    head = get("/", method="HEAD")
    assert (head.data, head.headers["ETag"]) == (b"", first.headers["ETag"])
    assert head.content_length == len(HTML.encode())
    (built / "index.html").write_text(HTML + "<p>")
    newer = browser(serve(page=built)).get("/", headers={"If-None-Match": first.headers["ETag"]})
    assert newer.status_code == 200


@pytest.mark.parametrize("path", ["/", "/health", "/assets/index-4f2a.js", "/favicon.svg"])
def test_a_page_may_load_nothing_of_others_and_be_in_no_frame(get, path) -> None:
    headers = get(path).headers
    parts = [part.split() for part in headers["Content-Security-Policy"].split(";")]
    policy = {name: sources for name, *sources in parts}
    assert policy["default-src"] == policy["connect-src"] == ["'self'"]
    assert "script-src" not in policy, "default-src holds: no script within the page"
    assert policy["img-src"] == ["'self'", "data:", "blob:"]
    assert policy["style-src"] == ["'self'", "'unsafe-inline'"]
    assert policy["frame-ancestors"] == policy["object-src"] == ["'none'"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Access-Control-Allow-Origin" not in headers


def test_files_with_a_digest_in_their_name_are_kept_for_ever(get) -> None:
    response = get("/assets/index-4f2a.js")
    assert response.content_type.startswith("text/javascript")
    assert response.text == SCRIPT
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert get("/assets/index-77.css").content_type.startswith("text/css")
    icon = get("/favicon.svg")
    assert icon.content_type.startswith("image/svg+xml")
    assert icon.headers["Cache-Control"] == "max-age=60, public"


def test_files_are_sent_compressed_to_those_who_read_it(get) -> None:
    small = get("/assets/index-4f2a.js", Accept_Encoding="br;q=1.0, gzip;q=0.8")
    assert small.headers["Content-Encoding"] == "gzip"
    assert small.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(small.data).decode() == SCRIPT
    assert small.content_length == len(small.data) < len(SCRIPT)
    assert get("/assets/index-77.css", Accept_Encoding="gzip").data == b"body{}"


def test_files_answer_conditions_ranges_and_heads(get) -> None:
    path = "/assets/index-77.css"
    whole = get(path)
    known = get(path, If_None_Match=whole.headers["ETag"])
    assert (known.status_code, known.data) == (304, b"")
    since = get(path, If_Modified_Since=whole.headers["Last-Modified"])
    assert since.status_code == 304
    part = get(path, Range="bytes=2-3")
    assert (part.status_code, part.data) == (206, b"dy")
    assert part.headers["Content-Range"] == "bytes 2-3/6"
    head = get(path, method="HEAD")
    assert (head.status_code, head.data, head.content_length) == (200, b"", 6)
    assert get(path, method="POST").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/index.html",
        "/assets/",
        "/assets/gone-1.js",
        "/assets/index-4f2a.js.gz",
        "/assets/../secret",
        "/assets/..%2fsecret",
        "/tag/",
        "/tag/x",
    ],
)
def test_what_is_not_there_is_not_found_also_for_a_browser(get, built, path) -> None:
    (built.parent / "secret").write_text("secret")
    response = get(path, Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert response.status_code == 404
    assert response.json["error"]["code"] == "not_found"


def test_the_folder_is_read_when_the_server_starts(get, built) -> None:
    (built / "assets" / "later.js").write_text("later")
    assert get("/assets/later.js").status_code == 404


def test_where_it_is_not_built_the_documentation_opens(tmp_path, serve) -> None:
    (tmp_path / "page").mkdir()
    client = serve(page=tmp_path / "page")
    answer = client.get("/")
    assert (answer.status_code, answer.location) == (302, "/docs/")
    for address in PAGES[1:]:
        response = client.get(address)
        assert (response.status_code, response.json["error"]["code"]) == (404, "not_found")


def test_the_documentation_is_as_before(get) -> None:
    assert get("/docs/").status_code == 200
    assert get("/docs/swagger-ui-bundle.js").status_code == 200
    assert "Content-Security-Policy" not in get("/docs/").headers


def test_the_page_opens_while_the_encoder_loads(built, tmp_path) -> None:
    encoder = GatedEncoder()
    encoder.hold()
    settings = Settings(_env_file=None, page=built, state=tmp_path / "state")
    app = create_app(settings, encoder=encoder, index=colour_index(tmp_path))
    client = app.test_client()
    assert client.get("/search?text=red").status_code == 503
    assert client.get("/").text == HTML
    with client.get("/assets/index-4f2a.js") as script:
        assert script.text == SCRIPT
    encoder.gate.set()
    current_service(app).startup.wait(30)
    current_service(app).close()


def test_the_page_opens_under_overload(built, serve) -> None:
    encoder = GatedEncoder()
    client = serve(encoder, page=built, max_queue=1, max_batch_size=1)
    encoder.hold()

    def search(shade: int) -> int:
        data = picture((shade, 0, 0))
        return browser(client).post("/search", data=data, content_type="image/png").status_code

    def waiting() -> float:
        return metric(client.get("/metrics").text, "wardrobe_queue_inputs")

    threads = [threading.Thread(target=search, args=(shade,)) for shade in (10, 20)]
    threads[0].start()
    until(lambda: encoder.batches == [1])
    threads[1].start()
    until(lambda: waiting() == 1)
    assert search(30) == 429
    for address in PAGES:
        assert browser(client).get(address).status_code == 200
    with browser(client).get("/assets/index-4f2a.js") as script:
        assert script.status_code == 200
    encoder.gate.set()
    for thread in threads:
        thread.join(20)


def test_visits_are_counted_by_address_and_files_are_not(get, serve, built) -> None:
    client = serve(page=built)

    def counted(route: str) -> float:
        labels = {"method": "GET", "route": route, "status": "200"}
        return metric(client.get("/metrics").text, "wardrobe_http_requests_total", **labels)

    before = counted("/tag"), counted("none")
    get("/tag?x=1")
    get("/assets/index-77.css")
    assert (counted("/tag"), counted("none")) == (before[0] + 1, before[1])
