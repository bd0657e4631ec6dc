"""Which sessions are to come, for which days a message asks, and where the links lead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.core.classdates import read_wanted
from bot.core.classes import Session, coming

TODAY = date(2026, 11, 21)  # a Saturday
CLASS = Session("minato", "スマホ教室", date(2026, 12, 3), date(2026, 12, 3), time(10), time(11, 30))  # fmt: skip


def test_sessions_come_soonest_first_and_past_ones_vanish() -> None:
    past = replace(CLASS, start=date(2026, 11, 20), end=date(2026, 11, 20))
    running = replace(CLASS, start=date(2026, 11, 1), end=date(2026, 11, 30))
    assert coming([CLASS, past, running], TODAY) == (running, CLASS)


def test_a_session_of_today_goes_when_its_time_is_over() -> None:
    now = replace(CLASS, start=TODAY, end=TODAY)
    assert coming([now], TODAY, time(11, 29)) == (now,)
    assert coming([now], TODAY, time(11, 30)) == ()


@pytest.mark.parametrize(
    ("until", "at", "now", "closed"),
    [
        (date(2026, 11, 22), None, None, False),
        (TODAY, None, time(23), False),
        (TODAY, time(17), time(16, 59), False),
        (TODAY, time(17), time(17, 1), True),
        (date(2026, 11, 20), time(17), time(9), True),
        (None, None, None, False),
    ],
)
def test_the_deadline_counts_to_the_minute(
    until: date | None, at: time | None, now: time | None, closed: bool
) -> None:
    assert replace(CLASS, apply_until=until, apply_time=at).is_closed(TODAY, now) is closed


def test_the_map_takes_the_address_before_the_coordinates() -> None:
    both = replace(CLASS, place="公民館", address="湊市1-2", latitude=35.5, longitude=139.5)
    assert parse_qs(urlsplit(both.map_url).query)["query"] == ["湊市1-2 公民館"]
    assert "35.5%2C139.5" in replace(both, address="").map_url
    assert CLASS.map_url == ""


def test_the_calendar_gets_the_hours_or_whole_days() -> None:
    values = parse_qs(urlsplit(CLASS.calendar_url).query)
    assert values["dates"] == ["20261203T100000/20261203T113000"]
    assert values["ctz"] == ["Asia/Tokyo"]
    days = replace(CLASS, end=date(2026, 12, 31), opens=None)
    assert parse_qs(urlsplit(days.calendar_url).query)["dates"] == ["20261203/20270101"]


def test_links_stay_within_lines_limit() -> None:
    long = replace(CLASS, name="教" * 60, place="会" * 100, address="住" * 200)
    assert len(long.calendar_url) <= 1000
    assert len(long.map_url) <= 1000


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("スマホ教室いつ？", TODAY, date.max),
        ("次の教室", TODAY, date.max),
        ("来週の教室", date(2026, 11, 23), date(2026, 11, 29)),
        ("今週の講座はありますか", date(2026, 11, 16), date(2026, 11, 22)),
        ("明日教室ある？", date(2026, 11, 22), date(2026, 11, 22)),
        ("来月のスマホ講習会", date(2026, 12, 1), date(2026, 12, 31)),
        ("再来月の教室", date(2027, 1, 1), date(2027, 1, 31)),
        ("１月の教室", date(2027, 1, 1), date(2027, 1, 31)),
        ("12月3日の教室", date(2026, 12, 3), date(2026, 12, 3)),
        ("1/8の講座", date(2027, 1, 8), date(2027, 1, 8)),
        ("2月29日の教室", date(2028, 2, 29), date(2028, 2, 29)),
        ("next week's class", date(2026, 11, 23), date(2026, 11, 29)),
        ("すまほきょうしつ いつ", TODAY, date.max),
    ],
)
def test_the_days_asked_for_are_understood(text: str, first: date, last: date) -> None:
    wanted = read_wanted(text, TODAY, ["湊市", "湊"])
    assert wanted is not None
    assert (wanted.first, wanted.last, wanted.names) == (first, last, ())


@pytest.mark.parametrize(
    "text",
    [
        "スマホ教室",
        "スマホ教室はありますか",
        "スマホ教室の一覧",
        "スマホ教室はいくら",
        "去年の教室はいつでしたか",
        "令和8年度の教室の予定",
        "教室のお知らせがほしい",
        "教室を開催したい",
        "来週のごみの日",
        "いつ",
    ],
)
def test_what_asks_for_no_dates_is_left_to_the_matcher(text: str) -> None:
    assert read_wanted(text, TODAY) is None


@pytest.mark.parametrize(
    ("text", "name", "fits"),
    [
        ("スマホ教室いつ", "スマートフォン入門講座", True),
        ("スマホ教室いつ", "料理教室", False),
        ("料理教室いつ", "料理教室", True),
        ("料理教室いつ", "スマホ教室", False),
        ("次の教室", "市民まつり", False),
        ("次のイベント", "市民まつり", True),
        ("湊市の初心者向けスマホ教室いつ", "スマホ教室", True),
    ],
)
def test_only_what_is_asked_for_is_named(text: str, name: str, fits: bool) -> None:
    wanted = read_wanted(text, TODAY, ["湊市"])
    assert wanted is not None
    assert wanted.named_in(replace(CLASS, name=name)) is fits


@pytest.mark.parametrize(
    ("text", "day", "fits"),
    [
        ("土日の教室", date(2026, 12, 5), True),
        ("土日の教室", date(2026, 12, 3), False),
        ("木曜日の教室", date(2026, 12, 3), True),
        ("平日の教室", date(2026, 12, 6), False),
        ("来週の平日の教室", date(2026, 12, 3), False),
    ],
)
def test_weekdays_are_understood(text: str, day: date, fits: bool) -> None:
    wanted = read_wanted(text, TODAY)
    assert wanted is not None
    assert wanted.falls_on(replace(CLASS, start=day, end=day)) is fits
