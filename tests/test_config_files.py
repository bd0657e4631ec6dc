"""Secrets may stand in files: as good as the environment, and as silent about their contents."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import HELP, SECRETS, Settings
from bot.errors import SettingsError


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A city and nothing else."""
    for name in HELP:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(f"{name.upper()}_FILE", raising=False)
    monkeypatch.setenv("MADOGUCHI_CITY", "onojo")
    return monkeypatch


VALUES = {
    "madoguchi_database_url": "postgresql://bot:pw@db/bot",
    "madoguchi_metrics_token": "metrics-0123",
    "line_channel_secret": "secret-0123",
    "line_channel_access_token": "token-0123",
}


def plain(settings: Settings, name: str) -> str:
    value = getattr(settings, name)
    return value if isinstance(value, str) else value.get_secret_value()


def test_every_secret_can_stand_in_a_file(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert set(VALUES) == set(SECRETS)
    for name, value in VALUES.items():
        # As editors leave them: a line end, on Windows a mark at the start.
        (tmp_path / name).write_text(f"\ufeff{value}\r\n", "utf-8")
        env.setenv(f"{name.upper()}_FILE", str(tmp_path / name))
    settings = Settings.from_env()
    assert {name: plain(settings, name) for name in VALUES} == VALUES
    assert settings.has_line
    assert not any(value in repr(settings) for value in VALUES.values())


@pytest.mark.parametrize("text", [None, "", "with blank", b"\xff\xfe"])
def test_a_file_that_cannot_be_used_is_named_but_never_quoted(
    env: pytest.MonkeyPatch, tmp_path: Path, text: str | bytes | None
) -> None:
    path = tmp_path / "hidden-in-here"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    env.setenv("MADOGUCHI_METRICS_TOKEN_FILE", str(path))
    with pytest.raises(SettingsError) as raised:
        Settings.from_env()
    assert "MADOGUCHI_METRICS_TOKEN" in str(raised.value)
    assert "with blank" not in str(raised.value)
    assert "hidden-in-here" not in str(raised.value)


def test_a_secret_given_twice_is_refused(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("one")
    env.setenv("MADOGUCHI_METRICS_TOKEN", "two")
    env.setenv("MADOGUCHI_METRICS_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(SettingsError, match="MADOGUCHI_METRICS_TOKEN_FILE の両方"):
        Settings.from_env()
