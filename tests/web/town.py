"""A small town's content, its chat, and a store that forgets after 30 minutes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from flask import Flask

from bot.content.loader import load
from bot.content.problems import errors
from bot.content.sudachi import SudachiTokenizer
from bot.core.reactions import Reaction
from bot.errors import StoreError
from bot.services.answering import Spoken
from bot.services.library import Library, Terms
from bot.web.chat import create_chat

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)  # noon in Japan
PRIVACY = "https://www.city.hachioji.example.jp/privacy"
_WORDING = Path(__file__).parents[2] / "intents" / "wording"

_CITY = """
id: {id}
name: {name}
prefecture: 東京都
plan: {name}計画
contacts:
  - {{id: main, name: {name}役所, phone: "{phone}"}}
"""
_LINKS = """
- {id: city_top, label: 市の公式ページ, kind: city, url: "https://www.city.example.jp/"}
- {id: mynumber, label: カード総合サイト, kind: nation, url: "https://card.example.jp/a?b=1&c=2"}
"""
_ENTRIES = """
- id: card-lost
  title: マイナンバーカードをなくしたとき
  city: common
  topic: mynumber
  questions: [マイナンバーカードをなくした, マイナンバーカードの紛失, カードを落とした]
  answer: |-
    まず電話で、カードを一時停止してください。
    24時間365日、受け付けています。
  details: {items: 本人確認できる書類が必要です。}
  links: [mynumber]
  phones: [{name: 総合フリーダイヤル, phone: 0120-95-0178, hours: 24時間}]
  plan_status: in_operation
  status: in_operation
  as_of: 2026年
  source: [八王子市計画 1章]
  review_by: 2030-03-31
  covers: [A01]
  related: [markup]
- id: markup
  title: <b>粗大ごみ</b> & "家具"
  city: common
  topic: procedure
  questions: [粗大ごみの出し方, 家具の捨て方]
  answer: <script>alert(1)</script> と書いても文字のままです。
  plan_status: in_operation
  status: in_operation
  as_of: 2026年
  source: [八王子市計画 2章]
  review_by: 2030-03-31
  covers: [A02]
- id: class-here
  title: 八王子市のスマホ教室
  city: hachioji
  topic: class
  questions: [スマホ教室に行きたい, スマートフォンを習う]
  answer: 市民センターで、毎月ひらいています。
  plan_status: in_operation
  status: in_operation
  as_of: 2026年
  source: [八王子市計画 3章]
  review_by: 2030-03-31
  covers: [A03]
"""
_INTENTS = """
- id: greeting
  title: あいさつ
  examples: [こんにちは, おはよう, こんばんは]
  answer: こんにちは。{city}の案内です。
- id: topic-card
  title: マイナンバーカード
  examples: [カードのこと, カードについて]
  answer: カードについて、どれが知りたいですか。
  choices: [card-lost]
- id: erase
  title: データを消す
  examples: [データを消して, 会話を消したい, 履歴を消す]
  action: erase
"""
_EMERGENCIES = """
- id: fire
  title: 火事・救急
  signs: [家が燃えて, 火事です, 火事だ]
  answer: すぐに119に電話してください。安全な所へ逃げてください。
  phones: [{name: 消防・救急, phone: "119"}]
"""
_ENGLISH = """
- id: card-lost
  title: If you lose your My Number Card
  answer: Call first and have the card suspended. The line is open day and night.
  questions: [I lost my My Number card]
"""


@cache
def library() -> Library:
    """The town's content, checked as staff's files are."""
    files = {
        "knowledge/cities/hachioji.yaml": _CITY.format(id="hachioji", name="八王子市", phone=""),
        "knowledge/cities/onojo.yaml": _CITY.format(
            id="onojo", name="大野城市", phone="092-501-2211"
        ),
        "knowledge/links.yaml": _LINKS,
        "knowledge/common/all.yaml": _ENTRIES,
        "intents/all.yaml": _INTENTS,
        "intents/emergencies.yaml": _EMERGENCIES,
        "knowledge/translations/en/all.yaml": _ENGLISH,
        **{f"intents/wording/{p.name}": p.read_text("utf-8") for p in _WORDING.glob("*.yaml")},
    }
    loaded = load({path: text.encode() for path, text in files.items()})
    assert loaded.content is not None, [str(each) for each in errors(loaded.problems)]
    return Library(loaded.content, SudachiTokenizer(), Terms(privacy_url=PRIVACY))


class Memory:
    """The Conversations of the chat, in a dict; `fail` makes the store fail."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.kept: dict[str, tuple[str, datetime]] = {}
        self.questions: dict[str, str] = {}
        self.reactions: list[Reaction] = []
        self.fail = False

    def load(self, key: str) -> str | None:
        self._check()
        state, saved = self.kept.get(key, (None, self.clock()))
        return state if self.clock() - saved < timedelta(minutes=30) else None

    def save(self, key: str, state: str) -> None:
        self._check()
        self.kept[key] = (state, self.clock())

    def keep_question(self, spoken: Spoken) -> str:
        self._check()
        self.questions[str(len(self.questions))] = spoken.text
        return str(len(self.questions) - 1)

    def keep_reaction(self, reaction: Reaction) -> None:
        self._check()
        self.reactions.append(reaction)

    def forget_questions(self, ids: Sequence[str]) -> None:
        self._check()
        for each in ids:
            self.questions.pop(each, None)

    def erase(self, key: str) -> None:
        self._check()
        self.kept.pop(key, None)

    def _check(self) -> None:
        if self.fail:
            raise StoreError("満杯です。")


class Clock:
    """Stands still until moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)


class Town:
    """A Flask application that has nothing but the chat."""

    def __init__(self, *, demo: bool = False, frame_ancestors: tuple[str, ...] = ()) -> None:
        self.clock = Clock()
        self.memory = Memory(self.clock)
        self.app = Flask("town", static_folder=None)
        chat = create_chat(library, "hachioji", demo, self.memory, self.clock, frame_ancestors)
        self.app.register_blueprint(chat)

    def stored(self) -> str:
        """Everything the store holds, as one text."""
        return "\n".join(state for state, _ in self.memory.kept.values())
