"""Plain requests to LINE's API for what is not a message: menus, settings, checks.

Without line-bot-sdk: its import costs every short command 0.7 s, and its models drop what they do
not know. Failures are the same errors as `bot.line.client` raises.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError

from bot.errors import LineRejected, LineRetryable
from bot.line.refusals import broken, problems, refusal

API_BASE = "https://api.line.me"
DATA_API_BASE = "https://api-data.line.me"
# Longer than for replies: LINE's test of the webhook waits for our own answer.
TIMEOUT = urllib3.Timeout(connect=3.0, read=15.0)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """A 2xx."""

    headers: Mapping[str, str]
    json: dict[str, Any]


class Refused(LineRejected):
    """A refusal of something of ours (never of a resident's), with LINE's words on it."""

    def __init__(self, plain: LineRejected, found: tuple[str, ...]) -> None:
        super().__init__(plain.category, status=plain.status, request_id=plain.request_id)
        self.problems = found


class LineRequests:
    """One channel's requests; nothing is repeated, redirects are not followed."""

    def __init__(
        self, token: str, api_base: str = API_BASE, data_api_base: str = DATA_API_BASE
    ) -> None:
        self._token = token
        self._api_base = api_base.rstrip("/")
        self._data_api_base = data_api_base.rstrip("/")
        self._pool = urllib3.PoolManager(retries=False, timeout=TIMEOUT)

    def get(self, path: str) -> Answer:
        """What LINE has."""
        return self._call("GET", self._api_base + path)

    def delete(self, path: str) -> Answer:
        """Take something away."""
        return self._call("DELETE", self._api_base + path)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Make or change something; `body` goes as JSON."""
        data = b"" if body is None else json.dumps(body).encode("ascii")
        return self._call("POST", self._api_base + path, data, "application/json")

    def upload(self, path: str, data: bytes, content_type: str) -> Answer:
        """Hand over a file."""
        return self._call("POST", self._data_api_base + path, data, content_type)

    def close(self) -> None:
        """Close idle connections."""
        self._pool.clear()

    def _call(self, method: str, url: str, body: bytes | None = None, kind: str = "") -> Answer:
        headers = {"Authorization": f"Bearer {self._token}"}
        if kind:
            headers["Content-Type"] = kind
        try:
            answer = self._pool.request(method, url, body=body, headers=headers, redirect=False)
        except HTTPError as error:
            lost = broken(error)
            _log.warning("line request failed", extra={"line_error": str(lost)})
            raise lost from None
        request_id = answer.headers.get("x-line-request-id")
        seen = {"line_status": answer.status, "line_request_id": request_id}
        if not 200 <= answer.status < 300:
            # "There is none" is an answer to a question, no trouble.
            level = logging.INFO if (method, answer.status) == ("GET", 404) else logging.WARNING
            _log.log(level, "line request failed", extra=seen)
            found = refusal(answer.status, answer.headers, answer.data)
            if isinstance(found, LineRejected):
                raise Refused(found, tuple(problems(answer.data)))
            raise found
        _log.info("line request accepted", extra=seen)
        return Answer(answer.headers, _json(answer.data, answer.status))


def _json(data: bytes, status: int) -> dict[str, Any]:
    try:
        found = json.loads(data or b"{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise LineRetryable("unreadable answer", status=status, unknown_outcome=True)
    return found
