"""Dynamic batching: one thread encodes whatever waits, as soon as the encoder is free."""

import logging
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


@dataclass(slots=True, eq=False)
class Job(Generic[Input, Output]):
    """One input on its way through the encoder.

    Attributes:
        deadline: `time.monotonic()` after which nobody wants the result.
        value: what to encode; may be set later, before the job is submitted.
        future: where the result or the error arrives; cancelled when the deadline passes first.
        queued: `time.monotonic()` when it joined the queue.
    """

    deadline: float
    value: Input = cast(Any, None)
    future: "Future[Output]" = field(default_factory=Future)
    queued: float = 0.0


class Batcher(Generic[Input, Output]):
    """A bounded queue and the one thread that empties it in batches.

    An idle batcher starts at once; while it works, the queue fills and becomes the next batch.

    Attributes:
        death: done once the thread has died.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Input]], Sequence[Output]],
        *,
        max_batch_size: int,
        max_queue: int,
        max_delay_s: float = 0.0,
    ) -> None:
        """Starts the thread.

        Args:
            run: encodes a batch, one output an input, in order; called from one thread only.
            max_batch_size: inputs given to `run` at most.
            max_queue: jobs that may wait.
            max_delay_s: how long the first job of a batch waits for others, even if `run` is idle.
        """
        self._run = run
        self._max_batch_size = max_batch_size
        self._max_queue = max_queue
        self._max_delay_s = max_delay_s
        self._queue: deque[Job[Input, Output]] = deque()
        self._changed = threading.Condition()
        self._stopped: str | None = None
        self.death: Future[None] = Future()
        self._thread = threading.Thread(target=self._work, name="encoding", daemon=True)
        self._thread.start()

    def submit(self, *jobs: Job[Input, Output]) -> None:
        """Queues jobs side by side, all or none.

        Raises:
            QueueFullError: the queue has no room for them.
            NotReadyError: the batcher was closed or its thread died.
        """
        with self._changed:
            if self._stopped:
                raise NotReadyError(self._stopped)
            if len(self._queue) + len(jobs) > self._max_queue:
                raise QueueFullError(
                    f"{len(self._queue)} inputs already wait for the encoder; "
                    f"the limit is {self._max_queue}; try again in a moment",
                    limit=self._max_queue,
                )
            now = time.monotonic()
            for job in jobs:
                job.queued = now
            self._queue.extend(jobs)
            telemetry.QUEUE_INPUTS.set(len(self._queue))
            self._changed.notify()

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

    def _work(self) -> None:
        batch: Sequence[Job[Input, Output]] = ()
        try:
            while batch := self._take():
                self._encode(batch)
        except BaseException as error:
            _log.exception("the encoding thread died")
            telemetry.READY.set(0)
            self._abandon(batch, f"the encoding thread died: {error!r}")
            self.death.set_result(None)

    def _abandon(self, batch: Sequence[Job[Input, Output]], reason: str) -> None:
        with self._changed:
            self._stopped = reason
            abandoned = [*batch, *self._queue]
            self._queue.clear()
            telemetry.QUEUE_INPUTS.set(0)
        for job in abandoned:
            if not job.future.done():
                job.future.set_exception(NotReadyError(reason))

    def _take(self) -> list[Job[Input, Output]]:
        """Waits for jobs and returns the next batch; empty when closed and drained."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._stopped)
                if self._max_delay_s and self._queue:
                    self._changed.wait_for(
                        lambda: len(self._queue) >= self._max_batch_size or self._stopped,
                        self._queue[0].queued + self._max_delay_s - time.monotonic(),
                    )
                waiting = [
                    self._queue.popleft()
                    for _ in range(min(len(self._queue), self._max_batch_size))
                ]
                telemetry.QUEUE_INPUTS.set(len(self._queue))
            if not waiting:
                return []
            if batch := [job for job in waiting if _is_wanted(job)]:
                return batch

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
        telemetry.BATCH_INPUTS.observe(len(batch))
        for job, output in zip(batch, outputs, strict=True):
            job.future.set_result(output)


def _is_wanted(job: Job[Input, Output]) -> bool:
    """Cancels a job whose deadline has passed; True for one that is to be encoded."""
    now = time.monotonic()
    telemetry.STAGE_SECONDS.labels("queue").observe(now - job.queued)
    if now >= job.deadline:
        job.future.cancel()
    return job.future.set_running_or_notify_cancel()
