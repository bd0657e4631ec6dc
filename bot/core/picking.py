"""A button chosen by part of its words: 「コンビニのやつ」「罹災証明のほう」. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.core.text import fold

_POINTS = re.compile(
    r"の(?:やつ|もの|ほう|方)(?:です|だ|で|が|を|に|かな|ですね|だよ|だけど)?(?:いい|お願い|知りたい|教えて)?(?:します|です|ください)?[。!]*$"
)
_POLITE = re.compile(
    r"(?:で|が|を|に)?(?:お願い(?:します)?|いいです|知りたい(?:です)?|教えて(?:ください)?|です|ください)?[。!]*$"
)
_SHORTEST, _LONGEST = 2, 16


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
