"""What a resident set for themselves: read for the dialogue, seen and changed on their own page."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial

from sqlalchemy import Connection

from bot.core.attributes import Profile
from bot.core.resident import Received, Resident, digest
from bot.core.segments import Everyone
from bot.services.frozen import Frozen
from bot.services.own_page import new_link
from bot.services.segments import JAPAN
from bot.store import announcements, attributes, ledger, residents, settings_keys
from bot.store.announcements import Stored
from bot.store.database import Database
from bot.store.tables import MAIN_ACCOUNT


@dataclass(frozen=True)
class Preferences:
    """One account's residents as they see themselves.

    `public_url` is where this application is reached from outside, "" where there is no page.
    """

    db: Database
    clock: Callable[[], datetime]
    public_url: str = ""
    account: str = MAIN_ACCOUNT

    def today(self) -> date:
        """Japan's day."""
        return self.clock().astimezone(JAPAN).date()

    def resident(self, user_id: str) -> Resident:
        """The resident for one turn of the dialogue; nothing is read before it is asked for.

        The link works once it has been stored with its digest.
        """
        link = new_link(self.public_url)
        return Resident(
            profile=partial(self.profile, user_id),
            received=partial(self.received, user_id),
            link=link.address,
            link_digest=link.digest,
        )

    def profile(self, user_id: str) -> Profile:
        """What the resident chose; nothing for one we do not know."""
        with self.db.read() as connection:
            return attributes.load(connection, user_id, self.account) or Profile()

    def received(self, user_id: str, announcement: int) -> Received | None:
        """How an announcement came to a resident; None where there is no record that it did."""
        with self.db.read() as connection:
            stored = announcements.load(connection, announcement)
            if stored is None or stored.account != self.account or stored.frozen is None:
                return None
            return self._received(connection, stored, user_id)

    def _received(self, connection: Connection, stored: Stored, user_id: str) -> Received | None:
        if stored.started_at is None:
            return Received(self.today(), kind="test")  # nobody else has its button yet
        sent_on = datetime.fromtimestamp(stored.started_at / 1000, UTC).astimezone(JAPAN).date()
        if ledger.was_broadcast(connection, stored.id):
            return Received(sent_on, Everyone())
        if not ledger.has_received(connection, stored.id, user_id):
            return None
        target = Frozen.from_json(stored.frozen or "{}").target
        return Received(sent_on, target.rule, "correction" if target.received else "announcement")

    # --- the resident's page ---

    def open(self, token: str) -> str | None:
        """Use up a link; returns the new session, None where the link opens nothing (any more)."""
        session, now = secrets.token_urlsafe(32), self._now()
        link, key = digest(token), digest(session)
        done = self.db.write(lambda c: settings_keys.exchange(c, link, key, now))
        return session if done else None

    def account_of(self, token: str) -> str:
        """Whose account's page a link or a session opens; "" where it opens none (any more)."""
        with self.db.read() as connection:
            return settings_keys.account_of(connection, digest(token), self._now())

    def shown(self, session: str) -> Profile | None:
        """What a session's page shows; None where the session is over."""
        with self.db.read() as connection:
            owner = settings_keys.owner(connection, digest(session), self._now())
            if owner is None:
                return None
            return attributes.load(connection, owner.user_id, owner.account) or Profile()

    def save(self, session: str, change: Callable[[Profile], Profile]) -> Profile | None:
        """Keep what the page says; None where the session is over. Read and kept in one step."""
        now = self._now()

        def run(connection: Connection) -> Profile | None:
            owner = settings_keys.owner(connection, digest(session), now)
            if owner is None:
                return None
            return residents.change(connection, owner.user_id, change, now, owner.account)

        return self.db.write(run)

    def close(self, session: str) -> None:
        """The resident has finished: the page shows nothing any more."""
        self.db.write(lambda c: settings_keys.close(c, digest(session)))

    def _now(self) -> int:
        return int(self.clock().timestamp() * 1000)
