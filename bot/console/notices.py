"""What the announcement pages work with, and the words they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from bot.console.access import EDITING
from bot.core.announcements import BASE_LANGUAGE, Draft, Kind, State
from bot.core.attributes import LANGUAGE
from bot.core.ports import LineDelivery
from bot.core.segments import Everyone
from bot.errors import ContentError
from bot.line.reach import Reach
from bot.services.announcing import Announcing
from bot.services.feeding import Feeding
from bot.services.previewing import Previewing
from bot.services.reporting import Reporting
from bot.services.templating import Templating
from bot.services.trials import Trials
from bot.store.announcements import Stored
from bot.store.staff import Role

APPROVING = frozenset({Role.APPROVER, Role.ADMIN})
assert APPROVING < EDITING

KIND_WORDS = {"normal": "ふつう", "emergency": "緊急", "drill": "訓練"}
OPEN = frozenset({State.DRAFT, State.CHECKED, State.AWAITING_APPROVAL})
Reaches = Callable[[str], bool | None]


@dataclass(frozen=True)
class Notices:
    """The use cases of announcements; `line` None where LINE is not connected.

    `reach()` gives a fresh asker of links, for one check.
    """

    announcing: Announcing
    reporting: Reporting
    previewing: Previewing
    trials: Trials
    templating: Templating
    feeding: Feeding
    line: LineDelivery | None = None
    reach: Callable[[], Reaches] = Reach

    def checking(self) -> Announcing:
        """For a check that asks LINE and opens the links: may take seconds."""
        reviewing = replace(self.announcing.reviewing, reach=self.reach())
        return replace(self.announcing, reviewing=reviewing)

    def quiet(self) -> Previewing:
        """For previews while somebody writes or reads: nothing is asked of the network."""
        reviewing = replace(self.announcing.reviewing, ask_line=None, reach=lambda url: True)
        return replace(self.previewing, reviewing=reviewing, line=None)

    def holidays(self) -> frozenset[date]:
        """Japan's holidays, as far as they are known."""
        return frozenset(self.announcing.holidays())

    def dangerous(self, draft: Draft, corrects: int | None = None) -> bool:
        """Whether it is an emergency or for everyone: the password is asked for again."""
        if draft.kind is Kind.EMERGENCY:
            return True
        try:
            target = self.announcing.reviewing.target(draft, corrects)
        except ContentError:
            return True
        return target.broadcast or isinstance(target.rule, Everyone)


def language_names(notices: Notices) -> dict[str, str]:
    """The languages an announcement can be written in, Japanese first."""
    choices = notices.announcing.reviewing.catalog().choices(LANGUAGE)
    return {BASE_LANGUAGE: "日本語", **{each.id: each.label for each in choices}}


def may_correct(stored: Stored) -> bool:
    """Whether somebody can have got it, so that a correction makes sense."""
    return stored.started_at is not None and stored.state not in OPEN
