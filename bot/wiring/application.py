"""What all our Flask applications have: one for everybody, one for each account, their consoles."""

from __future__ import annotations

from flask import Flask
from gunicorn.http.errors import ParseException

from bot.web.metrics import Metrics
from bot.web.requestid import RequestIds, add_request_ids


def application(metrics: Metrics, ids: RequestIds | None = None) -> Flask:
    """An application without pages, whose requests are numbered (by `ids`) and measured."""
    app = Flask(__name__, static_folder=None)
    add_request_ids(app, ids)
    metrics.watch(app)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    # Chunks that are none: the sender's fault, not ours, and read only with the body.
    app.register_error_handler(ParseException, lambda _: ("", 400))
    return app
