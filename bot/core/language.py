"""Which language a message is written in, and which one it asks for."""

from __future__ import annotations

import re

from bot.core.text import fold

_ENGLISH_WORD = re.compile(r"[a-z]{2,}")
_ASKED = (
    (
        "easy_ja",
        re.compile(r"やさしい|優しい|易しい|かんたんな|簡単な|easy japanese|simple japanese"),
    ),
    ("en", re.compile(r"英語|えいご|english")),
    ("zh", re.compile(r"中国語|ちゅうごくご|chinese|中文")),
    ("ko", re.compile(r"韓国語|かんこくご|korean|한국어")),
    ("vi", re.compile(r"ベトナム語|vietnamese|tiếng việt")),
    ("pt", re.compile(r"ポルトガル語|portuguese|português")),
    ("ja", re.compile(r"(?:ふつう|普通)の(?:日本語|にほんご)|日本語|にほんご|japanese")),
)


def language_asked_for(text: str) -> str | None:
    """The language that a request such as 「英語でお願いします」 names."""
    folded = fold(text)
    return next((code for code, pattern in _ASKED if pattern.search(folded)), None)


def language_written_in(text: str) -> str | None:
    """`en` for a message of English words alone, else None (Japanese in any style)."""
    folded = fold(text)
    if any(ord(char) > 0x2FF and char.isalpha() for char in folded):
        return None
    return "en" if len(_ENGLISH_WORD.findall(folded)) >= 2 else None
