"""Structured logs: one JSON object per line on standard error, with the ids of batch, document and task.

Standard output is reserved for the output of commands, such as a token or a result.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from decalogo.settings import LogSettings

_SECRETS = re.compile(r"(dcl_[0-9A-Za-z]+_)[\w-]+|(?<=://)[^/\s@]*:[^/\s@]*(?=@)|(?i:(?<=bearer )\S+)")

# Libraries that log every step, or quote input of clients, at a level that is useful for other loggers.
_QUIETER = {
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "python_multipart": logging.CRITICAL,
    # One line per message received and finished; our own log lines report the document with its ids.
    "celery.worker.strategy": logging.WARNING,
    "celery.app.trace": logging.WARNING,
}


def configure(settings: LogSettings, **always: str) -> None:
    """Send structlog and the standard ``logging`` of all libraries through one formatter.

    Safe to call again, for example in a forked worker or a test; the last call wins.

    Args:
        settings: level and format.
        always: fields of every line, such as the name of the service.
    """

    def add_always(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {**always, **event}

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        add_always,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_ending(settings.format))
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level)
    logging.captureWarnings(True)
    for name, level in _QUIETER.items():
        logging.getLogger(name).setLevel(level)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def get_logger(name: str) -> FilteringBoundLogger:
    """Return the logger of a module, whose ``__name__`` is ``name``."""
    return cast(FilteringBoundLogger, structlog.stdlib.get_logger(name))


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask tokens and passwords in messages, tracebacks and fields."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _SECRETS.sub(_mask, value)
    return event


def _drop_colours(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Remove the second copy of a message, with terminal codes, that uvicorn adds."""
    event.pop("color_message", None)
    return event


def _mask(match: re.Match[str]) -> str:
    return f"{match[1] or ''}[hidden]"


def _ending(form: str) -> list[Processor]:
    remove: Processor = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if form == "console":
        renderer: Any = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        return [remove, hide_secrets, renderer]
    return [
        remove,
        _drop_colours,
        structlog.processors.EventRenamer("message"),
        structlog.processors.format_exc_info,
        hide_secrets,
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
    ]
