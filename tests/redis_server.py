"""A real redis-server of a test's own, to stop, hold up and start again."""

import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest
import redis

from tests.serving import until


class RedisServer:
    """A redis-server on a free port that keeps nothing on disk; `client` is a way in."""

    def __init__(self, folder: Path, password: str = "") -> None:
        self._options = ["--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        self._options += ["--requirepass", password]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis(port=self.port, password=password, socket_timeout=10)
        self.start()

    def start(self) -> None:
        """Starts it, empty, and waits until it answers."""
        command = ["redis-server", "--port", str(self.port), *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(self._answers)

    def hold(self) -> None:
        """Lets it accept connections and answer nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def release(self) -> None:
        """Ends `hold`."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Kills it."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Kills it for good."""
        self.stop()
        self.client.close()

    def keys(self) -> set[bytes]:
        """Returns the keys of all encodings in it."""
        return set(self.client.keys("wardrobe:*")) - {b"wardrobe:probe"}

    def reads(self) -> int:
        """Returns how often it was asked for an encoding."""
        return self.client.info("commandstats").get("cmdstat_mget", {"calls": 0})["calls"]

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.ConnectionError:
            return False


def skip_without_redis() -> None:
    """Skips the test where there is no redis-server."""
    if shutil.which("redis-server") is None:
        pytest.skip("there is no redis-server; on Debian: apt-get install redis-server")
