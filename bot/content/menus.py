"""Rich menus from intents/menus/*.yaml: shapes, references, pictures; each problem in Japanese."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from bot.content.fields import Fields
from bot.content.problems import Problem
from bot.content.yamlread import Located, LocatedList
from bot.core.graphemes import grapheme_len
from bot.core.knowledge import COMMON, Content
from bot.core.menus import (
    BAR_LIMIT,
    IMAGE_BYTES,
    LABEL_LIMIT,
    MOST_AREAS,
    SAY_LIMIT,
    SIZES,
    Area,
    Kind,
    Menu,
    Role,
)

MENUS_FOLDER = ("intents", "menus")
_KEYS = "id title city role segment bar image size rows areas open".split()
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,20}")  # with our prefix within an alias's 32
_PHONE = re.compile(r"[#0-9+][0-9-]{1,19}")
_URL = re.compile(r"https://[A-Za-z0-9][!-~]{0,990}")
_SIZE_WORDS = {"large": SIZES[0], "small": SIZES[1]}


@dataclass(frozen=True)
class MenuPlace:
    """Where a menu stands, and the lines of its areas."""

    path: str
    line: int
    areas: tuple[int, ...]


@dataclass(frozen=True)
class MenusRead:
    """The menus of a file; usable for further checks even where there are problems."""

    menus: tuple[tuple[Menu, MenuPlace], ...]
    problems: tuple[Problem, ...]


def read_menus(path: str, value: Any) -> MenusRead:
    """What `read_yaml` gave for a file of menus."""
    problems: list[Problem] = []
    menus = []
    if not isinstance(value, LocatedList):
        text = "「- id: …」の形で並べて書いてください（先頭の「- 」がありません）。"
        return MenusRead((), (Problem(path, getattr(value, "line", 1), text),))
    for line, item in zip(value.lines, value, strict=True):
        if isinstance(item, Located):
            menu, found, areas = _menu(path, item)
            problems += found
            menus.append((menu, MenuPlace(path, item.line_of("id"), areas)))
        else:
            problems.append(Problem(path, line, "「- id: …」の形で書いてください。"))
    return MenusRead(tuple(menus), tuple(problems))


def check_menus(
    menus: Iterable[tuple[Menu, MenuPlace]],
    content: Content,
    segments: Collection[str] | None,
    lost: Iterable[str] = (),
) -> Iterator[Problem]:
    """What only shows beside the rest: doubled ids and roles, targets and segments that are not.

    `lost` are ids in files that cannot be read, `segments` None where theirs cannot: nobody is
    told that something is missing which only waits for its file to be mended.
    """
    seen: dict[str, str] = {}
    unread = set(lost)
    for menu, place in menus:
        for key in _unique_keys(menu):
            if key in seen:
                text = f"{key} は {seen[key]} にもあります。どちらか一方にしてください。"
                yield Problem(place.path, place.line, text)
            seen.setdefault(key, f"{place.path}:{place.line}")
        if menu.city not in {COMMON, *content.cities, *unread}:
            names = "・".join((COMMON, *content.cities))
            text = f"city「{menu.city}」はありません。{names} のどれかです。"
            yield Problem(place.path, place.line, text)
        if menu.segment and segments is not None and menu.segment not in segments:
            text = f"配信条件「{menu.segment}」は intents/segments.yaml にありません。"
            yield Problem(place.path, place.line, text)
        for area, line in zip(menu.areas, place.areas, strict=False):
            if area.kind is Kind.SHOW and (why := _target(menu, area.value, content, unread)):
                yield Problem(place.path, line, why)


def image_problem(menu: Menu, data: bytes | None) -> str:
    """Why LINE would not take the picture, "" if it would."""
    if data is None:
        return f"画像「{menu.image}」がありません。"
    if len(data) > IMAGE_BYTES:
        return f"画像「{menu.image}」が {len(data) / 1e6:.1f}MB あります。1MB以下にしてください。"
    size = image_size(data)
    if size is None:
        return f"画像「{menu.image}」は PNG か JPEG で保存してください。"
    if size != menu.size:
        want, got = "×".join(map(str, menu.size)), "×".join(map(str, size))
        return f"画像「{menu.image}」は {got} です。{want} にしてください。"
    return ""


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG or JPEG, None for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return int(width), int(height)
    if data.startswith(b"\xff\xd8"):
        return _jpeg_size(data)
    return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        kind, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):  # a start of frame
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return int(width), int(height)
        at += 2 + length
    return None


def _menu(path: str, item: Located) -> tuple[Menu, list[Problem], tuple[int, ...]]:
    fields = Fields(path, item, _KEYS)
    menu_id = fields.id()
    if menu_id and not _ID.fullmatch(menu_id):
        fields.problem("id", "id は21字までにしてください。")
    role = fields.choice("role", Role) or Role.DEFAULT
    segment = fields.text("segment", required=role is Role.SEGMENT)
    if segment and role is not Role.SEGMENT:
        fields.problem("segment", "「segment」は role: segment のメニューだけに書けます。")
    areas, lines = _areas(path, fields)
    rows = _rows(fields, len(areas))
    image = fields.text("image")
    size = fields.one_of("size", _SIZE_WORDS, "large")
    menu = Menu(
        id=menu_id,
        title=fields.text("title", limit=40),
        city=fields.text("city"),
        role=role,
        bar=_counted(fields, "bar", BAR_LIMIT),
        image=_beside(path, image),
        size=_SIZE_WORDS[size],
        rows=rows,
        areas=areas,
        segment=segment,
        is_open=fields.one_of("open", ("true", "false"), "true") == "true",
    )
    if image and PurePosixPath(image).name != image:
        fields.problem("image", "画像は同じフォルダに置き、名前だけを書いてください。")
    return menu, fields.problems, lines


def _rows(fields: Fields, areas: int) -> tuple[int, ...]:
    texts = fields.texts("rows", required=True)
    if not all(re.fullmatch("[1-9]", text) for text in texts):
        fields.problem("rows", "「rows」は、行ごとの区画の数を [3, 3] の形で書いてください。")
        return (areas,)
    rows = tuple(int(text) for text in texts)
    if texts and sum(rows) != areas:
        text = f"「rows」を足すと{sum(rows)}ですが、areas は{areas}個です。そろえてください。"
        fields.problem("rows", text)
        return (areas,)
    return rows


def _areas(path: str, fields: Fields) -> tuple[tuple[Area, ...], tuple[int, ...]]:
    items = fields.items("areas")
    if not 1 <= len(items) <= MOST_AREAS:
        text = f"「areas」は1個から{MOST_AREAS}個までです（今は{len(items)}個）。"
        fields.problem("areas", text)
    areas = []
    for item in items:
        inner = Fields(path, item, ("label", *Kind))
        areas.append(_area(inner))
        fields.problems += inner.problems
    labels = [area.label for area in areas]
    for label in sorted({label for label in labels if labels.count(label) > 1 and label}):
        fields.problem("areas", f"label「{label}」が2つあります。読み上げで区別できません。")
    return tuple(areas), tuple(item.line for item in items)


def _area(fields: Fields) -> Area:
    label = _counted(fields, "label", LABEL_LIMIT)
    kinds = [kind for kind in Kind if kind in fields.item]
    if len(kinds) != 1:
        words = "・".join(Kind)
        fields.problem("label", f"{words} のどれか1つだけを書いてください。")
        return Area(label, Kind.SHOW, "")
    kind = kinds[0]
    value = fields.text(kind, limit=SAY_LIMIT if kind is Kind.SAY else 0)
    if value and kind in _FORMS and not _FORMS[kind](value):
        fields.problem(kind, _FORM_HELP[kind])
    return Area(label, kind, value)


_FORMS: Mapping[Kind, Callable[[str], object]] = {
    Kind.URL: _URL.fullmatch,
    Kind.PHONE: _PHONE.fullmatch,
}
_FORM_HELP = {
    Kind.URL: "「url」は https:// で始まるアドレスを半角で書いてください。",
    Kind.PHONE: "「phone」は半角の数字とハイフンで書いてください。",
}


def _counted(fields: Fields, key: str, limit: int) -> str:
    """A required text as long as LINE counts it."""
    value = fields.text(key)
    if (length := grapheme_len(value)) > limit:
        fields.problem(key, f"「{key}」が{length}字あります。{limit}字までに縮めてください。")
    return value


def _beside(path: str, image: str) -> str:
    return (PurePosixPath(path).parent / image).as_posix()


def _unique_keys(menu: Menu) -> Iterator[str]:
    if menu.id:
        yield f"メニューの id「{menu.id}」"
    if menu.role is not Role.SEGMENT:
        yield f"{menu.city} の role: {menu.role}"


def _target(menu: Menu, target: str, content: Content, unread: set[str]) -> str:
    item = content.entries.get(target) or content.intents.get(target)
    if item is None:
        return "" if not target or target in unread else f"id「{target}」はありません。"
    if item.city not in (COMMON, menu.city):
        return (
            f"「{target}」は {item.city} だけの内容です。{menu.city} のメニューからは開けません。"
        )
    return ""
