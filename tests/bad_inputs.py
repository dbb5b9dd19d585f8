"""Every bad input and what it must get; `python -m tests.bad_inputs http://localhost:8000`
sends them to a running server and prints the table. It takes a few seconds.
"""

import http.client
import io
import json
import struct
import sys
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart


@dataclass(frozen=True)
class BadInput:
    """A request that must fail with this status, this code and a message with these words."""

    name: str
    call: str
    status: int
    code: str
    words: str
    body: bytes = b""
    content_type: str = ""

    @property
    def method(self) -> str:
        return self.call.split()[0]

    @property
    def path(self) -> str:
        return self.call.split()[1]


def photograph() -> bytes:
    """Returns a good JPEG."""
    pixels = np.random.default_rng(0).integers(0, 256, (120, 90, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def bomb() -> bytes:
    """Returns a few bytes of PNG whose header declares 10,000 x 10,000 pixels."""
    header = struct.pack(">IIBBBBB", 10_000, 10_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def form(**fields: Any) -> dict[str, Any]:
    """Returns a multipart body; bytes become files."""
    parts = {
        name: FileStorage(io.BytesIO(value), f"{name}.jpg") if isinstance(value, bytes) else value
        for name, value in fields.items()
    }
    boundary, body = encode_multipart(parts)
    return {"body": body, "content_type": f"multipart/form-data; boundary={boundary}"}


def raw_json(text: str | bytes) -> dict[str, Any]:
    """Returns a JSON body as it is."""
    body = text if isinstance(text, bytes) else text.encode()
    return {"body": body, "content_type": "application/json"}


def as_json(**values: Any) -> dict[str, Any]:
    """Returns a JSON body."""
    return raw_json(json.dumps(values))


def bad_inputs() -> Iterator[BadInput]:
    """Yields the table, for a server with default settings."""
    good = photograph()
    yield from _pictures(good)
    yield from _queries()
    yield from _parameters(good)
    yield from _bodies(good)


def _pictures(good: bytes) -> Iterator[BadInput]:
    for call, field in (("POST /predict", "files"), ("POST /search", "image")):
        unreadable = ("unreadable_picture", "")
        for name, data, words in (
            ("empty file", b"", "0 bytes"),
            ("not a picture", b"%PDF-1.7 and so on", "not a picture; known formats are JPEG, PNG"),
            ("truncated", good[: len(good) // 2], "truncated or damaged"),
        ):
            yield BadInput(name, call, 400, unreadable[0], words, **form(**{field: data}))
        yield BadInput(
            "100-megapixel bomb",
            call,
            413,
            "too_large",
            "10000x10000 = 100000000 pixels; the limit is 50000000",
            **form(**{field: bomb()}),
        )
        yield BadInput(
            "over the byte limit",
            call,
            413,
            "too_large",
            "16000000 bytes; the limit is 15728640",
            **form(**{field: good.ljust(16_000_000, b"\0")}),
        )
        yield BadInput(
            "wrong field", call, 400, "bad_request", "unknown parameter 'file'", **form(file=good)
        )
        yield BadInput(
            "not base64", call, 400, "unreadable_picture", "not base64", **as_json(image="a?b")
        )
        yield BadInput(
            "a number for a picture", call, 400, "bad_request", "image is 3", **as_json(image=3)
        )
    no_file = "got none"
    yield BadInput("no file", "POST /predict", 400, "bad_request", no_file, **form(top_k="3"))
    unfilled = {**form(files=b"")}
    unfilled["body"] = unfilled["body"].replace(b"files.jpg", b"")
    yield BadInput("an empty field", "POST /predict", 400, "bad_request", no_file, **unfilled)
    yield BadInput(
        "text for a file", "POST /predict", 400, "bad_request", "-F files=@", **form(files="a.jpg")
    )
    yield BadInput(
        "33 files",
        "POST /predict",
        400,
        "bad_request",
        "at most 32 items, not 33",
        **form(files=[FileStorage(io.BytesIO(good), f"{n}.jpg") for n in range(33)]),
    )
    yield BadInput(
        "two pictures to search by",
        "POST /search",
        400,
        "bad_request",
        "one picture",
        **form(image=[FileStorage(io.BytesIO(good), f"{n}.jpg") for n in range(2)]),
    )


def _queries() -> Iterator[BadInput]:
    search = "POST /search"
    yield BadInput("unknown id", "GET /search?id=nothing", 404, "unknown_item", "'nothing'")
    yield BadInput("unknown item", "GET /items/nothing", 404, "unknown_item", "'nothing'")
    yield BadInput("its picture", "GET /items/nothing/image", 404, "unknown_item", "'nothing'")
    for name, body, words in (
        ("wrong vector length", as_json(vector=[1, 2, 3]), "this index takes"),
        ("no vector", as_json(vector=[]), "at least 1 item"),
        ("a vector of zeros", as_json(vector=[0] * 384), "the vector"),
        ("text for a vector", as_json(vector="1,2,3"), "vector is '1,2,3'"),
        ("NaN vector", raw_json('{"vector": [0.5, NaN]}'), "vector[1] is nan: it must be a finite"),
        ("infinite vector", raw_json('{"vector": [1e999]}'), "vector[0] is inf"),
        ("huge vector", raw_json('{"vector": [1e99]}'), "less than or equal to 1000000000"),
        ("words for a vector", as_json(vector=["a"]), "vector[0] is 'a'"),
        ("queries and a text", as_json(text="red", queries=[{"id": "a"}]), "put them into it"),
        ("no queries", as_json(queries=[]), "at least 1 item"),
        ("an empty part", as_json(queries=[{"weight": 2}]), "exactly one of image, text"),
        ("two kinds in a part", as_json(queries=[{"id": "a", "text": "b"}]), "got text and id"),
        ("weight 0", as_json(queries=[{"text": "red", "weight": 0}]), "queries[0].weight is 0"),
        ("17 parts", as_json(queries=[{"text": "red"}] * 17), "at most 16 items"),
        ("crop without image", as_json(text="red", crop=[0, 0, 1, 1]), "crop needs an image"),
        ("crop inside out", as_json(image="", crop=[1, 0, 0, 1]), "left < right"),
        ("crop of three", as_json(image="", crop=[0, 0, 1]), "at least 4 items"),
        ("crop beyond", as_json(image="", crop=[0, 0, 1, 2]), "crop[3] is 2"),
        ("no colour", as_json(colour="reddish"), "colour is 'reddish'"),
        ("filters as text", as_json(filters='{"tag": "colour"}'), "it must be an object"),
        ("filters of nothing", as_json(filters={}), "a condition has one of tag"),
        ("unknown attribute", as_json(must_not=["colr=Red"]), "there is no attribute 'colr'"),
        ("unknown field", as_json(sort="-price"), "there is no attribute 'price'"),
        ("a made-up cursor", as_json(cursor="W10="), "the cursor of the page before"),
        ("cursor and offset", as_json(cursor="W10=", offset=3), "leave offset out"),
        ("blank text", as_json(text="  "), "text is '  '"),
        ("501 characters of text", as_json(text="x" * 501), "at most 500 characters"),
        ("half a character", raw_json('{"text": "\\ud800"}'), "text is '\\ud800'"),
    ):
        yield BadInput(name, search, 400, "bad_request", words, **body)
    yield BadInput(
        "NaN vector in the query string",
        "GET /search?vector=1,nan",
        400,
        "bad_request",
        "vector[1] is 'nan': it must be a finite",
    )


def _parameters(good: bytes) -> Iterator[BadInput]:
    for value, words in (
        ("0", "top_k is '0': it must be greater than or equal to 1"),
        ("-1", "top_k is '-1': it must be greater than or equal to 1"),
        ("abc", "top_k is 'abc': it must be a valid integer"),
        ("1.5", "top_k is '1.5': it must be a valid integer"),
        ("101", "top_k is '101': it must be less than or equal to 100"),
        ("9" * 40, "less than or equal to 100"),
        ("", "top_k is '': it must be a valid integer"),
    ):
        name = f"top_k={value[:5]}"
        path = f"/search?text=red&top_k={value}"
        yield BadInput(name, f"GET {path}", 400, "bad_request", words)
        call = f"POST /predict?top_k={value}"
        yield BadInput(name, call, 400, "bad_request", words, **form(files=good))
    for name, query, words in (
        ("offset=-1", "text=red&offset=-1", "offset is '-1'"),
        ("offset=10001", "text=red&offset=10001", "less than or equal to 10000"),
        ("min_score=2", "text=red&min_score=2", "min_score is '2'"),
        ("min_score=nan", "text=red&min_score=nan", "min_score is 'nan'"),
        ("unknown mode", "text=red&mode=fuzzy", "mode is 'fuzzy': it must be 'hybrid', 'vector'"),
        ("min_relevance=2", "text=red&min_relevance=2", "less than or equal to 1"),
        ("filters that are no JSON", "filters=colour", "filters is not valid JSON"),
        ("facets=a,,b", "facets=colour,,tone", "facets[1] is ''"),
        ("no truth", "text=red&explain=perhaps", "explain is 'perhaps'"),
        ("unknown parameter", "text=red&topk=5", "unknown parameter 'topk'; this call knows"),
        ("given twice", "text=red&text=blue", "text is given twice, as 'red' and 'blue'"),
    ):
        yield BadInput(name, f"GET /search?{query}", 400, "bad_request", words)
    for name, call, body, words in (
        ("top_k=true in JSON", "/search", as_json(text="red", top_k=True), "top_k is True"),
        ("top_k as text in JSON", "/search", as_json(text="red", top_k="5"), "top_k is '5'"),
        ("explain=1 in JSON", "/search", as_json(text="red", explain=1), "explain is 1"),
        ("unknown in JSON", "/search", as_json(text="red", filter={}), "parameter 'filter'"),
        ("unknown in a form", "/predict", form(files=good, k="5"), "parameter 'k'"),
        (
            "given in two places",
            "/search?text=red",
            as_json(text="blue"),
            "twice, as 'red' and 'blue'",
        ),
        ("half a character for a name", "/search", raw_json('{"\\ud800": 1}'), "'\\ud800'"),
        ("an endless name", "/search", as_json(**{"x" * 9999: 1}), "xxx...xxx"),
        ("file and text at once", "/predict?files=a", form(files=good), "both as file and as text"),
        ("a file for a number", "/predict", form(files=good, top_k=good), "top_k is [the file"),
    ):
        yield BadInput(name, f"POST {call}", 400, "bad_request", words, **body)


def _bodies(good: bytes) -> Iterator[BadInput]:
    for call in ("POST /predict", "POST /search"):
        for name, body in (
            ("malformed JSON", '{"text": '),
            ("empty JSON", ""),
            ("bottomless JSON", "[" * 100_000),
            ("JSON that is not UTF-8", b'{"text": "\xff"}'),
        ):
            words = "not valid JSON"
            yield BadInput(name, call, 400, "bad_request", words, **raw_json(body))
        words = "must be an object"
        yield BadInput("a list for a body", call, 400, "bad_request", words, **raw_json("[1]"))
        wrong = {"body": good, "content_type": "text/plain"}
        code = "unsupported_media_type"
        yield BadInput(
            "wrong Content-Type", call, 415, code, "Content-Type text/plain is not read", **wrong
        )
        yield BadInput("no Content-Type", call, 415, code, "no Content-Type is not read", good)
    words = "the form cannot be read"
    broken = form(files=good)
    for name, body in (
        ("form cut short", {**broken, "body": broken["body"][:-200]}),
        ("form without boundary", {**broken, "content_type": "multipart/form-data"}),
        ("file name not UTF-8", {**broken, "body": broken["body"].replace(b"s.jpg", b"\xff.jpg")}),
    ):
        yield BadInput(name, "POST /predict", 400, "bad_request", words, **body)
    raw = {"body": b"\0" * 65 * 2**20, "content_type": "image/jpeg"}
    words = "the limit is 67108864 bytes"
    yield BadInput("body over the limit", "POST /search", 413, "too_large", words, **raw)
    yield BadInput("no such address", "GET /serach", 404, "not_found", "/serach")
    yield BadInput("wrong method", "PUT /search", 405, "method_not_allowed", "use GET, HEAD")


def main(url: str) -> int:
    """Sends every bad input to a server, prints a Markdown table, and returns how many differ."""
    server = urlsplit(url)
    wrong = 0
    print("| input | call | status | code | message |\n|---|---|---|---|---|")
    for bad in bad_inputs():
        connection = http.client.HTTPConnection(server.hostname, server.port, timeout=30)
        headers = {"Content-Type": bad.content_type} if bad.content_type else {}
        with suppress(ConnectionError):  # a refused body is not read to its end
            connection.request(bad.method, bad.path, bad.body or None, headers)
        response = connection.getresponse()
        error = json.loads(response.read())["error"]
        connection.close()
        as_expected = response.status == bad.status and error["code"] == bad.code
        as_expected &= bad.words in error["message"]
        wrong += not as_expected
        mark = "" if as_expected else f" (expected {bad.status} {bad.code} {bad.words!r})"
        cells = (bad.name, bad.call[:40], response.status, error["code"], error["message"] + mark)
        print("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
