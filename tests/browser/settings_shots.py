"""Pictures of the settings page: python -m tests.browser.settings_shots [FOLDER]."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import CHROMIUM, serving
from tests.segments import resident
from tests.web.settings_town import SettingsTown

ROOT = Path(__file__).parents[2]
SIZES = (("phone", 375, 740, 1.5), ("desktop", 1120, 760, 1.0))
CHOSEN = resident(topics=["disaster", "garbage"], district="旭町", children=["2024-05"])


def main(folder: Path) -> None:
    """Write settings-*.png into `folder`."""
    with TemporaryDirectory() as directory:
        town = SettingsTown(Path(directory), secure=False)
        town.choose(CHOSEN)
        with serving(town.app) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=str(CHROMIUM), args=["--no-sandbox"]
            )
            for name, width, height, scale in SIZES:
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    device_scale_factor=scale,
                    base_url=address,
                )
                _shoot(context.new_page(), town.link(), folder, name)
                context.close()
            browser.close()
        town.db.close()


def _shoot(page: Page, link: str, folder: Path, name: str) -> None:
    page.goto(link)
    page.screenshot(path=folder / f"settings-{name}-door.png")
    page.get_by_role("button", name="設定をひらく").click()
    page.screenshot(path=folder / f"settings-{name}.png")
    page.get_by_role("group", name="2人目").get_by_label("年").select_option("2026")
    page.get_by_role("button", name="保存する").click()
    page.screenshot(path=folder / f"settings-{name}-mistake.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
