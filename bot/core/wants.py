"""Two wants in one message (「転出届とマイナンバーカードの住所変更」), told apart. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.core.documents import Match, Ranking
from bot.core.index import Index
from bot.core.matching import rank
from bot.core.text import fold
from bot.core.tokens import Tokenize

# と and や join only after a noun: 「引っ越すと」 is no list.
_BREAKS = re.compile(
    r"[、。]?(?:それと|それから|(?<=[、。\s])あと)、?|[、/&]|(?<=[一-龠ァ-ヶー])(?:と|や)(?!は|いう)"
)
_ONE_WANT = re.compile("違い|ちがい|違う|一緒|まとめ|一度|関係")
_SHORTEST = 2  # characters of a half; a letter alone is no want
_LONGEST = 120
_SURE = 0.6  # of each half; halves that are less sure are read together, as one


def wants(index: Index, text: str, tokenize: Tokenize) -> tuple[str, ...]:
    """The ids of two different wants, in the order in which they were said; else nothing."""
    return wants_by(lambda half: rank(index, half, tokenize, 1), text)


def wants_by(ranked: Callable[[str], Ranking], text: str) -> tuple[str, ...]:
    """The same over any ranking of a text.

    Both halves of some break must be clear by themselves and lead to different documents.
    """
    folded = fold(text)
    if len(folded) > _LONGEST or _ONE_WANT.search(folded):
        return ()
    for match in _BREAKS.finditer(folded):
        halves = folded[: match.start()].strip(), folded[match.end() :].strip()
        if min(map(len, halves)) < _SHORTEST:
            continue
        rankings = [ranked(half) for half in halves]
        if all(ranking.matches and ranking.top1 >= _SURE for ranking in rankings):
            first, second = (ranking.matches[0].id for ranking in rankings)
            if first != second:
                return first, second
    return ()


def with_first(ranking: Ranking, ids: tuple[str, ...]) -> tuple[Match, ...]:
    """The ranking's matches with these ids before the others."""
    scores = {match.id: match.score for match in ranking.matches}
    others = tuple(match for match in ranking.matches if match.id not in ids)
    return (*(Match(item, scores.get(item, 0.0)) for item in ids), *others)
