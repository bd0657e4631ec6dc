"""Danger is recognised in any wording, and everyday questions raise no alarm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.loader import Loaded
from bot.core.emergency import find_emergencies
from bot.core.knowledge import Emergency

FIRE = Emergency(
    id="fire",
    title="火事",
    signs=("家|部屋|カーテン 燃え", "火事"),
    calm=("火事の保険", "火事にそなえ", "燃えるごみ"),
    answer="119",
    phones=(),
)
FALL = Emergency("fall", "急病", ("倒れ 母|父",), (), "119", ())

DANGERS = """
火事です
家が燃えている
隣の家から煙が出ています
アパートが燃えてる 助けて
かじです たすけて
カジダ！
救急車を呼んで
きゅうきゅうしゃ
母が倒れました
おじいちゃんが息をしていない
意識がないんです
胸が痛くて動けない
子どもがけいれんしている
血が止まらない
交通事故にあった
車にはねられた
一人暮らしの親が倒れて動かない
泥棒が入った
空き巣に入られた
知らない人に襲われました
刃物を持った人がいる
ひったくりにあった
ストーカーに追われている
殴られた
子どもが虐待されている
隣の子が叩かれているみたい
子どもを叩いてしまう
死にたい
もう消えてしまいたい
自殺したい
生きているのがつらい
リストカットしてしまう
夫に殴られています
DVを受けている
ＤＶ うけてる
パートナーの暴力から逃げたい
土砂崩れで家から出られない
洪水で動けません
津波が来る 逃げられない
地震で閉じ込められた
水が家に入ってきて避難できない
火事で罹災証明がほしい
""".split("\n")[1:-1]

EVERYDAY = """
火災保険の手続き
火事の保険の手続き
罹災証明書がほしい
救急車の適正利用について
救急医療情報キットとは
休日の救急病院を教えて
犯罪被害者の支援制度
防犯カメラの補助金
防犯登録の方法
虐待防止センターの場所
児童虐待防止の取り組みを知りたい
自殺対策計画について
自殺予防の講座はありますか
災害時の避難所はどこ
避難場所を教えて
防災マップがほしい
ハザードマップはどこで見られる
地震保険料の控除
津波避難ビルの一覧
交通事故の証明書
交通事故相談
消防署の見学
消防団に入りたい
火の用心のポスター
住宅用火災警報器の設置
AEDの場所
熱中症に注意
たばこの火の不始末を防ぐには
防火管理者の講習
詐欺に注意する講座
振り込め詐欺対策の電話機
死亡届の出し方
葬儀の手続き
暴力団排除条例
洪水ハザードマップ
水道が止まって動けない高齢者の支援
児童手当の申請
マイナンバーカードをなくした
燃えるごみの日
燃えないごみの出し方
ごみを燃やしてもいいですか
花火をしていい公園
救命講習を受けたい
避難訓練はいつ
倒れた木の連絡先
壊れた街灯の連絡
""".split("\n")[1:-1]


def found(text: str, *emergencies: Emergency) -> list[str]:
    return [each.id for each in find_emergencies(text, emergencies or (FIRE, FALL))]


@pytest.mark.parametrize(
    "text", ["火事です", "かじだ", "カ ジ", "カーテンが燃えています", "家、燃えた", "火 事", "ｶｼﾞ"]
)
def test_a_sign_is_found_in_any_spelling(text: str) -> None:
    kana = Emergency("fire", "火事", ("火事|かじ", *FIRE.signs), FIRE.calm, "119", ())
    assert found(text, kana) == ["fire"]


def test_every_group_of_a_sign_is_needed() -> None:
    assert found("父が倒れた") == ["fall"]
    assert found("木が倒れた") == []


def test_calm_words_are_taken_out_first() -> None:
    assert found("火事の保険に入りたい") == []
    assert found("燃えるごみを家の前に出す") == []


def test_danger_beside_calm_words_is_still_found() -> None:
    assert found("火事です。火事の保険は使えますか") == ["fire"]


def test_several_dangers_come_in_their_order() -> None:
    assert found("母が倒れた。火事だ") == ["fire", "fall"]


@pytest.mark.parametrize("words", ["", "　", "・", "|"])
def test_an_empty_sign_or_calm_word_changes_nothing(words: str) -> None:
    odd = Emergency("odd", "", (words, "火事"), (words,), "119", ())
    assert found("火事です", odd) == ["odd"]
    assert found("こんにちは", odd) == []


@given(st.text())
def test_any_text_is_looked_at_without_an_error(text: str) -> None:
    find_emergencies(text, (FIRE, FALL))


def test_nothing_said_is_no_danger() -> None:
    assert found("") == []


@pytest.mark.parametrize("text", DANGERS)
def test_shipped_signs_recognise_danger(shipped: Loaded, text: str) -> None:
    assert found(text, *shipped.draft.emergencies)


@pytest.mark.parametrize("text", EVERYDAY)
def test_shipped_signs_leave_everyday_questions_alone(shipped: Loaded, text: str) -> None:
    assert found(text, *shipped.draft.emergencies) == []


def test_no_calm_test_of_one_danger_raises_another(shipped: Loaded) -> None:
    dangers = shipped.draft.emergencies
    tests = {text for danger in dangers for text in danger.calm_tests}
    assert {text: found(text, *dangers) for text in tests if found(text, *dangers)} == {}
    assert len(tests) > 50


def test_each_test_line_raises_its_own_danger(shipped: Loaded) -> None:
    dangers = shipped.draft.emergencies
    missed = [(d.id, t) for d in dangers for t in d.tests if d.id not in found(t, *dangers)]
    assert missed == []


def test_no_shipped_question_is_taken_for_danger(shipped: Loaded) -> None:
    """Only what is about danger itself may bring the card before its answer."""
    entries = shipped.draft.entries.values()
    asked = {q: e.id for e in entries for q in e.questions if found(q, *shipped.draft.emergencies)}
    assert {item: q for q, item in asked.items() if item not in ABOUT_DANGER} == {}


ABOUT_DANGER = {"common-cybercrime", "hachioji-dementia-gps", "hachioji-evac-route"}
