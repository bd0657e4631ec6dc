"""The one place that wires settings, store, content, LINE and pages together."""

from __future__ import annotations

import logging
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, Flask

from bot.config import Settings
from bot.console.create import Console, Content, create_console
from bot.console.options import ConsoleOptions
from bot.content.indexcache import IndexCache
from bot.content.problems import errors
from bot.content.sudachi import SudachiTokenizer
from bot.core import guard
from bot.core.ports import LineApi
from bot.line.client import LineClient
from bot.line.events import parse_body, parse_event
from bot.line.render import render
from bot.line.scrub import scrub_event
from bot.line.signature import verify
from bot.services.answering import JAPAN, Answering, Spoken
from bot.services.library import Terms
from bot.services.observing import CountedAnswers, CountedLine, TracedReplying, with_request_id
from bot.services.preferences import Preferences
from bot.services.publishing import Publisher
from bot.services.readiness import Readiness
from bot.services.receiving import Receiver
from bot.services.retention import Housekeeping
from bot.services.vitals import Vitals
from bot.store import conversations, questions, versions
from bot.store.database import Database, open_database
from bot.store.migrate import migrate
from bot.store.questions import Question
from bot.web.chat import create_chat
from bot.web.health import health_blueprint
from bot.web.metrics import Metrics, metrics_blueprint
from bot.web.requestid import add_request_ids
from bot.web.settings import create_settings
from bot.web.webhook import webhook_blueprint
from bot.worker import Keeper, ReplyWorker

log = logging.getLogger(__name__)
EXTENSION = "madoguchi"
# A reply in one thread must not hold up an acknowledgement in another for Python's usual 5 ms.
_SWITCH_SECONDS = 0.0005

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Running:
    """What `create_app` started; `close` ends it in order, finishing what is in hand."""

    db: Database
    publisher: Publisher
    worker: ReplyWorker | None
    keeper: Keeper | None
    console: Console

    def close(self) -> None:
        """Stop answering, stop watching, let go of the database."""
        for running in (self.worker, self.keeper, self.console):
            if running is not None:
                running.stop()
        self.publisher.stop()
        self.db.close()


def create_app(
    settings: Settings, *, line: LineApi | None = None, clock: Clock | None = None
) -> Flask:
    """The whole application, its threads running. Raises MadoguchiError with a Japanese reason.

    `line` and `clock` replace LINE's API and the time in tests. The running parts are in
    `app.extensions["madoguchi"]`; close them before the process ends.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    now = clock or (lambda: datetime.now(UTC))
    db = open_database(settings.madoguchi_database_url)
    try:
        migrate(db)
        publisher = _publisher(settings, db, now)
        publisher.load()
    except BaseException:
        db.close()
        raise
    publisher.watch()
    metrics = Metrics()
    worker = _worker(settings, db, publisher, line, now, metrics)
    readiness = _readiness(db, publisher, worker, now)
    metrics.look_at(Vitals(db, readiness, now, lambda: len(errors(publisher.problems))))
    app = Flask(__name__, static_folder=None)
    add_request_ids(app)
    metrics.watch(app)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.register_blueprint(webhook_blueprint(_receiver(settings, db, worker, now)))
    app.register_blueprint(health_blueprint(readiness))
    token = settings.madoguchi_metrics_token.get_secret_value()
    app.register_blueprint(metrics_blueprint(metrics, token))
    app.register_blueprint(
        create_chat(
            publisher.current,
            default_city=settings.city,
            demo=settings.madoguchi_demo,
            conversations=_WebConversations(db, now),
            clock=now,
        )
    )
    if settings.madoguchi_public_url:  # without an address nobody can be sent a link
        app.register_blueprint(_settings_pages(settings, db, publisher, now))
    # Without a worker of its own the web still keeps its promises of deleting.
    keeper = None if worker else Keeper(_housekeeping(settings, db, now))
    console = _console(settings, db, publisher, now)
    app.register_blueprint(console.blueprint)
    app.extensions[EXTENSION] = Running(db, publisher, worker, keeper, console)
    for running in (worker, keeper, console):
        if running is not None:
            running.start()
    return app


def _preferences(settings: Settings, db: Database, now: Clock) -> Preferences:
    return Preferences(db, now, settings.madoguchi_public_url)


def _settings_pages(
    settings: Settings, db: Database, publisher: Publisher, now: Clock
) -> Blueprint:
    return create_settings(
        _preferences(settings, db, now),
        lambda: publisher.current().view(settings.city),
        secure=not settings.madoguchi_public_url.startswith("http:"),  # this machine alone
    )


def _console(settings: Settings, db: Database, publisher: Publisher, now: Clock) -> Console:
    terms = Terms(settings.madoguchi_retention_days, settings.madoguchi_privacy_url)
    content = Content(
        settings.madoguchi_content_dir, publisher, SudachiTokenizer(), terms, settings.city
    )
    return create_console(db, now, content, ConsoleOptions.from_env())


def _housekeeping(settings: Settings, db: Database, now: Clock) -> Housekeeping:
    return Housekeeping(db, now, settings.madoguchi_retention_days)


def _publisher(settings: Settings, db: Database, now: Clock) -> Publisher:
    terms = Terms(settings.madoguchi_retention_days, settings.madoguchi_privacy_url)
    directory = settings.madoguchi_content_dir
    return Publisher(
        directory,
        SudachiTokenizer(),
        terms,
        now,
        versions=_Versions(db),
        cities=(settings.city,),
        saved=IndexCache(settings.madoguchi_cache_dir),
    )


def _worker(
    settings: Settings,
    db: Database,
    publisher: Publisher,
    line: LineApi | None,
    now: Clock,
    metrics: Metrics,
) -> ReplyWorker | None:
    """The embedded worker; None where LINE is not connected or the worker runs elsewhere."""
    if not settings.has_line or settings.madoguchi_worker != "embedded":
        return None
    resident = _preferences(settings, db, now).resident
    answering = Answering(lambda: publisher.current().view(settings.city), render, resident)
    replying = TracedReplying(
        db,
        CountedAnswers(answering, metrics.answered),
        CountedLine(line or _line_client(settings), metrics.replied),
        parse_event,
        now,
    )
    return ReplyWorker(replying, housekeeping=_housekeeping(settings, db, now))


def _line_client(settings: Settings) -> LineClient:
    client = LineClient(
        settings.line_channel_access_token.get_secret_value(),
        api_base=settings.line_api_base,
        data_api_base=settings.line_data_api_base,
    )
    client.prepare()
    return client


def _receiver(
    settings: Settings, db: Database, worker: ReplyWorker | None, now: Clock
) -> Receiver | None:
    if not settings.has_line:
        log.warning(
            "LINEの設定がないため、Webチャットだけで動きます。"
            "LINEにつなぐには LINE_CHANNEL_SECRET と LINE_CHANNEL_ACCESS_TOKEN を設定してください。"
        )
        return None
    return Receiver(
        db,
        verify=partial(verify, settings.line_channel_secret.get_secret_value()),
        parse_body=parse_body,
        parse_event=parse_event,
        scrub=lambda raw: with_request_id(scrub_event(raw, lambda text: guard.mask(text).text)),
        wake=worker.wake if worker else lambda: None,
        clock=now,
    )


def _readiness(
    db: Database, publisher: Publisher, worker: ReplyWorker | None, now: Clock
) -> Readiness:
    return Readiness(db, now, lambda: bool(publisher.current()), worker.alive if worker else None)


class _Versions:
    """Good content versions in the database (`bot.services.publishing.Versions`)."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def save(self, version: str, files: Mapping[str, str], now: datetime) -> None:
        moment = int(now.timestamp() * 1000)
        self._db.write(lambda c: versions.save_version(c, version, files, moment, good=True))

    def last_good(self) -> dict[str, str] | None:
        with self._db.read() as connection:
            found = versions.last_good(connection)
        return dict(found.files) if found else None


class _WebConversations:
    """The web chat's conversations, beside LINE's in the same table and as short-lived."""

    def __init__(self, db: Database, now: Clock) -> None:
        self._db = db
        self._now = now

    def load(self, key: str) -> str | None:
        with self._db.read() as connection:
            return conversations.load(connection, f"web:{key}", self._moment())

    def save(self, key: str, state: str) -> None:
        moment = self._moment()
        self._db.write(lambda c: conversations.save(c, f"web:{key}", state, moment))

    def erase(self, key: str) -> None:
        moment = self._moment()
        self._db.write(lambda c: conversations.save(c, f"web:{key}", None, moment))

    def keep_question(self, spoken: Spoken) -> str:
        day = self._now().astimezone(JAPAN).date().isoformat()
        ids = tuple(candidate.id for candidate in spoken.turn.candidates)
        asked = Question(uuid.uuid4().hex, day, spoken.text, spoken.turn.decision, ids)
        self._db.write(lambda c: questions.add(c, [asked]))
        return asked.id

    def forget_questions(self, ids: Sequence[str]) -> None:
        self._db.write(lambda c: questions.forget(c, ids))

    def _moment(self) -> int:
        return int(self._now().timestamp() * 1000)
