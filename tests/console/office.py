"""A town's office: real content files, database, publisher, chat and console; a clock that stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pyotp
from flask import Flask
from flask.testing import FlaskClient

from bot.config import REPOSITORY, Settings
from bot.console.create import Content, create_console
from bot.console.notices import Notices
from bot.console.options import ConsoleOptions
from bot.content.sudachi import SudachiTokenizer
from bot.services import passwords
from bot.services.delivery import Delivery, Settled
from bot.services.library import Terms
from bot.services.publishing import Publisher
from bot.services.starting import Starting
from bot.store import images, sessions, staff
from bot.store.database import Database, open_database
from bot.store.migrate import migrate
from bot.store.staff import Role
from bot.web.chat import create_chat
from bot.web.media import media_blueprint
from bot.wiring.announce import build
from bot.wiring.console import notices_of
from tests import builders
from tests.services.announcing import FAST, Line, bystanders, catalog, people
from tests.web.town import Memory

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)  # noon in Japan
PASSWORD = "みかん-たんす-98-雲の上"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
_TOKEN = re.compile(r'name="csrf" value="([0-9a-f]{64})"')


@cache
def tokenizer() -> SudachiTokenizer:
    """Loaded once for all offices."""
    return SudachiTokenizer()


@cache
def kept_password() -> str:
    """Hashed once for all people."""
    return passwords.hashed(PASSWORD)


class Clock:
    """Stands still until moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


class Office:
    """The application as the town's staff use it."""

    def __init__(self, directory: Path, *, real_time: bool = False, **options: str) -> None:
        self.clock = Clock()
        now = (lambda: datetime.now(UTC)) if real_time else self.clock
        self.now = now
        self.content = builders.write(directory / "content", builders.content())
        self.db = open_database(f"sqlite:///{directory}/office.db", exclusive=False)
        migrate(self.db)
        self.publisher = Publisher(self.content, tokenizer(), Terms(), now, None, ("minato",))
        self.publisher.load()
        self.app = Flask("office", static_folder=None)
        self.app.testing = True
        chat = create_chat(self.publisher.current, "minato", False, Memory(now), now)
        self.app.register_blueprint(chat)
        self.app.register_blueprint(media_blueprint(self._image))
        content = Content(
            self.content, self.publisher, tokenizer(), Terms(), "minato", "https://line.example.jp"
        )
        self.line = Line()
        self.notices = _notices(self.db, self.line, now)
        self.console = create_console(
            self.db, now, content, self.notices, ConsoleOptions.from_env(options)
        )
        self.app.register_blueprint(self.console.blueprint)
        self.console.saving.look()

    def _image(self, digest: str) -> bytes | None:
        with self.db.read() as connection:
            return images.read(connection, digest)

    def close(self) -> None:
        self.console.saving.stop()
        self.publisher.stop()
        self.db.close()

    def person(self, name: str, role: Role, sections: tuple[str, ...] = ()) -> None:
        """Someone with the password above, and a second factor where the role needs one."""
        moment = int(self.now().timestamp() * 1000)

        def keep(connection: Any) -> None:
            assert staff.add(connection, name, kept_password(), role, sections, moment)
            found = staff.find(connection, name)
            if found is not None and role in staff.NEED_SECOND_FACTOR:
                staff.change(connection, found.person.id, totp_secret=SECRET)

        self.db.write(keep)

    def code(self, secret: str = SECRET) -> str:
        """What the authenticator shows now."""
        return pyotp.TOTP(secret).at(self.now())

    def signed_in(self, role: Role = Role.ADMIN, sections: tuple[str, ...] = ()) -> Desk:
        """A browser of someone new with that role, already signed in."""
        name = f"{role.value}{len(self.names())}"
        self.person(name, role, sections)
        desk = Desk(self)
        desk.sign_in(name)
        return desk

    def residents(self) -> None:
        """Six who chose スマホ教室, six in 南大沢, six whom nothing concerns."""
        bystanders(self.db)
        people(self.db, 6)
        people(self.db, 6, topics=frozenset({"facility"}), district="南大沢")

    def deliver(self) -> None:
        """What the worker does with what is due, until nothing is left to do."""
        starting = Starting(self.db, self.line, self.notices.announcing.freeze)
        delivery = Delivery(self.db, self.line, FAST)
        while starting.start_due():
            pass
        settled: list[Settled] = []
        for _ in range(50):
            work = delivery.turn(settled, 8)
            settled = [delivery.send(each) for each in work.outgoing]
        delivery.turn(settled, 0)

    def names(self) -> list[str]:
        with self.db.read() as connection:
            return [person.name for person in staff.everyone(connection)]

    def sessions_of(self, name: str) -> int:
        with self.db.read() as connection:
            found = staff.find(connection, name)
            assert found is not None
            return sessions.count(connection, found.person.id)


def _notices(db: Database, line: Line, now: Callable[[], datetime]) -> Notices:
    """The announcements of 八王子市, whose segments are shipped; no link is opened."""
    settings = Settings(madoguchi_city="hachioji", madoguchi_content_dir=REPOSITORY)
    parts = build(settings, db, catalog, line, now)
    return replace(notices_of(parts, line), reach=lambda: lambda url: True)


class Desk:
    """One browser: keeps its cookie, and sends the token of the page it last read."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.client: FlaskClient = office.app.test_client()
        self.name = ""

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def read(self, path: str) -> str:
        """The page's HTML; it must be there."""
        response = self.client.get(path)
        assert response.status_code == 200, (path, response.status_code, response.text[:500])
        return str(response.text)

    def token(self) -> str:
        found = _TOKEN.search(self.client.get("/staff/login").text)
        found = found or _TOKEN.search(self.client.get("/staff/account/").text)
        found = found or _TOKEN.search(self.client.get("/staff/code").text)
        assert found is not None
        return found[1]

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
        """Send a form with the browser's own token."""
        return self.client.post(path, data={"csrf": self.token(), **(data or {})}, **more)

    def sign_in(self, name: str) -> None:
        self.name = name
        answer = self.post("/staff/login", {"name": name, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        if answer.location.startswith("/staff/code"):
            answer = self.post("/staff/code", {"code": self.office.code()})
            assert answer.status_code == 303, answer.text
