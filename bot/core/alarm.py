"""Danger without a sign, heard by its wording: the card, or a line under whatever is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from bot.core.danger_score import DangerCosts, Level, danger_level, telling_parts, wording_score
from bot.core.followup import is_settled
from bot.core.replies import Card, Cards, Part, Reply, Text
from bot.core.subject import what_is_said
from bot.core.text import plain_spelling
from bot.core.turn import Speaker, Turn
from bot.core.view import CityView

_MESSAGES = 5  # LINE's limit of one reply
_UNKNOWN = 0.5  # P(in scope) where nothing says more of the one than of the other
_SHORTEST = 3  # characters; less says nothing by its wording
# Who goes on about what was just answered tells of danger more rarely than who begins; an
# assumption, like the share of all messages.
_GOING_ON = DangerCosts(share=DangerCosts.share / 2)


def hidden_danger(
    view: CityView, text: str, in_scope: Callable[[], float], costs: DangerCosts | None = None
) -> Level:
    """Whether `text`, in which no sign stands, sounds like danger all the same.

    Never where the content has no card for it, or where a calm word of that card stands in the
    text. `in_scope` gives the matcher's P(in scope), and is asked only where it matters.
    """
    plain = plain_spelling(text)
    if view.learned_danger is None or len(plain) < _SHORTEST or plain.isdecimal():
        return "none"
    level = danger_level(text, in_scope, costs)
    return "none" if level != "none" and view.never_danger.any_in(plain) else level


def danger_by_wording(view: CityView, text: str) -> bool:
    """Whether the card would be given by the wording alone: no matcher is asked."""
    return hidden_danger(view, text, lambda: _UNKNOWN) == "card"


def danger_of(speaker: Speaker) -> Level:
    """The same of a speaker's message, which may go on about what was just answered."""
    text, state = speaker.text, speaker.state
    if (state.last or state.asked) and _is_done_with(speaker):
        return "none"
    costs = _GOING_ON if state.last else None
    return hidden_danger(speaker.view, text, lambda: speaker.rank(text).in_scope, costs)


def _is_done_with(speaker: Speaker) -> bool:
    """「もう業者に頼んじゃった」: done, in words that name nothing but what was talked of."""
    text = speaker.text
    return is_settled(text) and not what_is_said(text, speaker.view.tokenize).subjects


def with_danger_line(speaker: Speaker, turn: Turn) -> Turn:
    """The turn with the line where to call under its answer; all else stays as it is."""
    line = Text(speaker.words.say("danger_line"))
    return replace(turn, reply=replace(turn.reply, parts=_under(turn.reply, line)))


def _under(reply: Reply, line: Text) -> tuple[Part, ...]:
    """The line as a message of its own; of five, in the last one that holds plain words."""
    parts = list(reply.parts)
    if len(parts) < _MESSAGES:
        return (*parts, line)
    for place in reversed(range(_MESSAGES)):
        part = parts[place]
        if not isinstance(part, Cards):
            parts[place] = _joined(part, line.text)
            break
    return tuple(parts)


def _joined(part: Text | Card, line: str) -> Part:
    if isinstance(part, Text):
        return Text(f"{part.text}\n{line}")
    return replace(part, body=f"{part.body}\n{line}", fixed=False)


def explain_danger(view: CityView, text: str, in_scope: float) -> Iterator[str]:
    """Japanese sentences for staff: what in the message was, or was nearly, taken for danger."""
    if signs := view.lookout.find(text):
        titles = "、".join(danger.title for danger in signs[:2])
        yield f"危険の言葉（signs）があったので、「{titles}」の案内を先に出しました。"
        return
    level = hidden_danger(view, text, lambda: in_scope)
    if level == "none":
        return
    done = (
        "緊急の案内を先に出しました" if level == "card" else "答えの下に119・110の一行をつけました"
    )
    parts = "、".join(f"「{part}」" for part in telling_parts(text))
    yield (
        f"危険の言葉（signs）はありませんが、言い方が危険に近いので、{done}"
        f"（言い方の点 {wording_score(text):.1f}、市への質問らしさ {round(100 * in_scope)}%）。"
    )
    if parts:
        yield f"危険に近いと見た部分（ひらがなで見ます）：{parts}"
    yield "まちがいのときは、intents/emergencies.yaml の danger の calm に言葉を足してください。"
