"""How much a message sounds like danger, whatever its words: a learned score beside the signs.

A logistic regression over the characters' 1- to 3-grams of the message (Wang and Manning, 2012,
show how far such simple scores go on short texts), joined with how likely the matcher takes it for
a question to the city. `danger_training` fits the weights, `madoguchi train --danger` writes them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import repeat
from operator import add
from typing import Final, Literal

from bot.core.text import plain_spelling, sentences

Level = Literal["card", "line", "none"]
_MOST = 120  # characters of a sentence that are looked at; the costs stay small whatever is sent
_SENTENCES = 8
_SHORTEST = 3  # characters of a sentence that says something alone
_SURE = 0.99  # the matcher's chances beyond this, and below its opposite, are taken as this


@dataclass(frozen=True, eq=False)
class DangerWeights:
    """What was learned: a weight for each gram, and how score and matcher make up the chance.

    `wording`, `scope` and `added` give the log-likelihood ratio of danger against any other message.
    """

    grams: Mapping[str, float]
    intercept: float
    wording: float
    scope: float
    added: float


@dataclass(frozen=True)
class DangerCosts:
    """What each outcome costs, in the measure of `confidence.Costs`; only the ratios matter.

    `share` of the messages that show no sign tell of danger all the same: an assumption.
    """

    share: float = 0.002
    unseen: float = 700.0  # danger, and nothing is said of it
    line_only: float = 300.0  # danger, and only a line tells where to call
    false_card: float = 10.0  # the card before everything for an everyday question
    false_line: float = 2.0  # the line under the answer to one

    @property
    def card_from(self) -> float:
        """The log-likelihood ratio from which the card costs less than the line."""
        return math.log((self.false_card - self.false_line) / self.line_only) - self._prior

    @property
    def line_from(self) -> float:
        """The log-likelihood ratio from which the line costs less than silence."""
        return math.log(self.false_line / (self.unseen - self.line_only)) - self._prior

    @property
    def _prior(self) -> float:
        return math.log(self.share / (1.0 - self.share))


def read_weights(text: str) -> DangerWeights:
    """The weights in a file of `danger_training`. Raises KeyError or ValueError when it is broken."""
    data = json.loads(text)
    hundredths: dict[str, int] = data["grams"]
    grams = {gram: weight / 100.0 for gram, weight in hundredths.items()}
    chance = data["chance"]
    return DangerWeights(
        grams, float(data["intercept"]), *(float(chance[k]) for k in ("wording", "scope", "added"))
    )


SHIPPED: Final = read_weights(files("bot.core").joinpath("danger.json").read_text("utf-8"))


def grams_of(text: str) -> set[str]:
    """The grams of one to three characters of a sentence, its beginning and end marked."""
    plain = f"^{plain_spelling(text)[:_MOST]}$"
    twos = list(map(add, plain, plain[1:]))
    return {*plain, *twos, *map(add, twos, plain[2:])}


def wording_score(text: str, weights: DangerWeights = SHIPPED) -> float:
    """How dangerous the wording is, in log-odds: the worst of its sentences."""
    parts = [part for part in sentences(text) if len(part) >= _SHORTEST][:_SENTENCES]
    return max(_score(part, weights) for part in parts or [text])


def _score(text: str, weights: DangerWeights) -> float:
    found = grams_of(text)
    score = sum(map(weights.grams.get, found, repeat(0.0)))
    return score / math.sqrt(len(found)) + weights.intercept


def danger_ratio(score: float, in_scope: float, weights: DangerWeights = SHIPPED) -> float:
    """The log-likelihood ratio of danger from `wording_score` and the matcher's P(in scope)."""
    chance = min(max(in_scope, 1.0 - _SURE), _SURE)
    scope = math.log(chance / (1.0 - chance))
    return weights.wording * score + weights.scope * scope + weights.added


def danger_level(
    text: str,
    in_scope: Callable[[], float],
    costs: DangerCosts | None = None,
    weights: DangerWeights = SHIPPED,
) -> Level:
    """What costs least: the card, a line under the answer, or nothing.

    `in_scope` gives the matcher's P(in scope); it is asked only where it can make a difference.
    """
    costs = costs or DangerCosts()
    score = wording_score(text, weights)
    if danger_ratio(score, 0.0, weights) < costs.line_from:
        return "none"
    ratio = danger_ratio(score, in_scope(), weights)
    if ratio < costs.line_from:
        return "none"
    return "card" if ratio >= costs.card_from else "line"


def telling_parts(text: str, weights: DangerWeights = SHIPPED) -> list[str]:
    """The parts of the message that raised the score most, in plain spelling, at most five."""
    found = {gram: weights.grams.get(gram, 0.0) for gram in grams_of(text) if len(gram) > 1}
    ordered = sorted(found, key=lambda gram: (-found[gram], gram))
    kept = [gram.strip("^$") for gram in ordered if found[gram] > 0]
    return [gram for gram in dict.fromkeys(kept) if len(gram) > 1][:5]
