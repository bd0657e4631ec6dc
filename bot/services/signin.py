"""Signing in: password, second factor, sessions that end, lock-out that grows."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

import pyotp
from sqlalchemy import Connection

from bot.services import passwords
from bot.store import audit, sessions, staff
from bot.store.audit import Entry
from bot.store.database import Database
from bot.store.sessions import CODE, FULL, SETUP, Session
from bot.store.staff import NEED_SECOND_FACTOR, Person
from bot.store.tables import MAIN_ACCOUNT

IDLE_MS = 30 * 60 * 1000
ABSOLUTE_MS = 10 * 60 * 60 * 1000  # a working day
CONFIRMED_MS = 10 * 60 * 1000  # how long a password just given counts for dangerous changes
_SEEN_EVERY_MS = 60 * 1000
_STEP_SECONDS = 30
# Failures before waiting begins: one person from one place, one place, one person from anywhere.
_BOTH, _PLACE, _NAME = 5, 20, 50
ISSUER = "まどぐち"


@dataclass(frozen=True)
class Visit:
    """A browser that has given a password. `fresh`: the password was given a moment ago."""

    session: Session
    person: Person
    fresh: bool

    @property
    def complete(self) -> bool:
        """Whether nothing is missing any more."""
        return self.session.stage == FULL


@dataclass(frozen=True)
class Outcome:
    """What came of a sign-in step: a new cookie, or why not (Japanese)."""

    cookie: str = ""
    problem: str = ""


@dataclass(frozen=True)
class SignIn:
    """Every step of signing in to one account's console; `clock` gives aware UTC.

    No name and no session of another account opens it. `closed` as in `Person`.
    """

    db: Database
    clock: Callable[[], datetime]
    account: str = MAIN_ACCOUNT
    closed: frozenset[str] = frozenset()

    def with_password(self, name: str, password: str, address: str) -> Outcome:
        """The first step."""
        now = self._now()
        keys = self._keys(name, address)
        if problem := self._locked(keys, now):
            return Outcome(problem=problem)
        with self.db.read() as connection:
            found = staff.find(connection, name, self.account)
        kept = found.password if found else _nobody()
        right = passwords.matches(kept, password)
        if found is None or not right or found.person.disabled:
            self._fail(name, keys, now)
            return Outcome(problem="名前かパスワードがちがいます。")
        stage = FULL
        if found.totp_secret is not None:
            stage = CODE
        elif found.person.role in NEED_SECOND_FACTOR:
            stage = SETUP
        cookie = secrets.token_urlsafe(32)
        secret = pyotp.random_base32() if stage == SETUP else None
        session = Session(digest_of(cookie), found.person.id, stage, secret, now, now, now)

        def keep(connection: Connection) -> None:
            sessions.forgive(connection, [keys[0]], now)
            sessions.purge(connection, now - IDLE_MS, now - ABSOLUTE_MS)
            sessions.open_session(connection, session)
            if stage == FULL:
                self._log(connection, now, found.person.name, "sign_in", found.person.name)

        self.db.write(keep)
        return Outcome(cookie)

    def with_code(self, visit: Visit, code: str, address: str) -> Outcome:
        """The second step: the code of the second factor, or the first code of a new one."""
        now, name = self._now(), visit.person.name
        keys = self._keys(name, address)
        if problem := self._locked(keys, now):
            return Outcome(problem=problem)
        with self.db.read() as connection:
            found = staff.get(connection, visit.person.id, self.account)
        setting_up = visit.session.setup_secret is not None
        secret = visit.session.setup_secret or (found.totp_secret if found else None)
        step = _step_of(secret, code, now)
        if found is None or step is None or not self._use(found.person.id, step, setting_up):
            self._fail(name, keys, now)
            return Outcome(problem="番号がちがいます。アプリに出ている6けたを入れてください。")
        cookie = secrets.token_urlsafe(32)
        session = replace(
            visit.session, digest=digest_of(cookie), stage=FULL, setup_secret=None, seen_at=now
        )

        def keep(connection: Connection) -> None:
            if setting_up:
                staff.change(connection, found.person.id, totp_secret=secret, totp_step=step)
                self._log(connection, now, name, "second_factor_set", name)
            sessions.forgive(connection, [keys[0]], now)
            sessions.end(connection, visit.session.digest)
            sessions.open_session(connection, session)
            if not visit.complete:
                self._log(connection, now, name, "sign_in", name)

        self.db.write(keep)
        return Outcome(cookie)

    def visit(self, cookie: str) -> Visit | None:
        """Who that cookie belongs to; None where it has expired or the person is disabled."""
        now, digest = self._now(), digest_of(cookie)
        with self.db.read() as connection:
            session = sessions.find(connection, digest)
            found = staff.get(connection, session.staff, self.account) if session else None
        if session is None or found is None or found.person.disabled:
            return None
        if session.seen_at < now - IDLE_MS or session.created_at < now - ABSOLUTE_MS:
            self.db.write(lambda c: sessions.end(c, digest))
            return None
        if session.seen_at < now - _SEEN_EVERY_MS:
            self.db.write(lambda c: sessions.change(c, digest, seen_at=now))
        person = replace(found.person, closed=self.closed)
        return Visit(session, person, session.confirmed_at > now - CONFIRMED_MS)

    def confirm(self, visit: Visit, password: str, address: str) -> str:
        """Give the password again before a dangerous change; returns the problem, '' if right."""
        now = self._now()
        keys = self._keys(visit.person.name, address)
        if problem := self._locked(keys, now):
            return problem
        with self.db.read() as connection:
            found = staff.get(connection, visit.person.id, self.account)
        if found is None or not passwords.matches(found.password, password):
            self._fail(visit.person.name, keys, now)
            return "パスワードがちがいます。"
        self.db.write(lambda c: sessions.change(c, visit.session.digest, confirmed_at=now))
        return ""

    def begin_setup(self, visit: Visit) -> str:
        """A new second factor for someone signed in; counts from its first right code on."""
        secret = visit.session.setup_secret or pyotp.random_base32()
        digest = visit.session.digest
        self.db.write(lambda c: sessions.change(c, digest, setup_secret=secret))
        return secret

    def sign_out(self, visit: Visit, *, everywhere: bool = False) -> None:
        """End this sign-in, or all of this person's."""
        now, name = self._now(), visit.person.name

        def end(connection: Connection) -> None:
            sessions.end(connection, visit.session.digest)
            if everywhere:
                sessions.end_all(connection, visit.person.id)
            self._log(
                connection, now, name, "sign_out_everywhere" if everywhere else "sign_out", name
            )

        self.db.write(end)

    def _use(self, person_id: int, step: int, setting_up: bool) -> bool:
        return setting_up or self.db.write(lambda c: staff.use_step(c, person_id, step))

    def _locked(self, keys: list[str], now: int) -> str:
        with self.db.read() as connection:
            until = sessions.locked_until(connection, keys, now)
        if not until:
            return ""
        seconds = (until - now + 999) // 1000
        wait = f"{seconds}秒" if seconds < 90 else f"{(seconds + 59) // 60}分"
        return f"まちがいが続いたため、止めています。{wait}たってから、もう一度お試しください。"

    def _fail(self, name: str, keys: list[str], now: int) -> None:
        def note(connection: Connection) -> None:
            for key, allowed in zip(keys, (_BOTH, _PLACE, _NAME), strict=True):
                sessions.failed(connection, key, allowed, now)
            if (
                staff.find(connection, name, self.account) is not None
            ):  # what else was typed may be a password
                self._log(connection, now, name, "sign_in_failed", name)

        self.db.write(note)

    def _keys(self, name: str, address: str) -> list[str]:
        """What failures are counted by. A name is locked in its own account only."""
        mine = name if self.account == MAIN_ACCOUNT else f"{self.account}/{name}"
        kinds = (f"both:{mine}|{address}", f"place:{address}", f"name:{mine}")
        return [hashlib.sha256(kind.encode("utf-8", "replace")).hexdigest() for kind in kinds]

    def _log(self, connection: Connection, now: int, who: str, what: str, whom: str) -> None:
        entry = Entry(now, who, what, "staff", whom, "", "", account=self.account)
        audit.add(connection, entry)

    def _now(self) -> int:
        return int(self.clock().timestamp() * 1000)


def setup_address(secret: str, name: str) -> str:
    """What the QR code of a new second factor holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def digest_of(cookie: str) -> str:
    """How a session is named in the store."""
    return hashlib.sha256(f"session:{cookie}".encode()).hexdigest()


def _step_of(secret: str | None, code: str, now: int) -> int | None:
    """The time step whose code it is; one step early or late is allowed."""
    digits = "".join(c for c in code.translate(_WIDE) if c.isdecimal())
    if secret is None or len(digits) != 6:
        return None
    totp, current = pyotp.TOTP(secret), now // 1000 // _STEP_SECONDS
    steps = (current, current - 1, current + 1)
    return next((s for s in steps if secrets.compare_digest(totp.generate_otp(s), digits)), None)


_WIDE = {ord("０") + n: str(n) for n in range(10)}


@cache
def _nobody() -> str:
    """A hash nobody has the password of: an unknown name takes as long as a wrong password."""
    return passwords.hashed(secrets.token_urlsafe(16))
