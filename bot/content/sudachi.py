"""The real tokeniser: one Sudachi dictionary for the process, one tokeniser for each thread."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import sudachipy  # type: ignore[import-untyped]  # ships no type information

from bot.content.mapped import give_back, map_sparsely
from bot.core.tokens import Token

MAX_CHARS = 5000  # Sudachi refuses over 49,149 bytes; a LINE message is never longer than this
_CACHED_WORDS = 60_000
_DICTIONARY_FILE = "system.dic"


class SudachiTokenizer:
    """Cuts text into the shortest dictionary words (mode A). Safe to share between threads.

    Loading takes about 25 ms warm and maps the dictionary, whose pages processes share.
    Text past MAX_CHARS is ignored; lone surrogates are read as blanks.
    """

    def __init__(self) -> None:
        self._dictionary = sudachipy.Dictionary(dict="core")
        self._local = threading.local()
        self._words: dict[int, Token] = {}  # a dictionary word is always the same token

    def __call__(self, text: str) -> Sequence[Token]:
        tokenizer: Any = getattr(self._local, "tokenizer", None)
        if tokenizer is None:
            tokenizer = self._dictionary.tokenizer(sudachipy.SplitMode.A)
            self._local.tokenizer = tokenizer
        words = self._words
        if len(words) > _CACHED_WORDS:
            words = self._words = {}
        morphemes = tokenizer.tokenize(_acceptable(text))
        return [words.get(each.word_id()) or _kept(each, words) for each in morphemes]

    def give_back(self) -> None:
        """Let go of what only loading and building read of the dictionary (about 45 MiB)."""
        give_back(_DICTIONARY_FILE)

    def map_sparsely(self, pause: float = 0.0) -> None:
        """Take up memory only for what is read of the dictionary: 45 instead of 120 MiB.

        For a process that serves for long and forks no more: see `bot.content.mapped`.
        """
        map_sparsely(_DICTIONARY_FILE, pause)


def _acceptable(text: str) -> str:
    text = text[:MAX_CHARS]
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def _kept(morpheme: Any, words: dict[int, Token]) -> Token:
    """A new token, kept where the dictionary has the word."""
    token = _token(morpheme)
    if token.known:
        words[morpheme.word_id()] = token
    return token


def _token(morpheme: Any) -> Token:
    return Token(
        surface=morpheme.surface(),
        normal=morpheme.normalized_form(),
        reading=morpheme.reading_form(),
        pos=tuple(morpheme.part_of_speech()),
        known=not morpheme.is_oov(),
    )
