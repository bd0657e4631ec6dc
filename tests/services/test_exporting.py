"""An export: everything the city owns, nothing that opens a door, nothing for others to read."""

from __future__ import annotations

import csv
import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import inspect

from bot.content.yamlread import read_yaml
from bot.errors import StoreError
from bot.services.exporting import EXPORTED, LEFT_OUT, Export
from bot.store import attributes, questions
from bot.store.database import Database
from bot.store.questions import Question
from tests.builders import content, write
from tests.segments import user_id
from tests.services.test_backup import MS, fill
from tests.store.builders import opened

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


def exported(db: Database, tmp_path: Path) -> Path:
    directory = write(tmp_path / "town", content())
    (directory / "intents" / "menu.png").write_bytes(b"a picture")
    Export(db, directory, lambda: NOW).run(tmp_path / "out")
    return tmp_path / "out"


@pytest.fixture
def db(tmp_path: Path):
    found = opened(tmp_path)
    yield found
    found.close()


def test_of_every_table_it_is_decided_whether_the_city_gets_it(db: Database) -> None:
    with db.read() as connection:
        tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
    assert tables == {*EXPORTED, *LEFT_OUT}, "say in services/exporting.py what becomes of it"
    assert not set(EXPORTED) & set(LEFT_OUT)


def test_content_choices_questions_and_history_can_be_read_without_us(
    db: Database, tmp_path: Path
) -> None:
    fill_plainly(db)
    out = exported(db, tmp_path)
    path = "knowledge/common/life.yaml"
    assert (out / "content" / path).read_bytes() == content()[path]
    assert not read_yaml(path, (out / "content" / path).read_bytes())[1]
    assert (out / "content/intents/menu.png").read_bytes() == b"a picture"
    with (out / "residents.csv").open(encoding="utf-8-sig") as file:
        assert [row["user_id"] for row in csv.DictReader(file)] == [user_id(1)]
    with (out / "questions.csv").open(encoding="utf-8-sig") as file:
        assert {row["text"] for row in csv.DictReader(file)} == {"ごみの日は？", "'=1+1で何？"}
    lines = (out / "tables/questions.jsonl").read_text().splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    assert set(texts) == {"ごみの日は？", "=1+1で何？"}  # exact, for machines


def fill_plainly(db: Database) -> None:
    db.write(lambda c: attributes.know(c, [user_id(1)], MS))
    asked = [
        Question("q1", "2026-11-20", "ごみの日は？", "answer", ("garbage",)),
        Question("q2", "2026-11-21", "=1+1で何？", "fallback", ()),
    ]
    db.write(lambda c: questions.add(c, asked))


def test_nothing_that_opens_an_account_leaves_the_house(db: Database, tmp_path: Path) -> None:
    skip = {"content_versions", "content_changes"}  # compressed texts, which `fill` has none of
    fill(db)
    for table in skip:
        db.write(lambda c, table=table: c.exec_driver_sql(f"DELETE FROM {table}"))
    out = exported(db, tmp_path)
    everything = "".join(path.read_text() for path in out.rglob("*.jsonl"))
    for secret in ("password", "totp_secret", "setup_secret", "reply_token"):
        assert secret not in everything
    files = {path.stem for path in (out / "tables").iterdir()}
    assert files == set(EXPORTED)
    assert not files & set(LEFT_OUT)


def test_only_the_owner_may_read_it_and_the_manifest_proves_it_whole(
    db: Database, tmp_path: Path
) -> None:
    fill_plainly(db)
    out = exported(db, tmp_path)
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    files = [path for path in out.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    manifest = json.loads((out / "manifest.json").read_text())
    named = {path.relative_to(out).as_posix() for path in files}
    assert set(manifest["files"]) == named - {"manifest.json", "README.txt"}
    assert manifest["files"]["tables/questions.jsonl"]["rows"] == 2


def test_a_folder_that_holds_something_is_left_alone(db: Database, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("keep")
    with pytest.raises(StoreError, match="空ではありません"):
        exported(db, tmp_path)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_a_city_on_postgresql_gets_the_same(postgres: Database, tmp_path: Path) -> None:
    fill_plainly(postgres)
    out = exported(postgres, tmp_path)
    assert {path.stem for path in (out / "tables").iterdir()} == set(EXPORTED)
    assert len((out / "questions.csv").read_text("utf-8-sig").splitlines()) == 3
