"""What a resident chose: shown, changed, cleared, and everything about them erased."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.core.attributes import Attributes, CityCatalog, Profile, Volume, unknown_values
from bot.core.segment_words import Reason, describe
from bot.errors import ContentError
from bot.services.segments import JAPAN
from bot.store import attributes, residents
from bot.store.database import Database
from bot.store.tables import MAIN_ACCOUNT

_USER_ID = re.compile(r"U[0-9a-f]{32}")
_CHUNK = 200  # rows in one transaction: incoming events share the writer


def is_user_id(text: str) -> bool:
    """Whether LINE could have given a resident this id; one other id spoils a whole multicast."""
    return bool(_USER_ID.fullmatch(text))


@dataclass
class Residents:
    """One account's residents. `catalog()` is what its city offers at that moment.

    Inside another transaction use `bot.store.attributes` and `bot.store.residents` directly.
    """

    db: Database
    catalog: Callable[[], CityCatalog]
    clock: Callable[[], datetime]
    account: str = MAIN_ACCOUNT

    def profile(self, user_id: str) -> Profile | None:
        """What the resident chose; None where we do not know them."""
        with self.db.read() as connection:
            return attributes.load(connection, user_id, self.account)

    def describe(self, user_id: str) -> tuple[Reason, ...]:
        """The same in words, for 「登録内容を見る」: everything that is stored."""
        profile = self.profile(user_id) or Profile()
        return describe(profile.attributes, profile.volume, self.catalog())

    def choose(self, user_id: str, change: Callable[[Attributes], Attributes]) -> Attributes:
        """Change what the resident chose; returns the new choices.

        Raises ContentError where the change brings in a value that the city does not offer.
        """
        catalog, now = self.catalog(), self._now()

        def checked(before: Attributes) -> Attributes:
            after = change(before)
            if new := set(unknown_values(after, catalog)) - set(unknown_values(before, catalog)):
                attribute, value = min(new)
                text = f"{catalog.title(attribute)}に「{value}」はありません。"
                raise ContentError(text)
            return after

        return self.db.write(lambda c: attributes.change(c, user_id, checked, now, self.account))

    def clear(self, user_id: str) -> None:
        """Every choice goes; the resident stays known as a friend."""
        now = self._now()
        self.db.write(lambda c: attributes.save(c, user_id, Attributes(), now, self.account))
        self.db.write(lambda c: attributes.save_volume(c, user_id, Volume(), now, self.account))

    def forget(self, user_id: str) -> bool:
        """Erase everything about a resident, everywhere; False where they were not known.

        Raises ContentError for what is no user id.
        """
        if not is_user_id(user_id):
            text = "ユーザーIDは U と、0〜9・a〜f の32文字です。確かめてください。"
            raise ContentError(text)
        now = self._now()
        known = self.profile(user_id) is not None
        self.db.write(
            lambda c: residents.erase(c, user_id, before=now, now=now, account=self.account)
        )
        return known

    def drop_grown(self) -> int:
        """Forget the birth months of grown children; returns how many. For housekeeping."""
        today, dropped = self.clock().astimezone(JAPAN).date(), 0
        while True:
            found = self.db.write(lambda c: attributes.drop_grown(c, today, _CHUNK))
            dropped += found
            if found < _CHUNK:
                return dropped

    def _now(self) -> int:
        return int(self.clock().timestamp() * 1000)
