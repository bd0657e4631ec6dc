"""gunicorn around the application: one process with threads, or several on PostgreSQL."""

from __future__ import annotations

import gc
import logging
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click
from gunicorn.app.base import BaseApplication
from gunicorn.errors import AppImportError
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import ThreadWorker

from bot.config import Settings
from bot.errors import MadoguchiError, SettingsError, StoreBusy, StoreError, StoreVersion

if TYPE_CHECKING:  # 11 MiB that the parent does without
    from flask import Flask

log = logging.getLogger(__name__)

THREADS = 8
_SETTLE_SECONDS = 3.0
_PAUSE_SECONDS = 0.005  # saving memory keeps nobody waiting
_BOOT_SECONDS = 20.0  # less than gunicorn waits for a sign of life
# So long a client may take to say what it wants, a byte now and then or not. Each one that is
# slow keeps a thread from the others; LINE and browsers need milliseconds.
READ_SECONDS = 10.0


def run(every: Sequence[Settings], host: str, port: int, workers: int = 1) -> None:
    """Serve these accounts until stopped.

    Raises SettingsError where the address cannot be used, or the database not by `workers`.
    """
    if workers > 1 and not every[0].on_server:
        raise SettingsError(
            "SQLiteでは1つのプロセスでしか動かせません。--workers を外すか、"
            "PostgreSQLに移してください（madoguchi migrate-db）。"
        )
    _refuse_taken_address(host, port)
    if workers > 1:
        # Imported before the fork, code is shared between the workers. A single one imports it
        # by itself: the parent would hold 40 MiB that it never looks at.
        import_module("bot.app")
    shown = "localhost" if host in ("0.0.0.0", "::") else host
    click.echo(f"ブラウザで http://{shown}:{port}/chat を開いてください（止めるときは Ctrl+C）。")
    _Server(every, host, port, workers).run()


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no type information
    def __init__(self, every: Sequence[Settings], host: str, port: int, workers: int) -> None:
        self._every = every
        self._options: dict[str, Any] = {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "workers": workers,
            "worker_class": _Worker,
            "threads": THREADS,
            "keepalive": 30,
            "timeout": 30,
            "graceful_timeout": 25,
            "loglevel": "warning",
            "limit_request_line": 4094,
            "worker_exit": _close,
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        # Nearly nothing made at a start is garbage: looking for it takes a sixth of the start.
        gc.disable()
        try:
            self.app = self._started()
            gc.freeze()  # it lives as long as the process: walking through it holds up answers
        finally:
            gc.enable()
        # Chunks that are none: the sender's fault, not ours, and read only with the body.
        self.app.register_error_handler(ParseException, lambda _: ("", 400))
        sparsely = self.app.extensions["madoguchi"].tokenizer.map_sparsely
        # To be ready goes first.
        later = threading.Timer(_SETTLE_SECONDS, sparsely, [_PAUSE_SECONDS])
        later.daemon = True
        later.start()
        return self.app

    def _started(self) -> Flask:
        # Several workers share the processors by themselves. A single one loads the content and
        # forks who answers from it, and imports the rest only then: `bot.wiring.beginning`.
        alone = self._options["workers"] == 1
        begun = import_module("bot.wiring.beginning").begin(self._every) if alone else None
        from bot.app import create_app  # see `run`

        deadline = time.monotonic() + _BOOT_SECONDS
        while True:
            try:
                return create_app(self._every, apart=alone, begun=begun)
            except MadoguchiError as error:
                # gunicorn prints it and gives up, with all of its processes.
                if not self._may_pass(error):
                    raise AppImportError(str(error)) from None
                if time.monotonic() > deadline:
                    log.error("database away at the start", extra={"reason": str(error)})
                    raise SystemExit(1) from None  # gunicorn starts another in its place
            time.sleep(1.0)

    def _may_pass(self, error: MadoguchiError) -> bool:
        """Whether it is the server's database that is away: it comes back, and so do we."""
        if not self._every[0].on_server or isinstance(error, StoreBusy | StoreVersion):
            return False
        return isinstance(error, StoreError)


class _Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no type information
    """gthread that hangs up on who sends a request too slowly; answers may take their time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._late_at: dict[Any, float] = {}  # connection being read -> when we hang up

    def handle(self, conn: Any) -> Any:
        self._late_at[conn] = time.monotonic() + READ_SECONDS
        try:
            return super().handle(conn)
        finally:
            self._late_at.pop(conn, None)

    def handle_request(self, req: Any, conn: Any) -> Any:
        left = self._late_at.pop(conn, 0.0) - time.monotonic()
        req.body.reader = _TimedReader(req.body.reader, conn, self._late_at, left)
        return super().handle_request(req, conn)

    def murder_pending(self) -> None:
        """gunicorn's loop comes by after all it does, at least once a second."""
        super().murder_pending()
        now = time.monotonic()
        for conn, late_at in list(self._late_at.items()):
            if late_at <= now:
                with suppress(OSError):  # it has just gone by itself
                    conn.sock.shutdown(socket.SHUT_RDWR)


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


def _close(_server: Any, worker: Any) -> None:
    app = getattr(worker.app, "app", None)
    if app is not None:
        app.extensions["madoguchi"].close()


def _refuse_taken_address(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise SettingsError(
                f"{host}:{port} は使えません（ほかのプログラムが使っているか、番号が正しくありません）。"
                f"別の番号で始めてください。例：make run PORT={port + 1 if port < 65535 else 8001}"
            ) from None
