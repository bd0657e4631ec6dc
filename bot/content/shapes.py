"""The shape of each kind of content item: keys, types, limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Generic, TypeVar, get_args

from bot.content.fields import Fields
from bot.content.problems import Problem
from bot.content.shipped import shipped_wording
from bot.content.yamlread import Located
from bot.core.knowledge import (
    DEFAULT_CONTACT,
    City,
    Contact,
    Emergency,
    Entry,
    Facet,
    Intent,
    Level,
    LinkTarget,
    OutsideFact,
    Status,
    Translation,
)
from bot.core.wording import JAPANESE, SENTENCES
from bot.core.years import periods

T = TypeVar("T")

TOPICS = (
    "child",
    "care",
    "disaster",
    "car",
    "procedure",
    "mynumber",
    "class",
    "payment",
    "channel",
    "health",
    "school",
    "safety",
    "counter",
    "facility",
    "tourism",
    "business",
    "transport",
    "opendata",
    "security",
    "statistics",
    "plan",
    "system",
    "glossary",
)
ACTIONS = ("menu", "handoff", "class_list", "settings", "stop", "my_data", "erase", "language")
TITLE_LIMIT, ANSWER_LIMIT, PHRASE_LIMIT = 40, 400, 100
FEWEST_QUESTIONS, MOST_RELATED = 5, 4
_NAMED = 8  # of many missing sentences a message names so many
_PHONE = re.compile(r"[#0-9][0-9]*(?:-[0-9]+)*")
_ADDRESS = re.compile(r"https://[A-Za-z0-9][!-~]*")
ANSWER_PLACES = {"city"}  # what may stand in braces inside an answer

_ENTRY_KEYS = (
    "id title city topic questions answer details links contact level status "
    "plan_status online_status as_of source outside_source review_by covers related "
    "sensitive phones "
).split()
_INTENT_KEYS = (
    "id title city examples answer choices action links contact tests outside_source topics "
).split()
_EMERGENCY_KEYS = (
    "id title signs learned calm answer phones links tests calm_tests outside_source source "
    "sensitive "
).split()


@dataclass(frozen=True)
class Shaped(Generic[T]):
    """A value that is usable for cross checks even where `problems` were found in it."""

    value: T
    problems: list[Problem]


def entry(path: str, item: Located) -> Shaped[Entry]:
    """A fact of knowledge/."""
    fields = Fields(path, item, _ENTRY_KEYS)
    status = fields.choice("status", Status)
    value = Entry(
        id=fields.id(),
        title=fields.text("title", limit=TITLE_LIMIT),
        questions=_phrases(fields, "questions"),
        answer=_answer(fields),
        city=fields.text("city"),
        topic=fields.one_of("topic", TOPICS, "plan", required=True),
        status=status or Status.REFERENCE,
        plan_status=fields.choice("plan_status", Status) or Status.REFERENCE,
        as_of=fields.text("as_of"),
        sources=fields.texts("source", required=True),
        review_by=fields.date("review_by"),
        links=fields.texts("links"),
        contact=fields.text("contact", required=False) or DEFAULT_CONTACT,
        level=_level(fields),
        online_status=_online_status(fields),
        covers=fields.texts("covers", required=True, empty=True),
        related=fields.texts("related"),
        details=_details(fields),
        sensitive=fields.flag("sensitive"),
        outside=_outside(fields),
        phones=tuple(_contacts(path, fields, "phones")),
    )
    if value.as_of and not periods(value.as_of):
        text = f"「as_of」の「{value.as_of}」に年がありません。2026年11月 の形で書いてください。"
        fields.problem("as_of", text)
    written = item.get("questions") or ()
    count = 1 if isinstance(written, str) else len(written)
    if 0 < count < FEWEST_QUESTIONS:
        text = f"質問の言い方が{count}つだけです。{FEWEST_QUESTIONS}つ以上あると、見つけやすくなります。"
        fields.problem("questions", text, warning=True)
    if len(value.related) > MOST_RELATED:
        fields.problem("related", f"related は{MOST_RELATED}つまでです。減らしてください。")
    return Shaped(value, fields.problems)


def intent(path: str, item: Located) -> Shaped[Intent]:
    """What a resident can want, from intents/."""
    fields = Fields(path, item, _INTENT_KEYS)
    value = Intent(
        id=fields.id(),
        title=fields.text("title", limit=TITLE_LIMIT),
        examples=_phrases(fields, "examples"),
        answer=_answer(fields, required=False),
        choices=fields.texts("choices"),
        topics=fields.texts("topics"),
        action=fields.text("action", required=False),
        links=fields.texts("links"),
        contact=fields.text("contact", required=False),
        city=fields.text("city", required=False, default="common"),
        tests=fields.pairs("tests"),
    )
    if value.action and value.action not in ACTIONS:
        words = "・".join(ACTIONS)
        fields.problem("action", f"action「{value.action}」はありません。{words} のどれかです。")
    text = "topics の「{value}」はありません。" + "・".join(TOPICS) + " のどれかです。"
    fields.where("topics", lambda topic: topic in TOPICS, text)
    if not (value.answer or value.choices or value.topics or value.action):
        fields.problem("id", "answer・choices・topics・action のどれかを書いてください。")
    _outside(fields)
    return Shaped(value, fields.problems)


def emergency(path: str, item: Located) -> Shaped[Emergency]:
    """A danger and its card, from intents/emergencies.yaml."""
    fields = Fields(path, item, _EMERGENCY_KEYS)
    _outside(fields)
    learned = fields.flag("learned")
    value = Emergency(
        id=fields.id(),
        title=fields.text("title", limit=TITLE_LIMIT),
        signs=fields.texts("signs", required=not learned),
        calm=fields.texts("calm"),
        answer=_answer(fields),
        phones=tuple(_contacts(path, fields, "phones")),
        links=fields.texts("links"),
        sensitive=fields.flag("sensitive"),
        tests=fields.texts("tests"),
        calm_tests=fields.texts("calm_tests"),
        learned=learned,
    )
    if learned and value.signs:
        fields.problem(
            "signs", "learned のカードに signs は書けません。ほかのカードに書いてください。"
        )
    if not value.phones:
        fields.problem("phones", "「phones」がありません。かける番号を書いてください（例：119）。")
    return Shaped(value, fields.problems)


def city(path: str, item: Located) -> Shaped[City]:
    """A city's profile."""
    fields = Fields(path, item, ["id", "name", "names", "prefecture", "plan", "contacts"])
    contacts = {each.id: each for each in _contacts(path, fields, "contacts", complete=True)}
    if DEFAULT_CONTACT not in contacts:
        text = "contacts に id: main（市の代表）がありません。足してください。"
        fields.problem("contacts", text)
        contacts[DEFAULT_CONTACT] = Contact(DEFAULT_CONTACT, "市役所")
    value = City(
        id=fields.id(),
        name=fields.text("name"),
        prefecture=fields.text("prefecture"),
        plan=fields.text("plan"),
        names=fields.texts("names"),
        contacts=contacts,
    )
    return Shaped(value, fields.problems)


def link(path: str, item: Located) -> Shaped[LinkTarget]:
    """One address of knowledge/links.yaml."""
    fields = Fields(path, item, ["id", "label", "kind", "url", "urls"])
    urls = fields.pairs("urls")
    value = LinkTarget(
        id=fields.id(underscore=True),
        label=fields.text("label", limit=TITLE_LIMIT),
        kind=fields.text("kind"),
        url=fields.text("url", required=not urls),
        urls=urls,
    )
    for key, url in [("url", value.url), *((f"urls/{each}", urls[each]) for each in urls)]:
        if url and not _ADDRESS.fullmatch(url):
            text = f"アドレス「{url}」は https:// で始まる半角の形に直してください。"
            fields.problem(key, text)
        elif len(url) > 1000:
            fields.problem(key, "アドレスが長すぎます（1000字まで）。")
    return Shaped(value, fields.problems)


def translation(path: str, item: Located) -> tuple[str, Shaped[Translation]]:
    """The id translated, and its words in that language."""
    fields = Fields(path, item, ["id", "title", "answer", "questions"])
    value = Translation(
        title=fields.text("title", limit=2 * TITLE_LIMIT),
        answer=_answer(fields, limit=3 * ANSWER_LIMIT),
        questions=_phrases(fields, "questions", required=False),
    )
    return fields.id(), Shaped(value, fields.problems)


def wording(path: str, item: Located, *, language: str) -> Shaped[Mapping[str, str]]:
    """The bot's own sentences in one language; Japanese must have them all.

    What a folder of an older version lacks is said in this version's own words.
    """
    fields = Fields(path, item, SENTENCES)
    japanese = language == JAPANESE
    shipped = shipped_wording(language) if set(SENTENCES) - set(item) else {}
    said, lent = {}, []
    for key, places in SENTENCES.items():
        text = fields.text(key, required=japanese and key not in shipped)
        if text:
            said[key] = text
            _braces(fields, key, text, places)
        elif key in shipped:
            said[key] = shipped[key]
            lent.append(key)
    if lent and japanese:
        names = "・".join(f"「{key}」" for key in lent[:_NAMED])
        more = f"など{len(lent)}個" if len(lent) > _NAMED else ""
        text = f"{names}{more}がありません。まどぐちの標準の文で答えます。変えたいときは書き足してください。"
        fields.problems.append(Problem(path, 1, text, warning=True))
    return Shaped(said, fields.problems)


def _answer(fields: Fields, *, required: bool = True, limit: int = ANSWER_LIMIT) -> str:
    text = fields.text("answer", required=required, limit=limit)
    _braces(fields, "answer", text, ANSWER_PLACES)
    return text


def _braces(fields: Fields, key: str, text: str, allowed: frozenset[str] | set[str]) -> None:
    """Only known places may stand in braces; a single brace would break the sentence."""
    try:
        # A conversion ({city!r}) or a format ({city:>9}) is no place either.
        names = {
            name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
            for _, name, form, conversion in Formatter().parse(text)
            if name is not None
        }
    except ValueError:
        fields.problem(key, "「{」か「}」が1つだけあります。消すか、全角の｛｝にしてください。")
        return
    for name in sorted(names - set(allowed)):
        known = "・".join(f"{{{each}}}" for each in sorted(allowed)) or "なし"
        fields.problem(key, f"「{{{name}}}」は使えません。使えるもの：{known}")


def _phrases(fields: Fields, key: str, *, required: bool = True) -> tuple[str, ...]:
    phrases = fields.texts(key, required=required)
    text = f"「{{value}}」が長すぎます。{PHRASE_LIMIT}字までの短い言い方にしてください。"
    fields.where(key, lambda value: len(value) <= PHRASE_LIMIT, text)
    seen: set[str] = set()

    def first(value: str) -> bool:
        known = value in seen
        seen.add(value)
        return not known

    fields.where(key, first, "「{value}」が2回あります。1つ消してください。", warning=True)
    return phrases


def _level(fields: Fields) -> Level:
    value = fields.one_of("level", get_args(Level), "city")
    return "prefecture" if value == "prefecture" else "nation" if value == "nation" else "city"


def _online_status(fields: Fields) -> Status | None:
    if not fields.item.get("online_status"):
        return None
    return fields.choice("online_status", Status)


def _details(fields: Fields) -> Mapping[Facet, str]:
    details = {}
    for name, text in fields.pairs("details").items():
        key = f"details/{name}"
        if name in list(Facet):
            details[Facet(name)] = text
            _braces(fields, key, text, ANSWER_PLACES)
        else:
            words = "・".join(Facet)
            fields.problem(key, f"details の「{name}」は使えません。{words} のどれかです。")
    return details


def _outside(fields: Fields) -> tuple[OutsideFact, ...]:
    found = []
    for item in fields.items("outside_source"):
        inner = Fields(fields.path, item, ("fact", "reason"))
        found.append(OutsideFact(inner.text("fact"), inner.text("reason")))
        fields.problems += inner.problems
    return tuple(found)


def _contacts(path: str, fields: Fields, key: str, *, complete: bool = False) -> list[Contact]:
    """The contacts at `key`; with `complete` an empty phone is a warning."""
    found: list[Contact] = []
    for item in fields.items(key):
        inner = Fields(path, item, ["id", "name", "phone", "hours", "source", "outside_source"])
        phone = inner.text("phone", required=False)
        if phone and not _PHONE.fullmatch(phone):
            inner.problem("phone", f"電話「{phone}」は半角の数字とハイフンで書いてください。")
        name = inner.text("name")
        if complete and name and not phone:
            text = f"「{name}」の電話が空です。公式ページをご案内します。公開の前に確かめて書いてください。"
            inner.problem("phone", text, warning=True)
        contact_id = inner.text("id", required=False) or name
        if contact_id in [each.id for each in found]:
            text = f"{key} に「{contact_id}」が2つあります。どちらかを変えてください。"
            inner.problem("id", text)
        hours = inner.text("hours", required=False)
        found.append(Contact(contact_id, name, phone, hours))
        fields.problems += inner.problems
    return found
