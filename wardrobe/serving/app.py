"""The application factory."""

from flask import Flask
from flask_swagger_ui import get_swaggerui_blueprint  # type: ignore[import-untyped]

from wardrobe.encoders import Encoder, load_encoder
from wardrobe.index import Index
from wardrobe.serving import access, failures, observation, operations, routes, shedding
from wardrobe.serving.engine import Engine
from wardrobe.serving.parameters import StrictRequest
from wardrobe.serving.schemas import predict_parameters, search_parameters
from wardrobe.serving.service import Service
from wardrobe.serving.startup import Report, Startup
from wardrobe.settings import Settings

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
        index: an index made with that encoder, to use instead of opening the one in the settings.
    """
    settings = settings or Settings()

    def build(report: Report) -> Engine:
        report(f"loading the encoder {settings.encoder}")
        loaded = encoder or load_encoder(
            settings.encoder,
            precision=settings.precision,
            compute_threads=settings.compute_threads,
            labels=settings.labels,
            networks=settings.networks,
        )
        report(f"opening the index {settings.index}")
        engine = Engine(loaded, index or Index.open(settings.index, loaded), settings)
        report("warming up")
        engine.warm_up()
        return engine

    app = Flask(__name__, static_folder=None)
    app.request_class = StrictRequest
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    Service(
        settings=settings,
        startup=Startup(build),
        search_parameters=search_parameters(settings),
        predict_parameters=predict_parameters(settings),
    ).init_app(app)
    observation.init_app(app)
    failures.init_app(app)
    access.init_app(app)
    shedding.init_app(app)
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(operations.blueprint)
    app.register_blueprint(get_swaggerui_blueprint("/docs", "/openapi.json", config=_DOCS))
    return app
