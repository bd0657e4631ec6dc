"""Two wants in one message (「転出届とマイナンバーカードの住所変更」), told apart. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.core.documents import Ranking
from bot.core.index import Index
from bot.core.matching import rank
from bot.core.text import fold
from bot.core.tokens import Tokenize

# と and や join only after a noun: 「引っ越すと」 is no list.
_LINKS = r"[、。]?(?:それと|それから|(?<=[、。\s])あと)、?"
# What joins two wants in a message that is sure as a whole: 「…なくしたのと、…も」, 「…したいし、…も」.
_LINKED = re.compile(
    _LINKS
    + r"|(?<=[たい])し、(?=[^、。]+も)"
    + r"|(?:(?<=[うくぐすつぶむるたい])の|(?:方法|仕方|しかた|やり方|こと|名前))と、?(?!か)(?=[^、。]{4})"
    + r"|(?<=[一-龠ァ-ヶーい])と(?=[^、。]+のこと(?:を|も)|[^、。]*(?:両方|どちらも|どっちも))"
    + r"|,? and (?=(?:also|i|how|where|can|what)\b)"
)
_BREAKS = re.compile(_LINKED.pattern + r"|[、/&]|(?<=[一-龠ァ-ヶー])(?<!落)(?:と|や)(?!は|いう)")
_ONE_WANT = re.compile("違い|ちがい|違う|別(?:です|な|もの)|一緒|まとめ|一度|関係")
_SHORTEST = 2  # characters of a half; a letter alone is no want
_LONGEST = 120
_SURE = 0.6  # of each half; halves that are less sure are read together, as one


@dataclass(frozen=True)
class Want:
    """One of two wants: its part of the message, and how that is ranked."""

    text: str
    ranking: Ranking

    @property
    def id(self) -> str:
        """The document that answers it."""
        return self.ranking.matches[0].id


def wants(index: Index, text: str, tokenize: Tokenize) -> tuple[Want, ...]:
    """Two different wants, in the order in which they were said; else nothing."""
    return wants_by(lambda half: rank(index, half, tokenize, 1), text)


def wants_by(
    ranked: Callable[[str], Ranking], text: str, *, linked: bool = False
) -> tuple[Want, ...]:
    """The same over any ranking of a text; `linked`: only at words like それと and あと.

    Both halves of some break must be clear by themselves and lead to different documents.
    """
    folded = fold(text)
    if len(folded) > _LONGEST or _ONE_WANT.search(folded):
        return ()
    for match in (_LINKED if linked else _BREAKS).finditer(folded):
        halves = folded[: match.start()].strip(), folded[match.end() :].strip()
        if min(map(len, halves)) < _SHORTEST:
            continue
        first, second = (Want(half, ranked(half)) for half in halves)
        if _clear(first) and _clear(second) and first.id != second.id:
            return first, second
    return ()


def _clear(want: Want) -> bool:
    return bool(want.ranking.matches) and want.ranking.top1 >= _SURE
