"""The public retrieval benchmark: corpus.json, queries.json and qrels.json of one directory."""

from __future__ import annotations

import gc
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.bench.matching import memory_with
from bot.bench.metrics import percentile, summary
from bot.bench.noise import NAMES, noisy
from bot.bench.parts import spent
from bot.bench.peers import missing, peer
from bot.content.sudachi import SudachiTokenizer
from bot.core.documents import Document
from bot.core.index import Index, build_index
from bot.core.lexicon import parse_lexicon
from bot.core.matching import FIRST_TEXTS, rank
from bot.core.saved import from_bytes, to_bytes
from bot.core.tokens import Tokenize

LEXICON = Path(__file__).parents[2] / "knowledge" / "lexicon.tsv"
_CONTACT, _RELATED, _CHANGED = "【お問い合わせ】", "【関連するＦＡＱ】", "＜改＞"


def run(
    data_dir: Path,
    noise: bool,
    baselines: Sequence[str],
    lexicon: Path = LEXICON,
    parts: bool = False,
) -> dict[str, Any]:
    """Every figure of one run; times in seconds and milliseconds. Raises OSError, ValueError."""
    corpus, queries, judgements = (
        json.loads((data_dir / f"{name}.json").read_text("utf-8"))
        for name in ("corpus", "queries", "qrels")
    )
    documents = [document_of(key, text) for key, text in corpus.items()]
    lines, _ = parse_lexicon(lexicon.read_text("utf-8"))
    tokenize = SudachiTokenizer()
    tokenize("はじめの一文で辞書を読み込みます。")
    index, build_s = _timed(lambda: build_index(documents, lines, tokenize))
    saved = to_bytes(index)
    index, load_s = _timed(lambda: from_bytes(saved))

    def ours(text: str) -> list[str]:
        return [match.id for match in rank(index, text, tokenize).matches]

    result: dict[str, Any] = {
        "clean": _measure(ours, queries, judgements),
        "noise": {},
        "build_s": round(build_s, 3),
        "load_s": round(load_s, 3),
        "index_mib": round(len(saved) / 2**20, 1),
        "pss_mib": memory_with(saved, list(queries.values())),
        "peers": {},
    }
    if parts:
        result["parts_us"] = spent(ours, list(queries.values()))
    if noise:
        result["noise"] = _noise(ours, queries, judgements, tokenize)
    for name in baselines:
        package = missing(name)
        if package:
            result["peers"][name] = {"missing": package}
        else:
            search = peer(name, documents, tokenize)
            result["peers"][name] = _measure(search, queries, judgements)
    return result


def document_of(key: str, text: str) -> Document:
    """An entry "Question: …\\nAnswer: …" as a document; related questions and contact apart."""
    question, _, answer = text.partition("\nAnswer:")
    answer, _, contact = answer.replace(_CHANGED, "").partition(_CONTACT)
    answer, _, related = answer.partition(_RELATED)
    titles = tuple(part.strip() for part in re.split(r"[。？]", related) if part.strip())
    title = question.removeprefix("Question:").strip()
    return Document(key, title, (), answer.strip(), titles, contact.strip())


def _noise(
    search: Callable[[str], list[str]],
    queries: Mapping[str, str],
    judgements: Mapping[str, Mapping[str, int]],
    tokenize: Tokenize,
) -> dict[str, dict[str, float]]:
    found = {}
    for name in NAMES:
        texts = noisy(name, list(queries.values()), tokenize)
        found[name] = _measure(search, dict(zip(queries, texts, strict=True)), judgements)
    return found


def _measure(
    search: Callable[[str], list[str]],
    queries: Mapping[str, str],
    judgements: Mapping[str, Mapping[str, int]],
) -> dict[str, float]:
    for text in (*FIRST_TEXTS, *list(queries.values())[:20]):
        search(text)  # warm, as a server is: first use fills caches
    gc.collect()
    gc.freeze()  # as a server does with its content: the collector need not walk through an index
    rankings = {}
    spent = []
    for key, text in queries.items():
        start = time.perf_counter()
        rankings[key] = search(text)
        spent.append((time.perf_counter() - start) * 1000)
    gc.unfreeze()
    times = {"p50_ms": percentile(spent, 0.5), "p99_ms": percentile(spent, 0.99)}
    return summary(rankings, judgements) | {key: round(ms, 3) for key, ms in times.items()}


def _timed(make: Callable[[], Index]) -> tuple[Index, float]:
    start = time.perf_counter()
    made = make()
    return made, time.perf_counter() - start
