"""A worker's turn: what was decided and sent is recorded, what is due is claimed, all in one."""

import pytest

from bot.store import conversations, inbox, questions
from bot.store.exchange import Done, exchange
from bot.store.inbox import Decision, Settled
from bot.store.questions import Question
from tests.store.builders import LEASE, NOW, accept, arrival, claim, decide, statuses

DAY = "2026-11-21"


def turn(db, done=(), sent=(), *, now=NOW, room=100):
    """Which events were still ours, and the tokens of those that are now."""

    def work(connection):
        return exchange(connection, done, sent, now, lease_ms=LEASE, room=room)

    ours, claimed = db.work(work, single=True)
    return ours, [each.reply_token for each in claimed]


def answered(held, name="q"):
    """What an everyday question comes to."""
    question = Question(f"{name}-{held.id}", DAY, "ごみ", "answer", ("garbage",))
    decision = Decision(held.id, held.attempts, inbox.DECIDED, "answer", "[{}]", question.id)
    return Done(decision, question, ((held.account, held.conversation), '{"last":"garbage"}'))


def asked(db):
    with db.read() as connection:
        return {question.id for question in questions.find(connection, DAY)}


def state(db, who):
    with db.read() as connection:
        return conversations.load(connection, who, NOW)


def test_a_turn_records_what_was_decided_and_claims_what_is_due(db):
    accept(db, arrival("a", who="U1"), arrival("b", who="U2"))
    first, second = claim(db)
    accept(db, arrival("c", who="U3"))
    ours, tokens = turn(db, [answered(first), answered(second)])
    assert ours == {first.id, second.id} and tokens == ["token-c"]
    assert statuses(db) == {"a": "decided", "b": "decided", "c": "leased"}
    assert asked(db) == {f"q-{first.id}", f"q-{second.id}"}
    assert state(db, "U1") == state(db, "U2") == '{"last":"garbage"}'


def test_an_event_without_question_or_state_leaves_none(db):
    accept(db, arrival("a", who="U1"))
    (held,) = claim(db)
    ignored = Done(Decision(held.id, held.attempts, inbox.IGNORED, "standby"))
    assert turn(db, [ignored]) == ({held.id}, [])
    assert statuses(db) == {"a": "ignored"} and not asked(db) and state(db, "U1") is None


def test_a_later_state_takes_the_place_of_the_one_before(db):
    db.write(lambda c: conversations.save(c, "U1", '{"last":"water"}', NOW))
    accept(db, arrival("a", who="U1"))
    (held,) = claim(db)
    turn(db, [answered(held)])
    assert state(db, "U1") == '{"last":"garbage"}'


def test_the_turn_that_settles_an_event_brings_the_next_of_its_conversation(db):
    accept(db, arrival("a", who="U1"), arrival("b", who="U1", at=NOW + 1))
    (held,) = claim(db)
    decide(db, held)
    assert turn(db)[1] == []
    _, tokens = turn(db, sent=[Settled(held.id, held.attempts, inbox.REPLIED)])
    assert tokens == ["token-b"] and statuses(db)["a"] == "replied"


def test_an_attempt_to_be_made_again_is_due_when_it_said(db):
    accept(db, arrival("a", who="U1"))
    (held,) = claim(db)
    decide(db, held)
    turn(db, sent=[Settled(held.id, held.attempts, inbox.DECIDED, due_at=NOW + 500)])
    assert turn(db, now=NOW + 499)[1] == []
    assert turn(db, now=NOW + 500)[1] == ["token-a"]


def test_of_what_another_has_taken_over_nothing_is_kept(db):
    accept(db, arrival("a", who="U1"))
    (held,) = claim(db)
    (theirs,) = claim(db, now=NOW + LEASE)
    assert turn(db, [answered(held)], now=NOW + LEASE) == (set(), [])
    assert statuses(db) == {"a": "leased"} and not asked(db) and state(db, "U1") is None
    assert turn(db, [answered(theirs)], now=NOW + LEASE)[0] == {theirs.id}


@pytest.mark.parametrize("times", [2, 3])
def test_a_turn_made_again_because_its_answer_was_lost_is_still_ours_and_kept_once(db, times):
    accept(db, arrival("a", who="U1"))
    (held,) = claim(db)
    for _ in range(times):
        assert turn(db, [answered(held)])[0] == {held.id}
    assert statuses(db) == {"a": "decided"} and asked(db) == {f"q-{held.id}"}


def test_a_turn_takes_no_more_than_there_is_room_for(db):
    accept(db, *[arrival(f"e{n}", who=f"U{n}") for n in range(5)])
    assert len(turn(db, room=2)[1]) == 2 and len(turn(db, room=100)[1]) == 3
