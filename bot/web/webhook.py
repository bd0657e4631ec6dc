"""LINE's door: POST /line/webhook, or /line/webhook/{account} for each of several."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

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
        # One more: a body without a length (in chunks) is cut off there without a word.
        request.max_content_length = MAX_BODY_BYTES + 1
        try:
            # Not cached: the signature is over these very bytes, and nobody needs them again.
            body = request.get_data(cache=False)
        except RequestEntityTooLarge:
            return _answer(413)
        if len(body) > MAX_BODY_BYTES:
            return _answer(413)
        return _answer(_STATUS[receiver.receive(body, request.headers.get("X-Line-Signature"))])

    return blueprint


def _answer(status: int) -> Response:
    """No body: LINE reads the status alone, and a stranger learns nothing."""
    return Response(status=status, mimetype="text/plain")
