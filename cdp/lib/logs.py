"""Logs: one JSON object a line on stderr, with the request's id or the consumer's name, and without personal data.

An exception's text may quote a customer, so of an exception only its class and its places in the code are written.
"""

import logging
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from cdp.lib.failures import describe

MOST_FRAMES = 12


def without_exception_text(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by the exception's class and innermost frames."""
    given = event.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["error"] = describe(error)
        frames = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
        event["frames"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event


class WithoutPersonalData(logging.Filter):
    """Celery writes an exception's text into its messages, Django the path: this leaves the class and the route."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True; the record is changed in place."""
        if record.name == "django.request" and isinstance(record.args, tuple) and record.args:
            match = getattr(getattr(record, "request", None), "resolver_match", None)
            record.args = (*record.args[:-1], match.route if match else "(no such route)")
        if isinstance(record.args, dict) and "exc" in record.args:
            kind = record.exc_info[0] if isinstance(record.exc_info, tuple) else None
            record.args = {**record.args, "exc": kind.__name__ if kind else "an exception", "traceback": ""}
        return True


def configuration(level: str) -> dict[str, Any]:
    """Django's LOGGING; also points structlog at it. `level` is the lowest one written."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_exception_text,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"personal_data": {"()": WithoutPersonalData}},
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [structlog.stdlib.ExtraAdder(allow=()), *shared],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    without_exception_text,
                    structlog.processors.JSONRenderer(),
                ],
            },
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["personal_data"]},
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Each wake would be a line of its own.
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            # The request line of cdp.middleware says it, without query strings.
            "django.request": {"level": "ERROR"},
            "django.server": {"level": "WARNING"},
            "django": {"handlers": [], "propagate": True},
        },
    }
