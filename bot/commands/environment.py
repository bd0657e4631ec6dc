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
