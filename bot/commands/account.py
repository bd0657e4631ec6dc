"""--account: which of several LINE accounts a command is about."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click


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
