"""The terms a text is matched by: words, kanji grams, and the grams of a whole phrase."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from operator import add

from bot.core.text import squeeze
from bot.core.tokens import Token, Tokenize

WORD, GRAM, PHRASE = "w:", "k:", "p:"  # term namespaces
_RUNS = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff々]+|[ァ-ヺー]{3,}")
_KATAKANA = frozenset(map(chr, (*range(ord("ァ"), ord("ヺ") + 1), ord("ー"))))
_NOT_SPOKEN = re.compile(r"[^0-9a-zァ-ヺー]+")
_POLITE_ENDS = tuple("テイスカガノ")  # of whatever `_POLITE` takes off
_POLITE = re.compile(
    r"(?=[ヲニノハガッオシドアデマクイ])(?:ヲ|ニツイテ|ノ|ハ|ガ|ッテ|ニ)?(?:オシエテ(?:クダサイ|ホシイ(?:デス)?|モラエマスカ|イタダケマスカ)?|シリタイ(?:ノデスガ|デス)?"
    r"|ドウスレバ(?:イイ|ヨイ)(?:デスカ|ノ)?|ドウシタラ(?:イイ|ヨイ)(?:デスカ|ノ)?|アリマスカ|デキマスカ|デスカ|マスカ|クダサイ|オネガイシマス|イイデスカ|デショウカ)+$"
)


def word_terms(tokens: Iterable[Token]) -> list[str]:
    """One `w:` term for each meaningful word."""
    return [WORD + token.word for token in tokens if token.word is not None]


def gram_terms(tokens: Iterable[Token]) -> list[str]:
    """Kanji 1- and 2-grams and katakana 3-grams of the runs between function words."""
    return [gram for run in solid_runs(tokens) for gram in run_grams(run)]


def solid_runs(tokens: Iterable[Token]) -> list[str]:
    """The runs of kanji, or of three katakana and more, between function words."""
    return _RUNS.findall("".join([token.solid for token in tokens]))


def run_grams(run: str) -> list[str]:
    """The grams of one of the `solid_runs`."""
    if run[0] in _KATAKANA:
        return [GRAM + run[place : place + 3] for place in range(len(run) - 2)]
    found: list[str] = []
    before = ""
    for char in run:
        found.append(GRAM + char)
        if before:
            found.append(GRAM + before + char)
        before = char
    return found


def text_grams(tokens: Iterable[Token]) -> list[str]:
    """The grams of `gram_terms` without their namespace, in whatever order."""
    found: list[str] = []
    for run in solid_runs(tokens):
        if run[0] in _KATAKANA:
            found.extend([run[place : place + 3] for place in range(len(run) - 2)])
        else:
            found.extend(run)
            found.extend(map(add, run, run[1:]))
    return found


def spoken(tokens: Iterable[Token]) -> str:
    """How the text sounds, in katakana without marks and without a polite closing."""
    sound = _NOT_SPOKEN.sub("", "".join([t.reading or t.surface for t in tokens]).lower())
    return _POLITE.sub("", sound) or sound if sound.endswith(_POLITE_ENDS) else sound


def phrase_terms(sound: str) -> list[str]:
    """One `p:` term for each of the `sound_grams`."""
    return [PHRASE + gram for gram in sound_grams(sound)]


def sound_grams(sound: str) -> list[str]:
    """Grams of 2 and 3 sounds, with the phrase's start and end marked."""
    marked = f"^{sound}$"
    pairs = list(map(add, marked, marked[1:]))
    return [*pairs, *map(add, pairs, marked[2:])]


def tokenize_text(folded: str, tokenize: Tokenize) -> Sequence[Token]:
    """The tokens of a folded text; blanks between every two characters are taken out first."""
    if folded.count(" ") * 2 >= len(folded) - 1 > 2:
        folded = squeeze(folded)
    return tokenize(folded)
