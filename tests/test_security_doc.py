"""docs/security.md promises nothing by a test that is not there."""

from __future__ import annotations

import re

from bot.config import REPOSITORY

NAMED = re.compile(r"`((?:[a-z_]+/)*test_[a-z_]+\.py)::(test_[a-z0-9_]+)`")
DOCUMENT = (REPOSITORY / "docs" / "security.md").read_text()


def test_every_test_that_is_named_exists() -> None:
    named = NAMED.findall(DOCUMENT)
    assert len(named) > 50
    missing = []
    for path, name in named:
        file = REPOSITORY / "tests" / path
        if not file.is_file() or f"def {name}(" not in file.read_text():
            missing.append(f"{path}::{name}")
    assert missing == []


def test_every_threat_names_what_stops_it_and_a_test() -> None:
    threats = DOCUMENT.split("## 3. ")[1].split("## 4. ")[0]
    rows = [line for line in threats.splitlines() if line.startswith("| ")]
    rows = [line for line in rows if not line.startswith(("| 脅威", "| ---"))]
    assert len(rows) > 30
    for row in rows:
        _, threat, stopped_by, shown_by, _ = row.split("|")
        assert threat.strip() and stopped_by.strip()
        assert NAMED.search(shown_by), threat


def test_every_chapter_of_the_standard_is_there() -> None:
    chapters = re.findall(r"^\| V(\d+) ", DOCUMENT, re.MULTILINE)
    assert chapters == [str(number) for number in range(1, 15)]


def test_every_row_of_standard_and_guideline_names_a_test() -> None:
    mapped = DOCUMENT.split("## 4. ")[1].split("## 6. ")[0]
    rows = [line for line in mapped.splitlines() if line.startswith("| ")]
    rows = [line for line in rows if not line.startswith(("| 章", "| 考え方", "| ---"))]
    assert len(rows) == 14 + 6
    for row in rows:
        assert NAMED.search(row.split("|")[2]), row
