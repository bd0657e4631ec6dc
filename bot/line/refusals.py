"""What LINE's answers other than 2xx mean, as this project's own errors."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError

from bot.core.delivery import TOO_MANY
from bot.errors import LineRejected, LineRetryable

# Raised before a single byte of the request left this machine.
_NOT_SENT = (ConnectTimeoutError, NewConnectionError)
_MAX_RETRY_AFTER = 3600.0
_CATEGORIES = {
    400: "invalid_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    413: "too_large",
}
# LINE names the place in `details`, or only in the text: "The property, 'to[3]', in …".
_PLACE_TO = re.compile(r"to(\[\d+\])?")
_TEXT_TO = re.compile(r"property, '?to'?(\[\d+\])?'?,")


def refusal(
    status: int | None, headers: Mapping[str, str] | None, body: Any
) -> LineRetryable | LineRejected:
    """The error for an HTTP answer that is no success. No status: the connection failed in TLS."""
    headers = headers or {}
    request_id = headers.get("x-line-request-id")
    if status == 429 and "monthly limit" in _message(body).lower():
        # The one 429 that waiting does not mend.
        return LineRejected("quota_exceeded", status=status, request_id=request_id)
    if status == 429:
        return LineRetryable(
            TOO_MANY,
            status=status,
            unknown_outcome=False,
            retry_after=_seconds(headers.get("retry-after")),
            request_id=request_id,
        )
    if not status or status >= 500 or status == 408:
        summary = f"server error ({status})" if status else "TLS failure"
        return LineRetryable(
            summary, status=status or None, unknown_outcome=True, request_id=request_id
        )
    return LineRejected(_category(status, body), status=status, request_id=request_id)


def broken(error: HTTPError) -> LineRetryable:
    """The error for a connection that gave no answer."""
    reason = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    return LineRetryable(type(reason).__name__, unknown_outcome=not isinstance(reason, _NOT_SENT))


def problems(body: Any) -> list[str]:
    """The places and reasons of LINE's error body; [] where it names none."""
    details = _json(body).get("details")
    found = []
    for detail in details if isinstance(details, list) else []:
        if isinstance(detail, dict):
            found.append(f"{detail.get('property', '')}: {detail.get('message', '')}")
    return found or ([_message(body)] if _message(body) else [])


def _category(status: int, body: Any) -> str:
    if status == 400:
        message = _message(body)
        if "invalid reply token" in message.lower():
            return "invalid_reply_token"
        if _points_at_recipients(body, message):
            return "invalid_recipients"
    return _CATEGORIES.get(status, "other")


def _points_at_recipients(body: Any, message: str) -> bool:
    details = _json(body).get("details")
    places = [
        str(detail.get("property", ""))
        for detail in (details if isinstance(details, list) else [])
        if isinstance(detail, dict)
    ]
    if places:
        return all(_PLACE_TO.fullmatch(place) for place in places)
    return bool(_TEXT_TO.search(message))


def _message(body: Any) -> str:
    """The `message` of LINE's error body, "" where a gateway answered something else."""
    message = _json(body).get("message")
    return message if isinstance(message, str) else ""


def _json(body: Any) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (TypeError, ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _seconds(value: str | None) -> float | None:
    if value is None or not re.fullmatch(r"\d{1,9}", value):
        return None
    return min(float(value), _MAX_RETRY_AFTER)
