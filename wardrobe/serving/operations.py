"""The calls for operators and programs: health, metrics and the contract."""

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST

import wardrobe
from wardrobe.serving import openapi, telemetry
from wardrobe.serving.answers import answer
from wardrobe.serving.schemas import Alive, Health, IndexHealth
from wardrobe.serving.service import current_service

blueprint = Blueprint("operations", __name__)


@blueprint.get("/livez")
def livez() -> Response:
    """Says that the process answers."""
    return answer(Alive())


@blueprint.get("/healthz")
def healthz() -> Response:
    """Says what is served; 503 with the reason while nothing can be."""
    engine = current_service().engine
    health = Health(
        version=wardrobe.__version__,
        encoder=engine.encoder.name,
        fingerprint=engine.encoder.fingerprint,
        dimension=engine.encoder.dimension,
        precision=engine.encoder.precision,
        has_text=engine.encoder.has_text,
        has_tags=engine.encoder.label_space is not None,
        zero_shot=engine.encoder.zero_shot,
        index=IndexHealth(
            kind=engine.index.record.kind,
            count=engine.index.count,
            fingerprint=engine.index.record.fingerprint,
        ),
    )
    return answer(health)


@blueprint.get("/metrics")
def metrics() -> Response:
    """Returns the metrics of all workers."""
    return Response(telemetry.exposition(), content_type=CONTENT_TYPE_LATEST)


@blueprint.get("/openapi.json")
def document() -> Response:
    """Returns the contract."""
    return jsonify(openapi.document(current_service().settings))
