"""Where the time of a question goes: each part of the matcher, in microseconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bot.core import matching, query, scoring
from bot.core.kana import KanaDecoder
from bot.core.lexicon import Triggers

_PASSES = 7
_WHOLE = "whole question"
# Label, where the part is called from, its name there. Indented parts lie within the one above.
_PARTS: tuple[tuple[str, Any, str], ...] = (
    ("reading the message", matching, "read_query"),
    ("  courtesy", query, "without_courtesy"),
    ("  dialect", query, "standard"),
    ("  romaji", query, "from_romaji"),
    ("  kana", KanaDecoder, "read"),
    ("  words (dictionary)", query, "tokenize_text"),
    ("  word list", Triggers, "find"),
    ("  sound of the phrase", query, "spoken"),
    ("scores and features", matching, "score"),
    ("  where the terms' lists stand", scoring, "_asked"),
    ("  BM25F, coverage, closest phrase, titles", scoring, "_sums"),
    ("  latent meaning", scoring, "_meaning"),
    ("second look", matching, "prior_scores"),
    ("confidence: signals", matching, "signals"),
    ("confidence: probabilities", matching, "probabilities"),
    ("mending, without the second reading's ranking", matching, "mended"),
)


def spent(search: Callable[[str], object], questions: Sequence[str]) -> dict[str, float]:
    """Mean processor time (microseconds) of each part for a question, the least of several passes.

    The clock itself costs about a microsecond for each call of a part.
    """
    least: dict[str, float] = {}
    for _ in range(_PASSES):
        start = time.thread_time()
        for text in questions:
            search(text)
        _keep(least, _WHOLE, time.thread_time() - start)
    with _watched() as totals:
        for _ in range(_PASSES):
            totals.update(dict.fromkeys(totals, 0.0))
            for text in questions:
                search(text)
            for label, total in totals.items():
                _keep(least, label, total)
    return {label: round(least[label] / len(questions) * 1e6, 1) for label in least}


def _keep(least: dict[str, float], label: str, seconds: float) -> None:
    least[label] = min(seconds, least.get(label, seconds))


@contextmanager
def _watched() -> Iterator[dict[str, float]]:
    """Seconds by label while every part is watched; the parts are put back afterwards."""
    totals = {label: 0.0 for label, _, _ in _PARTS}
    before = [(owner, name, getattr(owner, name)) for _, owner, name in _PARTS]
    try:
        for label, owner, name in _PARTS:
            setattr(owner, name, _timed(getattr(owner, name), label, totals))
        yield totals
    finally:
        for owner, name, part in before:
            setattr(owner, name, part)


def _timed(part: Callable[..., Any], label: str, totals: dict[str, float]) -> Callable[..., Any]:
    def timed(*args: Any, **named: Any) -> Any:
        start = time.thread_time()
        try:
            return part(*args, **named)
        finally:
            totals[label] += time.thread_time() - start

    return timed
