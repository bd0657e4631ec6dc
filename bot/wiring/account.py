"""Wires what each LINE account has of its own: its door, its answers, its announcements.

`serve` and `worker` build the same parts from the same settings; one account or many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from flask import request
from sqlalchemy import Connection

from bot.config import Settings
from bot.content.sudachi import SudachiTokenizer
from bot.core import guard
from bot.core.alarm import danger_by_wording
from bot.core.conversation import state_from_json
from bot.core.ports import Answerer, LineApi
from bot.core.replies import Reply, Text
from bot.core.text import forget
from bot.core.view import CityView
from bot.delivery_worker import DeliveryLock, DeliveryWorker
from bot.errors import StoreBusy
from bot.line.events import parse_body, parse_event
from bot.line.render import render
from bot.line.reply import ReplyClient
from bot.line.scrub import scrub_event
from bot.line.signature import verify
from bot.services.answering import Answering
from bot.services.apart import ApartAnswers, Ask
from bot.services.calming import Calming, Messages
from bot.services.erasures import Erasures
from bot.services.observing import CountedAnswers, CountedLine, TracedReplying
from bot.services.preferences import Preferences
from bot.services.publishing import Publisher, Versions
from bot.services.receiving import Receiver
from bot.services.replying import Replying
from bot.services.restoring import erasures_file
from bot.services.retention import Housekeeping
from bot.services.segment_history import SegmentHistory
from bot.services.tracing import with_request_id
from bot.store import versions
from bot.store.database import Database, open_database
from bot.store.migrate import migrate
from bot.store.sharedclock import SharedClock
from bot.web.settings import COOKIE
from bot.wiring.announce import build, catalog_of, delivery_worker, line_client
from bot.wiring.content import Clock, View, load_each, publishers_of

Count = Callable[[str], None]
_SENDERS_OF_MANY = 8  # threads of each account's delivery where there are several accounts


@dataclass(frozen=True)
class Base:
    """What all accounts of a process share. `moment` as in `Replying`.

    `on_server`: other processes may share the work (PostgreSQL).
    """

    db: Database
    now: Clock
    moment: Callable[[Connection], int] | None
    on_server: bool


def open_base(settings: Settings, clock: Clock | None = None, *, alone: bool = True) -> Base:
    """Open and migrate the database; `alone`: as the one owner of a SQLite file.

    `clock` replaces every clock in tests.
    """
    db = open_database(settings.madoguchi_database_url, exclusive=alone)
    try:
        migrate(db)
        if clock is None and settings.on_server:
            shared = SharedClock(db)
            return Base(db, shared, shared.read, on_server=True)
    except BaseException:
        db.close()
        raise
    now = clock or (lambda: datetime.now(UTC))
    return Base(db, now, None, settings.on_server)


def load_publishers(
    every: Sequence[Settings], base: Base, tokenizer: SudachiTokenizer | None = None
) -> dict[Path, Publisher]:
    """`bot.wiring.content.publishers_of`, loaded, their good versions kept in the store."""
    publishers = publishers_of(
        every, base.now, tokenizer or SudachiTokenizer(), partial(Kept, base.db)
    )
    load_each(publishers)
    return publishers


def preferences_of(settings: Settings, base: Base) -> Preferences:
    """What the account's residents set for themselves."""
    return Preferences(base.db, base.now, settings.madoguchi_public_url, settings.account)


def whose_page(preferences: Preferences, views: Mapping[str, View], first: str) -> View:
    """The city of the resident whose settings page is asked for; the first where nobody's is."""

    def view() -> CityView:
        key = (request.view_args or {}).get("token") or request.cookies.get(COOKIE, "")
        account = preferences.account_of(key) if len(views) > 1 else first
        return views.get(account, views[first])()

    return view


def receiver_of(
    settings: Settings,
    base: Base,
    wake: Callable[[str], None],
    ready: Callable[[], bool],
) -> Receiver:
    """The account's door: nothing signed with another account's secret comes in. `ready` as there."""
    return Receiver(
        base.db,
        verify=partial(verify, settings.line_channel_secret.get_secret_value()),
        parse_body=parse_body,
        parse_event=parse_event,
        scrub=lambda raw: with_request_id(scrub_event(raw, lambda text: guard.mask(text).text)),
        wake=partial(wake, settings.account),
        clock=base.now,
        moment=base.moment,
        account=settings.account,
        ready=ready,
    )


def replying_of(
    settings: Settings,
    base: Base,
    view: View,
    answered: Count,
    replied: Count,
    line: LineApi | None = None,
    ask: Ask | None = None,
) -> Replying:
    """The account's replies; `line` replaces LINE's API in tests, the counts are told of each.

    `ask` hands over to another process what it can decide.
    """
    resident = preferences_of(settings, base).resident
    answering: Answerer = Answering(view, render, resident)
    if ask is not None:
        answering = ApartAnswers(settings.account, ask, answering)
    calming = Calming(answering, partial(_slow_down, view), partial(_urgent, view))
    return TracedReplying(
        base.db,
        CountedAnswers(calming, answered),
        CountedLine(line or _reply_client(settings), replied),
        parse_event,
        base.now,
        account=settings.account,
        moment=base.moment,
    )


def _slow_down(view: View, state: str | None) -> Messages:
    words = view().wording(state_from_json(state).language)
    return render(Reply((Text(words.say("slow_down")),)))


def _urgent(view: View, text: str) -> bool:
    now = view()
    try:
        return bool(now.lookout.find(text)) or danger_by_wording(now, text)
    finally:
        forget()


def housekeeping_of(
    settings: Settings | Sequence[Settings], base: Base
) -> tuple[Callable[[], object], ...]:
    """The installation's tasks with all its accounts, to be called at start and once a minute.

    Of all processes one does it; but each machine keeps its own list of who was erased.
    """
    every = (settings,) if isinstance(settings, Settings) else tuple(settings)
    settings = every[0]
    histories = [
        SegmentHistory(
            base.db,
            base.now,
            partial(catalog_of, each.madoguchi_content_dir),
            each.city,
            each.account,
        )
        for each in every
    ]
    keeping = Housekeeping(base.db, base.now, settings.madoguchi_retention_days)
    state_dir = settings.madoguchi_cache_dir.parent
    listed = erasures_file(settings.madoguchi_database_url, state_dir)
    erased = Erasures(base.db, listed, base.now)
    return (erased.sync, keeping, *histories)


class Deliveries:
    """The announcements of all accounts, where this process is to send them."""

    def __init__(
        self, every: Sequence[Settings], base: Base, publishers: Mapping[Path, Publisher]
    ) -> None:
        """Raises StoreBusy where another process delivers from this SQLite file."""
        self._lock = DeliveryLock(every[0].madoguchi_database_url, wait_seconds=1.0)
        self._workers = [
            self._worker(each, base, publishers, len(every)) for each in every if each.has_line
        ]

    def start(self) -> None:
        """Go on with what was begun, then do what becomes due."""
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        """Record the answers under way, take nothing new, let another process take over."""
        for worker in self._workers:
            worker.stop()
        self._lock.release()

    def alive(self) -> bool:
        """Whether deliveries go on in every account."""
        return all(worker.alive() for worker in self._workers)

    def _worker(
        self, settings: Settings, base: Base, publishers: Mapping[Path, Publisher], accounts: int
    ) -> DeliveryWorker:
        publisher = publishers[settings.madoguchi_content_dir]
        client = line_client(settings)
        parts = build(settings, base.db, lambda: publisher.current().catalog, client, base.now)
        senders = _SENDERS_OF_MANY if accounts > 1 else None
        alone = self._lock.alone
        return delivery_worker(settings, base.db, client, parts, alone=alone, senders=senders)


def deliveries_beside(
    every: Sequence[Settings], base: Base, publishers: Mapping[Path, Publisher]
) -> Deliveries | None:
    """For `serve`: None where a `worker` delivers from this SQLite file already."""
    try:
        return Deliveries(every, base, publishers)
    except StoreBusy:
        return None


def stop_all(running: Iterable[Publisher]) -> None:
    """End the threads that watch the content."""
    for publisher in running:
        publisher.stop()


def _reply_client(settings: Settings) -> ReplyClient:
    return ReplyClient(
        settings.line_channel_access_token.get_secret_value(), settings.line_api_base
    )


class Kept(Versions):
    """Good content versions of one folder, in the store."""

    def __init__(self, db: Database, owner: str) -> None:
        self._db, self._owner = db, owner

    def save(self, version: str, files: Mapping[str, str], now: datetime) -> None:
        moment = int(now.timestamp() * 1000)
        self._db.write(
            lambda c: versions.save_version(
                c, version, files, moment, good=True, account=self._owner
            )
        )

    def last_good(self) -> dict[str, str] | None:
        with self._db.read() as connection:
            found = versions.last_good(connection, self._owner)
        return dict(found.files) if found else None
