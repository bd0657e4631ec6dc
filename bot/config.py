"""Settings from the environment: every wrong or missing one is reported together, in Japanese."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from bot.accounts import Account, city_ids, read_accounts
from bot.errors import SettingsError

REPOSITORY = Path(__file__).resolve().parent.parent
MAIN_ACCOUNT = "main"  # where there is only one, as in bot.store.tables
_DEMO_CITY = "hachioji"


class Secret:
    """A text that shows itself nowhere by accident."""

    def __init__(self, plain: str) -> None:
        self._plain = plain

    def get_secret_value(self) -> str:
        """The text."""
        return self._plain

    @classmethod
    def read(cls, value: str | Secret) -> Secret:
        """A credential goes into an HTTP header: ASCII without blanks, else ValueError."""
        plain = (value.get_secret_value() if isinstance(value, Secret) else value).strip()
        if plain and not re.fullmatch("[!-~]+", plain):
            raise ValueError("credential")
        return cls(plain)

    def __repr__(self) -> str:
        return "Secret()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._plain == self._plain

    def __hash__(self) -> int:
        return hash(self._plain)


class WrongValues(ValueError):
    """Settings whose values cannot be used, by name."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__("・".join(names))
        self.names = tuple(names)


# Setting -> what it is, with an example. The same text stands in docs and in error messages.
HELP = {
    "madoguchi_city": "このアカウントの市のid。例：MADOGUCHI_CITY=hachioji",
    "madoguchi_database_url": "データベース。例：MADOGUCHI_DATABASE_URL=sqlite:///var/madoguchi.db",
    "madoguchi_accounts": "いくつものLINEアカウントを1つで動かすときの一覧。例：MADOGUCHI_ACCOUNTS=/etc/madoguchi/accounts.yaml",
    "madoguchi_account": "一覧のうち、コマンドが相手にするアカウント（--account と同じ）。例：MADOGUCHI_ACCOUNT=hachioji",
    "madoguchi_content_dir": "intents/ と knowledge/ のある場所。例：MADOGUCHI_CONTENT_DIR=/srv/madoguchi",
    "madoguchi_cache_dir": "作った索引を置く場所（消してもよい）。例：MADOGUCHI_CACHE_DIR=/var/cache/madoguchi",
    "madoguchi_public_url": "公開しているアドレス。例：MADOGUCHI_PUBLIC_URL=https://line.city.example.jp",
    "madoguchi_privacy_url": "個人情報の扱いのページ。例：MADOGUCHI_PRIVACY_URL=https://www.city.example.jp/privacy",
    "madoguchi_retention_days": "質問の文を残す日数（1〜365）。例：MADOGUCHI_RETENTION_DAYS=90",
    "madoguchi_demo": "お試し（市を選べる）なら1、ちがえば0。例：MADOGUCHI_DEMO=1",
    "madoguchi_worker": "応答の係を中で動かす（embedded）か、別に動かす（separate）か。例：MADOGUCHI_WORKER=embedded",
    "madoguchi_approvers": "お知らせを承認する人数の決まり。2は作った人とは別の人、1は1人でよい。例：MADOGUCHI_APPROVERS=2",
    "madoguchi_send_per_minute": "ふつうのお知らせを1分に何人へ送るか（100〜1000000）。例：MADOGUCHI_SEND_PER_MINUTE=6000",
    "madoguchi_metrics_token": "監視（/metrics）を読むための合い言葉。例：MADOGUCHI_METRICS_TOKEN=0123abcd…",
    "line_channel_secret": "LINEのチャネルシークレット。例：LINE_CHANNEL_SECRET=0123abcd…（32文字）",
    "line_channel_access_token": "LINEのチャネルアクセストークン。例：LINE_CHANNEL_ACCESS_TOKEN=AbCd…",
    "line_api_base": "LINEのAPIのアドレス。例：LINE_API_BASE=https://api.line.me",
    "line_data_api_base": "LINEのデータAPIのアドレス。例：LINE_DATA_API_BASE=https://api-data.line.me",
}

# These may also be named as a file: LINE_CHANNEL_SECRET_FILE=/run/secrets/line_channel_secret.
SECRETS = (
    "madoguchi_database_url",
    "madoguchi_metrics_token",
    "line_channel_secret",
    "line_channel_access_token",
)


class Address(str):
    """Nothing, or an https address without a slash at its end; http on this machine alone."""

    @classmethod
    def read(cls, value: str) -> Address:
        """Raises ValueError for anything else."""
        parts = urlsplit(value)
        local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
        if value and not (parts.hostname and (local or parts.scheme == "https")):
            raise ValueError("https")
        if re.search(r"\s", value) or parts.port == 0:  # one that is no number raises by itself
            raise ValueError("blank or port")
        return cls(value.rstrip("/"))


class Root(Address):
    """An `Address` to which paths are added."""

    @classmethod
    def read(cls, value: str) -> Root:
        """Raises ValueError for anything else."""
        if "?" in value or "#" in value:
            raise ValueError("query")
        return cls(super().read(value))


def _read_more(kind: type, value: Any) -> Any:
    """What msgspec does not know. Raises ValueError for what it cannot be."""
    if kind is Path:
        return Path(value)
    if issubclass(kind, Address):
        return kind.read(value)
    return Secret.read(value)


# A file and nothing more; or user, password, host, port, database and options, as SQLAlchemy reads.
_DATABASES = (
    r"^(sqlite:///(?!:memory:$)[^?]+|postgresql(\+psycopg)?://(?=.)"
    r"([^:/]*(:[^@]*)?@)?(\[[^/?]+\]|[^/:?\[\]]+)?(:\d{1,5})?([/?].*)?)$"
)


@dataclass(frozen=True, init=False)
class Settings:
    """What an installation is told from outside. Secrets never appear in `repr`.

    msgspec reads each as its type says; a library for settings takes 0.1 s of every start.
    """

    madoguchi_city: str = ""
    # The address of a PostgreSQL database holds its password.
    madoguchi_database_url: Annotated[str, Meta(pattern=_DATABASES)] = field(
        default="sqlite:///var/madoguchi.db", repr=False
    )
    madoguchi_accounts: Path | None = None
    madoguchi_account: str = ""
    madoguchi_content_dir: Path = REPOSITORY
    madoguchi_cache_dir: Path = REPOSITORY / "var" / "cache"
    madoguchi_public_url: Root = Root()
    madoguchi_privacy_url: Address = Address()
    madoguchi_retention_days: Annotated[int, Meta(ge=1, le=365)] = 90
    madoguchi_demo: bool = False
    madoguchi_worker: Literal["embedded", "separate"] = "embedded"
    madoguchi_approvers: Annotated[int, Meta(ge=1, le=2)] = 2
    madoguchi_send_per_minute: Annotated[int, Meta(ge=100, le=1_000_000)] = 6000
    madoguchi_metrics_token: Secret = Secret("")
    line_channel_secret: Secret = Secret("")
    line_channel_access_token: Secret = Secret("")
    line_api_base: Root = Root("https://api.line.me")
    line_data_api_base: Root = Root("https://api-data.line.me")

    def __init__(self, **given: Any) -> None:
        """What is not `given` comes from the environment, where it is not empty, else the default.

        Raises WrongValues naming every setting that cannot be used.
        """
        set_outside = {name.lower(): value.strip() for name, value in os.environ.items()}
        wrong = []
        for name, kind in get_type_hints(Settings, include_extras=True).items():
            value = given.get(name, set_outside.get(name) or None)
            if value is None:
                value = getattr(Settings, name)  # the default
            try:
                read = msgspec.convert(value, kind, strict=False, dec_hook=_read_more)
                self._set(name, read)
            except msgspec.ValidationError:
                wrong.append(name)
        # Under which account the versions of the content are kept; "" without a list of accounts.
        self._set("_content_owner", "")
        if wrong:
            raise WrongValues(wrong)

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @property
    def content_owner(self) -> str:
        """The account under which the folder's versions are kept, whichever accounts are chosen.

        "" where no list of accounts says it.
        """
        owner: str = vars(self)["_content_owner"]
        return owner

    @property
    def city(self) -> str:
        """The account's city; in demo mode 八王子市 (where it is no content, the first city)."""
        if self.madoguchi_city or not self.madoguchi_demo:
            return self.madoguchi_city
        known = city_ids(self.madoguchi_content_dir)
        return known[0] if known and _DEMO_CITY not in known else _DEMO_CITY

    @property
    def has_line(self) -> bool:
        """Whether both LINE credentials are set."""
        return bool(
            self.line_channel_secret.get_secret_value()
            and self.line_channel_access_token.get_secret_value()
        )

    @property
    def account(self) -> str:
        """The id under which this account's rows are kept."""
        return self.madoguchi_account or MAIN_ACCOUNT

    @classmethod
    def from_env(cls, *, need_city: bool = True) -> Settings:
        """Read the environment: one account, the one named where there are several.

        Raises SettingsError naming everything that is wrong.
        """
        found = cls.every_from_env(need_city=need_city)
        return found[0] if not need_city else cls.only(found)

    @staticmethod
    def only(found: Sequence[Settings]) -> Settings:
        """The one account; SettingsError where there are several and none was named."""
        if len(found) == 1:
            return found[0]
        names = "・".join(each.account for each in found)
        raise SettingsError(
            "アカウントがいくつもあります。--account でどれか1つを選んでください：" + names
        )

    @classmethod
    def every_from_env(cls, *, need_city: bool = True) -> tuple[Settings, ...]:
        """Read the environment: the settings of each account, or of the one that is named.

        They differ in account, city, credentials, content and privacy page, and in nothing else.
        Raises SettingsError naming everything that is wrong.
        """
        try:
            base = cls._base_from_env(need_city)
        except SettingsError as error:
            raise SettingsError("\n".join((str(error), *_wrong_accounts(os.environ)))) from None
        if base.madoguchi_accounts is None:
            if base.account != MAIN_ACCOUNT:
                raise SettingsError(
                    f"アカウント「{base.account}」の一覧がありません。{HELP['madoguchi_accounts']}"
                )
            return (base,)
        accounts = read_accounts(base.madoguchi_accounts, os.environ, base.madoguchi_content_dir)
        named = [each for each in accounts if base.madoguchi_account in ("", each.id)]
        if not named:
            names = "・".join(each.id for each in accounts)
            raise SettingsError(
                f"アカウント「{base.madoguchi_account}」はありません。使えるもの：{names}"
            )
        return tuple(base._of_account(each, accounts) for each in named)

    @property
    def on_server(self) -> bool:
        """Whether the database takes any number of processes (PostgreSQL)."""
        return not self.madoguchi_database_url.startswith("sqlite:")

    def _of_account(self, account: Account, every: Sequence[Account]) -> Settings:
        changes = {
            "madoguchi_account": account.id,
            "madoguchi_city": account.city,
            "madoguchi_content_dir": account.content or self.madoguchi_content_dir,
            "madoguchi_privacy_url": account.privacy_url or self.madoguchi_privacy_url,
            "line_channel_secret": Secret(account.channel_secret),
            "line_channel_access_token": Secret(account.channel_access_token),
        }
        own = [each.id for each in every if each.content and each.content == account.content]
        settings = copy(self)
        for name, value in {**changes, "_content_owner": min(own, default=MAIN_ACCOUNT)}.items():
            settings._set(name, value)
        return settings

    @classmethod
    def _base_from_env(cls, need_city: bool) -> Settings:
        given, wrong = _from_files(os.environ)
        try:
            settings = cls(**given)
        except WrongValues as error:
            wrong = {
                name: f"{name.upper()} が正しくありません。{HELP[name]}"
                for name in sorted(error.names)
            } | wrong
        if wrong:  # the rest is judged with the defaults of what is wrong
            defaults = {each.name: each.default for each in fields(cls) if each.name in wrong}
            settings = cls(**(given | defaults))
        wrong |= {k: v for k, v in settings._together(need_city).items() if k not in wrong}
        if wrong:
            lines = "\n".join(f"- {line}" for line in wrong.values())
            raise SettingsError(f"設定に問題があります。\n{lines}")
        return settings

    def _together(self, need_city: bool) -> dict[str, str]:
        """What is missing, or does not fit the rest: setting -> what is wrong with it."""
        wrong = {}
        several = self.madoguchi_accounts is not None
        if several and self.has_line:
            wrong["line_channel_secret"] = (
                "MADOGUCHI_ACCOUNTS があるときは、LINE_CHANNEL_SECRET と LINE_CHANNEL_ACCESS_TOKEN を"
                "消して、一覧の中に書いてください。"
            )
        if need_city and not (several or self.city):
            wrong["madoguchi_city"] = f"MADOGUCHI_CITY がありません。{HELP['madoguchi_city']}"
        secret, token = "line_channel_secret", "line_channel_access_token"
        given = [name for name in (secret, token) if getattr(self, name).get_secret_value()]
        if len(given) == 1:
            name = token if given == [secret] else secret
            wrong[name] = f"{name.upper()} がありません。{HELP[name]}"
        return self._content_problems() | wrong

    def _content_problems(self) -> dict[str, str]:
        directory, help_text = self.madoguchi_content_dir, HELP["madoguchi_content_dir"]
        rooms = [room for room in ("intents", "knowledge") if not (directory / room).is_dir()]
        if rooms:
            missing = " と ".join(f"{room}/" for room in rooms)
            text = f"MADOGUCHI_CONTENT_DIR の {directory} に {missing} がありません。{help_text}"
            return {"madoguchi_content_dir": text} | self._city_to_be_seen()
        cities = city_ids(directory)
        if self.city and cities and self.city not in cities:
            names = "・".join(cities)
            text = f"MADOGUCHI_CITY の「{self.city}」はありません。使えるもの：{names}"
            return {"madoguchi_city": f"{text}。{HELP['madoguchi_city']}"}
        return {}

    def _city_to_be_seen(self) -> dict[str, str]:
        """A city that we do not bring along: its folder is not to be found, it may still be right.

        Said with the folder, lest mending that one shows the next fault.
        """
        cities = city_ids(REPOSITORY)
        if not self.madoguchi_city or self.madoguchi_city in cities:
            return {}
        text = (
            f"MADOGUCHI_CITY の「{self.madoguchi_city}」があるか、確かめられません"
            f"（はじめからある市：{'・'.join(cities)}）。{HELP['madoguchi_city']}"
        )
        return {"madoguchi_city": text}


def _wrong_accounts(env: Mapping[str, str]) -> list[str]:
    """What is wrong with the list of accounts, to be said with the other wrong settings."""
    path = env.get("MADOGUCHI_ACCOUNTS")
    if not path:
        return []
    given = Path(env.get("MADOGUCHI_CONTENT_DIR") or REPOSITORY)
    try:
        read_accounts(Path(path), env, given if city_ids(given) else REPOSITORY)
    except SettingsError as error:
        return [str(error)]
    return []


def _from_files(env: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Secrets named as files: setting -> value, and setting -> what is wrong with its file."""
    given: dict[str, Any] = {}
    wrong = {}
    for name in SECRETS:
        variable = f"{name.upper()}_FILE"
        path = env.get(variable)
        if not path:
            continue
        if env.get(name.upper()):
            wrong[name] = (
                f"{name.upper()} と {variable} の両方があります。どちらか1つにしてください。"
            )
            continue
        try:
            given[name] = Path(path).read_text("utf-8-sig").strip()
        except (OSError, UnicodeDecodeError):
            # Neither path nor cause: somebody may have put the secret itself there.
            wrong[name] = (
                f"{variable} のファイルを読めません。場所と読み取り権限を確かめてください。"
            )
            continue
        if not given[name]:
            wrong[name] = f"{variable} のファイルが空です。{HELP[name]}"
            del given[name]
    return given, wrong
