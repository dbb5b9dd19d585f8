"""The call that tags pictures: /predict."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict

import numpy as np
from flask import Blueprint, Response, g, request
from PIL import Image

from wardrobe.errors import DeadlineExceededError, NotReadyError, QueueFullError
from wardrobe.explanation import tags_to_explain, to_data_uri
from wardrobe.serving import parameters
from wardrobe.serving.answers import answer
from wardrobe.serving.cache import Encoding
from wardrobe.serving.engine import Engine
from wardrobe.serving.failures import error_body
from wardrobe.serving.schemas import (
    ExplainedTag,
    FailedPrediction,
    Prediction,
    PredictResponse,
    TopTag,
    Upload,
)
from wardrobe.serving.service import current_service
from wardrobe.tagger import Tag, Tags

blueprint = Blueprint("predict", __name__)

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
