"""What the routes of one application share."""

from dataclasses import dataclass

from flask import Flask, current_app

from wardrobe.feedback import FeedbackStore
from wardrobe.serving.engine import Engine
from wardrobe.serving.schemas import PredictParameters
from wardrobe.serving.search_schemas import SearchParameters
from wardrobe.serving.startup import Startup
from wardrobe.settings import Settings

_EXTENSION = "wardrobe"


@dataclass(frozen=True)
class Service:
    """The settings, parameters within their limits, feedback, and the engine once it is ready."""

    settings: Settings
    startup: Startup
    search_parameters: type[SearchParameters]
    predict_parameters: type[PredictParameters]
    feedback: FeedbackStore

    @property
    def engine(self) -> Engine:
        """The engine; raises `NotReadyError` while there is none."""
        return self.startup.engine()

    def close(self) -> None:
        """Finishes what is in flight."""
        self.startup.close()
        self.feedback.close()

    def init_app(self, app: Flask) -> None:
        """Makes this the service of an application."""
        app.extensions[_EXTENSION] = self


def current_service(app: Flask | None = None) -> Service:
    """Returns the service of an application, by default the one answering the request."""
    service: Service = (app or current_app).extensions[_EXTENSION]
    return service
