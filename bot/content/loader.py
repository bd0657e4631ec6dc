"""Content files -> core values, with the place of every item for later messages."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from bot.content import shapes
from bot.content.classes import ClassFile, is_class_file, read_classes
from bot.content.menus import MENUS_FOLDER, MenuPlace, check_menus, read_menus
from bot.content.problems import Problem, errors
from bot.content.segments import SEGMENTS_FILE, CatalogRead, catalog_of, check_cities
from bot.content.slips import HOLIDAYS_FILE, SLIPS_FILE, file_problems
from bot.content.yamlread import Located, LocatedList, read_yaml
from bot.core.attributes import Catalog
from bot.core.classes import Session
from bot.core.knowledge import Content
from bot.core.lexicon import parse_lexicon
from bot.core.menus import Kind, Menu
from bot.core.wording import JAPANESE
from bot.errors import ContentError

CONTENT_SUFFIXES = (".yaml", ".yml", ".tsv", ".csv")
_ID_LINE = re.compile(r"^\s*(?:- +)?id: *([a-z0-9_-]+)", re.MULTILINE)

# Folders of files whose ids no other file names.
_NOT_SHOWN = {("intents", "wording"), ("knowledge", "translations"), ("intents", "menus")}

Files = Mapping[str, bytes]  # path below the content directory, with "/" -> bytes


@dataclass(frozen=True)
class Place:
    """Where an item stands: file and line; `keys` maps "related" and "related/ID" to their lines."""

    path: str
    line: int
    keys: Mapping[str, int] = field(default_factory=dict)

    def line_of(self, key: str) -> int:
        """The line of a key, or of one value in it ("related/ID"); else the item's own."""
        outer = key.partition("/")[0]
        return self.keys.get(key) or self.keys.get(outer) or self.line


@dataclass(frozen=True)
class Loaded:
    """The outcome of reading a content directory; `content` is None when errors were found.

    `draft` holds what could be read even so, for cross checks that list every problem at once.
    `places` maps item id -> where it stands; translations are under "LANGUAGE:ID", cities under
    "city:ID". `lost` holds the ids that are, or may be, in files that could not be read, so that
    nobody is told that an id is missing which only waits for its file to be mended. `segments` is what residents can
    choose, from intents/segments.yaml; `menus` the rich menus of intents/menus/; `classes` the
    tables of knowledge/classes/.
    """

    draft: Content
    problems: tuple[Problem, ...]
    places: Mapping[str, Place] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()
    segments: Catalog = field(default_factory=Catalog)
    menus: tuple[Menu, ...] = ()
    classes: tuple[ClassFile, ...] = ()

    @property
    def content(self) -> Content | None:
        """The content if it may be used."""
        return None if errors(self.problems) else self.draft


def read_files(directory: Path) -> dict[str, bytes]:
    """Every content file below `intents/` and `knowledge/`. Raises ContentError if one is unreadable."""
    found = {}
    try:
        for path in content_paths(directory):
            found[path.relative_to(directory).as_posix()] = path.read_bytes()
    except OSError as error:
        name = error.filename or directory
        text = f"「{name}」を読めません。ファイルの読み取り権限を確かめてください。"
        raise ContentError(text) from error
    return found


def content_paths(directory: Path) -> list[Path]:
    """The content files that are there now; hidden files (editors' copies) are none."""
    return [
        path
        for room in ("intents", "knowledge")
        for path in sorted(map(Path, _files_under(os.path.join(directory, room))))
    ]


def _files_under(folder: str) -> list[str]:
    """For who asks every second: less than half of what `Path.rglob` costs."""
    found: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    found += _files_under(entry.path)
                elif entry.name.lower().endswith(CONTENT_SUFFIXES) and entry.name[0] != ".":
                    found += [entry.path] if entry.is_file() else []
    except OSError:  # gone, or not ours to read: as if it were empty
        return found
    return found


def version_of(files: Files) -> str:
    """A name for exactly these files: equal content, equal version."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.encode() + b"\0" + hashlib.sha256(files[path]).digest())
    return digest.hexdigest()[:16]


def load(files: Files) -> Loaded:
    """Read all files; every problem of every file is listed in one run."""
    return _Loading(files).run()


class _Loading:
    def __init__(self, files: Files) -> None:
        self.files = files
        self.problems: list[Problem] = []
        self.places: dict[str, Place] = {}
        self.found: dict[str, dict[str, Any]] = {
            name: {} for name in ("cities", "entries", "intents", "links", "emergencies")
        }
        self.translations: dict[str, dict[str, Any]] = {}
        self.wording: dict[str, Mapping[str, str]] = {}
        self.lexicon: list[Any] = []
        self.lost: set[str] = set()
        self.unread: set[str] = set()  # "links" or "items": of which ids some cannot be known
        self.segments = CatalogRead(Catalog(), ())
        self.menus: list[tuple[Menu, MenuPlace]] = []
        self.classes: list[ClassFile] = []

    def run(self) -> Loaded:
        for path in sorted(self.files):
            self._file(path)
        self.problems += self._missing_parts()
        cities = {*self.found["cities"], *self.lost}
        self.problems += check_cities(self.segments, cities, SEGMENTS_FILE)
        content = Content(
            version=version_of(self.files),
            cities=self.found["cities"],
            entries=self.found["entries"],
            intents=self.found["intents"],
            emergencies=tuple(self.found["emergencies"].values()),
            links=self.found["links"],
            lexicon=tuple(self.lexicon),
            translations=self.translations,
            wording=self.wording,
            sessions=self._sessions(),
        )
        self.lost |= set(self._perhaps_lost(content))
        catalog = self.segments.catalog
        unread = any(problem.path == SEGMENTS_FILE for problem in self.problems)
        segments = None if unread else catalog.segments
        self.problems += check_menus(self.menus, content, segments, self.lost)
        problems = tuple(sorted(set(self.problems)))
        menus = tuple(menu for menu, _ in self.menus)
        lost, classes = frozenset(self.lost), tuple(self.classes)
        return Loaded(content, problems, self.places, lost, catalog, menus, classes)

    def _sessions(self) -> dict[str, tuple[Session, ...]]:
        found: dict[str, tuple[Session, ...]] = {}
        for file in self.classes:
            found[file.city] = (*found.get(file.city, ()), *(each for _, each in file.sessions))
        return found

    def _missing_parts(self) -> Iterator[Problem]:
        if not any(path.lower().endswith((".yaml", ".yml")) for path in self.files):
            hint = "内容のファイルがありません。MADOGUCHI_CONTENT_DIR の場所を確かめてください。"
            yield Problem("knowledge", 1, hint)
            return
        if not any(path.startswith("knowledge/cities/") for path in self.files):
            hint = "市のファイルがありません。市ごとに1つ（例：knowledge/cities/hachioji.yaml）置いてください。"
            yield Problem("knowledge/cities", 1, hint)
        needed = (
            "このファイルがありません。まどぐち自身の言葉（あいさつやボタン）を書いてください。"
        )
        if (path := f"intents/wording/{JAPANESE}.yaml") not in self.files:
            yield Problem(path, 1, needed)
        danger = "このファイルがありません。119番などの緊急の案内が出ません。"
        if (path := "intents/emergencies.yaml") not in self.files:
            yield Problem(path, 1, danger, warning=True)

    def _file(self, path: str) -> None:
        parts = PurePosixPath(path).parts
        if path == "knowledge/lexicon.tsv":
            self._lexicon(path)
            return
        if parts[:2] == ("knowledge", "sources"):
            return  # the facts behind the answers: read by the provenance check
        if is_class_file(path):
            file, found = read_classes(path, self.files[path])
            self.classes.append(file)
            self.problems += found
            return
        if path.lower().endswith((".tsv", ".csv")):
            hint = "このファイルは使われません。消すか、knowledge/lexicon.tsv に書いてください。"
            if path.lower().endswith(".csv"):
                hint = "このファイルは使われません。消すか、教室なら knowledge/classes/ に置いてください。"
            self.problems.append(Problem(path, 1, hint))
            return
        if path in (SLIPS_FILE, HOLIDAYS_FILE):
            self.problems += file_problems(path, self.files[path])
            return
        value, problems = read_yaml(path, self.files[path])
        if value is None and not problems:
            hint = "中身がありません。書き足すか、ファイルを消してください。"
            problems = [Problem(path, 1, hint)]
        self.problems += problems
        if problems:
            self._remember_lost(path, parts)
        else:
            self._read(path, parts, value)

    def _read(self, path: str, parts: tuple[str, ...], value: Any) -> None:
        """Take up a YAML file's value: its folder says what it holds."""
        if parts[:2] == ("intents", "wording"):
            self._wording(path, value)
        elif parts[:2] == ("knowledge", "cities"):
            self._city(path, value)
        elif path == "knowledge/links.yaml":
            self._items(path, value, "links", shapes.link)
        elif path == "intents/emergencies.yaml":
            self._items(path, value, "emergencies", shapes.emergency)
        elif path == SEGMENTS_FILE:
            self.segments = catalog_of(path, value)
            self.problems += self.segments.problems
        elif parts[:2] == ("knowledge", "translations"):
            self._translated(path, value, parts)
        elif parts[:2] == MENUS_FOLDER:
            read = read_menus(path, value)
            self.menus += read.menus
            self.problems += read.problems
        elif parts[0] == "intents":
            self._items(path, value, "intents", shapes.intent)
        else:
            self._items(path, value, "entries", shapes.entry)

    def _remember_lost(self, path: str, parts: tuple[str, ...]) -> None:
        data = self.files[path]
        text = data.decode("utf-16" if b"\0" in data[:100] else "utf-8", "replace")
        self.lost.update(_ID_LINE.findall(text))
        if parts[:2] == ("knowledge", "cities"):
            self.lost.add(PurePosixPath(path).stem)
        elif path == "knowledge/links.yaml":
            self.unread.add("links")
        elif path != SEGMENTS_FILE and parts[:2] not in _NOT_SHOWN:
            self.unread.add("items")

    def _perhaps_lost(self, content: Content) -> Iterator[str]:
        """What is referred to and may stand in a file of which nothing, or not all, can be read."""
        entries, intents = content.entries.values(), content.intents.values()
        if "links" in self.unread:
            for links in (
                *(entry.links for entry in entries),
                *(intent.links for intent in intents),
                *(emergency.links for emergency in content.emergencies),
            ):
                yield from links
        if "items" in self.unread:
            for entry in entries:
                yield from entry.related
            for intent in intents:
                yield from (*intent.choices, *intent.tests.values())
            for translated in content.translations.values():
                yield from translated
            for menu, _ in self.menus:
                yield from (area.value for area in menu.areas if area.kind is Kind.SHOW)

    def _located(self, path: str, value: Any) -> Iterator[Located]:
        if not isinstance(value, LocatedList):
            text = "「- id: …」の形で並べて書いてください（先頭の「- 」がありません）。"
            self.problems.append(Problem(path, getattr(value, "line", 1), text))
            self._remember_lost(path, PurePosixPath(path).parts)
            return
        for line, item in zip(value.lines, value, strict=True):
            if isinstance(item, Located):
                yield item
            else:
                self.problems.append(Problem(path, line, "「- id: …」の形で書いてください。"))

    def _items(
        self, path: str, value: Any, room: str, shape: Callable[[str, Located], shapes.Shaped[Any]]
    ) -> None:
        for item in self._located(path, value):
            shaped = shape(path, item)
            self.problems += shaped.problems
            self._keep(path, item, shaped.value.id, shaped.value, self.found[room])

    def _keep(self, path: str, item: Located, key: str, value: Any, room: dict[str, Any]) -> None:
        if not key:
            return
        line = item.line_of("id")
        if (first := self.places.get(key)) is not None:
            text = f"id「{key}」は {first.path}:{first.line} にもあります。どちらかの id を変えてください。"
            self.problems.append(Problem(path, line, text))
            return
        self.places[key] = _place(path, item)
        room[key] = value

    def _city(self, path: str, value: Any) -> None:
        if not isinstance(value, Located):
            self.problems.append(Problem(path, 1, "「id: …」から始めて書いてください。"))
            self.lost.add(PurePosixPath(path).stem)
            return
        shaped = shapes.city(path, value)
        self.problems += shaped.problems
        city, line = shaped.value, value.line_of("id")
        stem = PurePosixPath(path).stem
        if not city.id:
            self.lost.add(stem)
        if city.id and city.id != stem:
            text = f"id「{city.id}」とファイル名「{stem}」をそろえてください。"
            self.problems.append(Problem(path, line, text))
            self.lost |= {city.id, stem}
        elif city.id:
            self.found["cities"][city.id] = city
            self.places[f"city:{city.id}"] = _place(path, value)

    def _translated(self, path: str, value: Any, parts: tuple[str, ...]) -> None:
        if len(parts) < 4:
            text = "翻訳は knowledge/translations/言語/ の下のフォルダに置いてください。"
            self.problems.append(Problem(path, 1, text))
            return
        language = parts[2]
        room = self.translations.setdefault(language, {})
        for item in self._located(path, value):
            key, shaped = shapes.translation(path, item)
            self.problems += shaped.problems
            place = f"{language}:{key}"
            if key in room:
                first = self.places[place]
                text = f"id「{key}」の翻訳は {first.path}:{first.line} にもあります。どちらか一方を消してください。"
                self.problems.append(Problem(path, item.line_of("id"), text))
            elif key:
                self.places[place] = _place(path, item)
                room[key] = shaped.value

    def _wording(self, path: str, value: Any) -> None:
        language = PurePosixPath(path).stem
        if not isinstance(value, Located):
            self.problems.append(Problem(path, 1, "「名前: 文」の形で書いてください。"))
            return
        shaped = shapes.wording(path, value, language=language)
        self.problems += shaped.problems
        self.wording[language] = shaped.value

    def _lexicon(self, path: str) -> None:
        try:
            text = self.files[path].decode("utf-8-sig")
        except UnicodeDecodeError:
            hint = "文字コードを UTF-8 にして保存し直してください。"
            self.problems.append(Problem(path, 1, hint))
            return
        lines, problems = parse_lexicon(text)
        self.lexicon += lines
        self.problems += [Problem(path, found.line, found.text) for found in problems]


def _place(path: str, item: Located) -> Place:
    """Where an item, each of its keys and each value of its lists stands."""
    keys = dict(item.lines)
    for key, value in item.items():
        if isinstance(value, LocatedList):
            pairs = zip(value, value.lines, strict=True)
            keys |= {f"{key}/{text.strip()}": line for text, line in pairs if isinstance(text, str)}
        elif isinstance(value, Located):
            keys |= {f"{key}/{name}": line for name, line in value.lines.items()}
    return Place(path, item.line_of("id"), keys)
