"""Other ways to search the same entries, measured beside ours in the same run."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec

import numpy as np
from rapidfuzz import fuzz, process
from scipy import sparse  # type: ignore[import-untyped]  # no stubs among the locked packages

from bot.core.documents import Document
from bot.core.text import fold
from bot.core.tokens import Tokenize, content_words

Search = Callable[[str], list[str]]
NAMES = ("rapidfuzz", "fts5", "tfidf", "bm25", "bm25s")


def missing(name: str) -> str | None:
    """The package that must be installed first for this peer, or None."""
    return "bm25s" if name == "bm25s" and find_spec("bm25s") is None else None


def peer(name: str, documents: Sequence[Document], tokenize: Tokenize) -> Search:
    """A search over the documents. Raises KeyError for an unknown name."""
    builders: dict[str, Callable[[], Search]] = {
        "rapidfuzz": lambda: _rapidfuzz(documents),
        "fts5": lambda: _fts5(documents),
        "tfidf": lambda: _tfidf(documents),
        "bm25": lambda: _bm25(documents, tokenize),
        "bm25s": lambda: _bm25s(documents, tokenize),
    }
    return builders[name]()


def _whole(document: Document) -> str:
    parts = (document.title, *document.questions, document.answer, *document.related)
    return fold("\n".join((*parts, document.contact)))


def _rapidfuzz(documents: Sequence[Document]) -> Search:
    """WRatio over the titles, the obvious design."""
    titles = {document.id: fold(document.title) for document in documents}

    def search(text: str) -> list[str]:
        found = process.extract(fold(text), titles, scorer=fuzz.WRatio, limit=10)
        return [str(match[2]) for match in found]

    return search


def _fts5(documents: Sequence[Document]) -> Search:
    """SQLite's full text search with its trigram tokeniser, all trigrams joined by OR."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE entry USING fts5(id UNINDEXED, body, tokenize=trigram)")
    database.executemany("INSERT INTO entry VALUES (?, ?)", [(d.id, _whole(d)) for d in documents])

    def search(text: str) -> list[str]:
        folded = fold(text).replace('"', " ")
        grams = dict.fromkeys(folded[i : i + 3] for i in range(len(folded) - 2))
        if not grams:
            return []
        query = " OR ".join(f'"{gram}"' for gram in grams)
        rows = database.execute(
            "SELECT id FROM entry WHERE entry MATCH ? ORDER BY rank LIMIT 10", (query,)
        )
        return [str(row[0]) for row in rows]

    return search


def _tfidf(documents: Sequence[Document]) -> Search:
    """Cosine of tf-idf over runs of one to three characters."""
    number: dict[str, int] = {}
    matrix = _counted([_grams(_whole(document)) for document in documents], number)
    idf = np.log((1 + len(documents)) / (1 + np.bincount(matrix.indices, minlength=len(number))))
    matrix.data = 1 + np.log(matrix.data)
    matrix = matrix @ sparse.diags(idf)
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    matrix = sparse.diags(1 / np.maximum(lengths, 1e-9)) @ matrix

    def search(text: str) -> list[str]:
        query = np.zeros(len(number))
        for gram, count in _grams(fold(text)).items():
            if gram in number:
                query[number[gram]] = (1 + np.log(count)) * idf[number[gram]]
        scores = matrix @ query
        return [documents[i].id for i in np.argsort(-scores, kind="stable")[:10]]

    return search


def _grams(text: str) -> Counter[str]:
    return Counter(text[i : i + size] for size in (1, 2, 3) for i in range(len(text) - size + 1))


def _counted(counts: Sequence[Counter[str]], number: dict[str, int]) -> sparse.csr_matrix:
    columns = [[number.setdefault(term, len(number)) for term in count] for count in counts]
    ends = np.cumsum([0, *(len(column) for column in columns)])
    data = np.array([value for count in counts for value in count.values()], float)
    flat = np.array([place for column in columns for place in column], np.int64)
    return sparse.csr_matrix((data, flat, ends), shape=(len(counts), len(number)))


def _bm25(documents: Sequence[Document], tokenize: Tokenize) -> Search:
    """Okapi BM25 (k1 1.2, b 0.75) over the same dictionary words as ours."""
    number: dict[str, int] = {}
    counts = [Counter(content_words(tokenize(_whole(document)))) for document in documents]
    matrix = _counted(counts, number).tocsc()
    df = np.diff(matrix.indptr)
    idf = np.log1p((len(documents) - df + 0.5) / (df + 0.5))
    lengths = np.asarray(matrix.sum(axis=1)).ravel()
    norm = 1.2 * (0.25 + 0.75 * lengths / max(lengths.mean(), 1e-9))
    matrix.data = matrix.data * 2.2 / (matrix.data + norm[matrix.indices])
    matrix = (matrix @ sparse.diags(idf)).tocsc()

    def search(text: str) -> list[str]:
        scores = np.zeros(len(documents))
        for word in set(content_words(tokenize(fold(text)))):
            if word in number:
                begin, end = matrix.indptr[number[word] : number[word] + 2]
                scores[matrix.indices[begin:end]] += matrix.data[begin:end]
        return [documents[i].id for i in np.argsort(-scores, kind="stable")[:10]]

    return search


def _bm25s(documents: Sequence[Document], tokenize: Tokenize) -> Search:
    """The bm25s package over the same words; not installed by default."""
    module = import_module("bm25s")
    retriever = module.BM25()
    retriever.index(
        [content_words(tokenize(_whole(document))) for document in documents], show_progress=False
    )

    def search(text: str) -> list[str]:
        words = content_words(tokenize(fold(text)))
        if not words:
            return []
        places, _ = retriever.retrieve([words], k=10, show_progress=False)
        return [documents[int(place)].id for place in places[0]]

    return search
