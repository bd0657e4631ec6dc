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
    """One member of staff. `sections` are folders or files of content; () is all of them."""

    id: int
    name: str
    role: Role
    sections: tuple[str, ...] = ()
    second_factor: bool = False
    disabled: bool = False

    def may_edit(self, path: str) -> bool:
        """Whether a content file lies in this person's sections."""
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
    connection: Connection, name: str, password: str, role: Role, sections: Sequence[str], now: int
) -> bool:
    """Keep a new person; False where the name is taken."""
    row = {
        "name": name,
        "password": password,
        "role": role.value,
        "sections": json.dumps(list(sections)),
        "created_at": now,
    }
    if find(connection, name) is not None:
        return False
    try:
        connection.execute(insert(staff), [row])
    except IntegrityError:
        return False
    return True


def find(connection: Connection, name: str) -> Secrets | None:
    """The person of that name, disabled ones too."""
    row = connection.execute(select(staff).where(staff.c.name == name)).first()
    return _secrets(row) if row else None


def get(connection: Connection, person_id: int) -> Secrets | None:
    """The person with that number."""
    row = connection.execute(select(staff).where(staff.c.id == person_id)).first()
    return _secrets(row) if row else None


def everyone(connection: Connection) -> list[Person]:
    """All people in the order in which they were added."""
    return [_secrets(row).person for row in connection.execute(select(staff).order_by(staff.c.id))]


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
    )
    return Secrets(person, row.password, row.totp_secret, row.totp_step)
