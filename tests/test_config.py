"""Settings: everything wrong is said at once, in Japanese, and no secret is ever shown."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from bot.config import HELP, REPOSITORY, Settings
from bot.errors import SettingsError
from tests.builders import content, write

NAMES = [name.upper() for name in HELP]


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without any of our settings."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def refused() -> list[str]:
    """What is complained of, a line each."""
    with pytest.raises(SettingsError) as raised:
        Settings.from_env()
    first, *lines = str(raised.value).splitlines()
    assert first == "設定に問題があります。"
    return lines


def test_a_city_alone_is_enough(env: pytest.MonkeyPatch) -> None:
    env.setenv("MADOGUCHI_CITY", "onojo")
    settings = Settings.from_env()
    assert settings.city == "onojo"
    assert settings.madoguchi_content_dir == REPOSITORY
    assert settings.madoguchi_retention_days == 90
    assert settings.line_api_base == "https://api.line.me"
    assert not settings.has_line


def test_demo_needs_no_city(env: pytest.MonkeyPatch) -> None:
    env.setenv("MADOGUCHI_DEMO", "1")
    assert Settings.from_env().city == "hachioji"


def test_a_missing_city_is_named_with_an_example(env: pytest.MonkeyPatch) -> None:
    (line,) = refused()
    assert "MADOGUCHI_CITY がありません" in line
    assert "例：MADOGUCHI_CITY=" in line
    assert Settings.from_env(need_city=False).city == ""


def test_an_empty_value_counts_as_none(env: pytest.MonkeyPatch) -> None:
    env.setenv("MADOGUCHI_CITY", "onojo")
    env.setenv("MADOGUCHI_RETENTION_DAYS", "")
    env.setenv("LINE_CHANNEL_SECRET", "")
    assert Settings.from_env().madoguchi_retention_days == 90


WRONG = {
    "MADOGUCHI_CITY": "nowhere",
    "MADOGUCHI_DATABASE_URL": "mysql://db/x",
    "MADOGUCHI_PUBLIC_URL": "http://city.example.jp",
    "MADOGUCHI_PRIVACY_URL": "city.example.jp/privacy",
    "MADOGUCHI_RETENTION_DAYS": "0",
    "MADOGUCHI_DEMO": "maybe",
    "MADOGUCHI_WORKER": "sometimes",
    "LINE_CHANNEL_SECRET": "ひみつ",
    "LINE_CHANNEL_ACCESS_TOKEN": "with blank",
    "LINE_API_BASE": "https://",
    "LINE_DATA_API_BASE": "ftp://api.line.me",
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_a_wrong_setting_is_named_alone(env: pytest.MonkeyPatch, name: str) -> None:
    env.setenv("MADOGUCHI_CITY", "onojo")
    if name.startswith("LINE_CHANNEL"):
        env.setenv("LINE_CHANNEL_SECRET", "0123456789abcdef0123456789abcdef")
        env.setenv("LINE_CHANNEL_ACCESS_TOKEN", "AbCd/+=")
    env.setenv(name, WRONG[name])
    (line,) = refused()
    assert line.startswith(f"- {name} ")
    assert "例：" in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MADOGUCHI_PUBLIC_URL", "https://line.city.example.jp:port"),
        ("MADOGUCHI_PUBLIC_URL", "https://line.city.example.jp:70000"),
        ("MADOGUCHI_PUBLIC_URL", "https://line city.example.jp"),
        ("MADOGUCHI_PUBLIC_URL", "https://line.city.example.jp/?from=line"),
        ("MADOGUCHI_PUBLIC_URL", "https://line.city.example.jp/#top"),
        ("MADOGUCHI_PUBLIC_URL", "https://[::1"),
        ("MADOGUCHI_DATABASE_URL", "postgresql://town:word@db:port/town"),
        ("MADOGUCHI_DATABASE_URL", "sqlite:///:memory:"),
        ("MADOGUCHI_DATABASE_URL", "sqlite:///town.db?mode=ro"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(
    env: pytest.MonkeyPatch, name: str, value: str
) -> None:
    env.setenv("MADOGUCHI_CITY", "onojo")
    env.setenv(name, value)
    (line,) = refused()
    assert line.startswith(f"- {name} ") and "word" not in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MADOGUCHI_PRIVACY_URL", "https://city.example.jp/page?id=1#privacy"),
        ("MADOGUCHI_DATABASE_URL", "postgresql://town:a/b:c%40d@db:5432/town?sslmode=verify-full"),
        ("MADOGUCHI_DATABASE_URL", "postgresql://town@[::1]:5432/town"),
        ("MADOGUCHI_DATABASE_URL", "postgresql:///town?host=/run/postgresql"),
    ],
)
def test_an_address_of_any_usual_form_is_taken(
    env: pytest.MonkeyPatch, name: str, value: str
) -> None:
    env.setenv("MADOGUCHI_CITY", "onojo")
    env.setenv(name, value)
    assert getattr(Settings.from_env(), name.lower()) == value


def test_all_wrong_settings_are_named_together(env: pytest.MonkeyPatch) -> None:
    for name, value in WRONG.items():
        env.setenv(name, value)
    lines = refused()
    assert {line.split()[1] for line in lines} == set(WRONG)
    assert len(lines) == len(WRONG)


def test_a_wrong_one_hides_no_missing_one(env: pytest.MonkeyPatch) -> None:
    env.setenv("MADOGUCHI_RETENTION_DAYS", "many")
    env.setenv("LINE_CHANNEL_SECRET", "0123456789abcdef")
    text = "\n".join(refused())
    for name in ("MADOGUCHI_RETENTION_DAYS", "MADOGUCHI_CITY", "LINE_CHANNEL_ACCESS_TOKEN"):
        assert name in text


@pytest.mark.parametrize("given", ["LINE_CHANNEL_SECRET", "LINE_CHANNEL_ACCESS_TOKEN"])
def test_one_credential_alone_is_not_enough(env: pytest.MonkeyPatch, given: str) -> None:
    env.setenv("MADOGUCHI_CITY", "onojo")
    env.setenv(given, "0123456789abcdef")
    (line,) = refused()
    assert "がありません" in line
    assert given not in line.split("。")[0]


def test_a_directory_without_content_says_what_is_missing(
    env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    env.setenv("MADOGUCHI_CITY", "onojo")
    env.setenv("MADOGUCHI_CONTENT_DIR", str(tmp_path))
    (tmp_path / "intents").mkdir()
    (line,) = refused()
    assert "knowledge/" in line
    assert "intents/ と" not in line.split("。")[0]


def test_the_city_must_be_one_of_the_content(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    env.setenv("MADOGUCHI_CONTENT_DIR", str(write(tmp_path, content())))
    env.setenv("MADOGUCHI_CITY", "hachioji")
    (line,) = refused()
    assert "minato・yamate" in line


def test_an_unknown_city_is_named_with_everything_else(
    env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    env.setenv("MADOGUCHI_CITY", "atlantis")
    env.setenv("MADOGUCHI_RETENTION_DAYS", "many")
    named = {line.split()[1] for line in refused()}
    assert named == {"MADOGUCHI_CITY", "MADOGUCHI_RETENTION_DAYS"}
    env.setenv("MADOGUCHI_CONTENT_DIR", str(tmp_path))
    lines = refused()
    assert {line.split()[1] for line in lines} == named | {"MADOGUCHI_CONTENT_DIR"}
    assert all("例：" in line for line in lines)
    assert any("「atlantis」" in line and "hachioji" in line for line in lines)


def test_a_list_of_accounts_is_judged_together_with_the_rest(
    env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    listed = tmp_path / "accounts.yaml"
    listed.write_text("- {id: a, city: atlantis, channel_secret: env:A}\n", "utf-8")
    env.setenv("MADOGUCHI_ACCOUNTS", str(listed))
    env.setenv("MADOGUCHI_RETENTION_DAYS", "many")
    text = "\n".join(refused())
    for name in ("MADOGUCHI_RETENTION_DAYS", "市「atlantis」", "channel_access_token"):
        assert name in text


def test_credentials_lose_the_blanks_of_copying(env: pytest.MonkeyPatch) -> None:
    env.setenv("MADOGUCHI_CITY", "onojo")
    env.setenv("LINE_CHANNEL_SECRET", " abc \n")
    env.setenv("LINE_CHANNEL_ACCESS_TOKEN", "def")
    settings = Settings.from_env()
    assert settings.line_channel_secret.get_secret_value() == "abc"
    assert settings.has_line


def test_secrets_never_show(env: pytest.MonkeyPatch) -> None:
    env.setenv("MADOGUCHI_CITY", "onojo")
    env.setenv("LINE_CHANNEL_SECRET", "verysecret1")
    env.setenv("LINE_CHANNEL_ACCESS_TOKEN", "verysecret2")
    env.setenv("MADOGUCHI_DATABASE_URL", "postgresql://bot:verysecret3@db/bot")
    settings = Settings.from_env()
    assert "verysecret" not in f"{settings!r} {settings}"
    env.setenv("LINE_CHANNEL_ACCESS_TOKEN", "verysecret2 verysecret4")
    env.setenv("MADOGUCHI_DATABASE_URL", "postgres:verysecret3")
    assert "verysecret" not in "\n".join(refused())


def test_every_setting_has_help_with_an_example() -> None:
    assert set(HELP) == {each.name for each in fields(Settings)}
    for name, text in HELP.items():
        assert f"例：{name.upper()}=" in text
