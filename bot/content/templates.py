"""A template: an announcement with blanks, each filled from a closed list. Problems by line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.content.problems import Problem
from bot.content.yamlread import Located, LocatedList, read_yaml

_BLANK = re.compile(r"〔([^〔〕\n]{1,20})〕")
_START = re.compile(r"^announcement:[ \t]*(?:#.*)?$", re.MULTILINE)
_UNFIT = re.compile(r"[\n\r\t\"'\\#{}\[\]:&*!|>%@`〔〕]")


@dataclass(frozen=True)
class Template:
    """`source` is the announcement's file with `〔blank〕` in it; `blanks` the words for each."""

    name: str
    source: str
    blanks: Mapping[str, tuple[str, ...]]

    def fill(self, values: Mapping[str, str]) -> str:
        """The announcement's file. Raises ValueError (Japanese) for a word off the list."""
        for blank, words in self.blanks.items():
            if values.get(blank) not in words:
                raise ValueError(f"「{blank}」は {'・'.join(words)} のどれかにしてください。")
        unknown = values.keys() - self.blanks.keys()
        if unknown:
            raise ValueError(f"「{min(unknown)}」という空欄はありません。")
        return _BLANK.sub(lambda match: values[match[1]], self.source)


@dataclass(frozen=True)
class TemplateRead:
    """A template, None where there are problems."""

    template: Template | None
    problems: tuple[Problem, ...]


def read_template(path: str, data: bytes) -> TemplateRead:
    """Read `name`, `blanks` and, below `announcement:`, the indented announcement."""
    text = data.decode("utf-8-sig", "replace")
    value, problems = read_yaml(path, data)
    if problems:
        return TemplateRead(None, tuple(problems))
    start = _START.search(text)
    if not isinstance(value, Located) or start is None or "name" not in value:
        hint = "「name:」「blanks:」「announcement:」の順に書いてください。"
        return TemplateRead(None, (Problem(path, 1, hint),))
    for key in value:
        if key not in ("name", "blanks", "announcement"):
            hint = f"「{key}」というキーはありません。使えるキー：name・blanks・announcement"
            problems.append(Problem(path, value.line_of(key), hint))
    blanks = _blanks(path, value, problems)
    source = "\n".join(line[2:] for line in text[start.end() :].strip("\n").splitlines())
    used = set(_BLANK.findall(source))
    for blank in sorted(used ^ blanks.keys()):
        where = "blanks にありません" if blank in used else "文のどこにもありません"
        problems.append(Problem(path, value.line_of("blanks"), f"空欄「{blank}」は{where}。"))
    if problems:
        return TemplateRead(None, tuple(sorted(problems)))
    return TemplateRead(Template(str(value["name"]), source + "\n", blanks), ())


def _blanks(path: str, value: Located, problems: list[Problem]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    given: Any = value.get("blanks")
    for blank, words in given.items() if isinstance(given, Located) else ():
        line = given.line_of(blank)
        if not isinstance(words, LocatedList) or not words:
            hint = f"空欄「{blank}」に入る言葉を [ ] の中に並べて書いてください。"
            problems.append(Problem(path, line, hint))
            continue
        for word in words:
            if not isinstance(word, str) or not word.strip() or _UNFIT.search(word):
                hint = f"空欄「{blank}」の言葉に、記号や改行は使えません。"
                problems.append(Problem(path, line, hint))
                break
        else:
            found[blank] = tuple(map(str, words))
    return found
