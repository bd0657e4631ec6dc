"""What residents let us know about answers: solved or not, and what they chose of an offer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.core.conversation import read_action
from bot.core.text import fold

SOLVED, UNSOLVED, CHOSEN = "solved", "unsolved", "chosen"
_ABOUT, _LONGEST = re.compile("解決|かいけつ|solved"), 60

# Anchored at both ends: 「解決しない場合はどこに相談」 is a question.
_BEFORE = (
    r"(?:(?:どうも|本当に)?(?:ありがとう(?:ございます|ございました)?|有難うございます|助かりました|おかげさまで|"
    r"おかげで|はい|うん|いいえ|いや|まだ|これで|それで|無事に?|全部|すべて|問題は?|やっぱり|thanks|thank you|yes|no)"
    r"[\s、。,.!…~ー〜]*)*"
)
_AFTER = (
    r"(?:よ|ね|です|ので|から|が|けど)*[\s、。,.!…~ー〜]*"
    r"(?:どうも)?(?:ありがとう(?:ございます|ございました)?|助かりました|thanks|thank you)?[\s。,.!…~ー〜]*"
)
_SOLVED = re.compile(
    rf"{_BEFORE}(?:解決|かいけつ)(?:しました|した|できました|できた|ずみ|済み)?{_AFTER}"
    rf"|{_BEFORE}(?:it'?s |it is |problem |that'?s )?solved{_AFTER}"
)
_UNSOLVED = re.compile(
    rf"{_BEFORE}(?:解決|かいけつ)(?:は)?(?:(?:し|でき)(?:ない|ません(?:でした)?|なかった)|"
    rf"して(?:い)?(?:ない|ません)|になら(?:ない|ず)){_AFTER}"
    rf"|{_BEFORE}未解決{_AFTER}|{_BEFORE}not solved{_AFTER}"
)


@dataclass(frozen=True)
class Reaction:
    """What is kept of it, without anybody's name or words.

    `kind` is `solved` or `unsolved` (`item` is the entry), or `chosen` (`shown` are the ids that
    were offered, `item` is '' for none of them).
    """

    kind: str
    item: str
    shown: tuple[str, ...] = ()


def read_verdict(text: str) -> bool | None:
    """True for 「解決しました、ありがとう」, False for 「まだ解決しない」, None for anything else."""
    folded = fold(text)
    if len(folded) > _LONGEST or not _ABOUT.search(folded):
        return None
    if _SOLVED.fullmatch(folded):
        return True
    return False if _UNSOLVED.fullmatch(folded) else None


def choice(shown: Iterable[tuple[str, str]], data: str) -> Reaction | None:
    """What pressing a button says of the question back it stands under; None under anything else.

    `shown` are the buttons on screen as the state remembers them, `data` is the pressed one's.
    """
    buttons = [read_action(each) for _, each in shown]
    pressed = read_action(data)
    asked_back = any(each.get("do") == "none" for each in buttons)
    if not asked_back or pressed not in buttons or pressed.get("do") not in ("show", "none"):
        return None
    offered = tuple(each.get("id", "") for each in buttons if each.get("do") == "show")
    return Reaction(CHOSEN, pressed.get("id", ""), offered)
