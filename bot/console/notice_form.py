"""The composer's fields: from a draft, from a posted form, and to the file they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from werkzeug.datastructures import MultiDict

from bot.content.drafting import Lines, listed, quoted, rule_text
from bot.content.drafts import MAX_LINKS
from bot.core.announcements import (
    BASE_LANGUAGE,
    MAX_MESSAGES,
    CardMessage,
    Draft,
    Kind,
    Message,
    TextMessage,
)
from bot.core.calendar import JAPAN, WEEKDAYS

TEXT, CARD = "text", "card"
SAVED, RULE, EVERYONE = "saved", "rule", "everyone"
NOW, AT, REPEAT = "now", "at", "repeat"
_SPARE_LINKS = 2
_KEPT = "\n\u3000\u200d"  # line end, wide blank, what joins emoji
# What the form calls the keys of the file that it makes.
LABELS = {
    "title": "題",
    "kind": "種類",
    "owner": "担当課",
    "segment": "届ける相手",
    "segment_name": "保存した条件",
    "send_at": "送る日時",
    "repeat": "くり返し",
    "days": "日",
    "at": "時刻",
    "except": "送らない日",
    "until": "最後の日",
    "expires_at": "期限",
    "messages": "文",
    "text": "文",
    "image": "画像",
    "words": "画像の説明",
    "links": "リンクのボタン",
    "label": "ボタンの言葉",
    "url": "ボタンのアドレス",
}


@dataclass(frozen=True)
class MessageFields:
    """One message; `links` are (words, address)."""

    type: str = TEXT
    text: str = ""
    title: str = ""
    image: str = ""
    words: str = ""
    links: tuple[tuple[str, str], ...] = ()

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """The links with empty rows to fill in."""
        wanted = min(MAX_LINKS, len(self.links) + _SPARE_LINKS)
        return (*self.links, *(("", ""),) * (wanted - len(self.links)))


@dataclass(frozen=True)
class NoticeFields:
    """Everything a person can fill in; all values are text as typed."""

    title: str = ""
    kind: str = "normal"
    owner: str = ""
    audience: str = SAVED
    segment_name: str = ""
    rule: str = ""
    when: str = NOW
    send_at: str = ""
    every: str = "weekly"
    weekdays: tuple[str, ...] = ()
    days: str = ""
    at: str = ""
    excluded: str = ""
    skip_holidays: bool = False
    until: str = ""
    expires_at: str = ""
    messages: Mapping[str, tuple[MessageFields, ...]] = field(
        default_factory=lambda: {BASE_LANGUAGE: (MessageFields(),)}
    )


def from_draft(draft: Draft) -> NoticeFields:
    """The fields of what was written."""
    everyone = draft.rule == {"everyone": "true"} or draft.rule == {"everyone": True}
    audience = SAVED if draft.rule is None else EVERYONE if everyone else RULE
    found = NoticeFields(
        title=draft.title,
        kind=str(draft.kind),
        owner=draft.owner,
        audience=audience,
        segment_name=draft.segment_name,
        rule=rule_text(draft.rule) if audience == RULE else "",
        send_at=_local(draft.send_at),
        when=AT if draft.send_at else NOW,
        expires_at=_local(draft.expires_at),
        messages={
            language: tuple(map(_fields, messages))
            for language, messages in draft.variants().items()
        },
    )
    repeat = draft.repeat
    if repeat is None:
        return found
    return replace(
        found,
        when=REPEAT,
        every=repeat.every,
        weekdays=tuple(WEEKDAYS[day] for day in repeat.weekdays),
        days="、".join(map(str, repeat.days)),
        at=repeat.at.isoformat("minutes"),
        excluded="\n".join(day.isoformat() for day in repeat.excluded),
        skip_holidays=repeat.skip_holidays,
        until=repeat.until.isoformat() if repeat.until else "",
    )


def from_post(form: MultiDict[str, str]) -> NoticeFields:
    """The fields as they were sent."""

    def one(name: str) -> str:
        return _clean(form.get(name, "")).strip()

    languages = [each for each in form.getlist("language-set") if each.isidentifier()]
    return NoticeFields(
        title=one("title"),
        kind=one("kind") or "normal",
        owner=one("owner"),
        audience=one("audience") or SAVED,
        segment_name=one("segment_name"),
        rule=_clean(form.get("rule", "")).rstrip(),
        when=one("when") or NOW,
        send_at=one("send_at").replace("T", " "),
        every=one("every") or "weekly",
        weekdays=tuple(day for day in WEEKDAYS if day in form.getlist("weekdays")),
        days=one("days"),
        at=one("at"),
        excluded=one("excluded"),
        skip_holidays="skip_holidays" in form,
        until=one("until"),
        expires_at=one("expires_at").replace("T", " "),
        messages={
            language: _posted(form, language)
            for language in dict.fromkeys([BASE_LANGUAGE, *languages])
        },
    )


def described(fields: NoticeFields, words: Mapping[str, str]) -> NoticeFields:
    """With the words that an image was kept with, where its card has none: `words` by address."""
    return replace(
        fields,
        messages={
            language: tuple(
                replace(each, words=each.words or words.get(each.image, "")) for each in messages
            )
            for language, messages in fields.messages.items()
        },
    )


def changed(fields: NoticeFields, do: str, new_language: str = "") -> tuple[NoticeFields, str]:
    """What a button of the form makes of it, and the id of the field to go on with.

    `do` is add-text:ja, add-card:ja, remove:ja:0, up:ja:1, down:ja:0 or language.
    """
    what, _, rest = do.partition(":")
    if what == "language" and new_language and new_language not in fields.messages:
        every = {**fields.messages, new_language: (MessageFields(),)}
        return replace(fields, messages=every), f"m-{new_language}-0-text"
    language, _, place = rest.partition(":")
    messages = list(fields.messages.get(language, ()))
    at = int(place) if place.isascii() and place.isdecimal() else 0
    if what in ("add-text", "add-card") and language in fields.messages:
        if len(messages) < MAX_MESSAGES:
            messages.append(MessageFields(what.removeprefix("add-")))
        at = len(messages) - 1
    elif not at < len(messages):
        return fields, ""
    elif what == "remove":
        del messages[at]
        at = max(0, at - 1)
    elif what in ("up", "down"):
        to = at + (1 if what == "down" else -1)
        if 0 <= to < len(messages):
            messages[at], messages[to] = messages[to], messages[at]
            at = to
    if not messages and language == BASE_LANGUAGE:
        messages = [MessageFields()]
    every = {**fields.messages, language: tuple(messages)}
    if not messages:
        del every[language]
        return replace(fields, messages=every), "new-language"
    kept = messages[at]
    name = "text" if kept.type == TEXT else "title"
    return replace(fields, messages=every), f"m-{language}-{at}-{name}"


def missing(fields: NoticeFields, *, correction: bool = False) -> dict[str, list[str]]:
    """What has to be filled in before anything else can be said, by field."""
    found: dict[str, list[str]] = {}
    if not fields.title:
        found["title"] = ["題を書いてください。"]
    if fields.kind not in set(Kind):
        found["kind"] = ["種類を選んでください。"]
    if not correction and fields.audience == SAVED and not fields.segment_name:
        found["segment_name"] = ["保存した条件を選んでください。"]
    if not correction and fields.audience == RULE and not fields.rule.strip():
        found["rule"] = ["条件を書いてください。"]
    if fields.when == AT and not fields.send_at:
        found["send_at"] = ["送る日時を入れてください。"]
    if fields.when == REPEAT:
        if not (fields.weekdays if fields.every == "weekly" else fields.days):
            found["days"] = ["くり返す曜日か日を入れてください。"]
        if not fields.at:
            found["at"] = ["くり返す時刻を入れてください。"]
    for language, messages in fields.messages.items():
        for number, each in enumerate(messages):
            start = f"m-{language}-{number}-"
            if each.type == TEXT and not each.text:
                found[f"{start}text"] = ["文を書いてください。"]
            if each.type == CARD and not each.title:
                found[f"{start}title"] = ["カードの題を書いてください。"]
    return found


def written(fields: NoticeFields, author: str, *, correction: bool = False) -> Lines:
    """The file that the fields make; the place of each line is the id of its field."""
    lines = Lines()
    lines.value("title: ", fields.title, "title")
    lines.value("kind: ", fields.kind, "kind")
    lines.value("author: ", author, "title")
    if fields.owner:
        lines.value("owner: ", fields.owner, "owner")
    if not correction:
        _audience(lines, fields)
    _when(lines, fields)
    if fields.expires_at:
        lines.value("expires_at: ", fields.expires_at, "expires_at")
    lines.add("messages:", "m-ja-0-text")
    _messages(lines, fields.messages[BASE_LANGUAGE], BASE_LANGUAGE, "  ")
    others = [each for each in fields.messages.items() if each[0] != BASE_LANGUAGE]
    if others:
        lines.add("languages:", "new-language")
        for language, messages in others:
            lines.add(f"  {language}:", f"m-{language}-0-text")
            _messages(lines, messages, language, "    ")
    return lines


def _audience(lines: Lines, fields: NoticeFields) -> None:
    if fields.audience == EVERYONE:
        lines.add("segment: {everyone: true}", "audience")
    elif fields.audience == SAVED:
        lines.value("segment_name: ", fields.segment_name, "segment_name")
    else:
        lines.add("segment:", "rule")
        lines.add("\n".join(f"  {line}" for line in fields.rule.split("\n")), "rule")


def _when(lines: Lines, fields: NoticeFields) -> None:
    if fields.when == AT:
        lines.value("send_at: ", fields.send_at, "send_at")
    if fields.when != REPEAT:
        return
    days = fields.weekdays if fields.every == "weekly" else _split(fields.days)
    lines.add("repeat:", "days")
    lines.value("  every: ", fields.every, "days")
    lines.add(f"  days: {listed(days)}", "days")
    lines.value("  at: ", fields.at, "at")
    if _split(fields.excluded):
        lines.add(f"  except: {listed(_split(fields.excluded))}", "excluded")
    lines.add(f"  skip_holidays: {'true' if fields.skip_holidays else 'false'}", "skip_holidays")
    if fields.until:
        lines.value("  until: ", fields.until, "until")


def _messages(lines: Lines, messages: Sequence[MessageFields], language: str, indent: str) -> None:
    for number, each in enumerate(messages):
        start = f"m-{language}-{number}-"
        if each.type == TEXT:
            lines.value(f"{indent}- text: ", each.text, f"{start}text")
            continue
        lines.add(f"{indent}- card:", f"{start}title")
        inner = f"{indent}    "
        for key in ("title", "text", "image", "words"):
            if value := getattr(each, key):
                lines.value(f"{inner}{key}: ", value, start + key)
        if each.links:
            lines.add(f"{inner}links:", f"{start}link-0-label")
        for place, (label, url) in enumerate(each.links):
            text = f"{inner}  - {{label: {quoted(label)}, url: {quoted(url)}}}"
            lines.add(text, f"{start}link-{place}-label")


def _posted(form: MultiDict[str, str], language: str) -> tuple[MessageFields, ...]:
    found = []
    for number in range(MAX_MESSAGES):
        start = f"m-{language}-{number}-"
        kind = form.get(f"{start}type", "")
        if kind not in (TEXT, CARD):
            break
        links = []
        for place in range(MAX_LINKS):
            label = _clean(form.get(f"{start}link-{place}-label", "")).strip()
            url = _clean(form.get(f"{start}link-{place}-url", "")).strip()
            if label or url:
                links.append((label, url))
        picked = _clean(form.get(f"{start}picked", "")).strip()
        found.append(
            MessageFields(
                kind,
                _clean(form.get(f"{start}text", "")).strip(),
                _clean(form.get(f"{start}title", "")).strip(),
                picked or _clean(form.get(f"{start}image", "")).strip(),
                _clean(form.get(f"{start}words", "")).strip(),
                tuple(links),
            )
        )
    return tuple(found) or (MessageFields(),)


def _fields(message: Message) -> MessageFields:
    if isinstance(message, CardMessage):
        links = tuple((link.label, link.url) for link in message.links)
        return MessageFields(CARD, message.text, message.title, message.image, message.words, links)
    assert isinstance(message, TextMessage)
    return MessageFields(TEXT, message.text)


def _clean(text: str) -> str:
    """Line ends as one sign, no other signs that cannot be seen."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(each for each in text if each.isprintable() or each in _KEPT)


def _split(text: str) -> list[str]:
    for mark in "、，,\n":
        text = text.replace(mark, " ")
    return text.split()


def _local(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(JAPAN).strftime("%Y-%m-%d %H:%M")
