"""Which of the buttons on screen is meant: 「2番」「上の」「コンビニのやつ」「どれでもない」. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.core.text import fold

_NUMBER = re.compile(
    r"^[(（]?(?:上から|no\.?)?(?P<n>[1-9])[)）]?(?:番(?:目)?|つ目|個目|ばん(?:め)?)?(?:の(?:やつ|もの|方|ほう)?)?(?:で|が|を|に)?(?:お願い(?:します)?|いい(?:です)?|ください|です)?[。!]?$"
)
_POSITIONS = (
    (re.compile(r"^(?:一番)?(?:上|うえ)(?:の(?:やつ|もの|方|ほう|で|が)?)?(?:です|で)?[。!]?$"), 0),
    (re.compile(r"^(?:最初|さいしょ|はじめ|始め|先頭|一つ目|ひとつ目|ひとつめ|一番目|いちばん)(?:の(?:やつ|もの|方|ほう)?)?(?:です|で)?[。!]?$"), 0),
    (re.compile(r"^(?:真ん中|まんなか|二つ目|ふたつ目|ふたつめ|二番目?|2番目|にばん)(?:の(?:やつ|もの|方|ほう)?)?(?:です|で)?[。!]?$"), 1),
    (re.compile(r"^(?:三つ目|みっつ目|みっつめ|三番目?|さんばん)(?:の(?:やつ|もの|方|ほう)?)?(?:です|で)?[。!]?$"), 2),
    (re.compile(r"^(?:一番)?(?:下|した|最後|さいご)(?:の(?:やつ|もの|方|ほう|で|が)?)?(?:です|で)?[。!]?$"), -1),
    (re.compile(r"^(?:一番|一)(?:の(?:やつ|もの|方|ほう)?)?(?:です|で)?[。!]?$"), 0),
    (re.compile(r"^(?:the )?first(?: one)?[.!]?$"), 0),
    (re.compile(r"^(?:the )?second(?: one)?[.!]?$"), 1),
    (re.compile(r"^(?:the )?(?:third|last)(?: one)?[.!]?$"), -1),
)  # fmt: skip
_LONGEST_PLACE = 20  # characters; none of these is longer
_NONE_OF_THESE = re.compile(
    r"^(?:どれでも(?:ない|ありません|ないです)|どれも(?:違(?:う|います)|ちが(?:う|います))|(?:全部|ぜんぶ)(?:違う|ちがう|違います|ちがいます)|この中に(?:は)?(?:ない|ありません)(?:です)?|none of (?:these|them|the above))[。!.]?$"
)
_POINTS = re.compile(
    r"の(?:やつ|もの|ほう|方)(?:です|だ|で|が|を|に|かな|ですね|だよ|だけど)?(?:いい|お願い|知りたい|教えて)?(?:します|です|ください)?[。!]*$"
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
    if match := _NUMBER.match(folded):
        return int(match["n"]) - 1
    for pattern, place in _POSITIONS:
        if pattern.match(folded) or (spaced != folded and pattern.match(spaced)):
            return place
    return None


def refuses_choices(text: str) -> bool:
    """「どれでもない」."""
    return bool(_NONE_OF_THESE.match(fold(text)))


def pointed_at(text: str, titles: Mapping[str, str], *, asked_back: bool) -> str | None:
    """The key of the one title that `text` names by a part of it; None for none or several.

    After an answer only words that point are taken (「…のやつ」「…のほう」); after a question back
    (`asked_back`) the bare part of a title, too.
    """
    folded = fold(text)
    points = _POINTS.search(folded)
    if not points and not asked_back:
        return None
    part = (_POINTS if points else _POLITE).sub("", folded, count=1).strip()
    if not _SHORTEST <= len(part) <= _LONGEST:
        return None
    found = [key for key, title in titles.items() if part in fold(title)]
    return found[0] if len(found) == 1 else None
