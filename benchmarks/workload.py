"""Requests, ready as bytes: distinct pictures, repeats, texts, and a mixture of everything.

The generator's process imports this: nothing heavy here.
"""

import functools
import json
import os
import random
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

ZIPF_EXPONENT = 1.1  # a few pictures are asked for again and again
TOP_K = 10

_COLOURS = ("red", "navy blue", "black", "white", "green", "grey", "pink", "yellow")
_THINGS = ("dress", "shirt", "pair of jeans", "jacket", "handbag", "skirt", "pair of sandals")
_BOUNDARY = b"wardrobe-benchmark"


class Request(NamedTuple):
    """A request as it goes over the wire, and what kind it is."""

    kind: str
    wire: bytes


Workload = Callable[[], Iterator[Request]]
"""Returns endless requests. It is sent to the generator's process, so it is a partial of a
function of this module."""


def distinct(paths: Sequence[Path]) -> Iterator[Request]:
    """Yields pictures, none of them ever twice: no cache can help.

    However few pictures there are, eight random bytes behind the end of a file, which decoders do
    not read, give each request a content of its own at the price of the same decoding.
    """
    pool = _read(paths)
    while True:
        for data in random.sample(pool, len(pool)):
            yield Request("picture", search_picture(data + os.urandom(8)))


def zipf(paths: Sequence[Path], seed: int) -> Iterator[Request]:
    """Yields pictures as people ask for them: the n-th most popular n**-1.1 times as often."""
    pool = [search_picture(data) for data in _read(paths)]
    weights = list(accumulate(rank**-ZIPF_EXPONENT for rank in range(1, len(pool) + 1)))
    chosen = random.Random(seed)
    while True:
        for wire in chosen.choices(pool, cum_weights=weights, k=100):
            yield Request("repeat", wire)


def one_picture(path: Path) -> Iterator[Request]:
    """Yields one picture again and again: all but the first are in the cache."""
    wire = search_picture(path.read_bytes())
    while True:
        yield Request("repeat", wire)


def texts() -> Iterator[Request]:
    """Yields text queries, none of them twice."""
    while True:
        text = f"a {random.choice(_COLOURS)} {random.choice(_THINGS)} {random.random()}"
        body = json.dumps({"text": text, "top_k": TOP_K}).encode()
        yield Request("text", post("/search", "application/json", body))


def mixed(paths: Sequence[Path], seed: int) -> Iterator[Request]:
    """Yields what a day brings: every kind of request, good and bad."""
    pool = _read(paths)
    sources: dict[Iterator[Request], float] = {
        distinct(paths): 0.50,
        zipf(paths, seed): 0.25,
        texts(): 0.10,
        _predictions(pool): 0.05,
        _bad(pool): 0.05,
        _explanations(pool): 0.01,
        _fixed(Request("metrics", get("/metrics"))): 0.01,
        _fixed(Request("healthz", get("/healthz"))): 0.03,
    }
    kinds, shares = list(sources), list(sources.values())
    chosen = random.Random(seed)
    while True:
        yield next(chosen.choices(kinds, shares)[0])


def search_picture(data: bytes) -> bytes:
    """Returns a search by a bare picture."""
    return post(f"/search?top_k={TOP_K}", "application/octet-stream", data)


def post(path: str, content_type: str, body: bytes) -> bytes:
    """Returns a POST as bytes."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(path: str) -> bytes:
    """Returns a GET as bytes."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


@functools.cache
def _read(paths: Sequence[Path]) -> list[bytes]:
    return [path.read_bytes() for path in paths]


def _form(pictures: Sequence[bytes]) -> bytes:
    head = b'Content-Disposition: form-data; name="files"; filename="some.jpg"\r\n\r\n'
    parts = [b"--" + _BOUNDARY + b"\r\n" + head + data + b"\r\n" for data in pictures]
    return b"".join(parts) + b"--" + _BOUNDARY + b"--\r\n"


def _predictions(pool: Sequence[bytes]) -> Iterator[Request]:
    content_type = f"multipart/form-data; boundary={_BOUNDARY.decode()}"
    while True:
        pictures = [data + os.urandom(8) for data in random.choices(pool, k=random.randint(1, 5))]
        yield Request("predict", post("/predict?top_k=5", content_type, _form(pictures)))


def _explanations(pool: Sequence[bytes]) -> Iterator[Request]:
    while True:
        picture = random.choice(pool)
        yield Request("explain", post("/predict?explain=1", "application/octet-stream", picture))


def _bad(pool: Sequence[bytes]) -> Iterator[Request]:
    while True:
        half = random.choice(pool)
        yield Request("bad", search_picture(half[: len(half) // 2]))
        yield Request("bad", search_picture(os.urandom(1000)))
        yield Request("bad", post("/search", "application/json", b'{"text": '))
        yield Request("bad", get("/search?colour=red"))
        yield Request("bad", get("/nowhere"))


def _fixed(request: Request) -> Iterator[Request]:
    while True:
        yield request
