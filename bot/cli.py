"""The `madoguchi` command: parse, call a service, print. stdout carries only the result."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Any

import click

from bot.commands.account import with_account
from bot.commands.helptext import in_japanese
from bot.commands.usage import JapaneseUsageError
from bot.errors import MadoguchiError
from bot.logs import configure_logs

# Command -> its module in `bot.commands`. Imported when it is called: a command waits for nothing
# that only others need, and the process that watches over `serve` stays small.
_COMMANDS = {
    "announce": "announce",
    "ask": "ask",
    "backup": "ops",
    "bench": "bench",
    "chat": "ask",
    "check": "check",
    "doctor": "ops",
    "export": "ops",
    "import-faq": "staff",
    "links": "links",
    "menu": "menu",
    "migrate-db": "scale",
    "new-city": "content",
    "residents": "residents",
    "restore": "ops",
    "schema": "staff",
    "segments": "residents",
    "serve": "serve",
    "sources": "content",
    "staff": "staff",
    "train": "train",
    "worker": "scale",
}
_FOR_ONE_ACCOUNT = {
    "announce",
    "ask",
    "chat",
    "check",
    "doctor",
    "export",
    "import-faq",
    "links",
    "menu",
    "new-city",
    "residents",
    "segments",
    "serve",
    "sources",
    "staff",
    "train",
    "worker",
}


class _Group(click.Group):
    """Shows our own errors as one Japanese text, without a traceback. Exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _COMMANDS and cmd_name not in self.commands:
            module = import_module(f"bot.commands.{_COMMANDS[cmd_name]}")
            command: click.Command = getattr(module, cmd_name.replace("-", "_"))
            if cmd_name in _FOR_ONE_ACCOUNT:
                with_account(command)
            in_japanese(command)
            self.add_command(command)
        return super().get_command(ctx, cmd_name)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        try:
            return super().make_context(*args, **extra)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise JapaneseUsageError(error) from error

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise JapaneseUsageError(error) from error
        except MadoguchiError as error:
            click.echo(str(error), err=True)
            ctx.exit(1)
        except click.Abort:
            click.echo("\nやめました。", err=True)
            ctx.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="madoguchi", message="%(prog)s %(version)s")
def main() -> None:
    """まどぐち：市のLINEの自動応答。"""
    configure_logs(logging.WARNING)


in_japanese(main)
