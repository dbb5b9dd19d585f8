"""What goes in and out of POST /feedback."""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from wardrobe.serving.schemas import Name, Written

MAX_QUERY_LENGTH = 65_536
"""Characters, as JSON, of a query that is kept: room for a vector, not for a picture."""


def _query(value: Any) -> Any:
    """Reads the JSON text of a form or query string, and bounds what is kept."""
    try:
        query = json.loads(value) if isinstance(value, Written) else value
        length = len(json.dumps(query, allow_nan=False))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if length > MAX_QUERY_LENGTH:
        raise ValueError(
            f"it is JSON of {length} characters and must have {MAX_QUERY_LENGTH} at most; "
            "leave a picture out"
        )
    return query


class _Feedback(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Name = Field(description="The item judged")
    verdict: Literal["accept", "reject"] = Field(description="Whether the tag or result is right")


class TagFeedback(_Feedback):
    """Whether a tag of an item is right."""

    kind: Literal["tag"]
    tag: Name = Field(description="`attribute=label`, predicted or given")


class ResultFeedback(_Feedback):
    """Whether an item answers a query."""

    kind: Literal["result"]
    query: Annotated[dict[str, JsonValue], BeforeValidator(_query)] = Field(
        description="As it was sent to `/search`, but for a picture that is too long"
    )


class FeedbackResponse(BaseModel):
    """The judgement is on disk."""

    number: int = Field(description="Its place among all feedback, from 1")
