"""The `menu` commands: rich menus at LINE as the files say. Parse, call, print."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.commands.ops import open_beside, requests_of
from bot.config import Settings
from bot.content.loader import Loaded, load, read_files
from bot.content.problems import errors
from bot.core.menus import AtLine, Plan, for_city
from bot.errors import ContentError, LineError, MadoguchiError, SettingsError
from bot.line.richmenus import RichMenus
from bot.services.menus import Menus
from bot.services.segments import FEW


class LineFailed(MadoguchiError):
    """LINE did not do it; the message says what to do, in Japanese."""


@click.group()
def menu() -> None:
    """トーク画面のメニュー（リッチメニュー）を、ファイルのとおりにします。"""


@menu.command()
@click.option("--dry-run", is_flag=True, help="何が変わるかを見るだけで、何も変えません")
def apply(dry_run: bool) -> None:
    """intents/menus/ のとおりにします。同じ内容なら何も変えません。"""
    with _menus() as (menus, loaded):
        outlook = menus.outlook(loaded) if dry_run else menus.apply(loaded)
        lines = _steps(outlook.plan)
        for title, size in menus.sizes(outlook.groups):
            lines.append(f"{title}：{_people(size)}")
    if outlook.emergency:
        lines.append("緊急のメニューを出しています。戻すときは madoguchi menu emergency off です。")
    click.echo("\n".join(lines))
    click.echo(
        "（見ただけです。まだ何も変えていません）"
        if dry_run
        else "LINEをファイルのとおりにしました。"
    )


@menu.command()
def show() -> None:
    """ファイルのメニューと、LINEの今のメニューを並べて見ます。"""
    with _menus() as (menus, loaded):
        outlook, at_line = menus.outlook(loaded), menus.line.look()
        for each in for_city(loaded.menus, menus.city):
            click.echo(f"{each.title}（{each.role}）：{' / '.join(a.label for a in each.areas)}")
        click.echo(f"LINEの今のメニュー：{_current(at_line)}")
        same = outlook.plan.is_empty
        click.echo(
            "ファイルと同じです。" if same else "ちがいます。madoguchi menu apply で合わせます。"
        )


@menu.command()
@click.argument("switch", type=click.Choice(["on", "off"]))
def emergency(switch: str) -> None:
    """緊急のメニューを全員に出す（on）・元に戻す（off）。"""
    on = switch == "on"
    with _open() as menus:
        try:
            changed = menus.emergency(_loaded(menus.content_dir), on=on)
        except ContentError as wrong:
            if not on:
                raise
            changed = _without_files(menus, wrong)
    now = "緊急のメニュー" if on else "ふだんのメニュー"
    click.echo(f"{now}に切りかえました。" if changed else f"もう{now}でした。")


def _without_files(menus: Menus, wrong: ContentError) -> bool:
    """Warn all the same: in a disaster nobody has the time to look for a mistake in some file."""
    try:
        changed = menus.warn_everybody()
    except ContentError:
        raise wrong from None
    click.echo("内容にまちがいがあるため、LINEにある緊急のメニューを使いました。", err=True)
    return changed


@contextmanager
def _menus() -> Iterator[tuple[Menus, Loaded]]:
    with _open() as menus:
        yield menus, _loaded(menus.content_dir)


@contextmanager
def _open() -> Iterator[Menus]:
    settings = Settings.from_env()
    if not settings.has_line:
        raise SettingsError("LINE_CHANNEL_SECRET と LINE_CHANNEL_ACCESS_TOKEN を設定してください。")
    requests = requests_of(settings)
    with open_beside(settings) as db:
        line = RichMenus(requests)
        menus = Menus(
            db, line, settings.madoguchi_content_dir, settings.city, _now, settings.account
        )
        try:
            yield menus
        except LineError as error:
            request = f"、LINEの番号 {error.request_id}" if error.request_id else ""
            raise LineFailed(
                f"LINEでできませんでした（{error.status or '返事なし'}{request}）。"
                "少し待って、同じコマンドをもう一度実行してください（続きから行います）。"
            ) from None
        finally:
            requests.close()


def _loaded(directory: Path) -> Loaded:
    loaded = load(read_files(directory))
    if wrong := errors(loaded.problems):
        raise ContentError("\n".join(str(problem) for problem in wrong))
    return loaded


def _steps(plan: Plan) -> list[str]:
    if plan.is_empty:
        return ["LINEはファイルと同じです。"]
    lines = [f"作る：{built.menu.title}" for built in plan.create]
    if plan.default is not None:
        lines.append("全員に出すメニューを切りかえる")
    if plan.delete:
        lines.append(f"古いメニューを消す：{len(plan.delete)}個")
    lines.append(f"LINEの1時間100回のうち{plan.changes}回を使います。")
    return lines


def _people(size: int) -> str:
    return f"{FEW}人未満" if size < FEW else f"{size}人"


def _current(at_line: AtLine) -> str:
    if at_line.default is None:
        return "なし"
    return at_line.names.get(at_line.default, "ほかで作られたもの")


def _now() -> datetime:
    return datetime.now(UTC)


COMMANDS: Sequence[click.Command] = (menu,)  # for `bot.cli`
