"""Hide personal numbers and addresses in a message before anything else sees it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

MY_NUMBER, PHONE, EMAIL, CARD = "my_number", "phone", "email", "card"
ACCOUNT, PIN = "account", "pin"
LABELS = {
    MY_NUMBER: "［番号］",
    PHONE: "［電話番号］",
    EMAIL: "［メール］",
    CARD: "［カード番号］",
    ACCOUNT: "［口座番号］",
    PIN: "［暗証番号］",
}
_ANY_LABEL = re.compile("|".join(map(re.escape, LABELS.values())))
_KANJI_DIGITS = {k: str(i) for i, k in enumerate("〇一二三四五六七八九")}

# The patterns run over a shadow of the text, of the same length: digits are 0-9, every dash is
# "-", every blank or invisible character is " ". So one rule sees 1234, １２３４ and 1 2-3.4 alike.
_GAP = r"[ \-./,_()・、ー]{0,3}"
_LONG_NUMBER = re.compile(rf"\d(?:{_GAP}\d){{11,}}")
_PHONE = re.compile(rf"(?<!\d)(?<!\d[ \-./])(?:\+ ?81{_GAP}|\(?0)(?:{_GAP}\d){{8,10}}(?!\d)")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_ACCOUNT_AFTER = re.compile(
    r"(?:口座|普通預金|普通|当座|貯金|記号|account)[^\d]{0,12}(?P<number>\d(?:[ \-]{0,2}\d){4,10})(?![\d年月])",
    re.IGNORECASE,
)
_ACCOUNT_BEFORE = re.compile(r"(?<!\d)(?P<number>\d{7,8}) ?[のはが]? ?(?:口座|普通|当座)")
_PIN_AFTER = re.compile(
    r"(?:暗証|パスワード|password|pin)[^\d]{0,8}(?P<number>\d{4,10})(?!\d)", re.I
)


@dataclass(frozen=True)
class Masked:
    """A message that may be stored, logged, matched and echoed; `kinds` says what was hidden."""

    text: str
    kinds: frozenset[str] = frozenset()


def mask(text: str) -> Masked:
    """Replace numbers and addresses that could identify a person; idempotent.

    Hidden: any run of 12 or more digits (half or full width or kanji digits, with blanks,
    hyphens or invisible characters between), phone numbers, e-mail addresses, card numbers,
    bank account numbers and PINs named as such. 12 digits count as a possible My Number.
    """
    spans = _without_overlaps(_spans(_shadow(text)))
    if not spans:
        return Masked(text)
    parts, at = [], 0
    for start, end, kind in spans:
        parts += [text[at:start], LABELS[kind]]
        at = end
    return Masked("".join([*parts, text[at:]]), frozenset(kind for _, _, kind in spans))


def without_labels(text: str) -> str:
    """The masked text with its labels blanked, for matching."""
    return _ANY_LABEL.sub(" ", text)


def _shadow(text: str) -> str:
    return "".join(map(_shadow_char, text))


def _shadow_char(char: str) -> str:
    if char in _KANJI_DIGITS:
        return _KANJI_DIGITS[char]
    if char.isascii():
        return " " if char.isspace() or ord(char) < 32 else char
    folded = unicodedata.normalize("NFKC", char)
    if len(folded) == 1 and folded.isdecimal():
        return str(unicodedata.decimal(folded))
    category = unicodedata.category(char)
    if category == "Pd" or char in "−ｰ":
        return "-"
    if category in ("Zs", "Cf", "Cc", "Mn"):
        return " "
    return folded if len(folded) == 1 else char


def _spans(shadow: str) -> Iterator[tuple[int, int, str]]:
    for match in _EMAIL.finditer(shadow):
        yield *match.span(), EMAIL
    for match in _LONG_NUMBER.finditer(shadow):
        digits = sum(char.isdigit() for char in match.group())
        yield *match.span(), CARD if 14 <= digits <= 19 else MY_NUMBER
    for match in _PHONE.finditer(shadow):
        yield *match.span(), PHONE
    named = ((_ACCOUNT_AFTER, ACCOUNT), (_ACCOUNT_BEFORE, ACCOUNT), (_PIN_AFTER, PIN))
    for pattern, kind in named:
        for match in pattern.finditer(shadow):
            yield *match.span("number"), kind


def _without_overlaps(spans: Iterator[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Longest first, then by place: a number is hidden once, as the most it could be."""
    chosen: list[tuple[int, int, str]] = []
    for span in sorted(spans, key=lambda s: (s[0] - s[1], s[0])):
        if all(span[1] <= other[0] or other[1] <= span[0] for other in chosen):
            chosen.append(span)
    return sorted(chosen)
