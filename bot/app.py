"""The one place that wires settings, store, content, LINE and pages together."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from flask import Blueprint, Flask

from bot.answering_process import AnsweringProcess
from bot.config import Settings
from bot.console.create import Console
from bot.content.problems import errors
from bot.content.sudachi import SudachiTokenizer
from bot.core.ports import LineApi
from bot.line.render import render
from bot.services.apart import Desk
from bot.services.failures import describe
from bot.services.publishing import Publisher
from bot.services.readiness import Readiness
from bot.services.receiving import Receiver
from bot.services.vitals import Vitals
from bot.store import images
from bot.store.database import Database
from bot.web.health import health_blueprint
from bot.web.media import media_blueprint
from bot.web.metrics import Metrics, metrics_blueprint
from bot.web.requestid import add_request_ids
from bot.web.settings import create_settings
from bot.web.webhook import webhook_blueprint
from bot.wiring.account import (
    Base,
    Deliveries,
    View,
    deliveries_beside,
    housekeeping_of,
    load_publishers,
    open_base,
    preferences_of,
    receiver_of,
    replying_of,
    stop_all,
    view_of,
    whose_page,
)
from bot.wiring.pages import mount, pages_of, watching
from bot.wiring.worker import workers_seen
from bot.worker import Keeper, ReplyWorker

log = logging.getLogger(__name__)
EXTENSION = "madoguchi"
# An acknowledgement must not be held up by another thread for Python's usual 5 ms; more switches
# than this cost more than they bring, now that answers are decided elsewhere.
_SWITCH_SECONDS = 0.002

Clock = Callable[[], datetime]
Line = LineApi | Mapping[str, LineApi] | None


@dataclass(frozen=True)
class Running:
    """What `create_app` started; `close` ends it in order, finishing what is in hand."""

    db: Database
    publisher: Publisher  # of the first account
    worker: ReplyWorker | None
    answering: AnsweringProcess | None  # asked by the worker
    keeper: Keeper | None
    deliveries: Deliveries | None
    publishers: tuple[Publisher, ...]
    consoles: tuple[Console, ...]  # one of each content folder: it watches the versions

    def close(self) -> None:
        """Stop answering, stop watching, let go of the database."""
        for running in (self.worker, self.deliveries, self.keeper, *self.consoles):
            if running is not None:
                running.stop()
        if self.answering is not None:
            self.answering.close()
        stop_all(self.publishers)
        self.db.close()


def create_app(
    settings: Settings | Sequence[Settings],
    *,
    line: Line = None,
    clock: Clock | None = None,
    apart: bool = False,
) -> Flask:
    """The whole application, its threads running. Raises MadoguchiError with a Japanese reason.

    `settings` of one account or of each of several; chat and console of each are under its id,
    those of the first also without it. `line` (of all, or by account) and `clock` replace LINE's API and the
    time in tests. `apart`: answers are decided by a process of their own. The running parts are in `app.extensions["madoguchi"]`; close them before the
    process ends.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    every = (settings,) if isinstance(settings, Settings) else tuple(settings)
    settings = every[0]
    base = open_base(settings, clock)
    db, now = base.db, base.now
    tokenizer = SudachiTokenizer()  # one dictionary for the process: each maps 200 MiB
    try:
        publishers = load_publishers(every, base, tokenizer)
    except BaseException:
        db.close()
        raise
    tokenizer.give_back()
    publisher = publishers[settings.madoguchi_content_dir]
    views = {each.account: view_of(each, publishers) for each in every}
    answering = None
    if apart and _answers(every, base):
        answering = _answering(every, base, views, publishers)  # a fork: before the threads
    for each in publishers.values():
        each.watch()
    metrics = Metrics()
    worker = _worker(every, base, views, line, metrics, answering)
    answers = any(each.has_line for each in every)
    readiness = _readiness(base, publishers.values(), worker, answers=answers)
    metrics.look_at(Vitals(db, readiness, now, lambda: _content_errors(publishers.values())))
    app = Flask(__name__, static_folder=None)
    add_request_ids(app)
    metrics.watch(app)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.register_blueprint(webhook_blueprint(_receivers(every, base, worker)))
    app.register_blueprint(health_blueprint(readiness))
    token = settings.madoguchi_metrics_token.get_secret_value()
    app.register_blueprint(metrics_blueprint(metrics, token))
    pages = {
        each.account: pages_of(each, every, base, views, publishers, tokenizer) for each in every
    }
    pages[settings.account].register(app)
    if settings.madoguchi_public_url:  # without an address nobody can be sent a link
        app.register_blueprint(_settings_pages(every, base, views))
    app.register_blueprint(media_blueprint(partial(_image, db)))
    deliveries = None
    if settings.madoguchi_worker == "embedded" and line is None:
        deliveries = deliveries_beside(every, base, publishers)
    # Without a worker of its own the web still keeps its promises of deleting.
    keeper = None if worker else Keeper(housekeeping_of(every, base))
    mount(app, [each for each in every if each.madoguchi_account], pages, metrics)
    consoles = watching(every, pages)
    app.extensions[EXTENSION] = Running(
        db, publisher, worker, answering, keeper, deliveries, tuple(publishers.values()), consoles
    )
    for running in (worker, deliveries, keeper, *consoles):
        if running is not None:
            running.start()
    return app


def _settings_pages(every: Sequence[Settings], base: Base, views: Mapping[str, View]) -> Blueprint:
    preferences = preferences_of(every[0], base)
    return create_settings(
        preferences,
        whose_page(preferences, views, every[0].account),
        secure=not every[0].madoguchi_public_url.startswith("http:"),  # this machine alone
    )


def _image(db: Database, digest: str) -> bytes | None:
    with db.read() as connection:
        return images.read(connection, digest)


def _content_errors(publishers: Iterable[Publisher]) -> int:
    return sum(len(errors(publisher.problems)) for publisher in publishers)


def _receivers(
    every: Sequence[Settings], base: Base, worker: ReplyWorker | None
) -> dict[str, Receiver]:
    """The door of each account that is connected to LINE."""
    if not any(each.has_line for each in every):
        log.warning(
            "LINEの設定がないため、Webチャットだけで動きます。"
            "LINEにつなぐには LINE_CHANNEL_SECRET と LINE_CHANNEL_ACCESS_TOKEN を設定してください。"
        )
    wake = worker.wake if worker else lambda account: None
    return {each.account: receiver_of(each, base, wake) for each in every if each.has_line}


def _embedded(settings: Settings, base: Base) -> bool:
    """Whether replies are this process's work: a SQLite file has no other that could."""
    return settings.madoguchi_worker == "embedded" or not base.on_server


def _answers(every: Sequence[Settings], base: Base) -> bool:
    """Whether this process answers somebody on LINE."""
    return any(each.has_line for each in every) and _embedded(every[0], base)


def _answering(
    every: Sequence[Settings],
    base: Base,
    views: Mapping[str, View],
    publishers: Mapping[Path, Publisher],
) -> AnsweringProcess | None:
    accounts = {e.account: (views[e.account], preferences_of(e, base).resident) for e in every}
    try:
        return AnsweringProcess(Desk(accounts, render), publishers)
    except OSError as error:
        log.error("no process for answering", extra={"error": describe(error)})
        return None


def _worker(
    every: Sequence[Settings],
    base: Base,
    views: Mapping[str, View],
    line: Line,
    metrics: Metrics,
    answering: AnsweringProcess | None,
) -> ReplyWorker | None:
    """The embedded worker; None where LINE is not connected or the worker runs elsewhere."""
    if not _answers(every, base):
        return None
    connected = [each for each in every if each.has_line]
    ask = answering.ask if answering else None
    replying = [
        replying_of(
            each,
            base,
            views[each.account],
            metrics.answered,
            metrics.replied,
            line.get(each.account) if isinstance(line, Mapping) else line,
            ask,
        )
        for each in connected
    ]
    return ReplyWorker(*replying, housekeeping=housekeeping_of(every, base))


def _alive(base: Base, worker: ReplyWorker | None, answers: bool) -> Callable[[], bool] | None:
    """Whether replies are being worked on, here or by a process of their own."""
    if worker is not None:
        return worker.alive
    return partial(workers_seen, base) if answers and base.on_server else None


def _readiness(
    base: Base, publishers: Iterable[Publisher], worker: ReplyWorker | None, *, answers: bool
) -> Readiness:
    return Readiness(
        base.db,
        base.now,
        lambda: all(publisher.current() for publisher in publishers),
        _alive(base, worker, answers),
    )
