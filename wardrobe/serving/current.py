"""The engine that serves: a request holds on to it to its end, and another can take its place."""

import threading
from collections.abc import Callable
from concurrent.futures import Future

from wardrobe.errors import NotReadyError
from wardrobe.serving import telemetry
from wardrobe.serving.engine import Engine


class CurrentEngine:
    """Hands out the engine that serves; closes one that was replaced after its last request.

    Attributes:
        missing: why there is no engine yet.
    """

    def __init__(self) -> None:
        self.missing = "not ready yet: starting"
        self._engine: Engine | None = None
        self._requests: dict[Engine, int] = {}  # of the one that serves, and of those before it
        self._changed = threading.Condition()
        self._on_death: list[Callable[[], None]] = []

    def get(self) -> Engine:
        """Returns the engine, which may be closed at any time; a request uses `take`.

        Raises:
            NotReadyError: there is none yet, or it has failed since.
        """
        engine = self._engine
        if engine is None:
            raise NotReadyError(self.missing)
        engine.check()
        return engine

    def take(self) -> Engine:
        """Returns the engine, which stays open until it is given back.

        Raises:
            NotReadyError: there is none yet, or it has failed since.
        """
        with self._changed:
            engine = self.get()
            self._requests[engine] += 1
        return engine

    def give_back(self, engine: Engine) -> None:
        """Ends what `take` began."""
        with self._changed:
            self._requests[engine] -= 1
            self._changed.notify_all()

    def replace(self, engine: Engine) -> None:
        """Makes a warm engine the one that serves, for every request that begins from now on."""
        with self._changed:
            old, self._engine = self._engine, engine
            self._requests[engine] = 0
        if old is not None:
            _count(old, 0)
            threading.Thread(target=self._retire, args=[old], name="retiring", daemon=True).start()
        _count(engine, 1)
        telemetry.READY.set(1)
        engine.death.add_done_callback(self._died)

    def on_death(self, callback: Callable[[], None]) -> None:
        """Calls back when the engine that serves dies; at once if it has already."""
        self._on_death.append(callback)
        if self._engine is not None and self._engine.death.done():
            callback()

    def close(self) -> None:
        """Refuses new requests and finishes what is in flight."""
        telemetry.READY.set(0)
        with self._changed:
            engines = list(self._requests)
        for engine in engines:
            engine.close()

    def _retire(self, engine: Engine) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._requests[engine])
            del self._requests[engine]
        engine.discard()

    def _died(self, death: "Future[None]") -> None:
        # Not the engine itself: kept in its own callback it would never leave the memory.
        if self._engine is None or self._engine.death is not death:
            return
        telemetry.READY.set(0)
        for callback in self._on_death:
            callback()


def _count(engine: Engine, workers: int) -> None:
    made_of = engine.deployment
    labels = (made_of.encoder, engine.encoder.fingerprint, str(made_of.index))
    telemetry.ENGINE_WORKERS.labels(*labels).set(workers)
