"""The page that says where the knowledge comes from leaves nothing out."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import REPOSITORY
from bot.content.loader import Loaded, load, read_files
from bot.content.sources import read_sources
from bot.content.sourcetables import outside_facts, tables, with_tables
from tests.builders import COMMON, content, replaced

PAGE = REPOSITORY / "docs" / "knowledge-sources.md"
AGAIN = "「madoguchi sources --write docs/knowledge-sources.md」で作り直してください。"


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """The shipped content."""
    return read_files(REPOSITORY)


def test_the_page_names_every_fact_from_outside_with_its_reason(files: dict[str, bytes]) -> None:
    page = PAGE.read_text("utf-8")
    facts = outside_facts(files)
    assert len(facts) > 30
    missing = [each for each in facts if f"| {each.fact} | {each.reason} |" not in page]
    assert missing == [], AGAIN


def test_the_page_names_every_plan_and_everything_that_has_changed(
    files: dict[str, bytes], shipped: Loaded
) -> None:
    page, sources = PAGE.read_text("utf-8"), read_sources(files)
    assert [title for title in sources.plans if f"| {title} |" not in page] == [], AGAIN
    named = [
        section.name
        for plan in sources.plans.values()
        for section in plan.sections.values()
        if section.certainty
    ]
    assert len(named) > 30
    assert [name for name in named if f"| {name} |" not in page] == [], AGAIN


def test_the_page_can_be_made_again(files: dict[str, bytes], shipped: Loaded) -> None:
    text = PAGE.read_text("utf-8")
    fresh = with_tables(text, tables(shipped, files))
    assert with_tables(fresh, tables(shipped, files)) == fresh
    assert fresh.count("<!-- 表：") == text.count("<!-- 表：") == 4
    plain = [line for line in text.splitlines() if not line.startswith("|")]
    assert [line for line in fresh.splitlines() if not line.startswith("|")] == plain


def test_facts_are_found_wherever_they_stand_and_named_once() -> None:
    fact = "  outside_source:\n    - fact: 無料\n      reason: 図書館法\n  covers: "
    life = COMMON.replace("  covers: ", fact)
    found = outside_facts(content({"knowledge/common/life.yaml": life}))
    assert [(each.fact, each.reason, each.used) for each in found] == [
        ("無料", "図書館法", ("library-card", "bicycle-registration"))
    ]


def test_an_entry_counts_under_each_plan_it_cites(tmp_path: Path) -> None:
    plan = "plan: 湊市デジタル計画\nsections:\n  - name: 1章\n  - name: 2章\n  - name: 3章\n"
    two = replaced(COMMON, "source: 湊市デジタル計画 1章", "source: [湊市デジタル計画 1章, 湊市デジタル計画 2章]")  # fmt: skip
    files = content({"knowledge/sources/minato.yaml": plan, "knowledge/common/life.yaml": two})
    assert "| 湊市 | 湊市デジタル計画 | 3 | 3 | 3 |" in tables(load(files), files)["計画"]


def test_topics_stand_by_how_many_items_they_have_then_by_name(
    files: dict[str, bytes], shipped: Loaded
) -> None:
    rows = [line.strip("| ").split(" | ") for line in tables(shipped, files)["話題"].splitlines()]
    topics = rows[2:-1]  # without the heads and the sum
    order = [(-sum(int(cell or 0) for cell in cells), topic) for topic, *cells in topics]
    assert len(order) > 10
    assert order == sorted(order)
