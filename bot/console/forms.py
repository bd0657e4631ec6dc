"""The forms for one item of content: which fields there are, what stands in them, what comes back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from werkzeug.datastructures import MultiDict

from bot.content.shapes import ANSWER_LIMIT, MOST_RELATED, PHRASE_LIMIT, TITLE_LIMIT, TOPICS
from bot.core.knowledge import COMMON, Content
from bot.services.editing import Value

STATUS = (
    ("in_operation", "今ある"),
    ("planned", "予定"),
    ("under_consideration", "検討中"),
    ("ended", "終わった"),
    ("reference", "参考"),
)
LEVELS = (("", "市"), ("prefecture", "県"), ("nation", "国"))
_TOPIC_NAMES = (
    "子育て 介護・高齢 防災 自動車 手続・証明書 マイナンバー 教室・デジタル支援 支払い LINE・アプリ・広報 健康・医療 "
    "教育・図書館 防犯 窓口・相談 施設・Wi-Fi 観光・文化 産業・事業者 交通・水道・まち オープンデータ 情報セキュリティ "
    "統計 計画・連絡先・制度 行政システム 用語"
).split()
TOPIC_NAMES = dict(zip(TOPICS, _TOPIC_NAMES, strict=True))
FACETS = (
    ("items", "持ち物"),
    ("fee", "費用"),
    ("online", "ネット"),
    ("phone", "電話"),
    ("when", "いつ"),
    ("where", "どこ"),
    ("who", "だれ"),
)
FACET_KEYS = tuple(f"details/{key}" for key, _ in FACETS)
ENTRY, INTENT, TRANSLATION = "entry", "intent", "translation"
_OTHER = re.compile(
    r"knowledge/(?:cities|sources)/|knowledge/links\.|knowledge/[^/]+$|intents/wording/"
    r"|intents/(?:emergencies|segments)\."
)


@dataclass(frozen=True)
class Field:
    """One field. `kind`: text, area, answer, lines, pairs, select, date, checks or flag."""

    key: str
    label: str
    kind: str = "text"
    hint: str = ""
    limit: int = 0
    required: bool = False
    options: tuple[tuple[str, str], ...] = ()


def kind_of(path: str) -> str:
    """What the items of a file are; '' where they have no form."""
    if not path.lower().endswith((".yaml", ".yml")) or _OTHER.match(path):
        return ""
    if path.startswith("knowledge/translations/"):
        return TRANSLATION
    return INTENT if path.startswith("intents/") else ENTRY


def fields_of(path: str, content: Content, city: str) -> list[Field]:
    """The fields of an item of that file."""
    match kind_of(path):
        case "entry":
            return _entry_fields(content, city)
        case "intent":
            return _intent_fields(content, city)
        case "translation":
            return [
                _title(2 * TITLE_LIMIT),
                _phrases("questions", False),
                _answer(3 * ANSWER_LIMIT),
            ]
    return []


def labels_of(fields: Sequence[Field]) -> dict[str, str]:
    """What the form calls the keys and states that a problem can name."""
    return {**dict(STATUS), **{field.key: field.label for field in fields}}


def _entry_fields(content: Content, city: str) -> list[Field]:
    topics = tuple(TOPIC_NAMES.items())
    return [
        _title(TITLE_LIMIT),
        _phrases("questions"),
        _answer(ANSWER_LIMIT),
        *(Field(f"details/{key}", f"続けて聞かれたら：{name}") for key, name in FACETS),
        _links(content),
        _contact(content, city),
        Field("topic", "話題", "select", options=topics),
        Field("level", "担当するところ", "select", options=LEVELS),
        Field("status", "今の状態", "select", options=STATUS),
        Field("plan_status", "計画に書かれた状態", "select", options=STATUS),
        Field(
            "online_status",
            "ネット申請の状態（手続だけ）",
            "select",
            options=(("", "なし"), *STATUS),
        ),
        Field("as_of", "いつの事実か", hint="例：2026年4月", required=True),
        Field(
            "source", "出典", "lines", hint="1行に1か所。計画の名前＋空白＋章や施策", required=True
        ),
        Field("review_by", "見直す期限", "date", required=True),
        Field(
            "related",
            "関連する項目のid",
            "lines",
            hint=f"1行に1つ。{MOST_RELATED}つまで。ボタンになります",
        ),
        Field("covers", "知識チェックリストのid", "lines", hint="1行に1つ"),
        Field("sensitive", "通知に題名を出さない（DV・債務など）", "flag"),
    ]


def _intent_fields(content: Content, city: str) -> list[Field]:
    return [
        _title(TITLE_LIMIT),
        _phrases("examples"),
        _answer(ANSWER_LIMIT, required=False),
        Field("choices", "選択肢のid", "lines", hint="1行に1つ"),
        _links(content),
        _contact(content, city, empty=True),
        Field(
            "tests", "ためし", "pairs", hint="1行に1つ「発言: 期待するid」。保存のたびに確かめます"
        ),
    ]


def _title(limit: int) -> Field:
    hint = "選択肢やカードの見出しになります。大事な言葉を前に"
    return Field("title", "題名", "text", hint, limit, required=True)


def _phrases(key: str, required: bool = True) -> Field:
    hint = f"1行に1つ、{PHRASE_LIMIT}字まで。話し言葉・短い言い方・ひらがなも。5つ以上あると見つけやすくなります"
    return Field(key, "住民の言い方", "lines", hint, required=required)


def _answer(limit: int, *, required: bool = True) -> Field:
    hint = "1文目で答えます。短い文、です・ます"
    return Field("answer", "答え", "answer", hint, limit, required)


def _links(content: Content) -> Field:
    options = tuple((link.id, link.label) for link in content.links.values())
    return Field("links", "リンク", "checks", options=options)


def _contact(content: Content, city: str, *, empty: bool = False) -> Field:
    found = [("", "代表")] if not empty else [("", "なし"), ("main", "代表")]
    profile = content.cities.get(city)
    if profile is not None:
        found += [(c.id, c.name) for c in profile.contacts.values() if c.id != "main"]
    return Field(
        "contact", "たずねる先", "select", options=(*found, ("prefecture", "県の担当窓口"))
    )


def shown_values(values: Mapping[str, Value]) -> dict[str, str]:
    """An item's values as the fields show them."""
    shown: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, str):
            shown[key] = value
        elif isinstance(value, tuple):
            shown[key] = "\n".join(value)
        elif key == "details":
            shown |= {f"details/{name}": text for name, text in value.items()}
        else:
            shown[key] = "\n".join(f"{name}: {text}" for name, text in value.items())
    if shown.get("contact") == "main":
        shown["contact"] = ""
    return shown


def posted_values(fields: Sequence[Field], form: MultiDict[str, str]) -> dict[str, str]:
    """What the fields hold in a form that was sent, as they show it."""
    shown = {}
    for field in fields:
        if field.kind == "checks":
            shown[field.key] = "\n".join(form.getlist(field.key))
        else:
            shown[field.key] = form.get(field.key, "").replace("\r\n", "\n").strip()
    return shown


def item_values(fields: Sequence[Field], shown: Mapping[str, str]) -> dict[str, Value]:
    """The item's values from what the fields show; '' and () take a key out."""
    values: dict[str, Value] = {}
    details: dict[str, str] = {}
    for field in fields:
        text = shown.get(field.key, "")
        if field.key.startswith("details/"):
            if text:
                details[field.key.removeprefix("details/")] = " ".join(text.split("\n"))
        elif field.kind in ("lines", "checks"):
            lines = tuple(line.strip() for line in text.splitlines() if line.strip())
            values[field.key] = tuple(dict.fromkeys(lines))
        elif field.kind == "pairs":
            pairs = (re.split(r"\s*[:：]\s*(?=[^:：]*$)", line) for line in text.splitlines())
            values[field.key] = {p[0].strip(): p[1].strip() for p in pairs if len(p) == 2}
        elif field.kind == "answer":
            values[field.key] = text
        else:
            values[field.key] = " ".join(text.split())
    if any(field.key.startswith("details/") for field in fields):
        values["details"] = details
    return values


def new_values(path: str, today: date) -> dict[str, str]:
    """What a new item's fields begin with."""
    return {
        "topic": "procedure",
        "status": "in_operation",
        "plan_status": "in_operation",
        "as_of": f"{today.year}年{today.month}月",
        "review_by": (today + timedelta(days=365)).isoformat(),
        "city": city_of(path),
    }


def city_of(path: str) -> str:
    """The city of a file's items, by its folder."""
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "knowledge" else COMMON
