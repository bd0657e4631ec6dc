"""Why a document was chosen, in words a staff member understands."""

from __future__ import annotations

from bot.core.index import Index
from bot.core.query import CONCEPTS, EXPANSION, GRAMS, ORIGINAL, Query, read_query
from bot.core.tokens import Tokenize


def explain(index: Index, text: str, tokenize: Tokenize, limit: int = 3) -> list[str]:
    """Japanese sentences on how the message was read and which words point where."""
    query = read_query(index, text, tokenize)
    names = _names(index)
    lines = []
    if query.words:
        lines.append(f"大事な言葉として読んだもの：{'、'.join(query.words)}")
    else:
        lines.append("意味のある言葉を読み取れませんでした。")
    if query.unknown:
        lines.append(f"知識のどこにもない言葉：{'、'.join(query.unknown)}")
    for line, words in query.fired.items():
        right = "、".join(index.lexicon[line][1])
        lines.append(f"言いかえの一覧で「{words}」を「{right}」とも読みました。")
    for group, label in ((ORIGINAL, "言葉"), (EXPANSION, "言いかえ"), (GRAMS, "漢字の一部")):
        found = [names[t] for t, g in zip(query.terms, query.groups, strict=True) if g == group]
        if found:
            lines.append(f"{label}で探したもの：{'、'.join(found[:12])}")
    return lines


def _names(index: Index) -> dict[int, str]:
    return {number: term[2:] for term, number in index.number.items()}


__all__ = ["CONCEPTS", "Query", "explain"]
