"""How generally an entry's title asks: who names a matter alone mostly wants the general entry.

Of two entries about a matter 「粗大ごみについて教えてください」 serves everybody, 「留守のとき粗大ごみを
出せますか」 only those in that case, and they will say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.core.tokens import Token

_ASKING = frozenset("何 誰 どこ 何処 いつ 何時 どう 如何 どの どんな どちら 幾ら 何故".split())
_LINKS = frozenset("と ば が ので けど".split())  # after a clause, not after a noun
_GENERAL = (  # an open question, a list, a matter, a wish to know
    _ASKING,
    frozenset("など 等 や ・".split()),
    frozenset("つい 関する".split()),
    frozenset("知る 教える".split()),
)
_PARTICULAR = (  # what happened, a case, what is done to one, what one may or must, a person
    frozenset("た".split()),
    frozenset(("場合", "時", "際", *_LINKS)),
    frozenset("れる られる".split()),
    frozenset("出来る 必要 良い".split()),
    frozenset("者 人".split()),
)


def generality(title: Sequence[Token]) -> int:
    """How many signs of a general title there are, less those of one particular case (-6 to 4)."""
    words = frozenset(_forms(title))
    general = sum(not words.isdisjoint(signs) for signs in _GENERAL)
    particular = sum(not words.isdisjoint(signs) for signs in _PARTICULAR)
    yes_or_no = "か" in words and words.isdisjoint(_ASKING)
    return general - particular - yes_or_no


def _forms(title: Iterable[Token]) -> Iterable[str]:
    for token in title:
        if token.surface not in _LINKS or token.pos[1] == "接続助詞":
            yield token.surface
            yield token.normal
