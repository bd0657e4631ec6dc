"""The console's rows mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.errors import StoreError
from bot.store import (
    audit,
    audit_pages,
    content_changes,
    intake,
    question_reads,
    questions,
    sessions,
    staff,
)
from bot.store.audit import Entry
from bot.store.content_changes import Change
from bot.store.database import Database
from bot.store.questions import Question
from bot.store.sessions import FULL, Session
from bot.store.staff import Role
from tests.console.office import NOW
from tests.store.builders import arrival, opened

MOMENT = int(NOW.timestamp() * 1000)


@pytest.fixture(params=["sqlite", "postgres"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated database of either kind."""
    if request.param == "postgres":
        yield request.getfixturevalue("postgres")
        return
    db = opened(tmp_path)
    yield db
    db.close()


def read(db: Database, ask: Any, *given: Any) -> Any:
    with db.read() as connection:
        return ask(connection, *given)


def test_person_session_and_waiting(db: Database) -> None:
    assert db.write(lambda c: staff.add(c, "花子", "x", Role.EDITOR, ["intents"], MOMENT))
    assert not db.write(lambda c: staff.add(c, "花子", "y", Role.ADMIN, [], MOMENT))
    person = read(db, staff.find, "花子").person
    assert person.may_edit("intents/a.yaml") and not person.may_edit("intents-b/a.yaml")
    assert db.write(lambda c: staff.use_step(c, person.id, 5))
    assert not db.write(lambda c: staff.use_step(c, person.id, 5))
    session = Session("d", person.id, FULL, None, MOMENT, MOMENT, MOMENT)
    db.write(lambda c: sessions.open_session(c, session))
    assert read(db, sessions.find, "d") == session
    assert db.write(lambda c: sessions.end_all(c, person.id)) == 1
    for _ in range(3):
        db.write(lambda c: sessions.failed(c, "k", 2, MOMENT))
    assert read(db, sessions.locked_until, ["k"], MOMENT) == MOMENT + 60_000
    db.write(lambda c: sessions.forgive(c, ["k"], MOMENT))
    assert read(db, sessions.locked_until, ["k"], MOMENT) == 0


def test_change_starts_only_from_what_the_file_holds(db: Database) -> None:
    first = Change("a", MOMENT, "花子", "", "text", "", "1", b"", b"one")
    other = Change("a", MOMENT, "太郎", "", "text", "", "2", b"", b"two")
    assert db.write(lambda c: content_changes.add(c, first))
    assert not db.write(lambda c: content_changes.add(c, other))
    assert read(db, content_changes.head_data, "a") == b"one"
    assert read(db, content_changes.data_of, "a", "1") == b"one"
    assert [change.who for change in read(db, content_changes.history, "a")] == ["花子"]


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'x'", "DELETE FROM audit"])
def test_audit_log_takes_no_changes(db: Database, statement: str) -> None:
    db.write(lambda c: audit.add(c, Entry(MOMENT, "花子", "x", "y", "z", "", "")))
    with pytest.raises(StoreError):
        db.write(lambda c: c.execute(text(statement)))
    assert read(db, audit_pages.page, "花").entries[0].who == "花子"


def test_questions_are_counted_by_wording_day_and_hour(db: Database) -> None:
    rows = [Question(str(n), "2026-11-20", "ごみの日", "answer", ("a",)) for n in range(3)]
    db.write(lambda c: questions.add(c, rows))
    (asked,) = read(db, question_reads.since, "2026-11-01")
    assert (asked.count, asked.candidates, asked.day) == (3, ("a",), "2026-11-20")
    assert read(db, question_reads.by_day, "2026-11-01") == {"2026-11-20": {"answer": 3}}
    db.write(lambda c: intake.accept(c, [arrival("a")], MOMENT))
    assert read(db, question_reads.by_hour, 0) == {12: 1}
    db.write(lambda c: question_reads.mark(c, ["ごみの日"], question_reads.DONE, "花子", MOMENT))
    assert list(read(db, question_reads.marks).values()) == ["done"]
