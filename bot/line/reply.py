"""Sends replies: one request for every message a resident writes, so it costs as little as can be."""

from __future__ import annotations

import json
import logging
import re
import ssl
from collections import deque
from collections.abc import Mapping

import pycurl

from bot.errors import LineRejected, LineRetryable
from bot.line.refusals import refusal

API_BASE = "https://api.line.me"
TIMEOUTS = (3.0, 5.0)  # seconds to connect, seconds from there to the end of the answer

_log = logging.getLogger(__name__)
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
_REQUEST_ID = b"x-line-request-id:"
_PATH = "/v2/bot/message/reply"


def checked_token(token: str) -> str:
    """A channel access token that can stand in a header; raises ValueError for any other."""
    if not _VISIBLE_ASCII.fullmatch(token):
        # An HTTP library would quote the whole token in its own error.
        raise ValueError("the channel access token holds blanks or non-ASCII characters")
    return token


class ReplyClient:
    """A `bot.core.ports.LineApi` for one channel; safe to share between threads.

    On libcurl and without line-bot-sdk, which announcements use (`bot.line.client`): a reply costs
    a tenth of the processor time, lets go of the interpreter once, and the SDK's 64 MiB are not
    needed. Nothing is retried here, who knows the reply token's age decides; but a kept connection
    that ends without a word is replaced by libcurl, which asks again: then the outcome stays in doubt.
    """

    def __init__(
        self, token: str, api_base: str = API_BASE, timeouts: tuple[float, float] = TIMEOUTS
    ) -> None:
        """`timeouts` are (connect, answer) seconds. Raises ValueError for an impossible token."""
        self._url = api_base.rstrip("/") + _PATH
        self._headers = [
            f"Authorization: Bearer {checked_token(token)}",
            "Content-Type: application/json",
            "Expect:",  # libcurl's own for longer bodies; LINE does not ask for it
        ]
        self._timeouts = timeouts
        self._idle: deque[_Connection] = deque()

    def reply(self, reply_token: str, messages: str) -> None:
        """Send a JSON list of 1 to 5 messages; returns once LINE has accepted them.

        Raises LineRetryable or LineRejected. A reply has no retry key: after an unknown outcome
        the same token may be tried again, and `invalid_reply_token` then means "maybe sent".
        """
        body = f'{{"replyToken":{json.dumps(reply_token)},"messages":{messages}}}'.encode()
        try:
            connection = self._idle.pop()  # the one used last: least likely to have been closed
        except IndexError:
            connection = _Connection(self._url, self._headers, self._timeouts)
        try:
            status, head, answer, renewed = connection.post(body)
        except LineRetryable as lost:
            connection.close()
            _log.warning("line request failed", extra={"line_error": str(lost)})
            raise
        self._idle.append(connection)
        # LINE gives out no logs; its support asks for this id.
        seen = {"line_status": status, "line_request_id": _request_id(head)}
        if 200 <= status < 300:
            _log.info("line request accepted", extra=seen)
            return
        _log.warning("line request failed", extra=seen)
        refused = refusal(status, _fields(head), answer)
        raise _in_doubt(refused) if renewed else refused

    def close(self) -> None:
        """Close idle connections; a later reply opens new ones."""
        while self._idle:
            self._idle.pop().close()


def _in_doubt(refused: LineRetryable | LineRejected) -> LineRetryable:
    """This request was refused, but one before it may have been accepted."""
    return LineRetryable(
        f"connection renewed, then {refused}",
        status=refused.status,
        unknown_outcome=True,
        retry_after=refused.retry_after if isinstance(refused, LineRetryable) else None,
        request_id=refused.request_id,
    )


class _Connection:
    """One connection to LINE, kept open between requests; for one thread at a time."""

    def __init__(self, url: str, headers: list[str], timeouts: tuple[float, float]) -> None:
        self._used = False
        self._curl = curl = pycurl.Curl()
        connect, answer = (int(1000 * seconds) for seconds in timeouts)
        for option, value in (
            (pycurl.URL, url),
            (pycurl.HTTPHEADER, headers),
            (pycurl.USERAGENT, "madoguchi"),
            (pycurl.POST, 1),
            (pycurl.CONNECTTIMEOUT_MS, connect),
            (pycurl.TIMEOUT_MS, connect + answer),
            (pycurl.NOSIGNAL, 1),  # signals belong to the main thread
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.PROXY, ""),  # nothing but the settings says where residents' words go
        ):
            curl.setopt(option, value)
        # libcurl comes with its own OpenSSL, which does not know where this machine keeps these.
        paths = ssl.get_default_verify_paths()
        for option, path in ((pycurl.CAINFO, paths.cafile), (pycurl.CAPATH, paths.capath)):
            if path:
                curl.setopt(option, path)

    def post(self, body: bytes) -> tuple[int, list[bytes], bytes, bool]:
        """Status, header lines, body, and whether the connection was renewed.

        A kept connection that the other end has closed is replaced, and the request sent again
        where it had left already: whoever was `renewed` may have been heard twice. Raises
        LineRetryable without an answer.
        """
        curl, head, answer = self._curl, list[bytes](), list[bytes]()
        curl.setopt(pycurl.POSTFIELDS, body)
        curl.setopt(pycurl.HEADERFUNCTION, head.append)
        curl.setopt(pycurl.WRITEFUNCTION, answer.append)
        try:
            curl.perform()
        except pycurl.error as error:
            sent = curl.getinfo(pycurl.REQUEST_SIZE) > 0
            # `from None`: the error behind it may quote the request.
            raise LineRetryable(f"libcurl {error.args[0]}", unknown_outcome=sent) from None
        renewed = self._used and curl.getinfo(pycurl.NUM_CONNECTS) > 0
        self._used = True
        return curl.getinfo(pycurl.RESPONSE_CODE), head, b"".join(answer), renewed

    def close(self) -> None:
        self._curl.close()


def _request_id(head: list[bytes]) -> str | None:
    """All that is wanted of the head of an answer that is as it should be."""
    for line in reversed(head):
        if line[: len(_REQUEST_ID)].lower() == _REQUEST_ID:
            return line[len(_REQUEST_ID) :].strip().decode("latin-1")
    return None


def _fields(head: list[bytes]) -> Mapping[str, str]:
    """The header lines by name, in lower case."""
    pairs = (line.decode("latin-1").partition(":") for line in head)
    return {name.lower(): value.strip() for name, colon, value in pairs if colon}
