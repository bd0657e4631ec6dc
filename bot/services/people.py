"""Who may use the console: added, changed, switched off; every change in the audit log."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.errors import MadoguchiError
from bot.services import passwords
from bot.store import audit, sessions, staff
from bot.store.audit import Entry
from bot.store.database import Database
from bot.store.staff import ROLE_NAMES, Person, Role
from bot.store.tables import MAIN_ACCOUNT

_NAME = re.compile(r"[^\s/\\<>&\"'|:]{1,40}")
COMMAND = "コマンド"  # who changed it, where nobody was signed in


class StaffError(MadoguchiError):
    """A change to people that is refused; the message lists every reason, in Japanese."""


@dataclass(frozen=True)
class People:
    """One account's people. Changes raise StaffError with Japanese reasons and change nothing."""

    db: Database
    clock: Callable[[], datetime]
    account: str = MAIN_ACCOUNT

    def everyone(self) -> list[Person]:
        """All people, disabled ones too."""
        with self.db.read() as connection:
            return staff.everyone(connection, self.account)

    def find(self, name: str) -> Person:
        """The person of that name."""
        with self.db.read() as connection:
            found = staff.find(connection, name, self.account)
        if found is None:
            raise StaffError(f"「{name}」という職員はいません。")
        return found.person

    def add(
        self, name: str, role: str, password: str, sections: Sequence[str] = (), who: str = COMMAND
    ) -> None:
        """A new person. Approvers and admins set up their second factor when they first sign in."""
        wrong = (
            [] if _NAME.fullmatch(name) else ["名前は40字まで、空白や記号なしで書いてください。"]
        )
        if role not in list(Role):
            wrong.append(f"役割は {'・'.join(Role)} のどれかです。")
        wrong += passwords.problems(password, name)
        if wrong:
            raise StaffError("\n".join(wrong))
        now, kept = self._now(), passwords.hashed(password)

        def keep(connection: Connection) -> None:
            if not staff.add(connection, name, kept, Role(role), sections, now, self.account):
                raise StaffError(f"「{name}」はもういます。ほかの名前にしてください。")
            said = _said(role, sections)
            entry = Entry(now, who, "staff_add", "staff", name, "", said, account=self.account)
            audit.add(connection, entry)

        self.db.write(keep)

    def disable(self, name: str, who: str = COMMAND) -> None:
        """Switch off; every sign-in of that person ends at once. The last admin stays."""
        person = self.find(name)
        admins = [p for p in self.everyone() if p.role is Role.ADMIN and not p.disabled]
        if admins == [person]:
            raise StaffError(
                "管理の役割の人が1人もいなくなります。先にほかの人を管理にしてください。"
            )
        self._change(person, who, "staff_disable", disabled=True)

    def enable(self, name: str, who: str = COMMAND) -> None:
        """Switch on again."""
        self._change(self.find(name), who, "staff_enable", disabled=False)

    def change_role(self, name: str, role: str, sections: Sequence[str], who: str) -> None:
        """Another role or other sections, from the next sign-in on."""
        person = self.find(name)
        if role not in list(Role):
            raise StaffError(f"役割は {'・'.join(Role)} のどれかです。")
        admins = [p for p in self.everyone() if p.role is Role.ADMIN and not p.disabled]
        if admins == [person] and role != Role.ADMIN:
            raise StaffError(
                "管理の役割の人が1人もいなくなります。先にほかの人を管理にしてください。"
            )
        values = {"role": role, "sections": json.dumps(list(sections))}
        said = (_said(person.role, person.sections), _said(role, sections))
        self._change(person, who, "staff_role", said, **values)

    def set_password(self, name: str, password: str, who: str, *, keep_session: str = "") -> None:
        """Another password; every other sign-in ends."""
        person = self.find(name)
        if wrong := passwords.problems(password, name):
            raise StaffError("\n".join(wrong))
        kept = passwords.hashed(password)
        self._change(person, who, "staff_password", keep=keep_session, password=kept)

    def reset_second_factor(self, name: str, who: str = COMMAND) -> None:
        """Forget a lost second factor: it is set up anew at the next sign-in."""
        person = self.find(name)
        self._change(person, who, "second_factor_reset", totp_secret=None, totp_step=0)

    def sign_out(self, name: str, who: str) -> None:
        """End every sign-in of a person."""
        self._change(self.find(name), who, "sign_out_everywhere")

    def _change(
        self,
        person: Person,
        who: str,
        what: str,
        said: tuple[str, str] = ("", ""),
        keep: str = "",
        **values: Any,
    ) -> None:
        now = self._now()

        def keep_change(connection: Connection) -> None:
            if values:
                staff.change(connection, person.id, **values)
            sessions.end_all(connection, person.id, but=keep)
            entry = Entry(now, who, what, "staff", person.name, *said, account=self.account)
            audit.add(connection, entry)

        self.db.write(keep_change)

    def _now(self) -> int:
        return int(self.clock().timestamp() * 1000)


def _said(role: str, sections: Sequence[str]) -> str:
    return f"{ROLE_NAMES[Role(role)]}（{'、'.join(sections) or 'すべて'}）"
