"""doctor, backup, restore and export as an operator uses them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.commands.ops import backup, doctor, export, restore
from bot.config import HELP
from bot.errors import MadoguchiError
from bot.services import doctor as checks
from bot.services.doctor import Mark
from bot.store import attributes
from bot.store.database import open_database
from bot.store.migrate import HEAD, migrate
from tests.builders import CITY, content, replaced, write
from tests.fakes.line_admin import TOKEN, LineAdmin
from tests.segments import user_id
from tests.store.builders import everything

CITY_FILE = "knowledge/cities/minato.yaml"
OPEN = replaced(CITY, "phone: 099-111-2222", "phone: 099-111-2222\n    hours: 平日8:30〜17:15")
MS = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp() * 1000)
Run = Callable[..., Result]


@pytest.fixture
def line() -> Iterator[LineAdmin]:
    with LineAdmin() as found:
        found.endpoint = {"endpoint": "https://line.minato.jp/line/webhook", "active": True}
        yield found


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: LineAdmin) -> Run:
    """Runs a command of an installation where all is well."""
    write(tmp_path, content({CITY_FILE: OPEN}))
    values = {
        "MADOGUCHI_CITY": "minato",
        "MADOGUCHI_CONTENT_DIR": str(tmp_path),
        "MADOGUCHI_DATABASE_URL": f"sqlite:///{tmp_path}/var/town.db",
        "MADOGUCHI_PUBLIC_URL": "https://line.minato.jp",
        "MADOGUCHI_PRIVACY_URL": "https://www.minato.jp/privacy",
        "LINE_CHANNEL_SECRET": "0123456789abcdef0123456789abcdef",
        "LINE_CHANNEL_ACCESS_TOKEN": TOKEN,
        "LINE_API_BASE": line.url,
        "LINE_DATA_API_BASE": line.url,
    }
    for name in HELP:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    db = open_database(values["MADOGUCHI_DATABASE_URL"])
    migrate(db)
    db.write(lambda c: attributes.know(c, [user_id(1)], MS))
    db.close()

    def invoke(command: Any, *args: str, **more: Any) -> Result:
        return CliRunner().invoke(command, list(args), catch_exceptions=True, **more)

    return invoke


def found(result: Result) -> dict[str, dict[str, str]]:
    """The findings of `doctor --json` by name."""
    output = json.loads(result.stdout)
    assert output["healthy"] == (result.exit_code == 0)
    return {finding["name"]: finding for finding in output["findings"]}


def test_where_all_is_well_every_line_is_good(run: Run) -> None:
    result = run(doctor)
    assert result.exit_code == 0, result.output
    said = [line for line in result.stdout.splitlines() if not line.startswith(" ")]
    marks = {line.split("　")[0] for line in said}
    assert marks <= {"良い", "注意"}
    by_name = found(run(doctor, "--json"))
    for name in (
        "設定", "データベース", "データベースへの書き込み", "LINEのトークン", "時計", "代表の電話",
        "開庁時間", "LINEからの試し送信", "今月の配信数", "公開しているアドレス", "個人情報の扱いのページ",
    ):  # fmt: skip
        assert by_name[name]["mark"] == "良い", by_name[name]
        assert by_name[name]["advice"] == ""


def no_token(line: LineAdmin) -> None:
    line.fail["GET /v2/bot/info"] = 401


def no_answer(line: LineAdmin) -> None:
    line.fail["GET /v2/bot/info"] = 500


def no_address(line: LineAdmin) -> None:
    line.endpoint = None


def other_address(line: LineAdmin) -> None:
    line.endpoint = {"endpoint": "https://old.minato.jp/line/webhook", "active": True}


def switched_off(line: LineAdmin) -> None:
    line.endpoint = {"endpoint": "https://line.minato.jp/line/webhook", "active": False}


def out_of_reach(line: LineAdmin) -> None:
    line.tested = {"success": False, "statusCode": 0, "reason": "COULD_NOT_CONNECT", "detail": ""}


def clock_wrong(line: LineAdmin) -> None:
    line.now = lambda: datetime.now(UTC) + timedelta(minutes=3)


@pytest.mark.parametrize(
    ("trouble", "name", "advice"),
    [
        (no_token, "LINEのトークン", "LINE_CHANNEL_ACCESS_TOKEN"),
        (no_answer, "LINE", "ネットワーク"),
        (no_address, "Webhook", "https://line.minato.jp/line/webhook"),
        (other_address, "Webhook", "MADOGUCHI_PUBLIC_URL"),
        (switched_off, "Webhook", "Webhookの利用"),
        (out_of_reach, "LINEからの試し送信", "証明書"),
        (clock_wrong, "時計", "NTP"),
    ],
)
def test_trouble_at_line_is_named_with_what_to_do(
    run: Run, line: LineAdmin, trouble: Callable[[LineAdmin], None], name: str, advice: str
) -> None:
    trouble(line)
    result = run(doctor, "--json")
    assert result.exit_code == 1
    assert found(result)[name]["mark"] == "だめ"
    assert advice in found(result)[name]["advice"]


def test_of_several_accounts_each_has_a_door_of_its_own(
    run: Run, line: LineAdmin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def address(path: str) -> str:
        """What doctor says of the webhook address that LINE has."""
        line.endpoint = {"endpoint": f"https://line.minato.jp/line/webhook{path}", "active": True}
        said = found(run(doctor, "--json"))
        return said["Webhook"]["advice"] if "Webhook" in said else ""

    for name in ("SECRET", "ACCESS_TOKEN"):
        monkeypatch.delenv(f"LINE_CHANNEL_{name}")
        monkeypatch.setenv(f"OTHER_{name}", f"other-{name}")
    monkeypatch.setenv("ONE_SECRET", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("ONE_ACCESS_TOKEN", TOKEN)
    accounts = [
        f"- id: {name}\n  city: minato\n  channel_secret: env:{name.upper()}_SECRET\n"
        f"  channel_access_token: env:{name.upper()}_ACCESS_TOKEN\n"
        for name in ("one", "other")
    ]
    path = tmp_path / "accounts.yaml"
    monkeypatch.setenv("MADOGUCHI_ACCOUNTS", str(path))
    monkeypatch.setenv("MADOGUCHI_ACCOUNT", "one")
    path.write_text("".join(accounts))
    assert address("/one") == ""
    for wrong in ("", "/other", "/main"):
        assert "https://line.minato.jp/line/webhook/one" in address(wrong)
    path.write_text(accounts[0])
    assert address("/one") == address("") == ""


def test_a_month_nearly_used_up_and_a_slow_clock_are_warnings(run: Run, line: LineAdmin) -> None:
    line.quota, line.used = {"type": "limited", "value": 200}, 185
    line.now = lambda: datetime.now(UTC) - timedelta(seconds=20)
    result = run(doctor, "--json")
    assert result.exit_code == 0
    assert found(result)["今月の配信数"]["mark"] == "注意"
    assert found(result)["時計"]["mark"] == "注意"


def test_a_city_that_nobody_can_reach_is_not_ready(run: Run, tmp_path: Path) -> None:
    silent = OPEN.replace("099-111-2222", '""').replace("平日8:30〜17:15", '""')
    write(tmp_path, content({CITY_FILE: silent}))
    result = run(doctor, "--json")
    assert result.exit_code == 1
    for name, key in (("代表の電話", "phone"), ("開庁時間", "hours")):
        assert found(result)[name]["mark"] == "だめ"
        assert key in found(result)[name]["advice"]
        assert CITY_FILE in found(result)[name]["advice"]


def test_broken_content_is_counted(run: Run, tmp_path: Path) -> None:
    (tmp_path / "intents" / "basic.yaml").write_text("- id: [broken\n")
    result = run(doctor, "--json")
    assert result.exit_code == 1
    assert found(result)["内容"]["mark"] == "だめ"
    assert "madoguchi check" in found(result)["内容"]["advice"]


def test_wrong_settings_are_findings_without_their_values(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MADOGUCHI_RETENTION_DAYS", "many")
    monkeypatch.setenv("LINE_CHANNEL_SECRET", "with blank-secret")
    result = run(doctor)
    assert result.exit_code == 1
    assert result.stdout.count("だめ　設定") == 2
    assert "blank-secret" not in result.output


def test_the_consoles_settings_and_the_list_of_accounts_are_findings_too(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MADOGUCHI_PROXIES", "many")
    monkeypatch.setenv("MADOGUCHI_ACCOUNTS", str(tmp_path / "nowhere.yaml"))
    result = run(doctor)
    assert result.exit_code == 1
    for name in ("MADOGUCHI_PROXIES", "nowhere.yaml", "LINE_CHANNEL_SECRET"):
        assert name in result.stdout


def test_of_several_accounts_one_has_to_be_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secrets = {"channel_secret": "env:S{}", "channel_access_token": "env:T{}"}
    lines = []
    for number in (1, 2):
        monkeypatch.setenv(f"S{number}", f"secret{number}")
        monkeypatch.setenv(f"T{number}", f"token{number}")
        named = {key: value.format(number) for key, value in secrets.items()}
        lines.append(json.dumps({"id": f"a{number}", "city": "minato"} | named))
    listed = tmp_path / "accounts.yaml"
    listed.write_text("".join(f"- {line}\n" for line in lines), "utf-8")
    for name in ("LINE_CHANNEL_SECRET", "LINE_CHANNEL_ACCESS_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("MADOGUCHI_ACCOUNTS", str(listed))
    result = run(doctor)
    assert result.exit_code == 1
    assert "--account" in result.stdout and "a1・a2" in result.stdout
    monkeypatch.setenv("MADOGUCHI_ACCOUNT", "a2")
    assert "だめ　設定" not in run(doctor).stdout


def test_a_missing_database_is_a_warning_and_none_is_made(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MADOGUCHI_DATABASE_URL", f"sqlite:///{tmp_path}/none/town.db")
    assert found(run(doctor, "--json"))["データベース"]["mark"] == "注意"
    assert not (tmp_path / "none").exists()
    result = run(backup, str(tmp_path / "saved"))
    assert isinstance(result.exception, MadoguchiError)
    assert not (tmp_path / "none").exists()


def revised(tmp_path: Path, revision: str) -> None:
    db = open_database(f"sqlite:///{tmp_path}/var/town.db")
    db.write(lambda c: c.exec_driver_sql(f"UPDATE alembic_version SET version_num='{revision}'"))
    db.close()


@pytest.mark.parametrize(("revision", "mark"), [("9999", "だめ"), ("0001", "注意"), (HEAD, "良い")])
def test_the_databases_version_is_judged(
    run: Run, tmp_path: Path, revision: str, mark: str
) -> None:
    revised(tmp_path, revision)
    assert found(run(doctor, "--json"))["データベース"]["mark"] == mark


def test_something_that_is_no_database_is_bad(run: Run, tmp_path: Path) -> None:
    (tmp_path / "var" / "town.db").write_bytes(b"something else" * 100)
    result = run(doctor, "--json")
    assert result.exit_code == 1
    assert found(result)["データベース"]["mark"] == "だめ"


@pytest.mark.parametrize(("free", "mark"), [(0.2, Mark.BAD), (1.0, Mark.WARN), (9.0, Mark.GOOD)])
def test_little_room_on_the_disk_is_said_in_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: float, mark: Mark
) -> None:
    class Usage:
        pass

    usage = Usage()
    usage.free = free * 1024**3  # type: ignore[attr-defined]
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _: usage)
    assert checks.check_disk(tmp_path / "not" / "yet").mark is mark


def test_without_line_the_web_chat_alone_is_a_warning(
    run: Run, monkeypatch: pytest.MonkeyPatch, line: LineAdmin
) -> None:
    monkeypatch.delenv("LINE_CHANNEL_SECRET")
    monkeypatch.delenv("LINE_CHANNEL_ACCESS_TOKEN")
    result = run(doctor, "--json")
    assert result.exit_code == 0
    assert found(result)["LINE"]["mark"] == "注意"
    assert line.calls == []


@pytest.fixture
def serving(tmp_path: Path, run: Run) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that owns the database, as serve does."""
    code = (
        "import sys,time; from bot.store.database import open_database as o;"
        "d=o(sys.argv[1]); print('up',flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, f"sqlite:///{tmp_path}/var/town.db"],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_doctor_and_backup_work_beside_a_running_bot_and_restore_waits_for_its_end(
    run: Run, tmp_path: Path, serving: subprocess.Popen[bytes]
) -> None:
    assert run(doctor).exit_code == 0
    assert run(backup, str(tmp_path / "saved")).exit_code == 0
    refused = run(restore, str(tmp_path / "saved"), "--yes")
    assert isinstance(refused.exception, MadoguchiError)
    assert "使用中" in str(refused.exception)
    serving.kill()
    serving.wait()
    time.sleep(0.05)
    result = run(restore, str(tmp_path / "saved"), "--yes")
    assert result.exit_code == 0, result.output
    assert "戻しました" in result.stdout


def test_restore_asks_before_it_throws_anything_away(run: Run, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/var/town.db"
    run(backup, str(tmp_path / "saved"))
    db = open_database(url)
    db.write(lambda c: attributes.know(c, [user_id(2)], MS))
    db.close()
    result = run(restore, str(tmp_path / "saved"), input="n\n")
    assert result.exit_code == 1
    assert "今の内容はなくなります" in result.stderr
    db = open_database(url)
    assert user_id(2) in everything(db)
    db.close()


def test_export_writes_a_folder_that_says_what_it_is(run: Run, tmp_path: Path) -> None:
    result = run(export, str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    assert "個人情報" in result.stdout
    assert user_id(1) in (tmp_path / "out" / "residents.csv").read_text()
    again = run(export, str(tmp_path / "out"))
    assert isinstance(again.exception, MadoguchiError)


def test_doctor_knows_of_the_last_backup_and_restore_misses_the_list_of_erasures(
    run: Run, tmp_path: Path
) -> None:
    assert found(run(doctor, "--json"))["控え"]["mark"] == "注意"
    assert run(backup, str(tmp_path / "saved")).exit_code == 0
    assert found(run(doctor, "--json"))["控え"]["mark"] == "良い"
    listed = tmp_path / "var" / "town.db.erasures"
    assert (
        f"消去の一覧（{listed}）がありません"
        in run(restore, str(tmp_path / "saved"), input="n\n").stderr
    )
    listed.write_text("")
    asked = run(restore, str(tmp_path / "saved"), input="n\n")
    assert "消去の一覧" not in asked.stderr


def test_a_backup_of_a_server_is_noted_too(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    monkeypatch.setenv("MADOGUCHI_DATABASE_URL", postgres_url)
    db = open_database(postgres_url)
    migrate(db)
    db.close()
    assert run(backup, str(tmp_path / "saved")).exit_code == 0
    assert found(run(doctor, "--json"))["控え"]["mark"] == "良い"
