"""Make LINE's rich menus equal to the files, and switch the emergency menu on and off."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from bot.content.loader import Loaded
from bot.content.menus import image_problem
from bot.core.attributes import Catalog
from bot.core.menus import (
    CHANGES_AN_HOUR,
    Built,
    LineMenus,
    Plan,
    Role,
    build,
    for_city,
    of_role,
    plan,
    ready_for_emergency,
)
from bot.core.menus import in_emergency as emergency_at
from bot.core.segment_rules import parse_rule
from bot.core.segments import All, AnyOf, Not, Rule
from bot.errors import ContentError, LineError, StoreBusy
from bot.services.segments import JAPAN
from bot.store import budgets
from bot.store.audience import count, snapshot
from bot.store.database import Database
from bot.store.tables import MAIN_ACCOUNT

log = logging.getLogger(__name__)
_NOT_AT_LINE = "メニューがまだLINEにありません。先に madoguchi menu apply を実行してください。"


@dataclass(frozen=True)
class Group:
    """Residents who get a menu of their own: its alias, or None for those who get everybody's."""

    alias: str | None
    title: str
    rule: Rule


@dataclass(frozen=True)
class Outlook:
    """What an apply would do."""

    plan: Plan
    emergency: bool
    groups: tuple[Group, ...]


@dataclass
class Menus:
    """One account's rich menus."""

    db: Database
    line: LineMenus
    content_dir: Path
    city: str
    clock: Callable[[], datetime]
    account: str = MAIN_ACCOUNT
    _ids: dict[str, str] = field(default_factory=dict, init=False)  # alias -> id at LINE

    def outlook(self, loaded: Loaded) -> Outlook:
        """Look at LINE, change nothing. Raises ContentError with everything wrong in the files."""
        wanted = self._built(loaded)
        steps = plan(wanted, looked := self.line.look())
        problems = [
            f"{built.menu.id}: {text}"
            for built in steps.create
            for text in self.line.problems(built.body)
        ]
        if problems:
            raise ContentError("LINEの点検で問題が見つかりました。\n" + "\n".join(problems))
        return Outlook(steps, emergency_at(looked), self._groups(wanted, loaded.segments))

    def apply(self, loaded: Loaded) -> Outlook:
        """Make LINE equal to the files; running it again goes on where it was broken off.

        Raises StoreBusy where LINE's changes of this hour are used up, before changing anything.
        """
        outlook = self.outlook(loaded)
        steps = _within_an_hour(outlook.plan)
        outlook = replace(outlook, plan=steps)
        if steps.changes:
            wait = self.db.write(
                lambda c: budgets.take_menu_changes(c, steps.changes, self.account)
            )
            if wait:
                raise StoreBusy(
                    f"LINEでは、メニューの変更は1時間に100回までです（必要なのは{steps.changes}回）。"
                    f"{-(-wait // 60)}分たってから、もう一度実行してください。"
                )
        self._ids = dict(steps.keep)
        for built in steps.create:
            self._ids[built.alias] = self.line.create(built.body)
        for built in (*steps.create, *steps.finish):
            self.line.upload(self._ids[built.alias], built.image, built.image_type)
        existing = self.line.look().aliases
        for alias in steps.aliases:
            self.line.set_alias(alias, self._ids[alias], exists=alias in existing)
        if steps.default is not None:
            self.line.set_default(self._ids[steps.default])
        if not outlook.emergency:
            self._link(outlook.groups)
        for alias in steps.delete_aliases:
            self.line.delete_alias(alias)
        for menu_id in steps.delete:
            self.line.delete(menu_id)
        log.info("rich menus applied", extra={"changes": steps.changes})
        return outlook

    def emergency(self, loaded: Loaded, *, on: bool) -> bool:
        """Everybody's menu becomes the emergency menu, or what it was; False if it was so already.

        On: two requests, whatever the number of residents. Off: menus of segments are linked
        anew. Raises ContentError where the menus are not at LINE yet.
        """
        wanted = self._built(loaded)
        looked = self.line.look()
        built = of_role(wanted, Role.EMERGENCY if on else Role.DEFAULT)
        if built is None:
            role = "emergency" if on else "default"
            raise ContentError(f"role: {role} のメニューが intents/menus/ にありません。")
        menu_id = looked.aliases.get(built.alias)
        if menu_id is None or menu_id not in looked.names:
            raise ContentError(_NOT_AT_LINE)
        groups = self._groups(wanted, loaded.segments)
        was = looked.default == menu_id
        if not was:
            self.line.set_default(menu_id)
        self._ids = dict(looked.aliases)
        if on and groups:
            self._take_own_menus_away(groups)
        elif not on:
            self._link(groups)
        log.warning("emergency menu switched", extra={"on": on})
        return not was

    def warn_everybody(self) -> bool:
        """As `emergency(on=True)`, with what LINE has alone: for when the files are broken just now.

        Raises ContentError where LINE has no emergency menu of ours, LineError where menus of
        segments could not be taken away at once.
        """
        looked = self.line.look()
        menu_id = ready_for_emergency(looked)
        if menu_id is None:
            raise ContentError(_NOT_AT_LINE)
        was = looked.default == menu_id
        if not was:
            self.line.set_default(menu_id)
        self.line.unlink_everybody()
        log.warning("emergency menu switched", extra={"on": True})
        return not was

    def sizes(self, groups: Sequence[Group]) -> list[tuple[str, int]]:
        """How many residents each group has now."""
        with self.db.read() as connection:
            return [
                (group.title, count(connection, group.rule, self._today(), self.account).matching)
                for group in groups
            ]

    def _built(self, loaded: Loaded) -> list[Built]:
        menus = for_city(loaded.menus, self.city)
        problems, built = [], []
        for menu in menus:
            path = self.content_dir / menu.image
            image = path.read_bytes() if path.is_file() else None
            if problem := image_problem(menu, image):
                problems.append(f"{menu.id}: {problem}")
            elif image is not None:
                built.append(build(menu, image))
        if problems:
            raise ContentError("\n".join(problems))
        if menus and not any(menu.role is Role.DEFAULT for menu in menus):
            raise ContentError("role: default のメニューが intents/menus/ にありません。")
        return built

    def _groups(self, wanted: Sequence[Built], catalog: Catalog) -> tuple[Group, ...]:
        """Who gets which: the first menu, in the order of the files, whose segment they are in."""
        groups: list[Group] = []
        earlier: list[Rule] = []
        for built in wanted:
            if built.menu.role is Role.SEGMENT:
                rule = self._rule(built.menu.segment, catalog)
                parts = (rule, *map(Not, earlier))
                narrowed = All(parts) if earlier else rule
                groups.append(Group(built.alias, built.menu.title, narrowed))
                earlier.append(rule)
        if earlier:
            rest = Not(AnyOf(tuple(earlier)) if len(earlier) > 1 else earlier[0])
            groups.append(Group(None, "ふだんのメニュー", rest))
        return tuple(groups)

    def _rule(self, name: str, catalog: Catalog) -> Rule:
        parsed = parse_rule(catalog.segments.get(name), catalog.in_city(self.city))
        if parsed.rule is None:
            raise ContentError(f"配信条件「{name}」は、この市では使えません。")
        return parsed.rule

    def _link(self, groups: Sequence[Group]) -> None:
        for group in groups:
            for ids in self._members(group):
                if group.alias is None:
                    self.line.unlink(ids)
                else:
                    self.line.link(self._ids[group.alias], ids)

    def _take_own_menus_away(self, groups: Sequence[Group]) -> None:
        """A menu of one's own would hide the emergency menu."""
        try:
            self.line.unlink_everybody()
        except LineError:
            # LINE takes that request 3 times an hour; the long way is always open.
            for group in groups:
                for ids in self._members(group):
                    self.line.unlink(ids)

    def _members(self, group: Group) -> Iterator[list[str]]:
        with self.db.read() as connection:
            # Collected first: no transaction is open while LINE is called.
            chunks = [
                [recipient.user_id for recipient in part]
                for part in snapshot(connection, group.rule, self._today(), account=self.account)
            ]
        yield from chunks

    def _today(self) -> date:
        return self.clock().astimezone(JAPAN).date()


def _within_an_hour(steps: Plan) -> Plan:
    """Of old menus that are too many for LINE's hour some are left for the next run."""
    room = CHANGES_AN_HOUR - steps.changes + len(steps.delete)
    if room < 0:
        raise ContentError(
            f"LINEでは、メニューの変更は1時間に{CHANGES_AN_HOUR}回までです（必要なのは{steps.changes}回）。"
            "メニューのファイルを減らし、何回かに分けてください。何も変えていません。"
        )
    return replace(steps, delete=steps.delete[:room])
