"""Content that is not saved yet: what is wrong with it, and a library that answers from it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.content import provenance
from bot.content.checks import check_tests
from bot.content.loader import Files, Loaded, version_of
from bot.content.problems import Problem, errors
from bot.core.index import Index
from bot.core.matching import build_index
from bot.core.tokens import Tokenize
from bot.services.answering import JAPAN
from bot.services.library import Library, Terms, documents
from bot.services.publishing import check_files

_KEPT = 4


@dataclass(frozen=True)
class Draft:
    """Checked content. `library` answers from what could be read, even where there are errors.

    `served` says whether it would answer residents: an error of a proof or of a test keeps nothing
    that is saved already from being served.
    """

    version: str
    loaded: Loaded
    problems: tuple[Problem, ...]
    library: Library
    served: bool = True

    @property
    def good(self) -> bool:
        """Whether it may be published."""
        return not errors(self.problems)

    def about(self, path: str) -> list[Problem]:
        """The problems of one file."""
        return [problem for problem in self.problems if problem.path == path]


class DraftLibrary(Library):
    """A library whose indexes are built from those of the content in force: only changes cost."""

    def __init__(
        self, loaded: Loaded, tokenize: Tokenize, terms: Terms, base: Callable[[str], Index]
    ) -> None:
        super().__init__(loaded.draft, tokenize, terms, loaded.segments)
        self._base = base

    def index(self, city_id: str) -> Index:
        """The index of a city."""
        found = documents(self.content, city_id)
        return build_index(found, self.content.lexicon, self._tokenize, self._base(city_id))


class Drafts:
    """Makes drafts and keeps the last few, so that checking, trying and saving one costs once."""

    def __init__(
        self,
        current: Callable[[], Library],
        tokenize: Tokenize,
        terms: Terms,
        clock: Callable[[], datetime],
        city: str,
    ) -> None:
        self.current = current
        self.tokenize = tokenize
        self.city = city
        self._terms = terms
        self._clock = clock
        self._lock = threading.RLock()
        self._kept: OrderedDict[str, Draft] = OrderedDict()
        self._indexes: OrderedDict[tuple[str, str], Index] = OrderedDict()

    def draft(self, files: Files) -> Draft:
        """The files as a draft, with every problem that publishing looks for."""
        version = version_of(files)
        with self._lock:
            if version not in self._kept:
                self._kept[version] = self._make(version, files)
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(version)
            return self._kept[version]

    def base_index(self, city_id: str) -> Index:
        """The index in force, kept beside the library because building it takes a second."""
        library = self.current()
        key = (library.content.version, city_id)
        with self._lock:
            if key not in self._indexes:
                self._indexes[key] = library.index(city_id)
                while len(self._indexes) > _KEPT:
                    self._indexes.popitem(last=False)
            return self._indexes[key]

    def city_of(self, item_city: str) -> str:
        """Whose residents an item is tried with: its own city's, for a common one ours."""
        cities = self.current().city_ids
        return item_city if item_city in cities else self.city if self.city in cities else cities[0]

    def _make(self, version: str, files: Files) -> Draft:
        today = self._clock().astimezone(JAPAN).date()
        checked = check_files(files, today)
        library = DraftLibrary(checked.loaded, self.tokenize, self._terms, self.base_index)
        found = set(checked.problems)
        if checked.good:
            found |= set(provenance.check(checked.loaded, files))
            found |= set(self._tests(checked.loaded, library))
        return Draft(version, checked.loaded, tuple(sorted(found)), library, checked.good)

    def _tests(self, loaded: Loaded, library: Library) -> list[Problem]:
        city = self.city_of("")
        if city not in library.city_ids:
            return []
        view = library.view(city)

        def reached(utterance: str, _: str) -> str:
            matches = view.rank(utterance).matches
            return matches[0].id if matches else ""

        return check_tests(loaded, reached, city)
