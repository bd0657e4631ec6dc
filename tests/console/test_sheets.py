"""Tables out and in."""

from __future__ import annotations

import html
import io
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.commands import staff as staff_commands
from bot.content import provenance
from bot.content.classes import read_classes
from bot.content.loader import load
from bot.content.problems import errors
from bot.errors import ContentError
from bot.services.classsheets import apply_classes
from bot.services.importing import import_faq
from bot.services.publishing import check_files
from bot.services.schema import KINDS, schema
from bot.services.sheets import apply_table, phrase_rows
from bot.store.staff import Role
from tests import builders
from tests.classes import FULL, table
from tests.classes import PATH as CLASS_PATH
from tests.console.office import Office

LIFE = "knowledge/common/life.yaml"
TODAY = date(2026, 11, 21)
FAQ = """質問,回答,URL,担当課
犬を飼いはじめたら何をしますか,"登録が必要です。手数料は3,000円です。
窓口は環境課です。",http://www.minato.example.jp/dog.html,環境課
図書館カードを作りたい,図書館へ。,,図書館
犬を飼いはじめたら、何をしますか？,登録してください。,,環境課
,回答だけ,,
"""


def faq(text: str = FAQ, encoding: str = "cp932") -> Any:
    files = builders.content()
    return import_faq(text.encode(encoding), files, load(files).draft, "minato", TODAY)


def upload(desk: Any, to: str, data: bytes, **form: str) -> Any:
    return desk.post(to, {**form, "file": (io.BytesIO(data), "a.csv")})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp932"])
def test_examples_go_out_and_come_back_the_same(encoding: str) -> None:
    data = builders.COMMON.encode()
    lines = ["id,題名,言い方", *(",".join(row) for row in phrase_rows(data))]
    same, differences = apply_table(data, "\r\n".join(lines).encode(encoding))
    assert (same, differences) == (data, [])


def test_changed_table_is_shown_before_anything_is_saved(office: Office) -> None:
    desk = office.signed_in(Role.EDITOR)
    text = desk.get(f"/staff/content/sheets/examples.csv?path={LIFE}").data
    table = text.decode("utf-8-sig").replace("としょかんカード", "本のカード").encode("cp932")
    answer = upload(desk, "/staff/content/sheets/examples", table, path=LIFE)
    assert answer.status_code == 200
    assert "本のカード" in answer.text and "としょかんカード" in answer.text
    assert (office.content / LIFE).read_bytes() == builders.COMMON.encode()
    found = re.search(r'name="table" value="([^"]*)"', answer.text)
    assert found is not None
    form = {"path": LIFE, "table": html.unescape(found[1]), "do": "save", "why": "言い方の見直し"}
    assert desk.post("/staff/content/sheets/examples", form).status_code == 303
    expected = builders.replaced(builders.COMMON, "としょかんカード", "本のカード")
    assert (office.content / LIFE).read_text("utf-8") == expected


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b"a,b\n1,2\n", "見出し"),
        ("id,言い方\nnobody,x\n".encode(), "2行目"),
        (b"\xff\x00\x81", "文字コード"),
        (b"", "見出し"),
    ],
)
def test_table_that_cannot_be_used_is_refused_in_japanese(table: bytes, said: str) -> None:
    with pytest.raises(ContentError, match=said):
        apply_table(builders.COMMON.encode(), table)


def test_faq_becomes_sound_entries_that_wait_for_review() -> None:
    found = faq()
    assert found.entries == 2
    files = {**builders.content(), **found.files}
    checked = check_files(files, TODAY)
    assert errors(checked.problems) == []
    entry = checked.loaded.draft.entries["minato-faq-0001"]
    assert entry.review_by < TODAY
    assert entry.answer == "登録が必要です。手数料は3,000円です。\n窓口は環境課です。"
    (link,) = entry.links
    assert checked.loaded.draft.links[link].url == "https://www.minato.example.jp/dog.html"


def test_faq_names_duplicates_first_and_leaves_out_what_is_there() -> None:
    found = faq()
    assert any("4行目" in each and "ほとんど同じ" in each for each in found.doubts)
    assert [each.split("：")[0] for each in found.skipped] == ["3行目", "5行目"]


def test_imported_figures_are_proved_and_a_later_slip_is_noticed() -> None:
    plan = b"plan: x\nsections:\n  - name: y\n"
    files = {**builders.content(), "knowledge/sources/x.yaml": plan}
    data = FAQ.encode("cp932")
    files |= import_faq(data, files, load(files).draft, "minato", TODAY).files
    path = "knowledge/minato/faq-01.yaml"

    def wrong(data: bytes) -> list[str]:
        changed = {**files, path: data}
        return [p.text for p in provenance.check(load(changed), changed) if p.path == path]

    assert wrong(files[path]) == []
    (said,) = wrong(files[path].replace(b"3,000", b"5,000"))
    assert "5,000円" in said or "5000円" in said


def test_faq_is_imported_in_the_console(office: Office) -> None:
    desk = office.signed_in(Role.EDITOR)
    answer = upload(desk, "/staff/content/sheets/faq", FAQ.encode("cp932"))
    assert "FAQから2件の項目を作ります" in answer.text
    found = re.search(r'name="table" value="([^"]*)"', answer.text)
    assert found is not None
    form = {"table": html.unescape(found[1]), "do": "save", "why": "取り込み"}
    answer = desk.post("/staff/content/sheets/faq", form)
    assert answer.status_code == 303, re.findall(r'class="wrong".*?</div>', answer.text, re.S)
    assert "犬を飼いはじめたら" in desk.read("/staff/content/freshness")
    chat = office.app.test_client().post(
        "/chat", data={"message": "犬を飼いはじめたら何をしますか"}
    )
    assert "登録が必要です" in chat.text


def test_command_imports_a_faq_and_adds_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = builders.write(tmp_path / "content", builders.content())
    (tmp_path / "faq.csv").write_bytes(FAQ.encode("cp932"))
    monkeypatch.setenv("MADOGUCHI_CONTENT_DIR", str(content))
    monkeypatch.setenv("MADOGUCHI_DATABASE_URL", f"sqlite:///{tmp_path}/a.db")
    monkeypatch.setenv("MADOGUCHI_CITY", "minato")
    runner = CliRunner()
    done = runner.invoke(staff_commands.import_faq, [str(tmp_path / "faq.csv")])
    assert done.exit_code == 0, done.output
    assert (content / "knowledge/minato/faq-01.yaml").exists()
    add = ["add", "花子", "--role", "editor", "--password-stdin"]
    assert (
        runner.invoke(staff_commands.staff, add, input="みかん-たんす-98-雲の上\n").exit_code == 0
    )
    shown = runner.invoke(staff_commands.staff, ["list", "--json"])
    assert json.loads(shown.output)["name"] == "花子"
    assert runner.invoke(staff_commands.staff, ["disable", "花子"]).exit_code == 0
    assert json.loads(runner.invoke(staff_commands.staff, ["list", "--json"]).output)["disabled"]


@pytest.mark.parametrize("kind", KINDS)
def test_schema_is_json_and_closed(kind: str) -> None:
    made = json.loads(json.dumps(schema(kind)))
    item = made.get("items", made)
    for each in item.get("anyOf", [item]):
        assert each["additionalProperties"] is False and each["properties"]


def test_schema_knows_every_key_of_the_files(repository: Path) -> None:
    known = set(schema("entry")["items"]["properties"])
    for path in (repository / "knowledge" / "common").glob("*.yaml"):
        keys = set(re.findall(r"^(?:- |  )([a-z_]+):", path.read_text("utf-8"), re.M))
        assert keys <= known, path


CLASSES = "/staff/content/sheets/classes"


def changed_table(desk: Any, **cells: str) -> bytes:
    """The city's table as it is downloaded, with one more row."""
    answer = desk.get(f"{CLASSES}.csv?path={CLASS_PATH}")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    text = answer.data.decode("utf-8-sig") + "\r\n".join(
        table({**FULL, **cells}).decode().splitlines()[1:]
    )
    return text.encode("cp932")


def test_classes_go_out_and_come_in_after_their_difference_was_seen(office: Office) -> None:
    desk = office.signed_in(Role.EDITOR)
    answer = upload(desk, CLASSES, changed_table(desk), path=CLASS_PATH)
    assert answer.status_code == 200
    assert "はじめてのスマートフォン教室" in answer.text and "定員：20" in answer.text
    assert not (office.content / CLASS_PATH).exists()
    form = {name: hidden(answer.text, name) for name in ("table", "path")}
    saved = desk.post(CLASSES, {**form, "do": "save", "why": "冬の教室"})
    assert saved.status_code == 303
    data = (office.content / CLASS_PATH).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert [each.name for _, each in read_classes(CLASS_PATH, data)[0].sessions] == [FULL["イベント名"]]  # fmt: skip
    history = desk.get(f"/staff/content/history?path={CLASS_PATH}")
    assert "冬の教室" in history.text


def test_classes_with_mistakes_are_shown_with_their_line_and_not_saved(office: Office) -> None:
    desk = office.signed_in(Role.EDITOR)
    wrong = changed_table(desk, 開始日="未定")
    answer = upload(desk, CLASSES, wrong, path=CLASS_PATH)
    assert f"{CLASS_PATH}:2: 「開始日」の「未定」" in html.unescape(answer.text)
    form = {name: hidden(answer.text, name) for name in ("table", "path")}
    assert desk.post(CLASSES, {**form, "do": "save", "why": "x"}).status_code == 422
    assert not (office.content / CLASS_PATH).exists()


@pytest.mark.parametrize("path", ["knowledge/classes/nowhere.csv", LIFE, "../etc/passwd"])
def test_only_tables_of_classes_go_out_there(office: Office, path: str) -> None:
    desk = office.signed_in(Role.EDITOR)
    assert desk.get(f"{CLASSES}.csv?path={path}").status_code == 404


def test_a_table_of_classes_that_comes_back_the_same_changes_nothing() -> None:
    data = b"\xef\xbb\xbf" + table(FULL, {**FULL, "ID": "2", "イベント名": "二つ目"})
    assert apply_classes(data, data.decode("utf-8-sig").encode("cp932")) == (data, [])


def test_each_changed_cell_of_a_class_is_named() -> None:
    before = table(FULL, {**FULL, "ID": "2", "イベント名": "消えるもの"})
    after = table({**FULL, "定員": "30"})
    _, found = apply_classes(before, after)
    assert [(each.title, each.added, each.removed[:1]) for each in found] == [
        ("はじめてのスマートフォン教室（2026-12-03）", ("定員：30",), ("定員：20",)),
        ("消えるもの（2026-12-03）", (), ("全国地方公共団体コード：999999",)),
    ]


def test_a_table_from_excel_can_be_mended_as_text(office: Office) -> None:
    desk = office.signed_in(Role.EDITOR)
    (office.content / CLASS_PATH).parent.mkdir(parents=True)
    (office.content / CLASS_PATH).write_bytes(table(FULL, encoding="cp932"))
    answer = desk.get(f"/staff/content/text?path={CLASS_PATH}")
    assert answer.status_code == 200 and "はじめてのスマートフォン教室" in answer.text


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return html.unescape(found[1])
