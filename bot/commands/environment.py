"""The whole environment at once: settings of the installation and of its console."""

from __future__ import annotations

from collections.abc import Sequence

from bot.config import Settings
from bot.console.options import ConsoleOptions
from bot.errors import SettingsError

_HEADING = "設定に問題があります。"


def serving() -> Sequence[Settings]:
    """The settings of each account. Raises SettingsError naming everything wrong, the console's
    settings too, so that nobody has to start three times to see three faults."""
    found, wrong = _every()
    if wrong:
        raise SettingsError("\n".join((_HEADING, *wrong)))
    return found


def problems() -> list[str]:
    """What is wrong with the environment of a command for one account, a line each."""
    found, wrong = _every()
    if not wrong:
        try:
            Settings.only(found)
        except SettingsError as error:
            wrong = [str(error)]
    return wrong


def _every() -> tuple[Sequence[Settings], list[str]]:
    found: Sequence[Settings] = ()
    said = []
    try:
        found = Settings.every_from_env()
    except SettingsError as error:
        said += str(error).splitlines()
    try:
        ConsoleOptions.from_env()
    except SettingsError as error:
        said += str(error).splitlines()
    return found, [line for line in said if line != _HEADING]


def of_content() -> Settings:
    """The settings of a command about content alone: those of any account where all share a folder.

    Raises SettingsError where they do not and none is named: what is said of one folder would be
    taken for all.
    """
    found = Settings.every_from_env(need_city=False)
    if len({each.madoguchi_content_dir for each in found}) == 1:
        return found[0]
    names = "・".join(each.account for each in found)
    raise SettingsError(
        "内容のフォルダがアカウントごとに分かれています。--account でどれか1つを選んでください："
        + names
    )
