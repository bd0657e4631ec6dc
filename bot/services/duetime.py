"""When an announcement that is told to go out starts."""

from __future__ import annotations

from datetime import date, timedelta

from bot.core.announcements import Draft, StepRefused
from bot.core.calendar import japan_words, next_time
from bot.store.clock import milliseconds, moment

_GRACE_MS = timedelta(minutes=1) / timedelta(milliseconds=1)


def due_time(draft: Draft, now: int, holidays: frozenset[date]) -> int:
    """The draft's own time, the first of its repeats, or `now`; UTC milliseconds.

    Raises StepRefused where that time is over.
    """
    if draft.repeat is not None:
        first = next_time(draft.repeat, moment(now), holidays)
        if first is None:
            raise StepRefused("くり返しの日がありません。repeat を見直してください。")
        return milliseconds(first) or now
    due = milliseconds(draft.send_at)
    if due is None:
        return now
    if draft.send_at is not None and due < now - _GRACE_MS:
        raise StepRefused(
            f"送る日時（{japan_words(draft.send_at)}）を過ぎています。"
            "いま送るなら「いますぐ送る」（announce send --now）にしてください。"
        )
    return due
