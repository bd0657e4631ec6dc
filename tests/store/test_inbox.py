import pytest

from bot.store import backlog, claiming, inbox, inbox_erasing
from tests.store.builders import (
    LEASE,
    NOW,
    accept,
    arrival,
    claim,
    decide,
    rows,
    settle,
    statuses,
)


def claimed_ids(db, **changes):
    by_id = {row.id: event_id for event_id, row in rows(db).items()}
    return [by_id[c.id] for c in claim(db, **changes)]


def test_an_event_is_kept_once_however_often_it_comes(db):
    assert accept(db, arrival("a"), arrival("a")) == 1
    assert accept(db, arrival("a"), arrival("b")) == 1
    assert statuses(db) == {"a": "waiting", "b": "waiting"}


def test_two_accounts_may_have_the_same_event_id(db):
    assert accept(db, arrival("a"), arrival("a", account="other")) == 2


def test_a_redelivery_gives_an_open_event_a_new_minute(db):
    accept(db, arrival("a"), now=NOW)
    assert accept(db, arrival("a", redelivered=True), now=NOW + 70_000) == 1
    assert rows(db)["a"].received_at == NOW + 70_000


def test_a_redelivery_of_a_settled_event_changes_nothing(db):
    accept(db, arrival("a"))
    held = claim(db)[0]
    decide(db, held)
    settle(db, held)
    before = rows(db)
    assert accept(db, arrival("a", redelivered=True), now=NOW + 1000) == 0
    assert rows(db) == before


def test_only_open_events_are_counted_and_no_further_than_asked(db):
    accept(db, arrival("a"), arrival("b"), arrival("c", who="Uother"))
    held = claim(db)[0]
    decide(db, held)
    settle(db, held)
    assert db.write(lambda c: backlog.count_open(c, 10)) == 2
    assert db.write(lambda c: backlog.count_open(c, 1)) == 1


def test_of_a_conversation_only_the_oldest_open_event_is_claimed(db):
    accept(db, arrival("second", at=NOW + 5), arrival("first", at=NOW), arrival("x", who="Uother"))
    assert set(claimed_ids(db)) == {"first", "x"}
    assert claimed_ids(db) == []
    held = claim(db, now=NOW + LEASE)  # leases are over
    for one in held:
        decide(db, one)
        settle(db, one)
    assert claimed_ids(db) == ["second"]


def test_events_of_the_same_moment_keep_the_order_of_arrival(db):
    accept(db, arrival("b"))
    accept(db, arrival("a"))
    assert claimed_ids(db) == ["b"]


def test_an_event_waits_while_the_reply_before_it_is_being_retried(db):
    accept(db, arrival("a"), arrival("b", at=NOW + 1))
    held = claim(db)[0]
    decide(db, held)
    settle(db, held, "decided", due_at=NOW + 500)
    assert claimed_ids(db) == []
    assert claimed_ids(db, now=NOW + 500) == ["a"]


def test_events_without_a_conversation_hold_nobody_up(db):
    accept(db, arrival("a", who=None), arrival("b", who=None))
    assert len(claim(db)) == 2


def test_the_same_user_in_two_accounts_is_two_conversations(db):
    accept(db, arrival("a"), arrival("b", account="other", at=NOW + 1))
    assert [c.account for c in claim(db)] == ["main"]
    assert [c.account for c in claim(db, account="other")] == ["other"]


def test_what_is_due_late_or_full_is_each_accounts_own(db):
    accept(db, arrival("a"), arrival("b", account="other"), now=NOW)
    with db.read() as connection:
        assert backlog.anything_due(connection, NOW, "other")
        assert not backlog.anything_due(connection, NOW, "third")
        assert backlog.count_open(connection, 9, "other") == 1
    held = claim(db, account="other")[0]
    with db.read() as connection:
        assert not backlog.anything_due(connection, NOW, "other")
        assert backlog.next_due(connection, NOW, "other") == NOW + LEASE
        assert backlog.next_due(connection, NOW) is None
        assert backlog.oldest_waiting(connection, NOW, "other") is None
        assert backlog.oldest_waiting(connection, NOW) == NOW
    assert db.write(lambda c: backlog.expire(c, NOW + 60_000, 50_000)) == 1
    assert statuses(db) == {"a": "unanswered", "b": "leased"}
    assert held.account == "other"


def test_a_claim_gives_oldest_first_or_newest_first(db):
    for n in range(4):
        accept(db, arrival(f"e{n}", who=f"U{n}"), now=NOW + n)
    assert claimed_ids(db, now=NOW + 9, room=1) == ["e0"]
    assert claimed_ids(db, now=NOW + 9, room=1, newest=True) == ["e3"]


def test_a_lease_that_ends_lets_another_take_over(db):
    accept(db, arrival("a"))
    assert len(claim(db)) == 1
    assert claim(db, now=NOW + LEASE - 1) == []
    again = claim(db, now=NOW + LEASE)
    assert [c.attempts for c in again] == [2]


def test_who_lost_the_lease_cannot_decide_any_more(db):
    accept(db, arrival("a"))
    first = claim(db)[0]
    second = claim(db, now=NOW + LEASE)[0]
    stale = inbox.Decision(first.id, first.attempts, "decided", "answer", "[1]")
    ours = inbox.Decision(second.id, second.attempts, "decided", "answer", "[2]")
    assert db.write(lambda c: inbox.decide(c, [stale], NOW)) == set()
    assert db.write(lambda c: inbox.decide(c, [stale, ours], NOW)) == {second.id}
    assert rows(db)["a"].messages == "[2]"


def test_a_decided_event_left_in_flight_comes_back_with_unknown_outcome(db):
    accept(db, arrival("a"))
    first = claim(db)[0]
    decide(db, first)
    assert not first.outcome_unknown
    again = claim(db, now=NOW + LEASE)[0]
    assert (again.messages, again.outcome_unknown, again.attempts) == ("[{}]", True, 2)


def test_an_attempt_known_not_to_have_arrived_leaves_no_doubt(db):
    accept(db, arrival("a"))
    first = claim(db)[0]
    decide(db, first)
    settle(db, first, "decided", due_at=NOW + 500, outcome_unknown=False)
    assert claim(db, now=NOW + 499) == []
    assert [c.outcome_unknown for c in claim(db, now=NOW + 500)] == [False]


@pytest.mark.parametrize(("late", "status"), [("replied", "replied"), ("unanswered", "decided")])
def test_a_late_success_counts_and_a_late_failure_does_not(db, late, status):
    accept(db, arrival("a"))
    held = claim(db)[0]
    decide(db, held)
    claim(db, now=NOW + LEASE)  # another has taken it over
    settle(db, held, late)
    assert statuses(db) == {"a": status}


def test_the_reply_is_dropped_when_it_is_settled(db):
    accept(db, arrival("a"))
    held = claim(db)[0]
    decide(db, held)
    assert rows(db)["a"].messages == "[{}]"
    settle(db, held)
    row = rows(db)["a"]
    assert (row.status, row.messages, row.settled_at) == ("replied", None, NOW)


def test_late_events_are_recorded_and_those_without_token_kept(db):
    life = 50_000
    accept(db, arrival("old", who="U1"), arrival("leave", who="U2", reply_token=None))
    accept(db, arrival("new", who="U3"), now=NOW + 1)
    assert db.write(lambda c: backlog.expire(c, NOW + life, life)) == 1
    assert statuses(db) == {"old": "unanswered", "leave": "waiting", "new": "waiting"}


def test_a_late_event_that_may_have_been_answered_is_recorded_as_such(db):
    accept(db, arrival("a"))
    decide(db, claim(db)[0])
    far = NOW + LEASE + 50_000
    db.write(lambda c: backlog.expire(c, far, 50_000))
    assert statuses(db) == {"a": "maybe_sent"}


def test_a_renewed_event_is_not_late(db):
    accept(db, arrival("a"))
    accept(db, arrival("a", redelivered=True), now=NOW + 49_000)
    assert db.write(lambda c: backlog.expire(c, NOW + 60_000, 50_000)) == 0


def test_recovered_events_can_be_claimed_at_once(db):
    accept(db, arrival("a"), arrival("b", who="Uother"))
    first, second = claim(db)
    assert claim(db) == []
    assert db.write(lambda c: backlog.recover(c, NOW)) == 2
    assert {c.id for c in claim(db)} == {first.id, second.id}


def test_a_clock_set_back_holds_nothing_up(db):
    accept(db, arrival("a"))
    claim(db)
    earlier = NOW - 3_600_000
    assert db.write(lambda c: backlog.recover(c, NOW + 1, 120_000)) == 0  # a lease is no reason
    assert db.write(lambda c: backlog.recover(c, earlier, 120_000)) == 1
    assert len(claim(db, now=earlier)) == 1


def test_the_backlog_tells_how_much_and_how_long(db):
    accept(db, arrival("a"), now=NOW)
    accept(db, arrival("b", who="Uother"), now=NOW + 10)
    found = db.write(lambda c: backlog.measure(c, NOW + 10))
    assert (found.open, found.oldest) == (2, NOW)
    claim(db, now=NOW + 10)
    found = db.write(lambda c: backlog.measure(c, NOW + 10))
    assert (found.open, found.oldest, found.next_due) == (2, None, NOW + 10 + LEASE)


def test_a_message_taken_back_before_its_turn_is_recognised(db):
    accept(
        db,
        arrival("gone", message_id="m1"),
        arrival("stays", who="Uother", message_id="m2"),
        arrival("unsend", who="Uthird", kind="unsend", message_id="m1"),
    )
    assert [c.message_id for c in claim(db) if c.unsent] == ["m1"]
    assert statuses(db)["unsend"] == "leased"


@pytest.mark.parametrize("newest", [False, True])
def test_a_claim_walks_the_queue_and_sorts_nothing(db, newest):
    """A queue of 20,000 costs a claim what a queue of 20 does, even without statistics."""
    accept(db, *[arrival(f"e{n}", who=f"U{n % 900}") for n in range(1000)])
    with db.read() as connection:
        plan = claim_plan(connection, newest)
    assert "ix_inbox_due" in plan and "ix_inbox_order" in plan and "ix_inbox_message_id" in plan
    for slow in ("TEMP B-TREE", "SCAN inbox", "Seq Scan", "Sort", "Bitmap", "Hash"):
        assert slow not in plan, plan


def claim_plan(connection, newest):
    statement = claiming._DUE_NEWEST if newest else claiming._DUE_OLDEST
    values = {"the_account": "main", "now": NOW, "room": 8, "forgotten": 0}
    if connection.dialect.name == "sqlite":
        compiled = statement.compile(dialect=connection.dialect)
        places = tuple(values.get(name, compiled.params[name]) for name in compiled.positiontup)
        found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", places)
        return "\n".join(str(row[-1]) for row in found)
    compiled = statement.compile(dialect=connection.dialect)
    found = connection.exec_driver_sql(f"EXPLAIN {compiled}", {**compiled.params, **values})
    return "\n".join(row[0] for row in found)


@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_old_settled_events_are_purged_and_others_stay(db, chunk):
    for n in range(5):
        accept(db, arrival(f"old{n}", who=f"U{n}"), now=NOW)
    accept(db, arrival("open", who="U9"), now=NOW)
    for held in claim(db):
        if held.reply_token != "token-open":
            decide(db, held)
            settle(db, held)
    accept(db, arrival("new", who="U8"), now=NOW + 100)
    after = 0
    while after is not None:
        at = after
        after = db.write(lambda c, at=at: backlog.purge(c, NOW + 50, after=at, limit=chunk))
    assert set(statuses(db)) == {"open", "new"}


def test_of_those_that_end_together_only_the_one_erased_meanwhile_loses_words_and_ids(db):
    accept(db, arrival("a", who="Utaro"), arrival("b", who="Uhanako"))
    held = claim(db)
    for each in held:
        decide(db, each)
    db.write(
        lambda c: inbox_erasing.erase_resident(c, "main", "Utaro", before=NOW + 1, now=NOW + 1)
    )
    ends = [inbox.Settled(each.id, each.attempts, inbox.REPLIED) for each in held]
    db.write(lambda c: inbox.settle(c, ends, NOW + 2))
    found = rows(db)
    assert statuses(db) == {"a": "replied", "b": "replied"}
    assert (found["a"].body, found["a"].conversation, found["a"].resident) == ("{}", None, None)
    assert found["b"].resident == "Uhanako" and "webhookEventId" in found["b"].body
    assert found["a"].messages is None and found["b"].messages is None
