"""A plain Flask view that encodes per request."""

from typing import Any

from flask import Flask, request

from benchmarks.peers.common import Pipeline

app = Flask(__name__)
pipeline = Pipeline.from_settings()


@app.post("/search")
def search() -> dict[str, Any]:
    """Finds the items most like the picture in the body."""
    return pipeline.search(pipeline.encode([pipeline.prepare(request.data)])[0])


@app.get("/healthz")
def healthz() -> str:
    """The model is loaded: it is before the first request."""
    return "ok"
