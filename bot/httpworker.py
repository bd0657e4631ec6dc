"""gunicorn's threads, each waiting for requests itself; who sends one too slowly is hung up on."""

from __future__ import annotations

import errno
import logging
import os
import select
import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

log = logging.getLogger(__name__)

# So long a client may take to say what it wants, a byte now and then or not. Each one that is
# slow keeps a thread from the others; LINE and browsers need milliseconds.
READ_SECONDS = 10.0
_STOP_SECONDS = 0.1
_NOTHING_LEFT = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
# Only one thread is woken for an event, and none for the next before it is asked for.
_ONCE = select.EPOLLIN | select.EPOLLONESHOT


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no type information
    """gthread whose threads wait for requests and connections themselves, at one epoll.

    gunicorn's own main thread does so for them: it hands each request over and takes the
    connection back through a pipe, which is several thread switches more at every request. Here
    the main thread only keeps the time: of connections, of the stop, of the sign of life. Who
    sends a request too slowly is hung up on; answers may take their time.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._late_at: dict[Any, float] = {}  # connection being read -> when we hang up
        # Kept alive or new, by file descriptor, the one that waits longest first. Whoever takes a
        # connection out serves or closes it. gunicorn asks how many there are.
        self.keepalived_conns: dict[int, Any] = {}
        self._open: set[Any] = set()
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
            self._finish()
        finally:  # also when a signal ends us at once: Python waits for these threads
            os.eventfd_write(self._leave, 1)
        self.tpool.shutdown(wait=False)

    def _tick(self, seconds: float) -> None:
        self.notify()
        self.wait_for_and_dispatch_events(seconds)  # only a signal cuts it short
        self.murder_keepalived()
        now = time.monotonic()
        for conn, late_at in list(self._late_at.items()):
            if late_at <= now:
                with suppress(OSError):  # it has just gone by itself
                    conn.sock.shutdown(socket.SHUT_RDWR)

    def murder_keepalived(self, force: bool = False) -> None:
        """Close connections that have waited too long, or all that wait."""
        now = time.monotonic()
        for fd, conn in list(self.keepalived_conns.items()):
            if conn.timeout > now and not force:
                break
            if self.keepalived_conns.pop(fd, None) is not None:
                self._let_go(conn)

    def _finish(self) -> None:
        """Take no new connections, end those that are open; a client may be asking right now."""
        for fd in self._listeners:
            self._epoll.unregister(fd)
        now = time.monotonic()
        for conn in list(self.keepalived_conns.values()):
            conn.timeout = min(conn.timeout, now + STOP_KEEPALIVE_LINGER)
        while self._open and time.monotonic() < now + self.cfg.graceful_timeout:
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
            self._answer(conn)

    def _accept(self, listener: Any) -> None:
        try:
            sock, client = listener.accept()
            conn = TConn(self.cfg, sock, client, listener.getsockname())
            conn.data_ready = True  # when a thread takes it up
            self._open.add(conn)
            self._wait_for(conn, self._epoll.register)
        except OSError as error:  # it has gone again, or another process was quicker
            if error.errno in _NOTHING_LEFT:
                time.sleep(_STOP_SECONDS)
        finally:
            self._full = True
            if len(self._open) < self.worker_connections:
                self._accept_more()

    def _accept_more(self) -> None:
        self._full = False
        for fd in self._listeners:
            with suppress(OSError):  # we are stopping
                self._epoll.modify(fd, _ONCE)

    def _answer(self, conn: Any) -> None:
        """Serve what the connection asks, and what it has sent already of the next."""
        try:
            kept = self.handle(conn)
            while kept and conn.parser.unreader.buf.getvalue():
                kept = self.handle(conn)
            if kept:
                self._wait_for(conn, self._epoll.modify)
                return
        except BaseException as error:  # as gunicorn does: the thread lives on
            log.error("connection failed", extra={"error": type(error).__name__})
        self._let_go(conn, graceful=True)

    def _wait_for(self, conn: Any, watch: Callable[[int, int], object]) -> None:
        conn.set_timeout()
        if not self.alive:
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
        fd = conn.sock.fileno()
        self.keepalived_conns[fd] = conn
        watch(fd, _ONCE)  # from here on it may be another thread's

    def _let_go(self, conn: Any, graceful: bool = False) -> None:
        self._open.discard(conn)
        with suppress(OSError):
            conn.close(graceful=graceful)
        if self._full:
            self._accept_more()

    def handle(self, conn: Any) -> Any:
        """Serve one request; whether the connection is kept."""
        self._late_at[conn] = time.monotonic() + READ_SECONDS
        try:
            return super().handle(conn)
        finally:
            self._late_at.pop(conn, None)

    def _keepalive_after(self, conn: Any, keepalive: Any) -> bool:
        """As gunicorn's, which looks three times for more of a body that is read."""
        message = conn.parser.mesg
        read = keepalive and not message.body.failed and _left(message.body) == 0
        if not read:
            return bool(super()._keepalive_after(conn, keepalive))
        conn.parser.mesg = None
        return True

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Its head is read; from here on only waiting for its body counts as slow."""
        left = self._late_at.pop(conn, 0.0) - time.monotonic()
        req.body.reader = _TimedReader(req.body.reader, conn, self._late_at, left)
        return super().handle_request(req, conn)


def _left(body: Any) -> int | None:
    """How much of a body is still to be read, None where it does not say its length."""
    return getattr(body.reader, "length", None)


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
