"""Names of places in a message about moving, which say where from and where to, not what is asked. Pure."""

from __future__ import annotations

import re

from bot.core.text import fold
from bot.core.tokens import Token, Tokenize

_MOVES = re.compile(r"引っ?越|ひっこ|転入|転出|転居|移り住|移住|越して|赴任|転勤")
_KINDS = frozenset("都道府県市区町村郡")
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


def _joins(token: Token) -> bool:
    return token.pos[0] == "助詞" and token.surface in _JOINS
