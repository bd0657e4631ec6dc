"""Sends to LINE through line-bot-sdk; every failure becomes LineRetryable or LineRejected."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError

from bot.errors import LineRejected, LineRetryable

API_BASE = "https://api.line.me"
DATA_API_BASE = "https://api-data.line.me"
TIMEOUTS = (3.0, 5.0)  # seconds to connect, seconds without a byte of the answer
CONNECTIONS = 16

_log = logging.getLogger(__name__)
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
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


class LineClient:
    """LINE's sending side for one channel; safe to share between threads.

    The SDK is used for hosts, token, headers and connections, but messages go out as the JSON
    they already are: its message models cost 0.9 ms a reply and drop what they do not know.
    Nothing is ever retried here; who knows the reply token's age decides.
    """

    def __init__(
        self,
        token: str,
        api_base: str = API_BASE,
        data_api_base: str = DATA_API_BASE,
        timeouts: tuple[float, float] = TIMEOUTS,
    ) -> None:
        """`timeouts` are (connect, read) seconds. Raises ValueError for an impossible token."""
        if not _VISIBLE_ASCII.fullmatch(token):
            # http.client would quote the whole token in its own error.
            raise ValueError("the channel access token holds blanks or non-ASCII characters")
        self._token = token
        self._api_base = api_base.rstrip("/")
        self._data_api_base = data_api_base.rstrip("/")
        self._timeouts = timeouts
        self._lock = threading.Lock()
        self._api: Any = None  # the SDK's ApiClient

    def prepare(self) -> None:
        """Load the SDK now (0.7 s), so that the first reply need not wait for it."""
        self._sdk()

    def reply(self, reply_token: str, messages: Sequence[Mapping[str, Any]]) -> None:
        """Send 1 to 5 messages; returns once LINE has accepted them.

        Raises LineRetryable or LineRejected. A reply has no retry key: after an unknown outcome
        the same token may be tried again, and `invalid_reply_token` then means "maybe sent".
        """
        body = {"replyToken": reply_token, "messages": [dict(message) for message in messages]}
        self._post("/v2/bot/message/reply", body)

    def close(self) -> None:
        """Close idle connections; a later call opens new ones."""
        with self._lock:
            if self._api is not None:
                self._api.rest_client.pool_manager.clear()

    def _post(self, path: str, body: dict[str, Any]) -> None:
        client, refused = self._sdk()
        try:
            answer = client.call_api(
                path,
                "POST",
                header_params={"Accept": "application/json", "Content-Type": "application/json"},
                body=body,
                # "bytearray" leaves the answer alone: a message that was sent must not turn into
                # an error because the SDK cannot read what LINE says about it.
                response_types_map={"200": "bytearray", "202": "bytearray"},
                auth_settings=["Bearer"],
                _request_timeout=self._timeouts,
                _host=self._api_base,
            )
        except refused as error:
            # `from None` here and below: the SDK's error quotes LINE's answer and our headers.
            raise _refusal(error.status, error.headers, error.body) from None
        except UnicodeDecodeError as error:
            # The SDK reads every error as UTF-8; a gateway's page may be anything.
            cause = error.__context__
            if not isinstance(cause, refused):
                raise
            raise _refusal(cause.status, cause.headers, None) from None
        except HTTPError as error:
            raise _broken(error) from None
        _log.info("line request accepted", extra=_seen(answer.status_code, answer.headers))

    def _sdk(self) -> tuple[Any, type[Any]]:
        """The one ApiClient, and the exception it raises."""
        with self._lock:
            # Imported late: 0.7 s and 64 MiB that commands which send nothing do without.
            from linebot.v3 import messaging  # type: ignore[import-untyped]  # ships no types

            if self._api is None:
                configuration = messaging.Configuration(
                    host=self._api_base, access_token=self._token
                )
                # Otherwise urllib3 repeats some requests by itself and follows redirects.
                configuration.retries = False
                configuration.connection_pool_maxsize = CONNECTIONS
                self._api = messaging.ApiClient(configuration)
            return self._api, messaging.ApiException


def _refusal(
    status: int | None, headers: Mapping[str, str] | None, body: Any
) -> LineRetryable | LineRejected:
    """What an HTTP answer other than 2xx means."""
    headers = headers or {}
    request_id = headers.get("x-line-request-id")
    _log.warning("line request failed", extra=_seen(status, headers))
    if status == 429:
        return LineRetryable(
            "too many requests",
            status=status,
            unknown_outcome=False,
            retry_after=_seconds(headers.get("retry-after")),
            request_id=request_id,
        )
    # No status is a TLS failure, which the SDK reports as an answer.
    if not status or status >= 500 or status == 408:
        summary = f"server error ({status})" if status else "TLS failure"
        return LineRetryable(
            summary, status=status or None, unknown_outcome=True, request_id=request_id
        )
    category = _CATEGORIES.get(status, "other")
    if status == 400 and "invalid reply token" in _message(body).lower():
        category = "invalid_reply_token"
    return LineRejected(category, status=status, request_id=request_id)


def _broken(error: HTTPError) -> LineRetryable:
    """What a connection that gave no answer means."""
    reason = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    name = type(reason).__name__
    _log.warning("line request failed", extra={"line_error": name})
    return LineRetryable(name, unknown_outcome=not isinstance(reason, _NOT_SENT))


def _message(body: Any) -> str:
    """The `message` of LINE's error body, "" where a gateway answered something else."""
    try:
        answer = json.loads(body)
    except (TypeError, ValueError, RecursionError):
        return ""
    message = answer.get("message") if isinstance(answer, dict) else None
    return message if isinstance(message, str) else ""


def _seconds(value: str | None) -> float | None:
    if value is None or not re.fullmatch(r"\d{1,9}", value):
        return None
    return min(float(value), _MAX_RETRY_AFTER)


def _seen(status: int | None, headers: Mapping[str, str]) -> dict[str, Any]:
    """What the log says of an answer: LINE gives out no logs, its support asks for this id."""
    return {"line_status": status, "line_request_id": headers.get("x-line-request-id")}
