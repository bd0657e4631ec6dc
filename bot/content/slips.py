"""intents/slips.yaml: words that are nearly always a mistake; and knowledge/holidays.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.content.fields import Fields
from bot.content.problems import Problem
from bot.content.yamlread import Located, LocatedList, read_yaml
from bot.core.calendar import Holidays
from bot.core.wordcheck import Slip

SLIPS_FILE = "intents/slips.yaml"
HOLIDAYS_FILE = "knowledge/holidays.yaml"
NO_HOLIDAYS = Holidays({}, date.min)


@dataclass(frozen=True)
class SlipsRead:
    """The dictionary and what is wrong with the file."""

    slips: tuple[Slip, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class HolidaysRead:
    """The holidays and what is wrong with the file."""

    holidays: Holidays
    problems: tuple[Problem, ...]


def read_slips(path: str, data: bytes) -> SlipsRead:
    """Read the dictionary; every problem in one run."""
    value, problems = read_yaml(path, data)
    if problems:
        return SlipsRead((), tuple(problems))
    if not isinstance(value, LocatedList) or not all(isinstance(x, Located) for x in value):
        text = "「- {wrong: まちがい, right: 正しい}」の形で並べて書いてください。"
        return SlipsRead((), (Problem(path, 1, text),))
    found, problems = [], []
    for item in value:
        fields = Fields(path, item, ("wrong", "right"))
        slip = Slip(fields.text("wrong", limit=40), fields.text("right", limit=40))
        if slip.wrong and slip.wrong in slip.right:
            fields.problem("wrong", f"「{slip.wrong}」は正しい形「{slip.right}」にも含まれます。")
        problems += fields.problems
        found.append(slip)
    return SlipsRead(tuple(slip for slip in found if slip.wrong), tuple(sorted(problems)))


def read_holidays(path: str, data: bytes, today: date) -> HolidaysRead:
    """Read Japan's holidays; warns where less than half a year of them is left."""
    value, problems = read_yaml(path, data)
    if problems:
        return HolidaysRead(NO_HOLIDAYS, tuple(problems))
    if not isinstance(value, Located):
        text = "「until:」と「days:」を書いてください。"
        return HolidaysRead(NO_HOLIDAYS, (Problem(path, 1, text),))
    fields = Fields(path, value, ("source", "checked", "until", "days"))
    fields.text("source")
    fields.date("checked")
    until = fields.date("until")
    days = {}
    for text, name in fields.pairs("days").items():
        try:
            days[date.fromisoformat(text)] = name
        except ValueError:
            fields.problem("days", f"「{text}」は 2026-01-01 の形で書いてください。")
    holidays = Holidays(days, until)
    if days and max(days) > until:
        fields.problem("until", "until より後の祝日があります。until を直してください。")
    if until != date.max and holidays.warns(today):
        text = f"祝日の表は{until}までです。内閣府の発表を見て、次の年を書き足してください。"
        fields.problem("until", text, warning=True)
    return HolidaysRead(holidays, tuple(sorted(fields.problems)))


def file_problems(path: str, data: bytes) -> tuple[Problem, ...]:
    """What is wrong with one of the two files, whatever the day."""
    if path == SLIPS_FILE:
        return read_slips(path, data).problems
    return read_holidays(path, data, date.min).problems
