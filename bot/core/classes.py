"""Dated sessions (教室・講座・行事) as cities publish them, and which of them are still to come.

The values are one row each of the national open-data format 「イベント一覧」
(自治体標準オープンデータセット); `bot.content.classes` reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from functools import cached_property
from urllib.parse import quote, urlencode

from bot.core.text import fold

_MAX_ADDRESS = 1000  # of a link, LINE's limit
_CLASS = re.compile(
    r"教室|講座|講習|セミナー|レッスン|相談会|体験|ワークショップ|説明会|スマホ|スマートフォン|デジタル|パソコン|タブレット"
    r"|インターネット|マイナンバー|line|zoom|class|lesson|seminar"
)


@dataclass(frozen=True)
class Session:
    """One dated session. Empty texts and None mean that the city's table does not say.

    `start` and `end` are the first and the last day, both in Japan; `opens` and `closes` the time
    of day. `municipality` is the name the row itself gives.
    """

    city: str
    name: str
    start: date
    end: date
    opens: time | None = None
    closes: time | None = None
    when_note: str = ""
    about: str = ""
    target: str = ""
    fee: str = ""
    fee_note: str = ""
    capacity: str = ""
    apply_until: date | None = None
    apply_time: time | None = None
    how: str = ""
    contact: str = ""
    phone: str = ""
    extension: str = ""
    organizer: str = ""
    place: str = ""
    address: str = ""
    building: str = ""
    latitude: float | None = None
    longitude: float | None = None
    access: str = ""
    parking: str = ""
    url: str = ""
    remarks: str = ""
    category: str = ""
    municipality: str = ""

    @property
    def is_class(self) -> bool:
        """Whether its name or category says that something is taught, else it is an event."""
        return _CLASS.search(fold(f"{self.name} {self.category}")) is not None

    @cached_property
    def words(self) -> str:
        """Everything a resident might name it by, folded."""
        said = (self.name, self.category, self.about, self.target, self.place, self.address)
        return fold(" ".join((*said, self.building, self.organizer)))

    def is_over(self, today: date, now: time | None = None) -> bool:
        """Whether its last day is past, or its closing time on that day where `now` is known."""
        if self.end != today:
            return self.end < today
        return now is not None and self.closes is not None and self.closes <= now

    def is_closed(self, today: date, now: time | None = None) -> bool:
        """Whether one can no longer apply."""
        until = self.apply_until
        if until is None or until > today:
            return False
        if until < today or self.apply_time is None or now is None:
            return until < today
        return self.apply_time < now

    @property
    def map_url(self) -> str:
        """A map of the place by its address, else its coordinates or name; "" where unknown."""
        where = self.address or self.place
        if not self.address and self.latitude is not None and self.longitude is not None:
            where = f"{self.latitude},{self.longitude}"
        if not where:
            return ""
        if self.address and self.place and self.place not in self.address:
            where = f"{self.address} {self.place}"
        found = f"https://www.google.com/maps/search/?api=1&query={quote(where, safe='')}"
        return found if len(found) <= _MAX_ADDRESS else ""

    @property
    def calendar_url(self) -> str:
        """A page that offers to note the session in a calendar; several days are whole days."""
        place = " ".join(filter(None, (self.place, self.address)))
        for location in (place, self.place, ""):
            values = {
                "action": "TEMPLATE",
                "text": self.name,
                "dates": _calendar_dates(self),
                "ctz": "Asia/Tokyo",
            }
            if location:
                values["location"] = location
            found = f"https://calendar.google.com/calendar/render?{urlencode(values)}"
            if len(found) <= _MAX_ADDRESS:
                return found
        return ""


def coming(
    sessions: Iterable[Session], today: date, now: time | None = None
) -> tuple[Session, ...]:
    """Those that are not over, soonest first."""
    found = [each for each in sessions if not each.is_over(today, now)]
    return tuple(sorted(found, key=lambda s: (max(s.start, today), s.opens or time.min, s.name)))


def _calendar_dates(session: Session) -> str:
    first, last = session.start.strftime("%Y%m%d"), session.end.strftime("%Y%m%d")
    opens, closes = session.opens, session.closes
    if first != last or opens is None:
        after = date.fromordinal(session.end.toordinal() + 1)
        return f"{first}/{after:%Y%m%d}"  # whole days; the second is the day after
    if closes is None or closes <= opens:
        closes = opens
    return f"{first}T{opens:%H%M}00/{last}T{closes:%H%M}00"
