"""Which language a message is written in, and which one it asks for."""

from __future__ import annotations

import re

from bot.core.romaji import from_romaji
from bot.core.text import fold

_ENGLISH_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
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


_JAPANESE_IS_HARD = re.compile(
    r"(?:日本語|にほんご|japanese).*(?:難し|むずかし|わか(?:ら|り)|分か(?:ら|り)ま?せ?ん?|話せ|はなせ|読め|よめ|苦手|にがて|不自由|できな|できま|下手|へた)"
    r"|(?:don'?t|do not|can'?t|cannot|no) .*japanese"
)
# Names that Japanese residents write in Latin letters, and what makes other words English.
_NAMES = frozenset(
    "line pay paypay wi fi wifi iphone android google apple play au qr sms app pc ai dx ict iot pdf excel word zoom"
    " suica pasmo nfc qa url http https www com jp ok ng cd dvd tv led gps my number card id web site"
    " mail gmail yahoo instagram facebook twitter youtube tiktok lg wan rpa j alert japan free spot".split()
)
_ENGLISH = frozenset(
    "how what where when who why which is are am do does did can could will would should i you we he she they it"
    " the a an to for of in on at and or not no my your please thanks thank hello hi help lost need want have has"
    " get apply bring tell about with from this that there".split()
)
# Words and endings of Japanese typed in Latin letters, none of them English.
_ROMAJI = re.compile(
    r"\b(?:wo|wa|ga|ni|mo|tte|nani|nan|dou|doko|itsu|ikura|kara|hoshii)(?:desu)?(?:ka)?\b"
    r"|(?:masu|masen|mashita|desu|shita|itai|nai)(?:ka)?\b|kudasai\b"
)


def language_asked_for(text: str) -> str | None:
    """The language that a request such as 「英語でお願いします」 names.

    None also for 「日本語が難しい」: which language would help is for the resident to say.
    """
    folded = fold(text)
    if _JAPANESE_IS_HARD.search(folded):
        folded = re.sub(r"日本語|にほんご|japanese", " ", folded)
        folded = f"{folded} english" if language_written_in(text) == "en" else folded
    return next((code for code, pattern in _ASKED if pattern.search(folded)), None)


def language_written_in(text: str) -> str | None:
    """`en` for a message of English words alone, else None (Japanese in any style).

    Names that residents write in Latin letters (LINE Pay, Wi-Fi) make no English message.
    """
    folded = fold(text)
    if any(ord(char) > 0x24F and char.isalpha() for char in folded):
        return None
    words = _ENGLISH_WORD.findall(folded)
    if len(words) < 2:
        return None
    if from_romaji(folded, (_NAMES | _ENGLISH).__contains__) is not None:
        return None
    if _ENGLISH.intersection(words) - {"my", "to", "no", "do"}:
        return "en"
    others = [word for word in words if word not in _NAMES]
    return "en" if len(others) >= 2 and not _ROMAJI.search(folded) else None
