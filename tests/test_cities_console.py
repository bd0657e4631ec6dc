"""Five consoles and chats in one installation. Each test tries to get from one into another."""

from __future__ import annotations

import io
import itertools
import json
import re
import time

import pyotp
import pytest
from click.testing import CliRunner
from PIL import Image as Pillow

from bot.app import EXTENSION, create_app
from bot.cli import main
from bot.config import REPOSITORY, Settings
from bot.console.access import ANYONE, access_of
from bot.core.attributes import Attributes, month_number
from bot.services.saving import digest_of
from bot.store import (
    attributes,
    audit_pages,
    links,
    question_reads,
    questions,
    reactions,
    segment_sizes,
    staff,
)
from bot.store.links import LinkCheck
from bot.store.questions import Question
from bot.store.reactions import Reaction
from bot.store.staff import Role
from bot.wiring.pages import MOUNTED
from bot.wiring.staff import STAFF
from tests import builders
from tests.console.office import PASSWORD, SECRET, kept_password
from tests.test_cities import CITIES, Cities, cities, command, environment  # noqa: F401

NEXT = list(itertools.pairwise([*CITIES, next(iter(CITIES))]))  # each city and another
BOTH_WAYS = [*NEXT, *((there, here) for here, there in NEXT)]
_TOKEN = re.compile(r'name="csrf" value="([0-9a-f]{64})"')
_VALUES = {"number": 1, "digest": "x", "name": "x", "path": "x", "item": "x"}
TODAY = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 9 * 3600))


def name_in(city: str) -> str:
    """A name that is in no page but by its person."""
    return f"職員{city}"


class Browser:
    """One browser at one city's console."""

    def __init__(self, app, db, city: str, prefix: str | None = None) -> None:
        self.client, self.db, self.city = app.test_client(), db, city
        self.prefix = f"/{city}" if prefix is None else prefix

    def get(self, path: str):
        return self.client.get(f"{self.prefix}/staff{path}")

    def post(self, path: str, data: dict, **more):
        data = {"csrf": self.token(), **data}
        return self.client.post(f"{self.prefix}/staff{path}", data=data, **more)

    def token(self) -> str:
        for page in ("/login", "/account/", "/code"):
            if found := _TOKEN.search(self.get(page).text):
                return found[1]
        raise AssertionError

    def register(self, name: str, account: str) -> None:
        """Somebody who may do everything in `account`."""

        def keep(connection) -> None:
            assert staff.add(connection, name, kept_password(), Role.ADMIN, [], 1, account)
            found = staff.find(connection, name, account)
            staff.change(connection, found.person.id, totp_secret=SECRET)

        self.db.write(keep)

    def sign_in(self, name: str):
        answer = self.post("/login", {"name": name, "password": PASSWORD})
        if answer.status_code == 303:
            answer = self.post("/code", {"code": pyotp.TOTP(SECRET).now()})
        return answer

    def cookie(self) -> str:
        plain = "madoguchi_staff" if self.city == "main" else f"madoguchi_staff_{self.city}"
        return self.client.get_cookie(plain).value


@pytest.fixture(scope="module")
def browsers(cities):  # noqa: F811
    """Each city's administrator, signed in."""
    found = {}
    for city in CITIES:
        found[city] = browser = Browser(cities.app, cities.db, city)
        browser.register(name_in(city), city)
        answer = browser.sign_in(name_in(city))
        assert answer.status_code == 303 and answer.location == f"/{city}/staff/", answer.text
    return found


def pages_of(app, city: str):
    """(rule, path below the city, method) of everything in a city's console."""
    own = app.extensions[MOUNTED][f"/{city}"].extensions[STAFF].app
    for rule in own.url_map.iter_rules():
        if rule.endpoint.startswith("staff."):
            values = {name: _VALUES.get(name, "x") for name in rule.arguments}
            with own.test_request_context():
                path = rule.build(values, append_unknown=False)[1]
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield own.view_functions[rule.endpoint], path, method


@pytest.mark.parametrize("city", CITIES)
def test_every_page_of_every_console_wants_its_own_staff(cities, browsers, city):  # noqa: F811
    other = dict(NEXT)[city]
    stranger = cities.app.test_client()
    for value in ("madoguchi_staff", f"madoguchi_staff_{city}", f"madoguchi_staff_{other}"):
        stranger.set_cookie(value, browsers[other].cookie())
    token = Browser(cities.app, cities.db, city)
    token.client = stranger
    data, tried = {"csrf": token.token()}, 0
    for view, path, method in pages_of(cities.app, city):
        declared = access_of(view)
        assert declared is not None, path
        if declared.stage == ANYONE:
            continue
        sent = data if method != "GET" else None
        answer = stranger.open(f"/{city}{path}", method=method, data=sent)
        assert answer.status_code == 303, path
        assert answer.location.startswith(f"/{city}/staff/login"), path
        tried += 1
    assert tried > 60


@pytest.mark.parametrize(("mine", "theirs"), BOTH_WAYS)
def test_a_session_of_one_city_opens_no_other_console(cities, browsers, mine, theirs):  # noqa: F811
    thief = Browser(cities.app, cities.db, theirs)
    thief.client.set_cookie(f"madoguchi_staff_{theirs}", browsers[mine].cookie())
    answer = thief.get("/people/")
    assert answer.status_code == 303 and answer.location.startswith(f"/{theirs}/staff/login")
    assert browsers[mine].get("/people/").status_code == 200
    assert browsers[mine].client.get(f"/{theirs}/staff/").status_code == 303


@pytest.mark.parametrize(("mine", "theirs"), NEXT)
def test_name_and_password_of_one_city_open_no_other_console(cities, browsers, mine, theirs):  # noqa: F811
    answer = Browser(cities.app, cities.db, theirs).sign_in(name_in(mine))
    assert answer.status_code == 422 and "ちがいます" in answer.text
    assert name_in(mine) not in browsers[theirs].get("/audit/").text


def test_signing_in_leads_to_no_page_of_another_city(cities, browsers):  # noqa: F811
    for there in ("/onojo/staff/people/", "/staff/people/", "//example.jp/hachioji/staff/"):
        answer = browsers["hachioji"].client.get(f"/hachioji/staff/login?next={there}")
        assert answer.location == "/hachioji/staff/"
    back = Browser(cities.app, cities.db, "hachioji").get("/people/").location
    assert back == "/hachioji/staff/login?next=/hachioji/staff/people/"


def test_cookies_of_each_console_and_chat_are_their_own(cities):  # noqa: F811
    names = set()
    for city in CITIES:
        page = cities.client.get(f"/{city}/staff/login", base_url="https://bot.example.jp")
        cookie = page.headers["Set-Cookie"]
        assert cookie.startswith(f"__Host-madoguchi_staff_{city}=") and "Path=/;" in cookie
        chat = cities.client.get(f"/{city}/chat").headers["Set-Cookie"]
        assert f"Path=/{city}/chat" in chat
        names |= {cookie.partition("=")[0], chat.partition("=")[0]}
    assert len(names) == 2 * len(CITIES)


def test_each_chat_is_its_citys_and_keeps_its_questions_there(cities, browsers):  # noqa: F811
    for city, name in CITIES.items():
        answer = cities.client.post(f"/{city}/chat", data={"message": f"{city}のねこまた"})
        page = cities.client.get(f"/{city}/chat").text
        assert answer.status_code in (200, 303)
        assert name in page and f"https://{city}.example.jp/privacy" in page
        assert f'action="/{city}/chat' in page
        others = [other for other in CITIES if other != city]
        assert not any(f"{other}のねこまた" in page or CITIES[other] in page for other in others)
    for city, browser in browsers.items():
        shown = browser.get("/questions/questions.csv").data.decode("utf-8-sig")
        assert [other for other in CITIES if f"{other}のねこまた" in shown] == [city]


def test_the_first_citys_pages_are_also_where_they_were(cities, browsers):  # noqa: F811
    first = next(iter(CITIES))
    answer = browsers[first].client.get("/staff/")
    assert answer.status_code == 200 and name_in(first) in answer.text
    assert all(
        browsers[city].client.get("/staff/").status_code == 303 for city in CITIES if city != first
    )
    assert CITIES[first] in cities.client.get("/chat").text


def test_nothing_else_lies_below_a_citys_address(cities):  # noqa: F811
    for path in ("metrics", "healthz", "readyz", "line/webhook/onojo", "settings", "media/x.jpg"):
        assert cities.client.get(f"/onojo/{path}").status_code == 404
    assert cities.client.get("/atlantis/staff/").status_code == 404


def _fill(db, city: str) -> list[str]:
    """Rows of a city in everything that its console shows; returns the words that tell of them."""
    mark = f"ひみつ{city}"
    check = LinkCheck(f"https://x.example.jp/{mark}", links.BROKEN, 404, mark, ("a:1",), 1)

    def keep(connection) -> None:
        for number in range(6):
            key = f"{city}{number}"
            question = Question(key, TODAY, f"{mark}の質問", "fallback", (), city)
            questions.add(connection, [question])
            made = Reaction(f"r{key}", TODAY, "solved", f"{mark}item", (), city)
            reactions.add(connection, [made])
        segment_sizes.keep(connection, TODAY, {"スマホ教室の関心": (6789, 6789)}, city)
        links.replace_all(connection, [check], city)

    db.write(keep)
    return [f"{mark}の質問", f"{mark}item", check.url]  # what no other page can say


def _everything_shown(app, browser: Browser, city: str, below: str = "") -> str:
    """Every page that needs no number, as staff read it, and every file they can take along."""
    pages = []
    extra = ["/staff/stats/segments.csv", "/staff/questions/solved.csv"]
    for view, path, method in [*pages_of(app, city), *((None, each, "GET") for each in extra)]:
        if method == "GET" and "x" not in path.split("/") and not path.endswith("x.csv"):
            answer = browser.client.get(f"{below}{path}")
            assert answer.status_code in (200, 303, 400, 404), (path, answer.status_code, view)
            pages.append(answer.text)
    return "".join(pages)


def test_no_page_shows_anything_of_another_city(cities, browsers):  # noqa: F811
    told = {city: [*_fill(cities.db, city), name_in(city)] for city in CITIES}
    shown = {
        city: _everything_shown(cities.app, browser, city, f"/{city}")
        for city, browser in browsers.items()
    }
    for city in CITIES:
        for other in CITIES:
            seen = [word for word in told[other] if word in shown[city]]
            assert seen == (told[other] if city == other else []), (city, other)


@pytest.mark.parametrize("city", ["hachioji", "onojo"])
def test_an_export_takes_along_nothing_of_another_city(cities, browsers, city, tmp_path):  # noqa: F811
    child = Attributes(
        topics=frozenset({"child"}), child_birth_months=frozenset({month_number("2026-08")})
    )
    who = {each: f"U{'e' * 24}{number:08x}" for number, each in enumerate(CITIES)}
    for each, user in who.items():
        cities.db.write(lambda c, u=user, a=each: attributes.save(c, u, child, 0, a))
    assert "--account" in command("export", str(tmp_path / "all")).stderr
    done = command("export", str(tmp_path / "out"), "--account", city)
    assert done.exit_code == 0, done.output
    rows = {
        file.stem: [json.loads(line) for line in file.read_text().splitlines()]
        for file in (tmp_path / "out" / "tables").glob("*.jsonl")
    }
    accounts = {name: {row.get("account") for row in found} for name, found in rows.items()}
    assert {"residents", "staff", "audit"} <= {n for n, found in accounts.items() if city in found}
    for name, found in accounts.items():
        folder = name in ("content_changes", "content_versions")  # shared by the five
        assert found <= {"main" if folder else city, None}, name
    mine = {row["id"] for row in rows["residents"]}
    assert rows["resident_children"] and {r["resident"] for r in rows["resident_children"]} <= mine
    lists = (tmp_path / "out" / "residents.csv").read_text()
    assert [each for each, user in who.items() if user in lists] == [city]
    audit = (tmp_path / "out" / "audit.csv").read_text()
    assert [each for each in CITIES if name_in(each) in audit] == [city]


def _picture() -> tuple[io.BytesIO, str]:
    data = io.BytesIO()
    Pillow.new("RGB", (8, 8), "red").save(data, "PNG")
    data.seek(0)
    return data, "a.png"


def test_an_image_is_found_and_changed_in_its_own_console_only(cities, browsers):  # noqa: F811
    sent = {"words": "八王子のちらし", "file": _picture()}
    made = browsers["hachioji"].post("/images/", sent, content_type="multipart/form-data")
    path = made.location.partition("?")[0].removeprefix("/hachioji/staff")
    assert browsers["hachioji"].get(path).status_code == 200
    for city in ("onojo", "goshogawara"):
        assert browsers[city].get(path).status_code == 404
        for do in ({"do": "delete"}, {"words": "ほか"}):
            assert browsers[city].post(path, do).status_code == 404
        assert "八王子のちらし" not in browsers[city].get("/images/").text
    assert "八王子のちらし" in browsers["hachioji"].get(path).text


@pytest.mark.parametrize(("mine", "theirs"), [("goshogawara", "onojo"), ("onojo", "goshogawara")])
def test_an_announcement_is_in_no_other_console(cities, browsers, mine, theirs, tmp_path):  # noqa: F811
    example = (REPOSITORY / "docs" / "examples" / "announcement-text.yaml").read_text()
    file, used = tmp_path / "a.yaml", "児童手当の手続き"
    text = example.replace("segment: {topics: {any: [smartphone_class]}}", f"segment_name: {used}")
    file.write_text(text.replace("スマホ教室の参加者募集", f"{mine}のひみつ"))
    made = command("announce", "new", "--file", str(file), "--account", mine)
    number = made.stdout.strip()
    assert made.exit_code == 0 and browsers[mine].get(f"/announcements/{number}").status_code == 200
    tried = set()
    for _, page, method in pages_of(cities.app, theirs):
        if page.startswith("/staff/announcements/1"):
            path = page.removeprefix("/staff").replace("/1", f"/{number}", 1)
            browser = browsers[theirs]
            answer = browser.get(path) if method == "GET" else browser.post(path, {"reason": "x"})
            assert answer.status_code == 404, (path, method)
            tried.add(path)
    assert len(tried) > 10
    for browser in (browsers[mine], browsers[theirs]):
        shown = browser.get("/segments/").text + browser.get(f"/segments/one?name={used}").text
        assert (f"{mine}のひみつ" in shown) == (browser is browsers[mine])
        assert ("ほかの市のお知らせ" in shown) == (browser is browsers[theirs])
    assert command("announce", "cancel", number, "--account", mine).exit_code == 0


def test_a_mark_on_a_question_counts_in_its_own_city_only(cities, browsers):  # noqa: F811
    text = "おなじ質問のしるし"
    for city in ("yachiyo", "hachinohe"):
        asked = [Question(f"mark{city}", TODAY, text, "fallback", (), city)]
        cities.db.write(lambda c, a=asked: questions.add(c, a))
    answer = browsers["yachiyo"].post("/questions/", {"do": question_reads.DONE, "text": text})
    assert answer.status_code == 303
    with cities.db.read() as connection:
        digest = question_reads.digest_of(text)
        assert digest in question_reads.marks(connection, "yachiyo")
        assert digest not in question_reads.marks(connection, "hachinohe")
        told = {city: [e.what for e in audit_pages.everything(connection, city)] for city in CITIES}
    assert "question_mark" in told["yachiyo"] and "question_mark" not in told["hachinohe"]
    assert text in browsers["hachinohe"].get("/questions/").text


def test_the_same_name_is_two_people_in_two_cities(cities, browsers):  # noqa: F811
    name = name_in("hachioji")
    add = ("staff", "add", name, "--role", "editor", "--password-stdin")
    assert "--account" in command("staff", "list").stderr
    assert "--account" in command("links").stderr  # before anything is asked
    for account, code in (("hachioji", 1), ("yachiyo", 0)):
        done = command_with(PASSWORD, *add, "--account", account)
        assert done.exit_code == code, done.output
    assert command("staff", "disable", name, "--account", "yachiyo").exit_code == 0
    assert browsers["hachioji"].get("/").status_code == 200
    assert command("staff", "disable", name, "--account", "onojo").exit_code == 1
    with cities.db.read() as connection:
        assert staff.find(connection, name, "hachioji").person.disabled is False
        number = staff.find(connection, name, "yachiyo").person.id
    for city, status in (("yachiyo", 200), ("onojo", 404)):
        assert browsers[city].get(f"/people/{number}").status_code == status
        done = browsers[city].post(f"/people/{number}", {"do": "enable"})
        assert done.status_code == (303 if city == "yachiyo" else 404)


def command_with(text: str, *words: str):
    return CliRunner().invoke(main, list(words), input=f"{text}\n")


# --- small installations of their own ---


class Town:
    """Two accounts over the town's small content, in one folder or in two."""

    def __init__(self, tmp_path, folders: dict[str, str]) -> None:
        self.folders = {city: tmp_path / folder for city, folder in folders.items()}
        for folder in set(self.folders.values()):
            builders.write(folder, builders.content())
        every = tuple(
            Settings(
                madoguchi_account=city,
                madoguchi_city=city,
                madoguchi_content_dir=folder,
                madoguchi_cache_dir=tmp_path / "cache",
                madoguchi_database_url=f"sqlite:///{tmp_path}/town.db",
            )
            for city, folder in self.folders.items()
        )
        self.app = create_app(every)
        self.running = self.app.extensions[EXTENSION]
        self.browsers = {}
        for city in folders:
            self.browsers[city] = browser = Browser(self.app, self.running.db, city)
            browser.register(name_in(city), city)
            assert browser.sign_in(name_in(city)).status_code == 303

    def save(self, city: str, path: str, data: bytes):
        """Save a file as its text, as the page's form does."""
        before = (self.folders[city] / path).read_bytes()
        form = {"base": digest_of(before), "source": data.decode(), "why": "ためし", "do": "save"}
        return self.browsers[city].post(f"/content/text?path={path}", form)


@pytest.fixture
def town(tmp_path):
    towns = []

    def make(folders: dict[str, str]) -> Town:
        towns.append(Town(tmp_path, folders))
        return towns[-1]

    yield make
    for each in towns:
        each.running.close()


COMMON = "knowledge/common/life.yaml"


def changed(town: Town, city: str, path: str) -> bytes:
    return (town.folders[city] / path).read_bytes() + f"# {city}\n".encode()


@pytest.mark.parametrize(("mine", "theirs"), [("minato", "yamate"), ("yamate", "minato")])
def test_a_version_of_one_citys_content_is_in_no_other_console(town, mine, theirs):
    two = town({"minato": "a", "yamate": "b"})
    kept = {path: path.read_bytes() for path in two.folders[theirs].rglob("*.yaml")}
    saved = two.save(mine, COMMON, changed(two, mine, COMMON))
    assert saved.status_code == 303 and "done=saved" in saved.location, saved.text
    shown = {city: browser.get("/content/history").text for city, browser in two.browsers.items()}
    number = re.search(r"/content/history/(\d+)", shown[mine])[1]
    assert COMMON in shown[mine] and "/content/history/" not in shown[theirs].replace(
        "/content/history/?", ""
    )
    assert two.browsers[mine].get(f"/content/history/{number}").status_code == 200
    assert two.browsers[theirs].get(f"/content/history/{number}").status_code == 404
    assert two.browsers[theirs].post(f"/content/history/{number}", {}).status_code == 404
    for saving in two.running.savings:
        saving.look()
    assert {path: path.read_bytes() for path in kept} == kept
    assert COMMON not in two.browsers[theirs].get("/audit/").text
    assert COMMON in two.browsers[mine].get("/audit/").text


def test_in_a_shared_folder_a_citys_own_files_are_changed_in_its_console_only(town):
    one = town({"minato": "a", "yamate": "a"})
    for mine, theirs in (("minato", "yamate"), ("yamate", "minato")):
        own = f"knowledge/{mine}/transport.yaml"
        crossed = one.save(theirs, own, changed(one, theirs, own))
        assert crossed.status_code == 403
        assert one.browsers[theirs].get(f"/content/text?path={own}").status_code == 403
        profile = f"knowledge/cities/{mine}.yaml"
        assert one.browsers[theirs].get(f"/content/text?path={profile}").status_code == 403
        assert "done=saved" in one.save(mine, own, changed(one, mine, own)).location
        assert "done=saved" in one.save(mine, COMMON, changed(one, mine, COMMON)).location
        assert COMMON in one.browsers[theirs].get("/content/history").text
    assert len(one.running.savings) == 1


def test_one_listed_account_sees_its_own_rows_with_and_without_its_address(town):
    only = town({"yamate": "a"})
    browser, db = only.browsers["yamate"], only.running.db
    told = [*_fill(db, "yamate"), name_in("yamate")]
    _fill(db, "main")
    sent = {"words": "やまてのちらし", "file": _picture()}
    assert browser.post("/images/", sent, content_type="multipart/form-data").status_code == 303
    saved = only.save("yamate", COMMON, changed(only, "yamate", COMMON))
    assert "done=saved" in saved.location
    for below in ("", "/yamate"):
        shown = _everything_shown(only.app, browser, "yamate", below)
        assert [word for word in (*told, "やまてのちらし", COMMON) if word not in shown] == []
        assert "ひみつmain" not in shown
    with db.read() as connection:
        assert list(audit_pages.everything(connection, "main")) == []
        assert len(list(audit_pages.everything(connection, "yamate"))) >= 3


def test_without_a_list_there_is_one_console_and_no_other_address(tmp_path):
    folder = builders.write(tmp_path / "a", builders.content())
    settings = Settings(
        madoguchi_city="minato",
        madoguchi_content_dir=folder,
        madoguchi_cache_dir=tmp_path / "cache",
        madoguchi_database_url=f"sqlite:///{tmp_path}/one.db",
    )
    app = create_app(settings)
    try:
        client = app.test_client()
        assert client.get("/staff/login").status_code == 200
        assert client.get_cookie("madoguchi_staff") is not None
        assert client.get("/chat").status_code == 200
        assert client.get_cookie("madoguchi_chat", path="/chat") is not None
        for path in ("/main/staff/login", "/minato/staff/login", "/main/chat"):
            assert client.get(path).status_code == 404
    finally:
        app.extensions[EXTENSION].close()
