"""Read the keys of one content item: typed values out, a Japanese problem for each mistake."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum
from typing import TypeVar

from bot.content.problems import Problem
from bot.content.yamlread import Located, LocatedList

E = TypeVar("E", bound=StrEnum)
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Fields:
    """One mapping of a file. Every getter returns a usable value and records what is wrong."""

    def __init__(self, path: str, item: Located, allowed: Iterable[str]) -> None:
        self.path = path
        self.item = item
        self.problems: list[Problem] = []
        known = set(allowed)
        for key in item:
            if key not in known:
                near = "・".join(sorted(known))
                self.problem(key, f"「{key}」というキーはありません。使えるキー：{near}")

    def problem(self, key: str, text: str, warning: bool = False) -> None:
        """Record a problem at the line of `key`, "details/fee" being a key inside another."""
        outer, _, inner = key.partition("/")
        line, value = self.item.line_of(outer), self.item.get(outer)
        if inner and isinstance(value, Located):
            line = value.line_of(inner)
        self.problems.append(Problem(self.path, line, text, warning))

    def text(self, key: str, *, required: bool = True, limit: int = 0, default: str = "") -> str:
        """The trimmed text at `key`; `limit` is its longest length in characters."""
        value = self.item.get(key)
        if value is None or value == "":
            if required:
                self.problem(key, f"「{key}」がありません。書いてください。")
            return default
        if not isinstance(value, str):
            self.problem(key, f"「{key}」は文で書いてください（一覧にはできません）。")
            return default
        value = value.strip()
        if required and not value:
            self.problem(key, f"「{key}」がありません。書いてください。")
        if limit and len(value) > limit:
            self.problem(key, f"「{key}」が{len(value)}字あります。{limit}字までに縮めてください。")
        return value

    def id(self, *, underscore: bool = False) -> str:
        """The item's id: lower-case letters, digits, hyphens (and underscores where allowed)."""
        value = self.text("id")
        plain = value.replace("_", "-") if underscore else value
        if value and not _ID.fullmatch(plain):
            text = f"id「{value}」は半角の英小文字・数字・ハイフンで、64字までで書いてください。"
            self.problem("id", text)
        return value

    def texts(self, key: str, *, required: bool = False, empty: bool = False) -> tuple[str, ...]:
        """The list of texts at `key`; a single text counts as a list of one.

        With `empty`, a required list may be written as [].
        """
        value = self.item.get(key)
        if value is None or value == "" or value == []:
            if required and not (empty and value == []):
                self.problem(key, f"「{key}」がありません。「- 」で並べて書いてください。")
            return ()
        if isinstance(value, str):
            value = _list_of(value, self.item.line_of(key))
        if not isinstance(value, LocatedList):
            self.problem(key, f"「{key}」は「- 」で並べて書いてください。")
            return ()
        found = []
        for line, item in zip(value.lines, value, strict=True):
            if isinstance(item, str) and item.strip():
                found.append(item.strip())
            else:
                text = f'「{key}」の中に文でないものがあります。引用符 " " で囲んでください。'
                self.problems.append(Problem(self.path, line, text))
        return tuple(found)

    def pairs(self, key: str) -> dict[str, str]:
        """The mapping of texts at `key`."""
        value = self.item.get(key)
        if value is None or value == "":
            return {}
        if not isinstance(value, Located):
            self.problem(key, f"「{key}」は「名前: 値」の形で書いてください。")
            return {}
        result = {}
        for name, text in value.items():
            if isinstance(text, str) and text.strip():
                result[name] = text.strip()
            else:
                line = value.line_of(name)
                self.problems.append(
                    Problem(self.path, line, f"「{name}」の値を文で書いてください。")
                )
        return result

    def items(self, key: str) -> list[Located]:
        """The list of mappings at `key`."""
        value = self.item.get(key)
        if value is None or value == "":
            return []
        if isinstance(value, LocatedList) and all(isinstance(part, Located) for part in value):
            return list(value)
        self.problem(key, f"「{key}」は「- 名前: 値」の形で並べて書いてください。")
        return []

    def choice(self, key: str, kind: type[E], default: E | None = None) -> E | None:
        """One of the words of an enum; `default` (or a problem without one) where absent."""
        value = self.text(key, required=default is None)
        if not value:
            return default
        try:
            return kind(value)
        except ValueError:
            words = "・".join(kind)
            self.problem(
                key, f"「{key}」の「{value}」は使えません。{words} のどれかにしてください。"
            )
            return default

    def one_of(
        self, key: str, words: Iterable[str], default: str, *, required: bool = False
    ) -> str:
        """One of `words`; `default` where absent or wrong."""
        value = self.text(key, required=required) or default
        if value not in (allowed := tuple(words)):
            choices = "・".join(allowed)
            self.problem(
                key, f"「{key}」の「{value}」は使えません。{choices} のどれかにしてください。"
            )
            return default
        return value

    def date(self, key: str) -> date:
        """A date written 2027-03-31."""
        value = self.text(key)
        try:
            return date.fromisoformat(value if _DATE.fullmatch(value) else "")
        except ValueError:
            if value:
                self.problem(key, f"「{key}」の「{value}」は 2027-03-31 の形で書いてください。")
            return date.max

    def flag(self, key: str) -> bool:
        """true or false."""
        return self.one_of(key, ("true", "false"), "false") == "true"

    def where(
        self, key: str, check: Callable[[str], bool], text: str, warning: bool = False
    ) -> None:
        """Record `text` (with {value}) for each text at `key` that fails `check`, in their order."""
        value = self.item.get(key)
        if isinstance(value, str):
            value = _list_of(value, self.item.line_of(key))
        if not isinstance(value, LocatedList):
            return
        for line, part in zip(value.lines, value, strict=True):
            if isinstance(part, str) and part.strip() and not check(part.strip()):
                said = text.format(value=part.strip())
                self.problems.append(Problem(self.path, line, said, warning))


def _list_of(text: str, line: int) -> LocatedList:
    only = LocatedList(line)
    only.append(text)
    only.lines.append(line)
    return only
