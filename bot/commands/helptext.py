"""What `--help` says around our own words, in Japanese: click's frame is English."""

from __future__ import annotations

import re
from collections.abc import Iterable

import click

_HEADINGS = {"Options": "指定", "Commands": "コマンド", "Arguments": "値"}
_USAGE = (("[OPTIONS]", "[指定]"), ("COMMAND [ARGS]...", "コマンド ..."))
_WORDS = (
    ("Show this message and exit.", "この説明を出します"),
    ("Show the version and exit.", "版を出します"),
    ("[required]", "[必ず書く]"),
    ("[required; ", "[必ず書く; "),
)
# In Latin letters: click lines the columns up by characters, and ours are twice as wide.
_TYPES = ((" INTEGER RANGE", " N"), (" INTEGER", " N"), (" FLOAT", " N"))


def in_japanese(command: click.Command) -> None:
    """Let a command, and every command of a group, show its help in Japanese."""
    command.context_class = _Context
    if isinstance(command, click.Group):
        for each in command.commands.values():
            in_japanese(each)


class _Formatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, _replaced(args, _USAGE), prefix or "使い方： ")

    def write_heading(self, heading: str) -> None:
        super().write_heading(_HEADINGS.get(heading, heading))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        said = [(_replaced(first, _TYPES), _explained(second)) for first, second in rows]
        super().write_dl(said, col_max, col_spacing)


class _Context(click.Context):
    formatter_class = _Formatter


def _explained(second: str) -> str:
    second = re.sub(r"\[default: ", "[初めは ", second)
    return _replaced(second, _WORDS)


def _replaced(text: str, words: Iterable[tuple[str, str]]) -> str:
    for english, japanese in words:
        text = text.replace(english, japanese)
    return text
