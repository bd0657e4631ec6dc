"""More `announce` commands: test sends, templates, results, the city's news feed."""

from __future__ import annotations

import json
from pathlib import Path

import click
import urllib3

from bot.commands.announce_steps import ID, announce, parts
from bot.content.feeds import MAX_BYTES
from bot.errors import ContentError
from bot.services.results import results

_AS = click.option("--as", "by", required=True, help="操作する人の名前（記録に残ります）")


@announce.command()
@ID
@click.option("--to", "names", required=True, multiple=True, help="名簿の名前（くり返せます）")
@click.option("--language", default="ja", show_default=True, help="試す言語")
@_AS
def test(announcement: int, names: tuple[str, ...], language: str, by: str) -> None:
    """名簿の職員だけに、試しに送ります。"""
    with parts(line=True) as found:
        tried = found.trials.send(announcement, names, by, language)
        for each in tried:
            click.echo(f"{each.name}：{each.problem or '送りました'}")
        if any(each.problem for each in tried):
            raise click.exceptions.Exit(1)


@announce.group()
def testers() -> None:
    """試し送りの名簿。"""


@testers.command("list")
def list_testers() -> None:
    """名簿の名前を出します。"""
    with parts() as found:
        for name in found.trials.names():
            click.echo(name)


@testers.command("add")
@click.argument("name")
@click.argument("user_id")
@_AS
def add_tester(name: str, user_id: str, by: str) -> None:
    """職員のLINEのユーザーIDを名簿に入れます。"""
    with parts() as found:
        found.trials.add(name, user_id, by)


@testers.command("remove")
@click.argument("name")
@_AS
def remove_tester(name: str, by: str) -> None:
    """名簿から消します。"""
    with parts() as found:
        found.trials.remove(name, by)


@announce.group()
def template() -> None:
    """ひな形（よく使うお知らせ）。"""


@template.command("keep")
@click.option(
    "--file",
    "path",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="ひな形のYAMLファイル",
)
@_AS
def keep_template(path: Path, by: str) -> None:
    """ひな形を保存します。名前を出します。"""
    with parts() as found:
        click.echo(found.templating.keep(str(path), path.read_bytes(), by))


@template.command("list")
def list_templates() -> None:
    """ひな形の名前を出します。"""
    with parts() as found:
        for name in found.templating.names():
            approved = found.templating.load(name).approved_by
            click.echo(f"{name}（{f'承認：{approved}' if approved else '未承認'}）")


@template.command("approve")
@click.argument("name")
@_AS
def approve_template(name: str, by: str) -> None:
    """ひな形を承認します（作った人とは別の人）。"""
    with parts() as found:
        found.templating.approve(name, by)


@template.command("use")
@click.argument("name")
@click.option("--blank", "blanks", multiple=True, metavar="空欄=言葉", help="空欄に入れる言葉")
@_AS
def use_template(name: str, blanks: tuple[str, ...], by: str) -> None:
    """ひな形から下書きを作ります。番号だけを出します。"""
    values = {}
    for blank in blanks:
        key, mark, word = blank.partition("=")
        if not mark:
            raise click.UsageError("--blank は 空欄=言葉 の形で書いてください。")
        values[key] = word
    with parts() as found:
        click.echo(found.templating.use(name, values, by))


@announce.command("results")
@ID
@click.option("--json", "as_json", is_flag=True, help="結果をJSONで出します")
def show_results(announcement: int, as_json: bool) -> None:
    """開いた人とリンクを押した人の数（LINEが出す範囲で）。"""
    with parts(line=True) as found:
        counted = results(found.announcing, found.line, announcement)
        text = json.dumps(counted.as_json(), ensure_ascii=False) if as_json else counted.line()
        click.echo(text)


@announce.command()
@click.argument("source")
@click.option("--segment-name", required=True, help="下書きに書いておく、保存した条件の名前")
@_AS
def feed(source: str, segment_name: str, by: str) -> None:
    """市のサイトの新着情報（RSS・Atom）から下書きを作ります。番号を出します。送りはしません。"""
    data = _fetched(source) if source.startswith("https://") else _file(source)
    with parts() as found:
        for number in found.feeding.take(source, data, author=by, segment_name=segment_name):
            click.echo(number)


def _file(source: str) -> bytes:
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise ContentError(f"「{source}」を読めません（https:// かファイルを指定）。") from error


def _fetched(address: str) -> bytes:
    pool = urllib3.PoolManager(timeout=urllib3.Timeout(connect=5, read=10), retries=2)
    try:
        answer = pool.request("GET", address, preload_content=False)
        data = answer.read(MAX_BYTES + 1)
        answer.release_conn()
    except urllib3.exceptions.HTTPError:
        raise ContentError(f"「{address}」につながりません。") from None
    if answer.status != 200:
        raise ContentError(f"「{address}」が開けません（{answer.status}）。")
    return data
