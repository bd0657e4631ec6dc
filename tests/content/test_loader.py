"""Files become content: every file is read or complained of, every item knows its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from bot.config import REPOSITORY
from bot.content.loader import load, read_files, version_of
from bot.core.knowledge import Facet, Status
from bot.core.wording import SENTENCES
from bot.errors import ContentError
from tests.builders import COMMON, MINATO, content, line_of, replaced, wording, write

LIFE = "knowledge/common/life.yaml"
JA = "intents/wording/ja.yaml"


def said(changes: dict[str, str | bytes | None]) -> list[str]:
    return [str(problem) for problem in load(content(changes)).problems]


def test_good_files_become_content() -> None:
    loaded = load(content())
    found = loaded.content
    assert found is not None
    assert set(found.entries) == {
        "library-card",
        "bicycle-registration",
        "minato-ferry",
        "yamate-cablecar",
    }
    card = found.entries["library-card"]
    assert card.details == {Facet.FEE: "手数料は無料です。"}
    assert card.answer.startswith("図書館カードは、図書館の窓口で作れます。\n")
    assert found.entries["minato-ferry"].status is Status.PLANNED
    assert found.entries["minato-ferry"].sources == ("湊市デジタル計画 3章",)
    assert found.cities["minato"].contact("digital").phone == "099-111-3333"
    assert found.links["city_top"].for_city("yamate").url == "https://yamate.example.jp/"  # type: ignore[union-attr]
    assert found.intents["greeting"].tests == {"こんにちは！": "greeting"}
    assert [danger.id for danger in found.emergencies] == ["emergency-fire"]
    assert found.lexicon == ((("自転車", "チャリ"), ("自転車",), True),)


def test_an_item_knows_its_file_and_lines() -> None:
    place = load(content()).places["bicycle-registration"]
    assert (place.path, place.line) == (LIFE, line_of(COMMON, "id: bicycle-registration"))
    assert place.line_of("questions/防犯登録") == line_of(COMMON, "- 防犯登録")
    assert place.line_of("nothing") == place.line


def test_the_version_names_the_bytes() -> None:
    files = content()
    assert version_of(files) == version_of(dict(reversed(files.items())))
    assert version_of(files) == load(files).draft.version
    assert version_of(files) != version_of(content({LIFE: COMMON + "\n"}))


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("knowledge/minato/z.yaml", MINATO, "knowledge/minato/transport.yaml:1 にもあります"),
        ("intents/more.yaml", "- id: library-card\n  title: a\n  examples: [b]\n  answer: c\n",
         "intents/more.yaml:1 にもあります"),
        ("knowledge/links2.yaml", "[]", None),
    ],
)  # fmt: skip
def test_an_id_stands_once_in_all_files(path: str, text: str, words: str | None) -> None:
    found = said({path: text})
    if words is None:
        assert found == []
    else:
        assert any(words in line for line in found)


def test_a_second_translation_of_one_item_is_refused() -> None:
    text = "- id: library-card\n  title: a\n  answer: b\n"
    (line,) = said({f"knowledge/translations/en/{n}.yaml": text for n in ("a", "b")})
    assert line.startswith("knowledge/translations/en/b.yaml:1: ")
    assert "knowledge/translations/en/a.yaml:1 にもあります" in line


@pytest.mark.parametrize(
    ("path", "text", "line", "words"),
    [
        (LIFE, "", 1, "中身がありません"),
        (LIFE, "# あとで書く\n", 1, "中身がありません"),
        (LIFE, "id: a\ntitle: b\n", 1, "先頭の「- 」がありません"),
        (LIFE, "ただの文\n", 1, "先頭の「- 」がありません"),
        (LIFE, "- ただの文\n- もう一つ\n", 1, "「- id: …」の形で"),
        (LIFE, "- [a, b]\n", 1, "「- id: …」の形で"),
        ("knowledge/cities/minato.yaml", "- id: minato\n", 1, "「id: …」から始めて"),
        ("intents/wording/ja.yaml", "- name: a\n", 1, "「名前: 文」の形で"),
        ("intents/wording/en.yaml", "English\n", 1, "「名前: 文」の形で"),
        ("knowledge/links.yaml", "city_top: https://a.example.jp/\n", 1, "先頭の「- 」"),
        ("knowledge/translations/en.yaml", "- id: a\n", 1, "knowledge/translations/言語/"),
        ("knowledge/other.tsv", "a\tb\n", 1, "このファイルは使われません"),
        ("knowledge/lexicon.tsv", "a => b\n", 1, "（タブ）"),
        ("knowledge/lexicon.tsv", "あ\t=>\tい".encode("cp932"), 1, "UTF-8"),
    ],
)
def test_a_file_of_the_wrong_kind_is_named(
    path: str, text: str | bytes, line: int, words: str
) -> None:
    found = said({path: text})
    assert any(each.startswith(f"{path}:{line}: ") and words in each for each in found), found


@pytest.mark.parametrize("key", sorted(SENTENCES))
def test_folder_of_an_older_version_speaks_with_the_sentences_of_this_one(key: str) -> None:
    older = "".join(line for line in wording().splitlines(True) if not line.startswith(f"{key}:"))
    loaded = load(content({JA: older}))
    assert loaded.content is not None
    (warned,) = [p for p in loaded.problems if p.path == JA]
    assert warned.warning and f"「{key}」がありません。まどぐちの標準の文で答えます" in str(warned)
    shipped = yaml.safe_load((REPOSITORY / JA).read_text("utf-8"))
    assert loaded.content.wording["ja"][key] == shipped[key].strip()


def test_many_missing_sentences_are_one_warning_and_what_is_written_stays() -> None:
    loaded = load(content({JA: "name: みなと語\n"}))
    assert loaded.content is not None
    assert loaded.content.wording["ja"]["name"] == "みなと語"
    assert len([p for p in loaded.problems if p.path == JA]) == 1


def test_another_language_speaks_with_shipped_sentences_before_japanese_ones() -> None:
    loaded = load(content({"intents/wording/en.yaml": "name: My English\n"}))
    assert loaded.content is not None
    english = loaded.content.wording["en"]
    assert (english["name"], english["menu_button"]) == ("My English", "Menu")
    assert not [p for p in loaded.problems if "wording/en" in p.path]


def test_language_that_does_not_ship_keeps_its_own_sentences_alone() -> None:
    loaded = load(content({"intents/wording/vi.yaml": "name: Tiếng Việt\n"}))
    assert loaded.content is not None and loaded.content.wording["vi"] == {"name": "Tiếng Việt"}


def test_an_empty_directory_is_one_problem(tmp_path: Path) -> None:
    loaded = load(read_files(tmp_path))
    assert loaded.content is None
    assert [str(p) for p in loaded.problems] == [
        "knowledge:1: 内容のファイルがありません。MADOGUCHI_CONTENT_DIR の場所を確かめてください。"
    ]


def test_files_are_read_from_both_rooms_whatever_the_case_of_their_ending(tmp_path: Path) -> None:
    write(tmp_path, content())
    (tmp_path / "knowledge/common/life.yaml").rename(tmp_path / "knowledge/common/LIFE.YAML")
    (tmp_path / "knowledge/common/.life.yaml.swp.yaml").write_text("broken: [")
    (tmp_path / "knowledge/notes.txt").write_text("これは読まない")
    (tmp_path / "README.yaml").write_text("broken: [")
    files = read_files(tmp_path)
    assert "knowledge/common/LIFE.YAML" in files
    assert len(files) == len(content())
    assert load(files).content is not None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, content())
    (tmp_path / LIFE).chmod(0)
    with pytest.raises(ContentError, match="を読めません"):
        read_files(tmp_path)


def test_a_broken_item_leaves_the_others_to_be_checked() -> None:
    text = replaced(COMMON, "- id: library-card\n  title", "- title")
    found = said(
        {LIFE: text, "intents/basic.yaml": "- id: a\n  title: b\n  examples: [c]\n  answer: d\n"}
    )
    assert found == [f"{LIFE}:1: 「id」がありません。書いてください。"]
