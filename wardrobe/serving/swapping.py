"""Swaps: another engine is built beside the one that serves, and then takes its place."""

import logging
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple

from wardrobe.errors import NotReadyError, StateError, SwapConflictError, WardrobeError
from wardrobe.serving import telemetry
from wardrobe.serving.building import Report
from wardrobe.serving.catching_up import take_over
from wardrobe.serving.current import CurrentEngine
from wardrobe.serving.deployment import Deployment, DeploymentStore, State
from wardrobe.serving.engine import Engine

_log = logging.getLogger(__name__)

_EVERY_S = 1.0
"""How often a worker looks whether another one has swapped."""


class _Job(NamedTuple):
    target: Deployment
    lock: IO[bytes]
    discard_writes: bool


class Swapper:
    """Swaps when asked to, and after another worker has swapped; in a thread of its own.

    The engine that serves is never touched before the new one is warm, whatever fails.
    """

    def __init__(
        self,
        current: CurrentEngine,
        build: Callable[[Deployment, Report], Engine],
        store: DeploymentStore,
    ) -> None:
        """Starts the thread.

        Args:
            current: what to replace the engine of.
            build: returns a warm engine; reports each step before it begins.
            store: where workers see what is to be served.
        """
        self._current = current
        self._build = build
        self._store = store
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._refused: Deployment | str | None = None
        self._thread = threading.Thread(target=self._work, name="swapping", daemon=True)
        self._thread.start()

    def swap(
        self,
        encoder: str | None,
        index: Path,
        *,
        discard_writes: bool = False,
        announced: str | None = None,
    ) -> None:
        """Begins a swap; without an encoder it stays the same.

        Args:
            discard_writes: let go what was written to an index that the new was not built from.
            announced: ETag of the announcement in S3 that asks for it.

        Raises:
            SwapConflictError: another is under way.
            NotReadyError: nothing is served yet.
            StateError: the folder `STATE` cannot be read or written.
        """
        self._begin(
            lambda: self._store.target(encoder, index, announced=announced),
            discard_writes=discard_writes,
        )

    def roll_back(self) -> None:
        """Begins a swap to what was served before the last one.

        Raises:
            SwapConflictError: another is under way, or nothing was served before.
            NotReadyError: nothing is served yet.
            StateError: the folder `STATE` cannot be read or written.
        """

        def target() -> Deployment:
            previous = self._store.current().previous
            if previous is None:
                raise SwapConflictError(
                    "there is nothing to roll back to: no swap has been made since the settings "
                    "last changed; name what to serve with POST /admin/swap"
                )
            return self._store.target(previous.encoder, previous.index)

        self._begin(target)

    def close(self) -> None:
        """Ends the thread; a swap under way is finished first."""
        self._jobs.put(None)
        self._thread.join()

    def _begin(self, choose: Callable[[], Deployment], *, discard_writes: bool = False) -> None:
        self._current.get()
        lock = self._store.lock()
        try:
            target = choose()
            self._store.report("loading", "waiting to begin", target.pair)
        except BaseException:
            lock.close()
            raise
        self._jobs.put(_Job(target, lock, discard_writes))

    def _work(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=_EVERY_S)
            except queue.Empty:
                self._follow()
                continue
            if job is None:
                return
            with job.lock:
                self._swap(job.target, discard_writes=job.discard_writes)

    def _swap(self, target: Deployment, *, discard_writes: bool) -> None:
        try:
            engine = self._build(target, partial(self._report, target))
            try:
                self._make_current(engine, target, discard_writes=discard_writes)
            except BaseException:
                engine.discard()
                raise
        except BaseException as error:  # whatever it is, the thread and the old engine go on
            _failed(target)
            self._reopen()
            self._report(target, "failed", _reason(error))
        else:
            self._switch(engine)
            self._reopen()
            self._report(target, "switched", f"serving {target.index} with {target.encoder}")

    def _make_current(self, engine: Engine, target: Deployment, *, discard_writes: bool) -> None:
        """Closes the old index, then says what is current, then opens the new one.

        So at no moment do both take writes, in any worker, and wherever this process dies, one of
        them is current and has every write; `_reopen` opens it.
        """
        self._report(target, "catching up", f"taking over what was written, for {target.index}")
        take_over(self._current.get(), engine, discard_writes=discard_writes)
        try:
            self._store.save(target)
        except StateError:
            if self._store.current() != target:  # else it is there, and others may serve it by now
                raise

    def _reopen(self) -> None:
        """Lets what is current take writes, if it is closed; only who has the lock may."""
        try:
            engine = self._current.get()
            if engine.index.succession.successor and self._store.current() == engine.deployment:
                engine.index.succession.reopen()
        except WardrobeError as error:  # it is tried again
            _log.error(error.message)

    def _reopen_after_death(self) -> None:
        """Does what a worker did not get to that died as it swapped."""
        if self._current.get().index.succession.successor:
            with suppress(SwapConflictError), self._store.lock():
                self._reopen()

    def _follow(self) -> None:
        """Serves what another worker has swapped to; if that fails, not before it changes again."""
        try:
            serving = self._current.get().deployment
            target = self._store.current()
            if target == serving:
                self._reopen_after_death()
        except NotReadyError:
            return
        except WardrobeError as error:
            if self._refused != error.message:
                _log.error(error.message)
            self._refused = error.message
            return
        if target in (serving, self._refused):
            return
        try:
            engine = self._build(target, lambda _, message: _log.info(message))
        except BaseException:  # whatever it is, the thread and the old engine go on
            _failed(target)
            self._refused = target
        else:
            self._switch(engine)
            _log.info("serving %s with %s, as another worker does", target.index, target.encoder)

    def _switch(self, engine: Engine) -> None:
        self._current.replace(engine)
        telemetry.SWAPS["switched"].inc()

    def _report(self, target: Deployment, state: State, message: str) -> None:
        _log.info(message)
        try:
            self._store.report(state, message, target.pair)
        except StateError as error:  # the swap itself goes on
            _log.error(error.message)


def _failed(target: Deployment) -> None:
    _log.exception("the swap to %s with %s failed", target.index, target.encoder)
    telemetry.SWAPS["failed"].inc()


def _reason(error: BaseException) -> str:
    return error.message if isinstance(error, WardrobeError) else repr(error)
