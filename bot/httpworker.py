"""gunicorn's threads, each waiting for requests itself; none waits for a client that is slow."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import re
import select
import selectors
import socket
import sys
import termios
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import Any

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

log = logging.getLogger(__name__)

# So long a client may take to say what it wants, a byte now and then or not, and to take what it
# is told; LINE and browsers need milliseconds. Longer than the first, or that would be cut short.
READ_SECONDS = 10.0
WRITE_SECONDS = 15.0
# The system gathers requests up to these sizes; only then a thread takes them up.
_HEAD_BYTES = 32 * 1024  # as much as nginx takes
_WHOLE_BYTES = 256 * 1024
# After our last word: so long, and so much, a client may still send before it is cut off.
_LEAVE_SECONDS = 2.0
_LEAVE_BYTES = 16 * 1024 * 1024
_STOP_SECONDS = 0.1
_NOTHING_LEFT = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
# Only one thread is woken for an event, and none for the next before it is asked for.
_ONCE = select.EPOLLIN | select.EPOLLONESHOT


class _Said(Enum):
    """What a client has said of its next request."""

    PART = "part"
    WHOLE = "whole"
    LONG = "long"  # or of unknown length: a thread has to wait for it


class _Connection(TConn):  # type: ignore[misc]  # gunicorn ships no type information
    """A connection, and how far its client has come with the next request."""

    late_at: float | None = None  # when that will have taken too long
    seen = 0  # bytes of it that were there at the last look
    whole = False  # whether all of it was there when a thread took it up
    leaving = False  # we have had our last word
    unheard = 0  # bytes since
    _least = 1

    def look(self) -> _Said:
        """What is there, without taking it. If a PART, the system tells us when there is more."""
        self.sock.setblocking(False)
        here = self._peek()
        if here is None:
            return _Said.WHOLE  # whoever reads on finds that it has gone
        before = self.parser.unreader.buf.getvalue() if self.parser else b""
        if not (before or here):
            return _Said.PART
        self.late_at = self.late_at or time.monotonic() + READ_SECONDS
        length, size = _length(before + here), len(before) + self._size(here)
        # No more than before: it has closed in the middle, or the system has no memory for more.
        long = size <= self.seen or (size >= _HEAD_BYTES if length == 0 else length > _WHOLE_BYTES)
        self.seen = size
        if 0 < length <= size or length < 0 or long:
            self._be_told_of(1)
            return _Said.WHOLE if 0 < length <= size else _Said.LONG
        self._be_told_of((length or size + 1) - len(before))
        return _Said.PART

    def _peek(self) -> bytes | None:
        try:
            return self.sock.recv(_HEAD_BYTES, socket.MSG_PEEK) or None
        except BlockingIOError:
            return b""
        except OSError:
            return None

    def _size(self, here: bytes) -> int:
        if len(here) < _HEAD_BYTES:
            return len(here)
        return int.from_bytes(fcntl.ioctl(self.sock, termios.FIONREAD, bytes(4)), sys.byteorder)

    def _be_told_of(self, size: int) -> None:
        """Neither epoll nor a thread that reads hears of less than so many bytes."""
        if self._least != size:
            with suppress(OSError):  # a system that cannot: then a thread waits, as for a LONG one
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, size)
            self._least = size

    def over(self) -> bool:
        """After our last word: whether the client has gone too, or has said enough."""
        with suppress(BlockingIOError):
            while self.unheard < _LEAVE_BYTES:
                if not (data := self.sock.recv(64 * 1024)):
                    return True
                self.unheard += len(data)
            return True
        return False


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no type information
    """gthread whose threads wait for requests and connections themselves, at one epoll.

    gunicorn's own main thread does so for them: it hands each request over and takes the
    connection back through a pipe, which is several thread switches more at every request. Here
    the main thread only keeps the time: of connections, of the stop, of the sign of life.

    A request is taken up once all of it is there, so that no number of slow clients keeps the
    threads from the others; what is too long for that may keep half of them. Who takes too long is
    hung up on, and where there is no place left, who has been silent longest. Answers may take
    their time.
    """

    alive: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._late_at: dict[Any, float] = {}  # connection being read -> when we hang up
        # Kept alive or new, by file descriptor, the one that waits longest first. Whoever takes a
        # connection out serves or closes it. gunicorn asks how many there are.
        self.keepalived_conns: dict[int, Any] = {}
        self._open: set[Any] = set()
        self._long = threading.Semaphore(max(1, self.cfg.threads // 2))
        self._parked: deque[_Connection] = deque()  # long, and there are enough of these already
        self._listeners = {listener.fileno(): listener for listener in self.sockets}
        self._full = False  # no more connections are taken until one has gone

    def init_process(self) -> None:
        """As gunicorn's, in the worker's own process."""
        # Each look at a setting is two function calls otherwise, and a request takes 23.
        self.cfg.__dict__.update((name, each.get()) for name, each in self.cfg.settings.items())
        self._epoll = select.epoll()
        self._leave = os.eventfd(0)  # readable once all threads are to go
        super().init_process()

    def run(self) -> None:
        """Keep the time until told to stop; then let what is under way end."""
        self.poller.register(
            self.method_queue.fileno(), selectors.EVENT_READ, self.method_queue.run_callbacks
        )
        self._epoll.register(self._leave, select.EPOLLIN)
        for fd, listener in self._listeners.items():
            listener.setblocking(False)
            self._epoll.register(fd, _ONCE)
        try:
            for _ in range(self.cfg.threads):
                self.tpool.submit(self._serve)
            while self.alive and self.is_parent_alive():
                self._tick(1.0)
            self.alive = False
            self._finish()
        finally:  # also when a signal ends us at once: Python waits for these threads
            os.eventfd_write(self._leave, 1)
        self.tpool.shutdown(wait=False)

    def _tick(self, seconds: float) -> None:
        self.notify()
        self.wait_for_and_dispatch_events(seconds)  # only a signal cuts it short
        self.murder_keepalived()
        now = time.monotonic()
        for conn in [self._parked.popleft() for _ in range(len(self._parked))]:
            if conn.late_at is not None and conn.late_at <= now:
                self._let_go(conn)
            else:
                self._wait_for(conn, self._epoll.modify)
        for conn, late_at in self._late_at.copy().items():
            if late_at <= now:
                with suppress(OSError):  # it has just gone by itself
                    conn.sock.shutdown(socket.SHUT_RDWR)

    def murder_keepalived(self, force: bool = False) -> None:
        """Close connections that have waited too long, or all that wait."""
        now = time.monotonic()
        for fd, conn in self.keepalived_conns.copy().items():
            if (force or conn.timeout <= now) and self.keepalived_conns.pop(fd, None) is not None:
                self._let_go(conn)

    def _finish(self) -> None:
        """Take no new connections, end those that are open; a client may be asking right now."""
        for fd in self._listeners:
            self._epoll.unregister(fd)
        now = time.monotonic()
        for conn in list(self.keepalived_conns.values()):
            conn.timeout = min(conn.timeout, now + STOP_KEEPALIVE_LINGER)
        # Not all of the time that gunicorn gives us: what was taken in is still to be answered.
        while self._open and time.monotonic() < now + READ_SECONDS + STOP_KEEPALIVE_LINGER:
            self._tick(_STOP_SECONDS)
        self.murder_keepalived(force=True)
        for listener in self.sockets:
            listener.close()

    def _serve(self) -> None:
        """One thread's life."""
        while True:
            for fd, _ in self._epoll.poll(-1, 1):
                if fd == self._leave:
                    return
                try:
                    self._take_up(fd)
                except Exception as error:  # the thread must live on
                    log.error("connection failed", extra={"error": type(error).__name__})

    def _take_up(self, fd: int) -> None:
        if fd in self._listeners:
            self._accept(self._listeners[fd])
        elif (conn := self.keepalived_conns.pop(fd, None)) is not None:
            self._hear(conn)

    def _accept(self, listener: Any) -> None:
        try:
            sock, client = listener.accept()
            conn = _Connection(self.cfg, sock, client, listener.getsockname())
            conn.data_ready = True  # when a thread takes it up
            self._open.add(conn)
            self._wait_for(conn, self._epoll.register)
        except OSError as error:  # it has gone again, or another process was quicker
            if error.errno in _NOTHING_LEFT and not self._made_room():
                time.sleep(_STOP_SECONDS)
        finally:
            self._full = True
            if len(self._open) < self.worker_connections or self._made_room():
                self._accept_more()

    def _made_room(self) -> bool:
        """Whether there was somebody to hang up on: who has been silent longest."""
        for fd in self.keepalived_conns.copy():
            if (conn := self.keepalived_conns.pop(fd, None)) is not None:
                self._let_go(conn)
                return True
        return False

    def _accept_more(self) -> None:
        self._full = False
        for fd in self._listeners:
            with suppress(OSError):  # we are stopping
                self._epoll.modify(fd, _ONCE)

    def _hear(self, conn: _Connection) -> None:
        """Serve what the connection asks, and what it has sent already of the next."""
        try:
            if conn.leaving:
                self._take_leave(conn)
                return
            kept = True
            while kept and (said := conn.look()) is not _Said.PART:
                conn.whole = said is _Said.WHOLE
                if not conn.whole and not self._long.acquire(blocking=False):
                    self._parked.append(conn)
                    return
                try:
                    kept = self.handle(conn)
                finally:
                    if not conn.whole:
                        self._long.release()
                if kept and not conn.parser.unreader.buf.getvalue():
                    break
            if kept:
                self._wait_for(conn, self._epoll.modify)
            else:
                self._take_leave(conn)
        except BaseException as error:  # as gunicorn does: the thread lives on
            log.error("connection failed", extra={"error": type(error).__name__})
            self._let_go(conn)

    def _wait_for(self, conn: _Connection, watch: Callable[[int, int], object]) -> None:
        conn.timeout = conn.late_at or time.monotonic() + self.cfg.keepalive
        if not self.alive:
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
        fd = conn.sock.fileno()
        self.keepalived_conns[fd] = conn
        watch(fd, _ONCE)  # from here on it may be another thread's

    def _take_leave(self, conn: _Connection) -> None:
        """Close once the client has: what it still sends would undo our last word (RFC 9112 9.6)."""
        try:
            if not conn.leaving:
                conn.leaving, conn.late_at = True, time.monotonic() + _LEAVE_SECONDS
                conn.sock.setblocking(False)
                conn.sock.shutdown(socket.SHUT_WR)
            if not conn.over():
                self._wait_for(conn, self._epoll.modify)
                return
        except OSError:  # it has gone
            pass
        self._let_go(conn)

    def _let_go(self, conn: Any) -> None:
        self._open.discard(conn)
        conn.close()
        if self._full:
            self._accept_more()

    def handle(self, conn: Any) -> Any:
        """Serve one request; whether the connection is kept."""
        self._late_at[conn] = conn.late_at or time.monotonic() + READ_SECONDS
        try:
            return super().handle(conn)
        finally:
            self._late_at.pop(conn, None)
            conn.late_at, conn.seen = None, 0

    def _keepalive_after(self, conn: Any, keepalive: Any) -> bool:
        """As gunicorn's, which looks three times for more of a body that is read, and waits for
        one that nobody wants."""
        message = conn.parser.mesg
        if keepalive and not message.body.failed and _is_read(message.body):
            conn.parser.mesg = None
            return True
        return conn.whole and bool(super()._keepalive_after(conn, keepalive))

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Its head is read; from here on only waiting for its body counts as slow."""
        left = self._late_at.pop(conn, 0.0) - time.monotonic()
        req.body.reader = _TimedReader(req.body.reader, conn, self._late_at, left)
        conn.sock.settimeout(WRITE_SECONDS)
        try:
            return super().handle_request(req, conn)
        except TimeoutError:  # it does not take what it has asked for
            return False


_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.I)
# In chunks, or told of only once we have said that we want it.
_UNSAID = re.compile(rb"\r\n(?:transfer-encoding|expect):", re.I)


def _length(said: bytes) -> int:
    """Of the request that begins here, with its body; 0 while its head has no end, -1 where it
    does not say."""
    end = said.find(_HEAD_END)
    if end < 0:
        return 0
    head = said[: end + 2]
    if _UNSAID.search(head):
        return -1
    length = _LENGTH.search(head)
    if length is None:
        return end + len(_HEAD_END)
    return end + len(_HEAD_END) + int(length[1]) if len(length[1]) < 10 else -1


def _is_read(body: Any) -> bool:
    """Whether nothing of a body is left where it comes from."""
    left = getattr(body.reader, "length", None)
    return left == 0 if left is not None else getattr(body.reader, "parser", body) is None


class _TimedReader:
    """The socket side of a request's body: its time runs only while it waits for the client."""

    def __init__(self, reader: Any, conn: Any, late_at: dict[Any, float], left: float) -> None:
        self._reader, self._conn, self._late_at, self._left = reader, conn, late_at, left

    def read(self, size: int) -> bytes:
        started = time.monotonic()
        # gunicorn reads the rest of this body, if any, when the connection's next request begins:
        # then that request's time is already running, and must run on.
        running = self._late_at.get(self._conn)
        self._late_at[self._conn] = started + self._left if running is None else running
        try:
            data: bytes = self._reader.read(size)
        finally:
            if running is None:
                self._late_at.pop(self._conn, None)
            self._left -= time.monotonic() - started
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)
