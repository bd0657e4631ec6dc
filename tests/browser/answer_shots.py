"""Pictures of ten answers as cards at phone width: python -m tests.browser.answer_shots [FOLDER]."""

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
from tests.browser.shots import ROOT, _ask
from tests.web.town import Memory

# File name, city, question. One of each kind: a procedure, a prefecture's matter, something
# planned, considered, ended and in operation, an urgent call, a class, figures and a term.
ANSWERS = (
    ("procedure", "hachinohe", "児童手当 申請"),
    ("prefecture", "goshogawara", "車庫証明はどこに申請する？"),
    ("planned", "yachiyo", "母子手帳はアプリになりますか"),
    ("considered", "hachioji", "施設の利用料もネットで払えますか"),
    ("ended", "goshogawara", "市税をLINE Payで払えますか"),
    ("running", "hachioji", "コンビニで住民票を取れますか"),
    ("lost", "onojo", "マイナンバーカードをなくしました。どうすればいい？"),
    ("class", "hachioji", "スマホ教室は無料ですか"),
    ("figures", "hachinohe", "ネットで申請できる手続きはいくつありますか"),
    ("term", "yachiyo", "DXって何ですか？"),
)


def main(folder: Path) -> None:
    """Write answers-*.png into `folder`."""

    def now() -> datetime:
        return datetime.now(UTC)

    content = load(read_files(ROOT)).draft
    library = Library(content, SudachiTokenizer(), Terms(privacy_url="https://example.jp/privacy"))
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        for name, city, question in ANSWERS:
            app = Flask("answer_shots", static_folder=None)
            app.register_blueprint(create_chat(lambda: library, city, True, Memory(now), now))
            with serving(app) as address:
                page = browser.new_page(
                    viewport={"width": 375, "height": 1400},
                    device_scale_factor=1.5,
                    reduced_motion="reduce",
                )
                page.goto(f"{address}/chat")
                _shoot(page, folder / f"answers-{name}.png", question)
                page.close()
        browser.close()


def _shoot(page: Page, file: Path, question: str) -> None:
    """The card alone; the window is tall enough that the question field does not cover it."""
    _ask(page, question)
    page.locator(".exchange").last.screenshot(path=file)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
