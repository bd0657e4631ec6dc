"""What /readyz says of trouble that no single request shows, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from bot.errors import LineRejected
from bot.line.events import parse_event
from bot.services.readiness import Readiness
from bot.services.receiving import Receipt
from bot.services.replying import Replying
from bot.services.vitals import Vitals
from bot.store.database import Database
from bot.store.migrate import HEAD
from bot.web.health import health_blueprint
from tests.services.builders import (
    Echo,
    FakeClock,
    FakeLine,
    deliver,
    lost,
    receiver,
    text_event,
    work,
)


class Town:
    """One account's door and replies; LINE follows a script."""

    def __init__(self, db: Database, clock: FakeClock, account: str = "main") -> None:
        self.clock, self.line = clock, FakeLine()
        self.door = receiver(db, clock, account=account)
        self.replying = Replying(db, Echo(), self.line, parse_event, clock, account=account)

    def ask(self, *refusals: Exception) -> None:
        """A question, each try of whose answer meets one of these."""
        self.line.script = list(refusals)
        deliver(self.door, text_event())
        work(self.replying)


def unauthorized() -> LineRejected:
    return LineRejected("unauthorized", status=401)


def looked(readiness: Readiness) -> tuple[int, dict[str, Any]]:
    app = Flask("test")
    app.register_blueprint(health_blueprint(readiness))
    response = app.test_client().get("/readyz")
    return response.status_code, response.json or {}


def silent(readiness: Readiness) -> int:
    """What /metrics says."""
    lag = Vitals(readiness.db, readiness, readiness.clock, lambda: 0).lag()
    assert lag is not None
    return lag.silent


def test_replies_that_all_fail_are_told_of_until_one_arrives(db: Database) -> None:
    """A token that was made anew: nobody waits, and nobody is answered."""
    town = Town(db, FakeClock())
    readiness = Readiness(db, town.clock, lambda: True)
    for _ in range(2):
        town.ask(unauthorized())
    assert looked(readiness) == (200, {"status": "ok"}) and silent(readiness) == 0
    town.ask(unauthorized())
    status, said = looked(readiness)
    assert status == 200 and "3件の返信が、どれも届いていません。" in said["warnings"][0]
    assert silent(readiness) == 1
    town.ask()
    assert looked(readiness) == (200, {"status": "ok"}) and silent(readiness) == 0


def test_the_account_that_is_silent_is_named_and_no_other(db: Database) -> None:
    clock = FakeClock()
    silent_one, other = Town(db, clock, "onojo"), Town(db, clock, "hachioji")
    for _ in range(3):
        silent_one.ask(unauthorized())
        other.ask()
    (said,) = looked(Readiness(db, clock, lambda: True))[1]["warnings"]
    assert "（onojo）" in said and "hachioji" not in said


def test_doubtful_replies_count_and_old_or_late_ones_do_not(db: Database) -> None:
    town = Town(db, FakeClock())
    readiness = Readiness(db, town.clock, lambda: True)
    for _ in range(3):  # nobody was there to answer in time: that is said while they wait
        deliver(town.door, text_event())
    town.clock.advance(60)
    work(town.replying)
    assert silent(readiness) == 0
    for _ in range(3):
        town.ask(lost())
        town.clock.advance(60)
        work(town.replying)
    assert silent(readiness) == 1
    town.clock.advance(24 * 3600)
    assert silent(readiness) == 0


@pytest.mark.parametrize(("revision", "said"), [("9999", "新しい版"), ("0001", "古い版")])
def test_a_database_of_another_version_is_not_ready(db: Database, revision: str, said: str) -> None:
    """Another machine's new version has changed it, and this process is still of the old one."""
    readiness = Readiness(db, FakeClock(), lambda: True)
    change = "UPDATE alembic_version SET version_num = '{}'"
    db.write(lambda c: c.exec_driver_sql(change.format(revision)))
    try:
        status, answer = looked(readiness)
        assert status == 503 and said in answer["reasons"][0]
    finally:
        db.write(lambda c: c.exec_driver_sql(change.format(HEAD)))
    assert looked(readiness) == (200, {"status": "ok"})


def test_a_full_disk_is_told_although_a_small_row_still_fits(sqlite_db: Database) -> None:
    clock = FakeClock()
    door = receiver(sqlite_db, clock)
    readiness = Readiness(sqlite_db, clock, lambda: True, refusing=door.refusing)
    readiness.reasons()  # its row is there
    pages = sqlite_db.write(lambda c: c.exec_driver_sql("PRAGMA page_count").scalar_one())
    sqlite_db.write(lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages}"))
    long = text_event("ごみ" * 4000)
    assert deliver(door, long) is Receipt.NOT_KEPT
    status, said = looked(readiness)
    assert status == 503 and "質問を保存できない" in said["reasons"][0]
    clock.advance(11)  # nobody was sent here since: whether there is room shows at the next event
    assert looked(readiness) == (200, {"status": "ok"})
    assert deliver(door, long) is Receipt.NOT_KEPT
    sqlite_db.write(lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages * 2}"))
    assert deliver(door, long) is Receipt.KEPT
    assert looked(readiness) == (200, {"status": "ok"})
