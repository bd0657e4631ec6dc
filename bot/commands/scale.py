"""Commands for more than one process or machine: `worker` and `migrate-db`."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from bot.config import Settings
from bot.delivery_worker import DeliveryLock
from bot.errors import StoreBusy, StoreError
from bot.logs import configure_logs, thread_ended
from bot.services.moving import move
from bot.store.database import Database, open_database
from bot.wiring.worker import WorkerProcess

SQLITE = "sqlite:///"


@click.command()
def worker() -> None:
    """応答とお知らせの配信をします（serve とは別に動かすとき。PostgreSQLではいくつでも）。"""
    configure_logs()
    threading.excepthook = thread_ended
    process = WorkerProcess(Settings.every_from_env())
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    what = "応答とお知らせの配信" if process.answers else "お知らせの配信"
    click.echo(f"{what}を始めました（止めるときは Ctrl+C）。", err=True)
    if not process.run(stop):
        sys.exit(1)


@click.command("migrate-db")
@click.option("--to", "target", required=True, metavar="URL", help="移し先。例：postgresql://…")
def migrate_db(target: str) -> None:
    """データベースを引っ越します（SQLite ⇔ PostgreSQL）。先にまどぐちを止めてください。"""
    source = Settings.from_env(need_city=False).madoguchi_database_url
    if source.startswith(SQLITE) and not Path(source.removeprefix(SQLITE)).exists():
        raise StoreError(f"データベース（{source.removeprefix(SQLITE)}）がありません。")
    if target == source:
        raise StoreError("移し先（--to）が、今のデータベースと同じです。")
    # Nobody writes meanwhile: neither `serve` nor a worker that only delivers.
    with (
        closing(open_database(source)) as old,
        closing(_target(target)) as new,
        _without_deliveries(source),
    ):
        counts = move(old, new, lambda name, rows: click.echo(f"{name}：{rows}件", err=True))
    click.echo(f"{len(counts)}の表、{sum(counts.values())}件を移し、両側が同じことを確かめました。")
    click.echo("MADOGUCHI_DATABASE_URL を移し先に変えてから、始めてください。")


@contextmanager
def _without_deliveries(url: str) -> Iterator[None]:
    lock = DeliveryLock(url)
    try:
        yield
    finally:
        lock.release()


def _target(url: str) -> Database:
    """The database to move to. Raises StoreError that names it: the source is not to blame."""
    try:
        database = open_database(url)
        try:
            with database.read():
                return database
        except StoreError:
            database.close()
            raise
    except StoreBusy:
        raise
    except StoreError:
        raise StoreError(
            "移し先（--to）につながりません。何も変えていません。アドレス（例：postgresql://"
            "madoguchi@127.0.0.1/madoguchi）と、データベースが動いているかを確かめてください。"
        ) from None
