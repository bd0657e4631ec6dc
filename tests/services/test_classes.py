"""A resident asks for a city's classes: what is listed, in LINE's form and on the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.content.loader import load
from bot.content.sudachi import SudachiTokenizer
from bot.core.conversation import read_action
from bot.core.replies import Cards, Reply, Text
from bot.core.view import CityView
from bot.line.limits import check_messages
from bot.line.render import render
from bot.services.answering import Spoken, speak
from bot.services.library import Library, Terms
from bot.web.bubbles import shown
from bot.web.transcript import Exchange, Transcript, transcript_from_json
from tests.builders import content, wording
from tests.classes import FULL, PATH, table
from tests.line.openapi import OpenApi, spec_missing

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
CLASS_LIST = """\
- id: class-list
  title: 教室の一覧
  examples: [教室の一覧, スマホ教室の一覧を見たい]
  action: class_list
"""
ENTRY = """\
- id: minato-class
  title: スマホ教室
  city: minato
  topic: class
  questions: [スマホ教室, スマホの使い方を習いたい, スマホ講座, スマホを教えて, すまほきょうしつ]
  answer: はい、湊市はスマホ教室を開いています。
  status: in_operation
  plan_status: in_operation
  as_of: 2026年4月
  source: 湊市デジタル計画 3章
  review_by: 2027-03-31
  covers: []
"""
WORDS = wording(
    sessions="{city}の{count}件",
    sessions_then="{city}の{days}の{count}件",
    sessions_other_days="{days}はありません。{city}の近いもの",
    no_sessions="{city}の日程はありません",
    sessions_button="日程を見る",
    sessions_more="ほかの日程",
    session_when="日時：{when}",
    session_running="日時：{when}（開催中）",
    session_where="場所：{where}",
    session_target="対象：{target}",
    session_fee="料金：{fee}",
    session_capacity="定員：{capacity}",
    session_apply_until="申し込み：{until}まで",
    session_closed="受付は終わりました（{until}まで）",
    session_how="申し込み方：{how}",
    session_page="ページを開く",
    session_map="地図を開く",
    session_calendar="カレンダーに入れる",
    contact_phone="{name} {phone}",
)


def rows(count: int) -> list[dict[str, str]]:
    first = NOW.date() + timedelta(days=1)
    return [
        {"イベント名": f"第{n}回スマホ教室", "開始日": f"{first + timedelta(days=n):%Y-%m-%d}"}
        for n in range(count)
    ]


def view_of(tokenizer: SudachiTokenizer, *sessions: dict[str, str]) -> CityView:
    files = content(
        {
            PATH: table(*sessions),
            "intents/classes.yaml": CLASS_LIST,
            "intents/wording/ja.yaml": WORDS,
            "knowledge/minato/class.yaml": ENTRY,
        }
    )
    loaded = load(files)
    assert loaded.content is not None, loaded.problems
    return Library(loaded.content, tokenizer, Terms()).view("minato")


@pytest.fixture
def view(tokenizer: SudachiTokenizer) -> Iterator[CityView]:
    """The made-up city with one full session, one later, and one of the day before."""
    later = {"イベント名": "タブレット講座", "開始日": "2027/1/8", "料金(基本)": "1,000"}
    past = {"イベント名": "終わったスマホ教室", "開始日": "2026-11-20"}
    yield view_of(tokenizer, later, past, FULL)


def ask(view: CityView, text: str, **more: Any) -> Spoken:
    return speak(view, text, more.pop("state", None), more.pop("now", NOW), **more)


def cards(reply: Reply) -> list[str]:
    return [card.title for part in reply.parts if isinstance(part, Cards) for card in part.cards]


def test_coming_sessions_are_listed_soonest_first(view: CityView) -> None:
    turn = ask(view, "スマホ教室いつ？").turn
    assert cards(turn.reply) == ["はじめてのスマートフォン教室", "タブレット講座"]
    assert turn.reply.parts[0] == Text("湊市の2件")
    assert (turn.decision, turn.candidates[0].id) == ("answer", "class-list")


def test_a_card_says_everything_the_table_says(view: CityView) -> None:
    part = ask(view, "次の教室").turn.reply.parts[1]
    assert isinstance(part, Cards)
    card = part.cards[0]
    assert card.body.split("\n") == [
        "日時：12月3日（木） 10:00〜11:30",
        "申し込み：11月30日（月） 17:00まで",
        "申し込み方：電話",
        "場所：中央公民館 海山県湊市港町1-2",
        "対象：60歳以上の人",
        "料金：無料",
        "定員：20人",
        "電話と地図の使い方を学びます。",
    ]
    assert [link.label for link in card.links] == [
        "ページを開く",
        "地図を開く",
        "カレンダーに入れる",
    ]
    assert (card.phones[0].phone, card.note) == ("099-111-3333", "飲み物を持ってきてください。")
    later = part.cards[1]
    assert later.body == "日時：2027年1月8日（金）\n料金：1,000円"


def test_a_past_deadline_is_said(view: CityView) -> None:
    later = NOW.replace(month=12, day=1)
    part = ask(view, "次の教室", now=later).turn.reply.parts[1]
    assert isinstance(part, Cards)
    assert "受付は終わりました（11月30日（月） 17:00まで）" in part.cards[0].body


def test_the_days_asked_for_are_kept_to_and_their_lack_is_said(view: CityView) -> None:
    january = ask(view, "1月の教室").turn.reply
    assert (january.parts[0], cards(january)) == (Text("湊市の1月の1件"), ["タブレット講座"])
    none = ask(view, "来週の教室").turn.reply
    assert none.parts[0] == Text("来週はありません。湊市の近いもの")
    assert cards(none) == ["はじめてのスマートフォン教室", "タブレット講座"]


def test_when_everything_is_over_the_resident_learns_whom_to_ask(view: CityView) -> None:
    turn = ask(view, "来週の教室", now=NOW.replace(year=2028)).turn
    assert "湊市の日程はありません" in json.dumps(render(turn.reply), ensure_ascii=False)
    assert turn.candidates[0].id == "class-list"


def test_another_citys_sessions_are_never_shown(
    view: CityView, tokenizer: SudachiTokenizer
) -> None:
    other = Library(view.content, tokenizer, Terms()).view("yamate")
    assert cards(ask(other, "スマホ教室いつ").turn.reply) == []


def test_more_than_five_go_on_behind_a_button(tokenizer: SudachiTokenizer) -> None:
    view = view_of(tokenizer, *rows(7))
    spoken = ask(view, "次の教室")
    assert len(cards(spoken.turn.reply)) == 5
    more = spoken.turn.reply.quick_replies[0]
    assert more.label == "ほかの日程"
    again = speak(view, more.label, spoken.state, NOW).turn.reply
    assert cards(again) == ["第5回スマホ教室", "第6回スマホ教室"]
    assert read_action(more.data) == {"do": "sessions", "start": "5"}


@pytest.mark.parametrize("start", ["x", "-1", "999999999999"])
def test_a_strange_button_is_answered(view: CityView, start: str) -> None:
    assert cards(ask(view, "", data=f"do=sessions&start={start}").turn.reply)


def test_the_answer_about_classes_leads_to_their_dates(view: CityView) -> None:
    spoken = ask(view, "スマホ教室")
    assert spoken.turn.candidates[0].id == "minato-class"
    assert spoken.turn.reply.quick_replies[0].label == "日程を見る"
    assert cards(speak(view, "いつ？", spoken.state, NOW).turn.reply)


def test_the_class_list_shows_sessions_and_entries(view: CityView) -> None:
    parts = ask(view, "教室の一覧").turn.reply.parts
    assert [type(part).__name__ for part in parts] == ["Text", "Cards", "Card"]


def test_a_city_without_sessions_answers_as_before(tokenizer: SudachiTokenizer) -> None:
    view = view_of(tokenizer)
    spoken = ask(view, "スマホ教室いつ")
    assert spoken.turn.candidates[0].id == "minato-class"
    assert "日程を見る" not in [each.label for each in spoken.turn.reply.quick_replies]


@pytest.mark.parametrize("count", [1, 2, 7])
def test_line_takes_what_is_sent(tokenizer: SudachiTokenizer, count: int) -> None:
    long = dict.fromkeys(("イベント名", "説明", "対象", "備考", "場所名称", "所在地_連結表記"), "長い言葉" * 24)  # fmt: skip
    sessions = [FULL | long | row | {"説明": "あ" * 900} for row in rows(count)]
    messages = render(ask(view_of(tokenizer, *sessions), "次の教室").turn.reply)
    assert check_messages(messages) == []
    flex = messages[1]["contents"]
    assert flex["type"] == ("carousel" if count > 1 else "bubble")
    if not spec_missing():
        request = {"replyToken": "token", "messages": messages}
        assert OpenApi.messaging().problems("ReplyMessageRequest", request) == []


def test_the_page_shows_the_same_cards_and_keeps_them(view: CityView) -> None:
    reply = ask(view, "次の教室").turn.reply
    kept = Transcript().having(Exchange("次の教室", reply), "{}").to_json()
    (exchange,) = transcript_from_json(kept).exchanges
    bubbles = shown(exchange).bubbles
    assert [bubble.title for bubble in bubbles[1:]] == cards(reply)
    labels = [button.label for button in bubbles[1].buttons]
    assert labels == ["ページを開く", "地図を開く", "カレンダーに入れる", "電話する（デジタル課）"]
    assert bubbles[1].buttons[3].uri == "tel:0991113333"
