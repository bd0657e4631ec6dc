"""Pictures of what is learned, for docs/staff-guide.md; `tests.browser.console.shots` calls."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.console.learning_town import add_pictures, learn
from tests.console.office import Office


def prepare(office: Office) -> None:
    """Verdicts, choices, links and pictures of a month."""
    learn(office)
    add_pictures(office, "花子")


def tour(page: Page, address: str, shoot: Callable[[str], object]) -> None:
    """Take the pictures; who is signed in may edit."""
    for name, path in (
        ("staff-answered.png", "/staff/questions/answered"),
        ("staff-freshness.png", "/staff/content/freshness"),
        ("staff-images.png", "/staff/images/"),
    ):
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
        shoot(name)
