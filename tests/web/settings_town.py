"""One account's settings page on a database of its own, with the shipped choices."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from flask import Flask

from bot.core.attributes import Attributes, Profile
from bot.core.segment_rules import attributes_asked
from bot.core.view import CityView
from bot.services.preferences import Preferences
from bot.store import attributes, settings_keys
from bot.store.database import Database
from bot.web.chat import create_chat
from bot.web.settings import create_settings
from tests.segments import shipped
from tests.services.builders import TARO, FakeClock
from tests.store.builders import opened
from tests.web.town import Memory, library

URL = "https://line.city.example.jp"
_CHECK = re.compile(r'name="check" value="([0-9a-f]+)"')


@cache
def view(city: str = "hachioji") -> CityView:
    """The small town's content with what can be chosen in a shipped city."""
    plain = library().view("hachioji")
    asked = attributes_asked(shipped(), city)
    return CityView(
        plain.city,
        plain.content,
        plain.rank,
        plain.lookout,
        plain.costs,
        plain.days,
        "https://www.city.hachioji.example.jp/privacy",
        shipped().in_city(city),
        asked,
    )


class SettingsTown:
    """The application, and what LINE would have done before: sent a link."""

    def __init__(self, folder: Path, *, secure: bool = True, city: str = "hachioji") -> None:
        self.db: Database = opened(folder)
        self.clock = FakeClock()
        self.preferences = Preferences(self.db, self.clock, URL)
        self.app = Flask("settings-town", static_folder=None)
        # The style sheet and the application's error pages come with the chat.
        chat = create_chat(library, "hachioji", False, Memory(self.clock), self.clock)
        self.app.register_blueprint(chat)
        pages = create_settings(self.preferences, lambda: view(city), secure=secure)
        self.app.register_blueprint(pages)
        self.browser = self.app.test_client()

    def link(self, who: str = TARO) -> str:
        """The path of a link that has been sent to this resident."""
        resident, now = self.preferences.resident(who), int(self.clock().timestamp() * 1000)
        self.db.write(lambda c: settings_keys.add_link(c, resident.link_digest, who, now))
        return resident.link.removeprefix(URL)

    def enter(self) -> str:
        """Press the link's button; returns the form's check value."""
        self.browser.post(self.link())
        found = _CHECK.search(self.browser.get("/settings").text)
        assert found is not None
        return found[1]

    def choose(self, chosen: Attributes, who: str = TARO) -> None:
        self.db.write(lambda c: attributes.save(c, who, chosen, 1))

    def profile(self, who: str = TARO) -> Profile | None:
        with self.db.read() as connection:
            return attributes.load(connection, who)
