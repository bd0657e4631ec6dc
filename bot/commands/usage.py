"""What is wrong with a command line, in Japanese: click says it in English."""

from __future__ import annotations

import re
import sys
from typing import IO, Any

import click

# click's sentences (8.5) -> ours; the groups are what stands in quotes there.
_SAID: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(english, re.S), japanese)
    for english, japanese in (
        (r"\w+ '(.*)' does not exist\.", "「{0}」がありません。場所と名前を確かめてください。"),
        (
            r"'(.*)': No such file or directory",
            "「{0}」がありません。場所と名前を確かめてください。",
        ),
        (r"\w+ '(.*)' is a directory\.", "「{0}」はフォルダです。ファイルの名前を書いてください。"),
        (r"\w+ '(.*)' is a file\.", "「{0}」はファイルです。フォルダの名前を書いてください。"),
        (
            r"\w+ '(.*)' is not (?:read|writ|execut)able\.|'(.*)': [^']*",
            "「{0}」は使えません。権限を確かめてください。",
        ),
        (
            r"'(.*)' is not a valid \w+(?: range)?\.",
            "「{0}」は数ではありません。半角の数字で書いてください。",
        ),
        (r"(.*) is not in the range (.*)\.", "{0} は使えません。{1} の数を書いてください。"),
        (r"'(.*)' is not one of (.*)\.", "「{0}」は使えません。{1} のどれかを書いてください。"),
        (r"No such command '(.*)'\.", "「{0}」というコマンドはありません。"),
        (r"No such option '?(.*?)'?\.", "「{0}」という指定はありません。"),
        (r"Option '(.*)' requires an argument\.", "「{0}」のあとに値を書いてください。"),
        (r"Option '(.*)' does not take a value\.", "「{0}」には値を書けません。"),
        (
            r"Got unexpected extra arguments? \((.*)\)",
            '「{0}」が余っています。空白のある言葉は " " で囲んでください。',
        ),
        (r"Missing command\.", "コマンドを書いてください。"),
    )
)


class JapaneseUsageError(click.UsageError):
    """A usage error that says in Japanese what click found. Exit code 2, like any."""

    def __init__(self, error: click.UsageError) -> None:
        super().__init__(explained(error), error.ctx)

    def show(self, file: IO[Any] | None = None) -> None:
        """Print what is wrong and where help is."""
        click.echo(self.message, file=file or sys.stderr)
        path = self.ctx.command_path if self.ctx else "madoguchi"
        click.echo(f"使い方は「{path} --help」で見られます。", file=file or sys.stderr)


def explained(error: click.UsageError) -> str:
    """click's sentence in Japanese, with the option it is about; our own stay as they are."""
    if isinstance(error, click.MissingParameter):
        return f"{_name(error)} を書いてください。"
    said = _translated(error.message)
    if isinstance(error, click.NoSuchOption | click.NoSuchCommand) and error.possibilities:
        said += f"{'・'.join(sorted(error.possibilities))} のことですか。"
    name = _name(error) if isinstance(error, click.BadParameter) else ""
    return f"{name}：{said}" if name else said


def _translated(message: str) -> str:
    for english, japanese in _SAID:
        found = english.fullmatch(message)
        if found:
            words = [re.sub(r"'([^']*)'(?:, )?", r"\1 ", each) for each in found.groups() if each]
            return japanese.format(*(word.strip() for word in words))
    return message


def _name(error: click.BadParameter) -> str:
    """The option or argument as it is typed, "" where nobody knows."""
    hint = error.param_hint
    if hint is None and error.param is not None and error.ctx is not None:
        hint = error.param.get_error_hint(error.ctx)
    hints = [hint] if isinstance(hint, str) else list(hint or ())
    return "・".join(each.strip("'") for each in hints)
