"""A flood of one resident: told once, then slowed; nobody else notices, and danger passes."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.ports import Answered, Answerer
from bot.line.events import parse_event
from bot.services.calming import BURST, SECONDS_EACH, Calming
from tests.builders import wording
from tests.segments import user_id
from tests.services.builders import silent_event, text_event
from tests.store.builders import rows
from tests.web.running import town

START = datetime(2026, 11, 21, 3, tzinfo=UTC)
TARO, HANAKO = user_id(1), user_id(2)
GROUP = {"type": "group", "groupId": "C" + "c" * 32, "userId": TARO}
SAID = ({"type": "text", "text": "少し待ってください"},)


class Yes(Answerer):
    """Answers everything."""

    def answer(self, event: Any, state: str | None, now: datetime) -> Answered:
        return Answered(({"type": "text", "text": "はい"},), state, "answer", event.text)


def calming() -> Calming:
    return Calming(Yes(), lambda _: SAID, lambda text: "火事" in text)


def send(calm: Calming, seconds: float, words: str = "あ", who: str = TARO, **more: Any) -> str:
    """One message so many seconds after the start; what came back."""
    at = START + timedelta(seconds=seconds)
    raw = text_event(words, who=who, timestamp=int(at.timestamp() * 1000), **more)
    answered = calm.answer(parse_event(raw), "{}", at)
    assert answered.state == "{}"  # a flood forgets nothing of the conversation
    if answered.outcome == "answer":
        return "answered"
    return "told" if answered.messages == SAID else "silent"


def test_a_flood_is_told_once_and_then_answered_at_a_walking_pace() -> None:
    calm = calming()
    came = [send(calm, n * 0.1) for n in range(600)]  # ten a second for a minute
    assert came[:BURST] == ["answered"] * BURST
    assert came.count("told") == 1
    walking = 60 / SECONDS_EACH
    assert BURST + walking - 2 <= came.count("answered") <= BURST + walking + 2


def test_others_and_whoever_writes_as_people_do_notice_nothing() -> None:
    calm = calming()
    for n in range(100):
        send(calm, n * 0.01)
        if n % 10 == 0:
            assert send(calm, n * 0.01, who=HANAKO) == "answered"
    assert all(send(calm, 100 + n * 4, who=HANAKO) == "answered" for n in range(200))


def test_after_a_pause_it_is_as_if_nothing_had_been() -> None:
    calm = calming()
    for round_ in range(3):
        came = [send(calm, round_ * 600) for _ in range(BURST + 3)]
        assert came == ["answered"] * BURST + ["told", "silent", "silent"]


def test_danger_is_always_answered() -> None:
    calm = calming()
    for _ in range(BURST + 10):
        send(calm, 0)
    assert send(calm, 0, "火事です") == "answered"
    assert send(calm, 0) == "silent"


def test_leaving_and_taking_back_are_never_held_up() -> None:
    calm = calming()
    for _ in range(BURST + 10):
        send(calm, 0)
    for kind in ("unfollow", "unsend"):
        event = parse_event(silent_event(kind, who=TARO))
        assert calm.answer(event, None, START).outcome == "answer"


def test_what_waited_while_we_were_away_is_no_flood() -> None:
    """Many messages of two hours come at once after a restart: all are answered."""
    calm = calming()
    assert [send(calm, n * 180) for n in range(40)] == ["answered"] * 40


def test_the_whole_bot_slows_a_flood_and_says_so_in_its_own_words(tmp_path: Path) -> None:
    with town(tmp_path) as there:
        at = int(datetime.now(UTC).timestamp() * 1000)
        for n in range(BURST + 5):
            event = text_event("こんにちは", who=TARO, event_id=f"e{n}", timestamp=at)
            assert there.deliver(event).status_code == 200
        deadline = time.monotonic() + 20
        while any(row.settled_at is None for row in rows(there.running.db).values()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        found = rows(there.running.db)
        sent = json.dumps([each.messages for each in there.line.sent])
    assert len(there.line.sent) == BURST + 1
    assert [found[f"e{n}"].outcome for n in range(BURST, BURST + 5)] == ["slowed"] * 5
    # The made-up city's sentence; the real ones stand in intents/wording/.
    assert sent.count(_slow_down_of_the_town()) == 1


def _slow_down_of_the_town() -> str:
    (line,) = [line for line in wording().splitlines() if line.startswith("slow_down:")]
    return json.dumps(line.split(": ", 1)[1].strip('"'))


def test_what_people_in_a_group_say_to_each_other_is_no_flood_of_ours() -> None:
    calm = calming()
    assert {send(calm, n * 0.1, source=GROUP) for n in range(100)} == {"answered"}


@pytest.mark.parametrize("kind", ["beacon", "membership", "videoPlayComplete", "memberJoined"])
def test_what_nobody_said_is_no_flood(kind: str) -> None:
    calm = calming()
    assert {send(calm, n * 0.1, type=kind) for n in range(100)} == {"answered"}


def test_a_lively_group_never_hears_from_the_bot(tmp_path: Path) -> None:
    at = int(datetime.now(UTC).timestamp() * 1000)
    with town(tmp_path) as there:
        for n in range(BURST + 5):
            event = text_event("いいね", event_id=f"e{n}", timestamp=at, source=GROUP)
            assert there.deliver(event).status_code == 200
        deadline = time.monotonic() + 20
        while any(row.settled_at is None for row in rows(there.running.db).values()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert there.line.sent == []
