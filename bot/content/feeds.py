"""A city's news feed (RSS 1.0/2.0, Atom) -> its items. Never trusts what it reads."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from xml.etree import ElementTree

from bot.errors import ContentError

MAX_BYTES = 2_000_000
MAX_ITEMS = 100
_TAG = re.compile(r"<[^>]*>")
_TITLE, _SUMMARY = 60, 300


@dataclass(frozen=True)
class Item:
    """One piece of news. `id` is the feed's own, else the link; `link` is https or ""."""

    id: str
    title: str
    link: str
    summary: str


def read_feed(data: bytes) -> list[Item]:
    """The items, newest as the feed has them. Raises ContentError for what is no feed."""
    if len(data) > MAX_BYTES:
        raise ContentError("新着情報（RSS）が大きすぎます。")
    # Entities could blow up the parser; no feed needs a document type.
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data or b"\x00" in data[:200]:
        raise ContentError("新着情報（RSS）に使えない書き方（DOCTYPE）があります。")
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError):
        raise ContentError(
            "新着情報（RSS・Atom）として読めません。アドレスを確かめてください。"
        ) from None
    found = [_item(element) for element in root.iter() if _name(element) in ("item", "entry")]
    return [item for item in found if item.title and item.id][:MAX_ITEMS]


def as_draft(item: Item, *, author: str, segment_name: str, owner: str = "") -> str:
    """An announcement's file for staff to go over: title, summary, a link to the page."""
    body = item.summary or "くわしくは市のページをご覧ください。"
    lines = [
        f"title: {_quoted(item.title)}",
        "kind: normal",
        f"author: {_quoted(author)}",
        f"owner: {_quoted(owner)}",
        f"segment_name: {_quoted(segment_name)}",
        "messages:",
        "  - card:",
        f"      title: {_quoted(item.title)}",
        f"      text: {_quoted(body)}",
    ]
    if item.link:
        lines += [
            "      links:",
            f"        - {{label: 市のページを見る, url: {_quoted(item.link)}}}",
        ]
    return "\n".join(lines) + "\n"


def _item(element: ElementTree.Element) -> Item:
    texts: dict[str, str] = {}
    link = ""
    for child in element:
        name = _name(child)
        if name == "link":
            link = link or (child.get("href") or child.text or "").strip()
        elif name in ("title", "description", "summary", "guid", "id"):
            texts.setdefault(name, _plain("".join(child.itertext())))
    link = link if link.startswith("https://") and not re.search(r"\s", link) else ""
    key = texts.get("guid") or texts.get("id") or link or texts.get("title", "")
    summary = texts.get("summary") or texts.get("description", "")
    return Item(key, texts.get("title", "")[:_TITLE], link, summary[:_SUMMARY])


def _name(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def _plain(text: str) -> str:
    """Without markup, control characters and runs of blanks."""
    text = html.unescape(_TAG.sub(" ", html.unescape(text)))
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", " ", text)
    return " ".join(text.split())


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
