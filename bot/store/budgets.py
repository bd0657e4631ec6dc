"""So many of something in an hour, counted in the database: whoever asks, on whatever machine."""

from __future__ import annotations

from sqlalchemy import Connection, select

from bot.core.menus import CHANGES_AN_HOUR
from bot.store.announcement_tables import pace
from bot.store.clock import now_ms
from bot.store.tables import MAIN_ACCOUNT
from bot.store.upsert import Upsert

_HOUR_US = 3_600_000_000
_MENUS = "menus"
_UPSERT = Upsert(pace)


def take_menu_changes(connection: Connection, count: int, account: str = MAIN_ACCOUNT) -> int:
    """Take `count` changes out of the hour's; returns 0, or the seconds to wait, nothing taken.

    A bucket of 100 that fills evenly: the time at which it would be full again is stored.
    """
    row = connection.execute(
        select(pace.c.next_us)
        .where(pace.c.account == account, pace.c.name == _MENUS)
        .with_for_update()
    ).first()
    now = now_ms(connection) * 1000
    # A time further ahead was written by a clock that has been set back since.
    full_at = min(max(row.next_us if row else 0, now), now + _HOUR_US)
    full_then = full_at + count * _HOUR_US // CHANGES_AN_HOUR
    if full_then > now + _HOUR_US:
        return -(-(full_then - now - _HOUR_US) // 1_000_000)
    _UPSERT.insert_or_update(
        connection, [{"account": account, "name": _MENUS, "next_us": full_then}]
    )
    return 0
