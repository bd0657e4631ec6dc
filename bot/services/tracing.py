"""The request id that leads from a webhook to its answer, and on to LINE's own id."""

from __future__ import annotations

import re
from typing import Any

from structlog.contextvars import get_contextvars

REQUEST_ID = "request_id"  # in the logs
_KEY = "madoguchiRequestId"  # in the stored event
_STORED = re.compile(rf'"{_KEY}":"([0-9A-Za-z._-]{{1,64}})"')


def with_request_id(raw: dict[str, Any]) -> dict[str, Any]:
    """The event to be stored, with the id of the request that brought it."""
    request_id = get_contextvars().get(REQUEST_ID)
    return raw | {_KEY: request_id} if request_id else raw


def request_id_of(body: str) -> str:
    """The id of the request that brought a stored event, "" where it has none."""
    # The key is ours and the last one; a resident's words cannot hold an unescaped quote.
    found = _STORED.findall(body)
    return str(found[-1]) if found else ""
