"""What was promised to go goes by itself: a city's months, lived through with a moved clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.services.keeping import Keeper
from bot.services.restoring import erasures_file
from bot.store import attributes, backlog, conversations, intake, questions, residents
from bot.store.questions import Question
from bot.wiring.account import Base, housekeeping_of
from tests.segments import user_id
from tests.store.builders import (
    arrival,
    claim,
    decide,
    everything,
    opened,
    settle,
    statuses,
)
from tests.web.running import settings

START = datetime(2026, 11, 21, 3, tzinfo=UTC)
TARO = user_id(1)
WORDS = "引っ越しの手続きは？"


class Calendar:
    """A clock that is moved, and the housekeeping that the worker calls once a minute."""

    def __init__(self, tmp_path: Path, days: int) -> None:
        self.now = START
        self.db = opened(tmp_path)
        self.options = settings(
            tmp_path,
            madoguchi_database_url=f"sqlite:///{tmp_path}/test.db",
            madoguchi_retention_days=days,
        )
        base = Base(self.db, lambda: self.now, None, on_server=False)
        self.tasks = housekeeping_of(self.options, base)

    @property
    def ms(self) -> int:
        return int(self.now.timestamp() * 1000)

    def keep(self) -> None:
        for task in self.tasks:
            task()

    def live(self, step: timedelta, until: datetime) -> None:
        """Let time pass, the housekeeping being called after each step."""
        while self.now < until:
            self.now = min(self.now + step, until)
            self.keep()


def ask(calendar: Calendar) -> None:
    """A resident asks and is answered."""
    asked = arrival("asked", who=TARO, at=calendar.ms, body=f'{{"text":"{WORDS}"}}')
    calendar.db.write(lambda c: intake.accept(c, [asked], calendar.ms))
    (claimed,) = claim(calendar.db, now=calendar.ms)
    decide(calendar.db, claimed, now=calendar.ms)
    settle(calendar.db, claimed)
    day = calendar.now.date().isoformat()
    calendar.db.write(lambda c: questions.add(c, [Question("q", day, WORDS, "answer", ())]))
    calendar.db.write(lambda c: conversations.save(c, TARO, '{"last":"moving"}', calendar.ms))


def test_questions_and_ids_are_kept_for_the_days_promised_and_a_day_later_gone(
    tmp_path: Path,
) -> None:
    for days in (90, 7):
        folder = tmp_path / str(days)
        folder.mkdir()
        calendar = Calendar(folder, days)
        ask(calendar)
        last = START + timedelta(days=days)
        calendar.live(timedelta(hours=12), last - timedelta(minutes=1))
        assert WORDS in everything(calendar.db)
        assert TARO in everything(calendar.db)
        calendar.live(timedelta(hours=12), last + timedelta(days=1))
        assert WORDS not in everything(calendar.db)
        assert TARO not in everything(calendar.db)
        calendar.db.close()


def test_a_conversation_is_forgotten_within_the_hour(tmp_path: Path) -> None:
    calendar = Calendar(tmp_path, 90)
    ask(calendar)
    calendar.live(timedelta(minutes=1), START + timedelta(minutes=29))
    assert "moving" in everything(calendar.db)
    calendar.live(timedelta(minutes=1), START + timedelta(minutes=32))
    assert "moving" not in everything(calendar.db)
    calendar.db.close()


def test_what_is_old_goes_also_when_the_bot_was_off_on_the_day(tmp_path: Path) -> None:
    calendar = Calendar(tmp_path, 90)
    ask(calendar)
    calendar.now += timedelta(days=200)
    calendar.keep()
    assert WORDS not in everything(calendar.db)
    calendar.db.close()


def test_an_erasure_is_on_the_list_beside_the_database_within_a_minute(tmp_path: Path) -> None:
    calendar = Calendar(tmp_path, 90)
    calendar.db.write(lambda c: attributes.know(c, [TARO], calendar.ms))
    calendar.db.write(lambda c: residents.erase(c, TARO, before=calendar.ms, now=calendar.ms))
    listed = erasures_file(calendar.options.madoguchi_database_url, tmp_path)
    assert not listed.exists()
    calendar.live(timedelta(minutes=1), START + timedelta(minutes=1))
    assert len(listed.read_text().splitlines()) == 1
    assert TARO not in listed.read_text()
    calendar.db.close()


def test_a_list_that_cannot_be_written_keeps_nothing_else_from_going(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    calendar = Calendar(tmp_path, 90)
    ask(calendar)
    erasures_file(calendar.options.madoguchi_database_url, tmp_path).mkdir(parents=True)
    calendar.now += timedelta(days=200)
    keeper = Keeper(*calendar.tasks)
    keeper.start()
    deadline = time.monotonic() + 20
    while WORDS in everything(calendar.db) or "moving" in everything(calendar.db):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    keeper.stop()
    assert "housekeeping failed" in caplog.text
    calendar.db.close()


def test_what_waited_in_an_account_taken_off_the_list_is_told_of_no_more_and_goes_too(
    tmp_path: Path,
) -> None:
    calendar = Calendar(tmp_path, 90)
    body = f'{{"text":"{WORDS}"}}'
    asked = arrival("asked", who=TARO, at=calendar.ms, body=body, account="gone")
    calendar.db.write(lambda c: intake.accept(c, [asked], calendar.ms))
    calendar.live(timedelta(minutes=10), START + timedelta(minutes=110))
    assert statuses(calendar.db) == {"asked": "waiting"}
    calendar.live(timedelta(minutes=10), START + timedelta(minutes=130))
    assert statuses(calendar.db) == {"asked": "unanswered"}
    with calendar.db.read() as connection:
        assert backlog.oldest_unanswered(connection) is None
        assert backlog.silent(connection, 0) == []
    calendar.live(timedelta(hours=12), START + timedelta(days=91))
    assert WORDS not in everything(calendar.db) and TARO not in everything(calendar.db)
    calendar.db.close()
