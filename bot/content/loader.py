"""Content files -> core values, with the place of every item for later messages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from bot.content import shapes
from bot.content.problems import Problem, errors
from bot.content.yamlread import Located, LocatedList, read_yaml
from bot.core.knowledge import Content
from bot.core.lexicon import parse_lexicon

T = TypeVar("T")
Files = Mapping[str, bytes]  # path below the content directory, with "/" -> bytes


@dataclass(frozen=True)
class Place:
    """Where an item stands: file and line."""

    path: str
    line: int


@dataclass(frozen=True)
class Loaded:
    """The outcome of reading a content directory; `content` is None when errors were found.

    `draft` holds what could be read even so, for cross checks that list every problem at once.
    `places` maps item id -> where it stands; translations are under "LANGUAGE:ID".
    """

    draft: Content
    problems: tuple[Problem, ...]
    places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def content(self) -> Content | None:
        return None if errors(self.problems) else self.draft


def read_files(directory: Path) -> dict[str, bytes]:
    """Every content file below `intents/` and `knowledge/`. Raises OSError."""
    found = {}
    for room in ("intents", "knowledge"):
        for path in sorted((directory / room).rglob("*")):
            if path.suffix in (".yaml", ".yml", ".tsv") and path.is_file():
                found[path.relative_to(directory).as_posix()] = path.read_bytes()
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

    def run(self) -> Loaded:
        if not any(path.endswith((".yaml", ".yml")) for path in self.files):
            hint = "内容のファイルがありません。MADOGUCHI_CONTENT_DIR の場所を確かめてください。"
            self.problems.append(Problem("knowledge", 1, hint))
        for path in sorted(self.files):
            self._file(path)
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
        )
        return Loaded(content, tuple(sorted(set(self.problems))), self.places)

    def _file(self, path: str) -> None:
        if path == "knowledge/lexicon.tsv":
            self._lexicon(path)
            return
        if path.endswith(".tsv"):
            return
        parts = PurePosixPath(path).parts
        if parts[:2] == ("knowledge", "sources"):
            return  # the facts behind the answers: read by the provenance check
        value, problems = read_yaml(path, self.files[path])
        self.problems += problems
        if problems or value is None:
            return
        if parts[:2] == ("intents", "wording"):
            self._wording(path, value)
        elif parts[:2] == ("knowledge", "cities"):
            self._city(path, value)
        elif path == "knowledge/links.yaml":
            self._items(path, value, "links", shapes.link)
        elif path == "intents/emergencies.yaml":
            self._items(path, value, "emergencies", shapes.emergency)
        elif parts[:2] == ("knowledge", "translations"):
            self._translated(path, value, parts)
        elif parts[0] == "intents":
            self._items(path, value, "intents", shapes.intent)
        else:
            self._items(path, value, "entries", shapes.entry)

    def _located(self, path: str, value: Any) -> Iterator[Located]:
        if not isinstance(value, LocatedList):
            text = "「- id: …」の形で並べて書いてください（先頭の「- 」がありません）。"
            self.problems.append(Problem(path, getattr(value, "line", 1), text))
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
        self.places[key] = Place(path, line)
        room[key] = value

    def _city(self, path: str, value: Any) -> None:
        if not isinstance(value, Located):
            self.problems.append(Problem(path, 1, "「id: …」から始めて書いてください。"))
            return
        shaped = shapes.city(path, value)
        self.problems += shaped.problems
        if shaped.value.id:
            self.found["cities"][shaped.value.id] = shaped.value
            self.places[f"city:{shaped.value.id}"] = Place(path, value.line)

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
                self.places[place] = Place(path, item.line_of("id"))
                room[key] = shaped.value

    def _wording(self, path: str, value: Any) -> None:
        language = PurePosixPath(path).stem
        if not isinstance(value, Located):
            self.problems.append(Problem(path, 1, "「名前: 文」の形で書いてください。"))
            return
        shaped = shapes.wording(path, value, complete=language == "ja")
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
