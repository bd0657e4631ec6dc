"""Repeats: weekdays, days of the month, what is left out."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.calendar import JAPAN, Holidays, Repeat, japan_words, next_time


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JAPAN)


def test_weekly_comes_on_its_weekdays_only():
    repeat = Repeat("weekly", time(10), weekdays=(0, 3))  # Monday, Thursday
    assert next_time(repeat, at("2026-11-21 09:00")) == at("2026-11-23 10:00")
    assert next_time(repeat, at("2026-11-23 10:00")) == at("2026-11-26 10:00")


def test_monthly_on_a_day_a_month_does_not_have_comes_on_its_last():
    repeat = Repeat("monthly", time(9), days=(31,))
    assert next_time(repeat, at("2027-02-01 00:00")) == at("2027-02-28 09:00")
    assert next_time(repeat, at("2028-02-01 00:00")) == at("2028-02-29 09:00")


def test_holidays_and_excluded_dates_are_left_out_not_moved():
    repeat = Repeat(
        "weekly", time(10), weekdays=(0,), excluded=(date(2026, 11, 30),), skip_holidays=True
    )
    holidays = {date(2026, 11, 23)}
    assert next_time(repeat, at("2026-11-21 09:00"), holidays) == at("2026-12-07 10:00")


def test_after_its_end_it_does_not_come():
    repeat = Repeat("weekly", time(10), weekdays=(0,), until=date(2026, 11, 22))
    assert next_time(repeat, at("2026-11-21 09:00")) is None


def test_a_repeat_whose_days_are_all_left_out_ends():
    repeat = Repeat("weekly", time(10), weekdays=(0,), skip_holidays=True)
    mondays = {date(2026, 11, 23) + timedelta(weeks=n) for n in range(80)}
    assert next_time(repeat, at("2026-11-21 09:00"), mondays) is None


@given(
    st.integers(1_767_000_000, 1_893_000_000),
    st.sets(st.integers(0, 6), min_size=1),
    st.times(),
)
def test_the_next_time_is_later_and_none_lies_between(after, weekdays, clock):
    clock = clock.replace(second=0, microsecond=0, tzinfo=None)
    repeat = Repeat("weekly", clock, weekdays=tuple(sorted(weekdays)))
    start = datetime.fromtimestamp(after, JAPAN)
    found = next_time(repeat, start)
    assert found is not None and found > start and found.weekday() in weekdays
    days = [start.date() + timedelta(days=n) for n in range((found.date() - start.date()).days)]
    between = [datetime.combine(day, clock, JAPAN) for day in days if day.weekday() in weekdays]
    assert all(moment <= start for moment in between)


@pytest.mark.parametrize(("today", "warns"), [("2027-06-01", False), ("2027-08-01", True)])
def test_the_holidays_warn_while_half_a_year_is_left(today, warns):
    assert Holidays({}, date(2027, 12, 31)).warns(date.fromisoformat(today)) is warns


def test_an_instant_is_read_in_japan():
    assert japan_words(at("2026-11-25 10:00")) == "2026年11月25日（水）10:00"
