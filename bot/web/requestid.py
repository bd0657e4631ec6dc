"""One id for each HTTP request: taken from X-Request-Id or made here, in every log line of it."""

from __future__ import annotations

import re
import uuid
from itertools import count

from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars

from bot.services.tracing import REQUEST_ID

HEADER = "X-Request-Id"
_IN_ENVIRON = "HTTP_X_REQUEST_ID"  # as WSGI calls it
# Nothing else goes into a log: a header is whatever a stranger wrote. Digits alone may be somebody's
# number.
_ACCEPTED = re.compile(r"(?=.*[A-Za-z])[0-9A-Za-z._-]{8,64}")


def add_request_ids(app: Flask) -> None:
    """Bind the id for the time of each request, and say it in the answer."""
    # One random number for the process: asking for one each time lets go of the interpreter,
    # and getting it back takes the longest when there is most to do.
    ours, number = uuid.uuid4().hex[:20], count(1)

    @app.before_request
    def bind() -> None:
        given = request.environ.get(_IN_ENVIRON, "")
        request_id = given if _ACCEPTED.fullmatch(given) else f"{ours}{next(number):012x}"
        g.request_id = request_id
        clear_contextvars()  # the thread has served others before
        bind_contextvars(**{REQUEST_ID: request_id})

    @app.after_request
    def tell(response: Response) -> Response:
        if request_id := g.get("request_id"):
            response.headers[HEADER] = request_id
        return response

    @app.teardown_request
    def unbind(_error: BaseException | None) -> None:
        clear_contextvars()
