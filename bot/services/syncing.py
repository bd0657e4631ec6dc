"""Get to know the channel's friends: LINE's follower ids, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from sqlalchemy import Connection

from bot.core.ports import FollowerPage
from bot.errors import ContentError, LineRejected
from bot.store import attributes, erasures
from bot.store.database import Database
from bot.store.tables import MAIN_ACCOUNT

_FORBIDDEN = 403


class Followers(Protocol):
    """LINE's list of friends."""

    def follower_ids(self, start: str = "") -> FollowerPage:
        """One page; `start` is the page before's `next`."""
        ...


@dataclass(frozen=True)
class Synced:
    """How many friends LINE named, and how many of them we had not known."""

    friends: int
    new: int


def sync_followers(db: Database, line: Followers, account: str = MAIN_ACCOUNT) -> Synced:
    """Know every friend's id, without any attribute. Who was erased stays unknown.

    Raises ContentError with the reason where LINE gives the list only to verified accounts, and
    LineError; what was learnt until then is kept, and it can be run again.
    """
    friends = new = 0
    start = ""
    while True:
        try:
            page = line.follower_ids(start)
        except LineRejected as error:
            if error.status != _FORBIDDEN:
                raise
            raise ContentError(
                "友だちの一覧は、認証済アカウントかプレミアムアカウントでだけ取れます（LINEの決まり）。"
                "認証を申し込むか、住民からの発言や友だち追加で少しずつ登録されるのをお待ちください。"
            ) from error
        new += db.write(partial(_know, account=account, user_ids=page.user_ids))
        friends += len(page.user_ids)
        if not page.next:
            return Synced(friends, new)
        start = page.next


def _know(connection: Connection, account: str, user_ids: Sequence[str]) -> int:
    known = attributes.load_many(connection, list(user_ids), account)
    unknown = [each for each in user_ids if each not in known]
    found = erasures.not_erased(connection, account, unknown)
    # 0: LINE's list is no act of theirs, so any unfollow is later.
    return attributes.know(connection, found, 0, account)
