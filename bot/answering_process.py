"""A process of its own that decides answers, forked from the one that holds door and store."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import pickle
import signal
import socket
import struct
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
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
# Another program takes seconds to begin; on a machine that is busy with what killed the first, more.
_BEGIN_SECONDS = 120.0
# So long after a loss another one is begun, each time in a row twice as long: what kills it may do
# so again and again.
_REST_SECONDS = 1.0
_LONGEST_REST_SECONDS = 300.0
_WELL_SECONDS = 600.0  # one that has lived so long was well
_SETTLE_SECONDS = 3.0  # its maker still starts, and goes first
_TO_STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)
# So much fits into a pipe while the other end is busy writing; more waits until that is read.
_AHEAD_BYTES = 32 * 1024
_MOST_OUT = 2  # batches: one that is decided, one that lies ready
_NICE = 10  # when all want the processor, acknowledging goes before answering


@dataclass(frozen=True)
class _News:
    """Content that is in force from now on."""

    folder: Path
    content: Content
    catalog: Catalog


Anew = Callable[[int], "subprocess.Popen[bytes]"]


@dataclass
class _Ticket:
    asked: Asked
    answered: Answered | None = None
    over: bool = False


@dataclass
class _Link:
    """One process, and what content it knows of."""

    pipe: Connection
    process: multiprocessing.process.BaseProcess | subprocess.Popen[bytes]
    told: dict[Path, Library]
    since: float = field(default_factory=time.monotonic)
    out: deque[list[_Ticket]] = field(default_factory=deque)  # not answered yet

    def send_news(self, publishers: Mapping[Path, Publisher]) -> None:
        """Tell of the content in force, where it is not known yet."""
        for folder, publisher in publishers.items():
            library = publisher.in_force
            if library is not None and library is not self.told.get(folder):
                self._send(_News(folder, library.content, library.catalog))
                self.told[folder] = library

    def send(self, tickets: list[_Ticket]) -> None:
        """Have them decided. Raises TimeoutError and whatever a broken pipe raises."""
        self._send([ticket.asked for ticket in tickets])
        self.out.append(tickets)

    def receive(self, seconds: float) -> None:
        """Answer the batch that was sent first. Raises as `send` does."""
        if not self.pipe.poll(seconds):
            raise TimeoutError
        answers: list[Answered | None] = _received(self.pipe)
        for ticket, answered in zip(self.out[0], answers, strict=True):
            ticket.answered, ticket.over = answered, True
        self.out.popleft()

    def _send(self, said: object) -> None:
        packed = _packed(said)
        # Both ends writing at once, with neither reading, would wait for each other for ever.
        while self.out and (len(self.out) >= _MOST_OUT or len(packed) > _AHEAD_BYTES):
            self.receive(_PATIENCE_SECONDS)
        self.pipe.send_bytes(packed)

    def end(self, seconds: float = 0.0) -> None:
        """Let it end by itself for `seconds`, then end it."""
        self.pipe.close()
        if not self._ended(seconds):
            self.process.kill()
            self._ended(_STOP_SECONDS)

    def _ended(self, seconds: float) -> bool:
        if isinstance(self.process, subprocess.Popen):
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
            return self.process.poll() is not None
        self.process.join(seconds)
        return not self.process.is_alive()


class AnsweringProcess:
    """Decides what it is asked with the content in force; for one thread.

    Make it before the process has threads that matter: it is a fork, and shares the memory of
    content and dictionary. It ends with its maker, however that ends. If it ends first, everything
    comes back unanswered and the caller answers itself, slower, until another one has begun: by
    then there are threads, so that one is no fork but a program of its own, made by `anew`.
    """

    def __init__(
        self,
        desk: Desk,
        publishers: Mapping[Path, Publisher],
        settle: Callable[[], None] = lambda: None,
        anew: Anew | None = None,
    ) -> None:
        """`settle` is the first that the process does. `anew` starts a program that calls `serve`
        at the file descriptor given. Raises OSError where there is no process to be had."""
        self._publishers = publishers
        self._anew = anew
        self._losses = 0
        self._closing = threading.Event()
        self._begun: _Link | None = None  # by a thread of its own, not in use yet
        self._waiting: list[_Ticket] = []
        found = {folder: each.in_force for folder, each in publishers.items()}
        told = {folder: library for folder, library in found.items() if library is not None}
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        _wait_at_most(ours, _PATIENCE_SECONDS)
        process = context.Process(
            target=serve, args=(theirs, desk, publishers, settle), name="answering", daemon=True
        )
        # Held back until the new process ignores them: it must not end before its maker.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _TO_STOP)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        # However we end: at exit everybody waits for their children, and ours waits for this.
        Finalize(None, ours.close, exitpriority=1)
        self._link: _Link | None = _Link(ours, process, told)

    @property
    def pid(self) -> int | None:
        """Of the process, None while there is none."""
        link = self._link or self._begun
        return link.process.pid if link else None

    @property
    def lost(self) -> bool:
        """Whether it has ended and no other is there yet."""
        return self.pid is None

    def ask(self, asked: Asked) -> Callable[[], Answered | None]:
        """Hand something over; it goes with the next `send`, or when an answer is called for.

        None: it has to be answered here.
        """
        ticket = _Ticket(asked)
        self._waiting.append(ticket)
        return partial(self._answered, ticket)

    def send(self) -> None:
        """Have decided what was handed over, while the caller does something else."""
        waiting, self._waiting = self._waiting, []
        if self._link is None:
            self._link, self._begun = self._begun, None
        link = self._link
        if link is None:
            _give_up(waiting)
        elif waiting:
            try:
                link.send_news(self._publishers)
                link.send(waiting)
            except Exception as error:
                _give_up(waiting)
                self._lose(link, error)

    def close(self) -> None:
        """Let the process end."""
        self._closing.set()
        for link in (self._link, self._begun):
            if link is not None:
                link.end(_STOP_SECONDS)
        self._link = self._begun = None

    def _answered(self, ticket: _Ticket) -> Answered | None:
        self.send()
        while not ticket.over and (link := self._link) is not None:
            try:
                link.receive(_PATIENCE_SECONDS)
            except Exception as error:  # half an answer is none, whatever broke it
                self._lose(link, error)
        return ticket.answered

    def _lose(self, link: _Link, error: Exception) -> None:
        log.critical(
            "answering process lost: answering in the web's own process until another is there",
            extra={"error": describe(error)},
        )
        link.end()
        for tickets in link.out:
            _give_up(tickets)
        self._link = None
        well = time.monotonic() - link.since > _WELL_SECONDS
        self._losses = 1 if well else self._losses + 1
        if self._anew is not None:
            rest = min(_REST_SECONDS * 2 ** (self._losses - 1), _LONGEST_REST_SECONDS)
            args = (self._anew, rest)
            threading.Thread(target=self._begin, args=args, name="answering", daemon=True).start()

    def _begin(self, anew: Anew, rest: float) -> None:
        """Begin another one; in a thread of its own, the caller goes on answering itself."""
        while not self._closing.wait(rest):
            try:
                link = _begun(anew, self._publishers)
            except Exception as error:  # no process, or one that does not come to answer
                rest = min(2 * rest, _LONGEST_REST_SECONDS)
                log.error("answering process not begun", extra={"error": describe(error)})
                continue
            self._begun = link
            if self._closing.is_set():  # `close` may have looked before
                link.end()
            else:
                log.warning("answering process begun again", extra={"pid": link.process.pid})
            return


def _begun(anew: Anew, publishers: Mapping[Path, Publisher]) -> _Link:
    """A new program that has the content in force and answers; raises where there is none."""
    ours, theirs = multiprocessing.Pipe()
    _wait_at_most(ours, _BEGIN_SECONDS)
    try:
        link = _Link(ours, anew(theirs.fileno()), {})
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    try:
        link.send_news(publishers)
        link.send([])
        link.receive(_BEGIN_SECONDS)
        _wait_at_most(ours, _PATIENCE_SECONDS)
    except BaseException:
        link.end()
        raise
    return link


def serve(
    pipe: Connection,
    desk: Desk,
    publishers: Mapping[Path, Publisher],
    settle: Callable[[], None],
) -> None:
    """The process itself: answer until the other end of `pipe` closes."""
    _alone_with(pipe)
    waited_for = pipe.poll(_SETTLE_SECONDS)
    settle()
    if not waited_for:
        desk.warm()
    while True:
        try:
            said = _received(pipe)
        except EOFError:
            return
        if isinstance(said, _News):
            publishers[said.folder].serve(said.content, said.catalog)
        else:
            pipe.send_bytes(_packed([desk.answer(asked) for asked in said]))


def _wait_at_most(pipe: Connection, seconds: float) -> None:
    """Writing to and reading from one that stands still in the middle raises after so long."""
    limit = struct.pack("ll", int(seconds), int(seconds % 1 * 1_000_000))
    with socket.socket(fileno=os.dup(pipe.fileno())) as end:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)


def _give_up(tickets: list[_Ticket]) -> None:
    for ticket in tickets:
        ticket.over = True


def _packed(said: object) -> bytes:
    # The pipe's own way to send objects looks each time for reducers that nothing here needs.
    return pickle.dumps(said, pickle.HIGHEST_PROTOCOL)


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
