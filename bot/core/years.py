"""Japanese eras and fiscal years: read them, compare them, say them in both ways."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

# First day of each era, newest first.
_ERA_STARTS = {"令和": date(2019, 5, 1), "平成": date(1989, 1, 8), "昭和": date(1926, 12, 25)}
# First Western year of each era; an era year n is that year + n - 1 (元年 is 1).
ERAS = {era: first.year for era, first in _ERA_STARTS.items()}
_LETTERS = {"r": "令和", "h": "平成", "s": "昭和"}
_FIRST_YEAR, _LAST_YEAR = 1926, 2100
_KANJI = {k: i for i, k in enumerate("〇一二三四五六七八九")}
_MONTH = r"(?P<{}>1[0-2]|0?[1-9])"
_YEAR = re.compile(
    r"(?:(?P<era>令和|平成|昭和)\s?(?P<era_year>\d{1,2}(?!\d)|元|[一二三四五六七八九十]{1,4})"
    r"|(?<![a-z0-9])(?P<letter>[rhs])\.?(?P<letter_year>\d{1,2})(?=年|[./\-]\d|(?<!s\d)(?<!s\d\d)(?![a-z0-9]))"
    r"|(?<!\d)(?P<year>(?:19|20)\d\d)(?=\s?年|[./\-]\d{1,2}(?!\d)))"
    rf"(?:\s?(?P<fiscal>年度)|\s?年(?:\s?{_MONTH.format('month')}\s?月)?|[./\-]{_MONTH.format('number')}(?!\d))?"
)
# Most messages: nothing in them names a year by number, and folding would change no word.
_NO_NUMBER = re.compile("(?:(?!令和|平成|昭和)[ぁ-ゖァ-ヺー一-鿿々、。・「」？！?!])*")
_RELATIVE = {
    "再来年度": 2, "来年度": 1, "今年度": 0, "本年度": 0, "昨年度": -1, "去年度": -1, "一昨年度": -2,
    "再来年": 2, "来年": 1, "今年": 0, "本年": 0, "昨年": -1, "去年": -1, "一昨年": -2, "おととし": -2,
}  # fmt: skip
_RELATIVE_WORD = re.compile("|".join(sorted(_RELATIVE, key=len, reverse=True)))
_ASKS_CONVERSION = re.compile(
    r"西暦|和暦|(?:って)?(?:令和|平成|昭和)?何年(?!度?(?:の|に|生|前|後))|いつ(?:から|まで|のこと|です|$|(?=[?。]))|って[?]?$|とは|って何"
)
_FILLERS = re.compile(
    r"[\s?!。、,.]|教えて|ください|です|ます|なの|こと|元号|年号|令和|平成|昭和|から|まで|だと|って|では|なら|に直す|に直して"
    r"|に直すと|いつ|何|[はのでにとか]"
)


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
    An era's year is taken as the whole calendar year.
    """
    found: list[Period] = []
    folded = text
    if not _NO_NUMBER.fullmatch(text):
        folded = unicodedata.normalize("NFKC", text).lower()
        found += [period for match in _YEAR.finditer(folded) if (period := _period(match))]
    if today is not None:
        found += _relative(folded, today)
    return found


def is_older_than_a_year(as_of: str, today: date) -> bool:
    """Whether the newest time named in `as_of` ended over a year before `today`."""
    newest = last_day(as_of)
    return newest is not None and newest < today - timedelta(days=365)


@lru_cache(maxsize=256)
def last_day(text: str) -> date | None:
    """The end of the newest time named in `text`, words of the content; None where none is."""
    return max((period.end for period in periods(text)), default=None)


def with_both_calendars(text: str) -> str:
    """`text` followed by each year it names in the other calendar, so that both ways match."""
    extra = [name for period in periods(text) for name in _names(period) if name not in text]
    return f"{text} {' '.join(dict.fromkeys(extra))}" if extra else text


def explain_year(text: str, today: date) -> str | None:
    """Answer 「令和6年度って何年？」; None unless that is what `text` asks."""
    folded = unicodedata.normalize("NFKC", text).lower()
    found = periods(folded, today)
    if len(found) != 1:
        return None
    period = found[0]
    rest = folded.replace(period.words, "", 1)
    if not _ASKS_CONVERSION.search(rest):
        return None
    if _FILLERS.sub("", _ASKS_CONVERSION.sub("", rest)):
        return None  # the year only dates a question about something else
    western, era = _names(period)[0], "・".join(_names(period)[1:])
    if "度" in period.words:
        year = period.start.year
        return f"{year}年4月1日から{year + 1}年3月31日までです（{era}＝{western}）。"
    month = f"{period.start.month}月" if period.start.month == period.end.month else ""
    return f"西暦では{western}{month}、和暦では{era}{month}です。"


def _period(match: re.Match[str]) -> Period | None:
    era = match["era"] or _LETTERS.get(match["letter"] or "")
    if era:
        year = ERAS[era] + _number(match["era_year"] or match["letter_year"]) - 1
    else:
        year = int(match["year"])
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    words = match.group().strip()
    if match["fiscal"]:
        return Period(*fiscal_year(year), words)
    if number := match["month"] or match["number"]:
        month = int(number)
        following = date(year + month // 12, month % 12 + 1, 1)
        return Period(date(year, month, 1), following - timedelta(days=1), words)
    return Period(*_calendar_year(year), words)


def _calendar_year(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, 12, 31)


def _number(text: str) -> int:
    """6, 元 (1), 六, 十二, 三十."""
    if text.isdecimal():
        return int(text)
    if text == "元":
        return 1
    tens, ten, ones = text.rpartition("十")
    return (_KANJI.get(tens, 1) * 10 if ten else 0) + _KANJI.get(ones, 0)


def _relative(folded: str, today: date) -> Iterator[Period]:
    if "年" not in folded and "おととし" not in folded:
        return
    for words in dict.fromkeys(_RELATIVE_WORD.findall(folded)):
        offset = _RELATIVE[words]
        if words.endswith("度"):
            yield Period(*fiscal_year(fiscal_year_of(today) + offset), words)
        else:
            yield Period(*_calendar_year(today.year + offset), words)


def _names(period: Period) -> list[str]:
    """The period's year in the Western calendar, then in each era it touches."""
    year, suffix = period.start.year, "度" if "度" in period.words else ""
    last = min(period.end, date(year, 12, 31))
    eras = dict.fromkeys((_era_year(period.start), _era_year(last)))
    return [f"{year}年{suffix}", *(f"{name}{suffix}" for name in eras)]


def _era_year(day: date) -> str:
    for era, first in _ERA_STARTS.items():
        if day >= first:
            number = day.year - first.year + 1
            return f"{era}{'元' if number == 1 else number}年"
    return f"{day.year}年"
