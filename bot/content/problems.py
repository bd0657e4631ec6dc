"""A problem in a content file, in words for the person who edits it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """Place, what is wrong and how to mend it. A warning does not stop publishing."""

    path: str
    line: int
    text: str
    warning: bool = False

    def __str__(self) -> str:
        mark = "注意：" if self.warning else ""
        return f"{self.path}:{self.line}: {mark}{self.text}"


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Those that stop publishing."""
    return [problem for problem in problems if not problem.warning]
