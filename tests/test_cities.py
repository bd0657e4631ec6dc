"""Five cities in one installation. Each test tries to get from one into another."""

from __future__ import annotations

import itertools
import json
import threading
import time
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from bot.app import EXTENSION, create_app
from bot.cli import main
from bot.config import REPOSITORY, Settings
from bot.content.segments import SEGMENTS_FILE, read_catalog
from bot.core.attributes import Attributes
from bot.errors import ContentError
from bot.line.signature import sign
from bot.store import attributes, conversations, questions
from bot.wiring.account import load_publishers, open_base
from bot.wiring.announce import build, delivery_worker
from tests.builders import content, write
from tests.fakes.line import FakeLine
from tests.postgres import new_database
from tests.services.announcing import Line, uid
from tests.services.builders import silent_event, text_event
from tests.store.builders import everything

CITIES = {
    "goshogawara": "五所川原市",
    "hachinohe": "八戸市",
    "hachioji": "八王子市",
    "onojo": "大野城市",
    "yachiyo": "八千代市",
}
PAIRS = list(itertools.permutations(CITIES, 2))
_numbers = itertools.count(1)


class Cities:
    """The running installation, as LINE and residents see it."""

    def __init__(self, settings: tuple[Settings, ...]) -> None:
        self.settings = {each.account: each for each in settings}
        self.lines = {account: FakeLine() for account in self.settings}
        self.app = create_app(settings, line=self.lines)
        self.client = self.app.test_client()
        self.running = self.app.extensions[EXTENSION]
        self.db = self.running.db

    def post(self, path: str, signer: str, *events) -> int:
        """Deliver to `path`, signed with `signer`'s secret; returns the status."""
        body = json.dumps({"destination": "U" + "0" * 32, "events": list(events)}).encode()
        signed = {"X-Line-Signature": sign(f"secret-of-{signer}", body)}
        return self.client.post(path, data=body, headers=signed).status_code

    def deliver(self, city: str, *events) -> None:
        """As LINE does; returns when all is settled."""
        assert self.post(f"/line/webhook/{city}", city, *events) == 200
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is open."""
        deadline = time.monotonic() + 30
        while self.open():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def open(self) -> int:
        with self.db.read() as connection:
            found = connection.exec_driver_sql(
                "SELECT count(*) FROM inbox WHERE settled_at IS NULL"
            )
            return found.scalar_one()

    def said(self, city: str, event) -> str:
        """What the reply to `event` says, wherever it went."""
        token = event["replyToken"]
        sent = [each for each in self.lines[city].sent if each.reply_token == token]
        assert len(sent) == 1, f"{len(sent)} replies through {city}"
        for other, line in self.lines.items():
            assert other == city or all(each.reply_token != token for each in line.sent)
        return json.dumps(sent[0].messages, ensure_ascii=False)

    def ask(self, city: str, words: str, **changes) -> str:
        event = text_event(words, **changes)
        self.deliver(city, event)
        return self.said(city, event)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def environment(request, tmp_path_factory):
    """accounts.yaml, secrets in the environment and a database."""
    folder = tmp_path_factory.mktemp("cities")
    text = "".join(
        f"{city}:\n  city: {city}\n  channel_secret: env:{city.upper()}_SECRET\n"
        f"  channel_access_token: env:{city.upper()}_TOKEN\n"
        f"  privacy_url: https://{city}.example.jp/privacy\n"
        for city in CITIES
    )
    (folder / "accounts.yaml").write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MADOGUCHI_CITY", "MADOGUCHI_DEMO", "LINE_CHANNEL_SECRET"):
            patch.delenv(name, raising=False)
        for city in CITIES:
            patch.setenv(f"{city.upper()}_SECRET", f"secret-of-{city}")
            patch.setenv(f"{city.upper()}_TOKEN", f"token-of-{city}")
        patch.setenv("MADOGUCHI_ACCOUNTS", str(folder / "accounts.yaml"))
        patch.setenv("MADOGUCHI_APPROVERS", "1")
        patch.setenv("MADOGUCHI_PUBLIC_URL", "https://bot.example.jp")
        if request.param == "sqlite":
            patch.setenv("MADOGUCHI_DATABASE_URL", f"sqlite:///{folder}/cities.db")
            yield folder
            return
        with new_database(request.getfixturevalue("postgres_server")) as url:
            patch.setenv("MADOGUCHI_DATABASE_URL", url)
            yield folder


@pytest.fixture(scope="module")
def cities(environment):
    found = Cities(Settings.every_from_env())
    yield found
    found.running.close()


@pytest.fixture
def someone():
    """A user id that no other test uses."""
    return f"U{next(_numbers):032x}"


def mark_of(someone):
    """Words that only this test says, without a number that would be masked."""
    return "しるし" + "".join(chr(ord("あ") + int(digit, 16)) for digit in someone[-4:])


def command(*words: str):
    return CliRunner().invoke(main, list(words))


def test_each_city_answers_through_its_own_account_and_names_no_other(cities, someone):
    for city, name in CITIES.items():
        event = silent_event("follow", who=someone, replyToken=f"follow-{city}-{someone}")
        cities.deliver(city, event)
        said = cities.said(city, event)
        assert name in said and f"https://{city}.example.jp/privacy" in said
        others = [other for other in CITIES if other != city]
        assert not any(CITIES[other] in said or f"{other}.example" in said for other in others)


@pytest.mark.parametrize(("signer", "door"), PAIRS)
def test_one_accounts_secret_opens_no_other_door(cities, someone, signer, door):
    event = text_event("ひみつ", who=someone)
    assert cities.post(f"/line/webhook/{door}", signer, event) == 400
    assert someone not in everything(cities.db)


@pytest.mark.parametrize(
    "path",
    ["/line/webhook", "/line/webhook/", "/line/webhook/atlantis", "/line/webhook/main"]
    + ["/line/webhook/Hachioji", "/line/webhook/hachioji%00", "/line/webhook/hachioji/onojo"],
)
def test_a_door_that_is_nobodys_is_closed(cities, someone, path):
    assert cities.post(path, "hachioji", text_event(who=someone)) in (404, 308)
    assert someone not in everything(cities.db)


def test_the_same_event_id_in_two_accounts_is_two_events(cities, someone):
    for city in ("hachioji", "onojo"):
        event = text_event("こんにちは", who=someone, event_id=f"same-{someone}")
        cities.deliver(city, event | {"replyToken": f"token-{city}-{someone}"})
    counts = [
        sum(each.reply_token == f"token-{city}-{someone}" for each in cities.lines[city].sent)
        for city in ("hachioji", "onojo")
    ]
    assert counts == [1, 1]


def test_a_conversation_is_remembered_in_its_own_city_only(cities, someone):
    cities.ask("hachioji", "English", who=someone)
    now = int(time.time() * 1000)
    with cities.db.read() as connection:
        assert conversations.load(connection, someone, now, "hachioji") is not None
        assert conversations.load(connection, someone, now, "onojo") is None
    before = cities.ask("onojo", "メニュー", who=f"{someone[:-1]}f")
    assert cities.ask("onojo", "メニュー", who=someone) == before


@pytest.mark.parametrize("way", ["unfollow", "ask"])
def test_erasing_in_one_city_leaves_the_other_whole(cities, someone, way):
    chosen = Attributes(topics=frozenset({"child"}))
    for city in ("hachioji", "onojo"):
        cities.ask(city, f"{CITIES[city]}の粗大ごみ", who=someone)
        cities.db.write(lambda c, a=city: attributes.save(c, someone, chosen, 0, a))
    kept = _of_account(cities.db, "onojo", someone)
    if way == "unfollow":
        cities.deliver("hachioji", silent_event("unfollow", who=someone))
    else:
        assert command("residents", "forget", someone, "--account", "hachioji").exit_code == 0
    assert _of_account(cities.db, "hachioji", someone) == (False, False, False)
    assert _of_account(cities.db, "onojo", someone) == kept == (True, True, True)


def _of_account(db, account, who):
    """Whether an account has choices, events and a state of a resident."""
    query = f"SELECT count(*) FROM inbox WHERE account = '{account}' AND resident = '{who}'"
    with db.read() as connection:
        return (
            attributes.load(connection, who, account) is not None,
            connection.exec_driver_sql(query).scalar_one() > 0,
            conversations.load(connection, who, int(time.time() * 1000), account) is not None,
        )


def test_taking_back_a_message_touches_no_other_account(cities, someone):
    message = {"type": "text", "id": f"m-{someone}", "quoteToken": "q"}
    for city in ("hachioji", "onojo"):
        words = f"{city}への問い合わせ{mark_of(someone)}"
        cities.ask(city, words, who=someone, message=message | {"text": words})
    taken = silent_event("unsend", who=someone, unsend={"messageId": f"m-{someone}"})
    cities.deliver("hachioji", taken)
    mark = mark_of(someone)
    assert _asked(cities, "hachioji", mark) == []
    assert _asked(cities, "onojo", mark) == [f"onojoへの問い合わせ{mark}"]


def test_questions_are_each_citys_own(cities, someone):
    mark = mark_of(someone)
    cities.ask("yachiyo", f"八千代の質問{mark}", who=someone)
    found = {city: _asked(cities, city, mark) for city in CITIES}
    assert found.pop("yachiyo") == [f"八千代の質問{mark}"]
    assert not any(found.values())


def _asked(cities, city, part):
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 9 * 3600))
    with cities.db.read() as connection:
        return [q.text for q in questions.find(connection, day, city) if part in q.text]


def test_a_button_of_one_city_opens_nothing_in_another(cities, someone):
    """Postback data can be typed by anybody: an id of another city's own entry."""
    views = {city: _content_of(cities, city) for city in CITIES}
    own = next(e for e in views["hachioji"].content.entries.values() if e.city == "hachioji")
    event = text_event(who=someone, type="postback", postback={"data": f"do=show&id={own.id}"})
    del event["message"]
    cities.deliver("onojo", event)
    said = cities.said("onojo", event)
    assert own.title not in said and "八王子" not in said


def _content_of(cities, city):
    publisher = cities.running.publisher
    return publisher.current().view(city)


def test_an_audience_never_reaches_into_another_account(cities, someone, tmp_path):
    chosen = Attributes(topics=frozenset({"child"}))
    ids = [f"{someone[:-2]}{n:02x}" for n in range(6)]
    cities.db.write(lambda c: attributes.save_many(c, dict.fromkeys(ids, chosen), 0, "hachinohe"))
    rule = tmp_path / "rule.yaml"
    rule.write_text("topics: {any: [child]}\n")
    counts = {
        city: json.loads(
            command("segments", "count", "--rule", str(rule), "--json", "--account", city).stdout
        )
        for city in ("hachinohe", "goshogawara")
    }
    assert counts["hachinohe"]["count"] >= 6
    assert counts["goshogawara"] == {"count": None, "few": True}
    exported = command("residents", "export", "--account", "goshogawara").stdout
    assert ids[0] not in exported
    assert ids[0] in command("residents", "export", "--account", "hachinohe").stdout


def test_a_command_without_an_account_is_refused(cities):
    refused = command("residents", "export")
    assert refused.exit_code == 1 and "--account" in refused.stderr
    assert "・".join(CITIES) in refused.stderr


def test_an_announcement_is_seen_sent_and_counted_in_its_own_account_only(cities):
    catalog = read_catalog(SEGMENTS_FILE, (REPOSITORY / SEGMENTS_FILE).read_bytes()).catalog
    both = [uid(7_000_000 + number) for number in range(12)]
    for city in ("hachioji", "yachiyo"):
        _people(cities.db, both[:8], "smartphone_class", city)
        _people(cities.db, both[8:], "opendata", city)
    path = str(REPOSITORY / "docs" / "examples" / "announcement-text.yaml")
    made = command("announce", "new", "--file", path, "--account", "hachioji")
    assert made.exit_code == 0, made.output
    number = made.stdout.strip()
    for step in (("status",), ("preview",), ("approve", "--as", "x"), ("cancel",), ("history",)):
        crossed = command("announce", step[0], number, *step[1:], "--account", "yachiyo")
        assert (crossed.exit_code, crossed.stdout) in ((1, ""), (0, "")), (step, crossed.output)
    for step in (("check",), ("submit",), ("approve", "--as", "佐藤"), ("send",)):
        done = command("announce", step[0], number, *step[1:], "--account", "hachioji")
        assert done.exit_code == 0, (step, done.output)
    lines = {city: Line() for city in ("yachiyo", "hachioji")}
    for city, line in lines.items():  # the other account's worker looks first
        settings = cities.settings[city]
        parts = build(settings, cities.db, lambda: catalog, line, lambda: datetime.now(UTC))
        worker = delivery_worker(settings, cities.db, line, parts, alone=False)
        worker.start()
        deadline = time.monotonic() + 20
        while city == "hachioji" and sum(line.got.values()) < 8:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        threading.Event().wait(1.0 if city == "yachiyo" else 0.0)
        worker.stop()
    assert not lines["yachiyo"].requests
    assert set(lines["hachioji"].got) == set(both[:8])
    seen = command("announce", "status", number, "--json", "--account", "hachioji")
    assert json.loads(seen.stdout)["accepted"] == 8


def _people(db, ids, topic, account):
    chosen = Attributes(topics=frozenset({topic}))
    db.write(lambda c: attributes.save_many(c, dict.fromkeys(ids, chosen), 0, account))


def test_a_settings_page_is_that_of_the_residents_own_city(cities, someone):
    event = text_event(who=someone, type="postback", postback={"data": "do=settings_web"})
    del event["message"]
    cities.deliver("onojo", event)
    said = cities.said("onojo", event)
    token = said.split("https://bot.example.jp/settings/")[1].split('"')[0]
    page = cities.client.get(f"/settings/{token}")
    assert "大野城市" in page.text and "五所川原市" not in page.text
    opened = cities.client.post(f"/settings/{token}", base_url="https://bot.example.jp")
    assert opened.status_code == 303
    form = cities.client.get("/settings", base_url="https://bot.example.jp")
    assert form.status_code == 200 and "大野城市" in form.text
    assert "五所川原市" not in form.text


def test_a_flood_in_one_city_fills_no_other_inbox(cities, someone):
    doors = [rule.rule for rule in cities.app.url_map.iter_rules() if "webhook" in rule.rule]
    assert sorted(doors) == ["/line/webhook", "/line/webhook/<account>"]
    flood = [text_event(who=f"U{next(_numbers):032x}") for _ in range(90)]
    assert cities.post("/line/webhook/hachioji", "hachioji", *flood) == 200
    assert "大野城市" in cities.ask("onojo", "市役所の電話番号", who=someone)
    cities.settle()


def test_content_of_before_comes_back_to_its_own_folder(tmp_path, monkeypatch):
    """Two folders, both broken after a good start: each gets back its own last good content."""
    folders, every = _two_folders(tmp_path)
    for _ in range(2):
        base = open_base(every[0])
        publishers = load_publishers(every, base)
        for city, folder in folders.items():
            found = publishers[folder].current().content.links["city_top"].label
            assert found == f"{city}のページ"
            (folder / "knowledge" / "links.yaml").write_text("broken: [")
        base.db.close()


def test_content_that_was_never_good_stops_the_start_of_its_own_city_alone(tmp_path, caplog):
    folders, every = _two_folders(tmp_path)
    file = folders["yamate"] / "knowledge" / "links.yaml"
    good = file.read_bytes()
    file.write_text("broken: [")
    two = Cities(every)
    try:
        assert "図書館" in two.ask("minato", "図書館カードを作りたい")
        # LINE is to deliver again: nobody would answer what is taken.
        assert two.post("/line/webhook/yamate", "yamate", text_event()) == 503
        assert two.post("/line/webhook/yamate", "minato", text_event()) == 400
        pages = {city: two.client.get(f"/{city}/chat").status_code for city in folders}
        assert pages == {"minato": 200, "yamate": 503}
        ready = two.client.get("/readyz")
        assert ready.status_code == 200 and ready.json["content"].startswith("refused: ")
        (warned,) = ready.json["warnings"]
        assert "yamateの質問を受け取れません" in warned and "minato" not in warned
        said = [each for each in caplog.records if each.msg == "no content to answer with"]
        assert [vars(each)["folder"] for each in said] == [str(folders["yamate"])]
        file.write_bytes(good)
        deadline = time.monotonic() + 20
        while two.client.get("/readyz").json != {"status": "ok"}:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert "図書館" in two.ask("yamate", "図書館カードを作りたい")
        assert two.client.get("/yamate/chat").status_code == 200
    finally:
        two.running.close()


def test_where_no_city_ever_had_good_content_the_start_names_every_mistake(tmp_path):
    folders, every = _two_folders(tmp_path)
    for folder in folders.values():
        (folder / "knowledge" / "links.yaml").write_text("broken: [")
    with pytest.raises(ContentError) as caught:
        Cities(every)
    assert str(caught.value).count("knowledge/links.yaml:") >= 2


def _two_folders(tmp_path):
    """Two cities with LINE and a folder of content each."""
    folders = {
        city: write(tmp_path / city, content({"knowledge/links.yaml": _links(city)}))
        for city in ("minato", "yamate")
    }
    every = tuple(
        Settings(
            madoguchi_account=city,
            madoguchi_city=city,
            madoguchi_content_dir=folder,
            madoguchi_cache_dir=tmp_path / "cache",
            madoguchi_database_url=f"sqlite:///{tmp_path}/two.db",
            line_channel_secret=f"secret-of-{city}",
            line_channel_access_token=f"token-of-{city}",
        )
        for city, folder in folders.items()
    )
    return folders, every


def _links(city: str) -> str:
    return (
        f"- id: city_top\n  label: {city}のページ\n  kind: city\n"
        f"  urls: {{minato: 'https://m.example.jp/', yamate: 'https://y.example.jp/'}}\n"
        "- id: nation\n  label: 国\n  kind: nation\n  url: https://nation.example.jp/\n"
    )
