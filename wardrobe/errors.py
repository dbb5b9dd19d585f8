"""The one exception tree: each error knows its HTTP status and a machine-readable code."""

from collections.abc import Mapping
from typing import Any


class WardrobeError(Exception):
    """Base of every error this package raises on purpose.

    The message names the value, the rule and the limit; `detail` repeats them as data.
    """

    status = 500
    code = "internal_error"

    def __init__(self, message: str, **detail: Any) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


class BadRequestError(WardrobeError):
    """A parameter, field or body that breaks the contract."""

    status = 400
    code = "bad_request"


class UnreadablePictureError(BadRequestError):
    """Bytes that are empty, truncated or not a picture."""

    code = "unreadable_picture"


class UnsupportedQueryError(BadRequestError):
    """A query the loaded encoder cannot answer, such as text without a text tower."""

    code = "unsupported_query"


class UnsupportedMediaTypeError(WardrobeError):
    """A body of a Content-Type that is not read."""

    status = 415
    code = "unsupported_media_type"


class AccessError(WardrobeError):
    """A caller who may not ask this, or not now."""


class KeyRequiredError(AccessError):
    """A call without the API key it needs."""

    status = 401
    code = "key_required"


class UnknownKeyError(AccessError):
    """An API key that is none, was revoked, or has expired."""

    status = 401
    code = "unknown_key"


class ScopeTooSmallError(AccessError):
    """An API key that may not do this."""

    status = 403
    code = "scope_too_small"


class RateLimitError(AccessError):
    """More requests a second than the API key allows; try again later."""

    status = 429
    code = "rate_limited"


class UnknownItemError(WardrobeError):
    """An item id that is not in the catalogue."""

    status = 404
    code = "unknown_item"


class PreconditionError(WardrobeError):
    """An item that is not in the state that `If-Match` or `If-None-Match` asks for."""

    status = 412
    code = "precondition_failed"


class ExpiredCursorError(WardrobeError):
    """A cursor of a page so old that what it counts on is forgotten."""

    status = 410
    code = "expired_cursor"


class SwapConflictError(WardrobeError):
    """A swap while another is under way, or a rollback without anything to go back to."""

    status = 409
    code = "swap_conflict"


class TooLargeError(WardrobeError):
    """A picture or body over the byte or pixel limit."""

    status = 413
    code = "too_large"


class QueueFullError(WardrobeError):
    """The bounded queue before the encoder is full; try again later."""

    status = 429
    code = "queue_full"


class NotReadyError(WardrobeError):
    """The encoder or the index is not loaded and warmed yet, or has failed."""

    status = 503
    code = "not_ready"


class DeadlineExceededError(WardrobeError):
    """The request's deadline passed before its turn came."""

    status = 504
    code = "deadline_exceeded"


class SettingError(WardrobeError):
    """A setting whose value cannot be used and must not be shown."""

    code = "bad_setting"


class KeyFileError(WardrobeError):
    """A `keys.json` that cannot be read or written."""

    code = "bad_keys"


class StateError(WardrobeError):
    """A file in the folder `STATE` that is damaged, or cannot be read or written."""

    code = "bad_state"


class DatasetError(WardrobeError):
    """A dataset, manifest or label file that breaks its format."""

    code = "bad_dataset"


class CheckpointError(WardrobeError):
    """A checkpoint that is missing, incomplete or damaged."""

    code = "bad_checkpoint"


class IndexFolderError(WardrobeError):
    """An index folder that is missing, incomplete, damaged or made with another encoder."""

    code = "bad_index"


class FeedbackError(WardrobeError):
    """A feedback store that is missing, no such file, or of a newer version."""

    code = "bad_feedback"


class ArtefactError(WardrobeError):
    """An artefact in S3 that is missing, incomplete or damaged, or that cannot be kept here."""

    code = "bad_artefact"


class CloudError(WardrobeError):
    """What AWS refused, or did not answer; the message says what to do."""

    code = "cloud_failed"


class RolloutError(WardrobeError):
    """A deployment that did not become healthy and was rolled back, or could not be begun."""

    code = "rollout_failed"


class WardrobeApiError(WardrobeError):
    """What a server answered instead of a result, or that it did not answer.

    Attributes:
        status: HTTP status; 0 without an answer.
        code: for programs; `unreachable` without an answer, `not_wardrobe` where what answered
            does not speak as Wardrobe does.
        request_id: of the answer, as in the server's log.
        retry_after: seconds after which to ask again, if the server said so.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        detail: Mapping[str, Any] | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, **(detail or {}))
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after
