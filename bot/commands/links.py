"""The `links` command: do the content's links still lead somewhere?"""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import UTC, datetime

import click

from bot.commands.ops import open_beside
from bot.config import Settings
from bot.content.links import links_in
from bot.content.loader import read_files
from bot.errors import StoreError
from bot.services.linkchecks import LinkChecks, check_links
from bot.store import links as store
from bot.store.links import BROKEN, GOOD, MOVED, UNSURE

_NAMES = {BROKEN: "切れています", UNSURE: "確かめられません", MOVED: "移りました"}
_OFFLINE = (
    "どのアドレスからも返事がありません。この機械がネットワークにつながっているか、"
    "外への通信が許されているかを確かめてください。前の結果は、そのまま残しています。"
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="結果をJSONで出します")
def links(as_json: bool) -> None:
    """内容に書かれたリンクが、今も開けるかを確かめます（切れていれば終了コード1）。"""
    settings = Settings.only(Settings.every_from_env(need_city=False))
    found = links_in(read_files(settings.madoguchi_content_dir))
    if settings.madoguchi_privacy_url:
        places = found.get(settings.madoguchi_privacy_url, ())
        found[settings.madoguchi_privacy_url] = (*places, "MADOGUCHI_PRIVACY_URL")
    result = check_links(found, _now)
    kept = not result.offline and _keep(settings, result)
    if as_json:
        _print_json(result)
    else:
        _print(result, kept)
    if result.offline or result.broken:
        sys.exit(1)


def _keep(settings: Settings, result: LinkChecks) -> bool:
    """Keep the outcome for the console; False where there is no database yet."""
    try:
        with open_beside(settings) as db:
            db.write(lambda c: store.replace_all(c, result.checks, settings.account))
    except StoreError:
        return False
    return True


def _print_json(result: LinkChecks) -> None:
    checks = [
        {
            "url": each.url,
            "outcome": each.outcome,
            "status": each.status,
            "text": each.text,
            "used_by": each.used_by,
        }
        for each in result.checks
    ]
    click.echo(json.dumps({"offline": result.offline, "links": checks}, ensure_ascii=False))


def _print(result: LinkChecks, kept: bool) -> None:
    if result.offline:
        click.echo(_OFFLINE)
        return
    for outcome in (BROKEN, UNSURE, MOVED):
        for each in result.checks:
            if each.outcome == outcome:
                click.echo(f"{_NAMES[outcome]}　{each.url}\n    {each.text}")
                click.echo(f"    書いてある所：{'・'.join(each.used_by)}")
    counts = Counter(each.outcome for each in result.checks)
    shown = "・".join(f"{name}{counts[key]}件" for key, name in _COUNTED)
    click.echo(f"{len(result.checks)}件のリンク：{shown}")
    if not kept:
        click.echo("データベースがまだないため、結果は残していません。")


_COUNTED = ((GOOD, "開ける"), (MOVED, "移った"), (UNSURE, "確かめられない"), (BROKEN, "切れた"))


def _now() -> datetime:
    return datetime.now(UTC)
