"""Getting to know the channel's friends from LINE's list."""

from datetime import UTC, datetime

import pytest

from bot.core.ports import FollowerPage
from bot.errors import ContentError, LineRejected
from bot.services.syncing import Synced, sync_followers
from bot.store import attributes, residents
from bot.store.database import Database

NOW = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp() * 1000)
IDS = [f"U{number:032x}" for number in range(5)]


class Friends:
    """LINE's list, two friends a page."""

    def follower_ids(self, start: str = "") -> FollowerPage:
        at = int(start or 0)
        more = str(at + 2) if at + 2 < len(IDS) else ""
        return FollowerPage(tuple(IDS[at : at + 2]), more)


class Unverified:
    def follower_ids(self, start: str = "") -> FollowerPage:
        raise LineRejected("forbidden", status=403)


def test_every_page_is_read_and_known_residents_keep_what_they_chose(db: Database) -> None:
    chosen = attributes.Attributes(topics=frozenset({"disaster"}))
    db.write(lambda c: attributes.save(c, IDS[0], chosen, NOW))
    assert sync_followers(db, Friends()) == Synced(friends=5, new=4)
    assert sync_followers(db, Friends()) == Synced(friends=5, new=0)
    with db.read() as connection:
        kept = attributes.load_many(connection, IDS)
    assert set(kept) == set(IDS)
    assert kept[IDS[0]].attributes.topics == {"disaster"}


def test_who_was_erased_stays_unknown(db: Database) -> None:
    sync_followers(db, Friends())
    db.write(lambda c: residents.erase(c, IDS[3], before=NOW, now=NOW))
    assert sync_followers(db, Friends()).new == 0
    with db.read() as connection:
        assert attributes.load(connection, IDS[3]) is None


def test_an_unverified_account_is_told_why(db: Database) -> None:
    with pytest.raises(ContentError, match="認証済"):
        sync_followers(db, Unverified())
