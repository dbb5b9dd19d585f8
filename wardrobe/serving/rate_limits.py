"""Token buckets: how many requests a second somebody may make, in this process."""

import threading
import time


class RateLimits:
    """A bucket a name; it holds a second's worth of requests, one at least, and starts full."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}  # requests left, and when that was

    def take(self, name: str, rate: float) -> float:
        """Takes a request out of a bucket that is filled with `rate` of them a second.

        Returns:
            0, or where none is left, the seconds until there is one.
        """
        now, most = time.monotonic(), max(1.0, rate)
        with self._lock:
            left, since = self._buckets.get(name, (most, now))
            left = min(most, left + (now - since) * rate)
            allowed = left >= 1
            self._buckets[name] = (left - allowed, now)
        return 0.0 if allowed else (1 - left) / rate
