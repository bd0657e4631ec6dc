"""Short messages that mean something only after the last answer, known by their form."""

from __future__ import annotations

import pytest

from bot.core.followup import (
    as_means,
    asks_for_points,
    asks_leave,
    asks_on,
    asks_outright,
    by_what_means,
    explains,
    goes_on,
    is_bare_noun,
    is_short_question,
    lends,
    links_back,
    one_case_more,
    refers_back,
    tells_a_case,
)
from bot.core.subject import what_is_said
from bot.core.tokens import Tokenize


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
     "先に業者に頼んだ", "母は今入院してる", "昨日窓口に行ってきた", "本人が入院してるんだけど", "うちはアパートです", "母は年金だけです"],
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
    ["次どうすれば", "まず何からすればいいですか", "次は何をすればいい？", "そのあとはどうすれば"],
)
def test_the_next_step_goes_on_with_the_answer(text: str) -> None:
    assert goes_on(text)


@pytest.mark.parametrize(
    "text", ["それも同じ窓口？", "そこで払える？", "その書類は家族でも出せる？", "使えないってこと？", "行かなくていいという意味ですか"]
)  # fmt: skip
def test_who_asks_of_that_refers_back(text: str) -> None:
    assert refers_back(text)


@pytest.mark.parametrize("text", ["それです", "その他の手続き", "そこそこ混んでる", "ゴミのこと"])
def test_other_words_refer_to_nothing(text: str) -> None:
    assert not refers_back(text)


def test_points_are_asked_for_in_a_word() -> None:
    assert asks_for_points("ポイントは？")
    assert not asks_for_points("ポイントカードは？")


def test_what_is_lent_with_a_matter_is_of_it() -> None:
    assert lends("イヤホン借りれる？")
    assert lends("アプリ入れるの？")
    assert not lends("保育園に入れるのはいつ")
