"""Who may ask what: looks at a request's key before anything reads its body."""

import math

from flask import Flask, g, request

from wardrobe.errors import AccessError, KeyRequiredError, RateLimitError, ScopeTooSmallError
from wardrobe.keys import Key, KeyStore, Scope
from wardrobe.serving import telemetry
from wardrobe.serving.page import PAGES
from wardrobe.serving.rate_limits import RateLimits
from wardrobe.serving.service import current_service

_OPEN = frozenset({"livez", "healthz", "openapi.json", "docs", *(page[1:] for page in PAGES)})
"""Answered to anybody: they hold nothing of a shop, and a load balancer has no key."""

_SCOPES: dict[str, tuple[Scope, Scope]] = {
    "predict": ("read", "read"),
    "search": ("read", "read"),
    "items": ("read", "write"),
    "facets": ("read", "write"),
    "feedback": ("admin", "write"),
    "metrics": ("read", "admin"),
}
"""The scopes to look and to change, by the first part of the path; any other needs `admin`."""

_LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})


def required_scope(method: str, path: str) -> Scope | None:
    """Returns the scope that a call needs; None if anybody may make it."""
    first = path.split("/")[1]
    if first in _OPEN:
        return None
    looking, changing = _SCOPES.get(first, ("admin", "admin"))
    return looking if method in _LOOKING else changing


def init_app(app: Flask) -> None:
    """Asks every request for the key it needs."""
    settings = current_service(app).settings
    store, limits = KeyStore(settings.state), RateLimits()

    def admit() -> None:
        if request.url_rule is None:  # 404 or 405: there is nothing to protect
            return
        scope = required_scope(request.method, request.url_rule.rule)
        if scope is None:
            return
        try:
            key = _key(store)
            if key is not None:
                g.key_id = key.id
                _check_scope(key, scope)
                _check_rate(limits, key.id, key.rate)
            elif settings.open_reading and scope == "read":
                _check_rate(limits, "", settings.open_reading_rate)
            else:
                raise KeyRequiredError(
                    f"{request.method} {request.path} needs an API key with scope '{scope}': send "
                    "'Authorization: Bearer wdr_…'; whoever runs the server makes one with "
                    f"`wardrobe keys create --name NAME --scope {scope}`",
                    scope=scope,
                )
        except AccessError as error:
            telemetry.REFUSED_REQUESTS.labels(error.code).inc()
            raise

    app.before_request(admit)


def _key(store: KeyStore) -> Key | None:
    given = request.authorization
    if given is None or given.type != "bearer":  # a proxy's own, such as Basic
        return None
    return store.verify(given.token or "")


def _check_scope(key: Key, scope: Scope) -> None:
    if not key.allows(scope):
        raise ScopeTooSmallError(
            f"{request.method} {request.path} needs scope '{scope}'; "
            f"API key {key.id} has '{key.scope}'",
            scope=scope,
            key_scope=key.scope,
        )


def _check_rate(limits: RateLimits, name: str, rate: float | None) -> None:
    """Counts a request of a key, or of those without one by an empty name."""
    wait_s = limits.take(name, rate) if rate else 0
    if wait_s:
        who = f"API key {name}" if name else "callers without an API key together"
        raise RateLimitError(
            f"{who} may make {rate:g} requests a second; try again in {wait_s:.3g} s",
            rate=rate,
            retry_after_s=math.ceil(wait_s),
        )
