"""The steps of an announcement as commands: parse, call a service, print."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bot.config import Settings
from bot.core.announcements import STATE_WORDS
from bot.core.calendar import JAPAN
from bot.services.logwords import said
from bot.services.reporting import Status
from bot.wiring.announce import Parts, open_parts

_BY = click.option("--as", "by", default="", help="操作する人の名前（記録に残ります）")
_JSON = click.option("--json", "as_json", is_flag=True, help="結果をJSONで出します")
_FILE = click.option(
    "--file",
    "path",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="お知らせのYAMLファイル",
)
_STILL_SECONDS = 15.0  # longer than a request to LINE may take
ID = click.argument("announcement", type=click.IntRange(min=1), metavar="ID")


@click.group()
def announce() -> None:
    """お知らせを作り、承認し、送ります。"""


@announce.command()
@_FILE
@_BY
def new(path: Path, by: str) -> None:
    """下書きを作ります。番号だけを出します。"""
    with parts() as found:
        click.echo(found.announcing.new(str(path), path.read_bytes(), by))


@announce.command()
@ID
@_FILE
@_BY
def edit(announcement: int, path: Path, by: str) -> None:
    """下書きを書き直します（点検と承認はやり直しです）。"""
    with parts() as found:
        found.announcing.edit(announcement, str(path), path.read_bytes(), by)


@announce.command()
@ID
@_BY
@_JSON
def check(announcement: int, by: str, as_json: bool) -> None:
    """文・日付・リンク・送る相手を点検します。直すところがあれば 1 で終わります。"""
    with parts(line=True) as found:
        review = found.announcing.check(announcement, by)
        if as_json:
            _write({"passed": review.passed, "findings": review.as_json()})
        else:
            for finding in review.findings:
                click.echo(f"{'' if finding.stop else '注意：'}{finding.text}")
            if review.passed:
                click.echo("点検が終わりました。承認に進めます。")
        if not review.passed:
            sys.exit(1)


@announce.command()
@ID
@_JSON
def preview(announcement: int, as_json: bool) -> None:
    """だれに、どう届くかを見ます。"""
    with parts(line=True) as found:
        shown = found.previewing.preview(announcement)
        if as_json:
            _write(shown.as_json())
        else:
            click.echo("\n".join(shown.lines()))


@announce.command()
@ID
@_BY
def submit(announcement: int, by: str) -> None:
    """承認を頼みます。"""
    _do(announcement, lambda it: it.announcing.submit(announcement, by), line=True)


@announce.command()
@ID
@click.option("--as", "by", required=True, help="承認する人の名前（作った人とは別の人）")
def approve(announcement: int, by: str) -> None:
    """承認します。文と条件はここで固まります。"""
    _do(announcement, lambda it: it.announcing.approve(announcement, by), line=True)


@announce.command()
@ID
@click.option("--as", "by", required=True, help="差し戻す人の名前")
@click.option("--reason", required=True, help="理由（作った人に見えます）")
def reject(announcement: int, by: str, reason: str) -> None:
    """承認せずに、理由を添えて下書きへ差し戻します。"""
    _do(announcement, lambda it: it.announcing.send_back(announcement, by, reason))


@announce.command()
@ID
@_BY
@click.option("--now", "at_once", is_flag=True, help="書いてある日時を待たずに送ります")
def send(announcement: int, by: str, at_once: bool) -> None:
    """配信を予約します（すぐ戻ります）。日時がなければ、すぐ始まります。"""
    _do(announcement, lambda it: it.announcing.send(announcement, by, at_once=at_once))


@announce.command()
@ID
@_JSON
def status(announcement: int, as_json: bool) -> None:
    """どこまで送れたかを見ます。"""
    with parts() as found:
        reached = found.reporting.status(announcement)
        if as_json:
            _write(reached.as_json())
        else:
            click.echo("\n".join(_status_lines(reached)))


@announce.command()
@ID
@_BY
def pause(announcement: int, by: str) -> None:
    """一時停止します（送信中の1回分は届きます）。戻ったあとには、何も送りません。"""
    _do(announcement, lambda it: _stop(it, announcement, it.announcing.pause, by))


@announce.command()
@ID
@_BY
def resume(announcement: int, by: str) -> None:
    """続きから送ります。"""
    _do(announcement, lambda it: it.announcing.resume(announcement, by))


@announce.command()
@ID
@_BY
def cancel(announcement: int, by: str) -> None:
    """取り消します（送ったものは消えません）。戻ったあとには、何も送りません。"""
    _do(announcement, lambda it: _stop(it, announcement, it.announcing.cancel, by))


@announce.command()
@ID
@_FILE
@_BY
def correct(announcement: int, path: Path, by: str) -> None:
    """まちがいが届いた人だけに訂正を用意します。番号だけを出します。承認すると送られます。"""
    with parts(line=True) as found:
        click.echo(found.announcing.correct(announcement, str(path), path.read_bytes(), by))


@announce.command()
@ID
@click.option("--as", "by", required=True, help="決める人の名前")
@click.option("--arrived/--not-arrived", required=True, help="届いた／届いていない")
def resolve(announcement: int, by: str, arrived: bool) -> None:
    """届いたか分からない送信を、職員が決めます。"""
    _do(announcement, lambda it: it.announcing.resolve(announcement, by, arrived=arrived))


@announce.command()
@ID
def export(announcement: int) -> None:
    """送った記録をCSV（user_id,batch,state,accepted_at）で出します。"""
    with parts() as found:
        found.reporting.export(announcement, sys.stdout)


@announce.command()
@ID
@_JSON
def history(announcement: int, as_json: bool) -> None:
    """だれが、いつ、何をしたかを見ます。"""
    with parts() as found:
        for entry in found.reporting.history(announcement):
            at = datetime.fromtimestamp(entry.at / 1000, JAPAN)
            if as_json:
                _write({**entry.__dict__, "at": at.isoformat(timespec="seconds")})
                continue
            shown = said(entry)
            step = f"{shown.before or '—'} → {shown.after}"
            note = f"（{entry.note}）" if entry.note else ""
            click.echo(f"{at:%Y-%m-%d %H:%M:%S} {shown.who}：{shown.what} {step}{note}")


def _do(announcement: int, act: Callable[[Parts], object], *, line: bool = False) -> None:
    """Act, then say where the announcement stands."""
    with parts(line=line) as found:
        act(found)
        reached = found.reporting.status(announcement)
        click.echo("\n".join(_status_lines(reached)[:2]))


def _stop(it: Parts, announcement: int, act: Callable[[int, str], object], by: str) -> None:
    """Stop, and come back when the requests already under way have their answers."""
    act(announcement, by)
    if not it.reporting.wait_until_still(announcement, _STILL_SECONDS):
        click.echo("返事を待っている送信があります。届くかもしれません。", err=True)


@contextmanager
def parts(*, line: bool = False) -> Iterator[Parts]:
    """The use cases, as the environment sets them; `line`: LINE is asked where it is connected."""
    with open_parts(Settings.from_env(), line=line) as found:
        yield found


def _status_lines(found: Status) -> Sequence[str]:
    stored, counts = found.stored, found.counts
    state = STATE_WORDS[stored.state]
    due = "" if stored.due_at is None else f" 予定：{found.as_json()['due_at']}"
    lines = [f"{stored.id}番「{stored.title}」：{state}（{stored.state}）{due}"]
    if stored.reason:
        lines.append(stored.reason)
    if counts.batches:
        lines.append(
            f"対象{counts.recipients}人：受付{counts.accepted}・失敗{counts.failed}・"
            f"不明{counts.unresolved}・これから{counts.pending}（{counts.batches}単位）"
        )
    dropped = counts.left + counts.expired + counts.over_cap
    if dropped:
        lines.append(
            f"送らなかった人：退会など{counts.left}・期限切れ{counts.expired}・"
            f"上限{counts.over_cap}"
        )
    return lines


def _write(value: dict[str, Any]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))
