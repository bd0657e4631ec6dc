"""`madoguchi bench …`: speed and answer quality, measured by anyone."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from bot.commands.account import with_account
from bot.commands.environment import of_content
from bot.content.loader import load, read_files
from bot.content.sudachi import SudachiTokenizer
from bot.services.library import documents

_JSON = click.option("--json", "as_json", is_flag=True, help="結果をJSONで出します")


@click.group()
def bench() -> None:
    """速さと答えの質を測ります。"""


@bench.command()
@_JSON
@click.option("--large", is_flag=True, help="10万件も測ります")
def matching(as_json: bool, large: bool) -> None:
    """質問1つを照らし合わせる時間。"""
    from bot.bench import matching as benchmark

    sizes = (100, 1_000, 10_000, 100_000) if large else (100, 1_000, 10_000)
    _report(benchmark.run(sizes), as_json)


@bench.command()
@_JSON
def webhook(as_json: bool) -> None:
    """受け付けと返信にかかる時間。"""
    from bot.bench import webhook as benchmark

    _report(benchmark.run(), as_json)


@bench.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="corpus.json などのあるフォルダ",
)
@click.option("--noise", is_flag=True, help="打ちまちがいなどをまぜた質問でも測ります")
@click.option("--baseline", default="", help="比べる方式（bm25s,fts5,tfidf,rapidfuzz）")
@click.option("--parts", is_flag=True, help="しくみの部分ごとにかかる時間も測ります")
@_JSON
def retrieval(data: Path, noise: bool, baseline: str, parts: bool, as_json: bool) -> None:
    """公開の質問集で、正しい答えを探せる割合。"""
    from bot.bench import retrieval as benchmark

    names = [name.strip() for name in baseline.split(",") if name.strip()]
    _report(benchmark.run(data, noise, names, parts=parts), as_json)


@bench.command()
@click.option(
    "--full", is_flag=True, help="すべての言い方を1つずつ隠して測ります（数分かかります）"
)
@_JSON
def answers(full: bool, as_json: bool) -> None:
    """チェックリストの質問例に、正しく答える割合（例の言い方を内容から消したときも）。"""
    from bot.bench import answers as held_out
    from bot.bench import examples

    content = load(read_files(of_content().madoguchi_content_dir)).draft
    tokenize = SudachiTokenizer()
    result = {"examples": examples.run(content, tokenize)}
    if full:
        cities = {city: documents(content, city) for city in content.cities}
        topics = {entry.id: entry.topic for entry in content.entries.values()}
        result["held_out"] = held_out.run(cities, content.lexicon, topics, tokenize)
    _report(result, as_json)


def _report(result: dict[str, Any], as_json: bool) -> None:
    click.echo(json.dumps(result, ensure_ascii=False, indent=None if as_json else 2))


with_account(answers)


@bench.command()
@click.option("--seconds", default=5.0, show_default=True, help="1つの速さで測る秒数")
@_JSON
def scale(seconds: float, as_json: bool) -> None:
    """SQLite（1プロセス）とPostgreSQL（1・2・4プロセス）に、同じ負荷をかけて比べます。"""
    from bot.bench import scale as benchmark

    _report(benchmark.run(seconds=seconds), as_json)


@bench.command()
@click.option("--people", default=60_000, show_default=True, help="届ける人数")
@click.option("--kills", default=200, show_default=True, help="係を止める回数")
@_JSON
def delivery(people: int, kills: int, as_json: bool) -> None:
    """配信中に係を何度も止めて、全員に1回だけ届くか。緊急を送る速さ。"""
    from bot.bench import delivery as benchmark

    result = benchmark.run(people, kills)
    _report(result, as_json)
    if result["killed"]["wrong"]:
        raise click.exceptions.Exit(1)


@bench.command()
@click.option("--minutes", default=60, show_default=True, help="続ける分")
@click.option("--rate", default=80.0, show_default=True, help="1秒に送る質問の数")
@_JSON
def soak(minutes: int, rate: float, as_json: bool) -> None:
    """同じ速さの質問を長く送り続け、メモリー・速さ・ファイルが変わらないかを見ます。"""
    from bot.bench import soak as benchmark

    def tell(each: benchmark.Minute) -> None:
        text = json.dumps(asdict(each), ensure_ascii=False)
        click.echo(text, err=True)

    result = benchmark.run(minutes, rate, tell)
    _report(result, as_json)
    if not result["good"]:
        raise click.exceptions.Exit(1)


@bench.command()
@click.option("--trials", default=30, show_default=True, help="1つの故障を試す回数の目安")
@click.option("--only", multiple=True, help="この故障だけ（いくつでも）")
@click.option("--outage", default=20.0, show_default=True, help="データベースを止めておく秒数")
@_JSON
def faults(trials: int, only: tuple[str, ...], outage: float, as_json: bool) -> None:
    """プロセス・データベース・LINE・ディスクなどを実際にこわし、失うもの・二重になるものを数えます。"""
    from bot.bench import faults as benchmark

    names = [fault.name for fault in benchmark.FAULTS]
    if unknown := [name for name in only if name not in names]:
        raise click.BadParameter(
            f"{'・'.join(unknown)} はありません。使えるもの：{'・'.join(names)}"
        )

    def tell(result: dict[str, Any]) -> None:
        click.echo(json.dumps(result, ensure_ascii=False), err=True)

    result = benchmark.run(trials, only, outage, tell)
    click.echo(json.dumps(result, ensure_ascii=False) if as_json else benchmark.table(result))
    if not result["good"]:
        raise click.exceptions.Exit(1)
