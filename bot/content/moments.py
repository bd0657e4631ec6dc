"""Dates, times and places as people type them into Excel, or as Excel saves them."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time, timedelta

_ERA = {"令和": 2018, "令": 2018, "r": 2018, "平成": 1988, "h": 1988}
_DATE = re.compile(
    r"(?:(?P<era>令和|平成|令|r|h)\.?\s*)?(?P<year>\d{1,4}|元)\s*[年./-]\s*(?P<month>\d{1,2})\s*[月./-]\s*(?P<day>\d{1,2})\s*日?"
    r"(?:\s*\([月火水木金土日](?:曜日?)?(?:・?祝)?\))?(?:[t\s]\s*0{1,2}:00(?::00)?)?"
)
_PLAIN_DATE = re.compile(r"(20\d\d)(\d\d)(\d\d)")
_SERIAL = re.compile(r"(\d{5})(?:\.0*)?")
_SERIAL_START = date(1899, 12, 30)  # Excel counts days from here
_TIME = re.compile(
    r"(?P<half>午前|午後|am|pm)?\s*(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::\d{2})?|時\s*(?:(?P<spoken>\d{1,2})分|(?P<thirty>半))?)\s*(?P<after>am|pm)?[~〜ー-]?"
)
_FRACTION = re.compile(r"0?\.\d+")
DATE_HINT, TIME_HINT = "2026-12-03", "10:00"


def read_date(text: str) -> date | None:
    """2026/12/3, 2026-12-03, 2026年12月3日, 令和8年12月3日, R8.12.3, 20261203 or Excel's number.

    None for anything else; a date without its year is none.
    """
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    if serial := _SERIAL.fullmatch(plain):
        return _SERIAL_START + timedelta(int(serial[1]))
    parts = _PLAIN_DATE.fullmatch(plain)
    found = _DATE.fullmatch(plain)
    try:
        if parts:
            return date(int(parts[1]), int(parts[2]), int(parts[3]))
        if found is None:
            return None
        era, year = found["era"], 1 if found["year"] == "元" else int(found["year"])
        if (era is None) == (year < 100):
            return None  # 8年 without its era, or 令和2026年
        return date(year + (_ERA[era] if era else 0), int(found["month"]), int(found["day"]))
    except ValueError:
        return None


def read_time(text: str) -> time | None:
    """9:00, 09:00:00, 9時, 9時30分, 9時半, 午後1時30分 or Excel's fraction of a day; else None."""
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    if _FRACTION.fullmatch(plain):
        minutes = round(float(plain) * 24 * 60)
        return time(minutes // 60, minutes % 60) if minutes < 24 * 60 else None
    found = _TIME.fullmatch(plain)
    if found is None:
        return None
    hour = int(found["hour"])
    minute = 30 if found["thirty"] else int(found["minute"] or found["spoken"] or 0)
    if (found["half"] or found["after"]) in ("午後", "pm") and hour < 12:
        hour += 12
    return time(hour, minute) if hour < 24 and minute < 60 else None


def read_degrees(text: str, low: float, high: float) -> float | None:
    """Degrees between `low` and `high`, None for anything else."""
    try:
        value = float(unicodedata.normalize("NFKC", text).strip())
    except ValueError:
        return None
    return value if low <= value <= high else None
