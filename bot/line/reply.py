"""Sends replies: one request for every message a resident writes, so it costs as little as can be."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from bot.line.refusals import broken, refusal

API_BASE = "https://api.line.me"
TIMEOUTS = (3.0, 5.0)  # seconds to connect, seconds without a byte of the answer
CONNECTIONS = 32  # repliers, each waiting for one answer

_log = logging.getLogger(__name__)
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
_PATH = "/v2/bot/message/reply"


def checked_token(token: str) -> str:
    """A channel access token that can stand in a header; raises ValueError for any other."""
    if not _VISIBLE_ASCII.fullmatch(token):
        # http.client would quote the whole token in its own error.
        raise ValueError("the channel access token holds blanks or non-ASCII characters")
    return token


class ReplyClient:
    """A `bot.core.ports.LineApi` for one channel; safe to share between threads.

    Without line-bot-sdk, which announcements use (`bot.line.client`): a process that answers
    does without its 64 MiB, and a reply costs a third less. Nothing is ever retried here; who
    knows the reply token's age decides.
    """

    def __init__(
        self, token: str, api_base: str = API_BASE, timeouts: tuple[float, float] = TIMEOUTS
    ) -> None:
        """`timeouts` are (connect, read) seconds. Raises ValueError for an impossible token."""
        base = api_base.rstrip("/")
        self._headers = {
            "Authorization": f"Bearer {checked_token(token)}",
            "Content-Type": "application/json",
            "User-Agent": "madoguchi",
        }
        self._path = urlsplit(base).path + _PATH
        connect, read = timeouts
        self._pool = urllib3.connection_from_url(
            base,
            maxsize=CONNECTIONS,
            retries=False,
            timeout=urllib3.Timeout(connect=connect, read=read),
        )

    def reply(self, reply_token: str, messages: Sequence[Mapping[str, Any]]) -> None:
        """Send 1 to 5 messages; returns once LINE has accepted them.

        Raises LineRetryable or LineRejected. A reply has no retry key: after an unknown outcome
        the same token may be tried again, and `invalid_reply_token` then means "maybe sent".
        """
        body = json.dumps({"replyToken": reply_token, "messages": messages}).encode("ascii")
        try:
            answer = self._pool.urlopen(
                "POST", self._path, body=body, headers=self._headers, redirect=False
            )
        except HTTPError as error:
            lost = broken(error)
            _log.warning("line request failed", extra={"line_error": str(lost)})
            # `from None`: the error behind it may quote the request.
            raise lost from None
        # LINE gives out no logs; its support asks for this id.
        seen = {
            "line_status": answer.status,
            "line_request_id": answer.headers.get("x-line-request-id"),
        }
        if not 200 <= answer.status < 300:
            _log.warning("line request failed", extra=seen)
            raise refusal(answer.status, answer.headers, answer.data)
        _log.info("line request accepted", extra=seen)

    def close(self) -> None:
        """Close idle connections; a later reply opens new ones."""
        self._pool.close()
