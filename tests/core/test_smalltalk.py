"""Messages that are nothing but small talk, in the words people use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.smalltalk import talk

SAID = {
    "greeting": ["まいどー", "おばんです", "おはようさん", "ちーっす", "お疲れ様です", "あけましておめでとうございます！", "ヤッホー", "夜遅くにすみません", "お忙しいところ恐れ入ります", "平素よりお世話になっております"],
    "thanks": ["おおきに", "あざーす", "だんだん", "どうもありがとう(^_^)", "助かったわー", "わかりました！", "なるほどね", "了解です", "ご丁寧にどうも", "いろいろとどうも", "ありがどごし", "かしこまりました", "りょーかい"],
    "goodbye": ["ほなまた", "じゃあまたね", "それではまた今度", "したっけ"],
    "handoff": ["人間を出せ", "機械じゃだめだから担当者に代わって", "誰かいませんか", "オペレーターにつないでください", "だれか人間の方いませんか", "いいから職員出てきて", "話が進まないから担当者に代わって", "全然わからん、人と話させて", "何回聞いても同じことばかり。職員と話させてください", "電話を回してください"],
    "complaint": ["金返せ！", "ふざけんなよ", "この役立たず", "税金泥棒", "話が通じない", "いい加減にしろ", "ポンコツなボットだな", "このAIはばかだね", "答えが的外れだ", "うんざりだ", "時間の無駄だった", "ちゃんと答えなさい", "もっとまじめに返事しろよ", "何回も同じ答えしか返ってこない"],
    "who-are-you": ["これって人が打ってるの？", "そちらはロボットですか", "このLINEは市が運営してるんですか", "君は何者なの", "恐れ入りますがどなた様ですか", "AIなの？", "ロボなんでしょ", "本物の人間ですか"],
    "erase": ["今までの会話の履歴を全部削除してほしい", "私の個人情報の消去をお願いします", "トークの記録消して"],
    "my-data": ["私って何町で登録してる？", "俺どこに設定したっけ"],
    "how-to-use": ["ここではどんな質問に答えてもらえますか", "あなたには何が聞けるの"],
    "menu": ["もう一度はじめからやり直したいです"],
    "stop": ["通知いらないです", "お知らせはもう結構です", "LINEのお知らせ不要", "お知らせ邪魔だから止めて", "市からの通知の停止を希望します", "配信の解除をお願いします", "メッセージの停止を希望", "よそに引っ越したから市のLINEはもういらない", "見ないので通知いりません"],
    "language": ["请说中文", "能用中文吗？", "한국어 되나요?"],
    "chitchat": ["結婚してください", "大好きだよ", "デートしよう", "付き合ってよ"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("intent", "text"), [(intent, text) for intent, texts in SAID.items() for text in texts]
)
def test_small_talk_is_heard_in_any_dialect(intent: str, text: str) -> None:
    assert talk(text) == intent


@pytest.mark.parametrize(
    "text",
    ["結婚届", "毎度の申請が面倒", "お金を返してもらう手続き", "人が多い時間", "職員募集", "担当者の名前", "好きな本を借りたい",
     "また来年も申請する？", "バカンスの補助", "ありがとうの手紙を市長に送りたい", "アプリが使えない", "死ねない病気",
     "AIって何", "市の公式LINE", "人間ドック", "このアプリの使い方", "AIです", "人間ドックですか", "引っ越したから通知カードはいらない", "中文の広報誌はある？その配布場所", "お知らせが届かない", "ここの職員採用", "わからない", "", "！"],
)  # fmt: skip
def test_a_message_that_asks_something_is_no_small_talk(text: str) -> None:
    assert talk(text) == ""


@given(st.text())
def test_any_text_is_heard_without_an_error(text: str) -> None:
    talk(text)
