"""An announcement as staff write it (YAML) -> a draft; every problem with its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal

from bot.content.fields import Fields
from bot.content.problems import Problem, errors
from bot.content.segments import rule_problems
from bot.content.yamlread import Located, LocatedList, read_yaml
from bot.core.announcements import (
    BASE_LANGUAGE,
    MAX_MESSAGES,
    CardMessage,
    Draft,
    Kind,
    Message,
    TextMessage,
)
from bot.core.attributes import LANGUAGE, CityCatalog
from bot.core.calendar import JAPAN, WEEKDAYS, Repeat
from bot.core.knowledge import Link
from bot.core.segment_rules import parse_rule

KEYS = (
    "title",
    "kind",
    "messages",
    "segment",
    "segment_name",
    "send_at",
    "repeat",
    "expires_at",
    "owner",
    "languages",
    "author",
)
_CARD_KEYS = ("type", "title", "text", "links", "image", "words")
_REPEAT_KEYS = ("every", "days", "at", "except", "skip_holidays", "until")
MAX_TITLE, MAX_TEXT, MAX_CARD_TEXT, MAX_LINKS = 60, 4900, 1000, 8
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{1,2}):(\d{2})(?::00)?(?:\+09:00)?")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class DraftRead:
    """A draft, None where a problem is an error."""

    draft: Draft | None
    problems: tuple[Problem, ...]


def read_draft(
    path: str,
    data: bytes,
    catalog: CityCatalog,
    saved: Mapping[str, object] | None = None,
    *,
    needs_segment: bool = True,
) -> DraftRead:
    """Read an announcement's file; every problem in one run.

    `saved` are the segments that have a name. A correction has no segment of its own:
    `needs_segment` is False then, and one that is written is a problem.
    """
    value, problems = read_yaml(path, data)
    if problems:
        return DraftRead(None, tuple(problems))
    if not isinstance(value, Located):
        text = "「title:」などの項目から始めて書いてください。"
        return DraftRead(None, (Problem(path, 1, text),))
    reading = _Reading(path, value, catalog, saved or {})
    draft = reading.draft(needs_segment)
    found = tuple(sorted(set(reading.problems)))
    return DraftRead(None if errors(found) else draft, found)


class _Reading:
    def __init__(
        self, path: str, item: Located, catalog: CityCatalog, saved: Mapping[str, object]
    ) -> None:
        self.path, self.item, self.catalog, self.saved = path, item, catalog, saved
        self.fields = Fields(path, item, KEYS)
        self.problems = self.fields.problems

    def draft(self, needs_segment: bool) -> Draft:
        fields = self.fields
        messages = self._messages(self.item.get("messages"), fields.item.line_of("messages"))
        translations = self._languages()
        rule, name = self._segment(needs_segment)
        send_at, repeat = self._moment("send_at"), self._repeat()
        if send_at and repeat:
            self._problem("repeat", "send_at と repeat は、どちらか一方だけにしてください。")
        return Draft(
            title=fields.text("title", limit=MAX_TITLE),
            kind=fields.choice("kind", Kind, Kind.NORMAL) or Kind.NORMAL,
            messages=messages,
            author=fields.text("author"),
            owner=fields.text("owner", required=False),
            rule=rule,
            segment_name=name,
            translations=translations,
            send_at=send_at,
            repeat=repeat,
            expires_at=self._moment("expires_at"),
        )

    def _segment(self, needed: bool) -> tuple[object, str]:
        name = self.fields.text("segment_name", required=False)
        given = self.item.get("segment")
        if not needed:
            if given is not None or name:
                text = "訂正は、前の配信が届いた人に届きます。segment は消してください。"
                self._problem("segment" if given is not None else "segment_name", text)
            return None, ""
        if (given is None) == (not name):
            text = "送る相手を segment か segment_name の、どちらか一方に書いてください。"
            self._problem("segment", text)
            return None, ""
        if name:
            if name not in self.saved:
                names = "・".join(self.saved) or "まだありません"
                text = f"保存した条件「{name}」はありません。使えるもの：{names}"
                self._problem("segment_name", text)
            return None, name
        parsed = parse_rule(given, self.catalog)
        line = self.item.line_of("segment")
        self.problems += rule_problems(self.path, self.item, parsed, ("segment",), line)
        return _plain(given), ""

    def _languages(self) -> dict[str, tuple[Message, ...]]:
        value = self.item.get("languages")
        if value is None or value == "":
            return {}
        if isinstance(value, LocatedList | str):
            self._listed_languages([value] if isinstance(value, str) else value)
            return {}
        found: dict[str, tuple[Message, ...]] = {}
        for language, messages in value.items():
            line = value.line_of(language)
            if language == BASE_LANGUAGE:
                text = f"{BASE_LANGUAGE} の文は messages に書いてください。"
                self.problems.append(Problem(self.path, line, text))
            elif not self._known_language(language):
                self._unknown_language(language, line)
            else:
                found[language] = self._messages(messages, line)
        return found

    def _listed_languages(self, languages: Any) -> None:
        """A plain list names languages without giving their words: only Japanese has them."""
        for language in languages:
            line = self.item.line_of("languages")
            if not isinstance(language, str) or not self._known_language(language):
                self._unknown_language(str(language), line)
            elif language != BASE_LANGUAGE:
                text = f"「{language}」の文がありません。languages: {{{language}: [文]}} の形で書いてください。"
                self.problems.append(Problem(self.path, line, text))

    def _known_language(self, language: str) -> bool:
        return language == BASE_LANGUAGE or any(
            choice.id == language for choice in self.catalog.choices(LANGUAGE)
        )

    def _unknown_language(self, language: str, line: int) -> None:
        known = "・".join(choice.id for choice in self.catalog.choices(LANGUAGE))
        text = f"言語「{language}」は使えません。使えるもの：{known}"
        self.problems.append(Problem(self.path, line, text))

    def _messages(self, value: Any, line: int) -> tuple[Message, ...]:
        if not isinstance(value, LocatedList) or not 1 <= len(value) <= MAX_MESSAGES:
            text = f"文を1〜{MAX_MESSAGES}個、「- 」で並べて書いてください。"
            self.problems.append(Problem(self.path, line, text))
            return ()
        found = (self._message(item, at) for item, at in zip(value, value.lines, strict=True))
        return tuple(message for message in found if message is not None)

    def _message(self, item: Any, line: int) -> Message | None:
        if isinstance(item, str):
            item = _located({"text": item}, line)
        if not isinstance(item, Located):
            self.problems.append(Problem(self.path, line, "text か card を書いてください。"))
            return None
        if isinstance(card := item.get("card"), Located) and len(item) == 1:
            return self._card(card)
        if item.get("type") == "card" or (item.get("type") is None and "title" in item):
            return self._card(item)
        fields = Fields(self.path, item, ("type", "text"))
        fields.one_of("type", ("text", "card"), "text")
        text = fields.text("text", limit=MAX_TEXT)
        self.problems += fields.problems
        return TextMessage(text)

    def _card(self, item: Located) -> CardMessage:
        fields = Fields(self.path, item, _CARD_KEYS)
        image = fields.text("image", required=False)
        words = fields.text("words", required=False, limit=MAX_CARD_TEXT)
        text = fields.text("text", required=False, limit=MAX_CARD_TEXT)
        title = fields.text("title", limit=MAX_TITLE)
        if image and not words:
            fields.problem(
                "image", "画像に書いてある言葉を words に書いてください（読み上げに使います）。"
            )
        if words and not image:
            fields.problem("words", "words は画像（image）があるときだけ書いてください。")
        if not (image or text):
            fields.problem("text", "カードには text か image を書いてください。")
        links = self._links(fields)
        self.problems += fields.problems
        return CardMessage(title, text, links, image, words)

    def _links(self, fields: Fields) -> tuple[Link, ...]:
        found = []
        for item in fields.items("links"):
            inner = Fields(self.path, item, ("label", "url"))
            found.append(Link(inner.text("label", limit=20), inner.text("url")))
            self.problems += inner.problems
        if len(found) > MAX_LINKS:
            fields.problem("links", f"リンクは{MAX_LINKS}個までにしてください。")
        return tuple(found)

    def _moment(self, key: str) -> datetime | None:
        text = self.fields.text(key, required=False)
        if not text:
            return None
        match = _MOMENT.fullmatch(text)
        try:
            if match is None:
                raise ValueError
            clock = time(int(match[2]), int(match[3]))
            return datetime.combine(date.fromisoformat(match[1]), clock, JAPAN)
        except ValueError:
            self._problem(key, f"「{text}」は 2027-03-31 17:00 の形（日本時間）で書いてください。")
            return None

    def _repeat(self) -> Repeat | None:
        value = self.item.get("repeat")
        if value is None:
            return None
        if not isinstance(value, Located):
            text = "repeat は {every: weekly, days: [mon], at: 10:00} の形で書いてください。"
            self._problem("repeat", text)
            return None
        fields = Fields(self.path, value, _REPEAT_KEYS)
        every: Literal["weekly", "monthly"] = (
            "monthly"
            if fields.one_of("every", ("weekly", "monthly"), "weekly") == "monthly"
            else "weekly"
        )
        if "every" not in value:
            fields.problem("every", "every に weekly か monthly を書いてください。")
        days = _days(fields, every)
        match = _CLOCK.fullmatch(fields.text("at"))
        if match is None:
            fields.problem("at", "at は 10:00 の形（日本時間）で書いてください。")
        repeat = Repeat(
            every=every,
            at=time(int(match[1]), int(match[2])) if match else time(),
            weekdays=days if every == "weekly" else (),
            days=days if every == "monthly" else (),
            excluded=_dates(fields, "except"),
            skip_holidays=fields.flag("skip_holidays"),
            until=fields.date("until") if "until" in value else None,
        )
        self.problems += fields.problems
        return repeat

    def _problem(self, key: str, text: str) -> None:
        self.fields.problem(key, text)


def _days(fields: Fields, every: str) -> tuple[int, ...]:
    words = fields.texts("days", required=True)
    found = []
    for word in words:
        if every == "weekly" and word in WEEKDAYS:
            found.append(WEEKDAYS.index(word))
        elif every == "monthly" and word.isascii() and word.isdecimal() and 1 <= int(word) <= 31:
            found.append(int(word))
        else:
            known = "・".join(WEEKDAYS) if every == "weekly" else "1〜31"
            fields.problem("days", f"days の「{word}」は使えません。使えるもの：{known}")
    return tuple(sorted(set(found)))


def _dates(fields: Fields, key: str) -> tuple[date, ...]:
    found = []
    for word in fields.texts(key):
        try:
            found.append(date.fromisoformat(word))
        except ValueError:
            fields.problem(key, f"{key} の「{word}」は 2026-12-29 の形で書いてください。")
    return tuple(found)


def _located(values: Mapping[str, Any], line: int) -> Located:
    made = Located(line)
    made.update(values)
    return made


def _plain(value: Any) -> Any:
    """The reader's values as plain data."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
