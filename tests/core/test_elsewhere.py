"""Another municipality is told from our own, and moving from asking."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.elsewhere import other_municipality, other_prefecture
from bot.core.tokens import Tokenize
from bot.services.answering import speak
from bot.services.library import Library

NOON = datetime(2026, 11, 22, 3, tzinfo=UTC)

OWN = ("八王子市", "八王子")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("立川市の粗大ごみ", "立川市"),
        ("札幌市役所は何時まで", "札幌市"),
        ("さいたま市 図書館 予約", "さいたま市"),
        ("四日市市の水道を止めたい", "四日市市"),
        ("鶴田町役場の電話番号", "鶴田町"),
        ("府中市の料理教室に行きたい", "府中市"),
        ("調布市の講座に申し込みたい", "調布市"),
        ("立川のプールを予約", "立川"),
        ("弘前のスマホ講座はいつ", "弘前"),
        ("仙台だといくら", "仙台"),
        ("じゃあ町田の場合は", "町田"),
        ("階上町のごみの日", "階上町"),
        ("佐倉市の移住支援金", "佐倉市"),
    ],
)
def test_a_question_about_another_municipality_is_seen(
    tokenizer: Tokenize, text: str, name: str
) -> None:
    assert other_municipality(text, tokenizer, OWN) == name


@pytest.mark.parametrize(
    "text",
    [
        "立川市から引っ越してきます",
        "青森市へ転出する",
        "日野市に住民票を移したい",
        "八王子市の図書館",
        "立川市と八王子市のちがい",
        "元本郷町の避難所",
        "東京都の補助金",
        "港区",
        "田中市長はだれ",
        "市役所の場所",
        "本市の人口",
        "他市の人も使える",
        "朝市はいつ",
        "立川駅まで",
        "立川の母の介護",
        "町田の会社に勤めています",
        "町田との協定",
        "横浜市の人でも使えますか",
        "調布市みたいに休みの日も開けて",
        "府中市に行くので手当の届けをしたい",
        "",
    ],
)
def test_our_own_business_is_not_elsewhere(tokenizer: Tokenize, text: str) -> None:
    assert other_municipality(text, tokenizer, OWN) == ""


@pytest.mark.parametrize(
    ("city", "text", "decision"),
    [
        # 「福岡市に越すことになって手当は止まりますか」 is among the ways of asking of 児童手当.
        ("onojo", "福岡市の児童手当", "fallback"),
        ("hachinohe", "青森市の児童手当", "fallback"),
        # The city's own entry is about what it had with its neighbours.
        ("hachioji", "町田市などとのデータの協定", "answer"),
    ],
)
def test_only_a_citys_own_entry_speaks_of_another_city(
    library: Library, city: str, text: str, decision: str
) -> None:
    assert speak(library.view(city), text, None, NOON).turn.decision == decision


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("岩手県の移住支援金", "岩手県"),
        ("大阪府庁は何時まで", "大阪府"),
        ("神奈川県立高校の授業料", "神奈川県"),
        ("東京都の条例", ""),  # its own
        ("八王子市から千葉県の保育園に転園", ""),
        ("埼玉県の母を呼び寄せたい", ""),
        ("埼玉県に引っ越します", ""),
        ("新潟県から八王子への移住", ""),
    ],
)
def test_a_question_about_another_prefecture_is_seen(text: str, name: str) -> None:
    assert other_prefecture(text, (*OWN, "東京都")) == name
