"""What the routes of one application share."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask, current_app, g

from wardrobe.feedback import FeedbackStore
from wardrobe.serving.current import CurrentEngine
from wardrobe.serving.deployment import DeploymentStore
from wardrobe.serving.engine import Engine
from wardrobe.serving.queue_log import QueueLog
from wardrobe.serving.schemas import PredictParameters
from wardrobe.serving.search_schemas import SearchParameters
from wardrobe.serving.startup import Startup
from wardrobe.serving.swapping import Swapper
from wardrobe.settings import Settings

if TYPE_CHECKING:
    from wardrobe.serving.announced import Announced

_EXTENSION = "wardrobe"


@dataclass(frozen=True)
class Service:
    """The settings, parameters within their limits, feedback, and the engine once it is ready."""

    settings: Settings
    store: DeploymentStore
    current: CurrentEngine
    startup: Startup
    swapper: Swapper
    search_parameters: type[SearchParameters]
    predict_parameters: type[PredictParameters]
    feedback: FeedbackStore
    announced: "Announced | None"
    queue_log: QueueLog | None

    @property
    def engine(self) -> Engine:
        """The engine of this request, the same to its end; `NotReadyError` while there is none."""
        if "engine" not in g:
            g.engine = self.current.take()
        engine: Engine = g.engine
        return engine

    def close(self) -> None:
        """Finishes what is in flight."""
        if self.announced:
            self.announced.close()
        if self.queue_log:
            self.queue_log.close()
        self.startup.close()
        self.swapper.close()
        self.current.close()
        self.feedback.close()

    def init_app(self, app: Flask) -> None:
        """Makes this the service of an application."""
        app.extensions[_EXTENSION] = self
        app.teardown_request(self._give_back)

    def _give_back(self, _: BaseException | None) -> None:
        engine: Engine | None = g.pop("engine", None)
        if engine is not None:
            self.current.give_back(engine)


def current_service(app: Flask | None = None) -> Service:
    """Returns the service of an application, by default the one answering the request."""
    service: Service = (app or current_app).extensions[_EXTENSION]
    return service
