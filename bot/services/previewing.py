"""Who gets this: the numbers before sending, the segment in words, three invented residents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice, product
from typing import Any

from bot.core.announcements import Draft, Kind, State
from bot.core.attributes import Attributes, CityCatalog, Volume
from bot.core.delivery import month_start
from bot.core.ports import LineDelivery, Quota
from bot.core.segment_words import describe
from bot.core.segments import (
    ChildAgeMonths,
    ChildBirthMonth,
    Condition,
    DistrictIn,
    LanguageIn,
    LifeStageIs,
    Rule,
    TopicsChosen,
    conditions,
    evaluate,
)
from bot.errors import LineError
from bot.services.announcing import Announcing
from bot.services.frozen import Frozen, Target
from bot.services.reviewing import Review, Reviewing
from bot.services.segments import Counted, Span, shown
from bot.store import announcements, ledger
from bot.store.clock import milliseconds
from bot.store.database import Database

_INVENTED, _TRIED = 3, 3000


@dataclass(frozen=True)
class Invented:
    """A resident who does not exist, and whether the announcement would reach them."""

    chosen: tuple[str, ...]
    gets: bool


@dataclass(frozen=True)
class Preview:
    """What staff see before they approve. `change` is since the last one with the same rule.

    `span`: the size for a screen on which rules are tried out; None where there is no rule.
    """

    announcement: int
    title: str
    kind: str
    state: str
    messages: Mapping[str, Any]
    sentence: str
    counted: Counted
    known: int
    change: int | None
    over_cap: int
    broadcast: bool
    residents: tuple[Invented, ...]
    quota: Quota | None
    review: Review
    span: Span | None = None

    def as_json(self) -> dict[str, Any]:
        """What `announce preview --json` prints."""
        return {
            "id": self.announcement,
            "title": self.title,
            "kind": self.kind,
            "state": self.state,
            "messages": self.messages,
            "segment": self.sentence,
            "count": self.counted.count,
            "few": self.counted.few,
            "known": self.known,
            "change_since_last": self.change,
            "over_cap": self.over_cap,
            "broadcast": self.broadcast,
            "residents": [{"chosen": list(r.chosen), "gets": r.gets} for r in self.residents],
            "quota": None
            if self.quota is None
            else {"limit": self.quota.limit, "used": self.quota.used, "left": self.quota.left},
            "passed": self.review.passed,
            "findings": self.review.as_json(),
        }

    def lines(self) -> Iterator[str]:
        """The same for a terminal."""
        count = "少数" if self.counted.count is None else f"{self.counted.count}人"
        yield f"{self.announcement}番「{self.title}」（{self.kind}、{self.state}）"
        yield f"条件：{self.sentence}"
        yield f"届く人：{count}（友だちとして知っている人は{self.known}人）"
        if self.broadcast:
            yield "LINEの一斉配信を使うため、このまどぐちが知らない友だちにも届きます。"
        if self.change is not None:
            yield f"前回の同じ条件から：{self.change:+d}人"
        if self.over_cap:
            yield f"今月の上限に達していて届かない人：{self.over_cap}人"
        if self.quota is not None and self.quota.left is not None:
            yield f"今月あと{self.quota.left}人分送れます。"
        for resident in self.residents:
            chosen = "、".join(resident.chosen) or "何も選んでいない"
            yield f"例：{chosen} → {'届きます' if resident.gets else '届きません'}"
        for finding in self.review.findings:
            yield f"{'' if finding.stop else '注意：'}{finding.text}"


@dataclass
class Previewing:
    """Previews of one account's announcements; `line` None where LINE is not connected."""

    db: Database
    announcing: Announcing
    reviewing: Reviewing
    line: LineDelivery | None
    clock: Callable[[], datetime]

    def preview(self, announcement: int) -> Preview:
        """Raises AnnouncementRefused for an unknown one, ContentError for an unusable segment."""
        stored = self.announcing.load(announcement)
        draft = self.announcing.draft(stored)
        frozen = Frozen.from_json(stored.frozen) if stored.frozen else None
        found = self.look(draft, stored.corrects, stored.id, frozen)
        return replace(found, state=str(stored.state))

    def look(
        self,
        draft: Draft,
        corrects: int | None = None,
        announcement: int = 0,
        frozen: Frozen | None = None,
    ) -> Preview:
        """The same of a draft that need not be kept. Raises ContentError as `preview`."""
        target = frozen.target if frozen else self.reviewing.target(draft, corrects)
        size = self.reviewing.size(target)
        messages = (
            frozen.messages
            if frozen
            else self.reviewing.messages(draft, announcement, broadcast=target.broadcast)
        )
        return Preview(
            announcement=announcement,
            title=draft.title,
            kind=str(draft.kind),
            state=str(State.DRAFT),
            messages=messages,
            sentence=self._sentence(target),
            counted=shown(size),
            known=size.known,
            change=self._change(target, announcement, size.matching),
            over_cap=self._over_cap(target, draft.kind, corrects),
            broadcast=target.broadcast,
            residents=self._invented(target),
            quota=self._quota(),
            review=self.reviewing.review(draft, announcement, corrects),
            span=self.reviewing.segments.span(target.rule) if target.rule is not None else None,
        )

    def _sentence(self, target: Target) -> str:
        if target.broadcast:
            return "友だち全員に届きます。"
        if target.received is not None:
            return f"{target.received}番のお知らせが届いた人に届きます。"
        assert target.rule is not None
        return self.reviewing.segments.explain(target.rule)

    def _change(self, target: Target, announcement: int, now: int) -> int | None:
        """The audience against that of the last announcement sent with the same rule."""
        if target.rule is None:
            return None
        with self.db.read() as connection:
            for stored in announcements.recent(connection, account=self.announcing.account):
                if stored.state is not State.SENT or not stored.frozen or stored.id == announcement:
                    continue
                if Frozen.from_json(stored.frozen).target == target:
                    counts = ledger.counts(connection, stored.id, stored.state)
                    return now - counts.recipients - counts.over_cap
        return None

    def _over_cap(self, target: Target, kind: Kind, corrects: int | None) -> int:
        if target.rule is None or kind is Kind.EMERGENCY or corrects is not None:
            return 0
        since = milliseconds(month_start(self.clock())) or 0
        today = self.reviewing.segments.today()
        with self.db.read() as connection:
            return ledger.over_cap(connection, target.rule, today, since, self.reviewing.account)

    def _invented(self, target: Target) -> tuple[Invented, ...]:
        if target.rule is None:
            return ()
        catalog, today = self.reviewing.catalog(), self.reviewing.segments.today()
        return invent(target.rule, catalog, today)

    def _quota(self) -> Quota | None:
        if self.line is None:
            return None
        try:
            return self.line.quota()
        except LineError:
            return None


def invent(rule: Rule, catalog: CityCatalog, today: date) -> tuple[Invented, ...]:
    """Up to three invented residents: someone who gets it, someone who just misses it, another."""
    gets: list[Attributes] = []
    misses: list[Attributes] = []
    for attributes in islice(_combinations(rule, catalog, today), _TRIED):
        (gets if evaluate(rule, attributes, today) else misses).append(attributes)
    misses.sort(key=_chosen_count, reverse=True)
    gets.sort(key=_chosen_count)
    picked = [(each, True) for each in gets[:1]] + [(each, False) for each in misses[:1]]
    others = [(each, True) for each in gets[-1:] if len(gets) > 1]
    others += [(each, False) for each in misses[-1:] if len(misses) > 1]
    picked += others
    return tuple(
        Invented(_words(attributes, catalog), reached) for attributes, reached in picked[:_INVENTED]
    )


def _combinations(rule: Rule, catalog: CityCatalog, today: date) -> Iterator[Attributes]:
    """Residents who chose some of what the rule asks about, and some other things."""
    found = list(conditions(rule))
    topics = _values(found, TopicsChosen)
    stages = _values(found, LifeStageIs)
    districts = ["", *_values(found, DistrictIn), *_another(catalog, "district", found)]
    languages = ["", *_values(found, LanguageIn), *_another(catalog, "language", found)]
    months = [0, *_months(found, today)]
    topic_sets: list[frozenset[str]] = [frozenset(), frozenset(topics)]
    topic_sets += [frozenset([each]) for each in topics]
    stage_sets = [frozenset[str](), *(frozenset([each]) for each in stages)]
    for district, language, month, topic, stage in product(
        districts, languages, months, dict.fromkeys(topic_sets), stage_sets
    ):
        born = frozenset([month]) if month else frozenset[int]()
        yield Attributes(topic, district, stage, born, language)


def _values(found: Sequence[Condition], kind: Any) -> list[str]:
    return list(
        dict.fromkeys(value for each in found if isinstance(each, kind) for value in each.values)
    )


def _another(catalog: CityCatalog, attribute: str, found: Sequence[Condition]) -> list[str]:
    """A choice that the rule does not name, where it asks about this attribute at all."""
    kind = DistrictIn if attribute == "district" else LanguageIn
    named = _values(found, kind)
    others = [choice.id for choice in catalog.choices(attribute) if choice.id not in named]
    return others[:1] if named else []


def _months(found: Sequence[Condition], today: date) -> list[int]:
    months: list[int] = []
    for each in found:
        if isinstance(each, ChildAgeMonths):
            first, last = each.birth_months(today)
            months += [last, first - 1]
        elif isinstance(each, ChildBirthMonth):
            months += [each.months[0], each.months[0] - 1]
    return list(dict.fromkeys(months))


def _chosen_count(attributes: Attributes) -> int:
    return (
        len(attributes.topics)
        + len(attributes.life_stages)
        + len(attributes.child_birth_months)
        + bool(attributes.district)
        + bool(attributes.language)
    )


def _words(attributes: Attributes, catalog: CityCatalog) -> tuple[str, ...]:
    return tuple(str(reason) for reason in describe(attributes, Volume(), catalog))
