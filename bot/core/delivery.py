"""Decisions of delivery, without doing anything: what an answer of LINE means, when to try again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.attributes import Volume
from bot.core.calendar import JAPAN

BATCH = 500  # LINE's limit of one multicast
# LINE forgets a retry key after 24 hours and would then send again: stop before.
KEY_LIFE_MS = 23 * 60 * 60 * 1000
TOO_MANY = "too many requests"  # what a 429 that waiting mends is called
# The longest is short: an emergency must not wait for minutes because LINE stumbled for seconds.
_FIRST_PAUSE_MS, _LONGEST_PAUSE_MS = 500, 20_000


class Answer(StrEnum):
    """What one attempt brought."""

    ACCEPTED = "accepted"
    NOT_NOW = "not_now"  # certainly not sent: 429, connection refused
    UNKNOWN = "unknown"  # perhaps sent: 5xx, time-out, dropped connection
    QUOTA = "quota"  # the month's messages are used up
    BAD_RECIPIENT = "bad_recipient"  # one of the ids, nobody got it
    REFUSED = "refused"  # token, plan, size or message: the next batch would be refused too


class Verdict(StrEnum):
    """What becomes of the batch."""

    ACCEPT = "accept"
    AGAIN = "again"
    SPLIT = "split"
    GIVE_UP = "give_up"  # this batch alone: LINE does not know the recipient
    ASK = "ask"  # a person has to look
    PAUSE = "pause"  # with the announcement, to be tried again later
    STOP = "stop"  # with the announcement


def judge(answer: Answer, *, size: int, doubt: bool) -> Verdict:
    """What to do after an attempt with a batch of `size`.

    `doubt`: an earlier attempt may have been accepted. A batch in doubt is never split: its
    halves would have new keys, and LINE would send again.
    """
    match answer:
        case Answer.ACCEPTED:
            return Verdict.ACCEPT
        case Answer.NOT_NOW | Answer.UNKNOWN:
            return Verdict.AGAIN
        case Answer.QUOTA:
            return Verdict.PAUSE
        case Answer.REFUSED:
            return Verdict.STOP
        case Answer.BAD_RECIPIENT if doubt:
            return Verdict.ASK
        case Answer.BAD_RECIPIENT:
            return Verdict.SPLIT if size > 1 else Verdict.GIVE_UP


def pause_ms(attempts: int, retry_after: float | None = None) -> int:
    """How long to wait after the `attempts`-th attempt failed: doubling from half a second.

    `retry_after` (seconds, LINE's own word) is kept where it is longer.
    """
    own = min(_FIRST_PAUSE_MS << min(attempts - 1, 20), _LONGEST_PAUSE_MS)
    return max(own, int((retry_after or 0) * 1000))


@dataclass(frozen=True)
class Pace:
    """How fast one channel may send.

    `requests_per_second` is for all multicasts together (LINE allows 200), `people_per_minute`
    for normal announcements, so that pages they link to survive.
    """

    requests_per_second: float = 195.0
    people_per_minute: float = 6000.0

    def request_us(self) -> int:
        """Microseconds between two requests."""
        return round(1_000_000 / self.requests_per_second)

    def people_us(self, people: int) -> int:
        """Microseconds that so many recipients of a normal announcement take."""
        return round(people * 60_000_000 / self.people_per_minute)


def quiet_until(volume: Volume, now: datetime) -> datetime | None:
    """When the resident's quiet hours that `now` lies in end; None outside of them."""
    local = now.astimezone(JAPAN)
    minute = local.hour * 60 + local.minute
    if not volume.is_quiet(minute) or volume.quiet_end is None:
        return None
    ahead = (volume.quiet_end - minute) % (24 * 60)
    return local.replace(second=0, microsecond=0) + timedelta(minutes=ahead)


def month_start(now: datetime) -> datetime:
    """The first moment of this month in Japan: monthly caps count from here."""
    return now.astimezone(JAPAN).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
