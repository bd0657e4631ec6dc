"""Who may use the console, as rows: name, role, sections, password hash, second factor."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.store.staff_tables import staff
from bot.store.tables import MAIN_ACCOUNT


class Role(StrEnum):
    """What a person does here."""

    EDITOR = "editor"
    APPROVER = "approver"
    ANALYST = "analyst"
    ADMIN = "admin"


ROLE_NAMES = {
    Role.EDITOR: "編集",
    Role.APPROVER: "承認",
    Role.ANALYST: "分析",
    Role.ADMIN: "管理",
}
NEED_SECOND_FACTOR = frozenset({Role.APPROVER, Role.ADMIN})


@dataclass(frozen=True)
class Person:
    """One member of an account's staff. `sections` are folders or files of content; () is all.

    `closed` are the ids of cities whose own files are another account's.
    """

    id: int
    name: str
    role: Role
    sections: tuple[str, ...] = ()
    second_factor: bool = False
    disabled: bool = False
    account: str = MAIN_ACCOUNT
    closed: frozenset[str] = frozenset()

    def may_edit(self, path: str) -> bool:
        """Whether a content file lies in this person's sections, and is no other account's."""
        if any(part.partition(".")[0] in self.closed for part in path.split("/")):
            return False
        inside = (path == each or path.startswith(f"{each}/") for each in self.sections)
        return not self.sections or any(inside)


@dataclass(frozen=True)
class Secrets:
    """What sign-in compares with; never shown, never logged."""

    person: Person
    password: str
    totp_secret: str | None
    totp_step: int

    def __repr__(self) -> str:
        return f"Secrets({self.person.name})"


def add(
    connection: Connection,
    name: str,
    password: str,
    role: Role,
    sections: Sequence[str],
    now: int,
    account: str = MAIN_ACCOUNT,
) -> bool:
    """Keep a new person; False where the account has somebody of that name."""
    row = {
        "account": account,
        "name": name,
        "password": password,
        "role": role.value,
        "sections": json.dumps(list(sections)),
        "created_at": now,
    }
    if find(connection, name, account) is not None:
        return False
    try:
        connection.execute(insert(staff), [row])
    except IntegrityError:
        return False
    return True


def find(connection: Connection, name: str, account: str = MAIN_ACCOUNT) -> Secrets | None:
    """The account's person of that name, disabled ones too."""
    mine = (staff.c.account == account) & (staff.c.name == name)
    row = connection.execute(select(staff).where(mine)).first()
    return _secrets(row) if row else None


def get(connection: Connection, person_id: int, account: str = MAIN_ACCOUNT) -> Secrets | None:
    """The person with that number; None where it is another account's."""
    mine = (staff.c.account == account) & (staff.c.id == person_id)
    row = connection.execute(select(staff).where(mine)).first()
    return _secrets(row) if row else None


def everyone(connection: Connection, account: str = MAIN_ACCOUNT) -> list[Person]:
    """All people of an account in the order in which they were added."""
    rows = connection.execute(select(staff).where(staff.c.account == account).order_by(staff.c.id))
    return [_secrets(row).person for row in rows]


def change(connection: Connection, person_id: int, **values: Any) -> None:
    """Set columns of one person."""
    connection.execute(update(staff).where(staff.c.id == person_id).values(**values))


def use_step(connection: Connection, person_id: int, step: int) -> bool:
    """Note that the code of a time step was used; False where it was used already."""
    newer = (staff.c.id == person_id) & (staff.c.totp_step < step)
    return connection.execute(update(staff).where(newer).values(totp_step=step)).rowcount == 1


def _secrets(row: Row[Any]) -> Secrets:
    person = Person(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        sections=tuple(json.loads(row.sections)),
        second_factor=row.totp_secret is not None,
        disabled=bool(row.disabled),
        account=row.account,
    )
    return Secrets(person, row.password, row.totp_secret, row.totp_step)
