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
from bot.content.sources import FACT_LIMIT, Certainty
from bot.core.attributes import ATTRIBUTES
from bot.core.knowledge import Facet, Status
from bot.core.menus import BAR_LIMIT, LABEL_LIMIT, MOST_AREAS, SAY_LIMIT, Kind, Role
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
    known = {key: _text("") for key in ("id", "name", "phone", "hours")}
    known |= {"source": _texts("出典"), "outside_source": _outside()}
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
        "learned": {
            "enum": [True, False, "true", "false"],
            "description": "signs にない危険のカード（signs は書かない。calm は、あれば危険としない言葉）",
        },
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
    return _item(properties, ["id", "title", "answer", "phones"])


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


def _menu() -> Schema:
    area: Schema = _item(
        {"label": _text("読み上げる言葉", LABEL_LIMIT)}
        | {kind.value: _text(about) for kind, about in _TAPS.items()},
        ["label"],
    )
    area["properties"]["say"]["maxLength"] = SAY_LIMIT
    properties: dict[str, Schema] = {
        "id": _ID,
        "title": _text("題名（画面には出ません）", TITLE_LIMIT),
        "city": _text("common か市のid"),
        "role": {"enum": [role.value for role in Role], "description": "だれに出すか"},
        "segment": _text("intents/segments.yaml の条件の名前"),
        "bar": _text("メニューを開く所の言葉", BAR_LIMIT),
        "image": _text("同じフォルダの画像の名前"),
        "size": {"enum": ["large", "small"]},
        "rows": {"type": "array", "items": _TEXT, "description": "行ごとの区画の数"},
        "areas": {"type": "array", "items": area, "minItems": 1, "maxItems": MOST_AREAS},
        "open": {"enum": [True, False, "true", "false"]},
    }
    return _item(properties, "id title city role bar image rows areas".split())


_TAPS = {
    Kind.SHOW: "知識か質問のid",
    Kind.SAY: "住民の発言として送る言葉",
    Kind.URL: "https:// で始まるアドレス",
    Kind.PHONE: "電話番号",
}


def _segments() -> Schema:
    """Residents' choices; rules are checked by the program, which knows their words."""
    choice = {"id": _text("あとで変えません"), "label": _text("画面の言葉", 20), "words": _texts("トークで打つ言葉")}  # fmt: skip
    choice["web_only"] = {"enum": [True, False, "true", "false"]}
    choices = {"type": "array", "items": _item(choice, ["id", "label"])}
    attribute = _item(
        {
            "title": _text("画面の名前", 20),
            "reason": _text("なぜ聞くのか", 80),
            "words": _texts("トークで打つ言葉"),
            "choices": choices,
        },
        ["title", "reason"],
    )
    district = _item({"label": _text("地区の名前"), "words": _texts("ほかの言い方")}, ["label"])
    districts = _item(
        {
            "city": _text("市のid"),
            "complete": {"enum": [True, False, "true", "false"]},
            "choices": {"type": "array", "items": district},
        },
        ["city"],
    )
    volume = _item({"quiet_hours": _texts("21:00-07:00 の形"), "monthly_caps": _texts("1〜99")}, [])
    segment = _item({"name": _text("条件の名前", 40), "rule": {"type": "object"}}, ["name", "rule"])
    properties: dict[str, Schema] = {
        **dict.fromkeys(ATTRIBUTES, attribute),
        "volume": volume,
        "districts": {"type": "array", "items": districts},
        "segments": {"type": "array", "items": segment},
        "translations": {"type": "object", "description": "言語: 項目: ことば"},
    }
    return _item(properties, list(ATTRIBUTES))


def _source() -> Schema:
    """A plan with its sections, or the list of ordinary words."""
    section = {
        "name": _text("出典に書く章の名前"),
        "from": _texts("見出しの形（上から順に）"),
        "to": _text("次の見出しの形"),
        "facts": {"type": "array", "items": {**_TEXT, "maxLength": FACT_LIMIT}},
        "certainty": {"enum": [each.value for each in Certainty]},
    }
    properties: dict[str, Schema] = {
        "plan": _text("計画の名前"),
        "seed": _text("全文のファイルの名前"),
        "cover": _texts("どの引用にも使える章（題名・日付・期間）"),
        "scan_errors": {"type": "object", "additionalProperties": _TEXT},
        "sections": {"type": "array", "items": _item(section, ["name"])},
    }
    words = _item({"words": _texts("固有の名前ではない言葉")}, ["words"])
    return {"anyOf": [_item(properties, ["plan", "sections"]), words]}


def _slip() -> Schema:
    return _item(
        {"wrong": _text("まちがい", 40), "right": _text("正しい形", 40)}, ["wrong", "right"]
    )


def _holidays() -> Schema:
    properties: dict[str, Schema] = {
        "source": _text("出典"),
        "checked": _text("確かめた日"),
        "until": _text("この日まで書いてある"),
        "days": {"type": "object", "additionalProperties": _TEXT, "description": "日付: 名前"},
    }
    return _item(properties, list(properties))


def _wording() -> Schema:
    return _item({key: _text("まどぐち自身の言葉") for key in SENTENCES}, [])


_LISTS = {
    "entry": ("knowledge/ の知識", _entry),
    "intent": ("intents/ の質問の種類", _intent),
    "emergency": ("intents/emergencies.yaml", _emergency),
    "link": ("knowledge/links.yaml", _link),
    "translation": ("knowledge/translations/ の翻訳", _translation),
    "menu": ("intents/menus/ のメニュー", _menu),
    "slip": ("intents/slips.yaml", _slip),
}
_SINGLE = {
    "city": ("knowledge/cities/ の市", _city),
    "wording": ("intents/wording/ の言葉", _wording),
    "segments": ("intents/segments.yaml", _segments),
    "source": ("knowledge/sources/ の出典", _source),
    "holidays": ("knowledge/holidays.yaml", _holidays),
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
