"""`madoguchi ask` and `madoguchi chat`: the dialogue in a terminal, or line by line from a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TextIO

import click

from bot.commands.environment import of_content
from bot.content.indexcache import IndexCache
from bot.content.sudachi import SudachiTokenizer
from bot.core.alarm import explain_danger
from bot.core.matching import explain
from bot.core.replies import Cards, Part, Text
from bot.line.render import render
from bot.services.answering import Spoken, speak
from bot.services.library import Library, Terms
from bot.services.publishing import Publisher

_JSONL = click.File("r", encoding="utf-8-sig", errors="replace")


@click.command()
@click.argument("text", required=False)
@click.option("--city", help="市のid（なければ MADOGUCHI_CITY）")
@click.option("--json", "as_json", is_flag=True, help="結果をJSONで出します")
@click.option("--explain", "explained", is_flag=True, help="なぜその答えになったかを出します")
@click.option("--batch", type=_JSONL, help="質問を並べたJSONLファイル（-なら標準入力）")
def ask(
    text: str | None, city: str | None, as_json: bool, explained: bool, batch: TextIO | None
) -> None:
    """質問に1つ答えます（データベースもLINEの設定もいりません）。"""
    if (text is None) == (batch is None):
        raise click.UsageError("質問を1つ書くか、--batch でファイルを指定してください。")
    content = _Content(city)
    if batch is not None:
        for record in _records(batch):
            where = content.city(record.text("city"), record.line)
            spoken = speak(content.library.view(where), record.text("text"), None, _now())
            _write(_result(record.id, where, spoken))
        return
    assert text is not None
    where = content.city()
    spoken = speak(content.library.view(where), _encodable(text), None, _now())
    if as_json:
        _write(_result(None, where, spoken))
    else:
        click.echo(_plain(spoken))
    if explained:
        view = content.library.view(where)
        lines = list(explain_danger(view, spoken.text, view.rank(spoken.text).in_scope))
        lines += explain(content.library.index(where), spoken.text, content.tokenize)
        click.echo("\n".join(lines), err=as_json)


@click.command()
@click.option("--city", help="市のid（なければ MADOGUCHI_CITY）")
@click.option("--script", type=_JSONL, help="会話を並べたJSONLファイル（-なら標準入力）")
def chat(city: str | None, script: TextIO | None) -> None:
    """端末で会話します。番号でボタンを選べます。"""
    content = _Content(city)
    if script is not None:
        for record in _records(script):
            _play(content, record)
        return
    view, state = content.library.view(content.city()), None
    click.echo(f"{view.city.name}のまどぐちです。質問をどうぞ（終わるときは Ctrl+D）。")
    while True:
        try:
            said = input("> ")
        except (EOFError, KeyboardInterrupt):
            return
        spoken = speak(view, _pressed(_encodable(said), state), state, _now())
        state = spoken.state
        click.echo(_plain(spoken))


class _Content:
    """The shipped content for commands that need neither database nor LINE."""

    def __init__(self, city: str | None) -> None:
        settings = of_content()
        self._default = city or settings.city
        self.tokenize = SudachiTokenizer()
        terms = Terms(settings.madoguchi_retention_days, settings.madoguchi_privacy_url)
        saved = IndexCache(settings.madoguchi_cache_dir)
        directory = settings.madoguchi_content_dir
        publisher = Publisher(directory, self.tokenize, terms, _now, saved=saved)
        publisher.load()
        self.library: Library = publisher.current()

    def city(self, named: str = "", line: int = 0) -> str:
        """`named` (in that line of a file), else --city or MADOGUCHI_CITY. Must be a known one."""
        city = named or self._default
        if city in self.library.city_ids:
            return city
        names = "・".join(self.library.city_ids)
        place = f"{line}行目：" if line else ""
        what = f"市「{city}」はありません" if city else "市が決まっていません"
        raise click.UsageError(f"{place}{what}。--city に {names} のどれかを書いてください。")


@dataclass(frozen=True)
class _Record:
    """One line of a JSONL file."""

    line: int
    values: dict[str, Any]

    @property
    def id(self) -> Any:
        """Whatever the file calls it."""
        return self.values.get("id")

    def text(self, key: str) -> str:
        """The text at `key`, "" where there is none."""
        return self._text(key, self.values.get(key))

    def texts(self, key: str) -> list[str]:
        """The list of texts at `key`."""
        found = self.values.get(key)
        if not isinstance(found, list):
            raise click.UsageError(f"{self.line}行目：「{key}」は文の一覧で書いてください。")
        return [self._text(key, each) for each in found]

    def _text(self, key: str, value: Any) -> str:
        if not isinstance(value, str | None):
            raise click.UsageError(f"{self.line}行目：「{key}」は文で書いてください。")
        return _encodable(value or "")


def _play(content: _Content, record: _Record) -> None:
    where = content.city(record.text("city"), record.line)
    view, state = content.library.view(where), None
    for number, text in enumerate(record.texts("turns")):
        spoken = speak(view, text, state, _now())
        state = spoken.state
        _write({**_result(record.id, where, spoken), "turn": number})


def _result(record_id: Any, city: str, spoken: Spoken) -> dict[str, Any]:
    """One answer in the shape that `ask --json` and the batch promise."""
    turn = spoken.turn
    return {
        "id": record_id,
        "text": spoken.text,
        "city": city,
        "decision": turn.decision,
        "confidence": round(min(1.0, max(0.0, turn.confidence)), 4),
        "candidates": [
            {
                "id": candidate.id,
                "kind": candidate.kind,
                "title": candidate.title,
                "score": round(candidate.score, 4),
                "covers": list(candidate.covers),
            }
            for candidate in turn.candidates
        ],
        "messages": list(render(turn.reply)),
    }


def _plain(spoken: Spoken) -> str:
    """The reply as text for a terminal."""
    lines = [line for part in spoken.turn.reply.parts for line in _plain_part(part)]
    buttons = spoken.turn.reply.quick_replies
    lines += [f"  [{n}] {button.label}" for n, button in enumerate(buttons, 1)]
    return "\n".join(lines)


def _plain_part(part: Part) -> list[str]:
    if isinstance(part, Text):
        return [part.text]
    if isinstance(part, Cards):
        return [line for card in part.cards for line in _plain_part(card)]
    lines = [f"【{part.title}】", part.body]
    lines += [f"  {link.label} {link.url}" for link in part.links]
    lines += [f"  {phone.name} {phone.phone}" for phone in part.phones]
    return lines + ([f"  {part.note}"] if part.note else [])


def _pressed(said: str, state: str | None) -> str:
    """A number typed in the terminal is the button with that number."""
    shown = json.loads(state)["shown"] if state else []
    if said.strip().isdecimal() and 1 <= int(said) <= len(shown):
        return str(shown[int(said) - 1][0])
    return said


def _records(lines: TextIO) -> Iterator[_Record]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            values = None
        if not isinstance(values, dict):
            raise click.UsageError(f"{number}行目がJSONの形になっていません。")
        yield _Record(number, values)


def _encodable(text: str) -> str:
    """The text without half characters, which no output could carry."""
    return text.encode("utf-8", "replace").decode()


def _write(value: dict[str, Any]) -> None:
    click.echo(_encodable(json.dumps(value, ensure_ascii=False)))


def _now() -> datetime:
    return datetime.now(UTC)
