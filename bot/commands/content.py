"""Commands about the content as a whole: a new city, where it comes from. Parse, call, print."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from bot.commands.environment import of_content
from bot.content.indexcache import IndexCache
from bot.content.loader import load, read_files
from bot.content.problems import errors
from bot.content.sourcetables import tables, with_tables
from bot.content.sudachi import SudachiTokenizer
from bot.services.answering import JAPAN
from bot.services.newcity import NewCity, next_steps, skeleton
from bot.services.publishing import check_everything


@click.command("new-city")
@click.argument("id")
@click.option("--name", required=True, help="市の名前。例：湊市")
@click.option("--prefecture", default="", help="都道府県。例：青森県")
@click.option("--site", default="", help="市の公式ページ。例：https://www.city.minato.example.jp/")
@click.option("--plan", default="", help="出典にする計画の名前。例：湊市DX推進計画")
@click.option("--kana", default="", help="名前のひらがな。例：みなと")
def new_city(id: str, name: str, prefecture: str, site: str, plan: str, kana: str) -> None:
    """新しい市のファイル一式（下書き）を、共通の知識のとなりに作ります。"""
    settings = of_content()
    directory, saved = settings.madoguchi_content_dir, IndexCache(settings.madoguchi_cache_dir)
    files, today = read_files(directory), datetime.now(JAPAN).date()
    city = NewCity(id, name, prefecture, site, plan, kana)
    made = skeleton(city, files, today)
    tokenizer = SudachiTokenizer()
    # Only its own residents see its entries: the other cities answer as before.
    checked = check_everything({**files, **made}, today, tokenizer, saved, [id])
    if not checked.good:
        known = set(check_everything(files, today, tokenizer, saved).problems)
        wrong = [each for each in errors(checked.problems) if each not in known]
        for problem in wrong:
            click.echo(str(problem))
        if wrong:
            click.echo(f"{len(wrong)}件の問題があるため、何も書きませんでした。", err=True)
            sys.exit(1)
    for path, data in made.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(data)
        click.echo(f"{'直しました' if path in files else '作りました'}：{path}")
    click.echo("\n次にすること")
    for number, step in enumerate(next_steps(city, checked.loaded.draft), 1):
        click.echo(f"{number}. {step}")


@click.command()
@click.option(
    "--write",
    "page",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="表を作り直すページ。例：docs/knowledge-sources.md",
)
def sources(page: Path | None) -> None:
    """どの答えが何をもとにしているかの表を、内容のファイルから作ります。"""
    files = read_files(of_content().madoguchi_content_dir)
    fresh = tables(load(files), files)
    if page is not None:
        page.write_text(with_tables(page.read_text("utf-8"), fresh), encoding="utf-8")
        return
    for name, table in fresh.items():
        click.echo(f"{name}\n{table}\n")
