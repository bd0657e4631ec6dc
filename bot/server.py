"""gunicorn around the application: one process with threads, or several on PostgreSQL."""

from __future__ import annotations

import gc
import logging
import resource
import socket
import threading
import time
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click
from gunicorn.app.base import BaseApplication
from gunicorn.errors import AppImportError
from gunicorn.glogging import Logger

from bot.config import Settings
from bot.errors import MadoguchiError, SettingsError, StoreBusy, StoreError, StoreVersion
from bot.httpworker import Worker

if TYPE_CHECKING:  # 11 MiB that the parent does without
    from flask import Flask

log = logging.getLogger(__name__)

THREADS = 8
CONNECTIONS = 1000
_FILES = 4096
_OTHER_FILES = 200  # the store's, those of replies on their way, the programs' own
_SETTLE_SECONDS = 3.0
_PAUSE_SECONDS = 0.005  # saving memory keeps nobody waiting
_BOOT_SECONDS = 20.0  # less than gunicorn waits for a sign of life


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


class _Log(Logger):  # type: ignore[misc]  # gunicorn ships no type information
    """gunicorn's own lines, written like all others, without a word of what a client has sent."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in tuple(self.error_log.handlers):
            self.error_log.removeHandler(handler)
        self.error_log.propagate = True

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        super().warning(msg.partition(" from ip=")[0], *args, **kwargs)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        super().exception(msg.partition(" %s")[0], **kwargs)  # the rest is the address, as asked


def _places() -> int:
    """How many connections there may be at once; others' files must still be opened then."""
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files < _FILES:
        files = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    return max(2 * THREADS, min(CONNECTIONS, files - _OTHER_FILES))


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no type information
    def __init__(self, every: Sequence[Settings], host: str, port: int, workers: int) -> None:
        self._every = every
        self._options: dict[str, Any] = {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "workers": workers,
            "worker_class": Worker,
            "threads": THREADS,
            "worker_connections": _places(),
            "logger_class": _Log,
            "keepalive": 30,
            "timeout": 30,
            "graceful_timeout": 25,
            "loglevel": "warning",
            "limit_request_line": 4094,
            # A door by which the same user may stop us or, on SQLite too, start more workers.
            "control_socket_disable": True,
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
