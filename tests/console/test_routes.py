"""Every console route, whatever is added later, refuses whom it must."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.routing import Rule

from bot.console.access import ANY_STAGE, ANYONE, access_of
from bot.store.staff import Role
from tests.console.office import PASSWORD, Desk, Office

_VALUES = {"number": 1, "digest": "x", "name": "x", "path": "x", "item": "x", "wrong": "x"}


def rules(office: Office) -> Iterator[tuple[Rule, str, str]]:
    for rule in office.app.url_map.iter_rules():
        if rule.endpoint.startswith("staff."):
            values: dict[str, Any] = {name: _VALUES.get(name, "x") for name in rule.arguments}
            with office.app.test_request_context():
                path = rule.build(values, append_unknown=False)
            assert path is not None
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, path[1], method


def test_every_route_says_who_may_open_it(office: Office) -> None:
    found = list(rules(office))
    assert len(found) > 10
    for rule, _, _ in found:
        assert access_of(office.app.view_functions[rule.endpoint]) is not None, rule.endpoint
        assert rule.rule.startswith("/staff/")


def test_every_route_refuses_who_is_not_signed_in(office: Office) -> None:
    for rule, path, method in rules(office):
        declared = access_of(office.app.view_functions[rule.endpoint])
        assert declared is not None
        if declared.stage == ANYONE:
            continue
        desk = Desk(office)
        data = {"csrf": desk.token()}
        answer = desk.client.open(path, method=method, data=data if method != "GET" else None)
        assert answer.status_code == 303 and answer.location.startswith("/staff/login"), path


def test_every_route_refuses_who_has_given_only_the_password(office: Office) -> None:
    office.person("承認", Role.APPROVER)
    desk = Desk(office)
    desk.post("/staff/login", {"name": "承認", "password": PASSWORD})
    data = {"csrf": desk.token()}
    for rule, path, method in rules(office):
        declared = access_of(office.app.view_functions[rule.endpoint])
        assert declared is not None
        if declared.stage in (ANYONE, ANY_STAGE):
            continue
        answer = desk.client.open(path, method=method, data=data if method != "GET" else None)
        assert answer.status_code == 303 and answer.location.startswith("/staff/code"), path


@pytest.mark.parametrize("role", list(Role))
def test_every_route_refuses_other_roles(office: Office, role: Role) -> None:
    desk = office.signed_in(role)
    data = {"csrf": desk.token()}
    for rule, path, method in rules(office):
        declared = access_of(office.app.view_functions[rule.endpoint])
        assert declared is not None
        if role in declared.roles:
            continue
        answer = desk.client.open(path, method=method, data=data if method != "GET" else None)
        assert answer.status_code == 403, (path, answer.status_code)


def test_every_change_refuses_a_form_without_its_token(office: Office) -> None:
    desk, stranger = office.signed_in(Role.ADMIN), office.signed_in(Role.ADMIN)
    for _, path, method in rules(office):
        if method == "GET":
            continue
        for token in (None, "", "0" * 64, stranger.token()):
            data = {} if token is None else {"csrf": token}
            answer = desk.client.open(path, method=method, data=data)
            assert answer.status_code == 403, (path, token)
    assert desk.get("/staff/").status_code == 200


def test_every_change_that_wants_the_password_first_leads_back_to_its_form(office: Office) -> None:
    desk = office.signed_in(Role.ADMIN)
    office.clock.advance(minutes=11)
    data, asked = {"csrf": desk.token(), "name": "x"}, 0
    for rule, path, method in rules(office):
        declared = access_of(office.app.view_functions[rule.endpoint])
        assert declared is not None
        if method == "GET" or not declared.fresh:
            continue
        asked += 1
        answer = desk.client.open(path, method=method, data=data)
        assert answer.location.startswith("/staff/confirm?next=/staff/"), path
        assert "まだ何も変えていません" in desk.read(answer.location), path
    assert asked >= 5


def test_change_sent_from_another_site_is_refused(office: Office) -> None:
    desk = office.signed_in(Role.ADMIN)
    answer = desk.post("/staff/logout", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert desk.get("/staff/").status_code == 200


def test_pages_allow_nothing_inline_or_foreign_and_are_kept_nowhere(office: Office) -> None:
    desk = office.signed_in(Role.ADMIN)
    for rule, path, method in rules(office):
        if method != "GET" or rule.endpoint.endswith("asset"):
            continue
        answer = desk.client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "'unsafe" not in policy and "default-src 'none'" in policy
        assert answer.headers["Cache-Control"] == "no-store"
        for forbidden in ("<style", " style=", "onclick=", "<script>"):
            assert forbidden not in answer.text, (path, forbidden)


def test_a_wrong_address_leads_back_into_the_console(office: Office) -> None:
    editor = office.signed_in(Role.EDITOR)
    for path in ("/staff/nothing-here", "/staff/announcements/1/submit"):
        answer = editor.get(path)
        assert answer.status_code == 404
        assert "はじめの画面へ" in answer.text and "チャット" not in answer.text
        assert "<title>できませんでした" in answer.text
    assert editor.get("/staff/people").status_code == 308  # only its last slash was missing
