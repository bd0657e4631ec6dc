"""Questions as they really arrive: in kana, mistyped, padded, clipped. Same seed, same noise."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Sequence

from bot.core.kana_language import SHIPPED
from bot.core.romaji import slipped
from bot.core.text import has_kanji, hiragana
from bot.core.tokens import Token, Tokenize

SEED = 20261121
NAMES = (
    "all_hiragana",
    "typo",
    "flick_typo",
    "half_width",
    "no_particles",
    "polite",
    "nouns_only",
    "homophone",
    "romaji_slip",
)
_KANA = (
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをん"
)
_FLICK = ("あいうえお", "かきくけこ", "さしすせそ", "たちつてと", "なにぬねの", "はひふへほ")
_FLICK_ROWS = (*_FLICK, "まみむめも", "やゆよ", "らりるれろ", "わをん")
_HALF = dict(
    zip(
        "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲンァィゥェォッャュョー",
        "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝｧｨｩｪｫｯｬｭｮｰ",
        strict=True,
    )
)
_SYLLABLE = re.compile("[ぁ-ゖ][ゃゅょ]?")
_MARKS = {"\u3099": "ﾞ", "\u309a": "ﾟ"}


def noisy(name: str, questions: Sequence[str], tokenize: Tokenize) -> list[str]:
    """The questions with one kind of noise (see NAMES). Raises KeyError for another name."""
    chance = random.Random(SEED)
    makers: dict[str, Callable[[str], str]] = {
        "all_hiragana": lambda text: _all_hiragana(tokenize(text)),
        "typo": lambda text: _typo(text, chance),
        "flick_typo": lambda text: _flick_typo(text, chance),
        "half_width": _half_width,
        "no_particles": lambda text: _without(tokenize(text), "助詞"),
        "polite": _polite,
        "homophone": lambda text: _homophone(tokenize(text), chance),
        "romaji_slip": lambda text: _romaji_slip(_all_hiragana(tokenize(text)), chance),
        "nouns_only": lambda text: _nouns(tokenize(text)),
    }
    return [makers[name](question) for question in questions]


def _all_hiragana(tokens: Sequence[Token]) -> str:
    return "".join(
        token.surface
        if token.pos[0] in ("補助記号", "空白") or not token.reading
        else hiragana(token.reading)
        for token in tokens
    )


def _typo(text: str, chance: random.Random) -> str:
    """One letter or character replaced by any kana."""
    places = [place for place, char in enumerate(text) if char.isalnum()]
    if not places:
        return text
    place = chance.choice(places)
    return text[:place] + chance.choice(_KANA) + text[place + 1 :]


def _flick_typo(text: str, chance: random.Random) -> str:
    """One hiragana replaced by another of the same flick key."""
    places = [place for place, char in enumerate(text) if any(char in row for row in _FLICK_ROWS)]
    if not places:
        return text
    place = chance.choice(places)
    row = next(row for row in _FLICK_ROWS if text[place] in row)
    return text[:place] + chance.choice(row.replace(text[place], "")) + text[place + 1 :]


def _romaji_slip(text: str, chance: random.Random) -> str:
    """All hiragana, one letter of it the key beside the right one on a romaji keyboard."""
    found = [
        (syllable.span(), others)
        for syllable in _SYLLABLE.finditer(text)
        if (others := slipped(syllable.group()))
    ]
    if not found:
        return text
    (start, end), others = chance.choice(found)
    return text[:start] + chance.choice(others) + text[end:]


def _homophone(tokens: Sequence[Token], chance: random.Random) -> str:
    """One word with kanji replaced by a common word of the same sound, as voice input may do."""
    found = [
        (place, others)
        for place, token in enumerate(tokens)
        if token.word is not None
        and has_kanji(token.surface)
        and (others := _same_sound(token.surface, token.reading))
    ]
    place, others = chance.choice(found) if found else (-1, [])
    return "".join(
        chance.choice(others) if number == place else token.surface
        for number, token in enumerate(tokens)
    )


def _same_sound(surface: str, reading: str) -> list[str]:
    nodes = SHIPPED.words.get(reading, ()) if len(reading) > 1 else ()
    return sorted({node[0] for node in nodes if node[0] != surface and has_kanji(node[0])})


def _half_width(text: str) -> str:
    found = []
    for char in text:
        decomposed = unicodedata.normalize("NFD", char)
        base, marks = decomposed[0], decomposed[1:]
        if base in _HALF:
            found.append(_HALF[base] + "".join(_MARKS.get(mark, mark) for mark in marks))
        else:
            found.append(char)
    return "".join(found)


def _without(tokens: Sequence[Token], dropped: str) -> str:
    return "".join(token.surface for token in tokens if token.pos[0] != dropped)


def _nouns(tokens: Sequence[Token]) -> str:
    kept = ("名詞", "接頭辞", "接尾辞")
    return " ".join(token.surface for token in tokens if token.pos[0] in kept)


def _polite(text: str) -> str:
    return f"お忙しいところ恐れ入ります。初めて質問させていただきます。{text}どうぞよろしくお願いいたします。"
