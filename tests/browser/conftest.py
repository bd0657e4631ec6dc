"""Headless Chromium against a real server. Debian's chromium; nothing is downloaded."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.web.town import Town

CHROMIUM = Path(os.environ.get("MADOGUCHI_CHROMIUM", "/usr/bin/chromium"))
MISSING = f"{CHROMIUM} がないため、ブラウザの試験をしません（sudo apt-get install chromium fonts-noto-cjk）。"
Open = Callable[..., Page]
_PATIENCE_MS = 20_000  # saving content takes seconds, and longer on a machine that is busy


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not CHROMIUM.exists():
        terminalreporter.line(MISSING)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium; without it the tests are skipped, in CI they fail."""
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def town() -> Town:
    """The town in demo mode, without a server."""
    return Town(demo=True)


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The application on a free port; gives its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def address(town: Town) -> Iterator[str]:
    """Where the town's chat is served."""
    with serving(town.app) as address:
        yield address


@pytest.fixture
def browse(browser: Browser, address: str) -> Iterator[Open]:
    """Opens a page in a fresh browser profile; it must never report an error of its own."""
    contexts = []
    wrong: list[str] = []

    def open_page(path: str = "/chat", **options: Any) -> Page:
        context = browser.new_context(locale="ja-JP", **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        page.goto(address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [text for text in wrong if "Failed to load resource" not in text] == []
