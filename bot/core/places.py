"""Names of places that say nothing of what is asked: those of a move, and this city's own. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.core.text import fold
from bot.core.tokens import Token, Tokenize

_MOVES = re.compile(r"引っ?越|ひっこ|転入|転出|転居|移り住|移住|越して|赴任|転勤")
_KINDS = frozenset("都道府県市区町村郡")
_HAS_KANJI = re.compile(r"[一-龠]")
_KANA = re.compile(r"[ぁ-んー]{3,}(?<!し)|[ァ-ヶー]{3,}")
_NAMES_THE_CITY = (
    r"(?:(?=市(?:役所|民|長|内|立|営|税|議))|市?(?:の|では|でも|で|って|は|に|、|\s+|$))"
)
_JOINS = frozenset(("から", "に", "へ", "まで", "より", "の", "を", "と"))


def without_places(text: str, tokenize: Tokenize) -> str:
    """The message without the places of a move: 「八戸から盛岡に引っ越す」 → 「引っ越す」.

    A name that no document has would count as a word nobody knows. Anything else is given back
    as it is.
    """
    if not _MOVES.search(text):
        return text
    folded = fold(text)
    kept: list[str] = []
    after_place = False
    for token in tokenize(folded):
        place = token.pos[1:3] == ("固有名詞", "地名")
        goes = place or (after_place and (token.surface in _KINDS or _joins(token)))
        if not goes:
            kept.append(token.surface)
        after_place = place or (after_place and token.surface in _KINDS)
    left = "".join(kept)
    return left if left != folded and len(left) > 1 else text


def without_own_city(text: str, names: Iterable[str]) -> str:
    """The message without this city's own name: 「大野城市の児童手当」 → 「児童手当」.

    Every answer is this city's. What only begins with the name (八戸線, 八王子城) stays, and of
    八戸市役所 the 市役所. Latin names stay, and kana ones but at the beginning (「はちおうじ らいん」):
    they may be parts of other words.
    """
    if not any(name in text for name in names):
        return text
    text = _without_kana_name(text, names)
    found = {name.removesuffix("市") for name in names if name in text and _HAS_KANJI.search(name)}
    if not found:
        return text
    name = "|".join(map(re.escape, sorted(found, key=len, reverse=True)))
    left = re.sub(rf"(?<![一-龠ァ-ヶa-zA-Z])(?:{name}){_NAMES_THE_CITY}", "", text).strip()
    return left if len(left) > 1 else text


def _without_kana_name(text: str, names: Iterable[str]) -> str:
    name = next((each for each in names if text.startswith(each) and _KANA.fullmatch(each)), None)
    if name is None:
        return text
    left = re.sub(rf"^{name}し?(?:の|\s+)", "", text)
    return left if len(left) > 1 else text


def _joins(token: Token) -> bool:
    return token.pos[0] == "助詞" and token.surface in _JOINS
