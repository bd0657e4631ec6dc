"""LINE's webhooks before Flask sees them: most requests by far, and Flask costs more than they do."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from structlog.contextvars import clear_contextvars

from bot.services.receiving import Receiver
from bot.web.requestid import HEADER, RequestIds
from bot.web.webhook import MAX_BODY_BYTES, PATH, STATUS, main_of

log = logging.getLogger(__name__)

_LENGTH_DIGITS = len(str(MAX_BODY_BYTES))
_LINES = {each.value: f"{each.value} {each.phrase}" for each in HTTPStatus}


def open_door(
    app: Flask,
    receivers: Mapping[str, Receiver],
    ids: RequestIds,
    acknowledged: Callable[[int, float], None],
) -> None:
    """Let `receivers` (by account) have their webhooks without Flask.

    Only what LINE sends: a POST to one of their addresses with a length within the limit. All else,
    and so every refusal but that of the receiver, is the business of `webhook_blueprint`, which
    answers alike. `acknowledged` is told the status of each answer and the seconds it took.
    """
    door = _Door(app.wsgi_app, _addresses(receivers), ids, acknowledged)
    app.wsgi_app = door  # type: ignore[method-assign]  # as Flask documents it


def _addresses(receivers: Mapping[str, Receiver]) -> dict[str, Receiver]:
    found = {f"{PATH}/{account}": receiver for account, receiver in receivers.items()}
    main = receivers.get(main_of(receivers))
    return found if main is None else found | {PATH: main}


class _Door:
    def __init__(
        self,
        behind: WSGIApplication,
        receivers: Mapping[str, Receiver],
        ids: RequestIds,
        acknowledged: Callable[[int, float], None],
    ) -> None:
        self._behind = behind
        self._receivers = receivers
        self._ids = ids
        self._acknowledged = acknowledged

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        receiver = self._receivers.get(environ["PATH_INFO"])
        length = _length(environ)
        if receiver is None or length is None or environ["REQUEST_METHOD"] != "POST":
            return self._behind(environ, start_response)
        started = time.perf_counter()
        request_id = self._ids.bind(environ.get("HTTP_X_REQUEST_ID", ""))
        try:
            status = _received(environ, length, receiver)
        finally:
            clear_contextvars()
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", "0"),  # LINE reads the status alone
            (HEADER, request_id),
        ]
        self._acknowledged(status, time.perf_counter() - started)
        start_response(_LINES[status], headers)
        return ()


def _length(environ: WSGIEnvironment) -> int | None:
    """How long the body is, None where it does not say so plainly or is too long."""
    said: str = environ.get("CONTENT_LENGTH", "")
    if not (said.isascii() and said.isdigit() and len(said) <= _LENGTH_DIGITS):
        return None
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    length = int(said)
    return length if length <= MAX_BODY_BYTES else None


def _received(environ: WSGIEnvironment, length: int, receiver: Receiver) -> int:
    body = environ["wsgi.input"].read(length)
    if len(body) < length:  # the sender is gone
        return 400
    try:
        return STATUS[receiver.receive(body, environ.get("HTTP_X_LINE_SIGNATURE"))]
    except Exception:
        log.exception("webhook failed")
        return 500
