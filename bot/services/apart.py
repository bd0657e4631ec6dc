"""Answers decided by another process: what crosses to it, and the two ends.

Deciding computes; the web's threads wait for network and disk. In one interpreter each holds up
the other (docs/performance.md). The other end has no store: what needs it is answered here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple, NoReturn

from bot.core.matching import FIRST_TEXTS
from bot.core.ports import Answered, Answerer, Event
from bot.core.resident import Resident
from bot.core.view import CityView
from bot.errors import ContentError
from bot.services.answering import Answering, Render
from bot.services.own_page import new_link


class Asked(NamedTuple):
    """An event on its way to be decided."""

    account: str
    event: Event
    state: str | None
    now: datetime


Ask = Callable[[Asked], Callable[[], Answered | None]]


class NotHereError(Exception):
    """A turn wants what is kept about a resident."""


class Desk:
    """The end that decides, without a store. `accounts`: of each its view and its residents."""

    def __init__(
        self,
        accounts: Mapping[str, tuple[Callable[[], CityView], Callable[[str], Resident]]],
        render: Render,
    ) -> None:
        self._answering = {
            account: Answering(view, render, partial(_by_id_alone, resident))
            for account, (view, resident) in accounts.items()
        }
        self._views = [view for view, _ in accounts.values()]

    def warm(self) -> None:
        """Make what the first messages would wait for; takes 0.1 to 0.2 s for each city."""
        for view in self._views:
            with suppress(ContentError):  # one without content so far
                for text in FIRST_TEXTS:
                    view().rank(text)

    def answer(self, asked: Asked) -> Answered | None:
        """None where it takes the store, or went wrong: then it is to be answered beside it."""
        try:
            answering = self._answering[asked.account]
            return answering.answer(asked.event, asked.state, asked.now).sealed()
        except Exception:  # the other end tries again, and says what is wrong
            return None


@dataclass(frozen=True)
class ApartAnswers(Answerer):
    """The end beside the store, for one account. `ask` hands over what another process answers,
    `here` answers what comes back as None."""

    account: str
    ask: Ask
    here: Answerer

    def answer(self, event: Event, state: str | None, now: datetime) -> Answered:
        """See `Answerer.answer`."""
        return self.begin(event, state, now)()

    def begin(self, event: Event, state: str | None, now: datetime) -> Callable[[], Answered]:
        """See `Answerer.begin`."""
        answered = self.ask(Asked(self.account, event, state, now))
        return lambda: answered() or self.here.answer(event, state, now)


def linked_alone(public_url: str) -> Callable[[str], Resident]:
    """Residents as they are known without a store: a new link to their page, see `new_link`."""
    return partial(_linked, public_url)


def _linked(public_url: str, _user_id: str) -> Resident:
    link = new_link(public_url)
    return Resident(_not_here, _not_here, link.address, link.digest)


def _by_id_alone(resident: Callable[[str], Resident], user_id: str) -> Resident:
    known = resident(user_id)
    return Resident(_not_here, _not_here, known.link, known.link_digest)


def _not_here(*_args: object) -> NoReturn:
    raise NotHereError
