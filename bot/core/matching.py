"""From a resident's message to ranked candidates. Pure, thread-safe, never raises on any text."""

from __future__ import annotations

from bot.core.confidence import probabilities, signals
from bot.core.documents import Document, Match, Ranking
from bot.core.explain import explain
from bot.core.index import Index, build_index
from bot.core.priors import prior_scores
from bot.core.query import Query, mended, read_query, says_nothing
from bot.core.scoring import score
from bot.core.tokens import Tokenize

__all__ = ["FIRST_TEXTS", "Document", "Index", "Match", "Ranking", "build_index", "explain", "rank"]

# Who ranks these has made what the first message in dialect, in kana and in romaji would wait for:
# rules and tables that take 20 to 100 ms each.
FIRST_TEXTS = ("じゆうみんひようばなくしたばってん", "juminhyo ga hoshii")

_CANDIDATES = 60
_CLEAR = 0.9  # above this probability no other reading is tried
_NOTHING = Ranking((), 0.0, 0.0, 0.0)


def rank(index: Index, text: str, tokenize: Tokenize, limit: int = 10) -> Ranking:
    """The best `limit` documents for a message, best first, with calibrated probabilities.

    A message that is not clear is also read with one wrong character mended; the reading that is
    more likely right counts.
    """
    if not index.ids:
        return _NOTHING
    query = read_query(index, text, tokenize)
    if says_nothing(query.folded):
        return _NOTHING
    ranking = _rank(index, query, limit)
    if ranking.top1 >= _CLEAR:
        return ranking
    other = mended(index, query, tokenize)
    if other is None:
        return ranking
    second = _rank(index, other, limit)
    return second if second.top1 > ranking.top1 else ranking


def _rank(index: Index, query: Query, limit: int) -> Ranking:
    scored = score(index, query, max(_CANDIDATES, limit))
    if not len(scored.candidates):
        return _NOTHING
    kinds = index.kinds.take(scored.candidates)
    values = prior_scores(kinds, query.folded, scored.features, scored.phrase)
    order = (-values).argsort(kind="stable")
    values = values.take(order)
    shown = scored.candidates.take(order[:limit]).tolist()
    found = zip(map(index.ids.__getitem__, shown), values[:limit].tolist(), strict=True)
    first = order[0]
    vector = signals(
        values,
        scored.features[first],
        float(scored.phrase[first]),
        len(query.words),
        len(query.unknown),
        len(query.fired),
    )
    matches = tuple(map(Match._make, found))  # half the time of calling it
    return Ranking(matches, *probabilities(vector), vector)
