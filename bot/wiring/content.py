"""Wires content: which is in force, and each account's view of it.

Nothing here knows web or store: `serve` gets this far before it imports them
(`bot.wiring.beginning`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.config import MAIN_ACCOUNT, Settings
from bot.content.indexcache import IndexCache
from bot.content.mapped import trim
from bot.content.sudachi import SudachiTokenizer
from bot.core.view import CityView
from bot.errors import ContentError
from bot.line.render import render
from bot.services.apart import Desk, linked_alone
from bot.services.library import Terms
from bot.services.publishing import Publisher, Versions

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
View = Callable[[], CityView]


def publishers_of(
    every: Sequence[Settings],
    now: Clock,
    tokenizer: SudachiTokenizer,
    versions: Callable[[str], Versions] | None = None,
) -> dict[Path, Publisher]:
    """A publisher for each content folder; not loaded, not watching.

    `versions` gives where the good ones of an owner are kept.
    """
    found: dict[Path, Publisher] = {}
    saved = IndexCache(every[0].madoguchi_cache_dir)
    for settings in every:
        directory = settings.madoguchi_content_dir
        if directory in found:
            continue
        found[directory] = Publisher(
            directory,
            tokenizer,
            Terms(settings.madoguchi_retention_days, settings.madoguchi_privacy_url),
            now,
            # Content of before comes back to the folder it came from, never to another city's.
            versions=versions(owner_of(settings, every)) if versions else None,
            cities=sorted({each.city for each in sharing(settings, every)}),
            saved=saved,
            settle=partial(_settle, tokenizer, saved),
        )
    return found


def load_each(publishers: Mapping[Path, Publisher]) -> None:
    """Load every folder's content. One that has none yet, and never had, stops no other's start:
    it is watched like them, and serves once it is good.

    Raises ContentError with every problem where no folder has any.
    """
    missing: dict[Path, ContentError] = {}
    for folder, publisher in publishers.items():
        try:
            publisher.load()
        except ContentError as error:
            missing[folder] = error
    if len(missing) == len(publishers):
        raise ContentError("\n".join(map(str, missing.values())))
    for folder in missing:
        log.critical("no content to answer with", extra={"folder": str(folder)})


def _settle(tokenizer: SudachiTokenizer, saved: IndexCache) -> None:
    tokenizer.give_back()
    saved.give_back()
    trim()


def sharing(settings: Settings, every: Sequence[Settings]) -> list[Settings]:
    """The accounts with the same folder of content, itself among them."""
    return [e for e in every if e.madoguchi_content_dir == settings.madoguchi_content_dir]


def owner_of(settings: Settings, every: Sequence[Settings]) -> str:
    """The account under which the versions of the folder are kept."""
    alike = sharing(settings, every)
    shared = MAIN_ACCOUNT if alike == list(every) else min(each.account for each in alike)
    return settings.content_owner or shared


def view_of(settings: Settings, publishers: Mapping[Path, Publisher]) -> View:
    """The account's city as it is now, with the account's own privacy page."""
    publisher = publishers[settings.madoguchi_content_dir]
    return _View(publisher, settings.city, settings.madoguchi_privacy_url)


def desk_of(every: Sequence[Settings], views: Mapping[str, View]) -> Desk:
    """Where answers are decided without a store, for the accounts that have LINE."""
    accounts = {
        each.account: (views[each.account], linked_alone(each.madoguchi_public_url))
        for each in every
        if each.has_line
    }
    return Desk(accounts, render)


class _View:
    def __init__(self, publisher: Publisher, city: str, privacy_url: str) -> None:
        self._publisher, self._city, self._privacy_url = publisher, city, privacy_url
        self._made: tuple[CityView, CityView] | None = None  # the publisher's view, ours of it

    def __call__(self) -> CityView:
        view = self._publisher.current().view(self._city)
        if view.privacy_url == self._privacy_url:
            return view
        made = self._made
        if made is None or made[0] is not view:
            self._made = made = (view, replace(view, privacy_url=self._privacy_url))
        return made[1]
