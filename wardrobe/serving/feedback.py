"""POST /feedback: people accept or reject a tag or a result."""

from typing import Any

from flask import Blueprint, Response, g, request

from wardrobe.errors import BadRequestError, UnknownItemError
from wardrobe.feedback import ResultJudgement, TagJudgement
from wardrobe.files import sha256_of
from wardrobe.index import CatalogueItem, Entry
from wardrobe.serving import parameters
from wardrobe.serving.answers import answer
from wardrobe.serving.engine import Engine
from wardrobe.serving.feedback_schemas import FeedbackResponse, ResultFeedback, TagFeedback
from wardrobe.serving.service import current_service

blueprint = Blueprint("feedback", __name__)


@blueprint.post("/feedback")
def feedback() -> Response:
    """Keeps what somebody thinks of a tag or a result."""
    service = current_service()
    engine = service.engine
    asked = _read()
    entry = engine.index.entry(asked.id)
    item = entry.item
    shared = {
        "item_id": item.id,
        "image_path": item.image_path,
        "sha256": _sha256(item),
        "accepted": asked.verdict == "accept",
        "fingerprint": engine.encoder.fingerprint,
        "key_id": g.get("key_id"),
    }
    if isinstance(asked, ResultFeedback):
        number = service.feedback.add_result(ResultJudgement(query=asked.query, **shared))
    else:
        number = service.feedback.add_tag(_judgement(engine, entry, asked.tag, shared))
    return answer(FeedbackResponse(number=number), 201)


def _read() -> TagFeedback | ResultFeedback:
    values = parameters.given(request, raw_picture="image")
    match values.get("kind"):
        case "tag":
            return parameters.validated(values, TagFeedback)
        case "result":
            return parameters.validated(values, ResultFeedback)
    raise BadRequestError(
        "kind must be 'tag', with id, tag and verdict, or 'result', with id, query and verdict",
        parameters=["kind"],
    )


def _judgement(engine: Engine, entry: Entry, tag: str, shared: dict[str, Any]) -> TagJudgement:
    item = entry.item
    attribute, _, label = tag.partition("=")
    label_space = engine.encoder.label_space
    names = label_space.names if label_space else ()
    if tag not in names and label not in item.labels.get(attribute, ()):
        raise BadRequestError(
            f"tag is {tag[:60]!r}: it must be attribute=label, such as {', '.join(names[:1])}, "
            f"of a label that the encoder predicts or item {item.id!r} is given",
            parameters=["tag"],
        )
    return TagJudgement(
        attribute=attribute,
        label=label,
        probability=item.tags.get(attribute, {}).get(label),
        probabilities=entry.probabilities,
        **shared,
    )


def _sha256(item: CatalogueItem) -> str:
    try:
        return sha256_of(item.image_path)
    except OSError as error:
        raise UnknownItemError(
            f"the picture of item {item.id!r} is gone: {error.strerror}; build the index again",
            id=item.id,
        ) from error
