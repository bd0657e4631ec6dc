"""Reads a question typed only in kana back into the knowledge base's own words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from bot.core.text import has_kanji, hiragana, hiragana_share, katakana

_MAX_WORD = 14
_FUNCTION_WORDS = (
    "ガ ヲ ニ ヘ ト デ ハ モ ノ ヤ カ ネ ヨ ナ タ テ ダ カラ マデ ヨリ ノデ ノニ ケド ケレド ガ シカ "
    "ダケ ナド デス マス マシタ マセン マスカ デスカ デショウカ デショウ デシタ シタイ シタ シテ スル サレル "
    "シマシタ シマス シタラ スレバ シナイ タイ タイデス タラ ナイ ナイデス アリマスカ アリマス アル アルノ "
    "ドウ ドコ イツ イクラ ナニ ナン ドノ ドレ ドンナ コノ ソノ アノ コレ ソレ コト モノ トキ バアイ ホウ ヒト "
    "オシエテ クダサイ オネガイシマス シリタイ キキタイ ホシイ モライタイ モラエマスカ モラエル イタダキタイ "
    "イイ ヨイ イル イマス ナル ナリマス ナッタ デキル デキマスカ デキマス デキナイ ッテ ヤリカタ シカタ "
    "ノデスガ ンデスガ デスガ マスガ ニツイテ トハ ワタシ イツマデ スレバイイ シタラ イイデスカ "
    "シヨウ オモッテイマス オモッテ オモイマス オモウ シマイマシタ シテシマッテ シマッタ ホシイデス クレマスカ "
    "ヒツヨウ ヒツヨウデスカ カカリマスカ カカルカ ワカリマセン ワカラナイ イケバ イッタラ イク イキタイ "
    "シテイマス シテイル キキマシタ キイタ ナニカ ナンカ マズハ キノウ キョウ アシタ センゲツ コンゲツ ライゲツ "
    "コトシ キョネン ライネン マタ タメ ヨウナ ドノヨウニ ドノヨウナ オヨビ ナド オカネ オミセ イッテ スンデイル "
    "ダメ ヤリタイ ミタイ アリマセンカ アリマスデショウカ ナッタラ ナイノ ナイト ナクテ"
)
_FUNCTION_COST = 1.6
_SINGLE_COST = 2.3
_SHORT_COST = 0.5  # of a word whose long vowels were not typed
_LONG_VOWEL = re.compile(
    "([オコソトノホモヨロゴゾドボポョ])[ウオー]|([ウクスツヌフムユルグズヅブプュ])[ウー]|ー"
)


@dataclass(frozen=True)
class KanaDecoder:
    """Words by reading: katakana -> (written form, cost of choosing it)."""

    words: Mapping[str, tuple[str, float]]

    def applies(self, folded: str) -> bool:
        """Whether a folded text is typed in kana only and long enough to be read back."""
        if has_kanji(folded) or hiragana_share(folded) < 0.8:
            return False
        return len(folded) >= 5 or (len(folded) >= 3 and katakana(folded) in self.words)

    def decode(self, folded: str, romaji: bool = False) -> str:
        """The cheapest way to write the text with known words (Viterbi); the rest stays kana.

        Of a text typed in `romaji` words are known without their long vowels too (juminhyo).
        """
        words = self._with_short if romaji else self.words
        return " ".join(_decode_run(run, words) for run in folded.split())

    @cached_property
    def _with_short(self) -> Mapping[str, tuple[str, float]]:
        short = {
            _shortened(reading): (written or hiragana(reading), cost + _SHORT_COST)
            for reading, (written, cost) in sorted(self.words.items(), key=lambda i: -i[1][1])
        }
        return {key: value for key, value in short.items() if len(key) > 1} | dict(self.words)


def _shortened(reading: str) -> str:
    return _LONG_VOWEL.sub(r"\1\2", reading)


def _decode_run(run: str, words: Mapping[str, tuple[str, float]]) -> str:
    reading = katakana(run)
    length = len(reading)
    best = [0.0] + [math.inf] * length
    choice: list[tuple[int, str]] = [(0, "")] * (length + 1)
    for end in range(1, length + 1):
        cost, start = best[end - 1] + _SINGLE_COST, end - 1
        written = run[start:end]
        for begin in range(max(0, end - _MAX_WORD), end):
            found = words.get(reading[begin:end])
            if found is not None and best[begin] + found[1] < cost:
                cost, start = best[begin] + found[1], begin
                written = found[0] or run[begin:end]
        best[end], choice[end] = cost, (start, written)
    parts: list[str] = []
    end = length
    while end:
        end, written = choice[end]
        parts.append(written)
    return "".join(reversed(parts))


def build_decoder(counts: Iterable[tuple[str, str, int]]) -> KanaDecoder:
    """A decoder from (katakana reading, written form, occurrences); the commonest form wins."""
    by_reading: dict[str, dict[str, int]] = {}
    for reading, written, count in counts:
        if len(reading) >= 2 and len(reading) <= _MAX_WORD:
            forms = by_reading.setdefault(reading, {})
            forms[written] = forms.get(written, 0) + count
    words = dict.fromkeys(_FUNCTION_WORDS.split(), ("", _FUNCTION_COST))
    for reading, forms in by_reading.items():
        written, count = max(forms.items(), key=lambda item: (item[1], item[0]))
        base = 2.5 if len(reading) == 2 else 2.0
        cost = base + 2.0 / (1.0 + math.log1p(count))
        if reading not in words or cost < words[reading][1]:
            words[reading] = ("" if hiragana(reading) == written else written, cost)
    return KanaDecoder(words)
