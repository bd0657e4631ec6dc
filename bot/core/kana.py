"""Reads a question typed only in kana back into the knowledge base's own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from bot.core.kana_language import EDGE, RAREST, SHIPPED, Node
from bot.core.text import has_kanji, katakana

_MAX_WORD = 14
_BEAM = 6  # readings kept at each place
_UNKNOWN = "?"  # the class of kana that belong to no known word
_UNKNOWN_KANA, _UNKNOWN_BORDER = 7.0, 3.0  # costs: each kana, and where such a stretch borders
_SHORT_COST = 0.5  # of a word whose long vowels were not typed
_LARGE_COST = 2.0  # of a word whose small kana were typed large
_MOST_HOMOPHONES = 3  # of one word
_LEAST_HIRAGANA = 0.2  # share of a text in which kanji are missing (スマホのつかいかた)
_SETTLED = 4  # kana of a known word that nobody types by mistake
_LONG_VOWEL = re.compile(
    "([オコソトノホモヨロゴゾドボポョ])[ウオー]|([ウクスツヌフムユルグズヅブプュ])[ウー]|ー"
)
_KANA = re.compile("[ァ-ヺー]")
_HIRAGANA = re.compile("[ぁ-ゖ]")
_NO_KANA = re.compile(r"[a-z0-9\s]+")
_TO_LARGE = str.maketrans("ャュョッァィゥェォ", "ヤユヨツアイウエオ")
_MAYBE_SMALL = re.compile("[キシチニヒミリギジビピ][ヤユヨ]|(?<=.)ツ[カ-ヂテ-ドパ-ポ]|フ[アイエオ]")

_Words = Mapping[str, tuple[Node, ...]]
_State = tuple[float, int, str, str]  # cost so far, where the word began, class before it, written
_Reached = list[tuple[float, str, Mapping[str, float]]]  # cost so far, class, what may follow


@dataclass(frozen=True)
class _Known:
    """Words by what is typed, each table with what its words cost more than they do.

    `longest` is how long what begins with two given kana can be.
    """

    tables: tuple[tuple[_Words, float], ...]
    longest: Mapping[str, int]


def _known(*tables: tuple[_Words, float]) -> _Known:
    longest: dict[str, int] = {}
    for table, _ in tables:
        for reading in table:
            longest[reading[:2]] = max(len(reading), longest.get(reading[:2], 0))
    return _Known(tables, longest)


@dataclass(frozen=True)
class Reading:
    """A text `typed` in kana (in `romaji`: first made kana) and the most likely way to write it.

    `others` are known words that sound like its own; `cost` says how unlikely it is; `loose` are
    the places of `typed` that no longer known word holds.
    """

    typed: str
    romaji: bool
    text: str
    others: tuple[str, ...]
    cost: float
    loose: tuple[int, ...]


@dataclass(frozen=True)
class KanaDecoder:
    """The knowledge base's words by reading in katakana; common words come with the language."""

    words: _Words

    def applies(self, folded: str) -> bool:
        """Whether a folded text is typed without kanji and long enough to be read back.

        Some of it must be hiragana: words of katakana or Latin letters may stand beside it.
        """
        if has_kanji(folded):
            return False
        letters = _NO_KANA.sub("", folded)
        if len(_HIRAGANA.findall(letters)) < max(1, _LEAST_HIRAGANA * len(letters)):
            return False
        return len(folded) >= 5 or (len(folded) >= 3 and katakana(folded) in self.words)

    def decode(self, folded: str, romaji: bool = False) -> str:
        """The most likely way to write the text (Viterbi over class bigrams); the rest stays kana.

        Of a text typed in `romaji` words are known without their long vowels too (juminhyo), of
        another with large kana for small ones (じゆうみんひよう), where there may be such.
        """
        return self.read(folded, romaji).text

    def read(self, folded: str, romaji: bool = False) -> Reading:
        """The text as `decode` writes it, and what is known of its reading."""
        typed = " ".join(folded.split())
        known = self._with_short if romaji else self._as_written
        if not romaji and _MAYBE_SMALL.search(katakana(typed)):
            known = self._with_large
        decoded = [_decode_run(run, known) for run in typed.split()]
        runs = [run for _, run in decoded]
        others = (
            other for run in runs for word, sound in run for other in self.homophones(word, sound)
        )
        text = " ".join("".join(word for word, _ in run) for run in runs)
        cost = sum(each for each, _ in decoded)
        return Reading(typed, romaji, text, tuple(dict.fromkeys(others)), cost, _loose(runs))

    def homophones(self, written: str, reading: str) -> tuple[str, ...]:
        """Known words that sound like one written with kanji, the likeliest first; a few at most."""
        if not has_kanji(written):
            return ()
        others = [node[0] for node in self.words.get(reading, ()) if node[0] != written]
        return tuple(others[:_MOST_HOMOPHONES])

    @cached_property
    def longest(self) -> Mapping[str, int]:
        """How long a reading of `words` that begins with two given kana can be."""
        return _known((self.words, 0.0)).longest

    @cached_property
    def _as_written(self) -> _Known:
        return _known((self.words, 0.0), (SHIPPED.words, 0.0))

    @cached_property
    def _with_short(self) -> _Known:
        short = (_shortened(words) for words in (self.words, SHIPPED.words))
        return _known(*self._as_written.tables, *((table, _SHORT_COST) for table in short))

    @cached_property
    def _with_large(self) -> _Known:
        large = (_enlarged(words) for words in (self.words, SHIPPED.words))
        return _known(*self._as_written.tables, *((table, _LARGE_COST) for table in large))


def build_decoder(counted: Iterable[tuple[str, str, str, int]]) -> KanaDecoder:
    """A decoder from (katakana reading, written form, class, occurrences)."""
    return KanaDecoder(SHIPPED.own_words(row for row in counted if 2 <= len(row[0]) <= _MAX_WORD))


def _loose(runs: Iterable[Iterable[tuple[str, str]]]) -> tuple[int, ...]:
    """The places in words of few kana, of texts with a blank between every two."""
    found: list[int] = []
    place = 0
    for run in runs:
        for _, sound in run:
            if len(sound) < _SETTLED:
                found.extend(range(place, place + len(sound)))
            place += len(sound)
        place += 1
    return tuple(found)


def _shortened(words: _Words) -> _Words:
    """The words that lose a long vowel, by what is left of their reading."""
    return _otherwise(words, lambda reading: _LONG_VOWEL.sub(r"\1\2", reading))


def _enlarged(words: _Words) -> _Words:
    """The words with a small kana, by their reading with a large one."""
    return _otherwise(words, lambda reading: reading.translate(_TO_LARGE))


def _otherwise(words: _Words, typed: Callable[[str], str]) -> _Words:
    """The words that are `typed` otherwise than they sound, by what is typed."""
    found: dict[str, tuple[Node, ...]] = {}
    for reading, nodes in words.items():
        other = typed(reading)
        if other != reading and len(other) > 1:
            found[other] = found.get(other, ()) + nodes
    return found


def _decode_run(run: str, known: _Known) -> tuple[float, list[tuple[str, str]]]:
    """The cost, and the words as written, one after the other, each with its reading."""
    reading = katakana(run)
    length = len(reading)
    states: list[dict[str, _State]] = [{} for _ in range(length + 1)]
    states[0][EDGE] = (0.0, 0, "", "")
    for begin in range(length):
        reached = _reached(states[begin])
        _pass_over(states[begin + 1], reached, begin, run[begin], reading[begin])
        entered: dict[str, tuple[float, str]] = {}
        farthest = begin + max(1, known.longest.get(reading[begin : begin + 2], 0))
        for end in range(begin + 1, min(length, farthest) + 1):
            sound, there = reading[begin:end], states[end]
            for table, more in known.tables:
                for written, left, right, cost in table.get(sound, ()):
                    way = entered.get(left)
                    if way is None:
                        way = entered[left] = _entered(reached, left)
                    total = way[0] + (cost + more)
                    if right not in there or total < there[right][0]:
                        there[right] = (total, begin, way[1], written)
    return _best(states, reading)


def _reached(here: dict[str, _State]) -> _Reached:
    """The cheapest ways to have come so far."""
    costs = sorted([(state[0], kind) for kind, state in here.items()])[:_BEAM]
    return [(cost, kind, SHIPPED.follows.get(kind, {})) for cost, kind in costs]


def _entered(reached: _Reached, left: str) -> tuple[float, str]:
    """The least cost at which a class can come next, and the class before it."""
    best, before = reached[0][0] + 2 * RAREST, reached[0][1]
    for cost, kind, follows in reached:
        cost += _UNKNOWN_BORDER if kind == _UNKNOWN else follows.get(left, RAREST)
        if cost < best:
            best, before = cost, kind
    return best, before


def _pass_over(
    there: dict[str, _State], reached: _Reached, begin: int, char: str, sound: str
) -> None:
    """A mark, or a kana that no word explains."""
    kind = _UNKNOWN if _KANA.fullmatch(sound) else EDGE
    if kind == EDGE:
        total, before = _entered(reached, EDGE)
    else:
        ways = ((cost + _UNKNOWN_BORDER * (each != _UNKNOWN), each) for cost, each, _ in reached)
        total, before = min(ways)
        total += _UNKNOWN_KANA
    if kind not in there or total < there[kind][0]:
        there[kind] = (total, begin, before, char)


def _best(states: list[dict[str, _State]], reading: str) -> tuple[float, list[tuple[str, str]]]:
    """The words on the cheapest way, found from its end."""
    end = len(states) - 1
    total, kind = _entered(_reached(states[end]), EDGE)
    words: list[tuple[str, str]] = []
    while end:
        _, begin, before, written = states[end][kind]
        words.append((written, reading[begin:end]))
        end, kind = begin, before
    return total, words[::-1]
