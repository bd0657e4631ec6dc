"""/staff/content/: every file and item, what is wrong with them, what has to be looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, render_template, request

from bot.console.access import access, me
from bot.console.desk import JAPAN, Desk
from bot.console.forms import TOPIC_NAMES, kind_of
from bot.content.problems import Problem
from bot.core.text import fold, squeeze
from bot.services.drafts import Draft
from bot.store import links
from bot.store.links import BROKEN, MOVED, UNSURE

SOON_DAYS = 60
LINK_NAMES = {BROKEN: "切れています", UNSURE: "確かめられません", MOVED: "移りました"}


@dataclass(frozen=True)
class Item:
    """One item as the list shows it; `line` is where it begins in its file."""

    id: str
    title: str
    path: str
    line: int


@dataclass(frozen=True)
class Due:
    """An item that has to be looked at by `day`."""

    day: date
    item: Item
    topic: str


@dataclass(frozen=True)
class File:
    """One file as the list shows it."""

    path: str
    items: int
    problems: tuple[Problem, ...]


def content_pages(desk: Desk) -> Blueprint:
    """The list and the freshness page."""
    pages, blueprint = _Content(desk), Blueprint("content", __name__)
    blueprint.add_url_rule("/content/", "page", pages.page)
    blueprint.add_url_rule("/content/freshness", "freshness", pages.freshness)
    return blueprint


@dataclass(frozen=True)
class _Content:
    desk: Desk

    @access()
    def page(self) -> str:
        """Files by folder, or the items that match a search or stand in one file."""
        draft = self.desk.workshop.now()
        words, path = request.args.get("q", "").strip(), request.args.get("file", "")
        found = list(_matching(draft, words, path)) if words or path else []
        folders: dict[str, list[File]] = {}
        paths = sorted(self.desk.workshop.saving.files())
        for file in _files(draft, paths):
            folders.setdefault(file.path.rpartition("/")[0], []).append(file)
        return render_template(
            "staff/content.html",
            folders=folders,
            found=found,
            words=words,
            path=path,
            problems=[p for p in draft.problems if not path or p.path == path],
            kind_of=kind_of,
            paths=set(paths),
            good=draft.good,
            served=draft.served,
        )

    @access()
    def freshness(self) -> str:
        """Entries past or near the day on which somebody has to look at them again."""
        today = self.desk.clock().astimezone(JAPAN).date()
        draft, mine = self.desk.workshop.now(), me().sections and "all" not in request.args
        groups = due(draft, today)
        if mine:
            groups = {folder: found for folder, found in groups.items() if _is_mine(found)}
        with self.desk.db.read() as connection:
            checks = links.find(connection, self.desk.account)
        return render_template(
            "staff/freshness.html",
            groups=groups,
            mine=mine,
            today=today,
            topics=TOPIC_NAMES,
            links=[each for each in checks if each.outcome in LINK_NAMES],
            link_names=LINK_NAMES,
            checked=checks[0].at if checks else None,
            count=len(checks),
        )


def _is_mine(found: list[Due]) -> bool:
    return any(me().may_edit(each.item.path) for each in found)


def due(draft: Draft, today: date) -> dict[str, list[Due]]:
    """Section (folder) -> what has to be looked at within two months, oldest first."""
    limit = today + timedelta(days=SOON_DAYS)
    groups: dict[str, list[Due]] = {}
    entries = draft.library.content.entries.values()
    for entry in sorted(entries, key=lambda e: (e.review_by, e.id)):
        if entry.review_by <= limit:
            item = _item(draft, entry.id, entry.title)
            folder = item.path.rpartition("/")[0]
            groups.setdefault(folder, []).append(Due(entry.review_by, item, entry.topic))
    return dict(sorted(groups.items()))


def _files(draft: Draft, paths: list[str]) -> Iterator[File]:
    counts: dict[str, int] = {}
    for place in draft.loaded.places.values():
        counts[place.path] = counts.get(place.path, 0) + 1
    for path in paths:
        yield File(path, counts.get(path, 0), tuple(draft.about(path)))


def _matching(draft: Draft, words: str, path: str) -> Iterator[Item]:
    wanted = squeeze(fold(words))
    content = draft.library.content
    everything = [
        *((e.id, e.title, (*e.questions, e.answer)) for e in content.entries.values()),
        *((i.id, i.title, (*i.examples, i.answer)) for i in content.intents.values()),
        *((e.id, e.title, (*e.signs, e.answer)) for e in content.emergencies),
        *(
            (f"{language}:{key}", text.title, (*text.questions, text.answer))
            for language, texts in content.translations.items()
            for key, text in texts.items()
        ),
    ]
    for item_id, title, texts in everything:
        item = _item(draft, item_id, title)
        inside = any(wanted in squeeze(fold(text)) for text in (item_id, title, *texts))
        if (not path or item.path == path) and (not wanted or inside):
            yield item


def _item(draft: Draft, item_id: str, title: str) -> Item:
    place = draft.loaded.places[item_id]
    plain = item_id.rpartition(":")[2]
    return Item(plain, title, place.path, place.line)
