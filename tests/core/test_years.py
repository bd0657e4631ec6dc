"""Eras and fiscal years, as residents write them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.years import (
    Period,
    explain_year,
    fiscal_year,
    fiscal_year_of,
    is_older_than_a_year,
    periods,
    with_both_calendars,
)

TODAY = date(2026, 11, 21)


def days(text: str) -> list[tuple[str, str]]:
    return [(str(p.start), str(p.end)) for p in periods(text, TODAY)]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("令和6年度", "2024-04-01", "2025-03-31"),
        ("令和六年度の予算", "2024-04-01", "2025-03-31"),
        ("令和６ 年度", "2024-04-01", "2025-03-31"),
        ("R6年度", "2024-04-01", "2025-03-31"),
        ("2024年度", "2024-04-01", "2025-03-31"),
        ("令和6年", "2024-01-01", "2024-12-31"),
        ("令和元年", "2019-01-01", "2019-12-31"),
        ("平成31年4月", "2019-04-01", "2019-04-30"),
        ("昭和64年1月", "1989-01-01", "1989-01-31"),
        ("平成三十一年", "2019-01-01", "2019-12-31"),
        ("令和十二年", "2030-01-01", "2030-12-31"),
        ("2024年2月", "2024-02-01", "2024-02-29"),
        ("2024/12", "2024-12-01", "2024-12-31"),
        ("2024-04-01", "2024-04-01", "2024-04-30"),
        ("R6.4", "2024-04-01", "2024-04-30"),
        ("令和6年3件", "2024-01-01", "2024-12-31"),
        ("今年度", "2026-04-01", "2027-03-31"),
        ("昨年度", "2025-04-01", "2026-03-31"),
        ("来年度", "2027-04-01", "2028-03-31"),
        ("再来年度", "2028-04-01", "2029-03-31"),
        ("一昨年度", "2024-04-01", "2025-03-31"),
        ("去年", "2025-01-01", "2025-12-31"),
        ("おととし", "2024-01-01", "2024-12-31"),
    ],
)
def test_a_year_is_read_as_its_days(text: str, start: str, end: str) -> None:
    assert days(f"スマホ教室は{text}ですか") == [(start, end)]


@pytest.mark.parametrize(
    "text",
    [
        "20241円",
        "iPhone8",
        "S3のこと",
        "1234人",
        "令和100年",
        "2020-2024",
        "119",
        "h2o",
        "",
        "平成",
    ],
)
def test_other_numbers_are_no_years(text: str) -> None:
    assert days(text) == []


def test_several_years_come_in_order() -> None:
    assert days("平成30年と令和2年度") == [
        ("2018-01-01", "2018-12-31"),
        ("2020-04-01", "2021-03-31"),
    ]


def test_this_year_needs_a_today() -> None:
    assert periods("今年度") == []


def test_fiscal_year_turns_on_the_first_of_april() -> None:
    assert fiscal_year_of(date(2025, 3, 31)) == 2024
    assert fiscal_year_of(date(2025, 4, 1)) == 2025


@given(st.dates(date(1930, 1, 1), date(2090, 12, 31)))
def test_every_day_lies_in_its_fiscal_year(day: date) -> None:
    first, last = fiscal_year(fiscal_year_of(day))
    assert first <= day <= last
    assert (last - first).days in (364, 365)


@given(st.integers(1, 60))
def test_an_era_year_and_its_western_year_are_the_same_days(number: int) -> None:
    assert days(f"令和{number}年度") == days(f"{2018 + number}年度")


@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    for period in periods(text, TODAY):
        assert period.start <= period.end
    explain_year(text, TODAY)
    assert with_both_calendars(text).startswith(text)


def test_periods_overlap_where_they_share_a_day() -> None:
    march = Period(date(2025, 3, 1), date(2025, 3, 31), "")
    assert march.overlaps(Period(*fiscal_year(2024), ""))
    assert not march.overlaps(Period(*fiscal_year(2025), ""))


@pytest.mark.parametrize(
    ("as_of", "old"),
    [
        ("2022年度", True),
        ("令和4年", True),
        ("2025年10月", True),
        ("2025年12月", False),
        ("2025年度", False),
        ("2022年（2026年11月確認）", False),
        ("いつか", False),
    ],
)
def test_a_fact_is_old_when_its_newest_time_ended_a_year_ago(as_of: str, old: bool) -> None:
    assert is_older_than_a_year(as_of, TODAY) is old


def test_exactly_a_year_is_not_yet_old() -> None:
    assert not is_older_than_a_year("2025年11月", date(2025, 11, 30) + timedelta(days=365))


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("令和6年度の計画", "2024年度"),
        ("2024年度の計画", "令和6年度"),
        ("2024年", "令和6年"),
        ("R6年度", "令和6年度"),
        ("平成31年", "令和元年"),
        ("2019年", "平成31年"),
        ("1989年", "昭和64年"),
    ],
)
def test_a_year_is_also_found_in_the_other_calendar(text: str, other: str) -> None:
    assert other in with_both_calendars(text)


def test_text_without_a_year_stays() -> None:
    assert with_both_calendars("児童手当") == "児童手当"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("令和6年度って何年？", "2024年4月1日から2025年3月31日"),
        ("令和6年度はいつからいつまで", "2024年4月1日から2025年3月31日"),
        ("令和6年度とは", "2024年4月1日から2025年3月31日"),
        ("今年度はいつまでですか", "2026年4月1日から2027年3月31日"),
        ("2024年は令和何年ですか", "令和6年"),
        ("令和6年は西暦で何年？", "西暦では2024年"),
        ("今年は令和何年", "令和8年"),
        ("昭和64年は西暦だと何年", "昭和64年・平成元年"),
        ("R6って？", "西暦では2024年"),
        ("2019年は和暦で？", "平成31年・令和元年"),
    ],
)
def test_a_question_about_the_year_itself_is_answered(text: str, answer: str) -> None:
    said = explain_year(text, TODAY)
    assert said is not None
    assert answer in said


@pytest.mark.parametrize(
    "text",
    [
        "令和6年度の予算は",
        "今年度の児童手当はいつから",
        "令和6年の防災訓練はいつから",
        "平成30年は今から何年前",
        "2024年度のスマホ教室",
        "昭和55年生まれです",
        "何年ですか",
        "いつまで",
    ],
)
def test_a_question_about_something_else_is_not(text: str) -> None:
    assert explain_year(text, TODAY) is None


@given(st.text("令和平成昭元六年度月の今来おとし０2①㍻カ。 ", max_size=8))
def test_a_message_without_numbers_is_read_like_any_other(text: str) -> None:
    assert periods(text, TODAY) == periods(f"{text} x", TODAY)
