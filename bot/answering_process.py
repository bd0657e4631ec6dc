"""A process of its own that decides answers, forked from the one that holds door and store."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import pickle
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from bot.core.attributes import Catalog
from bot.core.knowledge import Content
from bot.core.ports import Answered
from bot.services.apart import Asked, Desk
from bot.services.failures import describe
from bot.services.library import Library
from bot.services.publishing import Publisher

log = logging.getLogger(__name__)
# A batch takes milliseconds, new content a second or two; LINE's tokens live 50 s.
_PATIENCE_SECONDS = 15.0
_STOP_SECONDS = 5.0
_TO_STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)
_NICE = 10  # when all want the processor, acknowledging goes before answering


@dataclass(frozen=True)
class _News:
    """Content that is in force from now on."""

    folder: Path
    content: Content
    catalog: Catalog


@dataclass
class _Ticket:
    asked: Asked
    answered: Answered | None = None
    over: bool = False


class AnsweringProcess:
    """Decides what it is asked with the content in force; for one thread.

    Make it before the process has threads that matter: it is a fork, and shares the memory of
    content and dictionary. It ends with its maker, however that ends. If it ends first, everything
    comes back unanswered and the caller answers itself: slower, and nothing is lost.
    """

    def __init__(
        self,
        desk: Desk,
        publishers: Mapping[Path, Publisher],
        settle: Callable[[], None] = lambda: None,
    ) -> None:
        """`settle` is the first that the process does. Raises OSError where there is none to be had."""
        self._publishers = publishers
        self._told = {folder: each.current() for folder, each in publishers.items()}
        self._waiting: list[_Ticket] = []
        context = multiprocessing.get_context("fork")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, desk, publishers, settle), name="answering", daemon=True
        )
        # Held back until the new process ignores them: it must not end before its maker.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _TO_STOP)
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        # However we end: at exit everybody waits for their children, and ours waits for this.
        Finalize(None, self._pipe.close, exitpriority=1)

    @property
    def pid(self) -> int | None:
        """Of the process."""
        return self._process.pid

    def ask(self, asked: Asked) -> Callable[[], Answered | None]:
        """Hand something over; everything handed over goes when the first answer is called for.

        None: it has to be answered here.
        """
        ticket = _Ticket(asked)
        self._waiting.append(ticket)
        return partial(self._answered, ticket)

    def close(self) -> None:
        """Let the process end."""
        self._pipe.close()
        self._process.join(_STOP_SECONDS)
        if self._process.is_alive():
            self._process.kill()

    def _answered(self, ticket: _Ticket) -> Answered | None:
        if not ticket.over:
            waiting, self._waiting = self._waiting, []
            for each in waiting:
                each.over = True
            if not self._pipe.closed:
                self._exchange(waiting)
        return ticket.answered

    def _exchange(self, waiting: list[_Ticket]) -> None:
        try:
            self._tell_news()
            _send(self._pipe, [ticket.asked for ticket in waiting])
            if not self._pipe.poll(_PATIENCE_SECONDS):
                raise TimeoutError
            for ticket, answered in zip(waiting, _received(self._pipe), strict=True):
                ticket.answered = answered
        except Exception as error:  # half an answer is none, whatever broke it
            log.critical(
                "answering process lost: answering in the web's own process until a restart",
                extra={"error": describe(error)},
            )
            self._pipe.close()
            self._process.kill()
            self._process.join(_STOP_SECONDS)

    def _tell_news(self) -> None:
        for folder, publisher in self._publishers.items():
            library: Library = publisher.current()
            if library is not self._told[folder]:
                _send(self._pipe, _News(folder, library.content, library.catalog))
                self._told[folder] = library


def _serve(
    pipe: Connection,
    desk: Desk,
    publishers: Mapping[Path, Publisher],
    settle: Callable[[], None],
) -> None:
    """The process: answer until the other end closes."""
    _alone_with(pipe)
    settle()
    while True:
        try:
            said = _received(pipe)
        except EOFError:
            return
        if isinstance(said, _News):
            publishers[said.folder].serve(said.content, said.catalog)
        else:
            _send(pipe, [desk.answer(asked) for asked in said])


def _send(pipe: Connection, said: object) -> None:
    # The pipe's own way to send objects looks each time for reducers that nothing here needs.
    pipe.send_bytes(pickle.dumps(said, pickle.HIGHEST_PROTOCOL))


def _received(pipe: Connection) -> Any:
    return pickle.loads(pipe.recv_bytes())


def _alone_with(pipe: Connection) -> None:
    """Let go of what belongs to the maker: its door, database and locks must not outlive it."""
    for number in _TO_STOP:
        # The maker still has events in hand when it is told to stop; its end is ours.
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _TO_STOP)
    for number in (signal.SIGABRT, signal.SIGCHLD, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_DFL)
    for opened in map(int, os.listdir("/dev/fd")):
        if opened > 2 and opened != pipe.fileno():
            with suppress(OSError):  # the one that listed them is closed already
                os.close(opened)
    with suppress(OSError):  # not where an operator forbids it
        os.nice(_NICE)
    gc.freeze()
    gc.enable()  # a start does without, and this came to be in the middle of one
