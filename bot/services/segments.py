"""Segments for staff: read a rule, count it, say it in Japanese, say why a resident got something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from bot.content.segments import read_rule
from bot.core.attributes import CityCatalog
from bot.core.segment_rules import parse_rule
from bot.core.segment_words import Reason, explain, why
from bot.core.segments import Everyone, Rule
from bot.errors import ContentError
from bot.store import attributes, audience
from bot.store.audience import Size
from bot.store.crosstab import Cells, cells
from bot.store.database import Database
from bot.store.tables import MAIN_ACCOUNT

FEW = 5  # smaller groups would tell who somebody is
_ABOUT = 10  # a size that would give away a small group is said to the ten only
JAPAN = timezone(timedelta(hours=9))


@dataclass(frozen=True)
class Counted:
    """A segment's size as staff may see it: None for a group of fewer than 5, nobody included."""

    count: int | None
    few: bool

    def as_json(self) -> dict[str, Any]:
        """What `segments count --json` prints."""
        return {"count": self.count, "few": self.few}


@dataclass(frozen=True)
class Span:
    """A size as a screen may show it: from `low` to `high`, equal where it is exact.

    Whoever adds conditions and takes them away learns of no group of fewer than 5 by the
    differences: where one condition splits off so few, in the audience or outside, only the ten
    is told.
    """

    low: int
    high: int

    @property
    def few(self) -> bool:
        """Fewer than 5, nobody included."""
        return self.high < FEW

    def __str__(self) -> str:
        if self.few:
            return f"{FEW}人未満"
        exact = self.low == self.high
        return f"{self.low:,}人" if exact else f"{self.low:,}〜{self.high:,}人"


def span_of(cells: Cells) -> Span:
    """The size of an audience that was cut up by its conditions."""
    if cells.matching < FEW:
        return Span(0, FEW - 1)
    if cells.smallest is not None and cells.smallest >= FEW:
        return Span(cells.matching, cells.matching)
    low = cells.matching // _ABOUT * _ABOUT
    return Span(max(low, FEW), low + _ABOUT - 1)


def shown(size: Size) -> Counted:
    """The size as staff may see it."""
    few = size.matching < FEW
    return Counted(None if few else size.matching, few)


def says_everyone(rule: Rule, size: Size) -> bool:
    """False where the rule gives everybody we know without saying `everyone`: a stop."""
    return isinstance(rule, Everyone) or not size.is_all


class Segments:
    """One account's segments. `catalog()` is what its city offers at that moment."""

    def __init__(
        self,
        db: Database,
        catalog: Callable[[], CityCatalog],
        clock: Callable[[], datetime],
        account: str = MAIN_ACCOUNT,
    ) -> None:
        self._db = db
        self.catalog = catalog
        self._clock = clock
        self._account = account

    def today(self) -> date:
        """Japan's day, the one that ages are counted on."""
        return self._clock().astimezone(JAPAN).date()

    def load(self, path: Path) -> Rule:
        """The rule of a file. Raises ContentError with every problem and its line."""
        try:
            data = path.read_bytes()
        except OSError as error:
            text = f"条件のファイル（{path}）を読めません。場所と権限を確かめてください。"
            raise ContentError(text) from error
        read = read_rule(str(path), data, self.catalog())
        if read.rule is None:
            raise ContentError("\n".join(str(problem) for problem in read.problems))
        return read.rule

    def parse(self, data: object) -> Rule:
        """A rule from plain data, as stored or edited. Raises ContentError with every problem."""
        parsed = parse_rule(data, self.catalog())
        if parsed.rule is None:
            raise ContentError("\n".join(str(problem) for problem in parsed.problems))
        return parsed.rule

    def size(self, rule: Rule) -> Size:
        """The exact size now: for checks and stops, not for a screen."""
        with self._db.read() as connection:
            return audience.count(connection, rule, self.today(), self._account)

    def count(self, rule: Rule) -> Counted:
        """The size now as staff may see it."""
        return shown(self.size(rule))

    def span(self, rule: Rule) -> Span:
        """The size now for a screen on which rules are tried out."""
        with self._db.read() as connection:
            return span_of(cells(connection, rule, self.today(), self._account))

    def explain(self, rule: Rule) -> str:
        """Who gets it, as one sentence."""
        return explain(rule, self.catalog())

    def why(self, rule: Rule, user_id: str, sent_on: date | None = None) -> tuple[Reason, ...]:
        """For 「なぜ届いた？」: the resident's choices that the rule asked for.

        `sent_on` is Japan's day of the sending, on which ages were counted. () where the
        resident is unknown or has changed their choices since, so that nothing matches any more.
        """
        with self._db.read() as connection:
            profile = attributes.load(connection, user_id, self._account)
        if profile is None:
            return ()
        return why(rule, profile.attributes, sent_on or self.today(), self.catalog())
