"""Wires each account's chat and console, and puts them under the account's own address."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from bot.config import Settings
from bot.console.options import ConsoleOptions
from bot.content.problems import errors
from bot.core.knowledge import Content
from bot.core.reactions import Reaction
from bot.core.tokens import Tokenize
from bot.core.view import CityView
from bot.services.answering import JAPAN, Spoken
from bot.services.library import Library
from bot.services.publishing import Publisher
from bot.services.saving import Saving
from bot.store import conversations, questions, reactions
from bot.store.database import Database
from bot.store.questions import Question
from bot.store.tables import MAIN_ACCOUNT
from bot.web.chat import COOKIE, create_chat
from bot.web.metrics import Metrics
from bot.wiring.account import Base
from bot.wiring.application import application
from bot.wiring.content import View, owner_of
from bot.wiring.staff import Office, Staff, open_staff

Clock = Callable[[], datetime]
MOUNTED = "madoguchi_mounted"


@dataclass(frozen=True)
class Pages:
    """One account's pages. `chat` makes the blueprint anew for each application.

    `saving` keeps the versions of the content that the console shows.
    """

    chat: Callable[[], Blueprint]
    staff: Staff
    saving: Saving

    def register(self, app: Flask) -> None:
        """Serve /chat and /staff/ from `app`."""
        app.register_blueprint(self.chat())
        open_staff(app, self.staff)


def pages_of(
    settings: Settings,
    every: Sequence[Settings],
    base: Base,
    views: Mapping[str, View],
    publishers: Mapping[Path, Publisher],
    tokenizer: Tokenize,
    metrics: Metrics,
) -> Pages:
    """The account's chat and console; nothing runs yet. Content and tokenizer are shared.

    Raises SettingsError where the console's own settings are wrong.
    """
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

    saving = _saving(settings, every, base, publisher)
    options = ConsoleOptions.from_env()
    office = Office(settings, every, base, publisher, tokenizer, saving, options)
    return Pages(chat, Staff(partial(_staff_pages, office, chat, metrics)), saving)


def _saving(
    settings: Settings, every: Sequence[Settings], base: Base, publisher: Publisher
) -> Saving:
    return Saving(
        base.db,
        settings.madoguchi_content_dir,
        base.now,
        publisher.load,
        lambda: not errors(publisher.problems),
        owner_of(settings, every),
        settings.account,
    )


def _staff_pages(office: Office, chat: Callable[[], Blueprint], metrics: Metrics) -> Flask:
    from bot.wiring.console import blueprint_of  # heavy and rarely needed: `bot.wiring.staff`

    app = application(metrics)
    app.register_blueprint(chat())  # the pages use its style sheet and bubbles
    app.register_blueprint(blueprint_of(office))
    return app


def mount(
    app: Flask, listed: Iterable[Settings], pages: Mapping[str, Pages], metrics: Metrics
) -> None:
    """Serve the pages of every listed account under its id, each by an application of its own."""
    mounts = {}
    for each in listed:
        own = application(metrics)
        pages[each.account].register(own)
        mounts[f"/{each.account}"] = own
    if mounts:
        app.extensions[MOUNTED] = mounts
        apps: dict[str, Any] = {path: own.wsgi_app for path, own in mounts.items()}
        app.wsgi_app = DispatcherMiddleware(app.wsgi_app, apps)  # type: ignore[method-assign]


def watching(every: Sequence[Settings], pages: Mapping[str, Pages]) -> tuple[Saving, ...]:
    """Those that watch the content's versions: one of each folder."""
    first: dict[Path, Saving] = {}
    for each in every:
        first.setdefault(each.madoguchi_content_dir, pages[each.account].saving)
    return tuple(first.values())


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
