"""A broken file is complained of where it is broken; nothing else is blamed for what it held."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from bot.content.problems import errors
from bot.services.publishing import check_files
from tests.builders import COMMON, content, replaced

TODAY = date(2026, 11, 21)
MENU = """\
- id: everyday
  title: メニュー
  city: common
  role: default
  bar: メニュー
  image: everyday.png
  rows: [1]
  areas:
    - label: 図書館
      show: library-card
"""
MORE = {
    "intents/menus/default.yaml": MENU,
    "intents/choices.yaml": "- id: topics\n  title: 話題\n  examples: [話題]\n  choices: [library-card, minato-ferry, greeting]\n",
    "knowledge/translations/en/common/life.yaml": "- id: library-card\n  title: Library card\n  answer: Ask at the library.\n- id: emergency-fire\n  title: Fire\n  answer: Call 119.\n",
}  # fmt: skip
BREAKS: dict[str, Callable[[bytes], bytes]] = {
    "a tab": lambda data: data.replace(b"\n  ", b"\n\t", 1),
    "no text": lambda data: b"\x00\xff\xfe\x81" + data[::7],
    "a workbook": lambda data: b"PK\x03\x04" + bytes(range(256)) * 9,
    "UTF-16": lambda data: data.decode().encode("utf-16"),
    "cut off": lambda data: data[: len(data) // 2] + b'\n "',
    "empty": lambda data: b"",
    "no list": lambda data: b"x: 1\n",
    "too big": lambda data: data + b"#" * 1_100_000,
}
PATHS = [
    "intents/basic.yaml",
    "intents/emergencies.yaml",
    "knowledge/cities/minato.yaml",
    "knowledge/cities/yamate.yaml",
    "knowledge/common/life.yaml",
    "knowledge/links.yaml",
    "knowledge/minato/transport.yaml",
]


def files(**changes: bytes) -> dict[str, bytes]:
    return {**content(dict(MORE)), **changes}


def test_the_content_itself_is_sound() -> None:
    assert errors(check_files(files(), TODAY).problems) == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("how", BREAKS)
def test_only_the_broken_file_is_complained_of(path: str, how: str) -> None:
    broken = {path: BREAKS[how](files()[path])}
    found = errors(check_files(files(**broken), TODAY).problems)
    assert found
    assert {problem.path for problem in found} == {path}


def test_what_is_missing_anywhere_else_is_still_said() -> None:
    wrong = replaced(COMMON, "related: [bicycle-registration]", "related: [nothing]")
    changes = {"knowledge/links.yaml": b"\x00\x01", "knowledge/common/life.yaml": wrong.encode()}
    found = [str(problem) for problem in errors(check_files(files(**changes), TODAY).problems)]
    assert any("related の「nothing」" in each for each in found)
