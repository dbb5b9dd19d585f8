"""Around every request: its id, its deadline, its metrics and its line in the log."""

import logging
import time

from flask import Flask, Response, g, request

from wardrobe.serving import telemetry
from wardrobe.serving.logs import request_id
from wardrobe.serving.service import current_service

_log = logging.getLogger(__name__)

_QUIET_ROUTES = frozenset({"/livez", "/healthz", "/metrics"})
"""Asked every few seconds by machines: logged at DEBUG only."""


def init_app(app: Flask) -> None:
    """Registers the hooks."""
    app.before_request(_begin)
    app.after_request(_finish)


def _begin() -> None:
    g.request_id = request_id(request.headers.get("X-Request-ID", ""))
    g.started = time.perf_counter()
    g.deadline = time.monotonic() + current_service().settings.deadline_s


def _finish(response: Response) -> Response:
    seconds = time.perf_counter() - g.started
    route = request.url_rule.rule if request.url_rule else "none"
    method = telemetry.method_label(request.method)
    telemetry.REQUESTS.labels(method, route, response.status_code).inc()
    telemetry.REQUEST_SECONDS.labels(method, route).observe(seconds)
    response.headers["X-Request-ID"] = g.request_id
    _log.log(
        logging.DEBUG if route in _QUIET_ROUTES else logging.INFO,
        "%s %s %d",
        request.method,
        request.path,
        response.status_code,
        extra={
            "method": request.method,
            "path": request.path,
            "route": route,
            "status": response.status_code,
            "error": g.get("error_code"),
            "key": g.get("key_id"),
            "duration_ms": round(seconds * 1000, 2),
        },
    )
    return response
