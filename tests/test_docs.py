"""What the documents name is there: commands with their options, files, headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bot.cli import main
from bot.config import REPOSITORY

DOCS = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
COMMANDS = main.list_commands(click.Context(main))
_SNIPPET = re.compile(r"(?:^|`)(?:\.venv/bin/)?madoguchi ([^`\n#]+)", re.M)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.M)
_LABEL = re.compile(r"「([^「」]+)」")
_BLOCK = re.compile(r"^```.*?^```", re.M | re.S)


def relative(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def command(words: list[str]) -> click.Command:
    """The command that these words call."""
    found: click.Command | None = main
    for word in words:
        if not isinstance(found, click.Group) or not re.fullmatch(r"[a-z][a-z-]*", word):
            break
        found = found.get_command(click.Context(found), word)
    assert found is not None, " ".join(words)
    return found


def slugs(text: str) -> Iterator[str]:
    """What a link may name behind #."""
    for heading in _HEADING.findall(_BLOCK.sub("", text)):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str) -> None:
    assert re.search(rf"`(?:madoguchi )?{name}[ `]", DOCS[0].read_text("utf-8")), name


@pytest.mark.parametrize("path", DOCS, ids=relative)
def test_every_command_and_option_that_a_document_names_is_there(path: Path) -> None:
    for snippet in _SNIPPET.findall(path.read_text("utf-8")):
        found = command(re.split(r"[^a-z-]+", snippet))
        known = {each for param in found.params for each in (*param.opts, *param.secondary_opts)}
        for option in re.findall(r"(?<!\S)--[a-z][a-z-]*", snippet):
            assert option in known, f"madoguchi {snippet}"


@pytest.mark.parametrize("path", DOCS, ids=relative)
def test_every_link_of_a_document_leads_somewhere(path: Path) -> None:
    for link in _LINK.findall(path.read_text("utf-8")):
        place, _, heading = link.partition("#")
        if link.startswith("https://"):
            continue
        target = (path.parent / place).resolve() if place else path
        assert target.exists(), link
        if heading:
            assert heading in set(slugs(target.read_text("utf-8"))), link


def test_every_label_that_the_staff_guide_names_is_on_a_page() -> None:
    said = [(REPOSITORY / "intents/wording/ja.yaml").read_text("utf-8")]
    for room in ("console", "web", "line", "core", "services", "store"):
        files = (REPOSITORY / "bot" / room).rglob("*")
        said += [
            each.read_text("utf-8") for each in files if each.suffix in (".html", ".js", ".py")
        ]
    pages, guide = "\n".join(said), (REPOSITORY / "docs/staff-guide.md").read_text("utf-8")
    examples = {"この例文は『住民票』の質問14件を奪います"}
    assert {each for each in _LABEL.findall(guide) if each not in pages} == examples
