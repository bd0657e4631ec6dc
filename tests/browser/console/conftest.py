"""The town's office in a real browser, on a real clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from bot.store.staff import Role
from tests.browser.conftest import serving
from tests.console.office import PASSWORD, Office

Enter = Callable[..., Page]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """The office with an editor (花子), an admin (課長) and a few questions."""
    office = Office(tmp_path, real_time=True)
    office.person("花子", Role.EDITOR)
    office.person("課長", Role.ADMIN)
    yield office
    office.close()


@pytest.fixture
def address(office: Office) -> Iterator[str]:
    """Where the office is served."""
    with serving(office.app) as address:
        yield address


@pytest.fixture
def enter(browse: Enter, office: Office) -> Enter:
    """Signs a person in and opens a page."""

    def sign_in(path: str = "/staff/", name: str = "花子", **options: Any) -> Page:
        page = browse(f"/staff/login?next={path}", **options)
        page.get_by_label("名前").fill(name)
        page.get_by_label("パスワード").fill(PASSWORD)
        page.keyboard.press("Enter")
        if name == "課長":
            page.get_by_label("6けたの番号").fill(office.code())
            page.keyboard.press("Enter")
        page.get_by_role("button", name="サインアウト").wait_for()
        # Scripts move what is on the page a little: a click in that moment would miss.
        page.wait_for_load_state()
        return page

    return sign_in
