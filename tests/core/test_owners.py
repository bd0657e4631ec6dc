"""Names of shops and companies are told from what this city's content speaks of."""

from __future__ import annotations

import pytest

from bot.core.documents import Match, Ranking
from bot.core.owners import OTHERS_MATTER, is_others_card, names_an_owner
from bot.core.rivals import settled, stands_alone
from bot.services.library import Library

SURE = Ranking((Match("yachiyo-class-smartphone", 9.0), Match("class-list", 5.0)), 0.95, 0.97, 0.97)


@pytest.mark.parametrize(
    "text",
    [
        "ヤマダ電機のスマホ教室",
        "ELMの営業時間",
        "すみません、マックのクーポン",
        "スタバのWi-Fi",
        "ヨドバシのスマホ教室",
        "ドンキは何時まで",
        "ユニクロ 営業時間",
        "モスバーガーで電子マネー使える？",
    ],
)
def test_a_name_that_nothing_here_speaks_of_owns_what_is_asked(library: Library, text: str) -> None:
    assert names_an_owner(library.view("yachiyo"), text)


@pytest.mark.parametrize(
    "text",
    [
        "ドコモのスマホ教室",
        "マイナンバーカードの更新",
        "マイナンバカードの更新",
        "ファーウェイのスマホで申請できる？",
        "フィリピンの免許",
        "シンママの手当",
        "パーキンソン病の父の介護",
        "ミニストップで証明書取れますか",
        "エアコンの処分",
        "スマホ教室",
        "",
    ],
)
def test_known_words_means_people_and_what_only_a_city_has_name_no_owner(
    library: Library, text: str
) -> None:
    assert not names_an_owner(library.view("yachiyo"), text)


def test_what_one_city_s_content_speaks_of_is_a_name_in_another(library: Library) -> None:
    assert not names_an_owner(library.view("yachiyo"), "ミライロの登録")
    assert names_an_owner(library.view("onojo"), "ミライロの登録")


def test_a_sure_answer_becomes_a_question_back_with_the_shop_s_matter(library: Library) -> None:
    view = library.view("yachiyo")
    decision, ranking = settled(view, "ヤマダ電機のスマホ教室", SURE)
    assert decision == "choices"
    assert [match.id for match in ranking.matches][:2] == [
        "yachiyo-class-smartphone",
        OTHERS_MATTER,
    ]
    assert not stands_alone(view, "ヤマダ電機のスマホ教室", ranking)
    assert settled(view, "スマホ教室", SURE) == ("answer", SURE)


def test_the_shop_s_matter_itself_is_answered_at_once(library: Library) -> None:
    shop = Ranking((Match(OTHERS_MATTER, 9.0), Match("class-list", 1.0)), 0.95, 0.97, 0.97)
    assert settled(library.view("yachiyo"), "ヤマダ電機の会員カード", shop)[0] == "answer"


@pytest.mark.parametrize(
    "text",
    [
        "楽天カードの暗証番号忘れた",
        "クレカ落とした",
        "銀行のカードなくした",
        "スマホのパスワード忘れた",
        "社員証の再発行",
    ],
)
def test_cards_and_passwords_that_others_keep(text: str) -> None:
    assert is_others_card(text)


@pytest.mark.parametrize(
    "text",
    [
        "マイナカードの暗証番号忘れた",
        "銀行の通帳とマイナカードをなくした",
        "介護保険証をなくした",
        "カードをなくした",
        "クレジットカードで払える？",
        "スマホでマイナポータルのパスワード忘れた",
    ],
)
def test_a_card_that_may_be_the_city_s_is_none_of_others(text: str) -> None:
    assert not is_others_card(text)
