"""PostgreSQL as the common store: broken connections, locks, one clock, several starts at once."""

import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from bot.errors import StoreError, StoreVersion
from bot.store import claiming, clock, inbox, intake, questions
from bot.store.database import open_database
from bot.store.exchange import _RECORD, Done, exchange
from bot.store.inbox import Decision
from bot.store.migrate import HEAD, current_revision, migrate, require_current
from bot.store.questions import Question
from bot.store.sharedclock import SharedClock
from bot.store.together import begin
from tests.postgres import emptied, new_database
from tests.store.builders import LEASE, NOW, accept, arrival, claim, statuses

END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE pid <> pg_backend_pid() AND datname = current_database()"
)


@pytest.fixture
def server(shared_postgres):
    return emptied(shared_postgres)


@pytest.fixture
def url(postgres_server):
    with new_database(postgres_server) as url:
        yield url


def beside(db):
    """Another process's pool on the same database."""
    return open_database(db._engine.url.render_as_string(hide_password=False))


def test_connections_that_died_with_a_restart_are_replaced_unseen(server):
    other = beside(server)
    accept(server, arrival("a"))
    other.write(lambda c: c.execute(text(END_OTHERS)))
    assert accept(server, arrival("b", who="Uother")) == 1
    other.write(lambda c: c.execute(text(END_OTHERS)))
    with server.read() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    assert set(statuses(server)) == {"a", "b"}
    other.close()


def test_the_inboxs_own_connections_are_replaced_unseen_too(server):
    other = beside(server)
    keep = [
        lambda c, event=event: intake.accept(c, [arrival(event, who=f"U{event}")], NOW)
        for event in "abc"
    ]
    assert server.work(keep[0], single=True) == 1
    other.write(lambda c: c.execute(text(END_OTHERS)))
    assert server.work(keep[1], single=True) == 1
    other.write(lambda c: c.execute(text(END_OTHERS)))
    assert server.work(keep[2]) == 1
    assert set(statuses(server)) == {"a", "b", "c"}
    other.close()


def test_an_event_whose_keeping_lost_its_answer_is_kept_once_and_accepted(server):
    other, cut = beside(server), []

    def keep(connection):
        kept = intake.accept(connection, [arrival("a")], NOW)
        if not cut:
            cut.append(other.write(lambda c: c.execute(text(END_OTHERS)).all()))
            connection.execute(text("SELECT 1"))
        return kept

    server.work(keep, single=True)
    assert list(statuses(server)) == ["a"]
    other.close()


def test_a_turn_that_fails_at_its_end_leaves_nothing_of_its_beginning(server):
    accept(server, arrival("a"))
    (held,) = claim(server)
    done = [Done(Decision(held.id, held.attempts, "decided", "answer", "[{}]"))]
    with pytest.raises(StoreError):  # a server counts no rows below zero
        server.work(
            lambda c: exchange(c, done, [], NOW, lease_ms=LEASE, room=-1),
            single=True,
        )
    assert statuses(server) == {"a": "leased"}
    ours, _ = server.work(lambda c: exchange(c, done, [], NOW, lease_ms=LEASE, room=1), single=True)
    assert ours == {held.id} and statuses(server) == {"a": "decided"}


def test_work_that_is_more_than_one_statement_is_undone_as_a_whole(server):
    def work(connection):
        intake.accept(connection, [arrival("a")], NOW)
        connection.execute(text("SELECT 1 / 0"))

    with pytest.raises(StoreError):
        server.work(work)
    assert statuses(server) == {}
    assert server.work(lambda c: intake.accept(c, [arrival("b")], NOW)) == 1


def test_what_a_gone_residents_event_loses_it_loses_as_a_whole(server):
    def work(connection):
        begin(connection)
        intake.accept(connection, [arrival("a")], NOW)
        connection.execute(text("SELECT 1 / 0"))

    with pytest.raises(StoreError):
        server.work(work, single=True)
    assert statuses(server) == {}


@pytest.mark.parametrize(
    "statement",
    [
        claiming._CLAIM_OLDEST,
        claiming._CLAIM_NEWEST,
        _RECORD,
        inbox._SETTLE._together,
        inbox._DECIDE._together,
    ],
)
def test_a_turn_walks_by_index_however_wrong_the_statistics_are(server, statement):
    """Right after the first event, with a table that the server believes to be empty."""
    values = {"the_account": "main", "now": NOW, "room": 8, "forgotten": 0, "lease_end": NOW}
    values["rows"] = "[]"

    def plan(connection):
        compiled = statement.compile(dialect=connection.dialect)
        given = {**compiled.params, **values}
        return "\n".join(r[0] for r in connection.exec_driver_sql(f"EXPLAIN {compiled}", given))

    found = server.work(plan)
    for slow in ("Seq Scan", "Bitmap", "Hash", "Merge"):
        assert slow not in found, found
    lines = found.splitlines()
    looked_up = [lines[n + 1] for n, line in enumerate(lines) if "pk_inbox" in line]
    assert looked_up and all("Index Cond: (" in line for line in looked_up), found


def test_a_transaction_cut_off_in_the_middle_is_done_again_as_a_whole(server):
    other, cut = beside(server), []

    def write(connection):
        questions.add(connection, [Question("q", "2026-11-21", "ごみ", "answer")])
        if not cut:
            cut.append(other.write(lambda c: c.execute(text(END_OTHERS)).all()))
        questions.add(connection, [Question("r", "2026-11-21", "水道", "answer")])

    server.write(write)
    with server.read() as connection:
        assert {q.id for q in questions.find(connection, "2026-11-21")} == {"q", "r"}
    other.close()


def test_a_commit_whose_answer_is_lost_is_an_error_and_not_repeated(server):
    other, calls = beside(server), []

    def write(connection):
        calls.append(1)
        questions.add(connection, [Question("q", "2026-11-21", "ひみつ", "answer")])
        other.write(lambda c: c.execute(text(END_OTHERS)).all())

    with pytest.raises(StoreError) as caught:
        server.write(write)
    assert len(calls) == 1 and "ひみつ" not in str(caught.value)
    other.close()


def test_what_was_kept_although_its_commit_seemed_lost_is_not_kept_twice(db):
    question = Question("q", "2026-11-21", "ごみ", "answer")
    for _ in range(2):
        db.write(lambda c: questions.add(c, [question]))
    with db.read() as connection:
        assert questions.find(connection, "2026-11-21") == [question]


def test_two_transactions_that_lock_each_other_out_both_end_well(server):
    accept(server, arrival("a", who="U1"), arrival("b", who="U2"))
    together = threading.Barrier(2, timeout=20)

    def touch(first, second):
        def run(connection):
            update = text("UPDATE inbox SET attempts = attempts + 1 WHERE event_id = :event")
            connection.execute(update, {"event": first})
            if not together.broken:
                # The one that is done again finds nobody waiting.
                with suppress(threading.BrokenBarrierError):
                    together.wait(2)
            connection.execute(update, {"event": second})

        server.write(run)

    threads = [threading.Thread(target=touch, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with server.read() as connection:
        assert connection.execute(text("SELECT attempts FROM inbox")).scalars().all() == [2, 2]


def test_workers_that_claim_at_the_same_moment_share_out_the_events(server):
    accept(server, *[arrival(f"e{n}", who=f"U{n}") for n in range(40)])
    accept(server, *[arrival(f"f{n}", who=f"U{n}", at=1_800_000_000_001) for n in range(40)])
    found = [[] for _ in range(4)]
    together = threading.Barrier(4, timeout=20)

    def work(mine):
        together.wait()
        for _ in range(10):
            mine += claim(server, room=3)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    claimed = [c.id for mine in found for c in mine]
    assert len(claimed) == len(set(claimed)) == 40  # of each resident the first event alone
    assert sum(status == "leased" for status in statuses(server).values()) == 40


def test_the_shared_clock_is_the_databases_and_no_wall_clock_moves_it(server, monkeypatch):
    shared = SharedClock(server)
    with server.read() as connection:
        asked = clock.now_ms(connection)
    assert abs(shared().timestamp() * 1000 - asked) < 5_000

    class Jumped(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2001, 1, 1, tzinfo=UTC)

    monkeypatch.setattr("bot.store.clock.datetime", Jumped)
    with server.read() as connection:
        assert abs(shared.read(connection) - clock.now_ms(connection)) < 5_000


def test_the_shared_clock_follows_the_database_when_it_is_asked_again(server, monkeypatch):
    shared = SharedClock(server)
    monkeypatch.setattr("bot.store.sharedclock.now_ms", lambda _: 42_000)
    monkeypatch.setattr("bot.store.sharedclock._ASK_AGAIN_SECONDS", -1.0)
    with server.read() as connection:
        assert 42_000 <= shared.read(connection) < 44_000
    assert shared().year == 1970


def test_processes_that_start_at_once_on_an_empty_database_migrate_it_once(url):
    script = (
        "from bot.store.database import open_database\n"
        "from bot.store.migrate import migrate\n"
        f"db = open_database({url!r}); migrate(db); db.close()\n"
    )
    starts = [
        subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE) for _ in range(3)
    ]
    for start in starts:
        _, said = start.communicate(timeout=60)
        assert start.returncode == 0, said.decode()
    db = open_database(url)
    assert current_revision(db) == HEAD
    db.close()


def test_a_database_of_another_program_is_left_alone(url):
    db = open_database(url)
    db.write(lambda c: c.execute(text("CREATE TABLE inbox (letter TEXT)")))
    with pytest.raises(StoreVersion, match="inbox"):
        migrate(db)
    with pytest.raises(StoreVersion, match="まどぐちのものではありません"):
        require_current(db)
    db.close()


@pytest.mark.parametrize(("revision", "said"), [("0001", "古い版のまま"), ("9999", "新しい版")])
def test_where_nothing_may_be_migrated_another_version_is_refused(url, revision, said):
    db = open_database(url)
    migrate(db)
    require_current(db)
    db.write(
        lambda c: c.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
    )
    with pytest.raises(StoreVersion, match=said):
        require_current(db)
    db.close()


@pytest.mark.parametrize("way", ["write", "work"])
def test_after_a_failover_the_connections_to_the_server_of_before_are_given_up(url, way):
    """It lives on as a copy that takes no writes; the address leads to the other one by now."""
    db = open_database(url)
    migrate(db)
    read_only = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"
    getattr(db, way)(lambda c: c.execute(text(read_only)))
    kept = getattr(db, way)(lambda c: intake.accept(c, [arrival("a")], NOW))
    assert kept == 1 and statuses(db) == {"a": "waiting"}
    db.close()
