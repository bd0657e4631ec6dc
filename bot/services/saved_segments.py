"""The segments that a city keeps under a name: what they are, how large, who uses them; saving."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.content.problems import Problem, errors
from bot.content.segments import SEGMENTS_FILE, read_catalog
from bot.content.yamlread import read_yaml
from bot.core.attributes import Catalog, CityCatalog
from bot.core.segment_rules import parse_rule, rule_data
from bot.core.segment_words import explain
from bot.core.segments import Rule
from bot.errors import ContentError
from bot.services.saving import Conflict, Edit, digest_of
from bot.services.segment_editing import add_segment, change_segment, remove_segment
from bot.services.segments import Segments, Span
from bot.services.workshop import Workshop
from bot.store import segment_sizes, segment_uses
from bot.store.database import Database
from bot.store.tables import MAIN_ACCOUNT

ANOTHERS = "ほかの市のお知らせ"  # no title crosses from one account into another
_FRESH_SECONDS = 60.0  # a size this old is shown again: a page with all of them asks for each


@dataclass(frozen=True)
class Use:
    """An announcement or template that names a segment; `number` None for a template."""

    title: str
    state: str
    number: int | None


@dataclass(frozen=True)
class Saved:
    """One saved segment; `rule` None where the city cannot use it, `sentence` says why."""

    name: str
    rule: Rule | None
    sentence: str
    uses: tuple[Use, ...] = ()


@dataclass
class SavedSegments:
    """One account's. The files on disk count, whether they are in force yet or not.

    `beside` are the other accounts that share the folder of content.
    """

    db: Database
    workshop: Workshop
    clock: Callable[[], datetime]
    account: str = MAIN_ACCOUNT
    beside: tuple[str, ...] = ()
    _sizes: dict[str, tuple[float, Span]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def data(self) -> bytes:
        """The file as it is now, b'' for none."""
        return self.workshop.saving.files().get(SEGMENTS_FILE, b"")

    def problems(self) -> list[Problem]:
        """Why the file cannot be worked on; then the catalog is that of the content in force."""
        return errors(read_catalog(SEGMENTS_FILE, self.data()).problems)

    def catalog(self) -> Catalog:
        """What the file offers; where it has errors, what residents can choose now."""
        read = read_catalog(SEGMENTS_FILE, self.data())
        return self.workshop.drafts.current().catalog if errors(read.problems) else read.catalog

    def in_city(self) -> CityCatalog:
        """The choices of the city that the console works for."""
        return self.catalog().in_city(self.workshop.drafts.city_of(""))

    def every(self) -> list[Saved]:
        """All of them in the file's order."""
        catalog, uses = self.catalog(), self.uses()
        city = catalog.in_city(self.workshop.drafts.city_of(""))
        return [_saved(name, data, city, uses) for name, data in catalog.segments.items()]

    def one(self, name: str) -> Saved | None:
        """The segment of that name."""
        return next((each for each in self.every() if each.name == name), None)

    def uses(self) -> dict[str, tuple[Use, ...]]:
        """Name -> what would lose it: announcements that may still go out, templates."""
        sharing = self._sharing()
        with self.db.read() as connection:
            written = [
                *(
                    (w, json.loads(w.text))
                    for w in segment_uses.open_announcements(connection, sharing)
                ),
                *((w, _yaml(w.text)) for w in segment_uses.every_template(connection, sharing)),
            ]
        found: dict[str, tuple[Use, ...]] = {}
        for each, data in written:
            name = str(data.get("segment_name") or "")
            mine = each.account == self.account
            use = Use(each.title, each.state, each.number) if mine else _of_another(each.state)
            found[name] = (*found.get(name, ()), use)
        return found

    def span(self, rule: Rule) -> Span:
        """How many residents it gives, as a screen may show it; up to a minute old."""
        now = self.clock()
        key = json.dumps(rule_data(rule), sort_keys=True)
        with self._lock:
            at, span = self._sizes.get(key, (0.0, Span(0, 0)))
        if 0 <= now.timestamp() - at < _FRESH_SECONDS and at:
            return span
        span = Segments(self.db, self.in_city, self.clock, self.account).span(rule)
        with self._lock:
            self._sizes = {
                k: kept
                for k, kept in self._sizes.items()
                if now.timestamp() - kept[0] < _FRESH_SECONDS
            }
            self._sizes[key] = (now.timestamp(), span)
        return span

    def save(self, old: str, name: str, rule: Rule, base: str, who: str, why: str) -> bool:
        """Save and publish a segment, a new one where `old` is ''; as `Workshop.save`.

        `base` is the digest of the file that was opened. What others changed elsewhere in the file
        stays; Conflict only where they changed this segment. Raises ContentError for a name that
        is taken, or that is in use under its old one.
        """
        data = self._unchanged(old, base)
        if old and name != old:
            self._refuse_used(old, "名前を変えられません")
        plain = rule_data(rule)
        after = change_segment(data, old, name, plain) if old else add_segment(data, name, plain)
        good = self.workshop.save([Edit(SEGMENTS_FILE, digest_of(data), after)], who, why, "form")
        if old and name != old:
            self.db.write(lambda c: segment_sizes.rename(c, old, name, self._sharing()))
        return good

    def remove(self, name: str, base: str, who: str, why: str) -> bool:
        """Take a segment out that nothing uses; otherwise as `save`."""
        data = self._unchanged(name, base)
        self._refuse_used(name, "消せません")
        after = remove_segment(data, name)
        return self.workshop.save([Edit(SEGMENTS_FILE, digest_of(data), after)], who, why, "form")

    def _sharing(self) -> tuple[str, ...]:
        """The accounts for which the file counts."""
        return (self.account, *self.beside)

    def _unchanged(self, name: str, base: str) -> bytes:
        """The file now, if nobody changed this segment since it was opened."""
        data = self.data()
        if digest_of(data) != base:
            before = self.workshop.base_of(SEGMENTS_FILE, base)
            if before is None or (name and _rule_in(before, name) != _rule_in(data, name)):
                raise Conflict(SEGMENTS_FILE, data)
        return data

    def _refuse_used(self, name: str, what: str) -> None:
        used = self.uses().get(name, ())
        if used:
            titles = "・".join(f"「{use.title}」" for use in used[:5])
            raise ContentError(f"この条件は {titles} で使っているため、{what}。")


def _of_another(state: str) -> Use:
    return Use(ANOTHERS, state, None)


def _saved(
    name: str, data: object, city: CityCatalog, uses: Mapping[str, tuple[Use, ...]]
) -> Saved:
    parsed = parse_rule(data, city)
    if parsed.rule is None:
        said = "\n".join(str(problem) for problem in parsed.problems)
        return Saved(name, None, said, uses.get(name, ()))
    return Saved(name, parsed.rule, explain(parsed.rule, city), uses.get(name, ()))


def _rule_in(data: bytes, name: str) -> object:
    return read_catalog(SEGMENTS_FILE, data).catalog.segments.get(name)


def _yaml(source: str) -> Mapping[str, object]:
    value, _ = read_yaml("", source.encode())
    return value if isinstance(value, dict) else {}
