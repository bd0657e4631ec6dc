"""Residents we know and what they chose. Every function works inside the caller's transaction.

The sets of a resident are bits of a number (`choice_bits` says which), so that counting a segment
of 500,000 residents is one pass over one index; measured in docs/segments.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    cast,
    delete,
    func,
    insert,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from bot.core.attributes import LIFE_STAGE, TOPICS, Attributes, Profile, Volume, is_grown, month_of
from bot.errors import ChoicesFull
from bot.store.tables import MAIN_ACCOUNT, choice_bits, resident_children, residents
from bot.store.upsert import Upsert

MAX_BITS = 62  # of a signed 64-bit number
_CHUNK = 500  # ids in one statement
_MONTHS_OF_A_CHILD = 20 * 12
_CLOCKS_APART_MS = 60_000
_NO_ACT = 0  # of following; when something was chosen has a column of its own
_KNOWN, _BITS = Upsert(residents), Upsert(choice_bits)

_CHOSEN = ("topics", "life_stages", "district", "language", "has_children", "chosen_at")
_SAVE = {
    name: statement.on_conflict_do_update(
        index_elements=["account", "user_id"],
        set_={column: statement.excluded[column] for column in _CHOSEN},
    )
    for name, statement in (
        ("sqlite", sqlite.insert(residents)),
        ("postgresql", postgresql.insert(residents)),
    )
}

Masks = Mapping[str, int]  # choice -> its bit


def know(
    connection: Connection, user_ids: Collection[str], now: int, account: str = MAIN_ACCOUNT
) -> int:
    """These residents exist; returns how many are new. What known ones chose stays.

    `now` is 0 where it was no act of theirs (an import, LINE's list): then any unfollow is later.
    """
    rows = [{"account": account, "user_id": each, "known_at": now} for each in user_ids]
    return _KNOWN.insert_or_ignore(connection, rows) if rows else 0


def follow(connection: Connection, user_id: str, now: int, account: str = MAIN_ACCOUNT) -> None:
    """The resident followed at `now`: known, and safe from an older unfollow that comes late."""
    if not know(connection, [user_id], now, account):
        connection.execute(
            update(residents)
            .where(_is(user_id, account), residents.c.known_at < now)
            .values(known_at=now)
        )


def load(connection: Connection, user_id: str, account: str = MAIN_ACCOUNT) -> Profile | None:
    """What a resident chose, None where we do not know them."""
    return load_many(connection, [user_id], account).get(user_id)


def load_many(
    connection: Connection, user_ids: Iterable[str], account: str = MAIN_ACCOUNT
) -> dict[str, Profile]:
    """The profiles of those residents whom we know."""
    found: dict[str, Profile] = {}
    for chunk in _chunks(list(user_ids)):
        query = select(residents).where(
            residents.c.account == account, residents.c.user_id.in_(chunk)
        )
        found |= _profiles(connection, connection.execute(query).all())
    return found


def every_profile(
    connection: Connection, account: str = MAIN_ACCOUNT, size: int = 2000
) -> Iterator[dict[str, Profile]]:
    """All residents by `user_id`, `size` at a time, each by its id in the same order."""
    last = ""
    while True:
        query = (
            select(residents)
            .where(residents.c.account == account, residents.c.user_id > last)
            .order_by(residents.c.user_id)
            .limit(size)
        )
        rows = connection.execute(query).all()
        if not rows:
            return
        yield _profiles(connection, rows)
        last = rows[-1].user_id


def save(
    connection: Connection,
    user_id: str,
    attributes: Attributes,
    now: int,
    account: str = MAIN_ACCOUNT,
) -> None:
    """Keep exactly these choices, for a resident known already or not; volume stays.

    `now` as in `know`.
    """
    save_many(connection, {user_id: attributes}, now, account)


def save_many(
    connection: Connection,
    chosen: Mapping[str, Attributes],
    now: int,
    account: str = MAIN_ACCOUNT,
) -> None:
    """`save` for many residents; the whole of it is kept or nothing."""
    topics = _masks_for(connection, TOPICS, (each.topics for each in chosen.values()))
    stages = _masks_for(connection, LIFE_STAGE, (each.life_stages for each in chosen.values()))
    for chunk in _chunks(list(chosen)):
        rows = [
            {
                "account": account,
                "user_id": user_id,
                "topics": sum(topics[value] for value in chosen[user_id].topics),
                "life_stages": sum(stages[value] for value in chosen[user_id].life_stages),
                "district": chosen[user_id].district,
                "language": chosen[user_id].language,
                "has_children": bool(chosen[user_id].child_birth_months),
                "known_at": _NO_ACT,
                "chosen_at": now,
            }
            for user_id in chunk
        ]
        _forget_children(connection, chunk, account)
        connection.execute(_SAVE[connection.dialect.name], rows)
        ids = _ids(connection, chunk, account)
        _add_children(connection, {ids[each]: chosen[each].child_birth_months for each in chunk})


def count_anew(connection: Connection) -> None:
    """Tell PostgreSQL how full the tables have become, in the middle of a large import.

    Until it looks by itself (a minute or so) it searches every resident of the account for each
    list of ids. SQLite needs nothing.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("ANALYZE residents, resident_children"))


def change(
    connection: Connection,
    user_id: str,
    change: Callable[[Attributes], Attributes],
    now: int,
    account: str = MAIN_ACCOUNT,
) -> Attributes:
    """Read, change and keep a resident's choices in one step; returns the new ones."""
    know(connection, [user_id], _NO_ACT, account)
    # Two processes must not both start from the same choices; SQLite has one writer anyway.
    connection.execute(select(residents.c.id).where(_is(user_id, account)).with_for_update())
    profile = load(connection, user_id, account)
    changed = change(profile.attributes if profile else Attributes())
    save(connection, user_id, changed, now, account)
    return changed


def save_volume(
    connection: Connection, user_id: str, volume: Volume, now: int, account: str = MAIN_ACCOUNT
) -> None:
    """Keep quiet hours and monthly cap."""
    know(connection, [user_id], _NO_ACT, account)
    connection.execute(
        update(residents)
        .where(_is(user_id, account))
        .values(
            quiet_start=volume.quiet_start,
            quiet_end=volume.quiet_end,
            monthly_cap=volume.monthly_cap,
            chosen_at=now,
        )
    )


def forget(
    connection: Connection,
    user_id: str,
    *,
    before: int,
    now: int | None = None,
    account: str = MAIN_ACCOUNT,
) -> bool:
    """Id and choices go; False where nothing was there.

    A resident who followed or chose again after `before` stays known; choices last touched up to
    `before` go all the same. Choices made on the web form carry our clock and `before` is LINE's:
    in doubt they go, and so does what a clock that was wrong has dated later than `now`.
    """
    who = _is(user_id, account)
    row = connection.execute(select(residents).where(who).with_for_update()).first()
    if row is None:
        return False
    latest = math.inf if now is None else now + _CLOCKS_APART_MS
    if before + _CLOCKS_APART_MS < row.chosen_at <= latest:
        return True
    # Not left to the cascade alone: SQLite knows none where foreign keys are switched off.
    connection.execute(delete(resident_children).where(resident_children.c.resident == row.id))
    connection.execute(delete(residents).where(who))
    if before < row.known_at <= latest:
        know(connection, [user_id], row.known_at, account)
    return True


def drop_grown(connection: Connection, today: date, limit: int) -> int:
    """Forget up to `limit` birth months of children over the age we keep; returns how many.

    Call it until it returns less than `limit`.
    """
    now = month_of(today)
    recent = range(now - _MONTHS_OF_A_CHILD, now)
    oldest_kept = next((m for m in recent if not is_grown(m, today)), now)
    old = connection.execute(
        select(resident_children).where(resident_children.c.month < oldest_kept).limit(limit)
    ).all()
    pairs = [(row.resident, row.month) for row in old]
    both = tuple_(resident_children.c.resident, resident_children.c.month)
    for chunk in _chunks(pairs):
        connection.execute(delete(resident_children).where(both.in_(chunk)))
        left = select(resident_children.c.resident)
        connection.execute(
            update(residents)
            .where(residents.c.id.in_([resident for resident, _ in chunk]))
            .where(residents.c.id.not_in(left))
            .values(has_children=False)
        )
    return len(pairs)


def _is(user_id: str, account: str) -> ColumnElement[bool]:
    return (residents.c.account == account) & (residents.c.user_id == user_id)


def _profiles(connection: Connection, rows: Sequence[Row[Any]]) -> dict[str, Profile]:
    topics, stages = _masks(connection, TOPICS), _masks(connection, LIFE_STAGE)
    parents = [row.id for row in rows if row.has_children]
    children: dict[int, set[int]] = {}
    for chunk in _chunks(parents):
        query = select(resident_children).where(resident_children.c.resident.in_(chunk))
        for resident, month in connection.execute(query):
            children.setdefault(resident, set()).add(month)
    return {
        row.user_id: Profile(
            Attributes(
                topics=_values(topics, row.topics),
                district=row.district,
                life_stages=_values(stages, row.life_stages),
                child_birth_months=frozenset(children.get(row.id, ())),
                language=row.language,
            ),
            Volume(row.quiet_start, row.quiet_end, row.monthly_cap),
        )
        for row in rows
    }


def _values(masks: Masks, bits: int) -> frozenset[str]:
    return frozenset(value for value, mask in masks.items() if bits & mask)


def _ids(connection: Connection, user_ids: Sequence[str], account: str) -> dict[str, int]:
    query = select(residents.c.user_id, residents.c.id).where(
        residents.c.account == account, residents.c.user_id.in_(user_ids)
    )
    return dict(connection.execute(query).all())


def _forget_children(connection: Connection, user_ids: Sequence[str], account: str) -> None:
    parents = select(residents.c.id).where(
        residents.c.account == account,
        residents.c.user_id.in_(user_ids),
        residents.c.has_children,
    )
    # Not one statement over a list: most residents have none, and PostgreSQL would compare every
    # child with every id of the list.
    found = connection.execute(parents).scalars().all()
    if found:
        table = resident_children
        connection.execute(delete(table).where(table.c.resident.in_(found)))


def _add_children(connection: Connection, months: Mapping[int, Collection[int]]) -> None:
    rows = [
        {"resident": resident, "month": month}
        for resident, born in months.items()
        for month in born
    ]
    if rows:
        connection.execute(insert(resident_children), rows)


def _masks(connection: Connection, attribute: str) -> dict[str, int]:
    query = select(choice_bits.c.value, choice_bits.c.mask)
    rows = connection.execute(query.where(choice_bits.c.attribute == attribute))
    return dict(rows.all())


def _masks_for(
    connection: Connection, attribute: str, chosen: Iterable[Iterable[str]]
) -> dict[str, int]:
    """The bits of all these choices; one never used before gets the lowest free bit."""
    wanted = {value for values in chosen for value in values}
    masks = _masks(connection, attribute)
    for value in sorted(wanted - masks.keys()):
        while value not in masks:
            # Another process may take the same bit at the same moment: then neither key nor bit
            # is inserted here, and the next look shows what it took.
            mask = _free_mask(masks.values())
            row = {"attribute": attribute, "value": value, "mask": mask}
            _BITS.insert_or_ignore(connection, [row])
            masks = _masks(connection, attribute)
    return masks


def _free_mask(taken: Collection[int]) -> int:
    free = next((1 << bit for bit in range(MAX_BITS) if 1 << bit not in taken), None)
    if free is None:
        raise ChoicesFull(f"選択肢が多すぎます。1つの項目に{MAX_BITS}個までです。")
    return free


def _column(attribute: str) -> Any:
    return {TOPICS: residents.c.topics, LIFE_STAGE: residents.c.life_stages}[attribute]


def mask_of(attribute: str, values: Sequence[str]) -> Any:
    """The bits of these choices as an SQL expression; 0 where none was ever chosen."""
    bits = func.coalesce(func.sum(choice_bits.c.mask), 0)
    query = select(cast(bits, BigInteger)).where(
        choice_bits.c.attribute == attribute, choice_bits.c.value.in_(values)
    )
    return query.scalar_subquery()


def _chunks(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
