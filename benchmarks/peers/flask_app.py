"""A plain Flask view that encodes per request: with the runtime that Wardrobe has, or with torch.

`RUNTIME=torch` is what its user would write; the other tells what the serving alone is worth.
"""

import os
from typing import Any

from flask import Flask, request

from benchmarks.peers.common import Pipeline, TorchPipeline

app = Flask(__name__)
kind = TorchPipeline if os.environ.get("RUNTIME") == "torch" else Pipeline
pipeline = kind.from_settings()


@app.post("/search")
def search() -> dict[str, Any]:
    """Finds the items most like the picture in the body."""
    return pipeline.search(pipeline.encode([pipeline.prepare(request.data)])[0])


@app.get("/healthz")
def healthz() -> str:
    """The model is loaded: it is before the first request."""
    return "ok"
