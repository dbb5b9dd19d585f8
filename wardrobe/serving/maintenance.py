"""A thread that keeps an index fast."""

import logging
import threading

from wardrobe.index import Index

_log = logging.getLogger(__name__)

_EVERY_S = 1
"""How often it is looked whether a compaction is due, or another process did one."""


class Maintenance:
    """Compacts an index when that is due, and takes over what other processes compacted."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="maintenance", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the thread, after a compaction that is under way."""
        self._closing.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._closing.wait(_EVERY_S):
            try:
                self._index.maintain()
            except Exception:  # it is tried again, and searches do without
                _log.exception("the index could not be maintained")
