"""Commands of the person who runs it: doctor, backup, restore, export. Parse, call, print."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path

import click

from bot.accounts import read_accounts
from bot.commands.environment import problems
from bot.config import Settings
from bot.content.sudachi import SudachiTokenizer
from bot.errors import StoreError
from bot.line.channel import Channel
from bot.line.http import LineRequests
from bot.services import doctor as checks
from bot.services.answering import JAPAN
from bot.services.backup import Backup
from bot.services.backup import backup as make_backup
from bot.services.doctor import Finding, Mark
from bot.services.exporting import Export
from bot.services.restoring import erasures_file
from bot.services.restoring import restore as restore_from
from bot.store import pulse
from bot.store.database import Database, open_database
from bot.store.tables import MAIN_ACCOUNT

_SQLITE = "sqlite:///"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="結果をJSONで出します")
def doctor(as_json: bool) -> None:
    """公開の前と困ったときに、設定・データベース・内容・LINEを全部確かめます。"""
    findings = list(_findings())
    if as_json:
        result = {
            "healthy": checks.healthy(findings),
            "findings": [finding.as_json() for finding in findings],
        }
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        for finding in findings:
            click.echo(str(finding))
    if not checks.healthy(findings):
        sys.exit(1)


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
def backup(path: Path) -> None:
    """データベースの全部を1つのファイルに写します（動かしたままでできます）。"""
    with open_beside(Settings.from_env(need_city=False)) as db:
        counts = make_backup(db, path, _now)
        now = int(_now().timestamp() * 1000)
        with suppress(StoreError):  # the backup is there, whether or not that can be noted
            db.write(lambda c: pulse.beat(c, now, pulse.BACKUP))
    click.echo(
        f"{path} に{sum(counts.values())}件を写しました（{path.stat().st_size / 1e6:.1f} MB）。"
    )


@click.command()
@click.argument(
    "path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--yes", is_flag=True, help="確認せずに始めます")
def restore(path: Path, yes: bool) -> None:
    """バックアップに戻します。今のデータベースの中身は、なくなります。"""
    settings = Settings.from_env(need_city=False)
    saved = Backup(path)
    url = settings.madoguchi_database_url
    listed = erasures_file(url, settings.madoguchi_cache_dir.parent)
    if not listed.exists():
        text = f"注意：消去の一覧（{listed}）がありません。あるはずなら、やめて、置き場所を確かめてください。"
        click.echo(text, err=True)
    if not yes:
        question = f"データベースを {saved.header.made_at} の内容に戻します。今の内容はなくなります。よいですか"
        click.confirm(question, abort=True, err=True)
    restored = restore_from(url, path, listed, _now)
    click.echo(f"{sum(restored.rows.values())}件を戻しました。")
    if restored.erased_again:
        click.echo(f"そのあとに消去を求めた{restored.erased_again}人を、もう一度消しました。")


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def export(directory: Path) -> None:
    """市のものを全部、開かれた形（CSV・JSON・YAML）で書き出します。"""
    settings = Settings.only(Settings.every_from_env(need_city=False))
    content, owner = settings.madoguchi_content_dir, settings.content_owner or MAIN_ACCOUNT
    with open_beside(settings) as db:
        counts = Export(db, content, _now, settings.account, owner).run(directory)
    click.echo(f"{directory} に{len(counts)}個のファイルを書き出しました。個人情報を含みます。")


def _findings() -> Iterator[Finding]:
    if wrong := problems():
        advice = "環境変数を直してから、もう一度実行してください。"
        yield from (Finding("設定", Mark.BAD, each.removeprefix("- "), advice) for each in wrong)
        return
    settings = Settings.from_env()
    yield Finding("設定", Mark.GOOD, f"そろっています（市：{settings.city}）。")
    url = settings.madoguchi_database_url
    yield from checks.check_database(url, lambda: open_database(url, exclusive=False), _now)
    yield checks.check_disk(_grows_in(settings))
    yield from checks.check_content(
        settings.madoguchi_content_dir, settings.city, _today(), SudachiTokenizer()
    )
    yield from _links(settings, url)
    yield from checks.check_addresses(
        {
            "MADOGUCHI_PUBLIC_URL": settings.madoguchi_public_url,
            "MADOGUCHI_PRIVACY_URL": settings.madoguchi_privacy_url,
        }
    )
    line = Channel(requests_of(settings)) if settings.has_line else None
    yield from checks.check_line(line, settings.madoguchi_public_url, _now, _doors(settings))


def _doors(settings: Settings) -> tuple[str, ...]:
    """Where LINE may reach the account: one of several only under its own name."""
    own = f"{checks.WEBHOOK}/{settings.account}"
    if settings.madoguchi_accounts is None:
        return (checks.WEBHOOK, own)
    listed = read_accounts(
        settings.madoguchi_accounts, os.environ, Settings().madoguchi_content_dir
    )
    return (own, checks.WEBHOOK) if len(listed) == 1 else (own,)


def _links(settings: Settings, url: str) -> Iterator[Finding]:
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).exists():
        return  # doctor makes no database
    yield from checks.check_links(
        lambda: open_database(url, exclusive=False), settings.account, _now()
    )


def requests_of(settings: Settings) -> LineRequests:
    """LINE's API with the installation's token."""
    return LineRequests(
        settings.line_channel_access_token.get_secret_value(),
        settings.line_api_base,
        settings.line_data_api_base,
    )


def _grows_in(settings: Settings) -> Path:
    url = settings.madoguchi_database_url
    here = Path(url.removeprefix(_SQLITE)).parent if url.startswith(_SQLITE) else Path()
    return here.resolve()


@contextmanager
def open_beside(settings: Settings) -> Iterator[Database]:
    """The database beside a running bot; a missing file is not made."""
    url = settings.madoguchi_database_url
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).exists():
        raise StoreError(f"データベース（{url.removeprefix(_SQLITE)}）がありません。")
    db = open_database(url, exclusive=False)
    try:
        yield db
    finally:
        db.close()


def _now() -> datetime:
    return datetime.now(UTC)


def _today() -> date:
    return datetime.now(JAPAN).date()


COMMANDS = (doctor, backup, restore, export)  # for `bot.cli`
