"""Recognise danger in a message, in any wording, without crying wolf."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from operator import add

from bot.core.knowledge import Emergency
from bot.core.text import fold, hiragana

_BLANKS = re.compile(r"[\s・、,]+")
# 「首を絞められた」 is also said 「首絞められた」; but 家を出る is no 家出, nor has every
# 崖崩れ just come down.
_PARTICLE = re.compile(r"(?<=[一-龠々])(?:が(?!崩)|を(?!出))(?=.)")
_CLOSE = 10  # characters between a word and what it makes harmless


class Lookout:
    """Looks for these emergencies in messages; made once, it costs a message next to nothing.

    A sign is an AND of blank-separated groups, each a `|` list of alternatives, looked for as
    substrings of the text without blanks, in hiragana, in lower case, with を and が after a kanji
    and without. The words of `calm` are
    taken out first, longest first, so that 火事の保険 raises no alarm and 火事で罹災証明 does.
    Of a calm "宿題|書類 助けて" only 助けて is taken out, where it stands close to one of the first.
    """

    def __init__(self, emergencies: Iterable[Emergency]) -> None:
        self._watched = [(each, _signs(each)) for each in emergencies]
        # The words without which no sign stands in a text, by how they begin -> whose they are.
        # Taking calm words out brings no new ones in.
        self._needed: dict[str, dict[str, list[int]]] = {}
        for number, (_, signs) in enumerate(self._watched):
            for word in signs.needed:
                self._needed.setdefault(word[:2], {}).setdefault(word, []).append(number)
        self._starts = frozenset(self._needed)

    def find(self, text: str) -> list[Emergency]:
        """Those whose signs stand in `text`, in the order given."""
        plain = plain_spelling(text)
        both = f"{plain}\n{_bare(plain)}"
        possible = {
            number
            for start in self._starts.intersection((*both, *map(add, both, both[1:])))
            for word, numbers in self._needed[start].items()
            if word in both
            for number in numbers
        }
        watched = (self._watched[number] for number in sorted(possible))
        return [emergency for emergency, signs in watched if signs.stand_in(plain)]


@dataclass(frozen=True)
class _Signs:
    """Signs and calm words in the spelling in which they are looked for."""

    calm: re.Pattern[str] | None
    beside: tuple[re.Pattern[str], ...]  # calm only close to another word, which stays
    words: re.Pattern[str] | None  # the signs of one group, which are most
    groups: tuple[tuple[tuple[str, ...], ...], ...]
    needed: tuple[str, ...]  # one of them stands in every text with a sign

    def stand_in(self, plain: str) -> bool:
        """Whether any sign is left in `plain` without its calm words."""
        plain = self._stirred(plain)
        bare = _bare(plain)
        if bare != plain:
            plain = f"{plain}\n{self._stirred(bare)}"
        if self.words is not None and self.words.search(plain):
            return True
        for sign in self.groups:  # loops, since `any` and `all` would take three times as long
            for group in sign:
                for word in group:
                    if word in plain:
                        break
                else:
                    break
            else:
                return True
        return False

    def _stirred(self, plain: str) -> str:
        """What is left without the calm words."""
        if self.calm is not None:
            plain = self.calm.sub("\n", plain)
        for pattern in self.beside:
            plain = pattern.sub(r"\g<before>\n\g<after>", plain)
        return plain


@lru_cache(maxsize=32)  # content is checked with them, then served
def _signs(emergency: Emergency) -> _Signs:
    read = [tuple(map(_alternatives, fold(sign).split())) for sign in emergency.signs]
    whole = [sign for sign in read if sign and all(sign)]
    single = [word for sign in whole if len(sign) == 1 for word in sign[0]]
    groups = tuple(sign for sign in whole if len(sign) > 1)
    # Of groups that must all be there, the one whose words say most.
    rarest = [max(sign, key=lambda group: (min(map(len, group)), -len(group))) for sign in groups]
    needed = (*single, *(word for group in rarest for word in group))
    calm = [fold(words).split() for words in emergency.calm]
    alone = _any_of(w for words in calm if len(words) == 1 for w in _alternatives(words[0]))
    beside = tuple(_beside(words[0], words[-1]) for words in calm if len(words) > 1)
    return _Signs(alone, beside, _any_of(single), groups, needed)


def _beside(near: str, calm: str) -> re.Pattern[str]:
    """Matches a word of `calm` with a word of `near` not far before or after it.

    What stands between them is kept: it may be a danger of its own.
    """
    first, last = ("|".join(map(re.escape, _alternatives(group))) for group in (near, calm))
    between = f".{{0,{_CLOSE}}}?"
    return re.compile(
        f"(?P<before>(?:{first}){between})(?:{last})|(?:{last})(?P<after>{between}(?:{first}))"
    )


def _alternatives(group: str) -> tuple[str, ...]:
    words = filter(None, map(plain_spelling, group.split("|")))
    return tuple(dict.fromkeys(each for word in words for each in (word, _bare(word))))


def _any_of(words: Iterable[str]) -> re.Pattern[str] | None:
    """Matches any of the words, the longest where several begin."""
    found = sorted(set(filter(None, words)), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, found))) if found else None


def _bare(plain: str) -> str:
    """Without を and が after a kanji."""
    return _PARTICLE.sub("", plain)


def plain_spelling(text: str) -> str:
    """The text as danger is looked for in it: folded, in hiragana, without blanks and commas."""
    return _BLANKS.sub("", hiragana(fold(text)))
