"""Dynamic batching: one thread encodes whatever waits, as soon as the encoder is free."""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from wardrobe.errors import NotReadyError, QueueFullError
from wardrobe.serving import telemetry

Input = TypeVar("Input")
Output = TypeVar("Output")

_log = logging.getLogger(__name__)

_NEWEST_SHARE = 0.2
"""Weight of the newest batch in the running mean of seconds per input."""


@dataclass(slots=True, eq=False)
class Job(Generic[Input, Output]):
    """One input on its way through the encoder.

    Attributes:
        deadline: `time.monotonic()` after which nobody wants the result.
        value: what to encode; may be set later, before the job is submitted.
        future: where the result or the error arrives; cancelled when the deadline passes first.
        queued: `time.monotonic()` when it joined the queue.
        pixels: what it adds to a batch; the batcher sets it.
        dropped: it was late, and its future is, or is about to be, cancelled.
    """

    deadline: float
    value: Input = cast(Any, None)
    future: "Future[Output]" = field(default_factory=Future)
    queued: float = 0.0
    pixels: int = 0
    dropped: bool = False


class Batcher(Generic[Input, Output]):
    """A bounded queue and the one thread that empties it in batches, first in, first out.

    An idle batcher starts at once; while it works, the queue fills and becomes the next batch.

    Attributes:
        death: done once the thread has died.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Input]], Sequence[Output]],
        pixels: Callable[[Input], int],
        *,
        max_batch_size: int,
        max_batch_pixels: int,
        max_queue: int,
        max_delay_s: float = 0.0,
    ) -> None:
        """Starts the thread.

        Args:
            run: encodes a batch, one output an input, in order; called from one thread only.
            pixels: says how many pixels an input counts for.
            max_batch_size: inputs given to `run` at most.
            max_batch_pixels: pixels given to `run` at most; an input of more goes alone.
            max_queue: jobs that may wait.
            max_delay_s: how long the first job of a batch waits for others, even if `run` is idle.
        """
        self._run = run
        self._pixels = pixels
        self._max_batch_size = min(max_batch_size, max_queue)
        self._max_batch_pixels = max_batch_pixels
        self._max_queue = max_queue
        self._max_delay_s = max_delay_s
        self._queue: deque[Job[Input, Output]] = deque()
        self._changed = threading.Condition()
        self._stopped: str | None = None
        self._seconds_per_input = 0.0
        self.death: Future[None] = Future()
        self._thread = threading.Thread(target=self._work, name="encoding", daemon=True)
        self._thread.start()

    def submit(self, *jobs: Job[Input, Output]) -> None:
        """Queues jobs side by side, all or none.

        Raises:
            QueueFullError: the queue has no room for them.
            NotReadyError: the batcher was closed or its thread died.
        """
        for job in jobs:
            job.pixels = self._pixels(job.value)
        while not self._enqueue(jobs):
            self.make_room(len(jobs))

    def make_room(self, count: int = 1) -> None:
        """Makes sure that jobs fit in the queue for now, if need be by dropping late ones.

        Raises:
            QueueFullError: they do not.
        """
        with self._changed:
            if len(self._queue) + count <= self._max_queue:
                return
            late = self._drop_late()
            waiting = len(self._queue)
        _cancel(late)
        if waiting + count > self._max_queue:
            raise QueueFullError(
                f"{waiting} inputs already wait for the encoder; "
                f"the limit is {self._max_queue}; try again in a moment",
                limit=self._max_queue,
                retry_after_s=max(1, math.ceil(waiting * self._seconds_per_input)),
            )

    def extend(self, job: Job[Input, Output], deadline: float) -> bool:
        """Keeps a job wanted until a later deadline; False if it was dropped already."""
        with self._changed:  # lest it is being dropped for the deadline it had
            job.deadline = max(job.deadline, deadline)
            return not job.dropped

    @property
    def waiting(self) -> int:
        """How many inputs wait."""
        return len(self._queue)

    def check(self) -> None:
        """Raises `NotReadyError` with the reason once the batcher can take no more jobs."""
        if self._stopped:
            raise NotReadyError(self._stopped)

    def close(self) -> None:
        """Refuses new jobs, finishes those that wait, and ends the thread."""
        with self._changed:
            self._stopped = self._stopped or "the server is stopping"
            self._changed.notify()
        self._thread.join()

    def _enqueue(self, jobs: Sequence[Job[Input, Output]]) -> bool:
        with self._changed:
            self.check()
            if len(self._queue) + len(jobs) > self._max_queue:
                return False
            now = time.monotonic()
            for job in jobs:
                job.queued = now
            self._queue.extend(jobs)
            self._report_queue()
            self._changed.notify()
            return True

    def _work(self) -> None:
        batch: Sequence[Job[Input, Output]] = ()
        try:
            while batch := self._take():
                started = time.monotonic()
                self._encode(batch)
                seconds = (time.monotonic() - started) / len(batch)
                self._seconds_per_input += _NEWEST_SHARE * (seconds - self._seconds_per_input)
        except BaseException as error:
            _log.exception("the encoding thread died")
            self._abandon(batch, f"the encoding thread died: {error!r}")

    def _abandon(self, batch: Sequence[Job[Input, Output]], reason: str) -> None:
        with self._changed:
            self._stopped = reason
            waiting = [job for job in self._queue if job.future.set_running_or_notify_cancel()]
            self._queue.clear()
            self._report_queue()
        self.death.set_result(None)
        for job in [*batch, *waiting]:
            if not job.future.done():
                job.future.set_exception(NotReadyError(reason))

    def _take(self) -> list[Job[Input, Output]]:
        """Waits for jobs and returns the next batch; empty when closed and drained."""
        while True:
            with self._changed:
                reason: telemetry.Release = "drained" if self._queue else "idle"
                self._changed.wait_for(lambda: self._queue or self._stopped)
                if not self._queue:
                    return []
                if self._wait_for_more():
                    reason = "delay"
                late = self._drop_late()
                batch, reason = self._fill("closing" if self._stopped else reason)
                self._report_queue()
            _cancel(late)
            if batch:
                telemetry.BATCH_INPUTS.observe(len(batch))
                telemetry.BATCHES[reason].inc()
                _report_waits(batch)
                return batch

    def _wait_for_more(self) -> bool:
        """Waits for a full batch as long as the delay allows; True if it waited that long.

        It does not wait at all when that would make any job late.
        """
        waited = False
        while self._queue and not self._stopped and not self._is_full(self._queue):
            end = self._queue[0].queued + self._max_delay_s
            left = end - time.monotonic()
            if left <= 0 or any(job.deadline <= end for job in self._queue):
                return waited
            self._changed.wait(left)
            waited = True
        return False

    def _is_full(self, jobs: Sequence[Job[Input, Output]]) -> bool:
        return (
            len(jobs) >= self._max_batch_size
            or sum(job.pixels for job in jobs) >= self._max_batch_pixels
        )

    def _drop_late(self) -> list[Job[Input, Output]]:
        """Takes jobs past their deadline out of the queue, for `_cancel` once it is unlocked."""
        now = time.monotonic()
        late = [job for job in self._queue if now >= job.deadline]
        if late:
            for job in late:
                job.dropped = True
            self._queue = deque(job for job in self._queue if not job.dropped)
            self._report_queue()
        return late

    def _fill(
        self, reason: telemetry.Release
    ) -> tuple[list[Job[Input, Output]], telemetry.Release]:
        """Takes the next batch, and says why it ends: for the given reason if all jobs fit."""
        batch: list[Job[Input, Output]] = []
        pixels = 0
        while self._queue and len(batch) < self._max_batch_size:
            job = self._queue[0]
            if batch and pixels + job.pixels > self._max_batch_pixels:
                return batch, "pixels"
            self._queue.popleft()
            if job.future.set_running_or_notify_cancel():
                batch.append(job)
                pixels += job.pixels
        if len(batch) == self._max_batch_size:
            return batch, "full"
        return batch, "pixels" if pixels >= self._max_batch_pixels else reason

    def _encode(self, batch: Sequence[Job[Input, Output]]) -> None:
        try:
            with telemetry.stage("encode"):
                outputs = self._run([job.value for job in batch])
            if len(outputs) != len(batch):
                raise RuntimeError(f"{len(batch)} inputs gave {len(outputs)} outputs")
        except Exception as error:
            if len(batch) == 1:
                batch[0].future.set_exception(error)
                return
            _log.warning("a batch of %d failed; encoding one by one", len(batch), exc_info=True)
            for job in batch:
                self._encode([job])
            return
        for job, output in zip(batch, outputs, strict=True):
            job.future.set_result(output)

    def _report_queue(self) -> None:
        telemetry.QUEUE_INPUTS.set(len(self._queue))
        telemetry.QUEUE_OLDEST.set(self._queue[0].queued if self._queue else math.inf)


def _cancel(late: Sequence[Job[Any, Any]]) -> None:
    """Ends the futures of dropped jobs; with the queue unlocked, as their callbacks run here."""
    _report_waits(late)
    for job in late:
        if job.future.cancel():
            job.future.set_running_or_notify_cancel()


def _report_waits(jobs: Sequence[Job[Any, Any]]) -> None:
    now = time.monotonic()
    for job in jobs:
        telemetry.STAGES["queue"].observe(now - job.queued)
