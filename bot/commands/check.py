"""`madoguchi check`: everything that is wrong with the content, in one run."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from bot.commands.environment import of_content
from bot.content.coverage import report as coverage_report
from bot.content.indexcache import IndexCache
from bot.content.loader import read_files
from bot.content.problems import errors
from bot.content.provenance import check_against
from bot.content.provenance import write_facts as write_sources
from bot.content.sudachi import SudachiTokenizer
from bot.services.answering import JAPAN
from bot.services.publishing import check_answers, check_files


@click.command()
@click.option("--strict", is_flag=True, help="注意も問題として数えます")
@click.option(
    "--coverage",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="知識チェックリストのどの項目に答えがないかも出します",
)
@click.option(
    "--provenance",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="計画の全文のあるフォルダ。答えの数字や名前を全文で確かめます",
)
@click.option(
    "--write-facts", is_flag=True, help="--provenance の全文から knowledge/sources/ を作り直します"
)
def check(strict: bool, coverage: Path | None, provenance: Path | None, write_facts: bool) -> None:
    """intents/ と knowledge/ のまちがいを、全部まとめて出します。"""
    if write_facts and provenance is None:
        raise click.UsageError(
            "--write-facts には --provenance で全文のフォルダも指定してください。"
        )
    settings = of_content()
    directory, saved = settings.madoguchi_content_dir, IndexCache(settings.madoguchi_cache_dir)
    files = read_files(directory)
    checked = check_files(files, datetime.now(JAPAN).date())
    served = checked.good  # test lines and sources only we check: the running bot does without
    if served:
        checked = check_answers(checked, files, SudachiTokenizer(), saved)
    problems = set(checked.problems)
    if provenance is not None:
        if write_facts:
            for path, text in write_sources(checked.loaded, files, provenance).items():
                (directory / path).write_text(text, encoding="utf-8")
            files = read_files(directory)
        problems |= set(check_against(checked.loaded, files, provenance))
    for problem in sorted(problems):
        click.echo(str(problem))
    missing = 0
    if coverage is not None:
        lines, missing = coverage_report(coverage.read_text(encoding="utf-8"), checked.loaded)
        click.echo("\n".join(lines))
    wrong = len(problems if strict else errors(problems)) + missing
    if wrong:
        after = (
            "動いているまどぐちは、このままの内容で応答しています。"
            if served
            else "直すまで、前回の内容で応答を続けます。"
        )
        click.echo(f"{wrong}件の問題があります。{after}", err=True)
        sys.exit(1)
