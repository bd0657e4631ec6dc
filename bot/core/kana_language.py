"""How Japanese runs on, for reading kana: common words by sound, and which kind follows which.

A class bigram model (Brown and others, 1992) with Sudachi's parts of speech as classes. It is
learned from the cities' own content, so it says nothing of any one knowledge base.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from sys import intern
from typing import Final

from bot.core.tokens import Token

EDGE: Final = "^"  # the class of marks and blanks, and of the start and the end
Node = tuple[str, str, str, float]  # written form, class on its left and right side, cost
_OWN_SHARE = 0.5  # of a class's words, how much comes from a knowledge base
_TRUST = 0.9  # in counts of pairs, against what a class has in any place
RAREST = 12.0  # the cost of a pair of classes that the model does not know
_COMMON = 4  # words seen less often are left to the knowledge bases
_CLOSED = frozenset({"補助記号", "記号", "空白"})


@dataclass(frozen=True)
class KanaLanguage:
    """Costs are negative logarithms of probabilities; `sizes` has the words of each class."""

    words: Mapping[str, tuple[Node, ...]]
    follows: Mapping[str, Mapping[str, float]]
    sizes: Mapping[str, int]

    def own_words(
        self, counted: Iterable[tuple[str, str, str, int]]
    ) -> dict[str, tuple[Node, ...]]:
        """Nodes by reading of a knowledge base's words: (reading, written, class, occurrences).

        The class of a compound is that of its first and last word, with ">" between them.
        """
        rows = []
        sizes: Counter[str] = Counter()
        for reading, written, kind, count in counted:
            left, _, right = kind.partition(">")
            rows.append((reading, written, left, right or left, count))
            sizes[right or left] += count
        found: dict[str, list[Node]] = {}
        for reading, written, left, right, count in rows:
            share = _OWN_SHARE if right in self.sizes else 1.0
            cost = round(-math.log(share * count / sizes[right]), 2)
            found.setdefault(reading, []).append((written, left, right, cost))
        return {reading: tuple(sorted(nodes, key=_by_cost)) for reading, nodes in found.items()}


def _by_cost(node: Node) -> tuple[float, str]:
    return node[3], node[0]


@cache
def word_class(pos: tuple[str, ...]) -> str:
    """The class of a word by its part of speech: two levels, and the form of what inflects."""
    if pos[0] in _CLOSED:
        return EDGE
    form = pos[5].split("-")[0] if len(pos) > 5 else "*"
    parts = [pos[0], *(part for part in (*pos[1:2], form) if part != "*")]
    if pos[0] == "名詞" and pos[2:3] == ("助数詞可能",):
        parts.append(pos[2])
    return "-".join(parts)


def learn(texts: Iterable[tuple[Sequence[Token], int]], made: str) -> str:
    """The model as a file (JSON) from tokenised texts, each with how much it counts."""
    words: dict[str, Counter[tuple[str, str]]] = {}
    pairs: dict[str, Counter[str]] = {}
    for tokens, weight in texts:
        before = EDGE
        for token in tokens:
            kind = word_class(token.pos) if token.reading else EDGE
            if kind != EDGE:
                words.setdefault(token.reading, Counter())[token.surface, kind] += weight
            pairs.setdefault(before, Counter())[kind] += weight
            before = kind
        pairs.setdefault(before, Counter())[EDGE] += weight
    rows = {
        reading: kept
        for reading, forms in sorted(words.items())
        if (kept := [[*key, count] for key, count in sorted(forms.items()) if count >= _COMMON])
    }
    follows = {before: dict(sorted(after.items())) for before, after in sorted(pairs.items())}
    lines = ",\n".join(
        f"{json.dumps(key, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}"
        for key, value in (("from", made), ("follows", follows))
    )
    listed = ",\n".join(
        f"{json.dumps(key, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}"
        for key, value in rows.items()
    )
    return f'{{{lines},\n"words": {{\n{listed}\n}}}}\n'


def read_language(text: str) -> KanaLanguage:
    """The model in a file that `learn` wrote. Raises KeyError or ValueError when it is broken."""
    data = json.loads(text)
    pairs: dict[str, dict[str, int]] = data["follows"]
    sizes: Counter[str] = Counter()
    for forms in data["words"].values():
        for _, kind, count in forms:
            sizes[kind] += count
    words = {
        reading: tuple(
            (written, intern(kind), intern(kind), _cost(count / sizes[kind] * (1.0 - _OWN_SHARE)))
            for written, kind, count in forms
        )
        for reading, forms in data["words"].items()
    }
    anywhere: Counter[str] = Counter()
    for after in pairs.values():
        anywhere.update(after)
    every = sum(anywhere.values()) + len(anywhere)
    follows = {
        before: {
            kind: _cost(
                _TRUST * after.get(kind, 0) / sum(after.values())
                + (1.0 - _TRUST) * (count + 1) / every
            )
            for kind, count in anywhere.items()
        }
        for before, after in pairs.items()
    }
    return KanaLanguage(words, follows, sizes)


def _cost(share: float) -> float:
    return round(-math.log(share), 2)


SHIPPED: Final = read_language(files("bot.core").joinpath("kana.json").read_text("utf-8"))
