"""Schemas → JSON responses."""

from flask import Response
from pydantic import BaseModel

from wardrobe.serving import telemetry


def answer(content: BaseModel, status: int = 200) -> Response:
    """Returns a response with `content` as JSON."""
    with telemetry.stage("serialise"):
        return Response(content.model_dump_json(), status, mimetype="application/json")
