"""What one event comes to: everything the store is told of it, in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection

from bot.core.changes import Change, with_changes
from bot.core.ports import Answered
from bot.errors import ChoicesFull
from bot.store import (
    attributes,
    conversations,
    inbox,
    questions,
    reactions,
    residents,
    settings_keys,
)
from bot.store.exchange import Done
from bot.store.inbox import Claimed, Decision
from bot.store.questions import Question

log = logging.getLogger(__name__)
_FOLLOW, _UNFOLLOW, _UNSEND = "follow", "unfollow", "unsend"


@dataclass(frozen=True)
class Outgoing:
    """A reply about to be tried; `outcome_unknown` is about the attempts before this one.

    `request_id` is that of the webhook that brought the event, "" where nobody knows it.
    """

    id: int
    reply_token: str
    messages: str
    received_at: int
    attempts: int
    outcome_unknown: bool
    request_id: str = ""


@dataclass(frozen=True)
class Effects:
    """What the store is told about one event."""

    decision: Decision
    state: tuple[conversations.Key, str | None] | None = None
    question: Question | None = None
    erase: tuple[str, str, int] | None = None  # account, resident, before
    take_back: tuple[str, str] | None = None  # account, message id
    outgoing: Outgoing | None = None
    followed: tuple[str, str, int] | None = None  # account, resident, when
    own: Own | None = None
    reaction: reactions.Reaction | None = None


@dataclass(frozen=True)
class Own:
    """What a resident asked to be kept about them, and when."""

    account: str
    resident: str
    at: int
    changes: tuple[Change, ...]
    link: str  # digest of the link to their settings


def plain(effects: Effects) -> Done | None:
    """What most events come to, as the store takes it together with a claim; None for others."""
    more = (effects.erase, effects.take_back, effects.followed, effects.own, effects.reaction)
    if effects.decision.forget or any(each is not None for each in more):
        return None
    if effects.state is None:
        return Done(effects.decision, effects.question)
    key, state = effects.state
    return None if state is None else Done(effects.decision, effects.question, (key, state))


def record(connection: Connection, done: Sequence[Effects], now: int) -> list[Outgoing]:
    """Keep what was decided; returns what may be sent: not what another has taken over since."""
    ids = inbox.decide(connection, [e.decision for e in done], now)
    mine = [e for e in done if e.decision.id in ids]
    questions.add(connection, [e.question for e in mine if e.question is not None])
    reactions.add(connection, [e.reaction for e in mine if e.reaction is not None])
    for effects in mine:
        if effects.take_back is not None:
            account, message_id = effects.take_back
            residents.take_back(connection, message_id, account)
        if effects.erase is not None:
            account, resident, before = effects.erase
            residents.erase(connection, resident, before=before, now=now, account=account)
        if effects.followed is not None:
            account, resident, at = effects.followed
            attributes.follow(connection, resident, at, account)
        if effects.own is not None:
            _keep(connection, effects.own, now)
    # After erasing: the state an event itself leaves behind is newer than what it erases.
    conversations.save_many(connection, dict(e.state for e in mine if e.state is not None), now)
    return [e.outgoing for e in mine if e.outgoing is not None]


def own_wishes(claimed: Claimed, answered: Answered) -> Own | None:
    """What the answer changes for the resident who spoke; None where it changes nothing."""
    if claimed.resident is None or not (answered.changes or answered.link):
        return None
    at = claimed.occurred_at
    return Own(claimed.account, claimed.resident, at, answered.changes, answered.link)


def _keep(connection: Connection, own: Own, now: int) -> None:
    if own.changes:
        choose = partial(with_changes, changes=own.changes)
        try:
            residents.change(connection, own.resident, choose, own.at, own.account)
        except ChoicesFull as error:
            # It would be so at every try, and all who come after would wait for it.
            log.error("choice not kept", extra={"reason": str(error)})
    if own.link:
        settings_keys.add_link(connection, own.link, own.resident, now, own.account)


def with_duties(claimed: Claimed, effects: Effects) -> Effects:
    """What an event demands of the store whatever the answerer made of it."""
    if claimed.kind == _UNSEND and claimed.message_id is not None:
        # The state may hold the words taken back, as what was asked last.
        where = claimed.conversation
        state = None if where is None else ((claimed.account, where), None)
        return replace(effects, take_back=(claimed.account, claimed.message_id), state=state)
    if claimed.kind == _FOLLOW and claimed.resident is not None:
        # Known from now on by the id alone: nothing is chosen for anybody.
        return replace(effects, followed=(claimed.account, claimed.resident, claimed.occurred_at))
    if claimed.kind == _UNFOLLOW and claimed.resident is not None:
        return Effects(
            Decision(claimed.id, claimed.attempts, inbox.ERASED, "unfollow", forget=True),
            erase=(claimed.account, claimed.resident, claimed.occurred_at),
        )
    return effects
