"""What a person sees when something is not there or went wrong: short, Japanese, a way back."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from flask import Blueprint, render_template
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from bot.errors import MadoguchiError

log = logging.getLogger(__name__)

_TEXTS: Mapping[int, tuple[str, str]] = {
    400: ("受け取れませんでした", "もう一度、はじめからお試しください。"),
    403: ("受け取れませんでした", "質問は、このチャットの画面から送ってください。"),
    404: (
        "ページが見つかりません",
        "アドレスがまちがっているか、ページがなくなった可能性があります。",
    ),
    405: ("この開き方はできません", "チャットの画面からお試しください。"),
    413: ("文が長すぎます", "知りたいことを1つずつ、短く送ってください。"),
    500: (
        "うまく動きませんでした",
        "こちらの問題です。少し待ってから、もう一度お試しください。お急ぎのときは市役所へお電話ください。",
    ),
    503: (
        "ただいま使えません",
        "少し待ってから、もう一度お試しください。お急ぎのときは市役所へお電話ください。",
    ),
}


def add_error_pages(blueprint: Blueprint) -> None:
    """Japanese pages for every HTTP error of the application, 503 for our own errors in the chat."""
    blueprint.app_errorhandler(HTTPException)(_page)

    @blueprint.errorhandler(MadoguchiError)
    def unavailable(error: MadoguchiError) -> Response:
        log.error("chat unavailable", exc_info=error)
        return Response(_html(503), 503, mimetype="text/html")


def _page(error: HTTPException) -> Response:
    """The error's own response (it may redirect or carry an Allow header) with our page in it."""
    response = Response.force_type(error.get_response())
    if response.status_code >= 400:
        response.set_data(_html(response.status_code))
        response.mimetype = "text/html"
    return response


def _html(status: int) -> str:
    known = status if status in _TEXTS else 500 if status >= 500 else 400
    title, text = _TEXTS[known]
    return render_template("chat_error.html", title=title, text=text)
