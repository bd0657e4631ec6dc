"""The settings page: who may open it, what it keeps, what it never tells."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from bot.core.attributes import Profile, Volume
from tests.segments import resident
from tests.services.builders import HANAKO, TARO
from tests.web.settings_town import SettingsTown

FULL = {
    "topics": ["disaster", "garbage"],
    "district": "旭町",
    "life_stage": ["pregnant", "senior"],
    "child_birth_month_year": ["2024", "2026", ""],
    "child_birth_month_month": ["5", "8", ""],
    "language": "en",
    "quiet_hours": "21:00-07:00",
    "monthly_cap": "4",
}
CHOSEN = Profile(
    resident(
        topics=["disaster", "garbage"],
        district="旭町",
        life_stages=["pregnant", "senior"],
        children=["2024-05", "2026-08"],
        language="en",
    ),
    Volume(21 * 60, 7 * 60, 4),
)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[SettingsTown]:
    town = SettingsTown(tmp_path)
    yield town
    town.db.close()


def save(town: SettingsTown, **form: Any) -> Any:
    return town.browser.post("/settings", data={"check": town.enter(), **form})


class TestDoor:
    def test_looking_at_a_link_does_not_use_it_up(self, town: SettingsTown) -> None:
        link = town.link()
        for _ in range(3):
            assert town.browser.get(link).status_code == 200
            assert town.browser.head(link).status_code == 200
        assert town.browser.get("/settings").status_code == 403
        assert town.browser.post(link).status_code == 303
        assert town.browser.get("/settings").status_code == 200

    def test_it_opens_once(self, town: SettingsTown) -> None:
        link = town.link()
        assert town.browser.post(link).status_code == 303
        again = town.app.test_client().post(link)
        assert again.status_code == 410
        assert "このリンクは使えません" in again.text
        assert "Set-Cookie" not in again.headers

    def test_after_ten_minutes_it_says_how_to_get_another(self, town: SettingsTown) -> None:
        link = town.link()
        town.clock.advance(600)
        late = town.browser.post(link)
        assert late.status_code == 410 and "「受信設定」と送り" in late.text

    @pytest.mark.parametrize("token", ["x", "a" * 43, "%E3%81%82", "end2", "..%2f"])
    def test_an_invented_link_opens_nothing(self, town: SettingsTown, token: str) -> None:
        town.link()
        assert town.browser.post(f"/settings/{token}").status_code in (404, 410)
        assert town.browser.get("/settings").status_code == 403

    def test_the_cookie_is_for_this_page_alone(self, town: SettingsTown) -> None:
        cookie = town.browser.post(town.link()).headers["Set-Cookie"]
        for rule in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/settings"):
            assert rule in cookie
        assert "Expires" not in cookie and "Max-Age" not in cookie

    def test_another_sites_page_cannot_open_it(self, town: SettingsTown) -> None:
        link = town.link()
        foreign = town.browser.post(link, headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403
        assert (
            town.browser.post(link, headers={"Origin": "https://evil.example"}).status_code == 403
        )
        assert town.browser.post(link, headers={"Origin": "null"}).status_code == 303


class TestForm:
    def test_nothing_is_ticked_for_a_resident_who_chose_nothing(self, town: SettingsTown) -> None:
        town.enter()
        page = read(town)
        assert page.ticked == [("district", ""), ("language", ""), ("quiet_hours", ""),
                               ("monthly_cap", "")]  # fmt: skip
        assert page.selected == []

    def test_everything_is_kept_and_shown_again(self, town: SettingsTown) -> None:
        saved = save(town, **FULL)
        assert (saved.status_code, saved.headers["Location"]) == (303, "/settings?saved=1")
        assert town.profile() == CHOSEN
        assert "保存しました" in town.browser.get("/settings?saved=1").text
        page = read(town)
        assert ("topics", "garbage") in page.ticked and ("life_stage", "pregnant") in page.ticked
        assert page.selected == ["2024", "5", "2026", "8"]

    def test_everything_can_be_taken_off(self, town: SettingsTown) -> None:
        town.choose(CHOSEN.attributes)
        assert save(town).status_code == 303
        assert town.profile() == Profile()

    def test_saving_nothing_stores_nobody(self, town: SettingsTown) -> None:
        assert save(town, district="", language="").status_code == 303
        assert town.profile() is None

    def test_what_only_the_page_offers_is_there(self, town: SettingsTown) -> None:
        town.enter()
        text = town.browser.get("/settings").text
        for label in ("妊娠中", "家族を介護している", "身内を亡くした"):
            assert label in text

    def test_a_language_nobody_translates_into_is_not_offered(self, town: SettingsTown) -> None:
        town.enter()
        values = {value for name, value in read(town).offered if name == "language"}
        assert values == {"", "ja", "en"}

    def test_choices_no_longer_offered_are_shown_kept_and_removable(
        self, town: SettingsTown
    ) -> None:
        old = resident(topics=["retired"], district="旧町", language="ko")
        town.choose(old)
        town.enter()
        assert {("topics", "retired"), ("district", "旧町"), ("language", "ko")} <= set(
            read(town).ticked
        )
        save(town, topics=["retired"], district="旧町", language="ko")
        assert town.profile() == Profile(old)
        save(town, language="ko")
        assert town.profile() == Profile(resident(language="ko"))

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"topics": ["spam"]}, "もう一度選んでください"),
            ({"district": "南極"}, "もう一度選んでください"),
            ({"language": "zh"}, "もう一度選んでください"),
            ({"quiet_hours": "21:00-07:01"}, "もう一度選んでください"),
            ({"monthly_cap": "0"}, "もう一度選んでください"),
            ({"child_birth_month_year": ["2024"], "child_birth_month_month": [""]}, "両方"),
            ({"child_birth_month_year": ["2026"], "child_birth_month_month": ["12"]}, "0歳から"),
            ({"child_birth_month_year": ["1990"], "child_birth_month_month": ["1"]}, "0歳から"),
            ({"child_birth_month_year": ["x"], "child_birth_month_month": ["²"]}, "0歳から"),
        ],
    )
    def test_a_mistake_keeps_nothing_and_is_named_in_its_place(
        self, town: SettingsTown, wrong: dict[str, Any], said: str
    ) -> None:
        town.choose(resident(topics=["event"]))
        refused = save(town, **({"topics": ["disaster"]} | wrong))
        assert refused.status_code == 422
        assert town.profile() == Profile(resident(topics=["event"]))
        page = Page(refused.text)
        assert said in refused.text and "まちがいがあります" in page.title
        assert page.links and all(target in page.ids for target in page.links)
        assert page.described <= page.ids

    def test_what_was_sent_stands_there_still_after_a_mistake(self, town: SettingsTown) -> None:
        form = FULL | {
            "child_birth_month_year": ["2024", "2026"],
            "child_birth_month_month": ["5", ""],
        }
        page = Page(save(town, **form).text)
        assert ("topics", "garbage") in page.ticked and ("district", "旭町") in page.ticked
        assert page.selected == ["2024", "5", "2026"]

    def test_a_city_without_districts_asks_for_none(self, tmp_path: Path) -> None:
        town = SettingsTown(tmp_path, city="yachiyo")
        town.enter()
        assert "地区" not in town.browser.get("/settings").text
        assert save(town, district="南大沢").status_code == 303
        assert town.profile() is None
        town.db.close()


class TestSafety:
    @pytest.mark.parametrize("check", [None, "", "0" * 64, "あ"])
    def test_a_form_that_is_not_ours_is_refused(
        self, town: SettingsTown, check: str | None
    ) -> None:
        town.enter()
        form = {"topics": "garbage"} | ({} if check is None else {"check": check})
        assert town.browser.post("/settings", data=form).status_code == 403
        assert town.profile() is None

    def test_one_residents_form_does_not_fit_another(self, town: SettingsTown) -> None:
        check = town.enter()
        other = town.app.test_client()
        other.post(town.link(HANAKO))
        assert (
            other.post("/settings", data={"check": check, "topics": "garbage"}).status_code == 403
        )
        assert town.profile(HANAKO) is None

    def test_another_sites_form_is_refused(self, town: SettingsTown) -> None:
        form, headers = {"check": town.enter()}, {"Sec-Fetch-Site": "cross-site"}
        assert town.browser.post("/settings", data=form, headers=headers).status_code == 403

    def test_after_fifteen_minutes_nothing_is_shown_or_kept(self, town: SettingsTown) -> None:
        check = town.enter()
        town.clock.advance(15 * 60)
        late = town.browser.post("/settings", data={"check": check, "topics": "garbage"})
        assert late.status_code == 403 and "保存していない変更は残っていません" in late.text
        assert town.profile() is None

    def test_ending_closes_the_page_on_the_server_too(self, town: SettingsTown) -> None:
        check = town.enter()
        cookie = town.browser.get_cookie("madoguchi_settings", path="/settings")
        assert "終わりました" in town.browser.post("/settings/end", data={"check": check}).text
        assert cookie is not None
        town.browser.set_cookie("madoguchi_settings", cookie.value, path="/settings")
        assert town.browser.get("/settings").status_code == 403

    def test_no_page_header_or_log_names_the_resident_or_the_keys(
        self, town: SettingsTown, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        link = town.link()
        token = link.rpartition("/")[2]
        responses = [town.browser.get(link), town.browser.post(link), town.browser.get("/settings")]
        responses.append(save(town, **FULL))
        for response in responses:
            assert TARO not in response.text + str(response.headers)
            assert response.headers["Referrer-Policy"] == "no-referrer"
            assert response.headers["Cache-Control"] == "no-store"
            assert "noindex" in response.headers["X-Robots-Tag"]
        assert token not in responses[2].text
        assert TARO not in caplog.text and token not in caplog.text

    def test_every_field_has_a_name_that_is_read_out(self, town: SettingsTown) -> None:
        town.enter()
        page = read(town)
        assert page.unlabelled == 0
        assert page.legends == page.fieldsets == 7

    def test_what_is_too_large_is_refused(self, town: SettingsTown) -> None:
        form = {"check": town.enter(), "topics": ["x" * 1000] * 100}
        assert town.browser.post("/settings", data=form).status_code == 413


def read(town: SettingsTown) -> Page:
    return Page(town.browser.get("/settings").text)


class Page(HTMLParser):
    """What a form's HTML says, and to whom it says it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.offered: list[tuple[str, str]] = []
        self.ticked: list[tuple[str, str]] = []
        self.selected: list[str] = []
        self.ids: set[str] = set()
        self.described: set[str] = set()
        self.links: list[str] = []
        self.title = ""
        self.unlabelled = self.legends = self.fieldsets = 0
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._open.append(tag)
        self.ids.add(values.get("id") or "")
        self.described |= set((values.get("aria-describedby") or "").split())
        if (values.get("href") or "").startswith("#"):
            self.links.append((values["href"] or "")[1:])
        self.legends += tag == "legend"
        self.fieldsets += tag == "fieldset"
        if tag == "option" and "selected" in values:
            self.selected.append(values.get("value") or "")
        if tag == "select" and "label" not in self._open:
            self.unlabelled += 1
        if tag == "input" and values.get("type") in ("checkbox", "radio"):
            pair = (values.get("name") or "", values.get("value") or "")
            self.offered.append(pair)
            self.ticked += [pair] if "checked" in values else []
            self.unlabelled += "label" not in self._open

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "title":
            self.title += data
