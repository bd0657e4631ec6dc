"""Wires the parts of announcements: for the commands, for `serve`, for a worker of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from bot.config import Settings
from bot.content.segments import SEGMENTS_FILE, read_catalog
from bot.content.slips import (
    HOLIDAYS_FILE,
    NO_HOLIDAYS,
    SLIPS_FILE,
    read_holidays,
    read_slips,
)
from bot.core.attributes import Catalog
from bot.core.calendar import JAPAN
from bot.core.delivery import Pace
from bot.core.ports import LineDelivery
from bot.core.wordcheck import Slip
from bot.delivery_worker import SENDERS, DeliveryLock, DeliveryWorker
from bot.errors import ContentError, SettingsError
from bot.line.client import LineClient
from bot.line.limits import check_messages
from bot.line.notices import render_notices
from bot.line.reach import Reach
from bot.services.announcing import Announcing
from bot.services.delivery import Delivery
from bot.services.feeding import Feeding
from bot.services.previewing import Previewing
from bot.services.reporting import Reporting
from bot.services.results import Asking
from bot.services.reviewing import Reviewing
from bot.services.segments import Segments
from bot.services.starting import Starting
from bot.services.templating import Templating
from bot.services.trials import Trials
from bot.store.database import Database, open_database
from bot.store.migrate import migrate

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Parts:
    """The use cases of announcements; `worker` where this process is to deliver."""

    announcing: Announcing
    reporting: Reporting
    previewing: Previewing
    trials: Trials
    templating: Templating
    feeding: Feeding
    line: LineDelivery | None = None
    worker: DeliveryWorker | None = None


def build(
    settings: Settings,
    db: Database,
    catalog: Callable[[], Catalog],
    line: LineDelivery | None,
    clock: Clock,
    *,
    reach: Callable[[str], bool | None] | None = None,
) -> Parts:
    """The use cases on an open database; `line` None where LINE is not connected."""
    files = _Files(settings.madoguchi_content_dir)
    account = settings.account
    segments = Segments(db, lambda: catalog().in_city(settings.city), clock, account)
    reviewing = Reviewing(
        db,
        segments,
        catalog=lambda: catalog().in_city(settings.city),
        saved=lambda: catalog().segments,
        render=render_notices,
        examine=check_messages,
        clock=clock,
        slips=files.slips,
        ask_line=None if line is None else line.validate,
        reach=reach,
        account=account,
    )
    announcing = Announcing(
        db,
        reviewing,
        clock,
        two_people=settings.madoguchi_approvers == 2,
        holidays=lambda: files.holidays(clock()),
        account=account,
    )
    previewing = Previewing(db, announcing, reviewing, line, clock)
    return Parts(
        announcing,
        Reporting(db, account),
        previewing,
        Trials(db, announcing, line, account),
        Templating(db, announcing, account),
        Feeding(db, announcing, account),
        line,
    )


def delivery_worker(
    settings: Settings,
    db: Database,
    line: LineDelivery,
    parts: Parts,
    *,
    alone: bool,
    senders: int | None = None,
) -> DeliveryWorker:
    """The worker for an open database; `alone` as `DeliveryLock.alone`. Not started yet."""
    pace = Pace(people_per_minute=settings.madoguchi_send_per_minute)
    delivery = Delivery(db, line, pace, account=settings.account)
    starting = Starting(
        db, line, parts.announcing.freeze, parts.announcing.holidays, account=settings.account
    )
    asking = Asking(parts.announcing, line)
    return DeliveryWorker(
        delivery, starting, alone=alone, senders=senders or SENDERS, chores=(asking,)
    )


@contextmanager
def open_parts(settings: Settings, *, line: bool = False, deliver: bool = False) -> Iterator[Parts]:
    """Everything for one command, beside a running `serve` or without.

    `line`: the command asks LINE where it is connected. `deliver`: with the worker, as the only
    process that delivers from a SQLite file (StoreBusy otherwise).
    """
    if deliver and not settings.has_line:
        raise SettingsError("LINEの設定（LINE_CHANNEL_ACCESS_TOKEN など）がないため、送れません。")
    url = settings.madoguchi_database_url
    lock = DeliveryLock(url) if deliver else None
    try:
        with opened(url) as db:
            client = line_client(settings) if (line or deliver) and settings.has_line else None
            catalog = catalog_of(settings.madoguchi_content_dir)
            parts = build(
                settings,
                db,
                lambda: catalog,
                client,
                lambda: datetime.now(UTC),
                reach=Reach() if line else None,
            )
            if deliver and client is not None and lock is not None:
                worker = delivery_worker(settings, db, client, parts, alone=lock.alone)
                parts = replace(parts, worker=worker)
            yield parts
    finally:
        if lock is not None:
            lock.release()


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """The database, shared with a running `serve`: SQLite lets short transactions take turns."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    db = open_database(url, exclusive=False)
    try:
        migrate(db)
        yield db
    finally:
        db.close()


def line_client(settings: Settings) -> LineClient:
    """LINE's API for sending; connects on first use."""
    return LineClient(
        settings.line_channel_access_token.get_secret_value(),
        api_base=settings.line_api_base,
        data_api_base=settings.line_data_api_base,
        timeouts=(3.0, 10.0),  # a multicast to 500 takes longer than a reply
    )


def catalog_of(directory: Path) -> Catalog:
    """What residents can choose. Raises ContentError with every problem of the file."""
    read = read_catalog(SEGMENTS_FILE, _bytes(directory / SEGMENTS_FILE))
    if any(not problem.warning for problem in read.problems):
        raise ContentError("\n".join(str(problem) for problem in read.problems))
    return read.catalog


class _Files:
    """The dictionary of slips and the holidays, read when they are needed."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def slips(self) -> tuple[Slip, ...]:
        """Raises nothing: a broken dictionary is `madoguchi check`'s to report."""
        path = self._directory / SLIPS_FILE
        return read_slips(SLIPS_FILE, path.read_bytes()).slips if path.is_file() else ()

    def holidays(self, now: datetime) -> frozenset[date]:
        """Japan's holidays as far as the file knows them."""
        path = self._directory / HOLIDAYS_FILE
        today = now.astimezone(JAPAN).date()
        known = NO_HOLIDAYS
        if path.is_file():
            known = read_holidays(HOLIDAYS_FILE, path.read_bytes(), today).holidays
        return frozenset(known.days)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ContentError(f"「{path}」を読めません。置き場所と権限を確かめてください。") from error
