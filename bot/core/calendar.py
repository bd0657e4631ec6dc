"""When an announcement that repeats comes again: weekdays, days of the month, holidays left out."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, Literal

JAPAN = timezone(timedelta(hours=9))  # no summer time since 1951
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAY_WORDS = "月火水木金土日"
_HORIZON_DAYS = 400
_WARN_DAYS = 183


@dataclass(frozen=True)
class Repeat:
    """Weekly on `weekdays` (0 = Monday) or monthly on `days`, at `at` in Japan.

    A day the month does not have (31 in April) falls on its last day. `excluded` dates, and
    holidays with `skip_holidays`, are left out, not moved.
    """

    every: Literal["weekly", "monthly"]
    at: time
    weekdays: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    excluded: tuple[date, ...] = ()
    skip_holidays: bool = False
    until: date | None = None

    def as_data(self) -> dict[str, Any]:
        """JSON-able; the inverse of `from_data`."""
        return {
            "every": self.every,
            "at": self.at.isoformat("minutes"),
            "weekdays": list(self.weekdays),
            "days": list(self.days),
            "excluded": [day.isoformat() for day in self.excluded],
            "skip_holidays": self.skip_holidays,
            "until": self.until.isoformat() if self.until else None,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Repeat:
        """The inverse of `as_data`."""
        return cls(
            every=data["every"],
            at=time.fromisoformat(data["at"]),
            weekdays=tuple(data["weekdays"]),
            days=tuple(data["days"]),
            excluded=tuple(date.fromisoformat(day) for day in data["excluded"]),
            skip_holidays=data["skip_holidays"],
            until=date.fromisoformat(data["until"]) if data["until"] else None,
        )

    def falls_on(self, day: date) -> bool:
        """Whether the pattern names this day, before anything is left out."""
        if self.every == "weekly":
            return day.weekday() in self.weekdays
        last = calendar.monthrange(day.year, day.month)[1]
        return day.day in {min(each, last) for each in self.days}


def next_time(
    repeat: Repeat, after: datetime, holidays: Collection[date] = frozenset()
) -> datetime | None:
    """The first time later than `after` (aware); None where none comes within 400 days."""
    first = after.astimezone(JAPAN).date()
    for ahead in range(_HORIZON_DAYS):
        day = first + timedelta(days=ahead)
        if repeat.until is not None and day > repeat.until:
            return None
        left_out = day in repeat.excluded or (repeat.skip_holidays and day in holidays)
        moment = datetime.combine(day, repeat.at, JAPAN)
        if repeat.falls_on(day) and not left_out and moment > after:
            return moment
    return None


@dataclass(frozen=True)
class Holidays:
    """Japan's public holidays; known up to and including `until`."""

    days: Mapping[date, str]
    until: date

    def warns(self, today: date) -> bool:
        """Whether less than half a year of them is left: staff should bring the file up to date."""
        return (self.until - today).days < _WARN_DAYS


def weekday_word(day: date) -> str:
    """月, 火, …"""
    return WEEKDAY_WORDS[day.weekday()]


def japan_words(moment: datetime) -> str:
    """An instant as staff and residents read it: 2026年11月25日（水）10:00."""
    local = moment.astimezone(JAPAN)
    return f"{local.year}年{local.month}月{local.day}日（{weekday_word(local)}）{local:%H:%M}"
