"""Requests and answers: errors as exceptions, and another try where the server asks for it."""

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx2

from wardrobe import __version__
from wardrobe.errors import WardrobeApiError

Result = TypeVar("Result")

_BUSY = (429, 503)
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0


class Transport:
    """One server over kept-alive connections; safe to use from several threads."""

    def __init__(self, url: str, key: str | None, timeout: float, retries: int) -> None:
        self.url = url.rstrip("/")
        self._retries = retries
        headers = {"User-Agent": f"wardrobe/{__version__}"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        self._client = httpx2.Client(base_url=self.url, headers=headers, timeout=timeout)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def call(
        self, method: str, path: str, *, idempotent: bool = True, **request: Any
    ) -> httpx2.Response:
        """Returns the answer of a request that succeeded.

        Args:
            idempotent: sending it twice does what sending it once does, so it may be tried again.
            request: `params`, `json`, `files`, `content`, `headers` as of httpx.

        Raises:
            WardrobeApiError: it did not succeed, or there is no answer.
        """

        def attempt() -> httpx2.Response:
            with self._answers():
                response = self._client.request(method, path, **request)
                _raise_for(response)
                return response

        return self._persistently(attempt) if idempotent else attempt()

    def lines(self, path: str, content: bytes) -> Iterator[Any]:
        """Posts NDJSON and yields the JSON of each line of the answer as it comes.

        Raises:
            WardrobeApiError: the server refuses, or the answer breaks off.
        """
        headers = {"Content-Type": "application/x-ndjson", "Accept": "application/x-ndjson"}

        def begin() -> httpx2.Response:
            with self._answers():
                request = self._client.build_request("POST", path, content=content, headers=headers)
                response = self._client.send(request, stream=True)
                if not response.is_success:
                    response.read()
                    _raise_for(response)
                return response

        response = self._persistently(begin)
        try:
            with self._answers():
                for line in response.iter_lines():
                    if line:
                        yield read_json(response, line)
        finally:
            response.close()

    def _persistently(self, attempt: Callable[[], Result]) -> Result:
        for tried in range(self._retries):
            try:
                return attempt()
            except WardrobeApiError as error:
                pause = error.retry_after or _FIRST_PAUSE_S * 2**tried
                again = error.status in _BUSY or error.code == "connection_lost"
                if not again or pause > _LONGEST_PAUSE_S:
                    raise
            time.sleep(pause * random.uniform(1, 1.25))  # so that clients come back one by one
        return attempt()

    @contextmanager
    def _answers(self) -> Iterator[None]:
        """Turns what goes wrong on the way into `WardrobeApiError`."""
        try:
            yield
        except httpx2.TimeoutException as error:
            limit = self._client.timeout.read
            raise WardrobeApiError(
                0, "timeout", f"{self.url} did not answer within {limit:g} s"
            ) from error
        except (httpx2.ConnectError, httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:
            raise WardrobeApiError(
                0, "unreachable", f"cannot reach {self.url}: {error}; is a server running there?"
            ) from error
        except httpx2.HTTPError as error:
            raise WardrobeApiError(
                0, "connection_lost", f"{self.url} broke off the connection: {error}"
            ) from error


def read_json(response: httpx2.Response, text: str | bytes | None = None) -> Any:
    """Returns the JSON of an answer, or of one line of it.

    Raises:
        WardrobeApiError: it is not JSON.
    """
    try:
        return json.loads(response.content if text is None else text)
    except ValueError as error:
        raise WardrobeApiError(
            response.status_code,
            "not_wardrobe",
            f"{response.request.url} answered no JSON; is it the address of a Wardrobe server?",
        ) from error


def _raise_for(response: httpx2.Response) -> None:
    if response.is_success:
        return
    try:
        found = response.json()["error"]
        code, message, detail = found["code"], found["message"], found.get("detail", {})
    except (ValueError, KeyError, TypeError, AttributeError):  # a proxy's page, or a redirect
        code, detail = "not_wardrobe", {}
        message = f"{response.request.url} answered {response.status_code} {response.reason_phrase}"
    raise WardrobeApiError(
        response.status_code,
        code,
        message,
        detail,
        response.headers.get("X-Request-ID"),
        _seconds(response.headers.get("Retry-After")),
    )


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after is not None and retry_after.isdecimal() else None
