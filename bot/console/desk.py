"""What every console page works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.console.access import Gate
from bot.services.images import ImageLibrary
from bot.services.people import People
from bot.services.signin import SignIn
from bot.services.workshop import Workshop
from bot.store.database import Database
from bot.store.tables import MAIN_ACCOUNT

JAPAN = ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True)
class Desk:
    """The services behind one account's pages; `clock` gives aware UTC.

    `beside` are the accounts that share the folder of content with it.
    `public_url` is where residents reach us, without a slash at its end; "" where nobody said.
    """

    db: Database
    clock: Callable[[], datetime]
    gate: Gate
    sign_in: SignIn
    people: People
    workshop: Workshop
    images: ImageLibrary
    public_url: str = ""
    account: str = MAIN_ACCOUNT
    beside: tuple[str, ...] = ()

    def now(self) -> int:
        """UTC milliseconds."""
        return int(self.clock().timestamp() * 1000)


def japan_time(milliseconds: int) -> str:
    """An instant as staff read it."""
    return datetime.fromtimestamp(milliseconds / 1000, JAPAN).strftime("%Y-%m-%d %H:%M")
