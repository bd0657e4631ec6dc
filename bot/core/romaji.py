"""Japanese typed with Latin letters (Hepburn or Kunrei, as on a keyboard) read as hiragana."""

from __future__ import annotations

import re
from collections.abc import Callable

_ROWS = {
    "": "あいうえお",
    "k": "かきくけこ",
    "c": "か くけこ",
    "s": "さしすせそ",
    "t": "たちつてと",
    "n": "なにぬねの",
    "h": "はひふへほ",
    "m": "まみむめも",
    "r": "らりるれろ",
    "l": "らりるれろ",
    "g": "がぎぐげご",
    "z": "ざじずぜぞ",
    "d": "だぢづでど",
    "b": "ばびぶべぼ",
    "p": "ぱぴぷぺぽ",
}
_OTHERS = (
    "ya や yu ゆ yo よ wa わ wo を shi し chi ち tsu つ fu ふ ji じ je じぇ she しぇ che ちぇ fa ふぁ fi ふぃ fe ふぇ "
    "fo ふぉ va ゔぁ vi ゔぃ vu ゔ ve ゔぇ vo ゔぉ thi てぃ ti ち dhi でぃ wi うぃ we うぇ nn ん n' ん"
)
_YOUON = {"k": "き", "g": "ぎ", "n": "に", "h": "ひ", "m": "み", "r": "り", "b": "び", "p": "ぴ",
          "s": "し", "t": "ち", "z": "じ", "j": "じ"}  # fmt: skip
_PALATAL = {"sh": "し", "ch": "ち", "j": "じ"}
_SMALL = {"a": "ゃ", "u": "ゅ", "o": "ょ"}
_VOWELS = "aiueo"
_KEPT_DOUBLE = _VOWELS + "n"  # two of these are two sounds
_LONG = str.maketrans({"ā": "aa", "ī": "ii", "ū": "uu", "ē": "ee", "ō": "ou"})
_LAST_LATIN = "\u024f"
_WORD = re.compile(r"[a-z'-]+")
_MARKS = re.compile(r"[\s.,!?]+")
_GREETING = re.compile("(?<=こんにち)わ|(?<=こんばん)わ")  # typed as it sounds
_PARTICLES = {"wa": "は", "o": "を", "e": "へ"}  # as words of their own they are written otherwise
_MOST = 120  # characters; longer texts in Latin letters are no romaji
_TELLING = 4  # letters; shorter words are as likely English


def _table() -> dict[str, str]:
    pairs = _OTHERS.split()
    table = dict(zip(pairs[::2], pairs[1::2], strict=True))
    for head, row in _ROWS.items():
        for vowel, kana in zip(_VOWELS, row, strict=True):
            if kana != " ":
                table.setdefault(head + vowel, kana)
    for vowel, small in _SMALL.items():
        table |= {f"{head}y{vowel}": kana + small for head, kana in _YOUON.items()}
        table |= {f"{head}{vowel}": kana + small for head, kana in _PALATAL.items()}
    return table


_TABLE = _table()
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_SPELLED = {kana: typed for typed, kana in reversed(_TABLE.items()) if "l" not in typed}
SYLLABLES = tuple(_SPELLED)  # hiragana as one types them: め, しょ


def _near_keys() -> dict[str, str]:
    """For each letter those whose keys touch its own; each row stands half a key to the right."""
    near: dict[str, str] = {}
    for row, keys in enumerate(_KEYS):
        for place, key in enumerate(keys):
            beside = [(row, place - 1), (row, place + 1), (row - 1, place), (row - 1, place + 1)]
            beside += [(row + 1, place - 1), (row + 1, place)]
            near[key] = "".join(
                _KEYS[r][p] for r, p in beside if 0 <= r < 3 and 0 <= p < len(_KEYS[r])
            )
    return near


_NEAR = _near_keys()


def slipped(kana: str) -> tuple[str, ...]:
    """What a hiragana syllable (め, しょ) becomes when one of its letters is the key beside it."""
    typed = _SPELLED.get(kana, "")
    found = (
        _TABLE.get(typed[:place] + other + typed[place + 1 :])
        for place, letter in enumerate(typed)
        for other in _NEAR[letter]
    )
    return tuple(dict.fromkeys(each for each in found if each and each != kana))


def hiragana_of(word: str) -> str | None:
    """A word in lower-case Latin letters as hiragana, or None where it is no Japanese syllables."""
    found: list[str] = []
    place = 0
    while place < len(word):
        char, following = word[place], word[place + 1 : place + 2]
        if char == "-":
            found.append("ー")
            place += 1
        elif word.startswith("tch", place) or (char == following and char not in _KEPT_DOUBLE):
            found.append("っ")
            place += 1
        elif size := next((n for n in (3, 2, 1) if word[place : place + n] in _TABLE), 0):
            # 「konnichiha」: the second n begins a syllable.
            if word.startswith("nn", place) and word[place + 2 : place + 3] in (*_VOWELS, "y"):
                size = 1
                found.append("ん")
            else:
                found.append(_TABLE[word[place : place + size]])
            place += size
        elif char == "n" or (char == "m" and following in ("b", "p", "m")):
            found.append("ん")
            place += 1
        else:
            return None
    return "".join(found)


def from_romaji(folded: str, known: Callable[[str], bool], mixed: bool = False) -> str | None:
    """A folded text typed in romaji as hiragana, or None where it is something else.

    Every word must be Japanese syllables; in a `mixed` text (my number card wo nakushita) others
    may stand beside them that are `known`. Longer words that are known as they are (line, wi-fi)
    stay; one longer word must be unknown, or the text is taken for English.
    """
    if folded[:1] > _LAST_LATIN:  # most messages begin in Japanese
        return None
    text = folded.translate(_LONG)
    if len(text) > _MOST or not text.isascii():
        return None
    parts: list[str] = []
    telling = False
    for word in _MARKS.sub(" ", text).split():
        kana = _PARTICLES.get(word) or (hiragana_of(word) if _WORD.fullmatch(word) else None)
        stays = known(word) if kana is None else len(word) >= _TELLING and known(word)
        if kana is None and not (mixed and stays):
            return None
        telling = telling or (len(word) >= _TELLING and not stays)
        parts.append(f" {word} " if stays or kana is None else kana)
    if not telling:
        return None
    return _GREETING.sub("は", " ".join("".join(parts).split()))
