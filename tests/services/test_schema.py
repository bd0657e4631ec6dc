"""The schemas that editors help with are current, and take every file we ship."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.config import REPOSITORY
from bot.content.kinds import kind_of, reference
from bot.content.loader import read_files
from bot.services.schema import KINDS, schema
from tests.builders import COMMON, INTENTS, replaced
from tests.jsonschema import problems

FOLDER = REPOSITORY / "docs" / "schema"


class Editor(yaml.SafeLoader):
    """YAML as editors read it: numbers and truth values, but no dates, no 9:00 and no yes or no."""


Editor.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag.endswith((":int", ":bool"))]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    if first in "-+0123456789tTfF"
}


def read(text: str) -> Any:
    return yaml.load(text, Editor)


FILES = {path: data for path, data in read_files(REPOSITORY).items() if kind_of(path)}


@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_schema_is_current(kind: str) -> None:
    shipped = json.loads((FOLDER / f"{kind}.schema.json").read_text("utf-8"))
    assert shipped == schema(kind), "「madoguchi schema --write docs/schema」で作り直してください。"


def test_no_schema_is_left_over() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{kind}.schema.json" for kind in KINDS}


def test_every_kind_has_files_and_every_file_a_kind() -> None:
    assert {kind_of(path) for path in FILES} == set(KINDS)


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_shipped_file_fits_its_schema(path: str) -> None:
    assert list(problems(read(FILES[path].decode()), schema(kind_of(path)))) == []


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_shipped_file_names_its_schema_in_its_first_line(path: str) -> None:
    first = FILES[path].decode("utf-8-sig").split("\n", 1)[0]
    assert first == reference(path)
    there = (REPOSITORY / path).parent / first.partition("$schema=")[2]
    assert there.resolve() == FOLDER / f"{kind_of(path)}.schema.json"


@pytest.mark.parametrize(
    ("text", "old", "new", "words"),
    [
        (COMMON, "status: in_operation", "status: running", "none of"),
        (COMMON, "  as_of: 2026年4月\n", "", "lacks one of"),
        (COMMON, "links: [nation]", "link: [nation]", "not a key"),
        (COMMON, "title: 図書館カードの作り方", f"title: {'あ' * 41}", "longer than 40"),
        (COMMON, "id: library-card", "id: Library", "does not match"),
        (COMMON, "status: in_operation", "status: [planned]", "none of"),
    ],
)
def test_an_editor_would_underline_a_mistake(text: str, old: str, new: str, words: str) -> None:
    found = list(problems(read(replaced(text, old, new)), schema("entry")))
    assert any(words in each for each in found), found
    assert list(problems(read(text), schema("entry"))) == []


def test_an_intent_with_an_unknown_action_is_underlined() -> None:
    wrong = read(replaced(INTENTS, "action: handoff", "action: dance"))
    assert any("none of" in each for each in problems(wrong, schema("intent")))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("knowledge/minato/life.yaml", "entry"),
        ("knowledge/cities/minato.yaml", "city"),
        ("intents/menus/child.yaml", "menu"),
        ("intents/menus.yaml", "intent"),
        ("knowledge/classes/minato.csv", ""),
        ("knowledge/lexicon.tsv", ""),
    ],
)
def test_the_kind_follows_from_the_place(path: str, kind: str) -> None:
    assert kind_of(path) == kind
    assert bool(reference(path)) is bool(kind)


def test_the_reference_leads_up_to_the_schemas() -> None:
    path = "knowledge/translations/en/minato/life.yaml"
    name = reference(path).partition("$schema=")[2]
    assert Path(path).parent.joinpath(name).parts[-3:] == ("docs", "schema", "translation.schema.json")  # fmt: skip
    assert name.count("../") == 4
