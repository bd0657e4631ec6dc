"""The dictionary of slips and the table of holidays."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.content.slips import HOLIDAYS_FILE, SLIPS_FILE, file_problems, read_holidays, read_slips

ROOT = Path(__file__).parents[2]
HOLIDAYS = """\
source: 祝日法
checked: 2026-11-21
until: 2027-12-31
days:
  2026-11-23: 勤労感謝の日
"""


def test_the_shipped_files_are_good():
    for path in (SLIPS_FILE, HOLIDAYS_FILE):
        assert file_problems(path, (ROOT / path).read_bytes()) == ()


def test_no_slip_stops_its_own_correction():
    slips = read_slips(SLIPS_FILE, (ROOT / SLIPS_FILE).read_bytes()).slips
    assert slips
    assert not [s for s in slips for other in slips if s.wrong in other.right]


@pytest.mark.parametrize(
    ("text", "line"),
    [("- {wrong: 防止, right: 再発防止}\n", 1), ("- {wrong: 推進}\n", 1), ("wrong: 推進\n", 1)],
)
def test_a_slip_that_cannot_work_is_a_problem(text, line):
    assert [problem.line for problem in read_slips("a.yaml", text.encode()).problems] == [line]


def test_holidays_warn_half_a_year_before_they_end():
    def warnings(today: str) -> list[bool]:
        read = read_holidays("a.yaml", HOLIDAYS.encode(), date.fromisoformat(today))
        assert read.holidays.days == {date(2026, 11, 23): "勤労感謝の日"}
        return [problem.warning for problem in read.problems]

    assert warnings("2027-01-01") == [] and warnings("2027-08-01") == [True]


@pytest.mark.parametrize(
    "change", [("2026-11-23", "11月23日"), ("2027-12-31", "2026-01-01"), ("until", "untill")]
)
def test_a_wrong_table_is_refused(change):
    text = HOLIDAYS.replace(*change)
    assert file_problems(HOLIDAYS_FILE, text.encode())


def test_shipped_holidays_fall_on_the_weekdays_the_law_names():
    read = read_holidays(HOLIDAYS_FILE, (ROOT / HOLIDAYS_FILE).read_bytes(), date.min)
    for day, name in read.holidays.days.items():
        if name in ("成人の日", "海の日", "敬老の日", "スポーツの日"):
            assert day.weekday() == 0
        if name == "休日":  # a substitute, or a day between two holidays
            assert day.weekday() != 6
            assert any(
                (day - other).days in range(1, 4) and other.weekday() == 6
                for other in read.holidays.days
            ) or {date.fromordinal(day.toordinal() + n) for n in (-1, 1)} <= set(read.holidays.days)
