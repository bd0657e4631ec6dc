"""What an answer of LINE means, how long to wait, when quiet hours end."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.attributes import Volume
from bot.core.calendar import JAPAN
from bot.core.delivery import Answer, Pace, Verdict, judge, month_start, pause_ms, quiet_until


@given(st.sampled_from(Answer), st.integers(1, 500), st.booleans())
def test_a_batch_in_doubt_never_gets_another_key(answer, size, doubt):
    verdict = judge(answer, size=size, doubt=doubt)
    assert not (doubt and verdict in (Verdict.SPLIT, Verdict.GIVE_UP))
    assert (verdict is Verdict.ACCEPT) == (answer is Answer.ACCEPTED)


def test_only_one_unknown_recipient_is_given_up():
    assert judge(Answer.BAD_RECIPIENT, size=2, doubt=False) is Verdict.SPLIT
    assert judge(Answer.BAD_RECIPIENT, size=1, doubt=False) is Verdict.GIVE_UP
    assert judge(Answer.BAD_RECIPIENT, size=1, doubt=True) is Verdict.ASK


def test_the_pause_doubles_up_to_twenty_seconds():
    assert [pause_ms(n) for n in (1, 2, 3, 8, 9, 10_000)] == [
        500,
        1000,
        2000,
        20_000,
        20_000,
        20_000,
    ]


def test_lines_own_word_for_the_pause_counts_where_it_is_longer():
    assert pause_ms(1, 5.0) == 5000
    assert pause_ms(5, 1.0) == 8000


def test_the_default_pace_takes_ten_minutes_for_sixty_thousand():
    assert Pace().people_us(60_000) == 10 * 60 * 1_000_000
    assert 1_000_000 / Pace().request_us() >= 0.9 * 200


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-11-21 20:59", None),
        ("2026-11-21 21:00", "2026-11-22 07:00"),
        ("2026-11-22 06:59", "2026-11-22 07:00"),
        ("2026-11-22 07:00", None),
    ],
)
def test_quiet_hours_over_midnight_end_in_the_morning(now, end):
    volume = Volume(21 * 60, 7 * 60)
    found = quiet_until(volume, datetime.fromisoformat(now).replace(tzinfo=JAPAN))
    assert found == (datetime.fromisoformat(end).replace(tzinfo=JAPAN) if end else None)


def test_the_month_begins_in_japan():
    moment = datetime.fromisoformat("2026-11-30T15:30:00+00:00")
    assert month_start(moment) == datetime(2026, 12, 1, tzinfo=JAPAN)
