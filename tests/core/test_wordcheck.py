"""Slips that staff regret afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.announcements import CardMessage, Draft, Kind, TextMessage
from bot.core.knowledge import Link
from bot.core.wordcheck import Slip, check_words

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)  # Saturday noon in Japan
SLIPS = [Slip("いじめの推進", "いじめの防止")]


def findings(text: str, *, link: str = "", **changes):
    messages = [TextMessage(text)]
    if link:
        messages.append(CardMessage("題", "文", (Link("開く", link),)))
    values = {
        "title": "題",
        "kind": Kind.NORMAL,
        "messages": tuple(messages),
        "author": "田中",
        "expires_at": NOW + timedelta(days=30),
    }
    return list(check_words(Draft(**(values | changes)), NOW, SLIPS))


@pytest.mark.parametrize(
    "text",
    [
        "12月5日（土）10時から",
        "12月5日(土)",
        "１２月５日（土）",
        "2026年12月5日（土曜日）",
        "令和8年12月5日（土）",
        "1月11日（月・祝）に開きます",  # next year's: no year is written
        "電話 042-626-3111 へ",
        "0120-95-0178（24時間）",
        "090-1234-5678",
        "03-1234-5678",
        "いじめの防止に取り組みます",
        "https://www.city.example.jp/ をごらんください",
        "第10回、2026年度、1,000円",
        "〒192-8501 本庁舎3階",
        "法人番号 1000020132012",
        "2026 2027 2028",
        "042-626-3111、042-620-7200",
    ],
)
def test_good_words_pass_without_a_word(text):
    assert findings(text) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("12月5日（日）10時から", "（土）"),
        ("2026年12月5日（月）", "（土）"),
        ("令和8年12月5日(金曜日)", "（土）"),
        ("2月30日に", "という日はありません"),
        ("電話 042-626-311", "けた"),
        ("電話 0426-263-1111", "けた"),
        ("くわしくは http://example.jp/", "https"),
        ("くわしくはhttp://example.jp/をごらんください", "「http://example.jp/」"),
        ("いじめの推進に取り組みます", "いじめの防止"),
        ("番号は1234-5678-9012です", "12桁"),
        ("１２３４　５６７８　９０１２", "12桁"),
        ("123456789012", "12桁"),
    ],
)
def test_slips_stop(text, said):
    (found,) = findings(text)
    assert found.stop and said in found.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("11月19日（木）に開きました", "より前"),
        ("①番の窓口、㈱まどぐち", "①㈱"),
        ("ｶﾀｶﾅ", "ｶﾀﾅ"),
        ("髙橋は使えるが、﨑はちがう", "﨑"),
        ("電話 ０４２－６２６－３１１１ へ", ""),
    ],
)
def test_doubts_are_only_said(text, said):
    found = findings(text)
    assert not any(each.stop for each in found)
    assert not said or said in found[0].text


def test_links_must_be_https_or_telephone():
    assert findings("文", link="https://a.example/") == []
    assert findings("文", link="tel:0426263111") == []
    (found,) = findings("文", link="http://a.example/")
    assert found.stop


def test_times_that_make_no_sense_stop():
    hour = timedelta(hours=1)
    (past,) = findings("文", send_at=NOW - hour)
    assert past.stop and "過ぎて" in past.text
    (early,) = findings("文", send_at=NOW + 2 * hour, expires_at=NOW + hour)
    assert early.stop and "期限" in early.text


def test_a_missing_expiry_is_said_more_so_with_a_deadline():
    (plain,) = findings("文", expires_at=None)
    (deadline,) = findings("12月5日までにお申し込みください。", expires_at=None)
    assert not plain.stop and "文に期限" in deadline.text
    assert findings("文", expires_at=None, kind=Kind.EMERGENCY) == []


def test_in_an_emergency_a_word_of_the_dictionary_does_not_stop():
    (found,) = findings("いじめの推進", kind=Kind.EMERGENCY)
    assert not found.stop


def test_a_personal_number_is_not_said_again():
    (found,) = findings("番号は1234-5678-9012です")
    assert "9012" not in found.text


def test_translations_are_read_too():
    (found,) = findings("文", translations={"en": (TextMessage("see http://a.example"),)})
    assert "http://a.example" in found.text


def test_a_weekday_is_measured_on_the_year_of_the_sending():
    january = datetime(2027, 1, 4, tzinfo=UTC)
    assert findings("1月8日（金）", send_at=january, expires_at=january + timedelta(9)) == []
