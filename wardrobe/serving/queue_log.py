"""How long the queue before the encoder was, in the log: what ECS scales the service by."""

import logging
import threading

from wardrobe.errors import NotReadyError
from wardrobe.serving.current import CurrentEngine

_log = logging.getLogger(__name__)

_EVERY_S = 0.5
"""How often it is looked at; the longest of these is what is logged."""


class QueueLog:
    """Logs, in a thread of its own, a line with `queue_inputs`, the longest since the last one.

    CloudWatch makes a metric of it (a metric filter in deploy/ecs), so the task needs neither
    another client nor a permission.
    """

    def __init__(self, current: CurrentEngine, every_s: float) -> None:
        self._current, self._looks = current, max(1, round(every_s / _EVERY_S))
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="queue log", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the thread."""
        self._closing.set()
        self._thread.join()

    def _work(self) -> None:
        longest = looks = 0
        while not self._closing.wait(_EVERY_S):
            try:
                longest = max(longest, self._current.get().waiting)
            except NotReadyError:
                continue
            looks += 1
            if looks >= self._looks:
                _log.info("queue", extra={"queue_inputs": longest})
                longest = looks = 0
