"""Recognise danger in a message, in any wording, without crying wolf."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain

from bot.core.knowledge import Emergency
from bot.core.text import fold, plain_spelling
from bot.core.wordset import Words

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
        self._words = Words(word for _, signs in self._watched for word in signs.words())
        # Each sign under the words of its rarest group, with the number of what it is a sign of.
        self._signs: dict[str, list[tuple[int, _Sign]]] = {}
        for number, (_, signs) in enumerate(self._watched):
            for word, each in signs.by_word.items():
                self._signs.setdefault(word, []).extend((number, sign) for sign in each)

    def find(self, text: str) -> list[Emergency]:
        """Those whose signs stand in `text`, in the order given."""
        plain = plain_spelling(text)
        bare = _bare(plain)
        standing = self._words.standing_in(plain if bare == plain else f"{plain}\n{bare}")
        possible = {
            number
            for word in standing
            for number, sign in self._signs.get(word, ())
            if _is_made_of(sign, standing)
        }
        watched = (self._watched[number] for number in sorted(possible))
        return [emergency for emergency, signs in watched if signs.are_left_in(plain, standing)]


_Sign = tuple[frozenset[str], ...]  # groups; of each a word must stand there


@dataclass(frozen=True)
class _Signs:
    """Signs and calm words in the spelling in which they are looked for."""

    alone: Sequence[str]  # calm wherever it stands
    pairs: Sequence[Sequence[str]]  # the last is calm only close to the first, which stays
    calm_words: frozenset[str]  # without one of these nothing is calm
    by_word: Mapping[str, Sequence[_Sign]]  # each under the words of its rarest group

    @cached_property
    def _calm(self) -> re.Pattern[str] | None:
        """Made when a message needs it, like the next: all together take 30 ms of a start."""
        return _any_of(self.alone)

    @cached_property
    def _beside(self) -> tuple[re.Pattern[str], ...]:
        return tuple(_beside(words[0], words[-1]) for words in self.pairs)

    def words(self) -> Set[str]:
        """Every word that matters."""
        signs = set(chain.from_iterable(self.by_word.values()))  # each stands under many words
        return self.calm_words.union(*chain.from_iterable(signs))

    def are_left_in(self, plain: str, standing: Set[str]) -> bool:
        """Whether any of the signs that stand in `plain` is left in it without its calm words.

        `standing` are those of `words` that stand in it as it is, or in it without particles.
        Taking calm words out brings no new ones in.
        """
        if self.calm_words.isdisjoint(standing):
            return True
        plain = self._stirred(plain)
        bare = _bare(plain)
        if bare != plain:
            plain = f"{plain}\n{self._stirred(bare)}"
        left = {word for word in standing if word in plain}
        return any(_is_made_of(sign, left) for word in left for sign in self.by_word.get(word, ()))

    def _stirred(self, plain: str) -> str:
        """What is left without the calm words."""
        if self._calm is not None:
            plain = self._calm.sub("\n", plain)
        for pattern in self._beside:
            plain = pattern.sub(r"\g<before>\n\g<after>", plain)
        return plain


def _is_made_of(sign: _Sign, words: Set[str]) -> bool:
    """Whether a word of each group is there."""
    return not any(map(words.isdisjoint, sign))


@lru_cache(maxsize=32)  # content is checked with them, then served
def _signs(emergency: Emergency) -> _Signs:
    read = [tuple(map(_alternatives, fold(sign).split())) for sign in emergency.signs]
    by_word: dict[str, list[_Sign]] = {}
    for sign in read:
        if sign and all(sign):
            # Of groups that must all be there, the one whose words say most.
            rarest = max(sign, key=lambda group: (min(map(len, group)), -len(group)))
            groups = tuple(map(frozenset, sign))
            for word in rarest:
                by_word.setdefault(word, []).append(groups)
    calm = [fold(words).split() for words in emergency.calm]
    alone = [w for words in calm if len(words) == 1 for w in _alternatives(words[0])]
    pairs = [words for words in calm if len(words) > 1]
    calm_words = frozenset((*alone, *(w for words in pairs for w in _alternatives(words[-1]))))
    return _Signs(alone, pairs, calm_words, by_word)


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
    words = filter(None, plain_spelling(group).split("|"))
    return tuple(dict.fromkeys(each for word in words for each in (word, _bare(word))))


def _any_of(words: Iterable[str]) -> re.Pattern[str] | None:
    """Matches any of the words, the longest where several begin."""
    found = sorted(set(filter(None, words)), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, found))) if found else None


def _bare(plain: str) -> str:
    """Without を and が after a kanji."""
    return _PARTICLE.sub("", plain)
