"""The `residents` and `segments` commands: parse, call a service, print."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.config import Settings
from bot.core.attributes import CityCatalog
from bot.errors import SettingsError
from bot.services.resident_lists import ResidentLists
from bot.services.residents import Residents
from bot.services.segments import Segments
from bot.services.syncing import sync_followers
from bot.store.database import Database
from bot.wiring.announce import catalog_of, line_client, opened

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_RULE = click.option("--rule", required=True, type=_FILE, help="配信条件のYAMLファイル")


@dataclass(frozen=True)
class _Town:
    """One account's database and what its city offers residents to choose."""

    settings: Settings
    db: Database
    catalog: CityCatalog

    @property
    def segments(self) -> Segments:
        return Segments(self.db, lambda: self.catalog, _now, self.settings.account)

    @property
    def lists(self) -> ResidentLists:
        return ResidentLists(self.db, lambda: self.catalog, _now, self.settings.account)

    @property
    def residents(self) -> Residents:
        return Residents(self.db, lambda: self.catalog, _now, self.settings.account)


@click.group()
def residents() -> None:
    """住民の登録内容を出し入れします。"""


@residents.command("import")
@click.argument("path", type=_FILE, metavar="FILE.csv")
def import_residents(path: Path) -> None:
    """CSVから登録します（まちがいが1つでもあれば、何も登録しません）。"""
    with _town() as town:
        done = town.lists.import_csv(path)
    click.echo(f"{done.residents}人を登録しました。")
    if done.erased:
        click.echo(f"{done.erased}人は消去を希望した人なので、登録していません。")


@residents.command("export")
def export_residents() -> None:
    """登録内容をCSVで出します。"""
    with _town() as town:
        town.lists.export_csv(sys.stdout)


@residents.command()
@click.argument("user_id")
def forget(user_id: str) -> None:
    """1人の情報をすべて消します。"""
    with _town() as town:
        known = town.residents.forget(user_id)
    click.echo("消しました。" if known else "この人の情報はありません。")


@residents.command()
def sync() -> None:
    """LINEの友だちの一覧から、まだ知らない人を登録します。"""
    with _town() as town:
        if not town.settings.has_line:
            text = "LINEの設定（LINE_CHANNEL_ACCESS_TOKEN など）がないため、一覧を取れません。"
            raise SettingsError(text)
        done = sync_followers(town.db, line_client(town.settings), town.settings.account)
    click.echo(f"友だち {done.friends}人のうち、{done.new}人を新しく登録しました。")


@click.group()
def segments() -> None:
    """配信条件の人数と意味を確かめます。"""


@segments.command()
@_RULE
@click.option("--json", "as_json", is_flag=True, help="結果をJSONで出します")
def count(rule: Path, as_json: bool) -> None:
    """条件に合う人数（5人未満は「少数」）。"""
    with _town() as town:
        counted = town.segments.count(town.segments.load(rule))
    if as_json:
        click.echo(json.dumps(counted.as_json()))
    else:
        click.echo("少数（5人未満）" if counted.few else f"{counted.count}人")


@segments.command()
@_RULE
def explain(rule: Path) -> None:
    """条件を日本語の文で表します。"""
    with _town() as town:
        click.echo(town.segments.explain(town.segments.load(rule)))


@contextmanager
def _town() -> Iterator[_Town]:
    settings = Settings.from_env()
    with opened(settings.madoguchi_database_url) as db:
        catalog = catalog_of(settings.madoguchi_content_dir).in_city(settings.city)
        yield _Town(settings, db, catalog)


def _now() -> datetime:
    return datetime.now(UTC)
