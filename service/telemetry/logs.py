"""JSON logs: one object on each line, with the ids of its trace."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS

from service.telemetry.trace_context import current

requests = logging.getLogger("service.requests")


_service = logging.getLogger("service")


class InTrace(logging.Filter):
    """Adds the ids of the current trace to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        if trace := current.get():
            record.trace_id, record.span_id = trace.trace_id, trace.span_id
        return True


def configuration(level: str) -> dict[str, Any]:
    """The configuration for logging.config.dictConfig, for uvicorn's loggers too."""
    handler = {
        "class": "logging.StreamHandler",
        "formatter": "json",
        "filters": ["in_trace"],
        "stream": "ext://sys.stderr",
    }
    formatter = {
        "()": "pythonjsonlogger.orjson.OrjsonFormatter",
        "fmt": "{levelname}{name}{message}",
        "style": "{",
        "timestamp": "time",
        "rename_fields": {"levelname": "level", "name": "logger"},
        "reserved_attrs": [*RESERVED_ATTRS, "color_message"],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"in_trace": {"()": "service.telemetry.logs.InTrace"}},
        "formatters": {"json": formatter},
        "handlers": {"stderr": handler},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {name: {"level": level.upper()} for name in ("uvicorn", "service")},
    }


@contextmanager
def failures_of_threads() -> Iterator[None]:
    """Log what ends a thread; Python prints it, beside the log."""
    before, threading.excepthook = threading.excepthook, _tell
    try:
        yield
    finally:
        threading.excepthook = before


def _tell(failure: threading.ExceptHookArgs) -> None:
    name = failure.thread.name if failure.thread else "unknown"
    _service.error("the thread %s failed", name, exc_info=failure.exc_value)
