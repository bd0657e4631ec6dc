"""Settings from the environment: every wrong or missing one is reported together, in Japanese."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsError

REPOSITORY = Path(__file__).resolve().parent.parent


def _https_or_empty(value: str) -> str:
    if value and not value.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise ValueError("https")
    return value.rstrip("/")


def _database_url(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("database")
    return value


Url = Annotated[str, AfterValidator(_https_or_empty)]

# Setting -> what it is, with an example. The same text stands in docs and in error messages.
HELP = {
    "madoguchi_city": "このアカウントの市のid。例：MADOGUCHI_CITY=hachioji",
    "madoguchi_database_url": "データベース。例：MADOGUCHI_DATABASE_URL=sqlite:///var/madoguchi.db",
    "madoguchi_content_dir": "intents/ と knowledge/ のある場所。例：MADOGUCHI_CONTENT_DIR=/srv/madoguchi",
    "madoguchi_public_url": "公開しているアドレス。例：MADOGUCHI_PUBLIC_URL=https://line.city.example.jp",
    "madoguchi_privacy_url": "個人情報の扱いのページ。例：MADOGUCHI_PRIVACY_URL=https://www.city.example.jp/privacy",
    "madoguchi_retention_days": "質問の文を残す日数（1〜365）。例：MADOGUCHI_RETENTION_DAYS=90",
    "madoguchi_demo": "お試し（市を選べる）なら1。例：MADOGUCHI_DEMO=1",
    "madoguchi_worker": "応答の係を中で動かすか。例：MADOGUCHI_WORKER=embedded",
    "line_channel_secret": "LINEのチャネルシークレット。例：LINE_CHANNEL_SECRET=0123abcd…（32文字）",
    "line_channel_access_token": "LINEのチャネルアクセストークン。例：LINE_CHANNEL_ACCESS_TOKEN=AbCd…",
    "line_api_base": "LINEのAPIのアドレス。例：LINE_API_BASE=https://api.line.me",
    "line_data_api_base": "LINEのデータAPIのアドレス。例：LINE_DATA_API_BASE=https://api-data.line.me",
}


class Settings(BaseSettings):
    """What an installation is told from outside. Secrets never appear in `repr`."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, secrets_dir=None)

    madoguchi_city: str = ""
    madoguchi_database_url: Annotated[str, AfterValidator(_database_url)] = (
        "sqlite:///var/madoguchi.db"
    )
    madoguchi_content_dir: Path = REPOSITORY
    madoguchi_public_url: Url = ""
    madoguchi_privacy_url: Url = ""
    madoguchi_retention_days: Annotated[int, Field(ge=1, le=365)] = 90
    madoguchi_demo: bool = False
    madoguchi_worker: Annotated[str, Field(pattern="^(embedded|separate)$")] = "embedded"
    line_channel_secret: SecretStr = SecretStr("")
    line_channel_access_token: SecretStr = SecretStr("")
    line_api_base: Url = "https://api.line.me"
    line_data_api_base: Url = "https://api-data.line.me"

    @property
    def city(self) -> str:
        """The account's city; in demo mode 八王子市 unless another is named."""
        return self.madoguchi_city or ("hachioji" if self.madoguchi_demo else "")

    @property
    def has_line(self) -> bool:
        """Whether both LINE credentials are set."""
        return bool(
            self.line_channel_secret.get_secret_value()
            and self.line_channel_access_token.get_secret_value()
        )

    @classmethod
    def from_env(cls, *, need_city: bool = True) -> Settings:
        """Read the environment. Raises SettingsError naming everything that is wrong."""
        wrong: list[str] = []
        settings: Settings | None = None
        try:
            settings = cls()
        except ValidationError as error:
            names = {str(detail["loc"][0]) for detail in error.errors()}
            wrong += [f"{name.upper()} が正しくありません。{HELP[name]}" for name in sorted(names)]
        if settings is not None:
            wrong += settings._together(need_city)
        if wrong or settings is None:
            raise SettingsError("設定に問題があります。\n" + "\n".join(f"- {w}" for w in wrong))
        return settings

    def _together(self, need_city: bool) -> list[str]:
        wrong = []
        if need_city and not self.city:
            wrong.append(f"MADOGUCHI_CITY がありません。{HELP['madoguchi_city']}")
        secret = bool(self.line_channel_secret.get_secret_value())
        token = bool(self.line_channel_access_token.get_secret_value())
        for have, other, name in (
            (token, secret, "line_channel_secret"),
            (secret, token, "line_channel_access_token"),
        ):
            if have and not other:
                wrong.append(f"{name.upper()} がありません。{HELP[name]}")
        return [*wrong, *self._content_problems()]

    def _content_problems(self) -> list[str]:
        directory, help_text = self.madoguchi_content_dir, HELP["madoguchi_content_dir"]
        missing = [room for room in ("intents", "knowledge") if not (directory / room).is_dir()]
        if missing:
            return [f"{directory} に {room}/ がありません。{help_text}" for room in missing]
        cities = sorted(path.stem for path in (directory / "knowledge" / "cities").glob("*.yaml"))
        if self.city and self.city not in cities:
            names = "・".join(cities)
            return [f"MADOGUCHI_CITY の「{self.city}」はありません。使えるもの：{names}"]
        return []
