"""Draw the pictures of intents/menus/ from their own words: `.venv/bin/python docs/menus/draw.py`.

A tool for development: it needs chromium and a Japanese font, which a city's server does not.
The words are as large as the areas allow, dark on white (14:1) or white on dark red (9:1), and
no meaning hangs on colour alone.
"""

from __future__ import annotations

import html
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from bot.config import REPOSITORY
from bot.content.loader import load, read_files
from bot.content.menus import image_problem
from bot.core.menus import Menu, Role

CHROMIUM = "/usr/bin/chromium"
STYLE = """
* {{ box-sizing: border-box; margin: 0 }}
body {{ width: {width}px; height: {height}px; background: {line}; display: flex;
  flex-direction: column; gap: 12px; padding: 12px; overflow: hidden;
  font-family: "Noto Sans CJK JP", sans-serif; font-weight: 700 }}
.row {{ display: flex; flex: 1; gap: 12px; min-height: 0 }}
.area {{ flex: 1 1 0; min-width: 0; background: {ground}; color: {words}; border-radius: 36px;
  display: flex; align-items: center; justify-content: center; text-align: center;
  padding: 40px; line-height: 1.35; font-size: {size}px; word-break: keep-all }}
"""
TOO_WIDE = """() => [...document.querySelectorAll(".area")]
  .filter(area => area.scrollWidth > area.clientWidth || area.scrollHeight > area.clientHeight)
  .map(area => area.textContent)"""
PLAIN = {"ground": "#ffffff", "words": "#1a2b3c", "line": "#0b5394"}
ALARM = {"ground": "#8c1414", "words": "#ffffff", "line": "#ffffff"}


def page_of(menu: Menu) -> str:
    """The menu as a page of exactly its size."""
    colours = ALARM if menu.role is Role.EMERGENCY else PLAIN
    size = 128 if max(menu.rows) == 3 else 168
    width, height = menu.size
    rows, at = [], 0
    for count in menu.rows:
        areas = menu.areas[at : at + count]
        cells = (f'<div class="area">{breakable(area.label)}</div>' for area in areas)
        rows.append(f'<div class="row">{"".join(cells)}</div>')
        at += count
    style = STYLE.format(width=width, height=height, size=size, **colours)
    return f'<html lang="ja"><style>{style}</style><body>{"".join(rows)}</body></html>'


def breakable(label: str) -> str:
    """Lines may end where a reader would pause."""
    text = html.escape(label)
    for after in ("・", " ", "バー", "の"):
        text = text.replace(after, f"{after}<wbr>")
    return text


def main() -> None:
    """Draw every menu; says what LINE would refuse."""
    menus = load(read_files(REPOSITORY)).menus
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for menu in menus:
            width, height = menu.size
            page = browser.new_page(viewport={"width": width, "height": height})
            page.set_content(page_of(menu))
            too_wide = page.evaluate(TOO_WIDE)
            if too_wide:
                sys.exit(f"{menu.image}: the words do not fit: {too_wide}")
            path = Path(REPOSITORY / menu.image)
            page.screenshot(path=path)
            page.close()
            sys.stdout.write(f"{menu.image}: {image_problem(menu, path.read_bytes()) or 'ok'}\n")
        browser.close()


if __name__ == "__main__":
    main()
