"""Before an announcement goes out: what is wrong with it, who would get it, how it would look."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from bot.core.announcements import (
    BASE_LANGUAGE,
    DRILL_MARK,
    MAX_MESSAGES,
    CardMessage,
    Draft,
    Kind,
    Message,
    TextMessage,
    districts_only,
)
from bot.core.attributes import CityCatalog
from bot.core.segments import Everyone
from bot.core.wordcheck import Finding, Slip, addresses_in, check_words, texts_of
from bot.errors import ContentError, LineError
from bot.services.frozen import Target
from bot.services.segments import FEW, Segments, says_everyone
from bot.store import audience, ledger
from bot.store.audience import Size
from bot.store.database import Database
from bot.store.tables import MAIN_ACCOUNT, residents

LineMessage = dict[str, Any]
Render = Callable[[Sequence[Message], Kind, int], list[LineMessage]]
Examine = Callable[[Any], list[str]]


@dataclass(frozen=True)
class Review:
    """The outcome of a check; a finding that stops has to be mended first."""

    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing stops it."""
        return not any(finding.stop for finding in self.findings)

    def as_json(self) -> list[dict[str, Any]]:
        """For a screen or a script."""
        return [{"stop": each.stop, "text": each.text} for each in self.findings]


@dataclass
class Reviewing:
    """Checks drafts against residents, LINE's limits and the wording rules.

    `ask_line` is LINE's own validation, None where LINE is not connected; `reach` says of a link
    whether it answers, None where that could not be found out.
    """

    db: Database
    segments: Segments
    catalog: Callable[[], CityCatalog]
    saved: Callable[[], Mapping[str, object]]
    render: Render
    examine: Examine
    clock: Callable[[], datetime]
    slips: Callable[[], Sequence[Slip]]
    ask_line: Callable[[Sequence[LineMessage]], Sequence[str]] | None = None
    reach: Callable[[str], bool | None] | None = None
    account: str = MAIN_ACCOUNT

    def target(self, draft: Draft, corrects: int | None = None) -> Target:
        """Whom the draft is for. Raises ContentError for a segment that cannot be used."""
        if corrects is not None:
            with self.db.read() as connection:
                everyone = ledger.was_broadcast(connection, corrects)
            return Target(received=corrects, broadcast=everyone)
        data = self.saved().get(draft.segment_name) if draft.segment_name else draft.rule
        rule = self.segments.parse(data)
        if draft.kind is not Kind.EMERGENCY:
            return Target(rule)
        places = districts_only(rule)
        if isinstance(rule, Everyone):
            return Target(rule, broadcast=True)
        if places is None or isinstance(places, Everyone):
            raise ContentError(
                "緊急のお知らせでは、ジャンルなどの条件は使えません（選択にかかわらず届きます）。"
                "地区だけの条件にするか、全員なら everyone: true と書いてください。"
            )
        return Target(places)

    def messages(
        self, draft: Draft, announcement: int, *, broadcast: bool
    ) -> dict[str, list[LineMessage]]:
        """The LINE messages by language; a broadcast holds all languages one after another."""
        variants = draft.variants()
        if broadcast and len(variants) > 1:
            variants = {BASE_LANGUAGE: tuple(m for each in variants.values() for m in each)}
        return {
            language: self.render(messages, draft.kind, announcement)
            for language, messages in variants.items()
        }

    def review(self, draft: Draft, announcement: int, corrects: int | None = None) -> Review:
        """Everything there is to say about a draft, in one go; asks LINE where it is connected."""
        found = list(check_words(draft, self.clock(), self.slips()))
        found += self._links(draft)
        found += _drill_wall(draft)
        try:
            target = self.target(draft, corrects)
        except ContentError as error:
            return Review((*found, *(Finding(line) for line in str(error).splitlines())))
        found += self._audience(draft, target)
        found += self._form(draft, announcement, target)
        return Review(tuple(dict.fromkeys(found)))

    def size(self, target: Target) -> Size:
        """How many residents it reaches now, of how many we know."""
        with self.db.read() as connection:
            return self.size_in(connection, target)

    def size_in(self, connection: Connection, target: Target) -> Size:
        """The same, inside a transaction."""
        today = self.segments.today()
        if target.rule is not None:
            return audience.count(connection, target.rule, today, self.account)
        known = audience.count(connection, Everyone(), today, self.account).known
        if target.broadcast or target.received is None:
            return Size(known, known)
        got = ledger.received(target.received, residents.c.id).subquery()
        matching = connection.execute(select(func.count()).select_from(got)).scalar_one()
        return Size(matching, known)

    def _audience(self, draft: Draft, target: Target) -> list[Finding]:
        size = self.size(target)
        if target.broadcast:
            return []
        if size.matching == 0:
            return [Finding("この条件に合う人が1人もいません。条件を見直してください。")]
        if target.received is not None or target.rule is None:
            return []
        found = []
        if not says_everyone(target.rule, size):
            found.append(
                Finding(
                    "この条件は全員に当てはまります。全員に送るなら「友だち全員」"
                    "（segment: {everyone: true}）にしてください。"
                )
            )
        if size.matching < FEW and draft.kind is not Kind.EMERGENCY:
            found.append(
                Finding(
                    "届く人が少なすぎて、だれのことか分かってしまいます。条件を広げてください。"
                )
            )
        return found

    def _form(self, draft: Draft, announcement: int, target: Target) -> list[Finding]:
        found = []
        for language, messages in self.messages(
            draft, announcement, broadcast=target.broadcast
        ).items():
            mark = "" if language == BASE_LANGUAGE else f"（{language}）"
            if len(messages) > MAX_MESSAGES:
                text = f"全員への配信では、すべての言語を合わせて{MAX_MESSAGES}個までです。"
                found.append(Finding(text))
                continue
            problems = self.examine(messages)
            found += [Finding(f"LINEで送れない形です{mark}：{each}") for each in problems]
            if not problems:
                found += self._asked(messages, mark)
        return found

    def _asked(self, messages: Sequence[LineMessage], mark: str) -> list[Finding]:
        if self.ask_line is None:
            return []
        try:
            return [
                Finding(f"LINEの点検で見つかりました{mark}：{each}")
                for each in self.ask_line(messages)
            ]
        except LineError as error:
            text = f"LINEの点検は未確認です（{error.status or 'つながりません'}）。"
            return [Finding(text, stop=False)]

    def _links(self, draft: Draft) -> list[Finding]:
        buttons = (
            link.url
            for messages in draft.variants().values()
            for message in messages
            if isinstance(message, CardMessage)
            for link in message.links
        )
        written = (address for text in texts_of(draft) for address in addresses_in(text))
        urls = {url for url in (*buttons, *written) if url.startswith("https://")}
        found = []
        for url in sorted(urls):
            answers = self.reach(url) if self.reach is not None else None
            if answers is None:
                found.append(Finding(f"リンク {url} は未確認です。開いて確かめてください。", False))
            elif not answers:
                # The city's own site may be down in a disaster: no reason to stay silent.
                stop = draft.kind is not Kind.EMERGENCY
                found.append(Finding(f"リンク {url} が開けません。確かめてください。", stop))
        return found


def _drill_wall(draft: Draft) -> list[Finding]:
    """A drill says so wherever it is read; what says so can go out as nothing else."""
    found = []
    for words in (draft.title, *(first for first in _openings(draft))):
        if draft.kind is Kind.DRILL and not words.strip().startswith(DRILL_MARK):
            found.append(
                Finding(f"訓練の文は、どれも「{DRILL_MARK}」で始めてください：{words.strip()[:20]}")
            )
    if draft.kind is not Kind.DRILL and any(DRILL_MARK in text for text in texts_of(draft)):
        found.append(
            Finding(
                f"「{DRILL_MARK}」のある文は、訓練（kind: drill）としてしか送れません。"
                "本番の文に書き直してください。"
            )
        )
    return found


def _openings(draft: Draft) -> list[str]:
    """The first words of every message, as they are read and notified."""
    return [
        message.text if isinstance(message, TextMessage) else message.title
        for messages in draft.variants().values()
        for message in messages
    ]
