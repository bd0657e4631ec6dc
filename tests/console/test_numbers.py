"""Twelve digits that staff type or paste into a form: a resident's My Number may be among them."""

from __future__ import annotations

import pytest

from bot.console.access import STAFF, access_of
from bot.core.guard import holds_twelve_digits
from bot.store.staff import Role
from tests.console.office import Office
from tests.console.test_routes import rules
from tests.store.builders import everything

WRITTEN = ("123456789018", "番号は1234-5678-9018です", "（１２３４　５６７８　９０１８）")


def test_no_form_of_the_console_takes_twelve_digits(office: Office) -> None:
    desk, tried = office.signed_in(Role.ADMIN), 0
    before = everything(office.db)
    for number, (rule, path, method) in enumerate(rules(office)):
        declared = access_of(office.app.view_functions[rule.endpoint])
        assert declared is not None
        if method == "GET" or declared.stage != STAFF or Role.ADMIN not in declared.roles:
            continue
        answer = desk.post(path, {"note": WRITTEN[number % len(WRITTEN)]})
        assert answer.status_code == 400 and "12けたの番号" in answer.text, path
        tried += 1
    assert tried > 20
    assert everything(office.db) == before


def test_a_password_and_the_address_of_a_page_may_hold_twelve_digits(office: Office) -> None:
    desk = office.signed_in(Role.ADMIN)
    words = "くわしくは https://www.city.example.jp/page/123456789012.html"
    answer = desk.post("/staff/account/", {"password": "123456789012", "note": words})
    assert "12けたの番号" not in answer.text


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("123456789018", True),
        ("No.123456789018。", True),
        ("1234 5678 9018", True),
        ("1234−5678−9018", True),
        ("12/1、12/8、12/15、12/22", False),
        ("2026-1121-1200", False),
        ("1234567890123", False),  # a company's number is public
        ("042-620-7231、042-620-7232", False),
        ("http://a.example.jp/123456789012", False),
        ("sha256: a123456789012b", False),
        ("139.338500000000", False),
    ],
)
def test_what_staff_write_every_day_is_no_such_number(text: str, holds: bool) -> None:
    assert holds_twelve_digits(text) is holds
