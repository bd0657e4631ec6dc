"""An announcement's fields -> its file, with the field that each line came from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import yaml

from bot.content.problems import Problem

_BREAKS = str.maketrans({"\u2028": "\\u2028", "\u2029": "\\u2029", "\x85": "\\u0085"})


@dataclass
class Lines:
    """A file being written; `places[i]` names the field that line i came from."""

    lines: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)

    def add(self, text: str, place: str) -> None:
        """One line, or several of the same field."""
        for line in text.split("\n"):
            self.lines.append(line)
            self.places.append(place)

    def value(self, start: str, text: str, place: str) -> None:
        """A text after `start` ("  title: "): as a block where it has lines, else quoted."""
        indent = " " * (len(start) - len(start.lstrip(" -")) + 2)
        if "\n" in text and _fits_block(text):
            self.add(f"{start}|-", place)
            self.add("\n".join(indent + line if line else "" for line in text.split("\n")), place)
        else:
            self.add(start + quoted(text), place)

    def text(self) -> str:
        """The file."""
        return "\n".join(self.lines) + "\n"

    def place_of(self, problem: Problem) -> str:
        """The field that a problem of this file is about."""
        return self.places[min(max(problem.line, 1), len(self.places)) - 1]


def quoted(text: str) -> str:
    """A text as YAML between quotes, on one line."""
    return json.dumps(text, ensure_ascii=False).translate(_BREAKS)


def listed(texts: Sequence[str]) -> str:
    """Texts as a YAML list on one line."""
    return f"[{', '.join(map(quoted, texts))}]"


def rule_text(rule: object) -> str:
    """A rule of plain data as staff write it."""
    text: str = yaml.safe_dump(rule, allow_unicode=True, sort_keys=False, width=60)
    return text.strip()


def _fits_block(text: str) -> bool:
    """Whether a block keeps the text as it is and no trap of the reader lies in it."""
    plain = all(letter == "\n" or letter.isprintable() for letter in text)
    return plain and not any(line != line.strip() for line in text.split("\n")) and text[0] != "\n"
