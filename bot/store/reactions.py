"""How residents took answers: entry ids and days. Nobody's name, id or words.

All functions work inside the caller's transaction.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, func, select

from bot.core.reactions import CHOSEN, SOLVED, UNSOLVED
from bot.core.reactions import Reaction as Made
from bot.store.learning_tables import reactions
from bot.store.tables import MAIN_ACCOUNT
from bot.store.upsert import Upsert

_UPSERT = Upsert(reactions, together=True)


@dataclass(frozen=True)
class Reaction:
    """One reaction; `day` is Japan's day as `2026-11-21`, `id` random.

    Of `chosen`, `shown` are the ids that were on offer and `item` is '' for none of them.
    """

    id: str
    day: str
    kind: str
    item: str
    shown: tuple[str, ...] = ()
    account: str = MAIN_ACCOUNT


@dataclass(frozen=True)
class Choice:
    """One set of offered ids: how often each of them (or '') was chosen."""

    shown: tuple[str, ...]
    chosen: Counter[str]


def of(id: str, day: str, made: Made, account: str = MAIN_ACCOUNT) -> Reaction:
    """What a conversation told, as it is kept."""
    return Reaction(id, day, made.kind, made.item, made.shown, account)


def add(connection: Connection, made: Sequence[Reaction]) -> None:
    """Keep reactions; one that is there already (its commit's answer was lost) stays as it is."""
    rows = [
        {
            "id": each.id,
            "account": each.account,
            "day": each.day,
            "kind": each.kind,
            "item": each.item,
            "shown": json.dumps(each.shown),
        }
        for each in made
    ]
    if rows:
        _UPSERT.insert_or_ignore(connection, rows)


def solved_by_item(
    connection: Connection, day: str, account: str = MAIN_ACCOUNT
) -> dict[str, Counter[str]]:
    """Item -> how often `solved` and `unsolved`, on or after `day`."""
    found: dict[str, Counter[str]] = {}
    for item, kind, count in _counted(connection, day, account, reactions.c.item):
        found.setdefault(item, Counter())[kind] = count
    return found


def solved_by_day(
    connection: Connection, day: str, account: str = MAIN_ACCOUNT
) -> dict[str, Counter[str]]:
    """Day -> how often `solved` and `unsolved`, on or after `day`."""
    found: dict[str, Counter[str]] = {}
    for each, kind, count in _counted(connection, day, account, reactions.c.day):
        found.setdefault(each, Counter())[kind] = count
    return found


def _counted(
    connection: Connection, day: str, account: str, by: ColumnElement[str]
) -> list[tuple[str, str, int]]:
    rows = connection.execute(
        select(by, reactions.c.kind, func.count())
        .where(reactions.c.account == account, reactions.c.day >= day)
        .where(reactions.c.kind.in_((SOLVED, UNSOLVED)))
        .group_by(by, reactions.c.kind)
        .order_by(by, reactions.c.kind)
    )
    return [(each, kind, count) for each, kind, count in rows]


def choices(connection: Connection, day: str, account: str = MAIN_ACCOUNT) -> list[Choice]:
    """What was chosen of what was offered on or after `day`, the most frequent offer first."""
    rows = connection.execute(
        select(reactions.c.shown, reactions.c.item, func.count())
        .where(reactions.c.account == account, reactions.c.day >= day)
        .where(reactions.c.kind == CHOSEN)
        .group_by(reactions.c.shown, reactions.c.item)
        .order_by(reactions.c.shown, reactions.c.item)
    )
    found: dict[str, Counter[str]] = {}
    for shown, item, count in rows:
        found.setdefault(shown, Counter())[item] = count
    made = [Choice(tuple(json.loads(shown)), counted) for shown, counted in found.items()]
    return sorted(made, key=lambda each: (-each.chosen.total(), each.shown))


def purge(connection: Connection, before_day: str, limit: int) -> int:
    """Delete up to `limit` reactions of before `before_day`; returns how many."""
    old = select(reactions.c.id).where(reactions.c.day < before_day).limit(limit)
    return connection.execute(
        delete(reactions).where(reactions.c.id.in_(old.scalar_subquery()))
    ).rowcount
