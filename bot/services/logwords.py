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
    "question": "質問",
    "questions": "質問",
    "staff": "職員",
    "stats": "数字",
    "template": "ひな形",
    "tester": "試し送り",
}
# What is called by a code: marks of questions, lists and charts that were exported.
_NAMES = {
    "not_ours": "市の仕事ではない",
    "done": "対応ずみ",
    "solved": "解決しましたか",
    "days": "1日ごとの質問",
    "hours": "時刻ごとの質問",
    "outcomes": "答えられた割合",
    "topics": "よく聞かれる話題",
    "answers": "よく出た答え",
    "segments": "配信条件の人数",
    "announcements": "お知らせの結果",
}
_NAMED = frozenset({"question", "questions", "stats"})
_STATES = {
    **{str(state): words for state, words in STATE_WORDS.items()},
    "approved": "承認ずみ",  # a template
}
_BOT = "まどぐち"


def said(entry: Entry) -> Entry:
    """The entry for people to read: who, what, the object and its states in Japanese."""
    named = entry.object in _NAMED
    return replace(
        entry,
        who=_BOT if entry.who == SYSTEM else entry.who,
        what=_ACTIONS.get(entry.what, entry.what),
        object=_OBJECTS.get(entry.object, entry.object),
        object_id=_NAMES.get(entry.object_id, entry.object_id) if named else entry.object_id,
        before=_STATES.get(entry.before, entry.before),
        after=_STATES.get(entry.after, entry.after),
    )


def codes_for(words: str) -> frozenset[str]:
    """Under which codes the log holds what `said` shows with these words."""
    shown = (_ACTIONS, _OBJECTS, _NAMES, _STATES, {SYSTEM: _BOT})
    return frozenset(code for each in shown for code, text in each.items() if words in text)
