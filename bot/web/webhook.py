"""LINE's door: POST /line/webhook, or /line/webhook/{account} for each of several."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping

from flask import Blueprint, Request, Response, request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from bot.services.receiving import Receipt, Receiver

log = logging.getLogger(__name__)

MAIN = "main"
MAX_BODY_BYTES = 1024 * 1024
_STATUS = {
    Receipt.KEPT: 200,
    Receipt.BAD_SIGNATURE: 400,
    Receipt.BAD_BODY: 400,
    Receipt.NOT_KEPT: 503,
}
_NO_CREDENTIALS = (
    "LINEの設定がないため、Webhookには応答できません。"
    "LINE_CHANNEL_SECRET と LINE_CHANNEL_ACCESS_TOKEN を設定して、起動し直してください。"
)


def webhook_blueprint(receivers: Mapping[str, Receiver]) -> Blueprint:
    """The blueprint. A single account's door is `/line/webhook`, too, as that of `main`.

    Without any (no LINE credentials) it refuses and says why, once, in the log.
    """
    blueprint = Blueprint("webhook", __name__)
    not_said_yet = threading.Lock()

    main = MAIN if MAIN in receivers else ""
    if not main and len(receivers) == 1:
        (main,) = receivers

    @blueprint.post("/line/webhook", defaults={"account": ""})
    @blueprint.post("/line/webhook/<account>")
    def webhook(account: str) -> Response:
        if not receivers:
            if not_said_yet.acquire(blocking=False):
                log.error(_NO_CREDENTIALS)
            return _answer(503)
        receiver = receivers.get(account or main)
        if receiver is None:
            return _answer(404)
        # Not through the proxy: each look at it takes as long as a look-up in the headers.
        asked: Request = request._get_current_object()  # type: ignore[attr-defined]
        body = _body(asked)
        if body is None or len(body) > MAX_BODY_BYTES:
            return _answer(413)
        return _answer(_STATUS[receiver.receive(body, asked.headers.get("X-Line-Signature"))])

    return blueprint


def _body(asked: Request) -> bytes | None:
    """The bytes as sent, for the signature is over these; None where they are surely too many."""
    length = asked.content_length
    if length is None:  # in chunks. One more: there it is cut off without a word
        asked.max_content_length = MAX_BODY_BYTES + 1
        try:
            return asked.get_data(cache=False)  # nobody needs them again
        except RequestEntityTooLarge:
            return None
    if length > MAX_BODY_BYTES:
        return None
    # Werkzeug's own stream guards the length too, by asking for the body five times.
    body: bytes = asked.input_stream.read(length)
    if len(body) < length:
        raise ClientDisconnected
    return body


def _answer(status: int) -> Response:
    """No body: LINE reads the status alone, and a stranger learns nothing."""
    return Response(status=status, mimetype="text/plain")
