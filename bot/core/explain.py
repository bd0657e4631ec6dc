"""Why documents were chosen, in words a staff member understands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from bot.core.confidence import reasons, signals
from bot.core.index import Index
from bot.core.priors import prior_scores
from bot.core.query import CONCEPTS, EXPANSION, ORIGINAL, Query, read_query
from bot.core.scoring import score
from bot.core.tokens import Tokenize

_CANDIDATES = 60
_SHOWN = 8  # words named on one line
_TELLING = 0.2  # log-odds from which a reason is told
# What the signals of `confidence.SIGNALS` are about. Those of one group speak of nearly the same,
# so that only their sum says something.
_ABOUT = {
    "ほかの候補との差": ("margin2", "margin4", "share", "share3"),
    "質問の言葉や意味がどれだけ知識に合うか": (
        "log_first",
        "covd",
        "ccovd",
        "rcov",
        "unknown",
        "wordless",
        "latent",
        "latent_title",
    ),
    "いちばん近い例文との近さ": ("sound", "word"),
    "質問の長さと言いかえの数": ("length", "fired"),
}


def explain(index: Index, text: str, tokenize: Tokenize, limit: int = 3) -> list[str]:
    """Japanese sentences: how the message was read, and what speaks for the first candidates."""
    query = read_query(index, text, tokenize)
    return [*_reading(index, query), *_candidates(index, query, limit)]


def _reading(index: Index, query: Query) -> Iterator[str]:
    if query.words:
        yield f"大事な言葉として読んだもの：{'、'.join(query.words[:_SHOWN])}"
    else:
        yield "意味のある言葉を読み取れませんでした。"
    if query.unknown:
        yield f"知識のどこにもない言葉：{'、'.join(query.unknown[:_SHOWN])}"
    for line, words in list(query.fired.items())[:_SHOWN]:
        right = "、".join(index.lexicon[line][1])
        yield f"言いかえの一覧により、「{words}」を「{right}」とも読みました。"


def _confidence(vector: Sequence[float]) -> Iterator[str]:
    parts = dict(reasons(vector))
    told = {about: sum(parts[name] for name in names) for about, names in _ABOUT.items()}
    for way, sign in (("上げた", 1.0), ("下げた", -1.0)):
        names = [about for about, value in told.items() if value * sign >= _TELLING]
        if names:
            yield f"ふつうの質問と比べて自信を{way}もの：{'、'.join(names)}"


def _candidates(index: Index, query: Query, limit: int) -> Iterator[str]:
    if not index.ids:
        return
    scored = score(index, query, _CANDIDATES)
    if not len(scored.candidates):
        yield "当てはまりそうな知識は見つかりませんでした。"
        return
    names = {number: term[2:] for term, number in index.terms.number.items()}
    kinds = index.kinds[scored.candidates]
    values = prior_scores(kinds, query.folded, scored.features, scored.phrase)
    order = np.argsort(-values, kind="stable")
    vector = signals(
        values[order],
        scored.features[order[0]],
        float(scored.phrase[order[0]]),
        len(query.words),
        len(query.unknown),
        len(query.fired),
    )
    yield from _confidence(vector)
    for place, row in enumerate(order[:limit].tolist(), 1):
        document = int(scored.candidates[row])
        likeness = round(100 * float(scored.phrase[row]))
        reasons = "。".join(_reasons(index, query, document, names))
        yield (
            f"{place}番目「{index.titles[document]}」：いちばん近い例文との近さ {likeness}%"
            + (f"。{reasons}" if reasons else "")
        )


def _reasons(index: Index, query: Query, document: int, names: dict[int, str]) -> Iterator[str]:
    found: dict[tuple[int, bool], list[str]] = {}
    postings = index.postings
    for group, terms in enumerate(query.by_group()):
        for term in terms:
            if document in postings.docs[slice(*postings.start[term : term + 2])]:
                titled = postings.title_docs[slice(*postings.title_start[term : term + 2])]
                found.setdefault((group, document in titled), []).append(names[term])
    for (group, in_title), where in (
        ((ORIGINAL, True), "題名や例文にある言葉"),
        ((ORIGINAL, False), "答えにある言葉"),
        ((EXPANSION, True), "言いかえで題名や例文に合った言葉"),
    ):
        if words := found.get((group, in_title)):
            yield f"{where}：{'、'.join(words[:_SHOWN])}"
    lines = [name for in_title in (True, False) for name in found.get((CONCEPTS, in_title), ())]
    if lines:
        yield f"言いかえの一覧で結びついた行：{len(lines)}行"
