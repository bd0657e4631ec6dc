"""Figures and dates of a Japanese text, in one spelling, so that two texts compare.

What counts as one of them:

* **figure**: a number and its counter. Width, thousands separators and 万・億・千 are resolved
  (1.4万人 = 14,000人), 割 becomes % (9割 = 90%), counters that mean the same are one (箇所 = か所,
  名 = 人). The first number of a range or list takes the counter of the last (13〜59歳).
* **date**: year, fiscal year, month, day. 令和5年 = R5 = 2023年; 令和5年度 = 2023年度. A month
  lies in its fiscal year (2021年9月 proves 2021年度); a year does not prove a fiscal year or back.
  A month without a year belongs to the year named before it in the same paragraph (or in the one
  before, where the paragraph opens with 同じく, 同年).
* **rank**: 「最も」 and 「第1位」 both say 1位; 「次いで」「続いて」 say 2位.

Numbers that only label (①, (1), 「1. 」 at the start of a line, 施策2, 図3, ※1) are no figures; 第2回 is
one, but not 2回. Kanji
numerals count where a text is searched; an answer's own are read from 二 on, before つ・割・倍・種類.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from bot.content.names import MARKUP, URL
from bot.core.years import ERAS

# Counters: every spelling -> the one that is compared.
_COUNTERS = {
    "%": "%", "パーセント": "%", "割": "割", "人": "人", "名": "人", "件": "件", "円": "円",
    "か所": "か所", "箇所": "か所", "カ所": "か所", "ヶ所": "か所", "ヵ所": "か所", "ケ所": "か所",
    "手続き": "手続", "手続": "手続", "業務": "業務", "種類": "種類", "分野": "分野",
    "項目": "項目", "回": "回", "倍": "倍", "歳代": "代", "代": "代", "歳": "歳", "才": "歳",
    "年間": "年間", "か年": "年間", "カ年": "年間", "年": "年間", "時間": "時間", "時": "時",
    "分の1": "分の1", "分": "分", "秒": "秒", "日間": "日", "日": "日", "週間": "週間",
    "か月": "か月", "カ月": "か月", "ヶ月": "か月", "ヵ月": "か月", "箇月": "か月", "位": "位", "番目": "位",
    "番": "番", "階": "階", "台": "台", "つ": "つ", "個": "つ", "校": "校", "市": "市", "区": "区",
    "町": "町", "社": "社", "団体": "団体", "大学": "大学", "施設": "施設", "世帯": "世帯",
    "か国語": "か国語", "カ国語": "か国語", "ヶ国語": "か国語", "字": "字", "文字": "字", "層": "層",
    "類": "類", "世代": "世代", "ghz": "GHz", "ポイント": "ポイント", "枚": "枚", "本": "本", "冊": "冊",
    "章": "章", "節": "節", "部": "部", "課": "課", "条": "条", "項": "項", "次": "次", "期": "期", "号": "号", "丁目": "丁目", "度": "度",
    "名城": "名城", "指針": "指針", "原則": "原則", "グループ": "グループ", "法律": "法律",
    "窓口": "窓口", "システム": "システム", "目標": "目標", "方針": "方針", "段階": "段階",
    "事務": "事務", "教室": "教室", "軒": "軒", "両": "両", "km": "km", "サミット": "サミット",
}  # fmt: skip
# Counters that measure or name a place in a row: a bare number or 「つ」 is not the same thing.
_STRICT = {
    "%", "円", "歳", "代", "年間", "時間", "時", "分", "秒", "日", "週間", "か月", "位", "倍",
    "GHz", "km", "類", "世代", "条", "項", "号", "次", "期", "丁目", "階", "章", "節", "部",
}  # fmt: skip

_KANJI_DIGITS = {digit: str(value) for value, digit in enumerate("一二三四五六七八九十", 1)}
_COUNTER = "|".join(sorted(map(re.escape, _COUNTERS), key=len, reverse=True))
_PLAIN = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_NUMBER = re.compile(
    rf"(?<![\d.,])(?:(?P<oku>{_PLAIN})億)?(?:(?P<man>{_PLAIN})万)?(?:(?P<sen>{_PLAIN})千)?"
    rf"(?P<rest>{_PLAIN})?(?:の?(?P<counter>{_COUNTER}))?",
    re.IGNORECASE,
)
_JOINED = re.compile(rf"^(?:[~・、,と]|から)(?={_PLAIN})")
_DATE = re.compile(
    r"(?<![\d.,])(?P<year>(?:19|20)\d\d)(?![\d]|,\d{3}|\.\d{3})"
    r"(?:(?P<fiscal>年度)|(?P<plain>年(?!間))|(?=[./]\d)|(?=~(?:19|20)\d\d年)|(?P<bare>))"
    r"(?:の?(?P<month>1[0-2]|0?[1-9])月(?:(?P<day>[12]\d|3[01]|0?[1-9])日)?"
    r"|[./](?P<m>1[0-2]|0?[1-9])(?:[./](?P<d>[12]\d|3[01]|0?[1-9]))?(?!\d))?"
)
_MONTH = re.compile(
    r"(?<![\d.,])(?P<month>1[0-2]|0?[1-9])月(?:(?P<day>[12]\d|3[01]|0?[1-9])日)?"
    r"|(?<![\d.,])(?P<m>1[0-2]|0?[1-9])/(?P<d>[12]\d|3[01]|0?[1-9])(?!\d)"
)
_CLOCK = re.compile(r"(?<![\d:])([01]?\d|2[0-4]):([0-5]\d)(?![\d:])")
_PHONE = re.compile(r"(?<![\d-])\d{2,4}-\d{2,4}(?:-\d{3,4})?(?![\d-])")
_ERA = re.compile(r"(令和|平成|昭和|(?<![a-z])[rhs](?=\d))(\d{1,2}|元)(?![\d:%])", re.IGNORECASE)
_ERA_RANGE = re.compile(r"(令和|平成|昭和)(\d{1,2})(?:年度?)?([~・、-])(\d{1,2})(?=年)")
_SAME_YEAR = re.compile(r"((?:19|20)\d\d)(年度?)?\(\1(?:年度?)?\)(年度?)?")
_ERA_LETTERS = {"r": "令和", "h": "平成", "s": "昭和"}
_LIST_MARK = re.compile(r"^\s*(?:-\s*)?(?:\(?\d{1,2}\)|\d{1,2}\.(?!\d))", re.MULTILINE)
_DIGIT = re.compile(r"\d")
_MAY_COUNT = re.compile(r"[\d一二三四五六七八九十元]|最も|次い|次に|続")
_SAME_TIME = re.compile(r"\s*(?:さらに、|また、)?(?:同年|同じく|同月)")
_PLAN_DATE = re.compile(r"(\d{4})年(?:(\d{1,2})月)?の(?:計画|方針)")
_LABEL = re.compile(
    r"(施策|取組例?|基本目標|基本方針|図表?|表|[※*]|No\.?|P\.?)\s*\d{1,3}(?:-\d+)*(?![\d.]|つ|の)|\(\d{1,2}\)"
)
_HEADING = re.compile(
    rf"^#*[^\S\n]*\d{{1,2}}(?:\.\d{{1,2}})*\.?[^\S\n]+(?=[^\d\s|])(?!の?(?:{_COUNTER}))",
    re.MULTILINE,
)
_CIRCLED = re.compile("[\u2460-\u2473\u2776-\u277f\u24eb-\u24f4]")
_BLANK = re.compile(
    r"(?<![!-~])[^\S\n]+|[^\S\n]+(?![!-~])|(?<=[(（])[^\S\n]+|[^\S\n]+(?=[(（)）%])|(?<=[)）])[^\S\n]+"
)
_KANJI_NUMBER = re.compile(
    r"(?<![一二三四五六七八九十第])([一二三四五六七八九十])(?=つ|割|倍|種類|人|台|層|か所)"
)


@dataclass(frozen=True)
class Figure:
    """A number and its counter in compared spelling; "" where the text gives no counter."""

    value: Decimal
    counter: str

    def __str__(self) -> str:
        if not self.counter and 1900 <= self.value < 2100:
            return f"{self.value:,}"  # 「2000」 alone would be read as a year
        first, rest = ("第", self.counter[1:]) if self.ordinal else ("", self.counter)
        return f"{first}{self.value:f}{rest}"

    @property
    def ordinal(self) -> bool:
        """第2回 is no count: its counter is 「第回」."""
        return self.counter.startswith("第")

    def proves(self, other: Figure) -> bool:
        """Whether this figure of a source is what `other` says in an answer."""
        if self.value != other.value or self.ordinal != other.ordinal:
            return False
        if self.counter == other.counter or not other.counter:
            return True
        if self.ordinal:
            return "第" in (self.counter, other.counter)
        general = not self.counter or "つ" in (self.counter, other.counter)
        return general and self.counter not in _STRICT and other.counter not in _STRICT


@dataclass(frozen=True)
class Day:
    """A year, month or day; `fiscal` is None where a table heading leaves it open."""

    year: int | None
    month: int | None = None
    day: int | None = None
    fiscal: bool | None = False

    def __str__(self) -> str:
        year = f"{self.year}" if self.year else ""
        if self.month is None:
            return year + {True: "年度", False: "年", None: ""}[self.fiscal]
        return (
            (f"{year}年" if year else "")
            + f"{self.month}月"
            + (f"{self.day}日" if self.day else "")
        )

    def proves(self, other: Day) -> bool:
        """Whether this date of a source says what `other` says in an answer."""
        if other.year and self.year and other.fiscal and self.month and not other.month:
            return fiscal_year_of_month(self.year, self.month) == other.year
        if other.year and self.year != other.year:
            return False
        if other.month is None:
            return None in (self.fiscal, other.fiscal) or self.fiscal == other.fiscal
        return self.month == other.month and (other.day is None or self.day == other.day)


@dataclass(frozen=True)
class Phone:
    """A telephone number (or postal code) as written, digits and hyphens."""

    number: str

    def __str__(self) -> str:
        return self.number

    def proves(self, other: Phone) -> bool:
        """Whether both are the same digits."""
        return self.number.replace("-", "") == other.number.replace("-", "")


Fact = Figure | Day | Phone


def fiscal_year_of_month(year: int, month: int) -> int:
    """The Japanese fiscal year in which a month lies."""
    return year if month >= 4 else year - 1


def clean(text: str) -> str:
    """The text in one width, without markup, its years in the Western calendar."""
    text = _CIRCLED.sub("・", MARKUP.sub("", text))
    text = _LABEL.sub(r"\1", unicodedata.normalize("NFKC", URL.sub("\n", text)))
    text = re.sub(r"[〜~∼―–—‐‑−]", lambda found: "~" if found[0] in "〜~∼" else "-", text)
    text = re.sub(r"[\t|]", "\n", text)
    text = _ERA_RANGE.sub(_both_years, _BLANK.sub("", text))
    text = re.sub(r"(年度?)-(?=\d)", r"\1~", _ERA.sub(_western, text))
    return _SAME_YEAR.sub(lambda found: found[1] + (found[2] or found[3] or ""), text)


def facts_of(text: str, *, searched: bool = False) -> list[Fact]:
    """The figures and dates of a text in order, each once.

    `searched` is for a source: kanji numerals, ranks in words and elided years are read too.
    """
    if _MAY_COUNT.search(text) is None:
        return []
    text = clean(_HEADING.sub("", text))
    text = _KANJI_NUMBER.sub(lambda found: _kanji_number(found, searched), text)
    found: dict[Fact, None] = {}
    year = None
    for line in _LIST_MARK.sub("\n", text).split("\n"):
        goes_on = _SAME_TIME.match(line) is not None
        line_facts = list(_line_facts(line, year if searched and goes_on else None, searched))
        found.update(dict.fromkeys(line_facts))
        years = [fact.year for fact in line_facts if isinstance(fact, Day) and fact.year]
        year = years[-1] if years else year
    if searched:
        found.update(dict.fromkeys(_ranks(text)))
    return list(found)


_MONTHS = (
    "January February March April May June July August September October November December".split()
)
_MONTH_WORD = re.compile(rf"\b({'|'.join(_MONTHS)})\b(?=\.? \d)|(?<=\d )({'|'.join(_MONTHS)})\b")


def numbers_of(text: str) -> set[Decimal]:
    """Every number a text writes or means, without counters: what its translations may write.

    9割 gives 9 and 90, 1.4万 gives 1.4 and 14000, 令和5年 gives 5 and 2023, 二つ gives 2.
    """
    numbers = numbers_written(_KANJI_NUMBER.sub(lambda found: _KANJI_DIGITS[found[1]], text))
    for fact in facts_of(text, searched=True):
        if isinstance(fact, Figure):
            numbers.add(fact.value)
        elif isinstance(fact, Day):
            numbers.update(Decimal(part) for part in (fact.year, fact.month, fact.day) if part)
    return numbers


def numbers_written(text: str) -> set[Decimal]:
    """Every number that stands in digits in a text of any language; an English month with its day."""
    plain = unicodedata.normalize("NFKC", _LIST_MARK.sub("\n", MARKUP.sub("", text)))
    plain = _MONTH_WORD.sub(lambda found: f" {_MONTHS.index(found[1] or found[2]) + 1} ", plain)
    return {
        Decimal(each.replace(",", ""))
        for each in re.findall(rf"(?<![A-Za-z]-)(?<!\d)(?<!\d[.,]){_PLAIN}", plain)
    }


def plan_dates(text: str) -> list[Day]:
    """The dates a text gives to a plan itself: 「2022年の計画では」「2023年12月の方針案」."""
    found = _PLAN_DATE.findall(clean(text))
    return [Day(int(year), int(month) if month else None) for year, month in found]


def proved(fact: Fact, sources: Iterable[Fact]) -> bool:
    """Whether any of a source's facts says what `fact` says."""
    return any(type(source) is type(fact) and source.proves(fact) for source in sources)  # type: ignore[arg-type]


def _western(found: re.Match[str]) -> str:
    era = _ERA_LETTERS.get(found[1].lower(), found[1])
    year = ERAS[era] - 1 + (1 if found[2] == "元" else int(found[2]))
    before = found.string[: found.start()]
    return f"・{year}" if before[-1:].isdigit() else str(year)


def _both_years(found: re.Match[str]) -> str:
    first = ERAS[found[1]] - 1
    return (
        f"{first + int(found[2])}~{first + int(found[4])}"
        if found[3] in "~-"
        else (f"{first + int(found[2])}年・{first + int(found[4])}")
    )


def _kanji_number(found: re.Match[str], searched: bool) -> str:
    following = found.string[found.end() : found.end() + 2]
    if searched or (found[1] != "一" and following.startswith(("つ", "割", "倍", "種類"))):
        return _KANJI_DIGITS[found[1]]
    return found[1]


def _line_facts(line: str, year: int | None, searched: bool) -> Iterator[Fact]:
    for match in _PHONE.finditer(line):
        if len(match[0].replace("-", "")) >= 7:
            yield Phone(match[0])
            line = line.replace(match[0], "\f")
    line = _CLOCK.sub(lambda found: f"{int(found[1])}時" + _minutes(found[2]), line)
    if _DIGIT.search(line) is None:
        return
    spans: list[tuple[int, int]] = []
    yield from _dates(line, year, searched, spans)
    for start, end in spans:
        line = line[:start] + "\f" * (end - start) + line[end:]
    yield from _figures(line)


def _minutes(minutes: str) -> str:
    return f"{int(minutes)}分" if int(minutes) else ""


def _dates(
    line: str, year: int | None, searched: bool, spans: list[tuple[int, int]]
) -> Iterator[Day]:
    matches: list[re.Match[str]] = [*_DATE.finditer(line)]
    taken = [match.span() for match in matches]
    matches += [
        match
        for match in _MONTH.finditer(line)
        if not any(start <= match.start() < end for start, end in taken)
    ]
    for match in sorted(matches, key=lambda each: each.start()):
        groups = match.groupdict()
        month, day = _int(groups["month"] or groups["m"]), _int(groups["day"] or groups["d"])
        if "year" in groups:
            counter = _NUMBER.match(line, match.start())
            if not month and groups["bare"] is not None and counter and counter["counter"]:
                continue  # 2000人: a figure
            year = int(match["year"])
            fiscal: bool | None = (
                bool(groups["fiscal"]) if groups["fiscal"] or groups["plain"] else None
            )
            if not month and fiscal is None:
                fiscal = _fiscal_of_range(line, match.end())
            yield Day(
                year,
                month,
                day,
                None if fiscal is None and not month else bool(fiscal and not month),
            )
        else:
            yield Day(None, month, day)
            if searched and year:
                yield Day(year, month, day)
        spans.append(match.span())


def _fiscal_of_range(line: str, end: int) -> bool | None:
    """2002~2006年度: the first year takes the word of the second."""
    following = re.match(r"~(?:19|20)\d\d(年度?)", line[end:])
    return (following[1] == "年度") if following else None


def _figures(line: str) -> Iterator[Figure]:
    open_values: list[Decimal] = []  # the first numbers of a range or list: 13~59歳
    position = 0
    while (start := _DIGIT.search(line, position)) is not None:
        match = _NUMBER.match(line, start.start())
        if match is None or match.end() == start.start():
            position = start.end()
            continue
        position = match.end()
        value = _value(match)
        counter = _COUNTERS.get((match["counter"] or "").lower(), "")
        latin = position < len(line) and line[position].isascii() and line[position].isalpha()
        before = (
            match.start()
            and line[match.start() - 1].isascii()
            and line[match.start() - 1].isalpha()
        )
        if not counter and (latin or before):
            continue  # 5G, Society5.0: names
        if line[: match.start()].endswith("第") and counter != "位":
            yield Figure(value, f"第{counter}")
            continue
        open_values.append(value)
        if not counter and _JOINED.match(line[position:]):
            continue
        for each in open_values:
            yield _figure(each, counter)
        open_values = []


def _figure(value: Decimal, counter: str) -> Figure:
    return Figure((value * 10).normalize() + 0, "%") if counter == "割" else Figure(value, counter)


def _value(match: re.Match[str]) -> Decimal:
    total = Decimal(0)
    for part, factor in (("oku", 10**8), ("man", 10**4), ("sen", 10**3), ("rest", 1)):
        if match[part]:
            total += Decimal(match[part].replace(",", "")) * factor
    return Decimal(f"{total.normalize():f}")


def _ranks(text: str) -> Iterator[Figure]:
    if "最も" in text:
        yield Figure(Decimal(1), "位")
    if re.search(r"次いで|次に|続いて|が続", text):
        yield Figure(Decimal(2), "位")


def _int(text: str | None) -> int | None:
    return int(text) if text else None
