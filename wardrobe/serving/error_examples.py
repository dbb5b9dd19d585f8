"""An example of each kind of refusal, for the OpenAPI document."""

from typing import Any

ERRORS: dict[str, dict[str, Any]] = {
    status: {"code": code, "message": message, "detail": detail}
    for status, code, message, detail in (
        (
            "400",
            "bad_request",
            "top_k is '1000': it must be less than or equal to 100",
            {"parameters": ["top_k"]},
        ),
        (
            "401",
            "key_required",
            "PUT /items/shop/red needs an API key with scope 'write': send "
            "'Authorization: Bearer wdr_…'",
            {"scope": "write"},
        ),
        (
            "403",
            "scope_too_small",
            "PUT /items/shop/red needs scope 'write'; API key ef46e869 has 'read'",
            {"scope": "write", "key_scope": "read"},
        ),
        ("404", "unknown_item", "no item has the id 'shop/none'", {"id": "shop/none"}),
        ("409", "swap_conflict", "a swap to indexes/summer is under way", {}),
        (
            "410",
            "expired_cursor",
            "this page is too old to be gone on with: ask for the first page again",
            {},
        ),
        (
            "412",
            "precondition_failed",
            "item 'shop/red' is not the version 1a2b of If-Match: it is now 9438d673; read it and "
            "try again",
            {"id": "shop/red", "etag": "9438d673"},
        ),
        (
            "413",
            "too_large",
            "the picture has 16000000 bytes; the limit is 15728640",
            {"bytes": 16_000_000, "limit": 15_728_640},
        ),
        (
            "415",
            "unsupported_media_type",
            "a body with Content-Type text/plain is not read; send multipart/form-data, "
            "application/json or image/*",
            {"content_type": "text/plain"},
        ),
        ("429", "queue_full", "64 inputs wait already; try again in 2 s", {"retry_after_s": 2}),
        (
            "500",
            "internal_error",
            "something failed inside the server; its log says more under 9f86d081",
            {},
        ),
        ("503", "not_ready", "not ready yet: loading the encoder models/wardrobe-base", {}),
        (
            "504",
            "deadline_exceeded",
            "no result within 10 s, the deadline; the server is busy, try again later",
            {"limit_s": 10},
        ),
    )
}
"""Of each status that is no success."""
