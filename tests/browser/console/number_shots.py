"""Pictures of segments and charts for docs/staff-guide.md; `tests.browser.console.shots` calls."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page

from bot.store import announcement_results, attributes, segment_sizes
from tests.console.office import Office
from tests.console.segment_town import add_segments
from tests.segments import resident, user_id

_TOPICS = ("event", "disaster", "child", "payment", "smartphone_class", "facility", "mynumber")
_STAGES = ("senior", "working", "infant", "student", "pregnant")
_RESIDENTS, _DAYS = 4000, 60


def prepare(office: Office, sent: int) -> None:
    """A small city's residents, sizes of two months, and what LINE told of an announcement."""
    add_segments(office)
    chance = random.Random(20261121)
    many = {
        user_id(100_000 + number): resident(
            topics=chance.sample(_TOPICS, 2),
            life_stages=chance.sample(_STAGES, 1),
            district=chance.choice(("南大沢", "旭町", "明神町", "")),
        )
        for number in range(_RESIDENTS)
    }
    office.db.write(lambda c: attributes.save_many(c, many, 1))
    names = list(office.publisher.current().catalog.segments)
    for ago in range(_DAYS, -1, -1):
        day = (office.now().date() - timedelta(days=ago)).isoformat()
        sizes = {}
        for place, name in enumerate(names):
            size = 400 + 90 * place - ago * (place % 4 + 2) + chance.randrange(12)
            sizes[name] = (0, 4) if "おくやみ" in name and ago > 40 else (size, size)
        office.db.write(lambda c, d=day, s=sizes: segment_sizes.keep(c, d, s))
    now = int(office.now().timestamp() * 1000)
    office.db.write(lambda c: announcement_results.keep(c, sent, 640, 210, now))


def tour(page: Page, address: str, shoot: Callable[[str], object]) -> None:
    """Take the pictures; who is signed in may edit."""
    page.goto(f"{address}/staff/segments/")
    shoot("staff-segments.png")
    page.goto(f"{address}/staff/segments/one?name=スマホ教室の案内（60代以上）")
    page.get_by_role("button", name="まとまりを足す").click()
    page.get_by_label("足す条件").last.select_option(label="地区")
    page.get_by_role("button", name="条件を足す").last.click()
    page.get_by_label("旭町").check()
    page.locator("#outcome", has_text="旭町").wait_for()
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    shoot("staff-segment.png")
    page.goto(f"{address}/staff/stats/")
    page.locator("#c-segments").evaluate("each => each.closest('.box').scrollIntoView()")
    shoot("staff-stats-segments.png")
