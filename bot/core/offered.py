"""After a question back: a message about what was offered, without a choice being made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.core import answers
from bot.core.confidence import decide
from bot.core.context import asks_on_alone, offered_by, words_of
from bot.core.continuing import more_about
from bot.core.documents import Ranking
from bot.core.facets import facet_alone
from bot.core.followup import asks_for_points, is_bare_noun, is_short_question
from bot.core.knowledge import Entry
from bot.core.picking import part_meant
from bot.core.replies import Reply, Text
from bot.core.rivals import settled
from bot.core.subject import what_is_said
from bot.core.text import fold
from bot.core.turn import Speaker, Turn, button, pairs, unique

_ALL_BUT_SURE = 0.85
_APART = 0.6  # difference of scores


def about_choices(speaker: Speaker) -> Turn | None:
    """After a question back, a message without a subject is about one of what was offered."""
    offered = offered_by(speaker)
    if not offered:
        return None
    text, view, asked = speaker.text, speaker.view, speaker.state.asked
    together = speaker.rank(f"{asked} {text}")
    first = next((match.id for match in together.matches if match.id in offered), "")
    entry = view.entry(first)
    clear = bool(entry) and first == together.matches[0].id
    clear = clear and decide(together, view.costs) == "answer"
    said = what_is_said(text, view.tokenize)
    alone = asks_on_alone(text, said)
    if alone and said.things and not facet_alone(text) and _is_sure_entry(speaker):
        return None  # 「ケアマネを変えたい」
    if not (alone or _asks_points_of(speaker, offered)):
        return more_about(speaker, entry) if entry and clear and _adds(speaker) else None
    if entry and (clear or speaker.state.misses):
        return _more_beside(speaker, entry, offered)
    buttons = [speaker.show_button(item) for item in offered]
    buttons.append(button(speaker.words.say("none_of_these"), "none"))
    reply = Reply((Text(speaker.words.say("goes_on_which")),), tuple(buttons))
    state = replace(speaker.state, asked=f"{asked} {text}", misses=1)
    found = tuple(speaker.candidate(item) for item in offered)
    return Turn(reply, state, "choices", together.top3, found)


def meant_among(speaker: Speaker) -> Turn | None:
    """「税金のほう」 after a question back: what of the offered speaks of that, in no title.

    Of several that do, the one that clearly fits the question and these words best; else these
    alone are offered. A bare word that is clear by itself is a new question.
    """
    view, asked, offered = speaker.view, speaker.state.asked, offered_by(speaker)
    if not offered:
        return None
    points = part_meant(speaker.text, asked_back=False)
    part = points or part_meant(speaker.text, asked_back=True)
    if not part or not (points or is_bare_noun(part)):
        return None
    said = what_is_said(part, view.tokenize)
    names = (*said.names, *said.things)
    told = _speaking_of(filter(None, map(view.entry, offered)), names)
    sure = "" if points else _sure_of(speaker)
    if sure or not told:
        return answers.show(speaker, sure) if sure in offered else None
    together = speaker.rank(f"{asked} {part}")
    if points and (meant := _titled_first(speaker, together, names)):
        return answers.show(speaker, meant)  # though it was not offered
    if len(told) == 1 and names:
        return answers.show(speaker, told[0])
    near = tuple(match for match in together.matches if match.id in told)
    if len(near) < 2 or near[0].score - near[1].score >= _APART:
        return answers.show(speaker, near[0].id) if near else None
    if len(told) == len(offered):
        return None  # nothing is narrowed by it
    anew = replace(speaker, text=f"{asked} {part}")
    return answers.offer_choices(anew, replace(together, matches=near))


def _speaking_of(entries: Iterable[Entry], names: Sequence[str]) -> list[str]:
    """The ids of those whose titles have all the names; where none has, whose words do."""
    entries = list(entries)
    titled = [e.id for e in entries if names and all(name in fold(e.title) for name in names)]
    return titled or [e.id for e in entries if all(name in words_of(e) for name in names)]


def _titled_first(speaker: Speaker, ranking: Ranking, names: Sequence[str]) -> str:
    """The id of a sure first entry whose title has all the names, or ""."""
    if not names or decide(ranking, speaker.view.costs) != "answer":
        return ""
    first = speaker.view.entry(ranking.matches[0].id)
    if first is None or first.is_term or not all(name in fold(first.title) for name in names):
        return ""
    return first.id


def _sure_of(speaker: Speaker) -> str:
    """The id that the message alone is sure of, or ""."""
    decision, alone = settled(speaker.view, speaker.text, speaker.rank(speaker.text))
    return alone.matches[0].id if decision == "answer" else ""


def _is_sure_entry(speaker: Speaker) -> bool:
    """Whether the message alone is all but sure of an entry."""
    ranking = speaker.rank(speaker.text)
    first = ranking.matches[0].id if ranking.matches else ""
    return speaker.view.entry(first) is not None and ranking.top1 >= _ALL_BUT_SURE


def _asks_points_of(speaker: Speaker, offered: list[str]) -> bool:
    """「ポイントつく？」 after a question back about ways of paying."""
    entries = filter(None, map(speaker.view.entry, offered))
    return asks_for_points(speaker.text) and any(e.topic == "payment" for e in entries)


def _adds(speaker: Speaker) -> bool:
    """Whether the message asks shortly and is not clear by itself: 「英語ある？」 after 「広報」."""
    if not is_short_question(speaker.text):
        return False
    return decide(speaker.rank(speaker.text), speaker.view.costs) != "answer"


def _more_beside(speaker: Speaker, entry: Entry, offered: list[str]) -> Turn:
    """About the likeliest of what was offered, with the others behind the first buttons.

    Who asks on twice without choosing is not asked a third time which.
    """
    turn = more_about(speaker, entry)
    others = (speaker.show_button(item) for item in offered if item != entry.id)
    buttons = tuple(unique((*others, *turn.reply.quick_replies)))
    reply = replace(turn.reply, quick_replies=buttons)
    return replace(turn, reply=reply, state=replace(turn.state, shown=pairs(buttons)))
