"""Commands for more than one process, machine or city: `worker`, `migrate-db`, and --account."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click

from bot.config import Settings
from bot.logs import configure_logs
from bot.worker_app import WorkerProcess


@click.command()
def worker() -> None:
    """応答とお知らせの配信をします（serve とは別に動かすとき。PostgreSQLではいくつでも）。"""
    configure_logs()
    process = WorkerProcess(Settings.every_from_env())
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    what = "応答とお知らせの配信" if process.answers else "お知らせの配信"
    click.echo(f"{what}を始めました（止めるときは Ctrl+C）。", err=True)
    if not process.run(stop):
        sys.exit(1)


def with_account(command: click.Command) -> None:
    """Let a command, or every command of a group, be told `--account`."""
    if isinstance(command, click.Group):
        for each in command.commands.values():
            with_account(each)
        return
    option = click.Option(
        ["--account"],
        metavar="ID",
        help="相手にするアカウント（MADOGUCHI_ACCOUNTS の一覧のid）",
        expose_value=False,
        callback=_choose,
    )
    command.params.append(option)


def _choose(context: click.Context, _option: click.Parameter, account: str | None) -> None:
    if account:
        context.with_resource(_environment("MADOGUCHI_ACCOUNT", account))


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """The variable for the time of one command."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
