"""Which content is in force: the files if they are good, else the last good version."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.content import provenance
from bot.content.checks import check_tests, cross_check
from bot.content.classes import is_class_file
from bot.content.csvread import decode
from bot.content.loader import Files, Loaded, content_paths, load, read_files, version_of
from bot.content.problems import Problem, errors
from bot.content.slips import HOLIDAYS_FILE, read_holidays
from bot.core.attributes import Catalog
from bot.core.knowledge import Content
from bot.core.tokens import Tokenize
from bot.errors import ContentError
from bot.services import keptchecks
from bot.services.failures import describe
from bot.services.library import Library, SavedIndexes, Terms

JAPAN = ZoneInfo("Asia/Tokyo")
log = logging.getLogger(__name__)
POLL_SECONDS = 1.0
# Does a piece of work so that nothing of it is left but what it wrote.
Apart = Callable[[Callable[[], object]], None]


class Versions(Protocol):
    """Where good content is kept across restarts."""

    def save(self, version: str, files: Mapping[str, str], now: datetime) -> None:
        """Keep a version that passed every check."""
        ...

    def last_good(self) -> dict[str, str] | None:
        """The files of the good version saved last."""
        ...


@dataclass(frozen=True)
class Checked:
    """Content files with everything that is wrong with them."""

    loaded: Loaded
    problems: tuple[Problem, ...]
    index_keys: Mapping[str, str] = field(default_factory=dict)  # as in `Library`

    @property
    def good(self) -> bool:
        """Whether it may be served."""
        return not errors(self.problems)


def check_files(files: Files, today: date) -> Checked:
    """Every check that needs no matcher: shapes of single items, then references across files."""
    loaded = load(files)
    problems = {*loaded.problems, *cross_check(loaded, today), *_holidays(files, today)}
    return Checked(loaded, tuple(sorted(problems)))


def _holidays(files: Files, today: date) -> tuple[Problem, ...]:
    if HOLIDAYS_FILE not in files:
        return ()
    return read_holidays(HOLIDAYS_FILE, files[HOLIDAYS_FILE], today).problems


def check_everything(
    files: Files,
    today: date,
    tokenize: Tokenize,
    saved: SavedIndexes | None = None,
    cities: Sequence[str] = (),
) -> Checked:
    """`check_files` and, where nothing is broken, `check_answers`."""
    checked = check_files(files, today)
    return check_answers(checked, files, tokenize, saved, cities) if checked.good else checked


def check_answers(
    checked: Checked,
    files: Files,
    tokenize: Tokenize,
    saved: SavedIndexes | None = None,
    cities: Sequence[str] = (),
) -> Checked:
    """Good content with what more is wrong: every `tests:` line, and the proof of every figure by
    the facts of the sections it cites. The lines are tried in `cities`, else in every city."""
    library = Library(checked.loaded.draft, tokenize, Terms(), checked.loaded.segments, saved)

    def reached(utterance: str, city_id: str) -> str:
        matches = library.view(city_id).rank(utterance).matches
        return matches[0].id if matches else ""

    found = {
        problem
        for city_id in cities or library.city_ids
        for problem in check_tests(checked.loaded, reached, city_id)
    }
    found |= set(provenance.check(checked.loaded, files))
    return Checked(checked.loaded, tuple(sorted({*checked.problems, *found})))


def _as_text(path: str, data: bytes) -> str:
    """A good file as it is stored: tables may come from Excel in its own encoding."""
    return decode(data) if is_class_file(path) else data.decode("utf-8-sig")


class Publisher:
    """Serves the newest good content; an event takes `current()` once and keeps it to its end.

    The matchers of `cities` are built before content is served, the others when first asked for.
    `settle` is called each time new content is in force and what made it is no longer needed.
    """

    def __init__(
        self,
        directory: Path,
        tokenize: Tokenize,
        terms: Terms,
        clock: Callable[[], datetime],
        versions: Versions | None = None,
        cities: Sequence[str] = (),
        saved: SavedIndexes | None = None,
        settle: Callable[[], None] = lambda: None,
    ) -> None:
        self._saved = saved
        self._settle = settle
        self._cities = cities
        self._directory = directory
        self._tokenize = tokenize
        self._terms = terms
        self._clock = clock
        self._versions = versions
        self._unkept: tuple[str, Files] | None = None  # in force, and there is nowhere to keep it
        self._library: Library | None = None
        self._seen: object = None
        self._problems: tuple[Problem, ...] = ()
        self._warnings: tuple[Problem, ...] = ()  # of the content in force
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def current(self) -> Library:
        """The content in force. Raises ContentError before `load` has found any."""
        if self._library is None:
            raise ContentError("内容がまだ読み込まれていません。")
        return self._library

    @property
    def in_force(self) -> Library | None:
        """As `current`; None as long as there was never any good content."""
        return self._library

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the files now; while it holds errors an older version answers."""
        return self._problems

    def keep_in(self, versions: Versions, clock: Callable[[], datetime]) -> None:
        """Keep good content there from now on, what is in force once it is watching.

        For one that was loaded without, before there was a store. `clock` tells the time.
        """
        self._versions, self._clock = versions, clock

    def serve(self, content: Content, catalog: Catalog) -> None:
        """Take over what another process has read and checked."""
        self._serve(Library(content, self._tokenize, self._terms, catalog, self._saved))

    def load(self, apart: Apart | None = None) -> None:
        """Read the files once. Broken ones fall back on the stored version.

        What is not kept from an earlier start is made `apart` and found kept afterwards.
        Raises ContentError with every problem when there is no good version at all.
        """
        seen = self._fingerprint()
        try:
            files = read_files(self._directory)
        except ContentError as error:
            self._refuse((Problem(str(self._directory), 1, str(error)),))
            return
        self._seen = seen
        if self._library and version_of(files) == self._library.content.version:
            self._problems = self._warnings
            return
        kept = self._kept(files)
        if apart is not None and not self._is_whole(kept) and self._may_keep():
            apart(partial(self._prepare, files))
            kept = self._kept(files)
        checked = kept or self._made(files)
        problems = (*checked.problems, *self._missing_cities(checked))
        if errors(problems):
            self._refuse(problems)
        else:
            self._problems = self._warnings = problems
            self._take(checked, files)

    def _kept(self, files: Files) -> Checked | None:
        """As an earlier start checked the same files; nobody knows the places any more."""
        today = self._today()
        kept = keptchecks.load(self._saved, version_of(files), today) if self._saved else None
        if kept is None:
            return None
        problems = {*kept.warnings, *_holidays(files, today)}
        loaded = Loaded(kept.content, (), segments=kept.catalog)
        return Checked(loaded, tuple(sorted(problems)), kept.indexes)

    def _is_whole(self, kept: Checked | None) -> bool:
        """Whether our own cities' indexes are kept too: `madoguchi ask` makes that of its city."""
        if kept is None or self._saved is None:
            return False
        keys = [kept.index_keys[city] for city in self._cities if city in kept.index_keys]
        return all(self._saved.load(key) is not None for key in keys)

    def _may_keep(self) -> bool:
        return self._saved is not None and self._saved.may_save()

    def _made(self, files: Files) -> Checked:
        today = self._today()
        checked = check_files(files, today)
        if checked.good and self._saved:
            keptchecks.save(self._saved, checked.loaded, checked.problems, today)
        return checked

    def _prepare(self, files: Files) -> None:
        """Leave everything that `load` needs where it is kept."""
        checked = self._kept(files) or self._made(files)
        if checked.good and not self._missing_cities(checked):
            library = self._library_of(checked.loaded, checked.index_keys)
            for city_id in self._cities:
                library.index(city_id)

    def _today(self) -> date:
        return self._clock().astimezone(JAPAN).date()

    def watch(self) -> None:
        """Notice changed files from now on, in a thread of its own, until `stop`."""
        self._thread = threading.Thread(target=self._watch, name="content", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the watching thread."""
        self._stop.set()
        if self._thread:
            self._thread.join()

    def _watch(self) -> None:
        before = self._seen
        while not self._stop.wait(POLL_SECONDS):
            try:
                self._keep_unkept()
                now = self._fingerprint()
                if now != self._seen and now == before:  # nobody is in the middle of writing
                    self.load()
                before = now
            except Exception as error:  # the loop's edge: the last good version keeps answering
                log.error("content unreadable", extra={"error": describe(error)})

    def _fingerprint(self) -> object:
        found = []
        for path in content_paths(self._directory):
            with suppress(OSError):  # gone since it was listed: the next look sees it
                stat = path.stat()
                found.append((str(path), stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size))
        return found

    def _missing_cities(self, checked: Checked) -> list[Problem]:
        """The account's own city must stay, or nobody could be answered any more."""
        known = {*checked.loaded.draft.cities, *checked.loaded.lost}
        hint = "このアカウントの市のファイルがありません。戻すか、MADOGUCHI_CITY を直してください。"
        paths = [f"knowledge/cities/{city}.yaml" for city in self._cities if city not in known]
        return [Problem(path, 1, hint) for path in paths]

    def _refuse(self, problems: tuple[Problem, ...]) -> None:
        if problems != self._problems:
            said = [str(problem) for problem in errors(problems)[:50]]
            log.error("content refused", extra={"problems": said})
        self._problems = problems
        if self._library is None:
            self._fall_back()

    def _take(self, checked: Checked, files: Files) -> None:
        library = self._library_of(checked.loaded, checked.index_keys)
        self._serve(library)
        entries = len(library.content.entries)
        log.info("content loaded", extra={"version": library.content.version, "entries": entries})
        self._keep(library.content.version, files)

    def _keep(self, version: str, files: Files) -> None:
        if self._versions is None:
            self._unkept = (version, files)
            return
        texts = {path: _as_text(path, data) for path, data in files.items()}
        self._versions.save(version, texts, self._clock())

    def _keep_unkept(self) -> None:
        unkept, self._unkept = self._unkept, None
        if unkept is not None:
            self._keep(*unkept)

    def _library_of(self, loaded: Loaded, keys: Mapping[str, str] | None = None) -> Library:
        content, catalog = loaded.draft, loaded.segments
        return Library(content, self._tokenize, self._terms, catalog, self._saved, keys)

    def _serve(self, library: Library) -> None:
        for city_id in self._cities:
            library.view(city_id)
        before, self._library = self._library, library
        # The content lives as long as the process: the collector need not walk through it again,
        # which would hold up every answer for 0.1 s. Except for what it replaces.
        if before is not None:
            del before
            gc.unfreeze()
            gc.collect()
        gc.freeze()
        self._settle()

    def _fall_back(self) -> None:
        stored = self._versions.last_good() if self._versions else None
        if stored is not None:
            loaded = load({path: text.encode() for path, text in stored.items()})
            if loaded.content is not None and set(self._cities) <= set(loaded.content.cities):
                self._serve(self._library_of(loaded))
                log.warning("content of before", extra={"version": loaded.content.version})
                return
        said = "\n".join(str(problem) for problem in errors(self._problems))
        raise ContentError(
            f"{said}\n内容に問題があり、前の正しい内容もありません。直してから始めてください。"
        )
