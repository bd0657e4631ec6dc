"""Japanese eras and fiscal years: read them, compare them, say them in both ways."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

# First Western year of each era; an era year n is that year + n - 1 (元年 is 1).
ERAS = {"令和": 2019, "平成": 1989, "昭和": 1926}
_LETTERS = {"r": "令和", "h": "平成", "s": "昭和"}
_YEAR = re.compile(
    r"(?:(?P<era>令和|平成|昭和)(?P<era_year>\d{1,2}|元)"
    r"|(?<![a-z])(?P<letter>[rhs])(?P<letter_year>\d{1,2})(?=年|[./\-]\d|度|(?![a-z0-9]))"
    r"|(?P<year>(?:19|20)\d\d)(?=年|[./\-]\d{1,2}(?!\d)))"
    r"\s*(?:(?P<fiscal>年度)|(?:年|[./\-])?\s*(?:(?P<month>1[0-2]|0?[1-9])(?:月|(?=[./\-]\d)|(?!\d)))?)"
)
_RELATIVE = {"今年度": 0, "本年度": 0, "昨年度": -1, "去年度": -1, "来年度": 1}
_ASKS_CONVERSION = re.compile(
    r"西暦|和暦|何年(?!度?(?:の|に))|いつからいつ|いつまで|いつのこと|っていつ|って何"
)

_FILLERS = re.compile(r"[\s?!。、,.]|教えて|ください|とは|では|です|ます|なの|こと|[はのでにかと]")


@dataclass(frozen=True)
class Period:
    """Days from `start` to `end`, both included, and the words that said so."""

    start: date
    end: date
    words: str

    def overlaps(self, other: Period) -> bool:
        """Whether the two have a day in common."""
        return self.start <= other.end and other.start <= self.end


def fiscal_year(year: int) -> tuple[date, date]:
    """A Japanese fiscal year: 1 April to 31 March."""
    return date(year, 4, 1), date(year + 1, 3, 31)


def fiscal_year_of(day: date) -> int:
    """The fiscal year in which `day` lies."""
    return day.year if day.month >= 4 else day.year - 1


def periods(text: str, today: date | None = None) -> list[Period]:
    """Every year, fiscal year or month named in `text`, in order.

    With `today`, 今年度 and the like are read too. 令和6年度 is 2024-04-01 to 2025-03-31.
    """
    folded = unicodedata.normalize("NFKC", text).lower()
    found = [period for match in _YEAR.finditer(folded) if (period := _period(match))]
    if today is not None:
        found += _relative(folded, today)
    return found


def is_older_than_a_year(as_of: str, today: date) -> bool:
    """Whether the newest time named in `as_of` ended over a year before `today`."""
    ends = [period.end for period in periods(as_of)]
    return bool(ends) and max(ends) < today - timedelta(days=365)


def with_both_calendars(text: str) -> str:
    """`text` followed by each year it names in the other calendar, so that both ways match."""
    extra = [f"{other}" for period in periods(text) for other in _other_names(period)]
    return f"{text} {' '.join(extra)}" if extra else text


def explain_year(text: str, today: date) -> str | None:
    """Answer 「令和6年度って何年？」; None unless that is what `text` asks."""
    folded = unicodedata.normalize("NFKC", text)
    found = periods(folded, today)
    if len(found) != 1 or not _ASKS_CONVERSION.search(folded):
        return None
    period = found[0]
    rest = _ASKS_CONVERSION.sub("", folded.lower().replace(period.words, "", 1))
    if _FILLERS.sub("", rest):
        return None  # the year only dates a question about something else
    year, era = period.start.year, _era_name(period.start.year)
    if "度" in period.words:
        return f"{year}年4月1日から{year + 1}年3月31日までです（{era}度＝{year}年度）。"
    return f"西暦では{year}年、和暦では{era}です。"


def _period(match: re.Match[str]) -> Period | None:
    era = match["era"] or _LETTERS.get(match["letter"] or "")
    if era:
        number = match["era_year"] or match["letter_year"]
        year = ERAS[era] + (1 if number == "元" else int(number)) - 1
    else:
        year = int(match["year"])
    if not 1926 <= year <= 2100:
        return None
    words = match.group().strip()
    if match["fiscal"]:
        return Period(*fiscal_year(year), words)
    if match["month"]:
        month = int(match["month"])
        following = date(year + month // 12, month % 12 + 1, 1)
        return Period(date(year, month, 1), following - timedelta(days=1), words)
    return Period(date(year, 1, 1), date(year, 12, 31), words)


def _relative(folded: str, today: date) -> Iterator[Period]:
    for words, offset in _RELATIVE.items():
        if words in folded:
            yield Period(*fiscal_year(fiscal_year_of(today) + offset), words)
    for words, offset in {"去年": -1, "昨年": -1, "今年": 0, "来年": 1}.items():
        if words in folded and words + "度" not in folded:
            year = today.year + offset
            yield Period(date(year, 1, 1), date(year, 12, 31), words)


def _era_name(year: int) -> str:
    for era, first in ERAS.items():
        if year >= first:
            number = year - first + 1
            return f"{era}{'元' if number == 1 else number}年"
    return f"{year}年"


def _other_names(period: Period) -> Iterator[str]:
    suffix = "度" if "度" in period.words else ""
    for name in (f"{period.start.year}年{suffix}", f"{_era_name(period.start.year)}{suffix}"):
        if name not in period.words:
            yield name
