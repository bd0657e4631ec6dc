"""gunicorn around the application: one process with threads, or several on PostgreSQL."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.errors import AppImportError

from bot.account_app import is_server
from bot.app import EXTENSION, create_app
from bot.config import Settings
from bot.errors import MadoguchiError, SettingsError

THREADS = 8


def run(every: Sequence[Settings], host: str, port: int, workers: int = 1) -> None:
    """Serve these accounts until stopped.

    Raises SettingsError where the address cannot be used, or the database not by `workers`.
    """
    if workers > 1 and not is_server(every[0]):
        raise SettingsError(
            "SQLiteでは1つのプロセスでしか動かせません。--workers を外すか、"
            "PostgreSQLに移してください（madoguchi migrate-db）。"
        )
    _refuse_taken_address(host, port)
    shown = "localhost" if host in ("0.0.0.0", "::") else host
    click.echo(f"ブラウザで http://{shown}:{port}/chat を開いてください（止めるときは Ctrl+C）。")
    _Server(every, host, port, workers).run()


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no type information
    def __init__(self, every: Sequence[Settings], host: str, port: int, workers: int) -> None:
        self._every = every
        self._options: dict[str, Any] = {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "workers": workers,
            "worker_class": "gthread",
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
        try:
            self.app = create_app(self._every)
        except MadoguchiError as error:
            raise AppImportError(str(error)) from None  # gunicorn prints it and gives up
        return self.app


def _close(_server: Any, worker: Any) -> None:
    app = getattr(worker.app, "app", None)
    if app is not None:
        app.extensions[EXTENSION].close()


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
