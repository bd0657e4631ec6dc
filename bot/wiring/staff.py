"""The place of the staff's console, whose pages are made when the first of them is asked for.

Nobody waits for them at a start (they take 0.3 s there), and where nobody opens one they take no
memory. `bot.wiring.console` makes them.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask

from bot.config import Settings
from bot.console.options import ConsoleOptions
from bot.core.tokens import Tokenize
from bot.services.publishing import Publisher
from bot.services.saving import Saving
from bot.wiring.account import Base

PATH = "/staff"
STAFF = "madoguchi_staff"  # the extension of an application that has a console


@dataclass(frozen=True)
class Office:
    """What an account's console is made of (`bot.wiring.console`)."""

    settings: Settings
    every: Sequence[Settings]
    base: Base
    publisher: Publisher
    tokenizer: Tokenize
    saving: Saving
    options: ConsoleOptions


class Staff:
    """A WSGI application that its first request makes; safe to share between threads."""

    def __init__(self, make: Callable[[], Flask]) -> None:
        self._make = make
        self._made: Flask | None = None
        self._lock = Lock()

    @property
    def app(self) -> Flask:
        """The application; whoever asks first waits until it is made."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
                gc.freeze()  # it stays: the collector need not walk through it
            return self._made

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.app(environ, start_response)


def open_staff(app: Flask, staff: Staff) -> None:
    """Let `staff` answer what is asked below /staff of `app`."""
    app.extensions[STAFF] = staff
    app.wsgi_app = _Before(staff, app.wsgi_app)  # type: ignore[method-assign]  # as Flask documents it


class _Before:
    def __init__(self, staff: Staff, behind: WSGIApplication) -> None:
        self._staff, self._behind = staff, behind

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        ours = path.startswith(PATH) and (path == PATH or path[len(PATH)] == "/")
        return (self._staff if ours else self._behind)(environ, start_response)
