"""Loading in the background: the process answers at once, and says what it still waits for."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future

from wardrobe.errors import NotReadyError
from wardrobe.serving import telemetry
from wardrobe.serving.engine import Engine

_log = logging.getLogger(__name__)

Report = Callable[[str], None]


class Startup:
    """Builds the engine in a thread of its own and hands it out when it is warm."""

    def __init__(self, build: Callable[[Report], Engine]) -> None:
        """Starts the thread.

        Args:
            build: returns a warm engine; reports each step before it begins.
        """
        self._build = build
        self._step = "starting"
        self._engine: Future[Engine] = Future()
        self._thread = threading.Thread(target=self._work, name="startup", daemon=True)
        self._thread.start()

    def engine(self) -> Engine:
        """Returns the engine.

        Raises:
            NotReadyError: it is not ready yet, could not be built, or has failed since.
        """
        if not self._engine.done():
            raise NotReadyError(f"not ready yet: {self._step}")
        if (error := self._engine.exception()) is not None:
            raise NotReadyError(f"the server could not start while {self._step}: {error}")
        engine = self._engine.result()
        engine.check()
        return engine

    def wait(self, timeout: float) -> Engine:
        """Returns the engine as soon as it is ready, or raises why it could not be built."""
        return self._engine.result(timeout)

    @property
    def finished(self) -> bool:
        """Whether the engine is ready, or could not be built."""
        return self._engine.done()

    @property
    def failed(self) -> bool:
        """Whether the engine could not be built."""
        return self.finished and self._engine.exception() is not None

    def on_death(self, callback: Callable[[], None]) -> None:
        """Calls back when an engine that was ready dies; at once if it has already."""

        def watch(engine: "Future[Engine]") -> None:
            if engine.exception() is None:
                engine.result().death.add_done_callback(lambda _: callback())

        self._engine.add_done_callback(watch)

    def close(self) -> None:
        """Finishes what is in flight; a start still under way is waited for first."""
        self._thread.join()
        telemetry.READY.set(0)
        if self._engine.exception() is None:
            self._engine.result().close()

    def _work(self) -> None:
        try:
            engine = self._build(self._report)
        except BaseException as error:  # whatever ends this thread must show on /healthz
            _log.exception("the server could not start while %s", self._step)
            self._engine.set_exception(error)
        else:
            telemetry.READY.set(1)
            self._engine.set_result(engine)
            _log.info("ready")

    def _report(self, step: str) -> None:
        self._step = step
        _log.info(step)
