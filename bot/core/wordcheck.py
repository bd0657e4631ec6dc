"""Slips in an announcement that staff regret afterwards: dates, phones, links, look-alike words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.core.announcements import CardMessage, Draft, Kind, TextMessage
from bot.core.calendar import JAPAN, WEEKDAY_WORDS, japan_words

_DATE = re.compile(
    r"(?:(?P<year>\d{4})年|令和(?P<reiwa>\d{1,2}|元)年)?(?P<month>\d{1,2})月(?P<day>\d{1,2})日"
    r"(?:\s*[（(](?P<weekday>[月火水木金土日])(?:曜日?)?(?:[・･]?祝日?)?[）)])?"
)
_PHONE = re.compile(r"(?<![\d-])0\d{1,4}[-‐－ー–−(（]\d{1,4}[-‐－ー–−)）]\d{3,4}(?![\d-])")
_NUMBER = re.compile(r"(?<![\d-])0\d{8,10}(?![\d-])")
# A My Number as people write it. Nothing else that a city announces has just twelve digits.
_TWELVE = re.compile(r"(?<![\d-])(?!20\d\d[ -])\d{4}([ -]?)\d{4}\1\d{4}(?![\d-])")
# Japanese goes on right before and after an address, without a blank.
_URL = re.compile(r"(?i)(?<![a-z0-9])https?://[!-;=?-~]+")
# Characters that older phones and screen readers show or read differently.
_DEPENDENT = re.compile(
    "[\u2460-\u2473\u2474-\u249b\u24eb-\u24ff\u3220-\u3247\u3280-\u32fe\u3300-\u33ff"
    "\u2116\u2121\u2160-\u217f\uff61-\uff9f\uf900-\ufaff\ue000-\uf8ff]"
)
_DEADLINE = re.compile(r"締め?切|まで(?:に|の)|期限")
# Digits of a whole number: area code and the rest are 10, mobile and free dial 11 or 10.
_MOBILE = ("050", "070", "080", "090", "060", "020")
_LONG_FREE = ("0800",)


@dataclass(frozen=True)
class Finding:
    """One thing to say about a draft; `stop`: it has to be mended before it goes out.

    `words` are the words it is about, NFKC-folded, "" where it is about no single ones.
    """

    text: str
    stop: bool = True
    words: str = field(default="", compare=False)


@dataclass(frozen=True)
class Slip:
    """A word that is nearly always a mistake, and what was meant."""

    wrong: str
    right: str


def texts_of(draft: Draft) -> Iterator[str]:
    """Every text of the draft that residents read."""
    yield draft.title
    for messages in draft.variants().values():
        for message in messages:
            if isinstance(message, TextMessage):
                yield message.text
            else:
                yield from _card_texts(message)


def check_words(draft: Draft, now: datetime, slips: Sequence[Slip]) -> Iterator[Finding]:
    """Everything the words show; `now` is aware."""
    yield from _times(draft, now)
    sent = (draft.send_at or now).astimezone(JAPAN).date()
    for text in dict.fromkeys(texts_of(draft)):
        folded = _folded(text)
        yield from _dates(folded, sent)
        yield from _phones(folded)
        yield from _personal(folded, stop=draft.kind is not Kind.EMERGENCY)
        yield from _addresses(text)
        yield from _characters(text)
        yield from _slips(folded, slips, stop=draft.kind is not Kind.EMERGENCY)
    for url in _link_addresses(draft):
        if not url.startswith(("https://", "tel:")):
            text = f"リンク「{url}」を https:// で始まるアドレスにしてください。"
            yield Finding(text, words=_folded(url))


def _times(draft: Draft, now: datetime) -> Iterator[Finding]:
    if draft.send_at is not None and draft.send_at <= now:
        yield Finding(f"送る日時（{japan_words(draft.send_at)}）を過ぎています。")
    start = draft.send_at or now
    if draft.expires_at is not None and draft.expires_at <= start:
        yield Finding(
            f"期限（{japan_words(draft.expires_at)}）が、送る時より前です。日時を直してください。"
        )
    if draft.expires_at is None and draft.kind is Kind.NORMAL:
        deadline = any(_DEADLINE.search(text) for text in texts_of(draft))
        more = "文に期限があります。" if deadline else ""
        yield Finding(
            f"期限（expires_at）がありません。{more}遅れて届くと困るなら書いてください。", False
        )


def _dates(text: str, sent: date) -> Iterator[Finding]:
    for match in _DATE.finditer(text):
        day = _day(match, sent)
        if day is None:
            yield Finding(f"「{match[0]}」という日はありません。", words=match[0])
            continue
        word = match["weekday"]
        real = WEEKDAY_WORDS[day.weekday()]
        if word and word != real:
            text = f"「{match[0]}」の曜日がちがいます。{day.year}年では（{real}）です。"
            yield Finding(text, words=match[0])
        if day < sent:
            yield Finding(
                f"「{match[0]}」は送る日より前です。まちがいないか確かめてください。",
                False,
                match[0],
            )


def _day(match: re.Match[str], sent: date) -> date | None:
    """The day meant: without a year the one nearest to the sending."""
    month, number = int(match["month"]), int(match["day"])
    if match["year"]:
        years = [int(match["year"])]
    elif match["reiwa"]:
        years = [2018 + (1 if match["reiwa"] == "元" else int(match["reiwa"]))]
    else:
        years = [sent.year, sent.year + 1, sent.year - 1]
    days = [day for day in (_date(year, month, number) for year in years) if day]
    if not days:
        return None
    # A day gone by for months is next year's; one gone by for days is a mistake.
    return min(days, key=lambda day: (day < sent - timedelta(days=60), abs(day - sent)))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _phones(text: str) -> Iterator[Finding]:
    for match in (*_PHONE.finditer(text), *_NUMBER.finditer(text)):
        digits = re.sub(r"\D", "", match[0])
        if not _is_phone(digits):
            text = f"電話番号「{match[0]}」のけた数が合いません。確かめてください。"
            yield Finding(text, words=match[0])
        elif re.search(r"[^\d-]", match[0]):
            yield Finding(
                f"電話番号「{match[0]}」は半角の数字とハイフンで書くと、押してかけられます。",
                False,
                match[0],
            )


def _is_phone(digits: str) -> bool:
    if digits.startswith((*_MOBILE, *_LONG_FREE)):
        return len(digits) == 11
    return len(digits) == 10


def _personal(text: str, *, stop: bool) -> Iterator[Finding]:
    # The number itself is not said again: findings are shown and passed on.
    for match in _TWELVE.finditer(text):
        text = "12桁の番号が書かれています。マイナンバーなら、どこにも送らないでください。番号を消してください。"
        yield Finding(text, stop, match[0])


def addresses_in(text: str) -> list[str]:
    """The http and https addresses that stand in a text, as a phone would open them."""
    return [found.rstrip(".,:;!?)]'\"") for found in _URL.findall(text)]


def _addresses(text: str) -> Iterator[Finding]:
    for address in addresses_in(text):
        if address.lower().startswith("http://"):
            text = f"「{address}」は https:// ではありません。アドレスを直してください。"
            yield Finding(text, words=_folded(address))


def _characters(text: str) -> Iterator[Finding]:
    found = dict.fromkeys(_DEPENDENT.findall(text))
    if found:
        yield Finding(
            f"機種によって読めない文字があります：{''.join(found)}。ふつうの文字に直してください。",
            False,
            _folded(next(iter(found))),
        )


def _slips(text: str, slips: Sequence[Slip], *, stop: bool) -> Iterator[Finding]:
    for slip in slips:
        if slip.wrong in text:
            text = f"「{slip.wrong}」は「{slip.right}」のまちがいではありませんか。"
            yield Finding(text, stop, slip.wrong)


def concerns(finding: Finding, text: str) -> bool:
    """Whether the words of the finding stand in this text."""
    return bool(finding.words) and finding.words in _folded(text)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _card_texts(card: CardMessage) -> Iterator[str]:
    yield from (card.title, card.text, card.words)
    yield from (link.label for link in card.links)


def _link_addresses(draft: Draft) -> list[str]:
    return [
        link.url
        for messages in draft.variants().values()
        for message in messages
        if isinstance(message, CardMessage)
        for link in message.links
    ]
