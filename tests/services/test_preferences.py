"""What a resident sets on LINE: kept with the reply, erased with the rest, explained afterwards."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.core.attributes import Profile, Volume
from bot.core.resident import digest
from bot.line.events import parse_event
from bot.line.render import render
from bot.services.answering import Answering
from bot.services.library import Library
from bot.services.preferences import Preferences
from bot.services.replying import Replying
from bot.services.retention import Housekeeping
from bot.store import attributes, residents
from bot.store.database import Database
from bot.store.tables import inbox, questions, settings_keys
from bot.store.tables import residents as residents_table
from tests.segments import resident
from tests.services.announcing import Office
from tests.services.builders import (
    HANAKO,
    TARO,
    FakeClock,
    FakeLine,
    deliver,
    receiver,
    silent_event,
    text_event,
    work,
)
from tests.store.builders import everything

URL = "https://line.city.example.jp"
DRAFT = """
title: {title}
kind: normal
messages: [{{type: text, text: お知らせです。}}]
segment: {segment}
expires_at: 2099-12-31 17:00
author: 田中
"""


class Talk:
    """One account on LINE: what residents say, and what they get back."""

    def __init__(self, db: Database, library: Library, url: str = URL) -> None:
        self.db, self.clock, self.line = db, FakeClock(), FakeLine()
        self.preferences = Preferences(db, self.clock, url)
        view = library.view("hachioji")
        answering = Answering(lambda: view, render, self.preferences.resident)
        self.replying = Replying(db, answering, self.line, parse_event, self.clock)
        self.door = receiver(db, self.clock)

    def event(self, event: dict[str, Any]) -> list[dict[str, Any]]:
        """Handed over by LINE and answered; returns the messages of the reply."""
        before = len(self.line.sent)
        deliver(self.door, event)
        work(self.replying)
        return [m for _, messages in self.line.sent[before:] for m in messages]

    def says(self, *said: str, who: str = TARO) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for words in said:
            found = self.event(text_event(words, who=who))
        return found

    def taps(self, data: str, who: str = TARO) -> list[dict[str, Any]]:
        return self.event(
            text_event(who=who, type="postback", postback={"data": data}, message=None)
        )

    def profile(self, who: str = TARO) -> Profile | None:
        with self.db.read() as connection:
            return attributes.load(connection, who)

    def known(self) -> int:
        with self.db.read() as connection:
            return connection.execute(
                select(func.count()).select_from(residents_table)
            ).scalar_one()


@pytest.fixture
def talk(db: Database, library: Library) -> Talk:
    return Talk(db, library)


def words(messages: list[dict[str, Any]]) -> str:
    return json.dumps(messages, ensure_ascii=False)


def follow(who: str = TARO, **changes: Any) -> dict[str, Any]:
    return text_event(
        who=who, type="follow", message=None, follow={"isUnblocked": False}, **changes
    )


def test_following_offers_the_settings_and_stores_no_choice(talk: Talk) -> None:
    greeting = talk.event(follow())
    assert "受信設定" in words(greeting)
    assert talk.profile() == Profile()
    talk.event(follow(HANAKO, replyToken=None))
    assert talk.profile(HANAKO) == Profile()


def test_a_follow_that_is_too_late_to_be_greeted_makes_known_all_the_same(talk: Talk) -> None:
    deliver(talk.door, follow())
    talk.clock.advance(120)
    work(talk.replying)
    assert talk.line.sent == []
    assert talk.profile() == Profile()


def test_what_is_chosen_is_kept_with_the_reply_that_says_so(talk: Talk) -> None:
    said = talk.says("受信設定", "防災", "次へ", "旭町")
    assert "地区：旭町" in words(said)
    assert talk.profile() == Profile(resident(topics=["disaster"], district="旭町"))
    talk.says("お知らせは月4回まで")
    assert talk.profile() == Profile(
        resident(topics=["disaster"], district="旭町"), Volume(monthly_cap=4)
    )


def test_looking_at_the_settings_stores_nobody(talk: Talk) -> None:
    talk.says("受信設定", "次へ", "選ばない", "ここまで", "登録内容を見る", "ジャンルを全部外して")
    assert talk.known() == 0


def test_an_event_delivered_again_changes_nothing_twice(talk: Talk) -> None:
    event = text_event("ごみのお知らせがほしい")
    talk.event(event)
    talk.says("ごみのお知らせを止めて")
    talk.event(event | {"deliveryContext": {"isRedelivery": True}})
    assert talk.profile() == Profile()


def test_what_residents_tell_of_themselves_is_not_kept_as_a_question(talk: Talk) -> None:
    talk.says("子どもの誕生月は2024年5月", "受信設定", "地区", "旭町")
    talk.taps("do=choose&a=child_birth_month")
    talk.says("令和8年8月", "孫は再来年の3月なんですが")
    with talk.db.read() as connection:
        kept = connection.execute(select(questions.c.text)).scalars().all()
        bodies = "".join(connection.execute(select(inbox.c.body)).scalars())
    assert set(kept) <= {"受信設定"}
    assert "2024" not in bodies and json.dumps("令和")[1:-1] not in bodies
    assert json.dumps("孫")[1:-1] not in bodies
    assert talk.profile() == Profile(resident(district="旭町", children=["2024-05", "2026-08"]))


def test_a_choice_there_is_no_room_for_holds_up_nobody(talk: Talk) -> None:
    old = resident(topics=[f"t{number}" for number in range(attributes.MAX_BITS)])
    talk.db.write(lambda c: attributes.save(c, HANAKO, old, 0))
    assert talk.says("ごみのお知らせがほしい")
    assert talk.says("こんにちは", who=HANAKO)
    assert talk.profile() in (None, Profile())


def test_the_day_of_birth_is_not_kept_among_the_choices(talk: Talk) -> None:
    talk.taps("do=choose&a=child_birth_month")
    said = talk.says("2024年5月17日")
    assert "2024年5月" in words(said) and "17日" not in words(said)
    assert talk.profile() == Profile(resident(children=["2024-05"]))


def test_groups_neither_read_nor_set_choices(talk: Talk) -> None:
    talk.says("ごみのお知らせがほしい")
    group = {"type": "group", "groupId": "C" + "c" * 32, "userId": TARO}
    mention = {"mentionees": [{"index": 0, "length": 4, "isSelf": True}]}
    for text in ("受信設定", "防災のお知らせがほしい", "登録内容を見る", "データを消して"):
        message = {"type": "text", "id": "m", "text": f"@bot {text}", "mention": mention}
        said = talk.event(text_event(source=group, message=message))
        assert said and "ジャンル：" not in words(said)
    for data in ("do=choose&a=topics&on=0", "do=settings", "do=settings_web", "do=why&id=1"):
        event = text_event(source=group, type="postback", postback={"data": data}, message=None)
        assert URL not in words(talk.event(event))
    assert talk.profile() == Profile(resident(topics=["garbage"]))


def test_all_that_is_stored_is_shown_also_what_only_the_web_page_offers(talk: Talk) -> None:
    chosen = resident(
        topics=["child"], life_stages=["pregnant"], children=["2024-05"], language="ko"
    )
    talk.db.write(lambda c: attributes.save(c, TARO, chosen, 1))
    talk.db.write(lambda c: attributes.save_volume(c, TARO, Volume(60, 120, 30), 1))
    (card,) = talk.says("登録内容を見る")
    for label in ("子育て", "妊娠中", "2024年5月", "한국어", "1:00〜2:00", "30通まで"):
        assert label in words([card])
    assert card["altText"] == "ご質問へのお返事です"  # a lock screen shows none of it


class TestErasing:
    def test_erased_on_request_nothing_is_left_in_any_table(self, talk: Talk) -> None:
        talk.event(follow())
        talk.says("受信設定", "防災", "マイナンバーカードをなくした")
        talk.taps("do=settings_web")
        talk.taps("do=erase&sure=yes")
        assert TARO not in _stored(talk.db)
        assert talk.known() == 0

    def test_unfollowing_erases_the_choices_too(self, talk: Talk) -> None:
        talk.event(follow())
        talk.says("子どもの誕生月は2024年5月")
        talk.taps("do=settings_web")
        talk.event(silent_event("unfollow"))
        assert TARO not in _stored(talk.db)

    def test_an_erased_resident_gets_a_page_no_more(self, talk: Talk) -> None:
        talk.says("防災のお知らせがほしい")
        session = talk.preferences.open(_token(talk.taps("do=settings_web")))
        assert session is not None and talk.preferences.shown(session) is not None
        talk.db.write(lambda c: residents.erase(c, TARO, before=2**50, now=2**50))
        assert talk.preferences.shown(session) is None
        assert talk.preferences.save(session, lambda before: before) is None

    def test_a_choice_answered_but_not_yet_kept_does_not_outlive_an_erasure(
        self, talk: Talk
    ) -> None:
        deliver(talk.door, text_event("防災のお知らせがほしい"))
        turn = talk.replying.turn([], [], 8)
        effects = [talk.replying.answer(claimed) for claimed in turn.fresh]
        talk.db.write(lambda c: residents.erase(c, TARO, before=2**50, now=2**50))
        talk.replying.turn(effects, [], 8)
        assert talk.known() == 0


class TestLink:
    def test_a_link_opens_once_and_for_ten_minutes(self, talk: Talk) -> None:
        token = _token(talk.taps("do=settings_web"))
        session = talk.preferences.open(token)
        assert session is not None
        assert talk.preferences.open(token) is None
        assert talk.preferences.shown(session) == Profile()
        late = _token(talk.taps("do=settings_web"))
        talk.clock.advance(10 * 60)
        assert talk.preferences.open(late) is None

    def test_a_new_link_replaces_the_one_before(self, talk: Talk) -> None:
        first, second = (_token(talk.taps("do=settings_web")) for _ in range(2))
        assert talk.preferences.open(first) is None
        assert talk.preferences.open(second) is not None

    def test_a_link_that_was_never_sent_opens_nothing(self, talk: Talk) -> None:
        prepared = talk.preferences.resident(TARO).link
        assert talk.preferences.open(prepared.rpartition("/")[2]) is None
        assert talk.preferences.open("") is None

    def test_a_session_ends_after_fifteen_minutes_or_when_closed(self, talk: Talk) -> None:
        session = talk.preferences.open(_token(talk.taps("do=settings_web"))) or ""
        talk.preferences.close(session)
        assert talk.preferences.shown(session) is None
        session = talk.preferences.open(_token(talk.taps("do=settings_web"))) or ""
        talk.clock.advance(14 * 60)
        assert talk.preferences.shown(session) is not None
        talk.clock.advance(60)
        assert talk.preferences.shown(session) is None

    def test_neither_link_nor_session_can_be_read_from_the_database(self, talk: Talk) -> None:
        token = _token(talk.taps("do=settings_web"))
        assert token not in _stored(talk.db) and digest(token) in _stored(talk.db)
        session = talk.preferences.open(token) or ""
        assert session not in _stored(talk.db)

    def test_what_opens_nothing_any_more_is_deleted(self, talk: Talk) -> None:
        talk.taps("do=settings_web")
        talk.clock.advance(11 * 60)
        Housekeeping(talk.db, talk.clock)()
        with talk.db.read() as connection:
            assert connection.execute(select(settings_keys)).all() == []

    def test_without_a_public_address_only_the_chat_offers_settings(
        self, db: Database, library: Library
    ) -> None:
        talk = Talk(db, library, url="")
        assert "画面で" not in words(talk.says("受信設定", "ここまで"))
        assert "/settings" not in words(talk.taps("do=settings_web"))
        assert "settings_keys" not in words(talk.says("受信設定"))


class TestWhy:
    @pytest.fixture
    def office(self, talk: Talk) -> Office:
        return Office(talk.db)

    @pytest.fixture(autouse=True)
    def others(self, talk: Talk) -> None:
        chosen = {f"U{n:032x}": resident(topics=["disaster"]) for n in range(8)}
        chosen |= {f"U{n:032x}": resident(topics=["tourism"]) for n in range(8, 10)}
        talk.db.write(lambda c: attributes.save_many(c, chosen, 1))

    def test_it_names_the_choices_that_matched(self, talk: Talk, office: Office) -> None:
        talk.says("防災とごみのお知らせがほしい")
        number = office.sent(
            DRAFT.format(title="備え", segment="{topics: {any: [disaster, event]}}")
        )
        said = words(talk.taps(f"do=why&id={number}"))
        assert "ジャンル：防災" in said and "ごみ" not in said

    def test_the_button_under_an_announcement_asks_exactly_that(
        self, talk: Talk, office: Office
    ) -> None:
        talk.says("防災のお知らせがほしい")
        office.sent(DRAFT.format(title="備え", segment="{topics: {any: [disaster]}}"))
        (message,) = office.line.messages[TARO]
        (item,) = message["quickReply"]["items"]
        assert "ジャンル：防災" in words(talk.taps(item["action"]["data"]))

    def test_choices_changed_since_are_said_to_be(self, talk: Talk, office: Office) -> None:
        talk.says("防災のお知らせがほしい")
        number = office.sent(DRAFT.format(title="備え", segment="{topics: {any: [disaster]}}"))
        talk.says("防災のお知らせを止めて")
        assert "登録が変わった" in words(talk.taps(f"do=why&id={number}"))

    def test_everyone_is_said_to_be_everyone(self, talk: Talk, office: Office) -> None:
        talk.event(follow())
        number = office.sent(DRAFT.format(title="全員へ", segment="{everyone: true}"))
        assert "友だちの皆さま全員" in words(talk.taps(f"do=why&id={number}"))

    @pytest.mark.parametrize("which", ["others", "0", "999999", "x", "", "1" * 40, "-1", "１"])
    def test_what_the_resident_did_not_get_is_not_explained(
        self, talk: Talk, office: Office, which: str
    ) -> None:
        talk.says("ごみのお知らせがほしい")
        number = office.sent(DRAFT.format(title="備え", segment="{topics: {any: [disaster]}}"))
        said = words(talk.taps(f"do=why&id={number if which == 'others' else which}"))
        assert "記録は残っていません" in said


def _token(messages: list[dict[str, Any]]) -> str:
    """The token of the link in a reply."""
    start = words(messages).index(f"{URL}/settings/") + len(f"{URL}/settings/")
    return words(messages)[start:].partition('"')[0]


def _stored(db: Database) -> str:
    """All that is stored, as one text."""
    with db.read() as connection:
        if connection.dialect.name == "sqlite":
            return everything(db)
        names = connection.exec_driver_sql(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
        ).scalars()
        return repr([connection.exec_driver_sql(f'SELECT * FROM "{n}"').all() for n in names])
