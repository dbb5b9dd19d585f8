"""The calls that change what is served, or say what is wrong with it."""

from pathlib import Path

from flask import Blueprint, Response, request

from wardrobe.serving import parameters
from wardrobe.serving.admin_schemas import (
    CompactStatus,
    DoctorResponse,
    NoParameters,
    SwapParameters,
    SwapStatus,
)
from wardrobe.serving.answers import answer
from wardrobe.serving.doctor import running
from wardrobe.serving.service import Service, current_service

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.post("/swap")
def swap() -> Response:
    """Begins to swap to another index, and encoder."""
    service = current_service()
    asked = parameters.read(request, SwapParameters, raw_picture="index")
    index = Path(asked.index)
    service.swapper.swap(asked.encoder, index, discard_writes=asked.discard_writes)
    return _status(service, 202)


@blueprint.post("/rollback")
def roll_back() -> Response:
    """Begins to swap back to what was served before."""
    service = current_service()
    parameters.read(request, NoParameters, raw_picture="body")
    service.swapper.roll_back()
    return _status(service, 202)


@blueprint.post("/compact")
def compact() -> Response:
    """Builds the vectors' index anew, without what was deleted, while searches go on."""
    parameters.read(request, NoParameters, raw_picture="body")
    index = current_service().engine.index
    index.compact()
    return answer(CompactStatus(kind=index.record.kind, count=index.count))


@blueprint.get("/swap")
def swap_status() -> Response:
    """Says how far the last swap is, or how it ended."""
    return _status(current_service(), 200)


@blueprint.get("/doctor")
def doctor() -> Response:
    """Examines the server, its index and its machine."""
    return answer(DoctorResponse(findings=list(running.examine(current_service()))))


def _status(service: Service, status: int) -> Response:
    progress, deployment = service.store.progress(), service.store.current()
    return answer(
        SwapStatus(**progress.model_dump(), current=deployment.pair, previous=deployment.previous),
        status,
    )
