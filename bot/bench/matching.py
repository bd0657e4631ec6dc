"""How fast matching is at several sizes, beside its parts and the obvious alternative."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rapidfuzz import process

from bot.bench.metrics import percentile
from bot.content.loader import load, read_files
from bot.content.sudachi import SudachiTokenizer
from bot.core.documents import Document
from bot.core.index import Index, build_index
from bot.core.knowledge import Content
from bot.core.matching import rank
from bot.core.saved import from_bytes, to_bytes
from bot.core.text import fold
from bot.core.tokens import Tokenize

CONTENT = Path(__file__).parents[2]
_SEED = 20261121
_QUESTIONS = 200
_CHILD = """
import sys
from pathlib import Path
from bot.bench.metrics import memory_mib
from bot.content.sudachi import SudachiTokenizer
from bot.core.matching import rank
from bot.core.saved import from_bytes
index, tokenize = from_bytes(Path(sys.argv[1]).read_bytes()), SudachiTokenizer()
for text in Path(sys.argv[2]).read_text("utf-8").splitlines():
    rank(index, text, tokenize)
print(memory_mib())
"""


def run(sizes: Sequence[int] = (100, 1000, 10000), content_dir: Path = CONTENT) -> dict[str, Any]:
    """p50 and p99 in milliseconds, build and load in seconds, memory (PSS) in MiB, by size."""
    content = load(read_files(content_dir)).draft
    tokenize = SudachiTokenizer()
    questions = _questions(content)
    result: dict[str, Any] = {
        "tokenize": _times(lambda text: tokenize(fold(text)), questions),
        "sizes": {},
    }
    for size in sizes:
        documents = _documents(content, size)
        start = time.perf_counter()
        index = build_index(documents, content.lexicon, tokenize)
        built = time.perf_counter()
        saved = to_bytes(index)
        loading = time.perf_counter()
        index = from_bytes(saved)
        loaded = time.perf_counter()
        changed = [Document("changed", "変わった項目", (), "答えが変わりました。"), *documents[1:]]
        build_index(changed, content.lexicon, tokenize, index)
        rebuilt = time.perf_counter()
        titles = [fold(document.title) for document in documents]
        result["sizes"][str(size)] = {
            "rank": _times(partial(_ask, index, tokenize), questions),
            "rapidfuzz": _times(partial(_fuzzy, titles), questions[:20]),
            "build_s": round(built - start, 3),
            "load_s": round(loaded - loading, 3),
            "rebuild_s": round(rebuilt - loaded, 3),
            "index_mib": round(len(saved) / 2**20, 1),
            "pss_mib": memory_with(saved, questions),
        }
    return result


def _ask(index: Index, tokenize: Tokenize, text: str) -> None:
    rank(index, text, tokenize)


def _fuzzy(titles: Sequence[str], text: str) -> None:
    process.extract(fold(text), titles, limit=10)


def memory_with(saved: bytes, questions: Sequence[str]) -> float:
    """Memory (PSS, MiB) of a fresh process that loaded the index and answered the questions."""
    with tempfile.TemporaryDirectory() as directory:
        index, texts = Path(directory, "index"), Path(directory, "texts")
        index.write_bytes(saved)
        texts.write_text("\n".join(questions), "utf-8")
        command = [sys.executable, "-c", _CHILD, str(index), str(texts)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    return float(done.stdout)


def _questions(content: Content) -> list[str]:
    phrases = [phrase for entry in content.entries.values() for phrase in entry.questions]
    return random.Random(_SEED).sample(phrases, min(_QUESTIONS, len(phrases)))


def _documents(content: Content, size: int) -> list[Document]:
    """Entries whose titles, phrasings and answers are shuffled together from real ones."""
    chance = random.Random(_SEED)
    entries = list(content.entries.values())
    found = []
    for number in range(size):
        first, second, third = chance.choices(entries, k=3)
        title = f"{first.title}と{second.title}（{number}）"
        questions = (chance.choice(first.questions), chance.choice(second.questions))
        found.append(Document(f"entry-{number}", title, questions, third.answer))
    return found


def _times(work: Callable[[str], object], questions: Sequence[str]) -> dict[str, float]:
    for text in questions[:10]:
        work(text)
    spent = []
    for text in questions:
        start = time.perf_counter()
        work(text)
        spent.append((time.perf_counter() - start) * 1000)
    return {
        "p50_ms": round(percentile(spent, 0.5), 3),
        "p99_ms": round(percentile(spent, 0.99), 3),
    }
