"""accounts.yaml: the LINE accounts of one installation, each with its city and its secrets.

Secrets never stand in the file: it names an environment variable or a file that holds one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from bot.errors import SettingsError

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
# An account's pages lie under its id: no other page of ours may begin like it.
RESERVED = frozenset(
    "assets chat healthz line media metrics readyz robots settings staff static".split()
)
_SECRETS = ("channel_secret", "channel_access_token")
_KEYS = ("id", "city", *_SECRETS, "content", "privacy_url")
_MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class Account:
    """One LINE account; `content` None is the installation's own folder. `line` in the file."""

    id: str
    city: str
    channel_secret: str = field(repr=False)
    channel_access_token: str = field(repr=False)
    content: Path | None = None
    privacy_url: str = ""
    line: int = 0


def city_ids(content: Path) -> list[str]:
    """The cities that a content folder has a profile of."""
    return sorted(path.stem for path in (content / "knowledge" / "cities").glob("*.y*ml"))


def read_accounts(path: Path, env: Mapping[str, str], content: Path) -> tuple[Account, ...]:
    """Every account of the file, in its order; at least one.

    `content` is the folder of accounts that name none of their own. Relative paths in the file
    start from its own folder. Raises SettingsError naming everything that is wrong, each with its
    line; never a secret.
    """
    try:
        data = path.read_bytes()
    except OSError:
        text = f"MADOGUCHI_ACCOUNTS の {path} を読めません。場所と読み取り権限を確かめてください。"
        raise SettingsError(text) from None
    reader = _Reader(path, env, content)
    accounts = tuple(reader.accounts(data))
    reader.compare(accounts)
    if reader.problems:
        lines = "\n".join(f"{path.name}:{line}: {text}" for line, text in sorted(reader.problems))
        raise SettingsError(f"アカウントの一覧に問題があります。\n{lines}")
    return accounts


class _Reader:
    """Collects problems instead of stopping at the first."""

    def __init__(self, path: Path, env: Mapping[str, str], content: Path) -> None:
        self._folder = path.resolve().parent
        self._env = env
        self._default = content
        self.problems: set[tuple[int, str]] = set()

    def accounts(self, data: bytes) -> Iterator[Account]:
        """The accounts without a mistake of their own."""
        node = self._document(data)
        if node is None:
            return
        if isinstance(node, yaml.MappingNode):
            wrapped = dict(self._pairs(node)).get("accounts")
            node = wrapped[1] if wrapped is not None and len(node.value) == 1 else node
        found = list(self._entries(node))
        if not found:
            self._problem(node, "アカウントがありません。少なくとも1つ書いてください。")
        for account_id, entry in found:
            account = self._account(account_id, entry)
            if account is not None:
                yield account

    def compare(self, accounts: tuple[Account, ...]) -> None:
        """What must differ between accounts: a shared secret would open another one's door."""
        for name, word in (
            ("id", "id"),
            ("channel_secret", "channel_secret の中身"),
            ("channel_access_token", "channel_access_token の中身"),
        ):
            first: dict[str, Account] = {}
            for account in accounts:
                other = first.setdefault(getattr(account, name), account)
                if other is not account:
                    text = f"{word}が「{other.id}」（{other.line}行目）と同じです。分けてください。"
                    self.problems.add((account.line, text))

    def _document(self, data: bytes) -> Any:
        try:
            if len(data) > _MAX_BYTES:
                raise ValueError
            text = data.decode("utf-8-sig")
            nodes = list(yaml.compose_all(text, Loader=yaml.CSafeLoader))
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self.problems.add((line, "YAMLとして読めません。字下げと「:」を見直してください。"))
            return None
        except (ValueError, yaml.YAMLError, RecursionError):
            self.problems.add((1, "UTF-8のYAMLとして読めません。"))
            return None
        if len(nodes) != 1:
            self.problems.add((1, "アカウントを1つの一覧に書いてください。"))
            return None
        return nodes[0]

    def _entries(self, node: Any) -> Iterator[tuple[tuple[str, Any] | None, Any]]:
        """(id and its place where it is the key, the account's own node)."""
        if isinstance(node, yaml.SequenceNode):
            yield from ((None, entry) for entry in node.value)
        elif isinstance(node, yaml.MappingNode):
            yield from (((key, at), entry) for key, (at, entry) in self._pairs(node))
        else:
            self._problem(node, "アカウントの一覧を「id:」から始めて書いてください。")

    def _pairs(self, node: yaml.MappingNode) -> Iterator[tuple[str, tuple[Any, Any]]]:
        seen: set[str] = set()
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name in seen:
                self._problem(key, f"「{name}」が2回あります。一方を消してください。")
            else:
                seen.add(name)
                yield name, (key, value)

    def _account(self, key: tuple[str, Any] | None, node: Any) -> Account | None:
        before = len(self.problems)
        if not isinstance(node, yaml.MappingNode):
            self._problem(node, "city・channel_secret・channel_access_token を書いてください。")
            return None
        at = key[1] if key is not None else node
        values = self._values(node)
        account_id = key[0] if key is not None else values.get("id", "")
        if not _ID.fullmatch(account_id):
            text = "id は半角の小文字・数字・「-」「_」で32文字までにしてください。例：hachioji"
            self._problem(at, text)
        elif account_id in RESERVED:
            text = (
                f"id「{account_id}」は、まどぐちのアドレスに使っています。ほかのidにしてください。"
            )
            self._problem(at, text)
        missing = [name for name in ("city", *_SECRETS) if not values.get(name)]
        for name in missing:
            self._problem(at, f"「{account_id}」に {name} がありません。")
        secret, token = (self._secret(node, name, values.get(name, "")) for name in _SECRETS)
        content = self._content(node, values.get("content", ""))
        cities = city_ids(content or self._default)
        if values.get("city") and values["city"] not in cities:
            text = f"市「{values['city']}」はありません。使えるもの：{'・'.join(cities)}"
            self._problem(self._place(node, "city"), text)
        privacy = values.get("privacy_url", "")
        if privacy and not (urlsplit(privacy).scheme == "https" and urlsplit(privacy).hostname):
            self._problem(self._place(node, "privacy_url"), "privacy_url は https:// で始めます。")
        if len(self.problems) > before:
            return None
        line = at.start_mark.line + 1
        return Account(account_id, values["city"], secret, token, content, privacy, line)

    def _values(self, node: yaml.MappingNode) -> dict[str, str]:
        values = {}
        for name, (at, value) in self._pairs(node):
            if name not in _KEYS:
                self._problem(at, f"「{name}」は知らない項目です。使えるもの：{'・'.join(_KEYS)}")
            elif not isinstance(value, yaml.ScalarNode):
                self._problem(at, f"{name} は1つの値で書いてください。")
            else:
                values[name] = value.value.strip()
        return values

    def _secret(self, node: yaml.MappingNode, name: str, reference: str) -> str:
        """What the reference names; "" where there is a problem, which never quotes it."""
        if not reference:
            return ""
        at = self._place(node, name)
        kind, _, where = reference.partition(":")
        if kind == "env" and where:
            value = self._env.get(where, "").strip()
            why = f"環境変数 {where} がないか、空です。" if re.fullmatch(r"\w+", where) else ""
        elif kind == "file" and where:
            try:
                value = (self._folder / where).read_text("utf-8-sig").strip()
            except (OSError, ValueError):
                value = ""
            why = f"{name} のファイルを読めないか、空です。場所と読み取り権限を確かめてください。"
        else:
            value = why = ""
        if value and not re.fullmatch("[!-~]+", value):
            value, why = "", f"{name} の中身に、使えない文字（空白や全角）があります。"
        if not value:
            hint = f"{name} は env:変数名 か file:場所 で書いてください（値そのものは書きません）。"
            self._problem(at, why or hint)
        return value

    def _content(self, node: yaml.MappingNode, given: str) -> Path | None:
        if not given:
            return None
        folder = self._folder / given
        if not ((folder / "intents").is_dir() and (folder / "knowledge").is_dir()):
            text = f"content の {folder} に intents/ と knowledge/ がありません。"
            self._problem(self._place(node, "content"), text)
        return folder

    def _place(self, node: yaml.MappingNode, name: str) -> Any:
        return next((key for key, _ in node.value if getattr(key, "value", "") == name), node)

    def _problem(self, node: Any, text: str) -> None:
        self.problems.add((node.start_mark.line + 1 if node is not None else 1, text))
