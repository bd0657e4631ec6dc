"""Faults of our own processes and of the database: killed, gone, restarted, its clock jumping."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy

from bot.bench import delivery
from bot.bench.ground import FAULTY, POSTGRESQL, SEPARATE, SQLITE, Ground, Outcome
from bot.bench.installation import Installation, until
from bot.store.database import open_database
from bot.store.migrate import migrate

_WORKERS, _PEOPLE = 10, 60_000
_SKEW = (
    "CREATE TABLE public.skew (by interval)",
    "INSERT INTO public.skew VALUES ('0')",
    "CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS "
    "'SELECT pg_catalog.clock_timestamp() + (SELECT by FROM public.skew)'",
)


def kill_sqlite(ground: Ground, trials: int) -> Outcome:
    """A town's `serve` killed at any moment: all of it, the child that serves, or the child of
    that one, which decides answers."""
    outcome = Outcome(trials, SQLITE)
    killed = {"all": 0, "web": 0, "answering": 0}
    with ground.town(SQLITE, *FAULTY) as town:
        web = town.web()
        for _ in range(trials):
            town.busy(ground.dice.uniform(0.2, 1.2))
            who = ground.dice.choice(sorted(killed))
            killed[who] += 1
            if who == "all":
                town.kill(web)
                web = town.web()
            else:
                town.kill_child(web, ground.dice, grandchild=who == "answering")
                until(lambda: town.status("/readyz") == 200, 60)
        town.end(outcome)
        outcome.notes |= {"killed": killed, "LINE": town.line.faults()}
    return outcome


def kill_postgres(ground: Ground, trials: int) -> Outcome:
    """Two web processes and two workers on PostgreSQL, any of them killed at any moment."""
    outcome = Outcome(trials, POSTGRESQL)
    killed = {"web": 0, "web_child": 0, "worker": 0}
    with ground.town(POSTGRESQL, *FAULTY) as town:
        web, workers = town.web(2, **SEPARATE), [town.worker(), town.worker()]
        until(lambda: town.status("/readyz") == 200, 60)
        for _ in range(trials):
            town.busy(ground.dice.uniform(0.2, 1.2))
            who = ground.dice.choice(sorted(killed))
            killed[who] += 1
            if who == "web":
                town.kill(web)
                web = town.web(2, **SEPARATE)
            elif who == "web_child":
                town.kill_child(web, ground.dice)
            else:
                town.kill(workers.pop(ground.dice.randrange(2)))
                workers.append(town.worker())
        town.end(outcome, 120)
        outcome.notes |= {"killed": killed, "LINE": town.line.faults()}
    return outcome


def kill_delivery(ground: Ground, trials: int) -> Outcome:
    """The delivery of announcements killed at any moment, with a LINE that fails as well."""
    found = delivery.kill_test(5_000, trials * 3, seed=ground.dice.randrange(10_000))
    return Outcome(
        trials * 3,
        SQLITE,
        notes={"people": found.people, "announcements": found.deliveries, "LINE": found.faults},
        wrong=found.wrong,
    )


def ten_workers(ground: Ground, trials: int) -> Outcome:
    """Ten `madoguchi worker` deliver one announcement at its time; three are killed over it."""
    outcome = Outcome(max(1, trials // 15), POSTGRESQL)
    for _ in range(outcome.trials):
        _one_announcement(ground, outcome)
    outcome.notes |= {"people": _PEOPLE, "workers": _WORKERS, "killed": 3 * outcome.trials}
    return outcome


def _one_announcement(ground: Ground, outcome: Outcome) -> None:
    folder = ground.folder()
    url = ground.url(POSTGRESQL, folder)
    with (
        delivery.database(url, _PEOPLE) as db,
        delivery.stub(0.04, 7) as port,
        ground.installation(folder, url, port) as town,
    ):
        _watch_chores(db)
        workers = [town.worker() for _ in range(_WORKERS)]
        until(lambda: _begun(town) >= _WORKERS, 120)
        began = time.monotonic()
        announcement = delivery.order(db, after_seconds=2.0)
        until(lambda: delivery.load(db, announcement).ready, 60)
        for _ in range(3):
            time.sleep(ground.dice.uniform(0.1, 0.5))
            town.kill(workers.pop(ground.dice.randrange(len(workers))))
        delivery.wait_for_the_end(db)
        outcome.notes["seconds"] = round(time.monotonic() - began, 1)
        found = delivery.Killed(_PEOPLE, 3)
        delivery.compare(db, _PEOPLE, port, found)
        outcome.notes["LINE"] = found.faults
        outcome.wrong += found.wrong + _chores_done_twice(db)


def _begun(town: Installation) -> int:
    """How many workers say that they have begun."""
    return town.log_path.read_text("utf-8").count("を始めました")


def _watch_chores(db: Any) -> None:
    """Keep a record of every time that scheduled work was taken or planned."""
    for statement in (
        "CREATE TABLE chore_log (at timestamptz DEFAULT clock_timestamp(), name text, due_at bigint)",
        "CREATE FUNCTION log_chore() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN INSERT INTO chore_log (name, due_at) VALUES (NEW.name, NEW.due_at); RETURN NEW; END'",
        "CREATE TRIGGER log_chore AFTER INSERT OR UPDATE ON chores "
        "FOR EACH ROW EXECUTE FUNCTION log_chore()",
    ):
        db.write(lambda c, statement=statement: c.exec_driver_sql(statement))


def _chores_done_twice(db: Any) -> list[str]:
    """`tidy` at most every 50 s; the daily deletion taken once and planned once."""
    with db.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT name, extract(epoch FROM at) FROM chore_log ORDER BY at"
        ).all()
    tidied = [float(at) for name, at in rows if name == "tidy"]
    wrong = [
        "work of a minute was done twice"
        for one, next_ in zip(tidied, tidied[1:], strict=False)
        if next_ - one < 49
    ]
    deletions = sum(name == "retention" for name, _ in rows)
    if not tidied or not 1 <= deletions <= 2:
        wrong.append(f"scheduled work: tidied {len(tidied)}, deletion steps {deletions}")
    return wrong


def database_restarted(ground: Ground, trials: int) -> Outcome:
    """PostgreSQL stopped, as an operator does or as if the power went, and started again."""
    outcome = Outcome(max(2, trials // 3), POSTGRESQL)
    statuses: set[int] = set()
    with ground.town(POSTGRESQL, *FAULTY) as town:
        town.web(2)
        for number in range(outcome.trials):
            town.busy(ground.dice.uniform(0.3, 1.0))
            ground.server.stop("immediate" if number % 2 else "fast")
            statuses.add(town.residents_write())
            outcome.expect(town.status("/readyz") == 503, "/readyz was silent")
            ground.server.start()
        town.end(outcome)
    outcome.expect(statuses <= {503}, f"a webhook without a database was answered {statuses}")
    return outcome


def database_gone(ground: Ground, trials: int) -> Outcome:
    """PostgreSQL away for a while: never a false 200, /readyz says so, all goes on afterwards."""
    outcome = Outcome(1, POSTGRESQL, notes={"gone_seconds": ground.outage})
    refused, slowest = 0, 0.0
    with ground.town(POSTGRESQL) as town:
        town.web(2, **SEPARATE)
        town.worker()
        until(lambda: town.status("/readyz") == 200, 60)
        town.busy(1.0)
        ground.server.stop("immediate")
        try:
            gone = time.monotonic()
            while time.monotonic() - gone < ground.outage:
                before = time.monotonic()
                outcome.expect(town.residents_write() == 503, "a webhook was not refused")
                slowest = max(slowest, time.monotonic() - before)
                outcome.expect(town.status("/readyz") == 503, "/readyz was silent")
                refused += 1
                time.sleep(0.2)
        finally:
            ground.server.start()
        ready = until(lambda: town.status("/readyz") == 200, 60)
        town.end(outcome)
    outcome.notes |= {"refused": refused, "slowest_503_s": round(slowest, 2)}
    outcome.notes["ready_after_s"] = round(ready, 1)
    return outcome


def clock_jumps(ground: Ground, trials: int) -> Outcome:
    """The database's clock, which is everybody's, an hour ahead and back while residents write."""
    outcome = Outcome(max(2, trials // 3), POSTGRESQL)
    with ground.town(POSTGRESQL, *FAULTY) as town:
        skew = Skew(town.url)
        town.web(2)
        for number in range(outcome.trials):
            town.busy(ground.dice.uniform(0.5, 1.5))
            skew.set("1 hour" if number % 2 == 0 else "-5 minutes")
        town.busy(1.0)
        until(lambda: town.status("/readyz") == 200, 60)
        town.end(outcome, 200)
    outcome.notes["jumps"] = "+60 min, -65 min, …"
    return outcome


class Skew:
    """The server's clock as every process of ours sees it, set by hand.

    A function of the same name stands before the server's own in the search path.
    """

    def __init__(self, url: str) -> None:
        db = open_database(url, exclusive=False)
        migrate(db)
        for statement in _SKEW:
            db.write(lambda c, statement=statement: c.exec_driver_sql(statement))  # type: ignore[misc]
        name = sqlalchemy.make_url(url).database
        path = f"ALTER DATABASE {name} SET search_path = public, pg_catalog"
        db.write(lambda c: c.exec_driver_sql(path))
        db.close()
        self._url = url

    def set(self, by: str) -> None:
        """Ahead of the true time by so much."""
        db = open_database(self._url, exclusive=False)
        try:
            statement = sqlalchemy.text("UPDATE public.skew SET by = CAST(:by AS interval)")
            db.write(lambda c: c.execute(statement, {"by": by}))
        finally:
            db.close()
