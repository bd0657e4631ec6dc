"""`madoguchi links`, and where its outcome is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.commands.links import links
from bot.config import HELP
from bot.services.doctor import Mark, check_links
from bot.store import links as store
from bot.store.database import Database, open_database
from bot.store.links import LinkCheck
from bot.store.migrate import migrate
from bot.store.staff import Role
from tests.builders import content, write
from tests.console.office import Office
from tests.services.test_linkchecks import City

Run = Callable[..., Result]
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


@pytest.fixture
def city() -> Iterator[City]:
    city = City()
    yield city
    city.close()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on content whose links are the given ones."""
    for name in HELP:
        monkeypatch.delenv(name.upper(), raising=False)
    database = f"sqlite:///{tmp_path}/town.db"
    monkeypatch.setenv("MADOGUCHI_CONTENT_DIR", str(tmp_path))
    monkeypatch.setenv("MADOGUCHI_CITY", "minato")
    monkeypatch.setenv("MADOGUCHI_DATABASE_URL", database)
    db = open_database(database)
    migrate(db)
    db.close()

    def invoke(urls: list[str], *args: str) -> Result:
        listed = "".join(f'- {{id: l{n}, url: "{url}"}}\n' for n, url in enumerate(urls))
        files = dict.fromkeys(content(), b"# nothing\n")
        write(tmp_path, {**files, "knowledge/links.yaml": listed.encode()})
        return CliRunner().invoke(links, list(args), catch_exceptions=False)

    return invoke


def kept(tmp_path: Path) -> list[LinkCheck]:
    db = open_database(f"sqlite:///{tmp_path}/town.db")
    with db.read() as connection:
        found = store.find(connection)
    db.close()
    return found


def test_broken_link_is_named_with_its_place_and_the_exit_code_says_so(
    run: Run, city: City, tmp_path: Path
) -> None:
    result = run([f"{city.url}/ok", f"{city.url}/404", f"{city.url}/301"])
    assert result.exit_code == 1
    assert f"切れています　{city.url}/404" in result.stdout
    assert "knowledge/links.yaml:2" in result.stdout
    assert "3件のリンク：開ける1件・移った1件・確かめられない0件・切れた1件" in result.stdout
    assert [each.outcome for each in kept(tmp_path)] == ["broken", "moved", "good"]


def test_good_and_moved_links_are_no_failure(run: Run, city: City) -> None:
    result = run([f"{city.url}/ok", f"{city.url}/301"], "--json")
    assert result.exit_code == 0
    said = json.loads(result.stdout)
    assert said["offline"] is False
    assert [(each["outcome"], each["status"]) for each in said["links"]] == [
        ("good", 200), ("moved", 200)
    ]  # fmt: skip


def test_without_a_network_it_says_so_and_keeps_what_was_known(
    run: Run, city: City, tmp_path: Path
) -> None:
    run([f"{city.url}/ok"])
    before = kept(tmp_path)
    result = run(["http://127.0.0.1:1/"])
    assert result.exit_code == 1 and "ネットワーク" in result.stdout
    assert kept(tmp_path) == before


def test_without_a_database_the_outcome_is_only_said(
    run: Run, city: City, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MADOGUCHI_DATABASE_URL", f"sqlite:///{tmp_path}/none.db")
    result = run([f"{city.url}/ok"])
    assert result.exit_code == 0 and "結果は残していません" in result.stdout
    assert not (tmp_path / "none.db").exists()


def found(outcome: str, age: timedelta = timedelta(0)) -> LinkCheck:
    at = int((NOW - age).timestamp() * 1000)
    text = "ページがありません（404）。" if outcome == "broken" else ""
    place = "knowledge/links.yaml:3"
    return LinkCheck("https://a.example.jp/", outcome, 404, text, (place,), at)


@pytest.mark.parametrize(
    ("checks", "mark", "said"),
    [
        ([], Mark.WARN, "まだ確かめていません"),
        ([found("broken")], Mark.WARN, "1件のうち1件が切れています（2026-11-21に確認）"),
        ([found("good")], Mark.GOOD, "1件が開けました"),
        ([found("good", timedelta(days=90))], Mark.WARN, "2026-08-23から確かめていません"),
    ],
)
def test_doctor_warns_of_broken_and_old_checks(
    tmp_path: Path, checks: list[LinkCheck], mark: Mark, said: str
) -> None:
    address = f"sqlite:///{tmp_path}/a.db"
    db = open_database(address, exclusive=False)
    migrate(db)
    db.write(lambda c: store.replace_all(c, checks))
    db.close()

    def open_it() -> Database:
        return open_database(address, exclusive=False)

    (finding,) = check_links(open_it, "main", NOW)
    assert finding.mark is mark and said in finding.text
    assert bool(finding.advice) == (mark is Mark.WARN)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.close()


def test_freshness_list_names_broken_links_and_leads_to_their_lines(office: Office) -> None:
    desk = office.signed_in(Role.EDITOR)
    assert "まだ確かめていません" in desk.read("/staff/content/freshness")
    office.db.write(lambda c: store.replace_all(c, [found("broken")]))
    page = desk.read("/staff/content/freshness")
    assert "切れています" in page and "ページがありません（404）" in page
    assert 'href="/staff/content/text?path=knowledge/links.yaml&amp;line=3"' in page
    assert "links.yaml&amp;line" not in office.signed_in(Role.ANALYST).read(
        "/staff/content/freshness"
    )


def sections(page: str) -> list[str]:
    return re.findall(r'<h3 id="t-\d+">.*?<span class="quiet">(.*?)</span>', page)


def test_entries_to_look_at_again_are_listed_by_section(office: Office) -> None:
    desk = office.signed_in(Role.EDITOR)
    assert sections(desk.read("/staff/content/freshness")) == []
    office.clock.now = datetime(2027, 2, 10, tzinfo=UTC)
    desk = office.signed_in(Role.EDITOR)
    page = desk.read("/staff/content/freshness")
    assert sections(page) == ["knowledge/common", "knowledge/minato", "knowledge/yamate"]
    assert "過ぎています" not in page
    office.clock.now = datetime(2027, 4, 10, tzinfo=UTC)
    assert "過ぎています" in office.signed_in(Role.EDITOR).read("/staff/content/freshness")


def test_person_limited_to_a_section_sees_it_first(office: Office) -> None:
    office.clock.now = datetime(2027, 4, 10, tzinfo=UTC)
    desk = office.signed_in(Role.EDITOR, ("knowledge/minato",))
    page = desk.read("/staff/content/freshness")
    assert sections(page) == ["knowledge/minato"] and "すべての担当を見る" in page
    assert len(sections(desk.read("/staff/content/freshness?all=1"))) == 3
