"""A JSON Schema for each kind of content file, so that VS Code and others help while writing."""

from __future__ import annotations

from typing import Any

from bot.content.shapes import (
    ACTIONS,
    ANSWER_LIMIT,
    MOST_RELATED,
    PHRASE_LIMIT,
    TITLE_LIMIT,
    TOPICS,
)
from bot.core.knowledge import Facet, Status
from bot.core.view import MENU_SIZE
from bot.core.wording import SENTENCES

Schema = dict[str, Any]

_STATUS: Schema = {"enum": [status.value for status in Status]}
_ID: Schema = {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$"}
# Editors read 2027-03-31 and 119 as a date and a number; the loader takes all of them as text.
_TEXT: Schema = {"type": ["string", "number", "boolean"]}


def _text(about: str, limit: int = 0) -> Schema:
    return {**_TEXT, "description": about} | ({"maxLength": limit} if limit else {})


def _texts(about: str, **more: Any) -> Schema:
    return {
        "anyOf": [{"type": "array", "items": _TEXT, **more}, _TEXT],
        "description": about,
    }


def _item(properties: dict[str, Schema], required: list[str]) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _outside() -> Schema:
    pair = _item({"fact": _text("数字か名前"), "reason": _text("理由")}, ["fact", "reason"])
    return {"type": "array", "items": pair, "description": "計画にない数字や名前を書く理由"}


def _contacts(about: str) -> Schema:
    keys = ("id", "name", "phone", "hours", "source")
    known = {key: _text("") for key in keys} | {"outside_source": _outside()}
    return {"type": "array", "items": _item(known, ["name"]), "description": about}


def _title() -> Schema:
    return _text("題名（選択肢やカードの見出し）", TITLE_LIMIT)


def _phrases() -> Schema:
    return _texts("住民の言い方。5つ以上", uniqueItems=True) | {"maxLength": PHRASE_LIMIT}


def _entry() -> Schema:
    facets = {facet.value: _text("続けて聞かれたときの答え") for facet in Facet}
    properties: dict[str, Schema] = {
        "id": {**_ID, "description": "全体で1つだけ。あとで変えません"},
        "title": _title(),
        "city": _text("common か市のid"),
        "topic": {"enum": list(TOPICS), "description": "話題"},
        "questions": _phrases(),
        "answer": _text("答え。1文目が答え", ANSWER_LIMIT),
        "details": {"type": "object", "properties": facets, "additionalProperties": False},
        "links": _texts("knowledge/links.yaml のid"),
        "contact": _text("市のファイルの連絡先のid"),
        "phones": _contacts("電話ボタン"),
        "level": {"enum": ["city", "prefecture", "nation"], "description": "担当するところ"},
        "sensitive": {
            "enum": [True, False, "true", "false"],
            "description": "通知に題名を出さない",
        },
        "status": {**_STATUS, "description": "今の状態"},
        "plan_status": {**_STATUS, "description": "計画に書かれた状態"},
        "online_status": {**_STATUS, "description": "ネット申請の状態"},
        "as_of": _text("いつの事実か"),
        "source": _texts("出典。計画の名前＋空白＋章や施策"),
        "outside_source": _outside(),
        "review_by": _text("見直す期限（2027-03-31 の形）"),
        "covers": _texts("知識チェックリストのid"),
        "related": _texts("関連する知識のid", maxItems=MOST_RELATED),
    }
    needed = "id title city topic questions answer status plan_status as_of source review_by covers"
    return _item(properties, needed.split())


def _intent() -> Schema:
    tests = {"type": "object", "additionalProperties": _TEXT, "description": "発言: 期待するid"}
    properties: dict[str, Schema] = {
        "id": _ID,
        "title": _title(),
        "city": _text("common か市のid"),
        "examples": _phrases(),
        "answer": _text("決まった答え", ANSWER_LIMIT),
        "choices": _texts("選択肢のid", maxItems=MENU_SIZE),
        "topics": {"type": "array", "items": {"enum": list(TOPICS)}},
        "action": {"enum": list(ACTIONS), "description": "プログラムの動き"},
        "links": _texts("knowledge/links.yaml のid"),
        "contact": _text("連絡先のid"),
        "tests": tests,
        "outside_source": _outside(),
    }
    return _item(properties, ["id", "title", "examples"])


def _emergency() -> Schema:
    properties: dict[str, Schema] = {
        "id": _ID,
        "title": _title(),
        "signs": _texts("危険を表す言葉。「|」は または、空白は かつ"),
        "calm": _texts("先に取りのぞく言葉"),
        "answer": _text("答え", ANSWER_LIMIT),
        "phones": _contacts("かける番号"),
        "links": _texts("knowledge/links.yaml のid"),
        "sensitive": {"enum": [True, False, "true", "false"]},
        "tests": _texts("緊急の案内が出る発言"),
        "calm_tests": _texts("緊急の案内が出ない発言"),
        "source": _texts("出典"),
        "outside_source": _outside(),
    }
    return _item(properties, ["id", "title", "signs", "answer", "phones"])


def _city() -> Schema:
    properties: dict[str, Schema] = {
        "id": _ID,
        "name": _text("市の名前"),
        "names": _texts("ほかの呼び方"),
        "prefecture": _text("都道府県"),
        "plan": _text("計画の名前"),
        "contacts": _contacts("連絡先。id: main が代表"),
    }
    return _item(properties, ["id", "name", "prefecture", "plan", "contacts"])


def _link() -> Schema:
    properties: dict[str, Schema] = {
        "id": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$"},
        "label": _text("ボタンの言葉", TITLE_LIMIT),
        "kind": _text("種類"),
        "url": {"type": "string", "pattern": "^https://"},
        "urls": {"type": "object", "additionalProperties": {"type": "string"}},
    }
    return _item(properties, ["id", "label", "kind"])


def _translation() -> Schema:
    properties = {
        "id": _ID,
        "title": _text("題名", 2 * TITLE_LIMIT),
        "answer": _text("答え", 3 * ANSWER_LIMIT),
        "questions": _phrases(),
    }
    return _item(properties, ["id", "title", "answer"])


def _wording() -> Schema:
    return _item({key: _text("まどぐち自身の言葉") for key in SENTENCES}, [])


_LISTS = {
    "entry": ("knowledge/ の知識", _entry),
    "intent": ("intents/ の質問の種類", _intent),
    "emergency": ("intents/emergencies.yaml", _emergency),
    "link": ("knowledge/links.yaml", _link),
    "translation": ("knowledge/translations/ の翻訳", _translation),
}
_SINGLE = {
    "city": ("knowledge/cities/ の市", _city),
    "wording": ("intents/wording/ の言葉", _wording),
}
KINDS = (*_LISTS, *_SINGLE)


def schema(kind: str) -> Schema:
    """The JSON Schema (draft 2020-12) of a kind of file. Raises KeyError for an unknown kind."""
    head: Schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    if kind in _LISTS:
        title, make = _LISTS[kind]
        return {**head, "title": title, "type": "array", "items": make()}
    title, make = _SINGLE[kind]
    return {**head, "title": title, **make()}
