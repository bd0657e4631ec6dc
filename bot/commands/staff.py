"""`staff` (who may use the console), `schema` and `import-faq`: parse, call a service, print."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.commands.environment import of_content
from bot.config import Settings
from bot.content.loader import load, read_files
from bot.content.problems import errors
from bot.content.sudachi import SudachiTokenizer
from bot.services.answering import JAPAN
from bot.services.importing import import_faq as read_faq
from bot.services.people import COMMAND, People
from bot.services.publishing import check_everything
from bot.services.schema import KINDS
from bot.services.schema import schema as schema_of
from bot.store.database import open_database
from bot.store.migrate import migrate
from bot.store.staff import NEED_SECOND_FACTOR, ROLE_NAMES, Role

_NAME = click.argument("name")
_PASSWORD_STDIN = click.option(
    "--password-stdin", is_flag=True, help="パスワードを標準入力から読みます"
)


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
@_PASSWORD_STDIN
def add(name: str, role: str, sections: tuple[str, ...], password_stdin: bool) -> None:
    """職員を加えます。"""
    given = _password(password_stdin)
    with _people() as people:
        people.add(name, role, given, sections)
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


@staff.command()
@_NAME
@_PASSWORD_STDIN
def password(name: str, password_stdin: bool) -> None:
    """新しいパスワードを決めます（忘れたとき）。すぐにサインアウトします。"""
    given = _password(password_stdin)
    with _people() as people:
        people.set_password(name, given, COMMAND)
    click.echo(f"{name} のパスワードを変えました。")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    given: str = click.prompt("パスワード", hide_input=True, confirmation_prompt="もう一度")
    return given


@contextmanager
def _people() -> Iterator[People]:
    settings = Settings.only(Settings.every_from_env(need_city=False))
    # The server may own the file: what is written here waits its turn.
    db = open_database(settings.madoguchi_database_url, exclusive=False)
    try:
        migrate(db)
        yield People(db, lambda: datetime.now(UTC), settings.account)
    finally:
        db.close()


@click.command()
@click.argument("kind", required=False, type=click.Choice(KINDS))
@click.option(
    "--write",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="このフォルダに、全種類を「種類.schema.json」として書きます",
)
def schema(kind: str | None, folder: Path | None) -> None:
    """内容のファイルの JSON Schema を出します（VS Code などの入力の助けに）。"""
    if (kind is None) == (folder is None):
        raise click.UsageError("種類を1つ書くか、--write でフォルダを指定してください。")
    for name in [kind] if kind else KINDS:
        text = json.dumps(schema_of(name), ensure_ascii=False, indent=2)
        if folder is None:
            click.echo(text)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.schema.json").write_text(text + "\n", encoding="utf-8")


@click.command("import-faq")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--city", help="市のid（なければ MADOGUCHI_CITY）")
@click.option("--dry-run", is_flag=True, help="書かずに、見るところだけを出します")
def import_faq(file: Path, city: str | None, dry_run: bool) -> None:
    """今あるFAQ（質問・回答・URL・担当課のCSV）を、見直し待ちの知識にします。"""
    settings = of_content()
    directory, city = settings.madoguchi_content_dir, city or settings.city
    files = read_files(directory)
    today = datetime.now(JAPAN).date()
    found = read_faq(file.read_bytes(), files, load(files).draft, city, today)
    for line in (*found.doubts, *(f"取り込みません：{each}" for each in found.skipped)):
        click.echo(line)
    checked = check_everything({**files, **found.files}, today, SudachiTokenizer())
    known = set(map(str, errors(load(files).problems)))
    wrong = [str(each) for each in errors(checked.problems) if str(each) not in known]
    for line in wrong:
        click.echo(line)
    if wrong:
        click.echo(f"{len(wrong)}件の問題があるため、書きませんでした。", err=True)
        sys.exit(1)
    if not dry_run:
        for path, data in found.files.items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_bytes(data)
    click.echo(
        f"{found.entries}件の知識を{'作れます' if dry_run else '作りました'}。見直してから使ってください。",
        err=True,
    )
    for path in found.files:
        click.echo(path, err=True)
