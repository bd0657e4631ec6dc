"""Rich menus: what staff wrote, what LINE is to be told, and the steps from here to there. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import quote

from bot.core.conversation import action
from bot.core.knowledge import COMMON

PREFIX = "madoguchi"  # of every name and alias of ours; others' menus are left alone
LABEL_LIMIT, BAR_LIMIT, SAY_LIMIT, MOST_AREAS = 20, 14, 300, 20
IMAGE_BYTES = 1_000_000  # LINE's "1 MB", read strictly
SIZES = ((2500, 1686), (2500, 843))
CHANGES_AN_HOUR = 100  # menus made or deleted, aliases deleted


class Role(StrEnum):
    """Whom a menu is for: everybody, a segment, everybody in an emergency."""

    DEFAULT = "default"
    SEGMENT = "segment"
    EMERGENCY = "emergency"


class Kind(StrEnum):
    """What an area does when tapped; the words are the keys of the files."""

    SHOW = "show"  # an entry or intent
    SAY = "say"  # words, as if typed
    URL = "url"
    PHONE = "phone"


@dataclass(frozen=True)
class Area:
    """A part of the picture. `label` is read aloud to those who do not see the picture."""

    label: str
    kind: Kind
    value: str


@dataclass(frozen=True)
class Menu:
    """One file's menu. `rows` is how many areas stand in each row; `segment` names who gets it."""

    id: str
    title: str
    city: str
    role: Role
    bar: str
    image: str  # path below the content directory
    size: tuple[int, int]
    rows: tuple[int, ...]
    areas: tuple[Area, ...]
    segment: str = ""
    is_open: bool = True


@dataclass(frozen=True)
class Built:
    """A menu as LINE is told: its name holds a hash of everything, so equal name, equal menu."""

    menu: Menu
    body: Mapping[str, Any]
    image: bytes

    @property
    def name(self) -> str:
        """Its name at LINE, which residents do not see."""
        return str(self.body["name"])

    @property
    def alias(self) -> str:
        """Its alias at LINE, the same for every version; LINE lets it lead only to a menu with a
        picture, so it also tells that a menu is complete."""
        return alias_of(self.menu.id)

    @property
    def image_type(self) -> str:
        """The picture's media type."""
        return "image/png" if self.image.startswith(b"\x89PNG") else "image/jpeg"


@dataclass(frozen=True)
class AtLine:
    """What LINE has: names by id, aliases -> id, the default's id."""

    names: Mapping[str, str]
    aliases: Mapping[str, str]
    default: str | None


@dataclass(frozen=True)
class Plan:
    """The steps, in this order, so that nobody is without a menu in between.

    `keep` maps a menu's alias to its id at LINE, whose picture may still be missing where the
    alias does not lead there yet.
    """

    create: tuple[Built, ...]
    keep: Mapping[str, str]
    finish: tuple[Built, ...]  # kept, but perhaps without picture
    aliases: tuple[str, ...]  # to be made or led elsewhere
    default: str | None  # alias of the menu to become everybody's, None if it is already
    delete_aliases: tuple[str, ...]
    delete: tuple[str, ...]

    @property
    def changes(self) -> int:
        """How many of LINE's 100 changes an hour it takes."""
        return len(self.create) + len(self.delete) + len(self.delete_aliases)

    @property
    def is_empty(self) -> bool:
        """LINE is equal to the files already."""
        return not (self.changes or self.aliases or self.default or self.finish)


class LineMenus(Protocol):
    """LINE's rich menus. Failures are `LineRetryable` or `LineRejected`."""

    def look(self) -> AtLine: ...
    def problems(self, body: Mapping[str, Any]) -> tuple[str, ...]: ...
    def create(self, body: Mapping[str, Any]) -> str: ...
    def upload(self, menu_id: str, image: bytes, image_type: str) -> None: ...
    def delete(self, menu_id: str) -> None: ...
    def set_alias(self, alias: str, menu_id: str, *, exists: bool) -> None: ...
    def delete_alias(self, alias: str) -> None: ...
    def set_default(self, menu_id: str) -> None: ...
    def link(self, menu_id: str, user_ids: Sequence[str]) -> None: ...
    def unlink(self, user_ids: Sequence[str]) -> None: ...
    def unlink_everybody(self) -> None: ...


def alias_of(menu_id: str) -> str:
    """The alias of a menu."""
    return f"{PREFIX}-{menu_id}"


def for_city(menus: Iterable[Menu], city_id: str) -> tuple[Menu, ...]:
    """A city's menus in the order of the files; its own default or emergency replaces the common."""
    mine = [menu for menu in menus if menu.city in (COMMON, city_id)]
    own = {menu.role for menu in mine if menu.city == city_id}
    return tuple(
        menu
        for menu in mine
        if menu.role is Role.SEGMENT or menu.city == city_id or menu.role not in own
    )


def build(menu: Menu, image: bytes) -> Built:
    """The request body for LINE. The areas fill their rows from the left without a gap."""
    body = {
        "size": {"width": menu.size[0], "height": menu.size[1]},
        "selected": menu.is_open,
        "chatBarText": menu.bar,
        "areas": [
            {"bounds": bounds, "action": _action(area)}
            for bounds, area in zip(_bounds(menu), menu.areas, strict=True)
        ],
    }
    text = json.dumps(body, sort_keys=True).encode()
    digest = hashlib.sha256(text + hashlib.sha256(image).digest()).hexdigest()[:16]
    return Built(menu, body | {"name": f"{PREFIX}:{menu.role}-{menu.id}:{digest}"}, image)


def plan(wanted: Sequence[Built], line: AtLine) -> Plan:
    """The steps that make LINE equal to `wanted`. During an emergency its menu stays in force."""
    by_name: dict[str, str] = {}
    for menu_id, name in sorted(line.names.items()):
        if name not in by_name or menu_id in line.aliases.values():
            by_name[name] = menu_id
    keep = {built.alias: by_name[built.name] for built in wanted if built.name in by_name}
    wrong = [b.alias for b in wanted if line.aliases.get(b.alias) != keep.get(b.alias, "")]
    default = _default(wanted, line)
    return Plan(
        create=tuple(built for built in wanted if built.alias not in keep),
        keep=keep,
        finish=tuple(b for b in wanted if b.alias in keep and b.alias in wrong),
        aliases=tuple(wrong),
        default=default if default and keep.get(default, "") != line.default else None,
        delete_aliases=tuple(
            alias
            for alias in sorted(line.aliases)
            if alias.startswith(f"{PREFIX}-") and alias not in {built.alias for built in wanted}
        ),
        delete=tuple(
            menu_id
            for menu_id, name in sorted(line.names.items())
            if name.startswith(f"{PREFIX}:") and menu_id not in keep.values()
        ),
    )


def in_emergency(line: AtLine) -> bool:
    """Whether the emergency menu is everybody's now. LINE alone knows: nothing else to go wrong."""
    return _role_marker(Role.EMERGENCY) in line.names.get(line.default or "", "")


def ready_for_emergency(line: AtLine) -> str | None:
    """The emergency menu that LINE has with its picture, whatever the files say now."""
    found = (line.aliases[alias] for alias in sorted(line.aliases))
    return next((i for i in found if _role_marker(Role.EMERGENCY) in line.names.get(i, "")), None)


def of_role(wanted: Iterable[Built], role: Role) -> Built | None:
    """The default or the emergency menu, None where the files have none."""
    return next((built for built in wanted if built.menu.role is role), None)


def _default(wanted: Sequence[Built], line: AtLine) -> str | None:
    role = Role.EMERGENCY if in_emergency(line) else Role.DEFAULT
    built = of_role(wanted, role) or of_role(wanted, Role.DEFAULT)
    return built.alias if built else None


def _role_marker(role: Role) -> str:
    return f":{role}-"


def _bounds(menu: Menu) -> Iterable[dict[str, int]]:
    width, height = menu.size
    for row, count in enumerate(menu.rows):
        top, bottom = _edge(row, len(menu.rows), height), _edge(row + 1, len(menu.rows), height)
        for column in range(count):
            left, right = _edge(column, count, width), _edge(column + 1, count, width)
            yield {"x": left, "y": top, "width": right - left, "height": bottom - top}


def _edge(number: int, parts: int, length: int) -> int:
    return length * number // parts


def _action(area: Area) -> dict[str, str]:
    match area.kind:
        case Kind.SHOW:
            data = action("show", id=area.value)
            shown = {"type": "postback", "data": data, "displayText": area.label}
        case Kind.SAY:
            shown = {"type": "message", "text": area.value}
        case Kind.URL:
            shown = {"type": "uri", "uri": area.value}
        case Kind.PHONE:
            shown = {"type": "uri", "uri": f"tel:{quote(area.value, safe='+-')}"}
    return {"label": area.label, **shown}
