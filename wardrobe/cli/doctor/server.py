"""Checks of a running server, by asking it."""

import argparse
import secrets
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

from wardrobe import __version__
from wardrobe.cli.options import connect, server_url
from wardrobe.client import Health, Wardrobe
from wardrobe.encoders import Encoder
from wardrobe.errors import WardrobeApiError
from wardrobe.index import Index
from wardrobe.serving.doctor.finding import Finding
from wardrobe.settings import Settings

_SKEW_S = 5
_SLOW_MS = 500
_TIMEOUT_S = 10


def check_server(
    arguments: argparse.Namespace,
    settings: Settings,
    encoder: Encoder | None,
    index: Index | None,
) -> Iterator[Finding]:
    """Asks the server at --url; without it the one of the settings, if something listens there."""
    if not (arguments.url or settings.wardrobe_url) and not _listens(settings):
        yield Finding(
            "warning",
            f"nothing listens at {server_url(settings)}",
            "start a server with `wardrobe serve`, or name one with --url",
        )
        return
    with connect(arguments, settings, timeout=_TIMEOUT_S, retries=0) as wardrobe:
        alive = list(check_alive(wardrobe.url))
        yield from alive
        if alive[0].status == "failure":
            return
        try:
            before = None if index is None else index.count
            health = wardrobe.health()
        except WardrobeApiError as error:
            yield Finding("failure", f"it is not ready: {error.message}")
            return
        still = index is not None and index.count == before  # else items are being written
        yield check_health(health, encoder, before if still else None)
        yield check_latency(wardrobe, health)


def check_alive(url: str) -> Iterator[Finding]:
    """Whether a server answers, and whether its clock and this one agree."""
    try:
        response = httpx2.get(f"{url}/livez", timeout=_TIMEOUT_S)
        response.raise_for_status()
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        yield Finding(
            "failure", f"{url} does not answer: {error}", "is it running, and is this its address?"
        )
        return
    yield Finding("ok", f"{url} answers")
    if "Date" in response.headers:
        yield check_clock(response.headers["Date"])


def check_clock(date: str) -> Finding:
    """Compares the date of an answer with the clock of this machine."""
    skew = abs((datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds())
    if skew > _SKEW_S:
        return Finding(
            "warning",
            f"its clock and this machine's are {skew:.0f} s apart: keys expire at other times "
            "than they seem to",
            "run an NTP client on both",
        )
    return Finding("ok", "its clock agrees with this machine's")


def check_health(health: Health, encoder: Encoder | None, count: int | None) -> Finding:
    """Compares what is served with what the settings name here.

    Args:
        count: of the items here, if that is known.
    """
    pairs = [
        ("version", health.version, __version__),
        ("encoder", health.fingerprint[:12], encoder and encoder.fingerprint[:12]),
        ("number of items", health.index.count, count),
    ]
    other = [
        f"its {name} is {served}, here it is {here}"
        for name, served, here in pairs
        if here is not None and served != here
    ]
    if other:
        return Finding(
            "failure",
            f"it serves something else than the settings here name: {'; '.join(other)}",
            "restart it, or correct ENCODER, INDEX and STATE here",
        )
    return Finding("ok", f"it serves {health.index.count} items with encoder {health.encoder}")


def check_latency(wardrobe: Wardrobe, health: Health) -> Finding:
    """Searches three times, by texts no cache knows where the encoder has text."""
    times = []
    for _ in range(3):
        started = time.perf_counter()
        try:
            if health.has_text:
                wardrobe.search(f"red dress {secrets.token_hex(4)}", top_k=5)
            else:
                wardrobe.search(vector=[1] * health.dimension, top_k=5)
        except WardrobeApiError as error:
            return Finding("failure", f"a search failed: {error.message}", _key_advice(error))
        times.append(1000 * (time.perf_counter() - started))
    what = f"a search takes {sorted(times)[1]:.0f} ms"
    if sorted(times)[1] > _SLOW_MS:
        return Finding("warning", what, "is the machine busy, or COMPUTE_THREADS off?")
    return Finding("ok", what)


def _key_advice(error: WardrobeApiError) -> str:
    return "set WARDROBE_KEY to a key that may read" if error.status in (401, 403) else ""


def _listens(settings: Settings) -> bool:
    address = httpx2.URL(server_url(settings))
    try:
        with socket.create_connection((address.host, settings.port), timeout=1):
            return True
    except OSError:
        return False
