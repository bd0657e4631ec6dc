"""The resident of a one-to-one chat on LINE, as far as a turn may need to know them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.core.attributes import Profile
from bot.core.segments import Rule


@dataclass(frozen=True)
class Received:
    """An announcement that this resident got. `rule` is None where no rule chose them.

    `sent_on` is Japan's day on which the rule was asked, that ages are counted on.
    """

    sent_on: date
    rule: Rule | None = None
    kind: Literal["announcement", "correction", "test"] = "announcement"


@dataclass(frozen=True)
class Resident:
    """What is kept about the resident. Both functions read the store, at most one read each.

    `received` gives None for an announcement that this resident did not get. `link` is the
    address of their settings page, "" where there is none; it works if the turn is `linked`.
    """

    profile: Callable[[], Profile]
    received: Callable[[int], Received | None]
    link: str = ""
    link_digest: str = ""  # under which the link is stored


def digest(token: str) -> str:
    """The hash under which a token of 256 random bits, such as a link's, is stored."""
    return hashlib.sha256(token.encode()).hexdigest()
