"""The calls that look at pictures: /predict, /search and /items."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict
from typing import Any

import numpy as np
from flask import Blueprint, Response, g, request, send_file, url_for
from PIL import Image

from wardrobe.errors import (
    DeadlineExceededError,
    NotReadyError,
    QueueFullError,
    UnknownItemError,
)
from wardrobe.explanation import tags_to_explain, to_data_uri
from wardrobe.index import CatalogueItem
from wardrobe.serving import parameters, telemetry
from wardrobe.serving.answers import answer
from wardrobe.serving.cache import Encoding, FloatArray
from wardrobe.serving.engine import Engine
from wardrobe.serving.failures import error_body
from wardrobe.serving.schemas import (
    ExplainedTag,
    FailedPrediction,
    FoundItem,
    ItemResponse,
    ItemTag,
    Prediction,
    PredictResponse,
    SearchParameters,
    SearchResponse,
    TopTag,
    Upload,
)
from wardrobe.serving.service import current_service
from wardrobe.tagger import Tag, Tags

blueprint = Blueprint("pictures", __name__)

_NOT_THE_PICTURE = (QueueFullError, NotReadyError, DeadlineExceededError)
"""What fails a whole request, however many of its pictures are good."""


@blueprint.post("/predict")
def predict() -> Response:
    """Tags one picture or several; a bad one fails alone."""
    service = current_service()
    engine = service.engine
    tagger = engine.tagger
    asked = parameters.read(request, service.predict_parameters, raw_picture="files")
    pictures = asked.pictures
    futures = [engine.encode_picture(picture, g.deadline) for picture in pictures]
    outcomes = [_outcome(engine, future) for future in futures]
    if len(outcomes) == 1 and isinstance(outcomes[0], Exception):
        raise outcomes[0]
    logits = [o.logits for o in outcomes if isinstance(o, Encoding) and o.logits is not None]
    tags = iter(tagger.tag(np.stack(logits)) if logits else [])
    tagged = [o if isinstance(o, Exception) else next(tags) for o in outcomes]
    explained = _explained(engine, pictures, tagged) if asked.explain else [{}] * len(tagged)
    results = [
        FailedPrediction(filename=picture.name, error=error_body(outcome))
        if isinstance(outcome, Exception)
        else _prediction(picture.name, outcome, heat, asked.top_k)
        for picture, outcome, heat in zip(pictures, tagged, explained, strict=True)
    ]
    return answer(PredictResponse(results=results))


@blueprint.route("/search", methods=["GET", "POST"])
def search() -> Response:
    """Finds the items most like a picture, a text, an item or a vector."""
    service = current_service()
    engine = service.engine
    asked = parameters.read(request, service.search_parameters, raw_picture="image")
    vector = _query_vector(engine, asked)
    with telemetry.stage("search"):
        hits = engine.searcher.search(
            vector,
            top_k=asked.top_k,
            offset=asked.offset,
            min_score=asked.min_score,
            exclude_id=asked.id,
        )
    results = [FoundItem(**_item_fields(hit.item), score=hit.score) for hit in hits]
    return answer(
        SearchResponse(
            results=results,
            count=len(results),
            total=engine.index.count,
            offset=asked.offset,
            top_k=asked.top_k,
            took_ms=round((time.perf_counter() - g.started) * 1000, 3),
        )
    )


@blueprint.get("/items/<path:item_id>")
def item(item_id: str) -> Response:
    """Returns an item of the catalogue."""
    return answer(ItemResponse(**_item_fields(current_service().engine.index.item(item_id))))


@blueprint.get("/items/<path:item_id>/image")
def item_image(item_id: str) -> Response:
    """Returns the picture of an item, as it is in the catalogue."""
    path = current_service().engine.index.item(item_id).image_path
    try:
        return send_file(path, conditional=True, max_age=3600)
    except OSError as error:
        raise UnknownItemError(
            f"the picture of item {item_id!r} is gone: {error.strerror}; build the index again",
            id=item_id,
        ) from error


def _explained(
    engine: Engine, pictures: Sequence[Upload], tagged: Sequence[Tags | Exception]
) -> list[dict[str, Image.Image]]:
    """Returns the heatmaps of each picture by `attribute=label`; none of one that failed."""
    chosen = [
        {} if isinstance(tags, Exception) else tags_to_explain(tags, engine.tagger.label_space)
        for tags in tagged
    ]
    futures = [
        engine.explain(picture, list(columns.values()), g.deadline) if columns else None
        for picture, columns in zip(pictures, chosen, strict=True)
    ]
    heat = [[] if future is None else engine.result(future, g.deadline) for future in futures]
    return [
        dict(zip(columns, maps, strict=True)) for columns, maps in zip(chosen, heat, strict=True)
    ]


def _outcome(engine: Engine, future: "Future[Encoding]") -> Encoding | Exception:
    try:
        return engine.result(future, g.deadline)
    except _NOT_THE_PICTURE:
        raise
    except Exception as error:  # whatever it is, it is about this picture alone
        return error


def _prediction(
    filename: str, tags: Tags, heat: Mapping[str, Image.Image], top_k: int
) -> Prediction:
    of_all = [
        TopTag(tag.label, tag.probability, tag.threshold, tag.selected, attribute)
        for attribute, found in tags.items()
        for tag in found
    ]
    top = sorted(of_all, key=lambda tag: -tag.probability)[:top_k]
    answered: dict[str, list[ExplainedTag | Tag]] = {
        attribute: [
            ExplainedTag(**asdict(tag), heatmap=to_data_uri(heat[name]))
            if (name := f"{attribute}={tag.label}") in heat
            else tag
            for tag in found
        ]
        for attribute, found in tags.items()
    }
    return Prediction(filename=filename, tags=answered, top=top)


def _query_vector(engine: Engine, asked: SearchParameters) -> FloatArray:
    if asked.image is not None:
        return engine.result(engine.encode_picture(asked.image, g.deadline), g.deadline).vector
    if asked.text is not None:
        return engine.result(engine.encode_text(asked.text, g.deadline), g.deadline).vector
    if asked.id is not None:
        return engine.index.vector_of(engine.index.row_of(asked.id))
    return np.array(asked.vector, np.float32)


def _item_fields(found: CatalogueItem) -> dict[str, Any]:
    return {
        "id": found.id,
        "labels": found.label_names,
        "tags": {
            attribute: [ItemTag(label=label, probability=p) for label, p in labels.items()]
            for attribute, labels in found.tags.items()
        },
        "caption": found.caption,
        "image_url": url_for("pictures.item_image", item_id=found.id),
    }
