"""Structured logs to stderr: an event and ids, never a resident's words."""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from datetime import UTC, datetime
from typing import Any

from structlog.contextvars import get_contextvars

log = logging.getLogger(__name__)
# What every record has by itself; the rest was given with `extra`.
_OWN = frozenset((*vars(logging.makeLogRecord({})), "message", "asctime"))


def configure_logs(level: int = logging.INFO) -> None:
    """JSON lines on stderr, one an event, with a UTC time; safe to call more than once."""
    # Each reply is a line: not to ask for what no line says saves a third of its cost. gunicorn's
    # own lines name the process.
    logging.logThreads = False
    logging.logMultiprocessing = False
    logging._srcfile = None  # no caller: "Optimization", logging HOWTO
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("bot").setLevel(level)


class _JsonLines(logging.Formatter):
    """A record as a line: event, what is bound to the thread, level, logger, extras, time."""

    _encode = json.JSONEncoder(ensure_ascii=False, default=repr).encode

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON, without its end."""
        line: dict[str, Any] = {"event": record.getMessage()}
        line.update(get_contextvars())
        line["level"] = record.levelname.lower()
        line["logger"] = record.name
        line.update((key, value) for key, value in vars(record).items() if key not in _OWN)
        line["timestamp"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        if record.exc_info:
            line.update(_without_words(record.exc_info[1]))
        return self._encode(line)


def thread_ended(ended: threading.ExceptHookArgs) -> None:
    """For `threading.excepthook`: Python's own prints the exception's words."""
    name = ended.thread.name if ended.thread else ""
    log.critical("thread ended", extra={"thread_name": name}, exc_info=ended.exc_value)


def _without_words(error: BaseException | None) -> dict[str, str]:
    """Of an exception only its class and place: its message may quote a resident's words."""
    if error is None:
        return {}
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return {"error": type(error).__name__, "at": place}
