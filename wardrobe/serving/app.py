"""The application factory."""

from typing import TYPE_CHECKING

from flask import Flask
from flask_swagger_ui import get_swaggerui_blueprint  # type: ignore[import-untyped]

from wardrobe.encoders import Encoder
from wardrobe.feedback import STORE, FeedbackStore
from wardrobe.index import Index
from wardrobe.keys import KeyStore
from wardrobe.serving import (
    access,
    admin,
    failures,
    feedback,
    items,
    observation,
    operations,
    page,
    predict,
    search,
    shedding,
)
from wardrobe.serving.building import Builder, Report
from wardrobe.serving.current import CurrentEngine
from wardrobe.serving.deployment import DeploymentStore
from wardrobe.serving.engine import Engine
from wardrobe.serving.parameters import StrictRequest
from wardrobe.serving.queue_log import QueueLog
from wardrobe.serving.schemas import predict_parameters
from wardrobe.serving.search_schemas import search_parameters
from wardrobe.serving.service import Service
from wardrobe.serving.startup import Startup
from wardrobe.serving.swapping import Swapper
from wardrobe.settings import Settings

if TYPE_CHECKING:
    from wardrobe.serving.announced import Announced

_DOCS = {"app_name": "Wardrobe", "validatorUrl": None}  # no other server is asked for anything


def create_app(
    settings: Settings | None = None,
    *,
    encoder: Encoder | None = None,
    index: Index | None = None,
) -> Flask:
    """Returns the application; it loads and warms up in the background and says so on /healthz.

    Args:
        settings: where everything is and every limit; from the environment by default.
        encoder: an encoder to use instead of loading the one in the settings.
        index: an index made with that encoder, to begin with instead of opening one.
    """
    settings = settings or Settings()
    builder = Builder(settings, encoder, index)
    store, current = DeploymentStore(settings), CurrentEngine()
    announced = _announced(settings, store)
    KeyStore(settings.state).begin_with(settings.keys_json.get_secret_value())

    def build(report: Report) -> Engine:
        deployment = announced.begin(report) if announced else store.current()
        return builder.build(deployment, report)

    app = Flask(__name__, static_folder=None)
    app.request_class = StrictRequest
    app.url_map.converters["item"] = items.ItemIdConverter
    app.url_map.merge_slashes = False  # nothing is answered with a redirect to another address
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    service = Service(
        settings=settings,
        store=store,
        current=current,
        startup=Startup(build, current),
        swapper=Swapper(current, builder.build, store),
        search_parameters=search_parameters(settings),
        predict_parameters=predict_parameters(settings),
        feedback=FeedbackStore(settings.state / STORE),
        announced=announced,
        queue_log=QueueLog(current, settings.log_queue_s) if settings.log_queue_s else None,
    )
    service.init_app(app)
    if announced:
        announced.follow(service.swapper)
    observation.init_app(app)
    failures.init_app(app)
    access.init_app(app)
    shedding.init_app(app)
    app.register_blueprint(predict.blueprint)
    app.register_blueprint(search.blueprint)
    app.register_blueprint(items.blueprint)
    app.register_blueprint(feedback.blueprint)
    app.register_blueprint(operations.blueprint)
    app.register_blueprint(admin.blueprint)
    app.register_blueprint(get_swaggerui_blueprint("/docs", "/openapi.json", config=_DOCS))
    page.init_app(app)
    return app


def _announced(settings: Settings, store: DeploymentStore) -> "Announced | None":
    if not settings.artefacts:
        return None
    from wardrobe.serving.announced import Announced  # boto3 takes half a second to import

    return Announced(settings, store)
