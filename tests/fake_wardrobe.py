"""A stand-in for the calls that write: what docs/http.md promises of them, in a dictionary."""

import base64
import itertools
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from wardrobe.errors import UnreadablePictureError
from wardrobe.images import decode

KEY = "wdr_5f0c1a9e_secret"


class RefusedError(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.body = {"error": {"code": code, "message": message, "detail": {}}}


class FakeWardrobe(ThreadingHTTPServer):
    """Keeps items and what it was told; `requests` has the path of each request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.items: dict[str, dict] = {}
        self.told: list[dict] = []
        self.requests: list[str] = []
        self.versions = itertools.count(1)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def write(self, id: str, body: dict) -> tuple[str, dict]:
        if unknown := body.keys() - {"image", "caption", "labels", "metadata"}:
            raise RefusedError(400, "bad_request", f"unknown parameter {unknown}")
        try:
            data = base64.b64decode(body["image"], validate=True)
            decode(data)
        except (UnreadablePictureError, ValueError, KeyError) as error:
            raise RefusedError(400, "unreadable_picture", str(error)) from error
        status = "replaced" if id in self.items else "created"
        labels = body.get("labels", {})
        self.items[id] = {
            "id": id,
            "labels": [label for found in labels.values() for label in found],
            "given": labels,
            "tags": {},
            "caption": body.get("caption", ""),
            "metadata": body.get("metadata", {}),
            "image_url": f"/items/{id}/image",
            "etag": f'"{next(self.versions)}"',
            "data": data,
        }
        return status, self.items[id]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeWardrobe

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _answer(self) -> None:
        self.server.requests.append(f"{self.command} {self.path}")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = unquote(urlsplit(self.path).path)
        try:
            reads = self.command == "GET" or path == "/search"
            if not reads and self.headers["Authorization"] != f"Bearer {KEY}":
                raise RefusedError(401, "unauthorized", "writing needs an API key")
            status, content = self._call(path, body)
        except RefusedError as refusal:
            status, content = refusal.status, refusal.body
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        if status == 204:
            data = b""
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

    def _call(self, path: str, body: bytes) -> tuple[int, object]:
        if path == "/items":
            return 200, b"".join(map(self._bulk_line, body.splitlines()))
        if path.startswith("/items/"):
            return self._item(path.removeprefix("/items/"), body)
        if path == "/search":
            return 200, self._search(json.loads(body))
        if path == "/facets":
            return 200, self._facets()
        told = {"call": f"{self.command} {path}", **(json.loads(body) if body else {})}
        self.server.told.append(told)
        return (201, {"status": "stored"}) if path == "/feedback" else (202, {"state": "building"})

    def _bulk_line(self, line: bytes) -> bytes:
        content = json.loads(line)
        id = content.pop("id")
        try:
            status, item = self.server.write(id, content)
            answer = {"id": id, "status": status, "etag": item["etag"]}
        except RefusedError as refusal:
            answer = {"id": id, **refusal.body}
        return json.dumps(answer).encode() + b"\n"

    def _item(self, id: str, body: bytes) -> tuple[int, object]:
        items = self.server.items
        if self.command == "GET" and id.endswith("/image"):
            return 200, self._existing(id.removesuffix("/image"))["data"]
        etag = items[id]["etag"] if id in items else None
        if self.headers["If-Match"] not in (None, etag):
            raise RefusedError(412, "precondition_failed", f"the version of {id} is {etag}")
        if self.headers["If-None-Match"] == "*" and id in items:
            raise RefusedError(412, "precondition_failed", f"there is {id} already")
        if self.command == "PUT":
            status, item = self.server.write(id, json.loads(body))
            return (201 if status == "created" else 200), _shown(item)
        item = self._existing(id)
        if self.command == "DELETE":
            del items[id]
            return 204, b""
        if self.command == "PATCH":
            return 200, _shown(self._patched(item, json.loads(body)))
        return 200, _shown(item)

    def _existing(self, id: str) -> dict:
        if id not in self.server.items:
            raise RefusedError(404, "unknown_item", f"no item has the id {id!r}")
        return self.server.items[id]

    def _patched(self, item: dict, patch: dict) -> dict:
        merged = {
            "image": patch.get("image", base64.b64encode(item["data"]).decode()),
            "caption": patch.get("caption", item["caption"]),
            "labels": _merged(item["given"], patch.get("labels", {})),
            "metadata": _merged(item["metadata"], patch.get("metadata", {})),
        }
        return self.server.write(item["id"], merged)[1]

    def _search(self, asked: dict) -> dict:
        wanted = asked.get("filters", {}).get("id")
        found = [i for i in self.server.items.values() if wanted is None or i["id"] in wanted]
        start, top_k = int(asked.get("cursor", "0")), asked.get("top_k", 10)
        page = found[start : start + top_k]
        more = start + top_k < len(found)
        return {
            "results": [{"score": None, "relevance": None} | _shown(item) for item in page],
            "count": len(page),
            "total": len(found),
            "offset": 0,
            "top_k": top_k,
            "cursor": str(start + top_k) if more else None,
            "took_ms": 0.1,
        }

    def _facets(self) -> dict:
        query = parse_qs(urlsplit(self.path).query)
        wanted = json.loads(query.get("filters", ["{}"])[0]).get("id")
        counted = [i for i in self.server.items.values() if wanted is None or i["id"] in wanted]
        facets = {}
        for field in query["fields"][0].split(","):
            values = [label for item in counted for label in item["given"].get(field, [])]
            found = sorted(set(values), key=lambda value: (-values.count(value), value))
            facets[field] = [{"value": value, "count": values.count(value)} for value in found]
        return {"facets": facets, "total": len(counted)}


def _shown(item: dict) -> dict:
    return {name: value for name, value in item.items() if name != "data"}


def _merged(old: dict, patch: dict) -> dict:
    merged = old | patch
    return {name: value for name, value in merged.items() if value is not None}
