"""The page: the files that the build of `frontend/` leaves, and the addresses at which it opens."""

import logging
from functools import partial
from wsgiref.headers import Headers

from flask import Flask, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse
from whitenoise import WhiteNoise  # type: ignore[import-untyped]

from wardrobe.serving.service import current_service

PAGES = ("/", "/tag", "/item", "/add", "/health")
"""Where the page opens; what it shows there is its own affair."""

_START = "index.html"

_SAFE = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; "
    "style-src 'self' 'unsafe-inline'; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""Nothing of another server, no script that is not a file, in nobody's frame."""

_FOR_EVER = "public, max-age=31536000, immutable"
"""Of files whose names have a digest of their content."""

_log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Serves the page where it is built; else `/` leads to the documentation."""
    folder = current_service(app).settings.page
    start = folder / _START
    if not start.is_file():
        _log.info("there is no %s: / leads to /docs", start)
        app.add_url_rule("/", "page", _lead_to_documentation)
        return
    show = partial(_show, start.read_bytes())
    for address in PAGES:
        app.add_url_rule(address, f"page {address}", show)
    files = WhiteNoise(
        app.wsgi_app, folder, allow_all_origins=False, add_headers_function=_add_headers
    )
    del files.files[f"/{_START}"]  # it has the addresses above, and no other
    app.wsgi_app = files  # type: ignore[method-assign]


def _show(html: bytes) -> Response:
    response = Response(html, mimetype="text/html", headers=_SAFE)
    response.cache_control.no_cache = True  # asked for each time, as it names the other files
    response.add_etag()
    response.make_conditional(request)
    return response


def _add_headers(headers: Headers, path: str, url: str) -> None:
    for name, value in _SAFE.items():
        headers[name] = value
    if url.startswith("/assets/"):
        headers["Cache-Control"] = _FOR_EVER


def _lead_to_documentation() -> BaseResponse:
    return redirect(url_for("swagger_ui.show"))
