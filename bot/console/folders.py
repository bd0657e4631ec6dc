"""What folders of content are called: staff who do not program read names beside the paths."""

from __future__ import annotations

from bot.core.knowledge import Content

_TOPS = {
    "knowledge": "リンク・ふだんの言葉・祝日",
    "intents": "あいさつ・緊急・資料にない話など",
}
_PARTS = {
    "cities": "市の名前と連絡先",
    "classes": "教室・催しの日程",
    "common": "共通",
    "glossary": "用語",
    "menus": "LINEのメニュー",
    "segments.yaml": "配信条件",
    "sources": "出典",
    "translations": "ほかの言語",
    "wording": "まどぐち自身の言葉",
}


def folder_name(path: str, content: Content) -> str:
    """What a folder (or file) holds, in Japanese; a city and a language by their names.

    A part that nobody has named stays as it is.
    """
    if path in _TOPS:
        return _TOPS[path]
    return "・".join(_part(each, content) for each in path.split("/")[1:])


def _part(name: str, content: Content) -> str:
    if city := content.cities.get(name):
        return city.name
    language = content.wording.get(name, {})
    return _PARTS.get(name) or language.get("name") or name
