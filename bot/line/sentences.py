"""Text made fit to be shown: tidied, and split where a reader would pause."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from bot.core.graphemes import clusters, utf16_len

_SENTENCE = re.compile(r".+?(?:[。！？!?]+[」』）)】]*|\.(?=\s)|\n+|\Z)", re.DOTALL)
_PHRASE = re.compile(r".+?(?:[、，,\s]+|\Z)", re.DOTALL)

_UNSHOWABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")
_STRANGE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def tidy(text: str) -> str:
    """`text` as LINE can take it: no control or half characters, lines and edges trimmed.

    A text in which nothing can be seen becomes "".
    """
    if _STRANGE.search(text):
        text = _HALF_CHARACTER.sub("\ufffd", text.replace("\r\n", "\n").replace("\t", " "))
        text = _UNSHOWABLE.sub("", text)
    text = text.strip()
    return text if any(map(_is_visible, text)) else ""


def one_line(text: str) -> str:
    """The tidied text with every run of blanks and line ends made one blank."""
    return " ".join(tidy(text).split())


def split_text(text: str, limit: int) -> Iterator[str]:
    """`text` in pieces of at most `limit` UTF-16 units, without blank ones; `limit` is at least 2.

    Broken after sentences and lines; a sentence that is too long itself after phrases, a phrase
    between characters. Joined again the pieces are `text` but for blanks where it was broken.
    Lazy: pieces nobody asks for cost nothing.
    """
    if utf16_len(text) <= limit:  # most texts
        if whole := text.strip():
            yield whole
        return
    current, size = "", 0
    for part in _parts(text, limit):
        length = utf16_len(part)
        if size + length > limit:
            if current.strip():
                yield current.strip()
            current, size = "", 0
        current += part
        size += length
    if current.strip():
        yield current.strip()


def _parts(text: str, limit: int) -> Iterator[str]:
    """The largest parts of `text` that fit `limit`: sentences, phrases, clusters, characters."""
    for sentence in _SENTENCE.finditer(text):
        if utf16_len(sentence[0]) <= limit:
            yield sentence[0]
            continue
        for phrase in _PHRASE.finditer(sentence[0]):
            if utf16_len(phrase[0]) <= limit:
                yield phrase[0]
            else:
                yield from _characters(phrase[0], limit)


def _characters(phrase: str, limit: int) -> Iterator[str]:
    for cluster in clusters(phrase):
        if utf16_len(cluster) <= limit:
            yield cluster
        else:
            yield from cluster


def _is_visible(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zs", "Zl", "Zp")
