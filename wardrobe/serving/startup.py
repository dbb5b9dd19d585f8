"""Loading in the background: the process answers at once, and says what it still waits for."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future

from wardrobe.serving.building import Report
from wardrobe.serving.current import CurrentEngine
from wardrobe.serving.deployment import Step
from wardrobe.serving.engine import Engine

_log = logging.getLogger(__name__)


class Startup:
    """Builds the first engine in a thread of its own."""

    def __init__(self, build: Callable[[Report], Engine], current: CurrentEngine) -> None:
        """Starts the thread.

        Args:
            build: returns a warm engine; reports each step before it begins.
            current: gets the engine, and until then the reason why there is none.
        """
        self._build = build
        self._current = current
        self._step = "looking for what to serve"
        self._done: Future[None] = Future()
        self._thread = threading.Thread(target=self._work, name="startup", daemon=True)
        self._thread.start()

    def wait(self, timeout: float) -> None:
        """Waits until the engine is ready, or raises why it could not be built."""
        self._done.result(timeout)

    @property
    def finished(self) -> bool:
        """Whether the engine is ready, or could not be built."""
        return self._done.done()

    @property
    def failed(self) -> bool:
        """Whether the engine could not be built."""
        return self.finished and self._done.exception() is not None

    def close(self) -> None:
        """Waits for a start still under way."""
        self._thread.join()

    def _work(self) -> None:
        try:
            self._current.replace(self._build(self._report))
        except BaseException as error:  # whatever ends this thread must show on /healthz
            _log.exception("the server could not start while %s", self._step)
            self._current.missing = f"the server could not start while {self._step}: {error}"
            self._done.set_exception(error)
        else:
            self._done.set_result(None)
            _log.info("ready")

    def _report(self, step: Step, message: str) -> None:
        self._step = message
        self._current.missing = f"not ready yet: {message}"
        _log.info(message)
