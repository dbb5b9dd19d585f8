"""Examples of what the calls take and give, for the OpenAPI document.

Each can be sent as it is to a server whose catalogue has an item `shop/red`, a given red shirt.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wardrobe.serving.item_schemas import LINES

JSON = "application/json"

_DOT = (  # a red picture of one pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGN4JicHAAMQASNXtbz+AAAAAElFTkSuQmCC"
)
_FINGERPRINT = "d65567dee7dfb3dd06c35b9469cb8388818b90de9bb123f597f924d28abb6bf1"
_ITEM: dict[str, Any] = {
    "id": "shop/red",
    "labels": ["Shirts", "Red"],
    "given": {"article_type": ["Shirts"], "colour": ["Red"]},
    "tags": {"colour": [{"label": "Red", "probability": 0.9}]},
    "caption": "a red shirt",
    "metadata": {"brand": "Acme", "price": 49.5},
    "image_url": "/items/shop/red/image",
    "etag": "9438d673a7a2cacbecc7ff8ea9474a95",
}
_WRITE: dict[str, Any] = {
    "image": _DOT,
    "caption": "a red shirt",
    "labels": {"article_type": ["Shirts"], "colour": ["Red"]},
    "metadata": {"price": 49.5, "brand": "Acme", "size": {"eu": 38}},
}
_RED = {"label": "Red", "probability": 0.9992, "threshold": 0.5, "selected": True}
_PAGE = {"count": 1, "total": 5, "offset": 0, "top_k": 1, "cursor": "WyI0NzljYWJjMCIsIDQsIDFd"}
_SWAPPING: dict[str, Any] = {
    "state": "loading",
    "message": "opening the index indexes/summer",
    "since": "2026-11-24T13:45:30.977358Z",
    "target": {"encoder": "models/wardrobe-base", "index": "indexes/summer"},
    "current": {"encoder": "models/wardrobe-base", "index": "indexes/demo"},
    "previous": None,
}


@dataclass(frozen=True)
class Example:
    """What a call takes and gives.

    Attributes:
        answer: of every success that has a body; None where that is no text.
        parameters: values by name.
        bodies: by what they are for.
        media_type: of the bodies and the answer.
    """

    answer: Any = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    bodies: Mapping[str, Any] = field(default_factory=dict)
    media_type: str = JSON


EXAMPLES: dict[str, list[Example]] = {
    "POST /predict": [
        Example(
            {
                "results": [
                    {
                        "filename": "image",
                        "tags": {"colour": [_RED]},
                        "top": [_RED | {"attribute": "colour"}],
                    }
                ]
            },
            bodies={
                "A picture": {"image": _DOT, "top_k": 2},
                "Two pictures": {"images": [_DOT, _DOT]},
            },
        )
    ],
    "GET /search": [
        Example(
            {
                "results": [{"id": "shop/red", "score": 0.3348, "relevance": 0.97, **_ITEM}],
                **_PAGE,
                "took_ms": 1.44,
            },
            parameters={"text": "red shirt", "top_k": 1},
        )
    ],
    "POST /search": [
        Example(
            {
                "results": [
                    {
                        "score": 0.3044,
                        "relevance": None,
                        **_ITEM,
                        "explanation": {
                            "parts": [
                                {
                                    "part": "text: red shirt",
                                    "weight": 1,
                                    "similarity": 0.3348,
                                    "contribution": 0.2998,
                                },
                                {
                                    "part": "text: formal",
                                    "weight": -0.5,
                                    "similarity": -0.0102,
                                    "contribution": 0.0046,
                                },
                            ],
                            "tags": [{"tag": "colour=Red", "probability": None}],
                        },
                    }
                ],
                **_PAGE,
                "facets": {"colour": [{"value": "Red", "count": 1}]},
                "took_ms": 10.74,
            },
            bodies={
                "Words": {"text": "red shirt", "top_k": 5},
                "A picture": {"image": _DOT, "crop": [0.1, 0, 0.9, 1]},
                "A picture and words": {"image": _DOT, "text": "summer"},
                "Like an item, but less formal": {
                    "queries": [{"id": "shop/red"}, {"text": "formal", "weight": -0.5}],
                    "explain": True,
                },
                "A colour, filtered": {
                    "colour": "#1d2858",
                    "filters": {"all": [{"tag": "article_type=Shirts"}]},
                    "must_not": ["colour=Red"],
                },
                "No query: a listing with facets": {
                    "filters": {"none": [{"metadata": "price", "gt": 50}]},
                    "facets": ["colour", "metadata.brand"],
                    "sort": "-metadata.price",
                },
            },
        )
    ],
    "GET /facets": [
        Example(
            {
                "facets": {
                    "colour": [{"value": "Red", "count": 3}, {"value": "Blue", "count": 2}],
                    "metadata.brand": [{"value": "Acme", "count": 5}],
                },
                "total": 5,
            },
            parameters={"fields": ["colour", "metadata.brand"]},
        )
    ],
    "POST /items": [
        Example(
            {
                "results": [
                    {
                        "id": "shop/17",
                        "status": "created",
                        "etag": "073bc2a84b3ec3c0db930be8d2309270",
                    },
                    {
                        "id": "shop/18",
                        "error": {
                            "code": "bad_request",
                            "message": "an item needs a picture: send it as image",
                            "detail": {"parameters": ["image"]},
                        },
                    },
                ],
                "written": 1,
                "failed": 1,
            },
            bodies={"Two items": {"items": [{"id": "shop/17", **_WRITE}, {"id": "shop/18"}]}},
        ),
        Example(
            '{"id":"shop/17","status":"created","etag":"073bc2a84b3ec3c0db930be8d2309270"}\n',
            bodies={"A line an item": f'{{"id": "shop/17", "image": "{_DOT}"}}\n'},
            media_type=LINES,
        ),
    ],
    "GET /items/{id}": [Example(_ITEM, parameters={"id": "shop/red"})],
    "PUT /items/{id}": [
        Example(
            _ITEM,
            parameters={"id": "shop/red"},
            bodies={"All that can be said": _WRITE, "A picture alone": {"image": _DOT}},
        )
    ],
    "PATCH /items/{id}": [
        Example(
            _ITEM,
            parameters={"id": "shop/red"},
            bodies={
                "Another price, no brand": {"metadata": {"price": 39, "brand": None}},
                "A label more, a caption less": {"labels": {"season": ["Summer"]}, "caption": None},
                "Another picture": {"image": _DOT},
            },
        )
    ],
    "DELETE /items/{id}": [Example(parameters={"id": "shop/red"})],
    "GET /items/{id}/image": [Example(parameters={"id": "shop/red", "side": 320})],
    "POST /feedback": [
        Example(
            {"number": 1},
            bodies={
                "This is not red": {
                    "kind": "tag",
                    "id": "shop/red",
                    "tag": "colour=Red",
                    "verdict": "reject",
                },
                "This is what was looked for": {
                    "kind": "result",
                    "query": {"text": "red dress", "top_k": 5},
                    "id": "shop/red",
                    "verdict": "accept",
                },
            },
        )
    ],
    "GET /admin/swap": [Example(_SWAPPING)],
    "POST /admin/swap": [
        Example(_SWAPPING, bodies={"An index built anew": {"index": "indexes/summer"}})
    ],
    "POST /admin/rollback": [Example(_SWAPPING)],
    "POST /admin/compact": [Example({"kind": "flat", "count": 1200})],
    "GET /admin/doctor": [
        Example(
            {
                "findings": [
                    {"status": "ok", "what": "indexes/demo can be written to", "advice": ""},
                    {
                        "status": "warning",
                        "what": "16 request threads, 64 places in the queue: requests wait for a "
                        "thread, where no deadline runs and nobody is refused",
                        "advice": "set THREADS above MAX_QUEUE",
                    },
                ]
            }
        )
    ],
    "GET /healthz": [
        Example(
            {
                "status": "ok",
                "version": "0.1.0",
                "encoder": "wardrobe-base",
                "fingerprint": _FINGERPRINT,
                "dimension": 384,
                "precision": "bf16",
                "has_text": True,
                "has_tags": True,
                "zero_shot": False,
                "index": {"kind": "flat", "count": 1200, "fingerprint": _FINGERPRINT},
            }
        )
    ],
    "GET /livez": [Example({"status": "ok"})],
    "GET /metrics": [
        Example(
            "# HELP wardrobe_ready Workers that are ready to answer.\n"
            "# TYPE wardrobe_ready gauge\n"
            "wardrobe_ready 1.0\n",
            media_type="text/plain",
        )
    ],
}
"""By method and path; more than one where bodies have several media types."""
