"""Which of the buttons on screen is meant: 「2番」「上の」「コンビニのやつ」「どっちも」「どれでもない」. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.core.text import fold

_ONE = r"(?:の(?:やつ|もの|方|ほう)?)?"
_PLEASE = r"(?:で|が|を|に)?(?:お願い(?:します)?|いい(?:です)?|ください|です)?[。!]?$"
_COUNTED = r"(?:番目?|つ[目め]|[個こ][目め]|ばんめ?)"
_NUMBER = re.compile(
    rf"^[(（]?(?:上から|no\.?)?(?:(?P<n>[1-9一二三四五])[)）]?{_COUNTED}?|"
    rf"(?P<kana>いち|に|さん|よん|ご|ひと|ふた|みっ|よっ|いつ){_COUNTED}){_ONE}{_PLEASE}"
)
_NUMBERS = {word: place for place, words in enumerate(
    ("一 いち ひと", "二 に ふた", "三 さん みっ", "四 よん よっ", "五 ご いつ")
) for word in words.split()}  # fmt: skip
_POSITIONS = (
    (re.compile(rf"^(?:一番)?(?:上|うえ){_ONE}{_PLEASE}"), 0),
    (re.compile(rf"^(?:最初|さいしょ|はじめ|始め|先頭|いちばん){_ONE}{_PLEASE}"), 0),
    (re.compile(rf"^(?:真ん中|まんなか){_ONE}{_PLEASE}"), 1),
    (re.compile(rf"^(?:一番)?(?:下|した|最後|さいご){_ONE}{_PLEASE}"), -1),
    (re.compile(r"^(?:the )?first(?: one)?[.!]?$"), 0),
    (re.compile(r"^(?:the )?second(?: one)?[.!]?$"), 1),
    (re.compile(r"^(?:the )?(?:third|last)(?: one)?[.!]?$"), -1),
)
_LONGEST_PLACE = 20  # characters; none of these is longer
_ALL = re.compile(
    r"^(?:(?:これ|その)(?:の)?)?(?:(?:どっち|どちら|どれ|2つと|二つと|ふたつと)も|(?:両方|りょうほう)(?:とも)?|全部|ぜんぶ|すべて|全て|both(?: of them)?|all(?: of them)?)"
    r"(?:とも)?(?:で|が|を)?(?:お願い(?:します)?|(?:知り|聞き|見)たい|教えて|おしえて|見せて|です|ください|ほしい)*(?:です|ください|ほしい)?[。!]*$"
)
_NONE_OF_THESE = re.compile(
    r"^(?:どれでも(?:ない|ありません|ないです)|どれも(?:違(?:う|います)|ちが(?:う|います))|(?:全部|ぜんぶ)(?:違う|ちがう|違います|ちがいます)|この中に(?:は)?(?:ない|ありません)(?:です)?|none of (?:these|them|the above))[。!.]?$"
)
_POINTS = re.compile(
    r"(?:の(?:やつ|もの|ほう|方)|(?<=[たるい])(?:やつ|ほう))(?:です|だ|で|が|を|に|かな|ですね|だよ|だけど)?(?:いい|お願い|知りたい|教えて)?(?:します|です|ください)?[。!]*$"
)
_POLITE = re.compile(
    r"(?:で|が|を|に)?(?:お願い(?:します)?|いいです|知りたい(?:です)?|教えて(?:ください)?|です|ください)?[。!]*$"
)
_SHORTEST, _LONGEST = 2, 16


def chosen_place(text: str) -> int | None:
    """Which of the shown choices 「2番」「上の」「最後のやつ」 means: 0, 1, 2 … or -1 for the last."""
    spaced = fold(text)
    folded = spaced.replace(" ", "")
    if len(folded) > _LONGEST_PLACE:
        return None
    for pattern, place in _POSITIONS:
        if pattern.match(folded) or (spaced != folded and pattern.match(spaced)):
            return place
    match = _NUMBER.match(folded)
    if not match:
        return None
    word = match["n"] or match["kana"]
    return int(word) - 1 if word.isascii() else _NUMBERS[word]


def chooses_all(text: str) -> bool:
    """「どっちも」「全部教えて」."""
    return bool(_ALL.match(fold(text)))


def refuses_choices(text: str) -> bool:
    """「どれでもない」."""
    return bool(_NONE_OF_THESE.match(fold(text)))


def part_meant(text: str, *, asked_back: bool) -> str:
    """The words by which `text` picks one of several: 「コンビニ」 of 「コンビニのやつです」, else "".

    After an answer only words that point are taken (「…のやつ」「…のほう」); after a question back
    (`asked_back`) bare words, too.
    """
    folded = fold(text)
    points = _POINTS.search(folded)
    if not points and not asked_back:
        return ""
    part = (_POINTS if points else _POLITE).sub("", folded, count=1).strip()
    return part if _SHORTEST <= len(part) <= _LONGEST else ""


def pointed_at(text: str, titles: Mapping[str, str], *, asked_back: bool) -> str | None:
    """The key of the one title that `text` names by a part of it; None for none or several."""
    part = part_meant(text, asked_back=asked_back)
    found = [key for key, title in titles.items() if part and part in fold(title)]
    return found[0] if len(found) == 1 else None
