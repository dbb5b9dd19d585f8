"""Every exception → one JSON shape with the right status."""

import logging

from flask import Flask, Response, g, request
from werkzeug.exceptions import (
    HTTPException,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
)
from werkzeug.wrappers import Response as BaseResponse

from wardrobe.errors import WardrobeError
from wardrobe.serving.answers import answer
from wardrobe.serving.schemas import ErrorBody, ErrorResponse

_log = logging.getLogger(__name__)

_START_S = 5
"""What a start takes, about: when to ask again a server that is not ready."""


def error_body(error: Exception) -> ErrorBody:
    """Returns what the caller may know; an unexpected exception goes to the log instead."""
    if isinstance(error, WardrobeError):
        return ErrorBody(code=error.code, message=error.message, detail=error.detail)
    _log.error("unexpected exception", exc_info=error)
    return ErrorBody(
        code="internal_error",
        message=f"something failed inside the server; its log says more under {g.request_id}",
    )


def retry_after(body: ErrorBody) -> str:
    """Returns the seconds after which to ask again."""
    return str(body.detail.get("retry_after_s", _START_S))


def init_app(app: Flask) -> None:
    """Registers the handlers."""
    app.register_error_handler(HTTPException, _http_exception)
    app.register_error_handler(Exception, _exception)


def _exception(error: Exception) -> Response:
    status = error.status if isinstance(error, WardrobeError) else 500
    return _respond(error_body(error), status)


def _http_exception(error: HTTPException) -> BaseResponse:
    response = error.get_response()
    if response.status_code < 400:  # a redirect
        return response
    body = ErrorBody(code=_code_of(error), message=_explain(error))
    refusal = _respond(body, response.status_code)
    if "Allow" in response.headers:
        refusal.headers["Allow"] = response.headers["Allow"]
    return refusal


def _code_of(error: HTTPException) -> str:
    return "too_large" if error.code == 413 else error.name.lower().replace(" ", "_")


def _explain(error: HTTPException) -> str:
    match error:
        case NotFound():
            return f"there is no {request.path}; /docs lists what there is"
        case MethodNotAllowed():
            allowed = ", ".join(sorted(error.valid_methods or ()))
            return f"{request.method} does not work on {request.path}; use {allowed}"
        case RequestEntityTooLarge():
            return (
                f"the body is too large: the limit is {request.max_content_length} bytes in all, "
                f"{request.max_form_memory_size} for a form field that is not a file"
            )
    return error.description or error.name


def _respond(body: ErrorBody, status: int) -> Response:
    g.error_code = body.code
    response = answer(ErrorResponse(error=body), status)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if status in (429, 503):
        response.headers["Retry-After"] = retry_after(body)
    return response
