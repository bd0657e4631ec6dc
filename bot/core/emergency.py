"""Recognise danger in a message, in any wording, without crying wolf."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.core.knowledge import Emergency
from bot.core.text import fold, hiragana

_BLANKS = re.compile(r"[\s・、,]+")


def find_emergencies(text: str, emergencies: Iterable[Emergency]) -> list[Emergency]:
    """The emergencies whose signs stand in `text`, in the order given.

    A sign is an AND of blank-separated groups, each a `|` list of alternatives, looked for as
    substrings of the text without blanks, in hiragana, in lower case. The words of `calm` are
    taken out first, longest first, so that 火事の保険 raises no alarm and 火事で罹災証明 does.
    """
    plain = _plain(text)
    return [emergency for emergency in emergencies if plain and _shows(plain, emergency)]


def _shows(plain: str, emergency: Emergency) -> bool:
    for calm in sorted(filter(None, map(_plain, emergency.calm)), key=len, reverse=True):
        plain = plain.replace(calm, "\n")
    return any(_all_groups(sign, plain) for sign in emergency.signs)


def _all_groups(sign: str, plain: str) -> bool:
    groups = [[_plain(word) for word in group.split("|")] for group in fold(sign).split()]
    return bool(groups) and all(any(w and w in plain for w in group) for group in groups)


def _plain(text: str) -> str:
    return _BLANKS.sub("", hiragana(fold(text)))
