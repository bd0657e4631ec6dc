"""Short messages that mean something only after the last answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.followup import (
    as_means,
    asks_leave,
    asks_on,
    asks_outright,
    by_what_means,
    chosen_place,
    explains,
    facet_alone,
    facets_in,
    goes_on,
    is_bare_noun,
    is_short_question,
    lends,
    links_back,
    loose_facet,
    one_case_more,
    refuses_answer,
    refuses_choices,
    tells_a_case,
)
from bot.core.knowledge import Facet
from bot.core.subject import what_is_said
from bot.core.tokens import Tokenize

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


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1", 0), ("１番", 0), ("1番で", 0), ("①", 0), ("(2)", 1), ("２番目", 1), ("2番目の方", 1),
        ("3つ目でお願いします", 2), ("No.3", 2), ("1がいい", 0), ("上から2番目", 1), ("一番", 0),
        ("一番上", 0), ("上の", 0), ("上のやつ", 0), ("最初の", 0), ("真ん中", 1), ("二番目のやつ", 1),
        ("三つ目", 2), ("下の", -1), ("一番下", -1), ("最後のやつ", -1), ("the last one", -1),
        ("first", 0), ("second", 1),
    ],
)  # fmt: skip
def test_a_place_in_the_list_selects_a_choice(text: str, place: int) -> None:
    assert chosen_place(text) == place


@pytest.mark.parametrize(
    "text",
    ["10", "0", "1歳", "119", "一番近い窓口", "上履き", "2年生", "1番窓口はどこ", "下水道", ""],
)
def test_other_words_select_nothing(text: str) -> None:
    assert chosen_place(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "どれでもない",
        "どれでもないです",
        "どれも違います",
        "全部ちがう",
        "この中にない",
        "none of these",
    ],
)
def test_all_choices_can_be_refused(text: str) -> None:
    assert refuses_choices(text)


@pytest.mark.parametrize(
    "text",
    ["そっちじゃなくて", "違います", "ちがうよ", "それじゃない", "いいえ、違います", "そうじゃなくて", "別のことです", "違うんだけど", "not that one",
     "やっぱり違う", "なんかちがう", "いや、知りたいのはそれじゃなくて", "別の話なんだけど", "そういう意味じゃないんだけど", "それは知ってるよ"],
)  # fmt: skip
def test_an_answer_can_be_refused(text: str) -> None:
    assert refuses_answer(text)


@pytest.mark.parametrize(
    "text", ["違う手続きを知りたい", "住所が違います", "どれ", "いいえ", "ない", ""]
)
def test_other_words_refuse_nothing(text: str) -> None:
    assert not refuses_answer(text)
    assert not refuses_choices(text)


@given(st.text())
def test_any_text_is_understood_without_an_error(text: str) -> None:
    facet_alone(text)
    facets_in(text)
    refuses_answer(text)
    refuses_choices(text)
    place = chosen_place(text)
    assert place is None or -1 <= place <= 8


@pytest.mark.parametrize(
    "text",
    ["なんで？", "どうして", "本当ですか", "ほかには？", "くわしく", "わかりやすく言って", "簡単に言うと？", "もう一回教えて", "よくわからない", "もう少し詳しく教えてください", "それだけ？", "例えば"],
)  # fmt: skip
def test_some_words_only_go_on_with_what_was_said(text: str) -> None:
    assert goes_on(text)


@pytest.mark.parametrize("text", ["詳しい人", "他の手続き", "なんで税金が高いの", "", "本当の住所"])
def test_other_words_do_not_go_on(text: str) -> None:
    assert not goes_on(text)


@pytest.mark.parametrize(
    "text",
    ["もう始まってますか", "レンタル料は高い？", "キャンセルしたい", "いつもらえるの", "市役所でできると？", "日曜もやってる？",
     "予約いりますか", "だれでも？", "何歳から", "子どもでもいい？", "代理でもいい？", "間に合わなかったら", "外国人でもいい？",
     "家族が代わりに行ってもいいですか", "毎年いるの？", "もう締め切った？", "なんでそんなに高いの"],
)  # fmt: skip
def test_a_message_that_leaves_out_of_what_asks_on(tokenizer: Tokenize, text: str) -> None:
    assert asks_on(text, what_is_said(text, tokenizer))


@pytest.mark.parametrize(
    "text",
    ["住民票いくら", "母が亡くなりました", "来月引っ越します", "市役所は何時まで", "パスポート", "保育園の申し込み", "5Gってなに",
     "うちの市の年寄りはどれくらいスマホを使ってるの", "ん", "あ", "！", ""],
)  # fmt: skip
def test_a_message_that_says_of_what_does_not_ask_on(tokenizer: Tokenize, text: str) -> None:
    assert not asks_on(text, what_is_said(text, tokenizer))


def test_a_thing_may_be_only_a_means(tokenizer: Tokenize) -> None:
    for text in ("アプリでもいい？", "パスポートは要りますか", "クレジットカードでも払える？"):
        assert by_what_means(text, what_is_said(text, tokenizer)) or "カード" in text
    text = "パスポートを作りたい"
    assert not by_what_means(text, what_is_said(text, tokenizer))


def test_a_facet_is_heard_in_passing() -> None:
    assert loose_facet("レンタル料は高い？") is Facet.FEE
    assert loose_facet("土曜もやってる") is Facet.WHEN
    assert loose_facet("妻が代わりに") is Facet.WHO
    assert loose_facet("なんで？") is None


@pytest.mark.parametrize(
    "text",
    ["うちの店でもいい？", "交通系ICも？", "通帳なしで大丈夫？", "本人じゃないとだめ？", "押印しなくていい？", "三月生まれの場合は？",
     "ヘルパーさんに頼める？", "近所の人に出してもらえる？", "父親だったらどうなる？"],
)  # fmt: skip
def test_a_question_may_be_of_one_case_more(text: str) -> None:
    assert one_case_more(text)


@pytest.mark.parametrize(
    "text",
    ["書かなくていい窓口", "土曜に手続きをやってますか", "スマホでも申し込みたい", "保育園", ""],
)
def test_other_words_are_of_no_case_more(text: str) -> None:
    assert not one_case_more(text)


@pytest.mark.parametrize(
    "text", ["見学はできるのかな", "うちは三人なんですが", "もう無理？", "夜勤のとき"]
)
def test_a_question_is_known_by_its_end(text: str) -> None:
    assert is_short_question(text)
    assert not is_short_question(
        f"{text}そしてその後のことについても長々と聞きたいのですがどうでしょうか"
    )


@pytest.mark.parametrize("text", ["年金手帳", "仕事を探してます", "免許を返したい", ""])
def test_a_thing_or_a_wish_is_no_short_question(text: str) -> None:
    assert not is_short_question(text)


def test_a_statement_and_a_bare_noun_do_not_ask_outright() -> None:
    assert asks_outright("見学はできるのかな")
    assert not asks_outright("荷物が来ない")
    assert is_bare_noun("電子申請")
    assert not is_bare_noun("電子申請は？")


def test_what_can_be_done_asks_as_what_is_done(tokenizer: Tokenize) -> None:
    assert what_is_said("もう出せる？", tokenizer).subjects == ()
    assert what_is_said("いつ受け取れる？", tokenizer).subjects == ()


def test_a_thing_is_strange_to_a_text_that_has_it_in_no_spelling(tokenizer: Tokenize) -> None:
    said = what_is_said("ナスはある？", tokenizer)
    assert said.strange_to("茄子の畑") == said.strange_to("ナスの畑") == ()
    assert said.strange_to("水道") == said.subjects


@pytest.mark.parametrize(
    "text", ["介護も？", "じゃあ窓口では？", "転入のほうも？", "食費の話なんだけど"]
)
def test_a_turn_within_the_same_matter_links_back(text: str) -> None:
    assert links_back(text)
    assert not links_back("介護保険料の支払い方法を教えてください")


@pytest.mark.parametrize(
    "text",
    ["もう片付けちゃった", "もう出しました", "さっき警察には言いました", "もう工事しちゃったんですけど",
     "先に業者に頼んだ", "母は今入院してる", "昨日窓口に行ってきた", "本人が入院してるんだけど"],
)  # fmt: skip
def test_what_somebody_has_done_tells_their_case(text: str) -> None:
    assert tells_a_case(text)


@pytest.mark.parametrize("text", ["もう終わった？", "もうすぐ引っ越す", "出しました", "さっきの話"])
def test_a_question_and_a_plan_tell_no_case(text: str) -> None:
    assert not tells_a_case(text)


@pytest.mark.parametrize(
    ("text", "leave"),
    [
        ("画面割れててもいい？", True),
        ("犬を連れて行っても大丈夫ですか", True),
        ("子どもが騒いでも平気かな", True),
        ("どうでもいい", False),
        ("いつでもいいですか", False),
    ],
)
def test_leave_is_asked_for_ones_own_case(text: str, leave: bool) -> None:
    assert asks_leave(text) is leave


def test_what_explains_asks_nothing() -> None:
    assert explains("市役所の窓口のことです")
    assert not explains("窓口のことは誰に聞く？")


def test_what_was_left_at_home_is_a_means() -> None:
    assert as_means("カード忘れたらだめ？")
    assert not as_means("暗証番号忘れたらどうなる？")


@pytest.mark.parametrize(
    "text",
    ["何の話？", "何の話？そんなこと聞いてない", "そんなことは聞いてないです", "聞いてることと違うんだけど",
     "質問に答えてない", "話が違います"],
)  # fmt: skip
def test_who_was_misunderstood_refuses_the_answer(text: str) -> None:
    assert refuses_answer(text)


@pytest.mark.parametrize(
    "text", ["何の話を聞ける？", "そんなことある？", "質問があります", "聞いてください"]
)
def test_other_talk_of_talking_refuses_nothing(text: str) -> None:
    assert not refuses_answer(text)


@pytest.mark.parametrize(
    "text",
    ["次どうすれば", "まず何からすればいいですか", "次は何をすればいい？", "そのあとはどうすれば"],
)
def test_the_next_step_goes_on_with_the_answer(text: str) -> None:
    assert goes_on(text)


def test_what_is_lent_with_a_matter_is_of_it() -> None:
    assert lends("イヤホン借りれる？")
    assert lends("アプリ入れるの？")
    assert not lends("保育園に入れるのはいつ")
