"""The log of changes in staff's words; in the database it stands in codes."""

from __future__ import annotations

from dataclasses import replace

from bot.core.announcements import STATE_WORDS
from bot.store.audit import SYSTEM, Entry

# Of announcements, templates and testers.
_STEPS = {
    "new": "下書きを作りました",
    "edit": "書き直しました",
    "check": "点検しました",
    "submit": "承認を頼みました",
    "return": "差し戻しました",
    "approve": "承認しました",
    "send": "配信を指示しました",
    "start": "配信が始まりました",
    "finish": "配信が終わりました",
    "doubt": "届いたか分からない送信があります",
    "resolve": "届いたかを決めました",
    "pause": "一時停止しました",
    "resume": "再開しました",
    "cancel": "取り消しました",
    "fail": "配信が止まりました",
    "repeat": "次の回を予約しました",
    "test": "試しに送りました",
    "keep": "ひな形を保存しました",
    "add": "名簿に加えました",
    "remove": "名簿から消しました",
    "export": "書き出しました",
}
_ACTIONS = {
    **_STEPS,
    "sign_in": "サインインしました",
    "sign_in_failed": "サインインに失敗しました",
    "sign_out": "サインアウトしました",
    "sign_out_everywhere": "すべての端末からサインアウトしました",
    "second_factor_set": "2つ目の確認を設定しました",
    "second_factor_reset": "2つ目の確認を消しました",
    "staff_add": "職員を加えました",
    "staff_disable": "職員を停止しました",
    "staff_enable": "職員の停止を解きました",
    "staff_role": "役割を変えました",
    "staff_password": "パスワードを変えました",
    "content_save": "内容を保存しました",
    "content_outside": "画面の外で内容が変わりました",
    "question_mark": "質問に印を付けました",
    "image_add": "画像を加えました",
    "image_words": "画像の説明を直しました",
    "image_delete": "画像を消しました",
    "export": "書き出しました",
}
_OBJECTS = {
    "announcement": "お知らせ",
    "audit": "記録",
    "content": "内容",
    "image": "画像",
    "questions": "質問",
    "staff": "職員",
    "stats": "数字",
    "template": "ひな形",
    "tester": "試し送り",
}
_STATES = {str(state): words for state, words in STATE_WORDS.items()}


def said(entry: Entry) -> Entry:
    """The entry for people to read: who, what, the object's kind and states in Japanese."""
    return replace(
        entry,
        who="まどぐち" if entry.who == SYSTEM else entry.who,
        what=_ACTIONS.get(entry.what, entry.what),
        object=_OBJECTS.get(entry.object, entry.object),
        before=_STATES.get(entry.before, entry.before),
        after=_STATES.get(entry.after, entry.after),
    )
