"""The one place that wires settings, store, content, LINE and pages together."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from flask import Blueprint, Flask

from bot.answering_process import AnsweringProcess
from bot.config import Settings
from bot.content.problems import errors
from bot.content.sudachi import SudachiTokenizer
from bot.core.ports import LineApi
from bot.services.keeping import Keeper
from bot.services.publishing import Publisher
from bot.services.readiness import Readiness
from bot.services.receiving import Receiver
from bot.services.saving import Saving
from bot.services.vitals import Vitals
from bot.store import images
from bot.store.database import Database
from bot.web.health import health_blueprint
from bot.web.media import media_blueprint
from bot.web.metrics import Metrics, metrics_blueprint
from bot.web.settings import create_settings
from bot.web.webhook import webhook_blueprint
from bot.wiring.account import (
    Base,
    Deliveries,
    Kept,
    deliveries_beside,
    housekeeping_of,
    load_publishers,
    open_base,
    preferences_of,
    receiver_of,
    replying_of,
    stop_all,
    whose_page,
)
from bot.wiring.application import application
from bot.wiring.beginning import Beginning, answering_beside
from bot.wiring.content import View, load_each, owner_of, view_of
from bot.wiring.pages import mount, pages_of, watching
from bot.wiring.worker import workers_seen
from bot.worker import ReplyWorker

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
    savings: tuple[Saving, ...]  # one of each content folder: it keeps the versions
    tokenizer: SudachiTokenizer

    def start(self) -> None:
        """Begin to answer, to deliver, to keep house."""
        for part in (self.worker, self.deliveries, self.keeper):
            if part is not None:
                part.start()
        for saving in self.savings:
            saving.watch()

    def close(self) -> None:
        """Stop answering, stop watching, let go of the database."""
        for part in (self.worker, self.deliveries, self.keeper, *self.savings):
            if part is not None:
                part.stop()
        if self.answering is not None:
            self.answering.close()
        stop_all(self.publishers)
        self.db.close()


@dataclass(frozen=True)
class _Ground:
    """What every part of the application stands on."""

    every: tuple[Settings, ...]
    base: Base
    publishers: Mapping[Path, Publisher]
    views: Mapping[str, View]
    tokenizer: SudachiTokenizer

    @property
    def connected(self) -> list[Settings]:
        """The accounts that have LINE."""
        return [each for each in self.every if each.has_line]

    @property
    def answers(self) -> bool:
        """Whether replies are this process's work: a SQLite file has no other that could."""
        embedded = self.every[0].madoguchi_worker == "embedded" or not self.base.on_server
        return bool(self.connected) and embedded


def create_app(
    settings: Settings | Sequence[Settings],
    *,
    line: Line = None,
    clock: Clock | None = None,
    apart: bool = False,
    begun: Beginning | None = None,
) -> Flask:
    """The whole application, its threads running. Raises MadoguchiError with a Japanese reason.

    `settings` of one account or of each of several; chat and console of each are under its id,
    those of the first also without it. `line` (of all, or by account) and `clock` replace LINE's
    API and the time in tests. `apart`: answers are decided by a process of their own. `begun`: this
    much is done already, and the process too. The running parts are in
    `app.extensions["madoguchi"]`; close them before the process ends.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    every = (settings,) if isinstance(settings, Settings) else tuple(settings)
    ground = _ground(every, clock, begun)
    base, publishers = ground.base, ground.publishers
    answering = begun.answering if begun else None
    if apart and ground.answers and not (begun and begun.loaded):  # before the threads
        answering = answering_beside(ground.connected, ground.views, publishers, ground.tokenizer)
    for each in publishers.values():
        each.watch()
    metrics = Metrics()
    worker = _worker(ground, line, metrics, answering)
    app, savings = _flask(ground, worker, metrics, answering)
    deliveries = None
    if every[0].madoguchi_worker == "embedded" and line is None:
        deliveries = deliveries_beside(every, base, publishers)
    app.extensions[EXTENSION] = running = Running(
        base.db,
        publishers[every[0].madoguchi_content_dir],
        worker,
        answering,
        # Without a worker of its own the web still keeps its promises of deleting.
        None if worker else Keeper(*housekeeping_of(every, base)),
        deliveries,
        tuple(publishers.values()),
        savings,
        ground.tokenizer,
    )
    running.start()
    return app


def _ground(every: tuple[Settings, ...], clock: Clock | None, begun: Beginning | None) -> _Ground:
    base = open_base(every[0], clock)
    # One dictionary for the process: each maps 200 MiB.
    tokenizer = begun.tokenizer if begun else SudachiTokenizer()
    try:
        if begun is None:
            publishers: Mapping[Path, Publisher] = load_publishers(every, base, tokenizer)
        else:
            publishers = begun.publishers
            _keep_versions(every, base, publishers)
            if not begun.loaded:
                load_each(publishers)
    except BaseException:
        base.db.close()
        raise
    views = {each.account: view_of(each, publishers) for each in every}
    return _Ground(every, base, publishers, views, tokenizer)


def _keep_versions(
    every: tuple[Settings, ...], base: Base, publishers: Mapping[Path, Publisher]
) -> None:
    owners = {each.madoguchi_content_dir: owner_of(each, every) for each in every}
    for folder, publisher in publishers.items():
        publisher.keep_in(Kept(base.db, owners[folder]), base.now)


def _flask(
    ground: _Ground,
    worker: ReplyWorker | None,
    metrics: Metrics,
    answering: AnsweringProcess | None,
) -> tuple[Flask, tuple[Saving, ...]]:
    """Every address that answers, and what keeps the versions of the content."""
    every, base, publishers = ground.every, ground.base, ground.publishers
    settings = every[0]
    receivers = _receivers(ground, worker)
    readiness = _readiness(ground, worker, answering, receivers.values())
    metrics.look_at(Vitals(base.db, readiness, base.now, readiness.content_errors))
    app = application(metrics)
    app.register_blueprint(webhook_blueprint(receivers))
    app.register_blueprint(health_blueprint(readiness))
    token = settings.madoguchi_metrics_token.get_secret_value()
    app.register_blueprint(metrics_blueprint(metrics, token))
    pages = {
        each.account: pages_of(
            each, every, base, ground.views, publishers, ground.tokenizer, metrics
        )
        for each in every
    }
    pages[settings.account].register(app)
    if settings.madoguchi_public_url:  # without an address nobody can be sent a link
        app.register_blueprint(_settings_pages(ground))
    app.register_blueprint(media_blueprint(partial(_image, base.db)))
    mount(app, [each for each in every if each.madoguchi_account], pages, metrics)
    return app, watching(every, pages)


def _settings_pages(ground: _Ground) -> Blueprint:
    settings = ground.every[0]
    preferences = preferences_of(settings, ground.base)
    return create_settings(
        preferences,
        whose_page(preferences, ground.views, settings.account),
        secure=not settings.madoguchi_public_url.startswith("http:"),  # this machine alone
    )


def _image(db: Database, digest: str) -> bytes | None:
    with db.read() as connection:
        return images.read(connection, digest)


def _errors(publishers: Iterable[Publisher]) -> int:
    return sum(len(errors(publisher.problems)) for publisher in publishers)


def _receivers(ground: _Ground, worker: ReplyWorker | None) -> dict[str, Receiver]:
    """The door of each account that is connected to LINE."""
    if not ground.connected:
        log.warning(
            "LINEの設定がないため、Webチャットだけで動きます。"
            "LINEにつなぐには LINE_CHANNEL_SECRET と LINE_CHANNEL_ACCESS_TOKEN を設定してください。"
        )
    wake = worker.wake if worker else lambda account: None
    return {
        each.account: receiver_of(each, ground.base, wake, partial(_has_content, ground, each))
        for each in ground.connected
    }


def _has_content(ground: _Ground, settings: Settings) -> bool:
    return ground.publishers[settings.madoguchi_content_dir].in_force is not None


def _without_content(ground: _Ground) -> list[str]:
    return [each.account for each in ground.every if not _has_content(ground, each)]


def _worker(
    ground: _Ground, line: Line, metrics: Metrics, answering: AnsweringProcess | None
) -> ReplyWorker | None:
    """The embedded worker; None where LINE is not connected or the worker runs elsewhere."""
    if not ground.answers:
        return None
    replying = [
        replying_of(
            each,
            ground.base,
            ground.views[each.account],
            metrics.answered,
            metrics.replied,
            line.get(each.account) if isinstance(line, Mapping) else line,
            answering.ask if answering else None,
        )
        for each in ground.connected
    ]
    return ReplyWorker(
        *replying,
        send=answering.send if answering else None,
        housekeeping=housekeeping_of(ground.every, ground.base),
    )


def _readiness(
    ground: _Ground,
    worker: ReplyWorker | None,
    answering: AnsweringProcess | None,
    receivers: Collection[Receiver],
) -> Readiness:
    return Readiness(
        ground.base.db,
        ground.base.now,
        lambda: any(publisher.in_force for publisher in ground.publishers.values()),
        _alive(ground, worker),
        lambda: _errors(ground.publishers.values()),
        lambda: answering is not None and answering.lost,
        partial(_without_content, ground),
        lambda: any(receiver.refusing() for receiver in receivers),
    )


def _alive(ground: _Ground, worker: ReplyWorker | None) -> Callable[[], bool] | None:
    """Whether replies are being worked on, here or by a process of their own."""
    if worker is not None:
        return worker.alive
    elsewhere = ground.connected and ground.base.on_server
    return partial(workers_seen, ground.base) if elsewhere else None
