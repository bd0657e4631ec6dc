"""The city's news feed becomes drafts, each item once; a person sends them or does not."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from bot.content.feeds import Item, as_draft, read_feed
from bot.errors import ContentError
from bot.services.announcing import AnnouncementRefused, Announcing
from bot.store.announcement_tables import feed_items
from bot.store.database import Database
from bot.store.tables import MAIN_ACCOUNT


@dataclass
class Feeding:
    """One account's feeds."""

    db: Database
    announcing: Announcing
    account: str = MAIN_ACCOUNT

    def take(
        self, address: str, data: bytes, *, author: str, segment_name: str, limit: int = 20
    ) -> list[int]:
        """Drafts of the feed's new items; returns their ids. Never schedules anything.

        The first look at a feed takes only its newest item, the others count as seen: nobody
        wants last year's news as drafts. Raises ContentError for what is no feed.
        """
        if segment_name not in self.announcing.reviewing.saved():
            raise AnnouncementRefused(f"保存した条件「{segment_name}」はありません。")
        items = read_feed(data)
        digests = {self._digest(address, item): item for item in items}
        with self.db.read() as connection:
            seen = set(
                connection.execute(
                    select(feed_items.c.item).where(feed_items.c.account == self.account)
                ).scalars()
            )
        fresh = [digest for digest in digests if digest not in seen]
        first_look = len(fresh) == len(digests)
        made: list[int] = []
        for digest in fresh[: 1 if first_look else limit]:
            source = as_draft(digests[digest], author=author, segment_name=segment_name)
            try:
                made.append(self.announcing.new(f"{address}", source.encode(), author))
            except ContentError:
                continue  # an item that makes no announcement (an empty title, say)
            self._remember([digest], made[-1])
        if first_look and made:
            self._remember(fresh[1:], made[0])
        return made

    def _remember(self, digests: list[str], announcement: int) -> None:
        rows = [
            {"account": self.account, "item": digest, "announcement": announcement}
            for digest in digests
        ]

        def write(connection: Connection) -> None:
            connection.execute(insert(feed_items), rows)

        if rows:
            self.db.write(write)

    def _digest(self, address: str, item: Item) -> str:
        return hashlib.sha256(f"{address}\n{item.id}".encode()).hexdigest()
