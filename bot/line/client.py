"""Sends announcements through line-bot-sdk; every failure becomes LineRetryable or LineRejected."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from urllib3.exceptions import HTTPError

from bot.core.ports import Accepted, FollowerPage, Quota, Statistics
from bot.errors import LineRejected, LineRetryable
from bot.line.quota import LIMIT, USED, quota_of
from bot.line.refusals import broken, problems, refusal
from bot.line.reply import API_BASE, TIMEOUTS, checked_token

DATA_API_BASE = "https://api-data.line.me"
CONNECTIONS = 48  # senders, each waiting for one answer at most

_log = logging.getLogger(__name__)
_MESSAGE = "/v2/bot/message"


@dataclass(frozen=True)
class _Answer:
    """A 2xx, or a 409 that says "accepted before"."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class LineClient:
    """LINE's sending side for one channel; safe to share between threads.

    The SDK is used for hosts, token, headers and connections, but messages go out as the JSON
    they already are: its message models cost 0.9 ms each and drop what they do not know.
    Nothing is ever retried here; who knows the reply token's age or the retry key decides.
    Every method raises LineRetryable or LineRejected.
    """

    def __init__(
        self,
        token: str,
        api_base: str = API_BASE,
        data_api_base: str = DATA_API_BASE,
        timeouts: tuple[float, float] = TIMEOUTS,
    ) -> None:
        """`timeouts` are (connect, read) seconds. Raises ValueError for an impossible token."""
        self._token = checked_token(token)
        self._api_base = api_base.rstrip("/")
        self._data_api_base = data_api_base.rstrip("/")
        self._timeouts = timeouts
        self._lock = threading.Lock()
        self._api: Any = None  # the SDK's ApiClient

    def prepare(self) -> None:
        """Load the SDK now (0.7 s), so that the first message need not wait for it."""
        self._sdk()

    def push(self, to: str, messages: Sequence[Mapping[str, Any]], *, retry_key: str) -> Accepted:
        """Send to one resident."""
        return self._send("push", {"to": to, "messages": _plain(messages)}, retry_key)

    def multicast(
        self,
        to: Sequence[str],
        messages: Sequence[Mapping[str, Any]],
        *,
        retry_key: str,
        unit: str = "",
    ) -> Accepted:
        """Send to 1 to 500 residents at once; `unit` names them in LINE's statistics."""
        body: dict[str, Any] = {"to": list(to), "messages": _plain(messages)}
        if unit:
            body["customAggregationUnits"] = [unit]
        return self._send("multicast", body, retry_key)

    def broadcast(self, messages: Sequence[Mapping[str, Any]], *, retry_key: str) -> Accepted:
        """Send to every friend, known here or not."""
        return self._send("broadcast", {"messages": _plain(messages)}, retry_key)

    def validate(
        self, messages: Sequence[Mapping[str, Any]], kind: str = "multicast"
    ) -> tuple[str, ...]:
        """What LINE finds wrong with the messages, () if nothing; sends nothing."""
        try:
            self._call("POST", f"{_MESSAGE}/validate/{kind}", {"messages": _plain(messages)})
        except _Refused as refused:
            if refused.status == 400:
                return tuple(refused.problems)
            raise
        return ()

    def quota(self) -> Quota:
        """This month's limit and what is used of it (LINE's count is approximate)."""
        return quota_of(self._get(LIMIT), self._get(USED))

    def follower_ids(self, start: str = "") -> FollowerPage:
        """Up to 1,000 friends' ids; `start` is the page's `next`. 403 on unverified accounts."""
        query = {"limit": "1000"} | ({"start": start} if start else {})
        page = self._get("/v2/bot/followers/ids", query)
        ids = page.get("userIds")
        if not isinstance(ids, list):
            raise _unreadable()
        return FollowerPage(tuple(map(str, ids)), str(page.get("next") or ""))

    def unit_statistics(self, unit: str, first_day: str, last_day: str) -> Statistics:
        """Opened and clicked for a unit; days are YYYYMMDD (Japan). None: below LINE's minimum."""
        query = {"customAggregationUnit": unit, "from": first_day, "to": last_day}
        overview = self._get("/v2/bot/insight/message/event/aggregation", query).get("overview")
        overview = overview if isinstance(overview, dict) else {}
        return Statistics(_number(overview, "uniqueImpression"), _number(overview, "uniqueClick"))

    def close(self) -> None:
        """Close idle connections; a later call opens new ones."""
        with self._lock:
            if self._api is not None:
                self._api.rest_client.pool_manager.clear()

    def _send(self, kind: str, body: dict[str, Any], retry_key: str) -> Accepted:
        answer = self._call("POST", f"{_MESSAGE}/{kind}", body, retry_key)
        before = answer.headers.get("x-line-accepted-request-id")
        again = answer.status == 409
        request_id = before if again else answer.headers.get("x-line-request-id")
        return Accepted(request_id or "", again)

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        answer = self._call("GET", f"{path}?{urlencode(query)}" if query else path)
        try:
            found = json.loads(answer.data)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise _unreadable(answer.status)
        return found

    def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, retry_key: str = ""
    ) -> _Answer:
        client, refused = self._sdk()
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if retry_key:
            headers["X-Line-Retry-Key"] = retry_key
        try:
            answer = client.call_api(
                path,
                method,
                header_params=headers,
                body=body,
                # "bytearray" leaves the answer alone: a message that was sent must not turn into
                # an error because the SDK cannot read what LINE says about it.
                response_types_map={"200": "bytearray", "202": "bytearray"},
                auth_settings=["Bearer"],
                _request_timeout=self._timeouts,
                _host=self._api_base,
            )
        except refused as error:
            if error.status == 409 and retry_key:
                return _Answer(409, error.headers or {}, b"")
            # `from None` here and below: the SDK's error quotes LINE's answer and our headers.
            raise _error(path, error.status, error.headers, error.body) from None
        except UnicodeDecodeError as error:
            # The SDK reads every error as UTF-8; a gateway's page may be anything.
            cause = error.__context__
            if not isinstance(cause, refused):
                raise
            raise _error(path, cause.status, cause.headers, None) from None
        except HTTPError as error:
            lost = broken(error)
            _log.warning("line request failed", extra={"line_error": str(lost)})
            raise lost from None
        _log.info("line request accepted", extra=_seen(answer.status_code, answer.headers))
        return _Answer(answer.status_code, answer.headers, bytes(answer.data or b""))

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


class _Refused(LineRejected):
    """A refusal with LINE's own words, which `validate` alone hands out: they quote messages."""

    def __init__(self, plain: LineRejected, body: Any) -> None:
        super().__init__(plain.category, status=plain.status, request_id=plain.request_id)
        self.problems = problems(body)


def _error(
    path: str, status: int | None, headers: Mapping[str, str] | None, body: Any
) -> LineRetryable | LineRejected:
    _log.warning("line request failed", extra=_seen(status, headers or {}))
    found = refusal(status, headers, body)
    if isinstance(found, LineRejected) and path.startswith(f"{_MESSAGE}/validate/"):
        return _Refused(found, body)
    return found


def _unreadable(status: int | None = None) -> LineRetryable:
    return LineRetryable("unreadable answer", status=status, unknown_outcome=False)


def _number(found: Mapping[str, Any], name: str) -> int | None:
    value = found.get(name)
    return value if isinstance(value, int) else None


def _plain(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [dict(message) for message in messages]


def _seen(status: int | None, headers: Mapping[str, str]) -> dict[str, Any]:
    """What the log says of an answer: LINE gives out no logs, its support asks for this id."""
    return {"line_status": status, "line_request_id": headers.get("x-line-request-id")}
