"""「スマホ教室いつ？」「来週の講座」: does a message ask for dated sessions, for which days, of what."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from bot.core.calendar import WEEKDAY_WORDS
from bot.core.classes import Session
from bot.core.text import fold, squeeze

Kind = Literal["class", "event"]

_CLASS = r"教室|きょうしつ|講座|こうざ|講習会?|セミナー|レッスン|相談会|体験会|\b(?:class(?:es)?|lessons?|courses?|workshops?)\b"
_EVENT = r"イベント|いべんと|催し物?|もよおし|行事|\bevents?\b"
_THING = re.compile(f"(?P<class>{_CLASS})|(?P<event>{_EVENT})")
_ASKS = re.compile(
    r"いつ|次|つぎ|次回|今度|こんど|日程|日時|日にち|何日|何曜|何時|スケジュール|予定|開催|これから|直近|近々|申し?込|もうしこ|予約"
    r"|参加した|行きた|受けた|通いた|\b(?:when|next|schedule|dates?|upcoming|coming|apply|join)\b"
)
# Of money, things to bring, the past, plans and figures the entries know, not the dates.
_ELSEWHERE = re.compile(
    r"いくら|料金|費用|参加費|無料ですか|持ち物|もちもの|終わった|終了した|過去|去年|昨年|先月|先週|前回|年度|計画|目標|実績|何回|回数|人数|何人"
    r"|一覧|全部|すべて|種類|どんな|何がある|お知らせ|通知|配信|やめ|停止|開きたい|開催したい|開催する(?:には|方法)|\b(?:list|cost|fee|much)\b"
)
_WEEKDAY = re.compile(r"([月火水木金土日])曜日?|土日|週末|平日")
_MONTH_DAY = re.compile(r"(?<!\d)(1[0-2]|0?[1-9])(?:月|/)\s?([12]\d|3[01]|0?[1-9])日?(?!\d)")
_MONTH = re.compile(r"(?<!\d)(1[0-2]|0?[1-9])月(?!\s?\d)")
_RELATIVE = re.compile(
    r"再来週|来週|今週|再来月|来月|今月|あさって|明後日|あした|明日|きょう|今日|本日|next week|this week|next month|this month|tomorrow|today"
)
_SMARTPHONE = re.compile(
    r"スマートフォン|すまーとふぉん|スマホ|すまほ|携帯電話|携帯|ケータイ|けーたい|smart ?phones?|デジタル活用|デジタル|digital"
)
_DIGITAL = re.compile(
    r"スマホ|パソコン|タブレット|インターネット|アプリ|オンライン|マイナンバー|ネット|電子|\bline|zoom|\bpc"
)
_ORDINARY = re.compile(
    r"スマホ|高齢者|シニア|お年寄り|初心者|初めて|入門|近く|近所|市内|地域|無料|市役所|市民|住民|情報|案内|申請|ありますか?|方法|場所|会場|時間|参加|人|自分|母|父|親|祖母|祖父|私"
    r"|\b(?:is|are|the|a|an|there|any|for|of|in|on|to|do|does|i|me|can|how|what|city|free|please|want|would|like|about|tell|hold|held)\b"
)
_RUN = re.compile(r"[一-龥々]{2,}|[ァ-ヺー]{2,}|[a-z]{2,}")


@dataclass(frozen=True)
class Wanted:
    """What is asked for. `words` are the resident's own for the days, "" for whenever.

    `names` are what else the message names (料理, 中央公民館), in folded spelling: a session must
    say each of them, or it is not what was asked for. `digital`: it names smartphones and the like.
    """

    kind: Kind
    first: date
    last: date
    words: str = ""
    weekdays: frozenset[int] = frozenset(range(7))
    names: tuple[str, ...] = ()
    digital: bool = False

    def named_in(self, session: Session) -> bool:
        """Whether the session is of the kind and the names asked for."""
        if self.kind == "class" and not session.is_class:
            return False
        said = _SMARTPHONE.sub("スマホ", session.words)
        if self.digital and not _DIGITAL.search(said):
            return False
        return all(name in said for name in self.names)

    def falls_on(self, session: Session) -> bool:
        """Whether it is held on one of the days asked for."""
        first, last = max(self.first, session.start), min(self.last, session.end)
        days = (last - first).days + 1
        return days >= 7 or any(
            (first + timedelta(n)).weekday() in self.weekdays for n in range(days)
        )


def read_wanted(text: str, today: date, place_names: Iterable[str] = ()) -> Wanted | None:
    """What dated sessions `text` asks for, None where it asks for none.

    `place_names` are the city's own names, which name no session.
    """
    folded = squeeze(fold(text))
    thing = _THING.search(folded)
    if thing is None or _ELSEWHERE.search(folded):
        return None
    rest = _THING.sub(" ", folded)  # 「きょうしつ」 holds 「きょう」
    first, last, days = _days(rest, today)
    weekdays, day_words = _weekdays(rest)
    if not (days or day_words or _ASKS.search(folded)):
        return None
    kind: Kind = "class" if thing["class"] else "event"
    names = _names(folded, place_names)
    digital = _SMARTPHONE.search(folded) is not None
    return Wanted(kind, first, last, days or day_words, weekdays, names, digital)


def _names(folded: str, place_names: Iterable[str]) -> tuple[str, ...]:
    rest = folded
    for name in sorted(map(fold, place_names), key=len, reverse=True):
        rest = rest.replace(name, " ")
    rest = _SMARTPHONE.sub("スマホ", rest)
    for pattern in (_RELATIVE, _MONTH_DAY, _MONTH, _WEEKDAY, _THING, _ASKS, _ORDINARY):
        rest = pattern.sub(" ", rest)
    return tuple(dict.fromkeys(_RUN.findall(rest)))


def _weekdays(folded: str) -> tuple[frozenset[int], str]:
    """The weekdays named, all seven where none is, and the words."""
    found: set[int] = set()
    words = []
    for match in _WEEKDAY.finditer(folded):
        words.append(match[0])
        if match[1]:
            found.add(WEEKDAY_WORDS.index(match[1]))
        elif match[0] == "平日":
            found.update(range(5))
        else:
            found.update((5, 6))
    return frozenset(found or range(7)), words[0] if words else ""


def _days(folded: str, today: date) -> tuple[date, date, str]:
    """The first and last day asked for and the words that say so."""
    if exact := _MONTH_DAY.search(folded):
        day = _next_day(int(exact[1]), int(exact[2]), today)
        if day is not None:
            return day, day, exact[0]
    if relative := _RELATIVE.search(folded):
        return *_relative(relative[0], today), relative[0]
    if month := _MONTH.search(folded):
        year = today.year + (int(month[1]) < today.month)
        return *_month(year, int(month[1])), month[0]
    return today, date.max, ""


def _next_day(month: int, day: int, today: date) -> date | None:
    for year in range(today.year, today.year + 5):  # 29 February comes every fourth year
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    return None


def _relative(words: str, today: date) -> tuple[date, date]:
    if words in ("今日", "本日", "きょう", "today"):
        return today, today
    if words in ("明日", "あした", "tomorrow"):
        return today + timedelta(1), today + timedelta(1)
    if words in ("明後日", "あさって"):
        return today + timedelta(2), today + timedelta(2)
    later = 2 if words.startswith("再来") else 1 if words.startswith(("来", "next")) else 0
    if "週" in words or "week" in words:
        monday = today - timedelta(today.weekday()) + timedelta(7 * later)
        return monday, monday + timedelta(6)
    months = today.year * 12 + today.month - 1 + later
    return _month(months // 12, months % 12 + 1)


def _month(year: int, month: int) -> tuple[date, date]:
    after = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, 1), after - timedelta(1)
