"""Answers decided by another process: what crosses to it, and the two ends.

Deciding computes; the web's threads wait for network and disk. In one interpreter each holds up
the other (docs/performance.md). The other end has no store: what needs it is answered here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NoReturn

from bot.core.ports import Answered, Answerer, Event
from bot.core.resident import Resident
from bot.core.view import CityView
from bot.services.answering import Answering, Render


@dataclass(frozen=True)
class Asked:
    """An event on its way to be decided. `link` and its digest are the resident's settings page's,
    None where no resident is known."""

    account: str
    event: Event
    state: str | None
    now: datetime
    link: tuple[str, str] | None


Ask = Callable[[Asked], Callable[[], Answered | None]]


class NotHereError(Exception):
    """A turn wants what is kept about a resident."""


@dataclass(frozen=True)
class Desk:
    """The end that decides, for every account, without a store."""

    views: Mapping[str, Callable[[], CityView]]
    render: Render

    def answer(self, asked: Asked) -> Answered | None:
        """None where it takes the store, or went wrong: then it is to be answered beside it."""
        resident = None
        if asked.link is not None:
            resident = partial(_known, Resident(_not_here, _not_here, *asked.link))
        answering = Answering(self.views[asked.account], self.render, resident)
        try:
            return answering.answer(asked.event, asked.state, asked.now)
        except Exception:  # the other end tries again, and says what is wrong
            return None


@dataclass(frozen=True)
class ApartAnswers(Answerer):
    """The end beside the store, for one account. `ask` hands over what another process answers,
    `here` answers what comes back as None."""

    account: str
    ask: Ask
    here: Answerer
    resident: Callable[[str], Resident]

    def answer(self, event: Event, state: str | None, now: datetime) -> Answered:
        """See `Answerer.answer`."""
        return self.begin(event, state, now)()

    def begin(self, event: Event, state: str | None, now: datetime) -> Callable[[], Answered]:
        """See `Answerer.begin`."""
        link, user_id = None, event.source.user_id
        if user_id is not None:
            known = self.resident(user_id)
            link = (known.link, known.link_digest)
        answered = self.ask(Asked(self.account, event, state, now, link))
        return lambda: answered() or self.here.answer(event, state, now)


def _known(resident: Resident, _user_id: str) -> Resident:
    return resident


def _not_here(*_args: object) -> NoReturn:
    raise NotHereError
