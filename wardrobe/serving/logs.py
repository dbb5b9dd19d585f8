"""JSON logs, one object a line, each with the id of its request."""

import re
import uuid
from logging import Filter, LogRecord
from typing import Any

from flask import g, has_request_context

_REQUEST_ID = re.compile(r"[\w.:/+=-]{1,128}", re.ASCII)


def request_id(given: str) -> str:
    """Returns the caller's `X-Request-ID` if it is fit for a log, else a new one."""
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


class RequestIdFilter(Filter):
    """Adds `request_id` to the records written while a request is answered."""

    def filter(self, record: LogRecord) -> bool:
        if has_request_context() and "request_id" in g:
            record.request_id = g.request_id
        return True


def logging_config(level: str) -> dict[str, Any]:
    """Returns the `logging.config.dictConfig` of the service: JSON lines on standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request_id": {"()": RequestIdFilter}},
        "formatters": {
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "fmt": "%(levelname)s %(name)s %(process)d %(message)s",
                "rename_fields": {"levelname": "level", "name": "logger"},
                "timestamp": "time",
            }
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "filters": ["request_id"],
            }
        },
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {
            "gunicorn.error": {"level": level, "handlers": [], "propagate": True},
            "faiss.loader": {"level": "WARNING"},  # tells which build it loads, six lines of it
        },
    }
