"""「解決しましたか」: the pair of buttons under an answer, and what follows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.core.compose import contact_card
from bot.core.knowledge import Entry
from bot.core.reactions import SOLVED, UNSOLVED, Reaction
from bot.core.replies import QuickReply, Text
from bot.core.turn import MAX_BUTTONS, Speaker, Turn, button

_REMEMBERED = 20  # answers a conversation knows to be judged already


def verdict_buttons(speaker: Speaker, entry: Entry, beside: int) -> tuple[QuickReply, ...]:
    """The pair for an answer with `beside` other buttons; () where it would be out of place.

    Out of place: where it would push out another button, in a group, after it was answered once,
    under the meaning of a word, and where a person in distress may read it.
    """
    no_room = beside + 2 > MAX_BUTTONS
    if no_room or speaker.in_group or entry.sensitive or entry.is_term:
        return ()
    if entry.id in speaker.state.judged:
        return ()
    return speaker.view.once(("verdict", entry.id, speaker.language), lambda: _pair(speaker, entry))


def _pair(speaker: Speaker, entry: Entry) -> tuple[QuickReply, QuickReply]:
    words = speaker.words
    yes = button(words.say("solved_yes"), "solved", id=entry.id, yes="1")
    no = button(words.say("solved_no"), "solved", id=entry.id, yes="0")
    return (yes, no)


def solved(speaker: Speaker, entry: Entry) -> Turn:
    """A word of thanks; the answer stays what follow-ups are about."""
    turn = speaker.done(
        (Text(speaker.words.say("solved")),),
        (speaker.menu_button(),),
        (speaker.candidate(entry.id),),
        last=entry.id,
        asked=speaker.state.asked,
    )
    return _judged(speaker, turn, entry, SOLVED)


def unsolved(speaker: Speaker, entry: Entry, near: Sequence[str]) -> Turn:
    """The next nearest ids, and the person to ask about this very thing."""
    words = speaker.words
    body = words.say("unsolved") + ("\n" + words.say("fallback_near") if near else "")
    card = contact_card(speaker.view, speaker.language, body, speaker.view.contact(entry))
    buttons = [*map(speaker.show_button, near), speaker.handoff_button(), speaker.menu_button()]
    candidates = tuple(map(speaker.candidate, near))
    turn = speaker.done((card,), buttons, candidates, confidence=0.0, asked=speaker.state.asked)
    refused = (*speaker.state.refused, entry.id)
    state = replace(turn.state, refused=refused, misses=speaker.state.misses + 1)
    return _judged(speaker, replace(turn, state=state, decision="fallback"), entry, UNSOLVED)


def _judged(speaker: Speaker, turn: Turn, entry: Entry, kind: str) -> Turn:
    """The verdict counts once for each answer of a conversation, and never in a group."""
    before = speaker.state.judged
    if entry.id in before or speaker.in_group:
        return replace(turn, remark=True)
    judged = (*before, entry.id)[-_REMEMBERED:]
    state = replace(turn.state, judged=judged)
    return replace(turn, state=state, remark=True, reaction=Reaction(kind, entry.id))
