"""What is asked of a matter is told from a message that names a matter of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.facets import facet_alone, facets_in, loose_facet
from bot.core.knowledge import Facet

FACETS = {
    Facet.ITEMS: [
        "持ち物は？", "もちもの", "何を持っていけばいいですか", "必要な書類は", "持っていくものは",
        "何が必要？", "何を持っていけばいいんでしょう", "What should I bring?",
    ],
    Facet.FEE: [
        "いくら？", "それはいくら？", "手数料は？", "お金かかる？", "お金はいくらかかりますか",
        "無料ですか", "タダ？", "費用について教えて", "いくらくらい？", "how much is it?",
    ],
    Facet.ONLINE: [
        "オンラインでできる？", "じゃあオンラインは", "ネットで申請できますか", "スマホからできる？",
        "家でできる？", "電子申請できますか", "can I apply online?",
    ],
    Facet.PHONE: [
        "電話は？", "電話番号を教えてください", "電話していい？", "連絡先は", "どこに聞けばいいですか",
        "電話で申し込みできる？",
    ],
    Facet.WHEN: [
        "いつ？", "いつまでですか", "締切は？", "何日まで？", "いつ申し込めばいい？", "受付時間は？",
        "何時から？",
    ],
    Facet.WHERE: ["どこ？", "どこで申し込めますか", "窓口はどこですか", "どこに行けばいい", "会場は", "where is it?"],
    Facet.WHO: ["だれが対象？", "誰でも使える？", "何歳から？", "対象は？", "だれでも参加できる？"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "facet"), [(text, facet) for facet, texts in FACETS.items() for text in texts]
)
def test_a_facet_alone_is_about_the_last_answer(text: str, facet: Facet) -> None:
    assert facet_alone(text) is facet
    assert facet in facets_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "旅券の持ち物", "住民票いくら", "児童手当はいつまで", "スマホ教室はどこ", "スマホ", "ありがとう",
        "電話をなくした", "だれかと話したい", "", "？", "こんにちは", "職員に電話したい",
        "ネットで申請できるものは何ですか", "オンラインで何ができる", "家でできる手続きは？", "スマホで申請できることってなに",
    ],
)  # fmt: skip
def test_a_message_that_names_something_else_is_a_new_question(text: str) -> None:
    assert facet_alone(text) is None


def test_of_several_facets_one_is_answered() -> None:
    assert facet_alone("いくらですか？電話は？") is Facet.FEE
    assert facet_alone("いつ、どこで？") is Facet.WHEN
    assert facet_alone("必要なものは何ですか") is Facet.ITEMS


def test_facets_are_found_inside_a_question() -> None:
    assert facets_in("スマホ教室はいつ、いくら？") == [Facet.FEE, Facet.WHEN]


def test_a_facet_is_heard_in_passing() -> None:
    assert loose_facet("レンタル料は高い？") is Facet.FEE
    assert loose_facet("土曜もやってる") is Facet.WHEN
    assert loose_facet("妻が代わりに") is Facet.WHO
    assert loose_facet("なんで？") is None


@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert loose_facet(text) in (None, *Facet)
    assert facet_alone(text) in (None, *facets_in(text))
