"""`staff`: who may use the console. The first admin comes from here."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from bot.config import Settings
from bot.services.people import People
from bot.store.database import open_database
from bot.store.migrate import migrate
from bot.store.staff import NEED_SECOND_FACTOR, ROLE_NAMES, Role

_NAME = click.argument("name")


@click.group()
def staff() -> None:
    """職員画面を使う人を加え、止めます。"""


@staff.command()
@_NAME
@click.option(
    "--role",
    required=True,
    type=click.Choice([role.value for role in Role]),
    help="役割（editor 編集・approver 承認・analyst 分析・admin 管理）",
)
@click.option(
    "--section", "sections", multiple=True, help="担当のフォルダかファイル（なければ全部）"
)
@click.option("--password-stdin", is_flag=True, help="パスワードを標準入力から読みます")
def add(name: str, role: str, sections: tuple[str, ...], password_stdin: bool) -> None:
    """職員を加えます。"""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("パスワード", hide_input=True, confirmation_prompt="もう一度")
    with _people() as people:
        people.add(name, role, password, sections)
    click.echo(f"{name} を加えました（{ROLE_NAMES[Role(role)]}）。")
    if Role(role) in NEED_SECOND_FACTOR:
        click.echo("はじめのサインインで、2つ目の確認（認証アプリ）を設定します。")


@staff.command("list")
@click.option("--json", "as_json", is_flag=True, help="結果をJSONで出します")
def show(as_json: bool) -> None:
    """職員を並べます。"""
    with _people() as people:
        found = people.everyone()
    for each in found:
        if as_json:
            values = {
                "name": each.name,
                "role": each.role.value,
                "sections": list(each.sections),
                "second_factor": each.second_factor,
                "disabled": each.disabled,
            }
            click.echo(json.dumps(values, ensure_ascii=False))
            continue
        factor = "2つ目の確認あり" if each.second_factor else "2つ目の確認まだ"
        state = "停止中" if each.disabled else "使えます"
        sections = "、".join(each.sections) or "すべて"
        click.echo(f"{each.name}\t{ROLE_NAMES[each.role]}\t{sections}\t{factor}\t{state}")


@staff.command()
@_NAME
def disable(name: str) -> None:
    """職員を止めます。すぐにサインアウトします。"""
    with _people() as people:
        people.disable(name)
    click.echo(f"{name} を止めました。")


@staff.command()
@_NAME
def enable(name: str) -> None:
    """止めた職員を、また使えるようにします。"""
    with _people() as people:
        people.enable(name)
    click.echo(f"{name} を使えるようにしました。")


@staff.command()
@_NAME
def totp(name: str) -> None:
    """2つ目の確認を消します（スマホをなくしたとき）。次のサインインで設定し直します。"""
    with _people() as people:
        people.reset_second_factor(name)
    click.echo(f"{name} の2つ目の確認を消しました。次のサインインで設定し直します。")


@contextmanager
def _people() -> Iterator[People]:
    settings = Settings.from_env(need_city=False)
    # The server may own the file: what is written here waits its turn.
    db = open_database(settings.madoguchi_database_url, exclusive=False)
    try:
        migrate(db)
        yield People(db, lambda: datetime.now(UTC))
    finally:
        db.close()
