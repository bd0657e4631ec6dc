"""The chat without a browser: what a page says, what is kept, who may do what."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.core.reactions import Reaction
from tests.web.town import PRIVACY, Town

MY_NUMBER = "1234 5678 9012"


@pytest.fixture
def town() -> Town:
    """One city's chat."""
    return Town()


@pytest.fixture
def client(town: Town) -> FlaskClient:
    """A browser that keeps cookies and has opened the chat."""
    client = town.app.test_client()
    client.get("/chat")
    return client


def say(client: FlaskClient, message: str, **more: Any) -> str:
    """Send a message as a browser without JavaScript does; the page shown afterwards."""
    response = client.post("/chat", data={"message": message, **more}, follow_redirects=True)
    assert response.status_code == 200
    return page(response)


def page(response: TestResponse) -> str:
    return response.get_data(as_text=True)


def words(text: str) -> str:
    """The page's words as a person reads them."""
    return html.unescape(re.sub(r"<[^>]+>", "", text))


# --- the page ---


def test_page_says_whose_it_is_and_that_a_machine_answers(client: FlaskClient) -> None:
    shown = page(client.get("/chat"))
    assert "八王子市のまどぐち" in shown
    assert "自動でお答えします" in shown
    assert "お試し版" not in shown
    assert re.search(r'role="log" aria-live="polite" aria-label="[^"]+"', shown)
    assert '<label for="message">質問を入力</label>' in shown
    assert '<button type="submit">送信</button>' in shown
    assert PRIVACY in shown


def test_root_leads_to_the_chat(client: FlaskClient) -> None:
    response = client.get("/")
    assert (response.status_code, response.headers["Location"]) == (302, "/chat")


def test_answer_is_a_card_with_working_links_and_phone(client: FlaskClient) -> None:
    shown = say(client, "マイナンバーカードをなくした")
    assert "マイナンバーカードをなくしたとき" in shown
    assert "一時停止してください。\n24時間365日" in shown
    assert 'href="https://card.example.jp/a?b=1&amp;c=2" target="_blank" rel="noopener' in shown
    assert 'href="tel:0120950178"' in shown
    assert "出典：八王子市計画 1章（2026年）" in shown


def test_danger_is_named_in_words_and_can_be_called(client: FlaskClient) -> None:
    shown = say(client, "家が燃えている")
    assert '<strong class="mark">緊急</strong>' in shown
    assert 'class="bubble urgent"' in shown
    assert 'href="tel:119"' in shown


def test_markup_in_messages_and_answers_stays_text(client: FlaskClient) -> None:
    shown = say(client, '<img src=x onerror="alert(1)"> 粗大ごみの出し方')
    assert "<img src=x" not in shown and "<script>alert" not in shown and "<b>" not in shown
    assert '<img src=x onerror="alert(1)">' in words(shown)
    assert "<script>alert(1)</script> と書いても文字のままです。" in words(shown)


def test_english_answers_are_marked_as_english(client: FlaskClient) -> None:
    shown = say(client, "I lost my My Number card")
    assert re.search(r'<p class="body" lang="en">Call first', shown)
    assert re.search(r'<p lang="en">I lost my My Number card', shown)


# --- the conversation ---


def test_plain_post_without_cookie_gets_the_answer_at_once(town: Town) -> None:
    response = town.app.test_client(use_cookies=False).post(
        "/chat", data={"message": "マイナンバーカードをなくした"}
    )
    assert response.status_code == 200
    assert "カードを一時停止してください" in page(response)


def test_whole_visit_stays_visible(client: FlaskClient) -> None:
    say(client, "マイナンバーカードをなくした")
    say(client, "家が燃えている")
    shown = page(client.get("/chat"))
    assert shown.index("マイナンバーカードをなくした") < shown.index("家が燃えている")
    assert shown.count('class="said"') == 2
    assert shown.count('id="newest"') == 1


def test_reloading_after_sending_does_not_send_again(client: FlaskClient) -> None:
    response = client.post("/chat", data={"message": "こんにちは"})
    assert response.status_code == 303
    assert response.headers["Location"] == "/chat#newest"
    client.get("/chat")
    assert page(client.get("/chat")).count('class="said"') == 1


def test_second_question_is_understood_against_the_first(client: FlaskClient) -> None:
    say(client, "マイナンバーカードをなくした")
    assert "本人確認できる書類が必要です" in say(client, "持ち物は？")


def test_visit_is_gone_after_thirty_minutes(town: Town, client: FlaskClient) -> None:
    say(client, "マイナンバーカードをなくした")
    town.clock.advance(minutes=31)
    assert 'class="said"' not in page(client.get("/chat"))
    assert "本人確認できる書類" not in say(client, "持ち物は？")


def test_visitors_do_not_see_each_other(town: Town, client: FlaskClient) -> None:
    say(client, "家が燃えている")
    assert "燃えている" not in page(town.app.test_client().get("/chat"))


def test_stored_names_do_not_reveal_cookies(town: Town, client: FlaskClient) -> None:
    say(client, "こんにちは")
    cookie = client.get_cookie("madoguchi_chat", path="/chat")
    assert cookie is not None
    assert cookie.value not in str(town.memory.kept)


def test_quick_replies_are_buttons_that_say_their_label(client: FlaskClient) -> None:
    shown = say(client, "マイナンバーカードをなくした")
    forms = re.findall(
        r'<form class="quick" method="post" action="/chat#newest".*?</form>', shown, re.S
    )
    assert any('name="data" value="do=handoff"' in form for form in forms)
    assert all('<button type="submit"' in form for form in forms)


def test_button_of_an_old_page_still_works(client: FlaskClient) -> None:
    say(client, "家が燃えている")
    shown = say(client, "前の言い方", data="do=show&id=card-lost")
    assert "カードを一時停止してください" in shown
    assert "前の言い方" in shown


def test_button_that_leads_nowhere_is_answered_honestly(client: FlaskClient) -> None:
    assert "今はありません" in say(client, "古いボタン", data="do=show&id=no-such-thing")


def test_visitor_says_by_button_or_words_whether_it_helped(town: Town, client: FlaskClient) -> None:
    text = say(client, "マイナンバーカードをなくした")
    data = html.unescape(re.findall(r'name="data" value="(do=solved[^"]*)"', text)[0])
    say(client, "解決した", data=data)
    say(client, "解決しました")
    assert town.memory.reactions == [Reaction("solved", "card-lost")]
    assert list(town.memory.questions.values()) == ["マイナンバーカードをなくした"]


def test_only_the_last_answer_has_buttons(client: FlaskClient) -> None:
    assert 'aria-label="話題を選ぶ"' in page(client.get("/chat"))
    say(client, "マイナンバーカードをなくした")
    shown = say(client, "家が燃えている")
    assert shown.count('class="choices"') == 1
    assert 'aria-label="話題を選ぶ"' not in shown


def test_long_visit_keeps_its_end(town: Town, client: FlaskClient) -> None:
    for number in range(70):
        say(client, f"質問その{number}です" + "あ" * 4_900)
    shown = page(client.get("/chat"))
    assert "質問その69です" in shown and "質問その0です" not in shown
    assert len(town.stored()) < 150_000


# --- what must not be kept ---


@pytest.mark.parametrize("number", [MY_NUMBER, "１２３４５６７８９０１２", "1234-5678-9012"])
def test_my_number_is_neither_shown_nor_kept(town: Town, client: FlaskClient, number: str) -> None:
    shown = say(client, f"私の番号は{number}です")
    fragment = client.post(
        "/chat", data={"message": f"番号 {number}"}, headers={"Madoguchi-Fragment": "1"}
    )
    for text in (shown, page(fragment), town.stored()):
        assert number not in text
        assert "［番号］" in text
    assert "送らないでください" in shown


def test_my_number_in_a_message_that_is_too_long_is_masked_too(
    town: Town, client: FlaskClient
) -> None:
    response = client.post("/chat", data={"message": MY_NUMBER + "あ" * 5_000})
    assert response.status_code == 422
    assert MY_NUMBER not in page(response) and "［番号］" in page(response)
    assert town.stored() == ""


def test_erasing_wipes_the_visit_for_every_city() -> None:
    town = Town(demo=True)
    client = town.app.test_client()
    client.get("/chat")
    say(client, "家が燃えている", city="onojo")
    asked = say(client, "データを消して")
    assert "よろしいですか" in asked and town.stored() != ""
    # What is said is what is done: there are no settings here, and no other talk can be found.
    assert "受信設定" not in asked and "前の会話の質問は" in asked
    shown = say(client, "消す")
    assert "消しました" in shown and "データを消して" not in shown
    assert town.memory.kept == {}
    assert client.get_cookie("madoguchi_chat", path="/chat") is None
    assert 'class="said"' not in page(client.get("/chat"))


def test_erasing_that_fails_is_not_called_done(town: Town, client: FlaskClient) -> None:
    say(client, "データを消して")
    town.memory.fail = True
    response = client.post("/chat", data={"message": "消す", "data": "do=erase&sure=yes"})
    assert response.status_code == 503
    assert "消しました" not in page(response)


# --- what goes wrong ---


def test_message_that_is_too_long_stays_in_the_field(client: FlaskClient) -> None:
    message = "あ" * 5_001
    response = client.post("/chat", data={"message": message})
    assert response.status_code == 422
    assert "5,000文字まで" in page(response)
    assert f'value="{message}"' in page(response)
    assert 'class="said"' not in page(client.get("/chat"))


def test_longest_message_is_answered(client: FlaskClient) -> None:
    assert 'class="said"' in say(client, "あ" * 5_000)


@pytest.mark.parametrize("message", ["", "  \u3000\r\n"])
def test_empty_message_says_nothing(client: FlaskClient, message: str) -> None:
    shown = say(client, message)
    assert 'class="said"' not in shown
    assert "短い言葉で送ってください" in shown


def test_store_that_fails_keeps_nobody_from_an_answer(town: Town, client: FlaskClient) -> None:
    town.memory.fail = True
    assert "119" in say(client, "家が燃えている")
    assert client.get("/chat").status_code == 200


def test_unreadable_transcript_is_a_new_conversation(town: Town, client: FlaskClient) -> None:
    say(client, "こんにちは")
    (key,) = town.memory.kept
    for broken in ("{", "[]", json.dumps({"exchanges": [{"said": 1}]})):
        town.memory.save(key, broken)
        assert 'class="said"' not in page(client.get("/chat"))


def test_forms_of_other_sites_are_refused(town: Town, client: FlaskClient) -> None:
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ):
        response = client.post("/chat", data={"message": "こんにちは"}, headers=headers)
        assert response.status_code == 403
        assert "チャットの画面から" in page(response)
    assert town.memory.kept == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
        {"Origin": "http://localhost"},
        {"Origin": "https://line.city.example.jp", "X-Forwarded-Host": "line.city.example.jp"},
    ],
)
def test_own_forms_are_taken(client: FlaskClient, headers: dict[str, str]) -> None:
    response = client.post("/chat", data={"message": "こんにちは"}, headers=headers)
    assert response.status_code == 303


def test_errors_are_japanese_pages_with_a_way_back(town: Town) -> None:
    town.app.add_url_rule("/broken", view_func=lambda: str(1 // 0))
    client = town.app.test_client()
    for path, status, text in (
        ("/nothing", 404, "ページが見つかりません"),
        ("/broken", 500, "うまく動きませんでした"),
    ):
        response = client.get(path)
        assert response.status_code == status
        assert text in page(response) and 'href="/chat"' in page(response)
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    refused = client.delete("/chat")
    assert refused.status_code == 405
    assert "POST" in refused.headers["Allow"]


def test_body_that_is_far_too_large_is_refused(client: FlaskClient) -> None:
    response = client.post("/chat", data={"message": "あ" * 100_000})
    assert response.status_code == 413
    assert "短く送ってください" in page(response)


# --- cities ---


def test_demo_offers_every_city_and_says_that_it_is_one() -> None:
    client = Town(demo=True).app.test_client()
    shown = page(client.get("/chat?city=onojo"))
    assert "お試し版" in shown and "大野城市のまどぐち" in shown
    assert 'href="/chat?city=hachioji"' in shown
    assert '<a href="/chat?city=onojo" aria-current="page">' in shown
    assert 'href="tel:0925012211"' in shown
    assert 'action="/chat?city=onojo#newest"' in shown


def test_each_city_has_a_conversation_of_its_own() -> None:
    client = Town(demo=True).app.test_client()
    client.get("/chat")
    here = client.post("/chat", data={"message": "スマホ教室に行きたい"}, follow_redirects=True)
    there = client.post(
        "/chat?city=onojo", data={"message": "スマホ教室に行きたい"}, follow_redirects=True
    )
    assert "市民センターで" in page(here)
    assert "市民センターで" not in page(there) and "大野城市のまどぐち" in page(there)
    assert page(there).count('class="said"') == 1


def test_demo_knows_no_other_city() -> None:
    response = Town(demo=True).app.test_client().get("/chat?city=atlantis")
    assert response.status_code == 404


def test_outside_demo_the_city_cannot_be_chosen(client: FlaskClient) -> None:
    shown = page(client.get("/chat?city=onojo"))
    assert "八王子市のまどぐち" in shown and "city=" not in shown
    posted = client.post("/chat?city=onojo", data={"message": "こんにちは", "city": "onojo"})
    assert posted.headers["Location"] == "/chat#newest"


# --- headers, cookie, files, fragment ---


def test_headers_allow_nothing_inline_and_nothing_foreign(client: FlaskClient) -> None:
    response = client.get("/chat")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy and "http" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["Cache-Control"] == "no-store"
    shown = page(response)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=\"/)", shown)
    assert not re.search(r"(?:src|<link[^>]*href)=\"(?:https?:)?//", shown)


def test_framing_can_be_allowed_to_the_citys_own_site() -> None:
    town = Town(frame_ancestors=("https://www.city.example.jp",))
    response = town.app.test_client().get("/chat", base_url="https://localhost")
    policy = response.headers["Content-Security-Policy"]
    assert "frame-ancestors https://www.city.example.jp" in policy
    assert "X-Frame-Options" not in response.headers
    cookie = response.headers["Set-Cookie"]
    assert all(word in cookie for word in ("SameSite=None", "Secure", "Partitioned", "HttpOnly"))


def test_cookie_is_for_this_site_and_this_session_only(town: Town) -> None:
    cookie = town.app.test_client().get("/chat").headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/chat" in cookie
    assert "Expires" not in cookie and "Max-Age" not in cookie and "Secure" not in cookie
    behind_proxy = town.app.test_client().get("/chat", headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in behind_proxy.headers["Set-Cookie"]


def test_forged_cookie_is_replaced(town: Town) -> None:
    client = town.app.test_client()
    client.set_cookie("madoguchi_chat", "a", path="/chat")
    assert "madoguchi_chat=" in client.get("/chat").headers["Set-Cookie"]


def test_files_are_cached_under_their_digest_only(client: FlaskClient) -> None:
    shown = page(client.get("/chat"))
    addresses = set(re.findall(r'"(/chat/assets/[^"]+)"', shown))
    assert {address.rsplit("/", 1)[1] for address in addresses} == {
        "chat.css",
        "chat.js",
        "icon.svg",
    }
    for address in addresses:
        assert "immutable" in client.get(address).headers["Cache-Control"]
    other = client.get("/chat/assets/0000/chat.css")
    assert other.headers["Cache-Control"] == "no-cache"
    assert client.get("/chat/assets/0000/chat.py").status_code == 404


def test_script_gets_the_new_exchange_alone(client: FlaskClient) -> None:
    response = client.post(
        "/chat",
        data={"message": "マイナンバーカードをなくした"},
        headers={"Madoguchi-Fragment": "1"},
    )
    assert response.status_code == 200
    assert page(response).strip().startswith('<div class="exchange"')
    assert "<html" not in page(response)
    assert 'class="said"' in page(client.get("/chat"))


def test_questions_are_kept_for_staff_until_the_visitor_erases_them(
    town: Town, client: FlaskClient
) -> None:
    client.get("/chat")
    say(client, f"粗大ごみの番号は {MY_NUMBER}")
    assert list(town.memory.questions.values()) == ["粗大ごみの番号は ［番号］"]
    client.post("/chat", data={"message": "消す", "data": "do=erase&sure=yes"})
    assert town.memory.questions == {}
