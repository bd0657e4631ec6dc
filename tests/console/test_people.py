from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy.exc import DatabaseError, IntegrityError

from bot.cli import main
from bot.errors import StoreError
from bot.services import passwords
from bot.services.people import People, StaffError
from bot.store.staff import Role
from tests.console.office import PASSWORD, Desk, Office


def number_of(office: Office, name: str) -> int:
    return office.names().index(name) + 1


def test_admin_adds_an_editor_who_can_then_sign_in(office: Office) -> None:
    admin = office.signed_in(Role.ADMIN)
    form = {"name": "次郎", "role": "editor", "password": "電車とさくら-42-みずうみ"}
    assert admin.post("/staff/people/", form).status_code == 303
    assert "次郎" in admin.read("/staff/people/")
    desk = Desk(office)
    answer = desk.post("/staff/login", {"name": "次郎", "password": form["password"]})
    assert answer.location == "/staff/"


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("短い", "12文字以上"),
        ("Password2026!!", "よく使われる"),
        ("qwertyuiop12", "よく使われる"),
        ("aaaaaaaaaaaaaa", "よく使われる"),
        ("madoguchi-1234", "よく使われる"),
        ("次郎さんのひみつの言葉です次郎の", ""),
        ("P@ssw0rd123456", "よく使われる"),
    ],
)
def test_weak_passwords_are_refused_with_the_reason(password: str, said: str) -> None:
    found = passwords.problems(password, "次郎")
    assert any(said in each for each in found) if said else found == []


@pytest.mark.parametrize("password", [PASSWORD, "correct horse battery staple", "tr0ub4dor&3-kumo"])
def test_long_passwords_of_unrelated_words_are_accepted(password: str) -> None:
    assert passwords.problems(password, "花子") == []


def test_disabled_person_is_out_at_once(office: Office) -> None:
    admin, editor = office.signed_in(Role.ADMIN), office.signed_in(Role.EDITOR)
    path = f"/staff/people/{number_of(office, editor.name)}"
    assert admin.post(path, {"do": "disable"}).status_code == 303
    assert editor.get("/staff/").location.startswith("/staff/login")
    again = editor.post("/staff/login", {"name": editor.name, "password": PASSWORD})
    assert again.status_code == 422


def test_a_forgotten_password_is_set_anew_by_an_admin(office: Office) -> None:
    admin, editor = office.signed_in(Role.ADMIN), office.signed_in(Role.EDITOR)
    path, fresh = f"/staff/people/{number_of(office, editor.name)}", "電車とさくら-42-みずうみ"
    weak = admin.post(path, {"do": "password", "password": "短い"})
    assert weak.status_code == 422 and "12文字以上" in weak.text
    assert admin.post(path, {"do": "password", "password": fresh}).status_code == 303
    assert editor.get("/staff/").location.startswith("/staff/login")
    answer = editor.post("/staff/login", {"name": editor.name, "password": fresh})
    assert answer.location == "/staff/"
    log = admin.read("/staff/audit/")
    assert "パスワードを変えました" in log and fresh not in log


def test_a_forgotten_password_is_set_anew_at_the_terminal(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor, fresh = office.signed_in(Role.EDITOR), "電車とさくら-42-みずうみ"
    monkeypatch.setenv("MADOGUCHI_DATABASE_URL", f"sqlite:///{tmp_path}/office.db")
    change = ["staff", "password", editor.name, "--password-stdin"]
    weak = CliRunner().invoke(main, change, input="短い\n")
    assert weak.exit_code == 1 and "12文字以上" in weak.output
    assert CliRunner().invoke(main, change, input=f"{fresh}\n").exit_code == 0
    assert editor.get("/staff/").location.startswith("/staff/login")
    answer = editor.post("/staff/login", {"name": editor.name, "password": fresh})
    assert answer.location == "/staff/"


def test_last_admin_stays(office: Office) -> None:
    admin = office.signed_in(Role.ADMIN)
    path = f"/staff/people/{number_of(office, admin.name)}"
    for form in ({"do": "disable"}, {"do": "role", "role": "editor"}):
        answer = admin.post(path, form)
        assert answer.status_code == 422 and "1人もいなくなります" in answer.text
    assert admin.get("/staff/").status_code == 200


def test_lost_second_factor_is_set_up_anew(office: Office) -> None:
    office.person("承認", Role.APPROVER)
    People(office.db, office.now).reset_second_factor("承認")
    desk = Desk(office)
    desk.post("/staff/login", {"name": "承認", "password": PASSWORD})
    assert "2つ目の確認の設定" in desk.read("/staff/code")


def test_changed_password_ends_the_other_sessions(office: Office) -> None:
    desk = office.signed_in(Role.EDITOR)
    other = Desk(office)
    other.sign_in(desk.name)
    new = "あたらしい-つくえ-31-ゆき"
    answer = desk.post("/staff/account/password", {"password": new, "again": new})
    assert answer.status_code == 303
    assert desk.get("/staff/").status_code == 200
    assert other.get("/staff/").status_code == 303


def test_command_refuses_what_the_page_refuses(office: Office) -> None:
    people = People(office.db, office.now)
    with pytest.raises(StaffError, match="12文字以上"):
        people.add("だれか", "admin", "短い")
    with pytest.raises(StaffError, match="役割"):
        people.add("だれか", "king", PASSWORD)
    assert office.names() == []


def test_every_change_to_people_is_in_the_audit_log_and_its_export(office: Office) -> None:
    admin = office.signed_in(Role.ADMIN)
    form = {"name": "次郎", "role": "editor", "password": "電車とさくら-42-みずうみ"}
    admin.post("/staff/people/", form)
    page = admin.read("/staff/audit/?q=次郎")
    assert "職員を加えました" in page and "編集（すべて）" in page
    text = admin.get("/staff/audit/log.csv").data.decode("utf-8-sig")
    assert "次郎" in text and form["password"] not in text
    assert "書き出しました" in admin.read("/staff/audit/")


def test_the_log_is_searched_by_the_words_that_it_shows(office: Office) -> None:
    admin = office.signed_in(Role.ADMIN)
    form = {"name": "次郎", "role": "editor", "password": "電車とさくら-42-みずうみ"}
    admin.post("/staff/people/", form)
    found = admin.read("/staff/audit/?q=職員を加え")
    assert "職員を加えました" in found and "サインインしました" not in found
    found = admin.read("/staff/audit/?q=サインイン")
    assert "サインインしました" in found and "職員を加えました" not in found
    assert "ありません。" in admin.read("/staff/audit/?q=どこにもない言葉")


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'x'", "DELETE FROM audit"])
def test_audit_log_cannot_be_changed(office: Office, statement: str) -> None:
    office.signed_in(Role.ADMIN)
    with pytest.raises((StoreError, DatabaseError, IntegrityError)):
        office.db.write(lambda c: c.exec_driver_sql(statement))
