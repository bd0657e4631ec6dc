"""Pictures of the chat with the shipped content: python -m tests.browser.shots [FOLDER]."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from playwright.sync_api import Page, sync_playwright

from bot.content.loader import load, read_files
from bot.content.sudachi import SudachiTokenizer
from bot.services.library import Library, Terms
from bot.web.chat import create_chat
from tests.browser.conftest import CHROMIUM, serving
from tests.web.town import Memory

ROOT = Path(__file__).parents[2]
QUESTIONS = ("マイナンバーカードをなくした", "持ち物は？")
# Name, width, height, device pixels per CSS pixel.
SIZES = (("phone", 375, 740, 1.5), ("desktop", 1120, 760, 1.0))


def main(folder: Path) -> None:
    """Write chat-*.png into `folder`."""

    def now() -> datetime:
        return datetime.now(UTC)

    content = load(read_files(ROOT)).draft
    library = Library(content, SudachiTokenizer(), Terms(privacy_url="https://example.jp/privacy"))
    app = Flask("shots", static_folder=None)
    app.register_blueprint(create_chat(lambda: library, "hachioji", True, Memory(now), now))
    folder.mkdir(parents=True, exist_ok=True)
    with serving(app) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        for name, width, height, scale in SIZES:
            page = browser.new_page(
                viewport={"width": width, "height": height},
                device_scale_factor=scale,
                reduced_motion="reduce",
            )
            page.goto(f"{address}/chat")
            _shoot(page, folder, name)
            page.close()
        browser.close()


def _shoot(page: Page, folder: Path, name: str) -> None:
    page.screenshot(path=folder / f"chat-{name}-open.png")
    for question in QUESTIONS:
        _ask(page, question)
    page.screenshot(path=folder / f"chat-{name}.png")
    _ask(page, "家が火事です")
    page.screenshot(path=folder / f"chat-{name}-urgent.png")


def _ask(page: Page, question: str) -> None:
    before = page.locator(".exchange").count()
    page.get_by_label("質問を入力").fill(question)
    page.keyboard.press("Enter")
    page.locator(".exchange").nth(before).wait_for()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
