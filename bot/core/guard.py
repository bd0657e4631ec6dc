"""Hide personal numbers and addresses in a message before anything else sees it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

MY_NUMBER, PHONE, EMAIL, CARD = "my_number", "phone", "email", "card"
ACCOUNT, PIN = "account", "pin"
# In the order of what a number is called when it could be several things.
LABELS = {
    MY_NUMBER: "［番号］",
    CARD: "［カード番号］",
    ACCOUNT: "［口座番号］",
    PIN: "［暗証番号］",
    PHONE: "［電話番号］",
    EMAIL: "［メール］",
}
_ANY_LABEL = re.compile("|".join(map(re.escape, LABELS.values())))
_KANJI_DIGITS = {k: str(i) for i, k in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0"}
# The digits of deeds and banknotes. They also stand in everyday words (参加, 陸上, 漆器), so they
# are digits only in a row of them.
_DEED_DIGITS = {
    kanji: str(digit)
    for digit, spellings in enumerate(
        ("", "壱壹弌", "弐貳貮弍", "参參弎", "肆", "伍", "陸", "漆柒", "捌", "玖")
    )
    for kanji in spellings
}
_IN_DEEDS = "".join(_DEED_DIGITS)
_A_DEED_DIGIT = re.compile(f"[{_IN_DEEDS}]")
_ANY_DIGIT = rf"[\d{_IN_DEEDS}{''.join(_KANJI_DIGITS)}]"
_DEED_ROW = re.compile(rf"{_ANY_DIGIT}(?:[ \u3000\-－ー・、,\n]{{0,3}}{_ANY_DIGIT}){{6,}}")
# Alone at the end of a number in other digits it begins a word: 090-1234-5678参加.
_BEGINS_A_WORD = re.compile(rf"[^{_IN_DEEDS}]+[{_IN_DEEDS}]")

# The patterns run over a shadow of the text: digits are 0-9, every dash is "-", every blank " ",
# invisible characters are gone and our own labels are NUL. So one rule sees 1234, １２３４, 一二三四
# and 1 2-3.4 alike. The gap is what may stand between two digits of one number; it is atomic, so
# that a long text of digits and blanks is read in one go.
_GAP = r"(?> {0,20}(?:[\-./,_()・、ー|~] {0,20}){0,4})"
# Between groups of four as they stand on the card, or of a phone number said aloud, anything may
# stand that is no word: 「1234」「5678」「9012」, 1234と5678と9012, 090の1234の5678.
_MARK = r"(?:[^\w\0]{1,8}|[^\w\0]{0,2}[とのや][^\w\0]{0,2})"
_YEAR = r"(?:19|20)\d\d"
_LONG_NUMBER = re.compile(rf"(?<!\+)\d(?:{_GAP}\d){{11,}}")
_IN_FOURS = re.compile(
    rf"(?<!\d)(?!{_YEAR}{_MARK}{_YEAR}{_MARK}{_YEAR}(?!\d))"
    rf"\d{{4}}(?:{_MARK}\d{{4}}){{2,3}}(?!\d)"
)
_DATE = r"(?:19|20)\d\d(?P<s{n}>[\-./])(?:1[0-2]|0?[1-9])(?P=s{n})(?:3[01]|[12]\d|0?[1-9])(?!\d)"
_TWO_DATES = re.compile(_DATE.format(n=1) + r"[ \-~、,]{1,3}" + _DATE.format(n=2))
_ONE_DATE = re.compile(r"(?<!\d)" + _DATE.format(n=1))
_PHONE = re.compile(
    rf"(?:\+ ?\d{{1,3}}{_GAP}\d(?:{_GAP}\d){{7,10}}|(?<!\d)\(?0(?:{_GAP}\d){{8,10}})(?!\d)"
)
_PHONE_SAID = re.compile(r"(?<!\d)0\d{1,3} ?[の:;*=。] ?\d{1,4} ?[の:;*=。] ?\d{3,4}(?!\d)")
_PHONE_CALLED = re.compile(
    r"(?<!\d)(?P<number>\d{2,4}-\d{4}) ?[にへの]? ?(?:お?電話|でんわ|かけ|tel)", re.I
)
_PHONE_NAMED = re.compile(
    r"(?:電話|でんわ|携帯|ケータイ|けいたい|ファックス|(?<![a-z])(?:tel|fax|phone))"
    r"[^\d\0]{0,8}(?P<number>\d{1,4}[\- ]\d{3,4}(?!\d)|\d{6,}(?!\d))",
    re.I,
)
_AT = r" ?(?:@|[\[(]at[\])]|[\[(]?(?:アット|あっと)(?:マーク|まーく)?[\])]?) ?"
_LOCAL, _DOMAIN = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}", r"[A-Za-z0-9-]+(?:[.。][A-Za-z0-9-]+)+"
_EMAIL = re.compile(_LOCAL + _AT + _DOMAIN)
# 山田太郎@example.com, taro@日本語.jp. Of a name in Japanese only what is written in one script:
# what the message says before it must stay.
_NAME = r"(?:[一-鿿々]{1,12}|[ぁ-ん]{1,12}|[ァ-ヿ]{1,20})"
_JAPANESE_DOMAIN = r"(?:[A-Za-z0-9ぁ-ヿ一-鿿々-]+\.)+[A-Za-z]{2,}"
_EMAIL_IN_JAPANESE = re.compile(
    rf"{_NAME}{_AT}{_DOMAIN}|(?:{_LOCAL}|{_NAME}) ?@ ?{_JAPANESE_DOMAIN}"
)
_ACCOUNT_AFTER = re.compile(
    r"(?:口座|普通預金|普通|当座|貯金|記号|account)[^\d\0]{0,12}"
    r"(?P<number>\d(?:[ \-]{0,2}\d){4,10}(?:番号 ?\d{6,8})?)(?! ?[\d年月円日人])",
    re.I,
)
_ACCOUNT_BEFORE = re.compile(r"(?<!\d)(?P<number>\d{7,8}) ?[のはが]? ?(?:口座|普通|当座)")
_ACCOUNT_SECOND = re.compile(r"記号[^番\0]{0,20}番号[^\d\0]{0,4}(?P<number>\d{6,8})(?!\d)")
_PIN_AFTER = re.compile(
    r"(?:暗証|パスワード|password|(?<![a-z])pin(?![a-z]))[^\d\0]{0,8}(?P<number>\d{4,10})(?! ?[\d年月円日人])",
    re.I,
)
# Hiragana, katakana, kanji, Latin letters and the usual marks: no digit of any kind, no @, no
# bracket. Nothing can be hidden in such a message, and most are such.
_NO_NUMBER = re.compile(
    rf"(?:(?![{''.join(_KANJI_DIGITS)}]|[{_IN_DEEDS}][ \n、]*[{_IN_DEEDS}])"
    r"[ぁ-ヿ一-鿿々A-Za-z、。！？!?「」 \n])*"
)
_TWELVE = re.compile(
    r"(?<![0-9A-Za-z_=/-])(?<![0-9]\.)(?!20\d\d[ -])\d{4}([ -]?)\d{4}\1\d{4}(?![0-9A-Za-z_-])"
)
_ADDRESS = re.compile(r"https?://\S+")
_DASHES = str.maketrans("‐‑‒–—―−─ー", "-" * 9)
_CARD_GROUPS = {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3)}

Span = tuple[int, int, str]


@dataclass(frozen=True)
class Masked:
    """A message that may be stored, logged, matched and echoed; `kinds` says what was hidden."""

    text: str
    kinds: frozenset[str] = frozenset()


def mask(text: str) -> Masked:
    """Replace numbers and addresses that could identify a person; idempotent, never raises.

    Hidden: any run of 12 or more digits (half or full width or kanji digits, those of deeds too,
    with blanks, hyphens or invisible characters between, in fours with any marks; two dates are
    none), phone numbers, e-mail addresses, card numbers, bank account numbers and PINs named as such. 12
    digits count as a possible My Number.
    """
    if _NO_NUMBER.fullmatch(text):
        return Masked(text)
    kinds: set[str] = set()
    while spans := _merged(_spans(text)):
        for start, end, kind in reversed(spans):
            text = text[:start] + LABELS[kind] + text[end:]
            kinds.add(kind)
    return Masked(text, frozenset(kinds))


def holds_twelve_digits(text: str) -> bool:
    """Whether staff have written a number like a My Number: twelve digits in a row or in fours.

    Stricter than `mask`, which would take a row of dates for one; addresses of pages are no words.
    """
    folded = unicodedata.normalize("NFKC", text).translate(_DASHES)
    return _TWELVE.search(_ADDRESS.sub(" ", folded)) is not None


def without_labels(text: str) -> str:
    """The masked text with its labels blanked, for matching."""
    return _ANY_LABEL.sub(" ", text)


def hidden_in(text: str) -> frozenset[str]:
    """The kinds of what was hidden in a masked text, as its labels tell."""
    found = set(_ANY_LABEL.findall(text))
    return frozenset(kind for kind, label in LABELS.items() if label in found)


def _spans(text: str) -> Iterator[Span]:
    """What is to be hidden, as places in `text`; they may overlap."""
    shadow, places = _shadow(text)
    for start, end, kind in _found(shadow):
        if start < end:
            yield places[start], places[end - 1] + 1, kind


def _shadow(text: str) -> tuple[str, list[int]]:
    """The text as the patterns see it, and for each of its characters the place in `text`."""
    shadow: list[str] = []
    places: list[int] = []
    hidden = {i for label in _ANY_LABEL.finditer(text) for i in range(*label.span())}
    deeds = _in_deeds(text)
    for place, char in enumerate(text):
        seen = "\0" if place in hidden else deeds.get(place) or _shadow_char(char)
        shadow += seen
        places += [place] * len(seen)
    return "".join(shadow), places


def _in_deeds(text: str) -> dict[int, str]:
    """The places where a digit of deeds stands as one, and which."""
    found = {}
    for row in _DEED_ROW.finditer(text) if _A_DEED_DIGIT.search(text) else ():
        if _BEGINS_A_WORD.fullmatch(row.group()):
            continue
        for place in range(*row.span()):
            if text[place] in _DEED_DIGITS:
                found[place] = _DEED_DIGITS[text[place]]
    return found


def _shadow_char(char: str) -> str:
    if char in _KANJI_DIGITS:
        return _KANJI_DIGITS[char]
    if "!" <= char <= "~":
        return char
    folded = unicodedata.normalize("NFKC", char)
    if any(map(str.isdecimal, folded)):
        return "".join(str(unicodedata.decimal(c)) for c in folded if c.isdecimal())
    category = unicodedata.category(char)
    if char in "〜～∼":
        return "~"
    if category == "Pd" or char in "−ｰ⁃─━":
        return "-"
    if category in ("Zs", "Zl", "Zp") or char in "\t\n\r":
        return " "
    if category in ("Cf", "Cc", "Cs", "Mn", "Me"):
        return ""
    return folded if folded.isascii() else char


def _found(shadow: str) -> Iterator[Span]:
    for email in (_EMAIL, _EMAIL_IN_JAPANESE):
        for match in email.finditer(shadow):
            yield *match.span(), EMAIL
    for match in _LONG_NUMBER.finditer(shadow):
        if not _is_two_dates(match.group()):
            yield *match.span(), _kind_of(match.group())
    for match in _IN_FOURS.finditer(shadow):
        yield *match.span(), _kind_of(match.group())
    undated = _ONE_DATE.sub(lambda found: "\0" * len(found.group()), shadow)
    for phone in (_PHONE, _PHONE_SAID):
        for match in phone.finditer(undated):
            yield *match.span(), PHONE
    for pattern, kind in (
        (_PHONE_CALLED, PHONE),
        (_PHONE_NAMED, PHONE),
        (_ACCOUNT_AFTER, ACCOUNT),
        (_ACCOUNT_BEFORE, ACCOUNT),
        (_ACCOUNT_SECOND, ACCOUNT),
        (_PIN_AFTER, PIN),
    ):
        for match in pattern.finditer(undated):
            yield *match.span("number"), kind


def _kind_of(number: str) -> str:
    """A card where it is grouped like one, else possibly a My Number."""
    groups = tuple(map(len, re.findall(r"\d+", number)))
    digits = sum(groups)
    card = 14 <= digits <= 19 and (len(groups) == 1 or groups in _CARD_GROUPS)
    return CARD if card else MY_NUMBER


def _is_two_dates(number: str) -> bool:
    """2024/4/1〜2025/3/31 has twelve digits and is nobody's number."""
    match = _TWO_DATES.fullmatch(number)
    if match is None:
        return False
    parts = list(map(int, re.findall(r"\d+", number)))
    try:
        return date(*parts[:3]) <= date(*parts[3:])
    except ValueError:
        return False


def _merged(spans: Iterator[Span]) -> list[Span]:
    """The spans in order, overlapping ones as one, named as the most it could be."""
    rank = list(LABELS)
    merged: list[Span] = []
    for start, end, kind in sorted(spans):
        if merged and start < merged[-1][1]:
            first, last, other = merged[-1]
            merged[-1] = (first, max(last, end), min(kind, other, key=rank.index))
        else:
            merged.append((start, end, kind))
    return merged
