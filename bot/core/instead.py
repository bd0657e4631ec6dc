"""「入園じゃなくて認定の申請」: what one message says is meant, without what it says is not."""

from __future__ import annotations

import re

from bot.core.confidence import decide
from bot.core.documents import Ranking
from bot.core.rivals import in_its_own_words
from bot.core.text import fold
from bot.core.turn import Speaker

_NOT_BUT = re.compile(
    r"^(?P<not>.{2,24}?)(?:の(?:こと|話|ほう|方|やつ)?)?(?:じゃ|では)(?:なくて(?!も)|なく(?![てな]))[、,\s]*(?P<rest>\S.{2,})$"
)
# 「住民票はコンビニじゃなくて窓口で」: what both are about stands before.
_ABOUT_BOTH = re.compile(r"^.*[^ぁ-ゖ](?:[はをが、,\s]|って)(?![ぁ-ゖ])")
# 「保育園の現況届じゃなくて児童手当の」: what both are called is said once.
_UNNAMED = re.compile(r"の(?:ほう|方|やつ|分|ん)?(?:です|だ|なん)?(?:けど|が|よ|ね)?[?。!]*$")
_NAMED = re.compile(r"の([^の]{2,10})$")
_NEAR = 5


def meant_instead(text: str) -> tuple[str, str]:
    """(the message without what it says is not meant, and that); ("", "") for any other message."""
    found = _NOT_BUT.match(fold(text).strip())
    if found is None:
        return "", ""
    unmeant, rest = found["not"], found["rest"]
    about = _ABOUT_BOTH.match(unmeant)
    called = _NAMED.search(unmeant)
    if called and _UNNAMED.search(rest):
        rest = _UNNAMED.sub("", rest) + f"の{called[1]}"
    both = about[0] if about else ""
    return both + rest, unmeant.removeprefix(both)


def ranked_as_meant(speaker: Speaker, ranking: Ranking) -> Ranking:
    """The ranking led by what is meant, unless the whole message is somebody's phrasing.

    That is what fits both the message and its meant part best (「認定の申請」 alone is also 要介護認定),
    and is not what the unmeant part asks for.
    """
    meant, unmeant = meant_instead(speaker.text)
    if not meant or in_its_own_words(speaker.view, speaker.text, ranking):
        return ranking
    alone = speaker.rank(meant)
    refused = {match.id for match in speaker.rank(unmeant).matches[:1]}
    scores = {match.id: match.score for match in alone.matches[:_NEAR]}
    near = [m for m in ranking.matches[:_NEAR] if m.id in scores and m.id not in refused]
    if not near:
        return alone if decide(alone, speaker.view.costs) == "answer" else ranking
    best = max(near, key=lambda match: match.score + scores[match.id]).id
    return alone if best == alone.matches[0].id else ranking.led_by(best)
