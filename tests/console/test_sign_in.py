import re

import pytest

from bot.store.staff import Role
from tests.console.office import PASSWORD, Desk, Office


def test_editor_signs_in_with_a_password_alone(office: Office) -> None:
    office.person("花子", Role.EDITOR)
    desk = Desk(office)
    answer = desk.post("/staff/login", {"name": "花子", "password": PASSWORD})
    assert answer.location == "/staff/"
    assert "花子さん" in desk.read("/staff/")


def test_wrong_password_and_unknown_name_are_told_apart_by_nobody(office: Office) -> None:
    office.person("花子", Role.EDITOR)
    desk = Desk(office)
    wrong = desk.post("/staff/login", {"name": "花子", "password": "ちがう"})
    unknown = desk.post("/staff/login", {"name": "だれか", "password": "ちがう"})
    said = re.compile(r'role="alert".*?</div>', re.S)
    assert wrong.status_code == unknown.status_code == 422
    first, second = said.search(wrong.text), said.search(unknown.text)
    assert first and second and first[0] == second[0]


def test_admin_cannot_go_on_without_setting_up_a_second_factor(office: Office) -> None:
    office.person("管理", Role.ADMIN)
    office.db.write(lambda c: c.exec_driver_sql("UPDATE staff SET totp_secret = NULL"))
    desk = Desk(office)
    desk.post("/staff/login", {"name": "管理", "password": PASSWORD})
    assert desk.get("/staff/").location.startswith("/staff/code")
    page = desk.read("/staff/code")
    assert "<svg" in page and "style=" not in page
    found = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert found is not None
    secret = found[1].replace(" ", "")
    assert desk.post("/staff/code", {"code": "000000"}).status_code == 422
    assert desk.get("/staff/").status_code == 303
    assert desk.post("/staff/code", {"code": office.code(secret)}).status_code == 303
    assert "管理さん" in desk.read("/staff/")


def test_code_works_only_once(office: Office) -> None:
    desk = office.signed_in(Role.APPROVER)
    again = Desk(office)
    again.post("/staff/login", {"name": desk.name, "password": PASSWORD})
    assert again.post("/staff/code", {"code": office.code()}).status_code == 422
    office.clock.advance(seconds=30)
    assert again.post("/staff/code", {"code": office.code()}).status_code == 303


def test_sign_in_changes_the_cookie(office: Office) -> None:
    office.person("花子", Role.EDITOR)
    desk = Desk(office)
    desk.token()
    before = desk.client.get_cookie("madoguchi_staff")
    desk.sign_in("花子")
    after = desk.client.get_cookie("madoguchi_staff")
    assert before and after and before.value != after.value


def test_cookie_is_bound_to_this_host_with_https(office: Office) -> None:
    desk = Desk(office)
    answer = desk.client.get("/staff/login", base_url="https://city.example.jp")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-madoguchi_staff=")
    assert "Secure" in cookie and "HttpOnly" in cookie and "Path=/" in cookie


def test_failures_lock_for_longer_and_longer(office: Office) -> None:
    office.person("花子", Role.EDITOR)
    desk = Desk(office)
    for _ in range(5):
        desk.post("/staff/login", {"name": "花子", "password": "ちがう"})
    right = {"name": "花子", "password": PASSWORD}
    assert "30秒" in desk.post("/staff/login", right).text
    office.clock.advance(seconds=31)
    desk.post("/staff/login", {"name": "花子", "password": "ちがう"})
    assert "60秒" in desk.post("/staff/login", right).text
    office.clock.advance(seconds=61)
    assert desk.post("/staff/login", right).status_code == 303


def test_session_ends_when_idle_and_at_the_end_of_the_day(office: Office) -> None:
    desk = office.signed_in(Role.EDITOR)
    office.clock.advance(minutes=29)
    assert desk.get("/staff/").status_code == 200
    office.clock.advance(minutes=31)
    assert desk.get("/staff/").location.startswith("/staff/login")
    desk.sign_in(desk.name)
    for _ in range(21):
        office.clock.advance(minutes=29)
        last = desk.get("/staff/")
    assert last.status_code == 303


def test_what_was_written_is_given_back_to_who_is_signed_out_by_now(office: Office) -> None:
    desk = office.signed_in(Role.EDITOR)
    item = "/staff/content/item?path=knowledge/common/life.yaml&item=library-card"
    form = {"answer": "図書館カードは、\n2階で作れます。", "why": "移転", "topic": "school"}
    office.clock.advance(minutes=31)
    answer = desk.post(item, {**form, "password": "ひみつの言葉", "do": "save"})
    assert answer.status_code == 401 and "まだ保存していません" in answer.text
    assert "\n図書館カードは、\n2階で作れます。\n\n移転</textarea>" in answer.text
    assert "ひみつ" not in answer.text and "school" not in answer.text
    old = desk.token()
    desk.sign_in(desk.name)
    answer = desk.client.post(item, data={**form, "csrf": old, "do": "save"})
    assert answer.status_code == 403 and "移転</textarea>" in answer.text
    foreign = {"Sec-Fetch-Site": "cross-site"}
    answer = desk.client.post(item, data={**form, "csrf": old}, headers=foreign)
    assert answer.status_code == 403 and "移転" not in answer.text


def test_signing_out_everywhere_ends_every_session(office: Office) -> None:
    desk = office.signed_in(Role.EDITOR)
    other = Desk(office)
    other.sign_in(desk.name)
    desk.post("/staff/logout", {"everywhere": "1"})
    assert other.get("/staff/").status_code == 303
    assert office.sessions_of(desk.name) == 0


def test_dangerous_pages_ask_for_the_password_again(office: Office) -> None:
    desk = office.signed_in(Role.ADMIN)
    assert "職員を加える" in desk.read("/staff/people/")
    office.clock.advance(minutes=11)
    answer = desk.get("/staff/people/")
    assert answer.location == "/staff/confirm?next=/staff/people/"
    assert desk.post("/staff/confirm", {"password": "ちがう"}).status_code == 422
    back = desk.post("/staff/confirm", {"password": PASSWORD, "next": "/staff/people/"})
    assert back.location == "/staff/people/"
    assert "職員を加える" in desk.read("/staff/people/")


def test_who_gives_the_password_first_comes_back_to_the_form(office: Office) -> None:
    desk = office.signed_in(Role.EDITOR)
    office.clock.advance(minutes=11)
    change = {"password": "電車とさくら-42-みずうみ", "again": "電車とさくら-42-みずうみ"}
    asked = desk.post("/staff/account/password", change)
    assert asked.location == "/staff/confirm?next=/staff/account/&again=1"
    again = {"next": "/staff/account/", "again": "1"}
    wrong = desk.post("/staff/confirm", {"password": "ちがう", **again})
    assert wrong.status_code == 422 and "まだ何も変えていません" in wrong.text
    assert desk.post("/staff/confirm", {"password": PASSWORD, **again}).location == again["next"]
    done = desk.post("/staff/account/password", change)
    assert "パスワードを変えました" in desk.read(done.location)


@pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example/", "/staff//evil", "/x"])
def test_signing_in_leads_nowhere_else(office: Office, evil: str) -> None:
    office.person("花子", Role.EDITOR)
    desk = Desk(office)
    form = {"name": "花子", "password": PASSWORD, "next": evil}
    assert desk.post("/staff/login", form).location == "/staff/"


def test_console_opens_only_from_the_named_networks(tmp_path) -> None:
    options = {"MADOGUCHI_STAFF_NETWORKS": "192.0.2.0/24, 2001:db8::/32", "MADOGUCHI_PROXIES": "1"}
    office = Office(tmp_path, **options)
    try:
        client = office.app.test_client()
        seen = {
            address: client.get("/staff/login", headers={"X-Forwarded-For": address}).status_code
            for address in ("192.0.2.7", "2001:db8::1", "198.51.100.1", "192.0.2.7, 198.51.100.1")
        }
        assert list(seen.values()) == [200, 200, 403, 403]
        assert client.get("/staff/login").status_code == 403
    finally:
        office.close()
