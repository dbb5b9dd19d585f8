"""The load generator: closed and open loops over raw HTTP/1.1, in a process of its own.

Its own process, so that its share of the cores can be told from the server's. Requests come as
bytes; of an answer only status and length are read.
"""

import asyncio
import gc
import random
import re
import resource
import time
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any, NamedTuple

import numpy as np

from benchmarks.machine import cores
from benchmarks.workload import Request, Workload

RAMP = 1.0  # seconds at the start of a load that no figure counts
NO_ANSWER = 0  # in place of a status: refused, reset, or nothing within the timeout
TIMEOUT = 30.0  # seconds a client waits for an answer
FILES = 65_536  # open files, which connections are
_STALE = 2.0  # seconds after which an idle connection is not used again: servers hang up
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


class Answer(NamedTuple):
    """An answer: seconds into the load when its request was due, seconds until it was whole."""

    kind: str
    start: float
    latency: float
    status: int


@dataclass
class Measured:
    """The answers to a load, and what the generator took.

    Attributes:
        seconds: for which requests were sent.
        cpu_seconds: of the generator, until the last answer.
        wall_seconds: until the last answer.
        lags: seconds by which open-loop requests left late.
        last_sent: when the last open-loop request left, by the clock of `time.monotonic`.
    """

    seconds: float
    answers: list[Answer] = field(default_factory=list)
    cpu_seconds: float = 0
    wall_seconds: float = 0
    lags: list[float] = field(default_factory=list)
    last_sent: float = 0

    def summary(self) -> dict[str, Any]:
        """Returns latencies of accepted requests, throughput, statuses and the generator's share.

        Latencies and throughput leave out the ramp; throughput counts accepted answers that came
        between it and the end.
        """
        ramp = min(RAMP, self.seconds / 4)
        accepted = [a for a in self.answers if a.status == 200]
        latencies = [a.latency for a in accepted if a.start >= ramp]
        in_time = sum(ramp <= a.start + a.latency <= self.seconds for a in accepted)
        return {
            "requests": len(self.answers),
            "statuses": {str(s): n for s, n in sorted(Counter(self.statuses()).items())},
            "throughput": round(in_time / (self.seconds - ramp), 2),
            **percentiles(latencies),
            "lag_p99_ms": _milliseconds(np.percentile(self.lags, 99)) if self.lags else None,
            "generator_share": round(self.cpu_seconds / self.wall_seconds / cores(), 4),
        }

    def statuses(self) -> list[int]:
        """Returns the status of every answer."""
        return [answer.status for answer in self.answers]


def raise_file_limit() -> None:
    """Allows this process, and those it starts, many connections: overload takes them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES if hard == resource.RLIM_INFINITY else min(hard, FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def percentiles(latencies: list[float]) -> dict[str, float | None]:
    """Returns the latencies' p50, p95, p99 and maximum in milliseconds; None without any."""
    names = {"p50_ms": 50, "p95_ms": 95, "p99_ms": 99, "max_ms": 100}
    if not latencies:
        return dict.fromkeys(names)
    return {name: _milliseconds(np.percentile(latencies, share)) for name, share in names.items()}


def _milliseconds(seconds: Any) -> float:
    return round(float(seconds) * 1000, 3)


class Generator:
    """A process that sends loads; it lives as long as its context."""

    def __enter__(self) -> "Generator":
        raise_file_limit()
        self._process = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        self._process.submit(raise_file_limit).result()  # it has imported this module then
        return self

    def __exit__(self, *_: object) -> None:
        self._process.shutdown()

    def closed_loop(self, port: int, workload: Workload, clients: int, seconds: float) -> Measured:
        """Each client asks again as soon as it is answered."""
        return self._process.submit(_run, _closed_loop, port, workload, clients, seconds).result()

    def open_loop(
        self, port: int, workload: Workload, rate: float, seconds: float
    ) -> "Future[Measured]":
        """Starts requests at random times (Poisson), `rate` a second, whatever becomes of them.

        Latencies count from when a request was due: what waits because the server is slow, or the
        generator late, counts in full (no coordinated omission).
        """
        return self._process.submit(_run, _open_loop, port, workload, rate, seconds)


def _run(loop: Any, port: int, workload: Workload, pace: float, seconds: float) -> Measured:
    measured = Measured(seconds)
    requests = workload()
    next(requests)  # what is read once is read now
    gc.disable()  # no pause of ours shall look like the server's
    cpu, begin = time.process_time(), time.monotonic()
    try:
        asyncio.run(loop(_Client(port, measured, begin), requests, pace, begin + seconds))
    finally:
        gc.enable()
    measured.cpu_seconds = time.process_time() - cpu
    measured.wall_seconds = time.monotonic() - begin
    return measured


async def _closed_loop(
    client: "_Client", requests: Iterator[Request], clients: float, end: float
) -> None:
    async def keep_asking() -> None:
        while (now := time.monotonic()) < end:
            await client.ask(next(requests), now)

    async with asyncio.TaskGroup() as group:
        for _ in range(int(clients)):
            group.create_task(keep_asking())


async def _open_loop(
    client: "_Client", requests: Iterator[Request], rate: float, end: float
) -> None:
    due = client.begin
    async with asyncio.TaskGroup() as group:
        while (due := due + random.expovariate(rate)) < end:
            request = next(requests)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            client.measured.last_sent = time.monotonic()
            client.measured.lags.append(client.measured.last_sent - due)
            group.create_task(client.ask(request, due))


class _Client:
    """Asks over kept-alive connections, as many as it takes."""

    def __init__(self, port: int, measured: Measured, begin: float) -> None:
        self.measured = measured
        self.begin = begin
        self._port = port
        self._idle: deque[tuple[_Connection, float]] = deque()

    async def ask(self, request: Request, due: float) -> None:
        connection = self._idle_connection()
        try:
            async with asyncio.timeout(TIMEOUT):
                connection = connection or await self._new_connection()
                status = await connection.send(request.wire)
            if connection.usable:
                self._idle.append((connection, time.monotonic()))
        except OSError:  # a TimeoutError is one
            status = NO_ANSWER
            if connection is not None:
                connection.close()
        latency = time.monotonic() - due
        self.measured.answers.append(Answer(request.kind, due - self.begin, latency, status))

    def _idle_connection(self) -> "_Connection | None":
        while self._idle and self._idle[0][1] < time.monotonic() - _STALE:
            self._idle.popleft()[0].close()
        while self._idle:
            connection, _ = self._idle.pop()
            if connection.usable:
                return connection
        return None

    async def _new_connection(self) -> "_Connection":
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(_Connection, "127.0.0.1", self._port))[1]


class _Connection(asyncio.Protocol):
    """One request at a time; answers must have a Content-Length."""

    def __init__(self) -> None:
        self.usable = True
        self._received = bytearray()
        self._whole = 0  # bytes of the whole answer, 0 until its head is here

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._status: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def send(self, wire: bytes) -> "asyncio.Future[int]":
        """Sends a request; the future gets the status once the answer is whole."""
        self._status = asyncio.get_running_loop().create_future()
        self._received.clear()
        self._whole = 0
        self._transport.write(wire)
        return self._status

    def close(self) -> None:
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._whole and (head := self._received.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._received, 0, head)
            if length is None:
                self._transport.abort()
                return
            self._whole = head + 4 + int(length[1])
            self.usable = _CLOSE.search(self._received, 0, head) is None
        if self._whole and len(self._received) >= self._whole and not self._status.done():
            self._status.set_result(int(self._received[9:12]))

    def connection_lost(self, _: Exception | None) -> None:
        self.usable = False
        if not self._status.done():
            self._status.set_exception(ConnectionResetError())
