"""One id for each HTTP request: taken from X-Request-Id or made here, in every log line of it."""

from __future__ import annotations

import re
import uuid
from itertools import count

from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars

from bot.services.observing import REQUEST_ID

HEADER = "X-Request-Id"
# Nothing else goes into a log: a header is whatever a stranger wrote.
_ACCEPTED = re.compile(r"[0-9A-Za-z._-]{8,64}")


class RequestIds:
    """Makes the ids of one process; safe to share between threads."""

    def __init__(self) -> None:
        # One random number for the process: asking for one each time lets go of the interpreter,
        # and getting it back takes the longest when there is most to do.
        self._ours, self._number = uuid.uuid4().hex[:20], count(1)

    def bind(self, given: str) -> str:
        """The id for this request, `given` if that can be one; logs of this thread carry it."""
        acceptable = given and _ACCEPTED.fullmatch(given)
        request_id = given if acceptable else f"{self._ours}{next(self._number):012x}"
        clear_contextvars()  # the thread has served others before
        bind_contextvars(**{REQUEST_ID: request_id})
        return request_id


def add_request_ids(app: Flask, ids: RequestIds | None = None) -> None:
    """Bind the id for the time of each request, and say it in the answer."""
    made = ids or RequestIds()

    @app.before_request
    def bind() -> None:
        g.request_id = made.bind(request.headers.get(HEADER, ""))

    @app.after_request
    def tell(response: Response) -> Response:
        if "request_id" in g:
            response.headers[HEADER] = g.request_id
        return response

    @app.teardown_request
    def unbind(_error: BaseException | None) -> None:
        clear_contextvars()
