"""How answers should read: short polite sentences, plain words, labels that say what they open.

Everything here is a warning but a label that says nothing; the limits leave room for what a person
would still call short, so that a warning is worth reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.content.loader import Place
from bot.content.problems import Problem
from bot.content.shapes import ANSWER_LIMIT
from bot.core.knowledge import City, Content, Entry, Status

SENTENCE_LIMIT, EASY_SENTENCE_LIMIT = 100, 60  # characters; readings in brackets do not count
EASY_RUN_LIMIT = 18  # characters of easy Japanese without a blank
EASY_HARD_WORDS = 2  # words with harder kanji that may stand without a reading in one answer
MOST_BUTTONS = 6  # links and phones of one card: more do not fit on a phone's screen
# What is taught in the first two years of school: read by nearly everyone who reads kanji at all.
_EASY_KANJI = frozenset(
    "一右雨円王音下火花貝学気九休玉金空月犬見五口校左三山子四糸字耳七車手十出女小上森人水正生青夕石赤千川先早草足村大男竹中虫町天田土二日入年"
    "白八百文木本名目立力林六引羽雲園遠何科夏家歌画回会海絵外角楽活間丸岩顔汽記帰弓牛魚京強教近兄形計元言原戸古午後語工公広交光考行高黄合谷国"
    "黒今才細作算止市矢姉思紙寺自時室社弱首秋週春書少場色食心新親図数西声星晴切雪船線前組走多太体台地池知茶昼長鳥朝直通弟店点電刀冬当東答頭同道"
    "読内南肉馬売買麦半番父風分聞米歩母方北毎妹万明鳴毛門夜野友用曜来里理話々"
)
_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]*")
_BRACKETS = re.compile(r"[（［(][^（［(）］)]*[）］)]")
_WORD = re.compile(r"[一-龥々]+")
_READING = re.compile(r"[ぁ-ゖァ-ヺーA-Za-z0-9０-９]*[」』]?[（(]")
_PHRASE_END = re.compile(r"[\s、。，「」『』：・［］（）()]")
_PLAIN_FORM = re.compile(
    r"(?:である|のだ|(?<![まで])した|った|する|ている|ではない|できない|られる)。?$"
)
# A word that leaves the resident asking "what, where, when?", and what to write instead.
VAGUE: Mapping[str, str] = {
    "こちら": "何を見ればよいか（市の公式ページ、窓口の名前など）",
    "適宜": "いつ・どうするか",
    "随時": "いつからいつまでか、または「いつでも」",
    "しかるべき": "どこの・だれか",
    "所定の": "何という名前のものか",
    "下記": "その名前（カードでは上下が分かりません）",
    "上記": "その名前（カードでは上下が分かりません）",
    "当該": "その名前",
    "速やかに": "「すぐに」か、期限",
    "適切に": "何をするか",
    "諸般の": "具体的な理由",
    "ご了承": "なぜそうなのか、どうすればよいか",
}
_EMPTY_LABEL = re.compile(
    r"こちら|コチラ|ここ(?:を|から|$)|クリック|^(?:詳細|詳しく(?:は|見る)?|くわしくは?|リンク|URL|もっと見る|続きを読む)$|https?:"
)
_ASK = re.compile(r"窓口|確認|聞い|問い合わせ|相談|ページ|電話|担当|たずね")
_NOT_YET = (Status.PLANNED, Status.UNDER_CONSIDERATION, Status.ENDED)


@dataclass(frozen=True)
class _At:
    """Says a problem at the item's place."""

    places: Mapping[str, Place]

    def problem(self, item: str, key: str, text: str, *, warning: bool = True) -> Problem:
        place = self.places[item]
        return Problem(place.path, place.line_of(key), text, warning)


def check_texts(content: Content, places: Mapping[str, Place]) -> Iterator[Problem]:
    """Every rule on every text that residents read."""
    at = _At(places)
    for entry in content.entries.values():
        yield from _said(at, entry.id, "answer", entry.answer)
        for facet, text in entry.details.items():
            yield from _said(at, entry.id, f"details/{facet}", text)
        yield from _entry(at, entry)
    for intent in content.intents.values():
        yield from _said(at, intent.id, "answer", intent.answer)
    for emergency in content.emergencies:
        yield from _said(at, emergency.id, "answer", emergency.answer)
    for item, translation in content.translations.get("easy_ja", {}).items():
        yield from _easy(at, f"easy_ja:{item}", translation.answer)
    for link in content.links.values():
        if found := _EMPTY_LABEL.search(link.label):
            text = f"ボタンの言葉「{found[0]}」では、何が開くか分かりません。開くページの名前にしてください。"
            yield at.problem(link.id, "label", text, warning=False)
    for city in content.cities.values():
        yield from _reach(at, content, city)


def _said(at: _At, item: str, key: str, text: str) -> Iterator[Problem]:
    for sentence in map(str.strip, _SENTENCE.findall(text)):
        if SENTENCE_LIMIT < len(sentence) <= ANSWER_LIMIT:  # longer ones are refused anyway
            yield at.problem(item, key, f"1文が{len(sentence)}字あります（「{sentence[:12]}…」）。{SENTENCE_LIMIT}字までの文に分けてください。")  # fmt: skip
        if _PLAIN_FORM.search(_BRACKETS.sub("", sentence)):
            yield at.problem(
                item,
                key,
                f"「…{sentence[-8:]}」は「です・ます」で終えてください。",
            )
    for word, instead in VAGUE.items():
        if word in text:
            yield at.problem(item, key, f"「{word}」では分かりません。{instead}を書いてください。")


def _entry(at: _At, entry: Entry) -> Iterator[Problem]:
    if entry.status in _NOT_YET and not _ASK.search(entry.answer):
        text = "まだない・終わったことなので、今のようすを聞ける所（窓口や公式ページ）を answer に書いてください。"
        yield at.problem(entry.id, "answer", text)
    buttons = len(entry.links) + len(entry.phones)
    if buttons > MOST_BUTTONS:
        text = f"リンクと電話が{buttons}個あります。スマホの画面に収まるよう、{MOST_BUTTONS}個までにしてください。"
        yield at.problem(entry.id, "links" if entry.links else "phones", text)


def _easy(at: _At, item: str, text: str) -> Iterator[Problem]:
    for sentence in map(str.strip, _SENTENCE.findall(_without_readings(text))):
        length = len("".join(sentence.split()))
        if length > EASY_SENTENCE_LIMIT:
            yield at.problem(item, "answer", f"やさしい日本語の1文が{length}字あります（「{sentence[:12]}…」）。{EASY_SENTENCE_LIMIT}字までの文に分けてください。")  # fmt: skip
    for run in _PHRASE_END.split(_without_readings(text)):
        if len(run) > EASY_RUN_LIMIT and not run.isascii():
            yield at.problem(item, "answer", f"「{run[:12]}…」に空白がありません。言葉の切れ目に半角の空白を入れてください。")  # fmt: skip
    hard = hard_words(text)
    if len(hard) > EASY_HARD_WORDS:
        words = "・".join(hard[:5])
        yield at.problem(item, "answer", f"むずかしい漢字に読みがありません（{words}）。「窓口（まどぐち）」のように書くか、やさしい言葉にしてください。")  # fmt: skip


def hard_words(text: str) -> list[str]:
    """Words with kanji beyond the second school year that stand before any reading of theirs."""
    known: set[str] = set(_EASY_KANJI)
    found: dict[str, None] = {}
    for match in _WORD.finditer(text):
        if _READING.match(text, match.end()):
            known |= set(match[0])
        elif not set(match[0]) <= known:
            found.setdefault(match[0])
    return list(found)


def _without_readings(text: str) -> str:
    """The text without anything in brackets, inner ones first."""
    before = ""
    while before != text:
        before, text = text, _BRACKETS.sub("", text)
    return text


def _reach(at: _At, content: Content, city: City) -> Iterator[Problem]:
    """A city must have a phone number or a page, or its residents cannot ask anybody."""
    top = content.links.get("city_top")
    if top is not None and top.for_city(city.id) is None and not city.contact("").phone:
        text = f"{city.name}の電話も公式ページもありません。main の phone か、knowledge/links.yaml の city_top の urls に「{city.id}: https://…」を書いてください。"
        yield at.problem(f"city:{city.id}", "contacts", text)
