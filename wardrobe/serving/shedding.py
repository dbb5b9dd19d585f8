"""Refusing at the door, under overload: it costs a fraction of what it costs inside.

A full queue alone refuses inside, where the cache and what needs no encoder are still answered.
When so many have come that more would only be refused, they are not let in at all.
"""

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from flask import Flask

from wardrobe.errors import NotReadyError, QueueFullError
from wardrobe.serving import telemetry
from wardrobe.serving.failures import error_body, retry_after
from wardrobe.serving.logs import request_id
from wardrobe.serving.schemas import ErrorResponse
from wardrobe.serving.service import current_service

_WORK = frozenset({"/predict", "/search"})
"""What waits for the encoder; everything else is answered however busy it is."""

_SPARE = 4
"""Requests let in beyond those that wait for the encoder or are being encoded."""


def init_app(app: Flask) -> None:
    """Puts the refusal before the application."""
    service, answer = current_service(app), app.wsgi_app
    settings = service.settings
    places = threading.Semaphore(settings.max_queue + settings.max_batch_size + _SPARE)

    def shed(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] not in _WORK:
            return answer(environ, start_response)
        inside = places.acquire(blocking=False)
        try:
            if not inside:
                with suppress(NotReadyError):  # the application says why
                    service.current.get().make_room()
            return answer(environ, start_response)
        except QueueFullError as error:
            return _refuse(error, environ, start_response)
        finally:
            if inside:
                places.release()

    app.wsgi_app = shed  # type: ignore[method-assign]


def _refuse(
    error: QueueFullError, environ: dict[str, Any], start_response: Callable[..., Any]
) -> list[bytes]:
    method = telemetry.method_label(environ["REQUEST_METHOD"])
    telemetry.REQUESTS.labels(method, environ["PATH_INFO"], error.status).inc()
    body = error_body(error)
    content = ErrorResponse(error=body).model_dump_json().encode()
    start_response(
        "429 TOO MANY REQUESTS",
        [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(content))),
            ("Retry-After", retry_after(body)),
            ("X-Request-ID", request_id(environ.get("HTTP_X_REQUEST_ID", ""))),
        ],
    )
    return [content]
