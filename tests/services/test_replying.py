from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.core.reactions import Reaction as Made
from bot.line.events import parse_event
from bot.services.replying import Replying
from bot.services.retention import Housekeeping
from bot.store import backlog, conversations, questions, reactions
from bot.store.learning_tables import reactions as reaction_table
from tests.services.builders import (
    HANAKO,
    START,
    TARO,
    Echo,
    FakeClock,
    FakeLine,
    deliver,
    invalid_token,
    lost,
    receiver,
    silent_event,
    text_event,
    too_many,
    work,
)
from tests.store.builders import everything, rows, statuses

DAY = "2026-11-21"


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def line():
    return FakeLine()


@pytest.fixture
def door(db, clock):
    return receiver(db, clock)


@pytest.fixture
def echo():
    return Echo()


@pytest.fixture
def replying(db, clock, line, echo):
    return Replying(db, echo, line, parse_event, clock)


def texts(line):
    return [messages[0]["text"] for _, messages in line.sent]


def asked(db):
    with db.read() as connection:
        return [q.text for q in questions.find(connection, DAY)]


def start_again(replying, clock):
    """As a new process does: the only one takes up what was held, others wait for leases."""
    replying.recover()
    if not replying.db.exclusive:
        clock.advance(21)


def retry(replying, clock, seconds=60):
    """Let time pass in half seconds, working whenever something is due."""
    for _ in range(seconds * 2):
        clock.advance(0.5)
        work(replying)


def test_a_question_is_answered_with_its_token_and_recorded(db, door, line, replying):
    deliver(door, text_event("ごみ", event_id="a"))
    work(replying)
    assert line.sent == [("token-a", [{"type": "text", "text": "ごみ"}])]
    assert (rows(db)["a"].status, rows(db)["a"].outcome) == ("replied", "answer")
    assert asked(db) == ["ごみ"]


def test_a_redelivered_event_is_answered_once(db, door, line, replying, clock):
    deliver(door, text_event(event_id="a"))
    work(replying)
    clock.advance(90)
    deliver(door, text_event(event_id="a", deliveryContext={"isRedelivery": True}))
    work(replying)
    assert len(line.sent) == 1


def test_who_missed_their_minute_is_answered_when_line_brings_it_again(
    db, door, line, replying, clock
):
    deliver(door, text_event("ごみ", event_id="a"))
    clock.advance(90)  # nobody was there
    work(replying)
    assert (rows(db)["a"].status, line.sent) == ("unanswered", [])
    again = text_event("ごみ", event_id="a", deliveryContext={"isRedelivery": True})
    for _ in range(2):
        deliver(door, again)
        work(replying)
    assert texts(line) == ["ごみ"] and asked(db) == ["ごみ"]
    assert (rows(db)["a"].status, rows(db)["a"].outcome) == ("replied", "answer")


def test_who_may_have_been_answered_is_not_answered_again(db, door, line, replying, clock):
    line.script = [lost()] * 20
    deliver(door, text_event("ごみ", event_id="a"))
    work(replying)
    retry(replying, clock)
    assert statuses(db) == {"a": "maybe_sent"}
    line.script = []
    deliver(door, text_event("ごみ", event_id="a", deliveryContext={"isRedelivery": True}))
    work(replying)
    assert line.sent == [] and statuses(db) == {"a": "maybe_sent"}


def test_the_state_is_carried_from_turn_to_turn_and_expires(db, door, replying, echo, clock):
    for words in ("一", "二"):
        deliver(door, text_event(words))
        work(replying)
    clock.advance(31 * 60)
    deliver(door, text_event("三"))
    work(replying)
    assert echo.states == [None, '{"n": 1}', None]


def test_a_residents_messages_are_answered_in_the_order_they_were_sent(door, line, replying):
    first = text_event("一")
    second, third = text_event("二"), text_event("三")
    deliver(door, third, first)
    deliver(door, second, text_event("他", who=HANAKO))
    work(replying)
    assert [t for t in texts(line) if t != "他"] == ["一", "二", "三"]
    assert len(line.sent) == 4


def test_one_bad_event_never_harms_its_neighbours(db, door, line, replying, caplog):
    deliver(
        door,
        text_event("爆発", event_id="bad"),
        text_event("次", event_id="next"),
        text_event("他", who=HANAKO, event_id="other"),
    )
    work(replying)
    assert sorted(texts(line)) == ["他", "次"]
    assert statuses(db) == {"bad": "unanswered", "next": "replied", "other": "replied"}
    assert "爆発" not in caplog.text and "RuntimeError" in caplog.records[0].error


def test_an_answer_that_cannot_be_stored_harms_only_its_own_event(db, door, line, replying, echo):
    deliver(door, text_event("\x00bad", event_id="a"), text_event("他", who=HANAKO, event_id="b"))
    answer = echo.answer

    def odd(event, state, now):
        answered = answer(event, state, now)
        if answered.question != "他":
            object.__setattr__(answered, "state", "half a character \ud83d")
        return answered

    echo.answer = odd
    work(replying)
    assert statuses(db) == {"a": "unanswered", "b": "replied"}


def test_too_many_requests_are_tried_again_with_the_same_token(db, door, clock, echo):
    line = FakeLine(too_many(), too_many())
    replying = Replying(db, echo, line, parse_event, clock)
    deliver(door, text_event(event_id="a"))
    work(replying)
    assert statuses(db) == {"a": "decided"} and line.attempts == 1
    retry(replying, clock, 3)
    assert [token for token, _ in line.sent] == ["token-a"] and line.attempts == 3
    assert statuses(db) == {"a": "replied"}
    assert len(echo.states) == 1  # decided once, tried three times


def test_retrying_holds_up_its_own_conversation_only(db, door, clock, echo):
    line = FakeLine(too_many())
    replying = Replying(db, echo, line, parse_event, clock)
    deliver(door, text_event("一"))
    work(replying)
    deliver(door, text_event("二"), text_event("他", who=HANAKO))
    work(replying)
    assert texts(line) == ["他"]
    retry(replying, clock, 1)
    assert texts(line) == ["他", "一", "二"]


def test_a_reply_refused_all_along_is_unanswered_after_fifty_seconds(db, door, clock, echo):
    line = FakeLine(*[too_many() for _ in range(100)])
    replying = Replying(db, echo, line, parse_event, clock)
    deliver(door, text_event(event_id="a"))
    work(replying)
    retry(replying, clock)
    assert statuses(db) == {"a": "unanswered"}
    assert 4 < line.attempts < 12 and line.sent == []


def test_an_invalid_token_after_a_lost_attempt_is_maybe_sent(db, door, clock, echo):
    line = FakeLine(lost(), invalid_token())
    replying = Replying(db, echo, line, parse_event, clock)
    deliver(door, text_event(event_id="a"))
    work(replying)
    retry(replying, clock, 2)
    assert statuses(db) == {"a": "maybe_sent"} and line.attempts == 2


def test_doubt_stays_through_later_clear_refusals(db, door, clock, echo):
    line = FakeLine(lost(), too_many(), invalid_token())
    replying = Replying(db, echo, line, parse_event, clock)
    deliver(door, text_event(event_id="a"))
    work(replying)
    retry(replying, clock, 5)
    assert statuses(db) == {"a": "maybe_sent"}


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ((invalid_token(),), "unanswered"),
        ((too_many(), invalid_token()), "unanswered"),
        ((RuntimeError("bug"),), "maybe_sent"),
        (tuple(lost() for _ in range(50)), "maybe_sent"),
    ],
)
def test_how_a_reply_that_fails_is_recorded(db, door, clock, echo, script, status):
    replying = Replying(db, echo, FakeLine(*script), parse_event, clock)
    deliver(door, text_event(event_id="a"))
    work(replying)
    retry(replying, clock)
    assert statuses(db) == {"a": status}


def test_an_event_found_too_late_is_recorded_and_not_answered(db, door, line, replying, clock):
    deliver(door, text_event(event_id="a"))
    clock.advance(51)
    work(replying)
    assert (statuses(db), line.attempts) == ({"a": "unanswered"}, 0)


def test_in_overload_the_newest_conversations_come_first_and_late_ones_are_recorded(
    db, door, line, replying, clock
):
    deliver(door, text_event("遅い", who="U" + "1" * 32, event_id="late"))
    clock.advance(15)
    deliver(door, text_event("古い", who="U" + "2" * 32))
    clock.advance(36)
    deliver(door, text_event("新しい", who="U" + "3" * 32))
    work(replying, room=1)
    assert texts(line) == ["新しい", "古い"]
    assert statuses(db)["late"] == "unanswered"


def test_a_crash_between_deciding_and_recording_is_settled_with_the_same_token(
    db, door, echo, clock
):
    """The reply went out, then the process died: LINE refuses the spent token."""
    deliver(door, text_event(event_id="a"))
    dying = Replying(db, echo, FakeLine(), parse_event, clock)
    work_ = dying.turn([], [], 8)
    outgoing = dying.turn([dying.answer(work_.fresh[0])], [], 8).outgoing
    assert [o.reply_token for o in outgoing] == ["token-a"]

    line = FakeLine(invalid_token())
    after = Replying(db, echo, line, parse_event, clock)
    start_again(after, clock)
    work(after)
    assert statuses(db) == {"a": "maybe_sent"}
    assert len(echo.states) == 1


def test_a_crash_before_deciding_means_answering_again(db, door, line, echo, clock, replying):
    deliver(door, text_event(event_id="a"))
    replying.turn([], [], 8)  # claimed, then killed
    after = Replying(db, echo, line, parse_event, clock)
    start_again(after, clock)
    work(after)
    assert (statuses(db), len(line.sent)) == ({"a": "replied"}, 1)


def test_an_event_that_always_kills_the_process_is_given_up(db, door, line, replying, clock):
    deliver(door, silent_event("follow"))
    for _ in range(5):
        replying.turn([], [], 8)
        start_again(replying, clock)
    work(replying)
    assert list(statuses(db).values()) == ["unanswered"]


def test_what_another_process_took_over_is_not_sent_twice(db, door, line, echo, clock, replying):
    deliver(door, text_event(event_id="a"))
    slow = replying.turn([], [], 8).fresh[0]
    clock.advance(21)  # its lease is over
    work(Replying(db, echo, line, parse_event, clock))
    late = replying.turn([replying.answer(slow)], [], 8)
    assert late.outgoing == () and len(line.sent) == 1
    assert asked(db) == ["ごみの日は？"]


def test_standby_and_events_without_token_get_no_reply(db, door, line, replying):
    deliver(
        door,
        text_event(event_id="standby", mode="standby"),
        text_event(event_id="future", mode="new-mode"),
        silent_event("leave", who=HANAKO),
        {"type": "unheard-of", "webhookEventId": "unknown"},
    )
    work(replying)
    assert line.attempts == 0
    assert set(statuses(db).values()) == {"ignored"}


def test_unfollowing_erases_everything_of_the_resident(db, door, replying):
    deliver(door, text_event("太郎の質問"), text_event("花子の質問", who=HANAKO))
    work(replying)
    deliver(door, silent_event("unfollow"))
    work(replying)
    stored = everything(db)
    assert TARO not in stored and HANAKO in stored
    assert asked(db) == ["花子の質問"]


def test_unfollowing_erases_even_if_answering_fails(db, door, replying, echo):
    deliver(door, text_event("太郎の質問"))
    work(replying)

    def broken(*_args):
        raise RuntimeError

    echo.answer = broken
    deliver(door, silent_event("unfollow"))
    work(replying)
    assert TARO not in everything(db) and asked(db) == []


def test_unfollowing_an_hour_ago_still_erases(db, door, replying, clock):
    deliver(door, text_event("太郎の質問"))
    work(replying)
    deliver(door, silent_event("unfollow"))
    clock.advance(3600)
    work(replying)
    assert TARO not in everything(db)


def test_a_message_that_arrives_after_its_author_left_is_not_kept(db, door, replying, line, clock):
    before = text_event("おそい", event_id="late")
    deliver(door, silent_event("unfollow"))
    work(replying)
    clock.advance(30)
    deliver(door, before)
    work(replying)
    assert line.attempts == 0 and statuses(db)["late"] == "erased"
    stored = everything(db)
    assert TARO not in stored and asked(db) == []


def test_who_follows_again_is_kept(db, door, replying, line):
    gone, back = silent_event("unfollow"), text_event("戻りました")
    deliver(door, back, gone)
    work(replying)
    assert texts(line) == ["戻りました"]
    assert TARO in everything(db)


def test_asking_to_be_forgotten_is_answered_and_leaves_nothing(db, door, replying, line):
    deliver(door, text_event("太郎の質問"))
    work(replying)
    deliver(door, text_event("消して", event_id="erase"))
    work(replying)
    assert texts(line) == ["太郎の質問", "消して"]
    stored = everything(db)
    assert TARO not in stored and asked(db) == []
    assert statuses(db)["erase"] == "replied"
    with db.read() as connection:
        assert conversations.load(connection, TARO, int(START.timestamp() * 1000)) is None


def test_asking_to_be_forgotten_survives_retries(db, door, clock, echo):
    line = FakeLine(too_many())
    replying = Replying(db, echo, line, parse_event, clock)
    deliver(door, text_event("消して"))
    work(replying)
    retry(replying, clock, 2)
    assert texts(line) == ["消して"] and TARO not in everything(db)


def test_a_message_taken_back_loses_its_words_everywhere(db, door, replying):
    deliver(door, text_event("まちがえた", event_id="a"), text_event("のこる", event_id="b"))
    work(replying)
    deliver(door, silent_event("unsend", unsend={"messageId": "m-a"}))
    work(replying)
    assert asked(db) == ["のこる"]
    assert rows(db)["a"].body == "{}" and rows(db)["b"].body != "{}"


def test_a_message_taken_back_leaves_the_conversation_too(db, door, replying):
    deliver(door, text_event("まちがえた", event_id="a"))
    work(replying)
    assert "まちがえた" in everything(db)
    deliver(door, silent_event("unsend", unsend={"messageId": "m-a"}))
    work(replying)
    assert "まちがえた" not in everything(db)
    with db.read() as connection:
        assert conversations.load(connection, TARO, int(START.timestamp() * 1000)) is None


def test_a_message_taken_back_before_its_turn_is_not_answered(db, door, replying, line):
    deliver(
        door,
        text_event("まちがえた", event_id="a"),
        silent_event("unsend", unsend={"messageId": "m-a"}),
    )
    work(replying)
    assert line.attempts == 0 and asked(db) == []
    assert rows(db)["a"].body == "{}" and rows(db)["a"].status == "erased"


def test_a_message_that_arrives_after_it_was_taken_back_is_not_answered(db, door, replying, line):
    deliver(door, silent_event("unsend", unsend={"messageId": "m-a"}))
    work(replying)
    deliver(door, text_event("まちがえた", event_id="a"))
    work(replying)
    assert line.attempts == 0 and rows(db)["a"].body == "{}"


def test_old_things_are_purged_on_their_day(db, door, replying, clock):
    deliver(door, text_event("古い質問"))
    work(replying)
    keeping = Housekeeping(db, clock, retention_days=90)
    clock.advance(89 * 86400)
    keeping()
    assert asked(db) == ["古い質問"]
    with db.read() as connection:
        expired = conversations.load(connection, TARO, replying.now())
    assert expired is None
    clock.advance(2 * 86400)
    keeping()
    assert asked(db) == [] and statuses(db) == {}
    assert TARO not in everything(db)


def test_nothing_open_is_left_over(db, door, replying, clock):
    """Whatever happens to events, after a minute each has an end."""
    deliver(door, *[text_event(who=f"U{n:032x}") for n in range(30)])
    replying.turn([], [], 8)
    clock.advance(100)
    work(replying)
    found = db.write(lambda c: backlog.measure(c, replying.now()))
    assert found.open == 0 and set(statuses(db).values()) == {"unanswered"}


def test_how_an_answer_was_taken_is_kept_without_its_author_and_outlives_erasing(
    db, door, replying, echo
):
    answer = echo.answer

    def told(event, state, now):
        found = answer(event, state, now)
        if event.text != "解決した":
            return found
        return replace(found, question=None, reaction=Made("solved", "garbage"))

    echo.answer = told
    deliver(door, text_event("解決した"), text_event("消して"))
    work(replying)
    with db.read() as connection:
        assert reactions.solved_by_item(connection, DAY) == {"garbage": {"solved": 1}}
    kept = db.write(lambda c: c.execute(select(reaction_table)).one()._asdict())
    assert kept | {"id": ""} == {
        "id": "", "account": "main", "day": DAY, "kind": "solved", "item": "garbage", "shown": "[]"
    }  # fmt: skip
    assert asked(db) == []
