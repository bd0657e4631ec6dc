"""Is everything in place to go live? One finding a line, each bad one with what to do about it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.content.loader import read_files
from bot.content.problems import errors
from bot.core.calendar import JAPAN
from bot.core.channel import LineChannel
from bot.core.knowledge import City
from bot.core.tokens import Tokenize
from bot.errors import ContentError, LineError, StoreError, StoreVersion
from bot.services.publishing import Checked, check_everything
from bot.store import links, pulse
from bot.store.clock import moment, now_ms
from bot.store.database import MOST_CONNECTIONS, Database
from bot.store.migrate import HEAD, REVISIONS, current_revision, require_encoding
from bot.store.portable import connections

_GB = 1024**3
_DISK_BAD, _DISK_WARN = 0.5 * _GB, 2 * _GB
_CLOCK_WARN, _CLOCK_BAD = 5.0, 60.0  # seconds; LINE's Date has whole seconds, and travels
_QUOTA_WARN = 0.9
_LINKS_OLD, _BACKUP_OLD = timedelta(days=60), timedelta(days=2)
_SQLITE = "sqlite:///"
_WRITE_TO_FILE = "ディスクの空きと、ファイルの権限を確かめてください。"
_WRITE_TO_SERVER = (
    "サーバーが動いているか、アドレスとパスワード、つなぐ先が読み取り専用の複製でないか、"
    "サーバーのディスクの空きを確かめてください。"
)
WEBHOOK = "/line/webhook"
_ADVICE_WEBHOOK = {
    "COULD_NOT_CONNECT": "DNS・ファイアウォール・TLS証明書（公的な認証局のもの）を確かめてください。",
    "REQUEST_TIMEOUT": "serve が動いているか、nginx からの中継が届いているかを確かめてください。",
    "ERROR_STATUS_CODE": "nginx の設定と、LINE_CHANNEL_SECRET が今のものかを確かめてください。",
}


class Mark(StrEnum):
    """How it is."""

    GOOD = "良い"
    WARN = "注意"
    BAD = "だめ"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    mark: Mark
    text: str
    advice: str = ""

    def __str__(self) -> str:
        advice = f"\n    → {self.advice}" if self.advice else ""
        return f"{self.mark}　{self.name}：{self.text}{advice}"

    def as_json(self) -> dict[str, Any]:
        """What `doctor --json` prints."""
        return asdict(self)


def healthy(findings: Iterable[Finding]) -> bool:
    """Whether nothing is bad; warnings are for thinking about."""
    return all(finding.mark is not Mark.BAD for finding in findings)


def check_database(
    url: str, open_it: Callable[[], Database], clock: Callable[[], datetime]
) -> Iterator[Finding]:
    """Opens, has the right tables, and takes a write. Works beside a running bot."""
    name, on_server = "データベース", not url.startswith(_SQLITE)
    if not on_server and not Path(url.removeprefix(_SQLITE)).exists():
        yield Finding(name, Mark.WARN, "まだありません。", "serve を一度動かすと作られます。")
        return
    try:
        db = open_it()
    except StoreError as error:
        yield Finding(name, Mark.BAD, str(error), "場所・権限・サーバーの状態を確かめてください。")
        return
    try:
        require_encoding(db)
        yield _version(name, db)
        if on_server:
            yield _clock_of(db, clock)
            yield _connections(db)
        if current_revision(db) == HEAD:
            now = int(clock().timestamp() * 1000)
            db.write(lambda c: pulse.beat(c, now))
            yield Finding(f"{name}への書き込み", Mark.GOOD, "書けます。")
            yield _last_backup(db, clock())
    except StoreVersion as error:
        advice = "作り直したデータベースには、控え（madoguchi backup）から戻せます。"
        yield Finding(name, Mark.BAD, str(error), advice)
    except StoreError as error:
        advice = _WRITE_TO_SERVER if on_server else _WRITE_TO_FILE
        yield Finding(f"{name}への書き込み", Mark.BAD, str(error), advice)
    finally:
        db.close()


def check_content(
    directory: Path, city_id: str, today: date, tokenize: Tokenize
) -> Iterator[Finding]:
    """What `madoguchi check` finds, in numbers, and whether the city can be reached."""
    try:
        checked = check_everything(read_files(directory), today, tokenize)
    except ContentError as error:
        yield Finding("内容", Mark.BAD, str(error), "フォルダの読み取り権限を確かめてください。")
        return
    yield _content(checked)
    city = checked.loaded.draft.cities.get(city_id)
    if city is not None:
        yield from _contacts(city)


def check_links(open_it: Callable[[], Database], account: str, now: datetime) -> Iterator[Finding]:
    """What the last `madoguchi links` found; nothing where the database cannot tell."""
    name = "リンク"
    try:
        db = open_it()
    except StoreError:
        return  # said already
    try:
        if current_revision(db) != HEAD:
            return
        with db.read() as connection:
            found = links.find(connection, account)
    finally:
        db.close()
    if not found:
        advice = "madoguchi links で、リンクが開けるかを確かめてください。"
        yield Finding(name, Mark.WARN, "まだ確かめていません。", advice)
        return
    broken = [each for each in found if each.outcome == links.BROKEN]
    day = moment(found[0].at).astimezone(JAPAN).date()
    text = f"{len(found)}件のうち{len(broken)}件が切れています（{day}に確認）。"
    if broken:
        advice = "職員画面の「見直す期限」か madoguchi links で場所を見て、直してください。"
        yield Finding(name, Mark.WARN, text, advice)
    elif now - moment(found[0].at) > _LINKS_OLD:
        advice = "madoguchi links で、もう一度確かめてください。"
        yield Finding(name, Mark.WARN, f"{day}から確かめていません。", advice)
    else:
        yield Finding(name, Mark.GOOD, f"{len(found)}件が開けました（{day}に確認）。")


def check_addresses(settings: Mapping[str, str]) -> Iterator[Finding]:
    """The addresses residents are shown: setting -> its value."""
    for name, what in (
        ("MADOGUCHI_PUBLIC_URL", "公開しているアドレス"),
        ("MADOGUCHI_PRIVACY_URL", "個人情報の扱いのページ"),
    ):
        if settings.get(name):
            yield Finding(what, Mark.GOOD, settings[name])
        else:
            yield Finding(what, Mark.WARN, "設定がありません。", f"{name} を設定してください。")


def check_line(
    line: LineChannel | None,
    public_url: str,
    clock: Callable[[], datetime],
    doors: Sequence[str] = (WEBHOOK,),
) -> Iterator[Finding]:
    """The token, our clock against LINE's, the webhook with LINE's own test, the month's quota.

    `doors` are the paths at which LINE may reach the account, the one to recommend first.
    """
    if line is None:
        advice = "LINE_CHANNEL_SECRET と LINE_CHANNEL_ACCESS_TOKEN を設定してください。"
        yield Finding("LINE", Mark.WARN, "設定がありません。Webチャットだけで動きます。", advice)
        return
    try:
        before = clock()
        info = line.info()
        half = (clock() - before) / 2
        yield Finding(
            "LINEのトークン", Mark.GOOD, f"「{info.name}」（{info.basic_id}）のものです。"
        )
        if info.chat_on:
            advice = "応答が二重にならないよう、LINE公式アカウントの応答設定を確かめてください。"
            yield Finding("LINEのチャット", Mark.WARN, "オンになっています。", advice)
        if info.at is not None:
            yield _clock((before + half - info.at).total_seconds())
        yield from _webhook(line, public_url, doors)
        yield from _quota(line)
    except LineError as error:
        yield _line_failed(error)


def check_disk(path: Path) -> Finding:
    """Room where the database grows."""
    there = next(each for each in (path, *path.parents) if each.exists())
    free = shutil.disk_usage(there).free
    text = f"空きは {free / _GB:.1f} GB です。"
    advice = "古いバックアップやログを移すか、ディスクを大きくしてください。"
    if free < _DISK_BAD:
        return Finding("ディスク", Mark.BAD, text, advice)
    if free < _DISK_WARN:
        return Finding("ディスク", Mark.WARN, text, advice)
    return Finding("ディスク", Mark.GOOD, text)


def _version(name: str, db: Database) -> Finding:
    revision = current_revision(db)
    if revision == HEAD:
        return Finding(name, Mark.GOOD, f"使えます（版 {revision}）。")
    if revision is None:
        return Finding(name, Mark.WARN, "空です。", "serve を一度動かすと表が作られます。")
    if revision in REVISIONS:
        text = f"古い版です（{revision}、今は{HEAD}）。"
        return Finding(name, Mark.WARN, text, "次に serve を始めるときに新しくなります。")
    text = f"新しい版のまどぐちで作られています（{revision}、この版は{HEAD}まで）。"
    return Finding(name, Mark.BAD, text, "まどぐちを新しい版にしてください。")


def _clock_of(db: Database, clock: Callable[[], datetime]) -> Finding:
    """The database's clock, by which events are late and announcements due, against this machine's."""
    with db.read() as connection:
        before = clock()
        theirs = moment(now_ms(connection))
        ours = before + (clock() - before) / 2
    return _clock((theirs - ours).total_seconds(), "データベースの時計", "この機械")


def _connections(db: Database) -> Finding:
    """How many of our processes the server has room for: what is refused one is a 503."""
    with db.read() as connection:
        most, used = connections(connection)
    text = (
        f"{most}本まで（今は{used}本）。1つのプロセスが、多いときに{MOST_CONNECTIONS}本使います。"
    )
    if most - used < MOST_CONNECTIONS:
        advice = f"postgresql.conf の max_connections を「プロセスの数×{MOST_CONNECTIONS}＋10」より大きくしてください。"
        return Finding("データベースへの接続", Mark.WARN, text, advice)
    return Finding("データベースへの接続", Mark.GOOD, text)


def _last_backup(db: Database, now: datetime) -> Finding:
    """When `madoguchi backup` last came to its end."""
    name, advice = (
        "控え",
        "madoguchi-daily.timer か cron で、毎晩 madoguchi backup を動かしてください。",
    )
    with db.read() as connection:
        last = pulse.last(connection, pulse.BACKUP)
    if last is None:
        return Finding(name, Mark.WARN, "まだ取っていません。", advice)
    said = f"最後は {moment(last).astimezone(JAPAN):%Y-%m-%d %H:%M} です。"
    if now - moment(last) > _BACKUP_OLD:
        return Finding(name, Mark.WARN, said, advice)
    return Finding(name, Mark.GOOD, said)


def _content(checked: Checked) -> Finding:
    wrong = len(errors(checked.problems))
    warnings = len(checked.problems) - wrong
    text = f"まちがい{wrong}件・注意{warnings}件（知識{len(checked.loaded.draft.entries)}項目）。"
    if wrong:
        return Finding("内容", Mark.BAD, text, "madoguchi check で場所を見て、直してください。")
    if warnings:
        return Finding("内容", Mark.WARN, text, "madoguchi check で確かめてください。")
    return Finding("内容", Mark.GOOD, text)


def _contacts(city: City) -> Iterator[Finding]:
    main = city.contact("main")
    place = f"knowledge/cities/{city.id}.yaml の contacts（main）"
    for name, value, key in (
        ("代表の電話", main.phone, "phone"),
        ("開庁時間", main.hours, "hours"),
    ):
        if value:
            yield Finding(name, Mark.GOOD, value)
        else:
            advice = f"{place} の {key} に書いてください。住民が人に聞けるようにするためです。"
            yield Finding(name, Mark.BAD, "空です。", advice)
    empty = [c.name for c in city.contacts.values() if c.id != main.id and not c.phone]
    if empty:
        text = f"電話のない連絡先：{'・'.join(empty)}"
        advice = "わかるものは書いてください。公式ページを案内します。"
        yield Finding("ほかの連絡先", Mark.WARN, text, advice)


def _clock(ahead: float, name: str = "時計", other: str = "LINE") -> Finding:
    text = f"{other}の時計との差は {abs(ahead):.0f} 秒です。"
    advice = "NTP（timedatectl set-ntp true）で合わせてください。"
    if abs(ahead) > _CLOCK_BAD:
        return Finding(name, Mark.BAD, text, advice)
    if abs(ahead) > _CLOCK_WARN:
        return Finding(name, Mark.WARN, text, advice)
    return Finding(name, Mark.GOOD, text)


def _webhook(line: LineChannel, public_url: str, doors: Sequence[str]) -> Iterator[Finding]:
    name, right = "Webhook", f"{public_url or 'https://…'}{doors[0]}"
    endpoint = line.endpoint()
    if endpoint is None:
        advice = f"LINE Developers の「Webhook URL」に {right} を入れてください。"
        yield Finding(name, Mark.BAD, "LINEにアドレスがありません。", advice)
        return
    if public_url and endpoint.url not in [public_url + door for door in doors]:
        advice = f"LINE Developers か MADOGUCHI_PUBLIC_URL を直してください（{right} のはずです）。"
        yield Finding(name, Mark.BAD, f"LINEには {endpoint.url} とあります。", advice)
    if not endpoint.active:
        advice = "LINE Developers で「Webhookの利用」をオンにしてください。"
        yield Finding(name, Mark.BAD, "オフになっています。", advice)
    tested = line.test_webhook()
    if tested.success:
        yield Finding("LINEからの試し送信", Mark.GOOD, "届きました。")
    else:
        text = f"届きませんでした（{tested.reason or '理由なし'}、{tested.status}）。"
        advice = _ADVICE_WEBHOOK.get(tested.reason, "アドレスと nginx の設定を確かめてください。")
        yield Finding("LINEからの試し送信", Mark.BAD, text, advice)


def _quota(line: LineChannel) -> Iterator[Finding]:
    quota = line.quota()
    if quota.limit is None:
        yield Finding("今月の配信数", Mark.GOOD, f"{quota.used}通（上限なし）。")
        return
    text = f"{quota.limit}通のうち{quota.used}通を使いました。"
    if quota.used >= quota.limit * _QUOTA_WARN:
        advice = "お知らせが届かなくなります（返信は届きます）。プランを見直してください。"
        yield Finding("今月の配信数", Mark.WARN, text, advice)
    else:
        yield Finding("今月の配信数", Mark.GOOD, text)


def _line_failed(error: LineError) -> Finding:
    if error.status in (401, 403):
        advice = "LINE_CHANNEL_ACCESS_TOKEN が今のものか、LINE Developers で確かめてください。"
        return Finding("LINEのトークン", Mark.BAD, f"使えません（{error.status}）。", advice)
    request = f"、LINEの番号 {error.request_id}" if error.request_id else ""
    text = f"LINEに聞けませんでした（{error.status or '返事なし'}{request}）。"
    return Finding("LINE", Mark.BAD, text, "ネットワークを確かめ、少し待ってからもう一度。")
