"""Wires each account's chat and console, and puts them under the account's own address."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from bot.config import Settings
from bot.console.create import Console, create_console
from bot.console.create import Content as Worked
from bot.console.notices import Notices
from bot.console.options import ConsoleOptions
from bot.core.knowledge import Content
from bot.core.reactions import Reaction
from bot.core.tokens import Tokenize
from bot.core.view import CityView
from bot.services.answering import JAPAN, Spoken
from bot.services.library import Library, Terms
from bot.services.publishing import Publisher
from bot.store import conversations, questions, reactions
from bot.store.database import Database
from bot.store.questions import Question
from bot.store.tables import MAIN_ACCOUNT
from bot.web.chat import COOKIE, create_chat
from bot.web.metrics import Metrics
from bot.web.requestid import add_request_ids
from bot.wiring.account import Base
from bot.wiring.announce import build, line_client
from bot.wiring.content import View, owner_of, sharing

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Pages:
    """One account's pages. `chat` makes the blueprint anew for each application."""

    chat: Callable[[], Blueprint]
    console: Console

    def register(self, app: Flask) -> None:
        """Serve /chat and /staff/ from `app`."""
        app.register_blueprint(self.chat())
        app.register_blueprint(self.console.blueprint)


def pages_of(
    settings: Settings,
    every: Sequence[Settings],
    base: Base,
    views: Mapping[str, View],
    publishers: Mapping[Path, Publisher],
    tokenizer: Tokenize,
) -> Pages:
    """The account's chat and console; nothing runs yet. Content and tokenizer are shared."""
    publisher = publishers[settings.madoguchi_content_dir]
    account, view = settings.account, views[settings.account]

    def chat() -> Blueprint:
        return create_chat(
            lambda: _Own(publisher.current(), settings.city, view),
            default_city=settings.city,
            demo=settings.madoguchi_demo,
            conversations=_WebConversations(base.db, base.now, account),
            clock=base.now,
            cookie=COOKIE if account == MAIN_ACCOUNT else f"{COOKIE}_{account}",
        )

    return Pages(chat, _console(settings, every, base, publisher, tokenizer))


def mount(
    app: Flask, listed: Iterable[Settings], pages: Mapping[str, Pages], metrics: Metrics
) -> None:
    """Serve the pages of every listed account under its id, each by an application of its own."""
    mounts = {}
    for each in listed:
        own = Flask(__name__, static_folder=None)
        add_request_ids(own)
        metrics.watch(own)
        own.json.ensure_ascii = False  # type: ignore[attr-defined]
        pages[each.account].register(own)
        mounts[f"/{each.account}"] = own
    if mounts:
        app.extensions[MOUNTED] = mounts
        apps: dict[str, Any] = {path: own.wsgi_app for path, own in mounts.items()}
        app.wsgi_app = DispatcherMiddleware(app.wsgi_app, apps)  # type: ignore[method-assign]


MOUNTED = "madoguchi_mounted"


def watching(every: Sequence[Settings], pages: Mapping[str, Pages]) -> tuple[Console, ...]:
    """The consoles that watch the content's versions: one of each folder."""
    first: dict[Path, Console] = {}
    for each in every:
        first.setdefault(each.madoguchi_content_dir, pages[each.account].console)
    return tuple(first.values())


def _console(
    settings: Settings,
    every: Sequence[Settings],
    base: Base,
    publisher: Publisher,
    tokenizer: Tokenize,
) -> Console:
    alike = sharing(settings, every)
    worked = Worked(
        settings.madoguchi_content_dir,
        publisher,
        tokenizer,
        Terms(settings.madoguchi_retention_days, settings.madoguchi_privacy_url),
        settings.city,
        settings.madoguchi_public_url.rstrip("/"),
        settings.account,
        owner_of(settings, every),
        {each.account: each.city for each in alike if each.account != settings.account},
    )
    notices = _notices(settings, base.db, publisher, base.now)
    return create_console(base.db, base.now, worked, notices, ConsoleOptions.from_env())


def _notices(settings: Settings, db: Database, publisher: Publisher, now: Clock) -> Notices:
    client = line_client(settings) if settings.has_line else None
    parts = build(settings, db, lambda: publisher.current().catalog, client, now)
    return Notices(
        parts.announcing,
        parts.reporting,
        parts.previewing,
        parts.trials,
        parts.templating,
        parts.feeding,
        client,
    )


@dataclass(frozen=True)
class _Own:
    """The content with the account's own privacy page in its city's view."""

    library: Library
    city: str
    own: View

    @property
    def content(self) -> Content:
        """Everything that was loaded."""
        return self.library.content

    @property
    def city_ids(self) -> tuple[str, ...]:
        """The cities that the content has a profile of."""
        return self.library.city_ids

    def view(self, city_id: str) -> CityView:
        """The city's side of the content."""
        return self.own() if city_id == self.city else self.library.view(city_id)


class _WebConversations:
    """The web chat's conversations, beside LINE's in the same table and as short-lived."""

    def __init__(self, db: Database, now: Clock, account: str) -> None:
        self._db = db
        self._now = now
        self._account = account

    def load(self, key: str) -> str | None:
        with self._db.read() as connection:
            return conversations.load(connection, f"web:{key}", self._moment(), self._account)

    def save(self, key: str, state: str) -> None:
        moment = self._moment()
        self._db.write(lambda c: conversations.save(c, f"web:{key}", state, moment, self._account))

    def erase(self, key: str) -> None:
        moment = self._moment()
        self._db.write(lambda c: conversations.save(c, f"web:{key}", None, moment, self._account))

    def keep_question(self, spoken: Spoken) -> str:
        day = self._now().astimezone(JAPAN).date().isoformat()
        ids = tuple(candidate.id for candidate in spoken.turn.candidates)
        asked = Question(
            uuid.uuid4().hex, day, spoken.text, spoken.turn.decision, ids, self._account
        )
        self._db.write(lambda c: questions.add(c, [asked]))
        return asked.id

    def keep_reaction(self, reaction: Reaction) -> None:
        day = self._now().astimezone(JAPAN).date().isoformat()
        made = reactions.of(uuid.uuid4().hex, day, reaction, self._account)
        self._db.write(lambda c: reactions.add(c, [made]))

    def forget_questions(self, ids: Sequence[str]) -> None:
        self._db.write(lambda c: questions.forget(c, ids))

    def _moment(self) -> int:
        return int(self._now().timestamp() * 1000)
