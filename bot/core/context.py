"""Read a message that names nothing new against what was said before it."""

from __future__ import annotations

from dataclasses import replace

from bot.core.answers import fall_back, offer_choices
from bot.core.classcards import coming_here, sessions_from
from bot.core.compose import contact_line, entry_card, facet_card
from bot.core.confidence import decide
from bot.core.conversation import read_action
from bot.core.documents import Ranking
from bot.core.followup import (
    asks_on,
    by_what_means,
    facet_alone,
    goes_on,
    links_back,
    loose_facet,
)
from bot.core.knowledge import Entry, Facet
from bot.core.replies import Reply, Text
from bot.core.subject import what_is_said
from bot.core.turn import Speaker, Turn, button

_ALL_BUT_SURE = 0.85
_HOW_TO_USE = "how-to-use"  # 「使い方がわからない」: of what was just answered


def is_about_last(speaker: Speaker, last: Entry, ranking: Ranking) -> bool:
    """Whether the message asks on about `last`, the entry just answered.

    `ranking` is the message read by itself: where it is clear about a thing it names, or about
    talk and settings, it is a new question.
    """
    text, view = speaker.text, speaker.view
    if goes_on(text):
        return True
    said = what_is_said(text, view.tokenize)
    clear = decide(ranking, view.costs) == "answer"
    if asks_on(text, said):
        return not (clear and _leaves_the_matter(speaker, ranking))
    if clear or not said.subjects:
        return False
    points_at_it = bool(ranking.matches) and ranking.matches[0].id == last.id
    return points_at_it or by_what_means(text, said)


def more_about(speaker: Speaker, entry: Entry) -> Turn:
    """What is known of `entry` for a question in passing, and whom to ask for the rest."""
    view, words, language = speaker.view, speaker.words, speaker.language
    facet = facet_alone(speaker.text) or loose_facet(speaker.text)
    if facet and (facet in entry.details or facet_alone(speaker.text)):
        card = facet_card(view, entry, facet, language)
    else:
        card = entry_card(view, entry, language, speaker.today)
        opening = words.say("goes_on", title=view.title(entry.id, language))
        ask = words.say("goes_on_ask", name=contact_line(words, view.contact(entry)))
        card = replace(card, body=f"{opening}\n{card.body}\n{ask}")
    buttons = (speaker.show_button(entry.id), speaker.handoff_button())
    found = (speaker.candidate(entry.id),)
    return speaker.done((card,), buttons, found, last=entry.id, asked=speaker.state.asked)


def about_facet(speaker: Speaker, entry: Entry, facet: Facet) -> Turn:
    """「いくら？」 after an answer: what `entry` knows of it, or whom to ask."""
    if entry.topic == "class" and facet is Facet.WHEN and coming_here(speaker):
        return speaker.as_intent("class_list", sessions_from(speaker, 0))
    card = facet_card(speaker.view, entry, facet, speaker.language)
    buttons = (speaker.show_button(entry.id), speaker.handoff_button())
    found = (speaker.candidate(entry.id),)
    return speaker.done((card,), buttons, found, last=entry.id, asked=speaker.state.asked)


def facet_of_nothing(speaker: Speaker, facet: Facet) -> Turn | None:
    """「いくら？」 with nothing before it: asks of what; None where an intent may know."""
    ranking = speaker.rank(speaker.text)
    if ranking.matches and speaker.view.intent(ranking.matches[0].id):
        return None
    words = speaker.words
    text = words.say("facet_no_context", facet=words.say(facet))
    turn = speaker.done((Text(text),), (speaker.menu_button(), speaker.handoff_button()))
    return replace(turn, decision="fallback", confidence=0.0)


def other_than(speaker: Speaker, last: Entry) -> Turn:
    """「そっちじゃなくて」: the next best for the same words, without what was refused."""
    state = replace(speaker.state, refused=(*speaker.state.refused, last.id))
    before = replace(speaker, state=state, text=speaker.state.asked)
    ranking = before.rank(before.text)
    turn = offer_choices(before, ranking) if before.text else fall_back(before)
    if turn.decision != "choices":
        return turn
    title = speaker.view.title(last.id, speaker.language)
    prompt = Text(speaker.words.say("other_than_last", title=title))
    refused = replace(turn.state, refused=state.refused, last="")
    return replace(turn, reply=replace(turn.reply, parts=(prompt,)), state=refused)


def about_choices(speaker: Speaker) -> Turn | None:
    """After a question back, a message without a subject is about one of what was offered."""
    offered = _offered(speaker)
    if not offered:
        return None
    said = what_is_said(speaker.text, speaker.view.tokenize)
    if not (goes_on(speaker.text) or asks_on(speaker.text, said)):
        return None
    together = speaker.rank(f"{speaker.state.asked} {speaker.text}")
    first = together.matches[0].id if together.matches else ""
    entry = speaker.view.entry(first)
    if entry and first in offered and decide(together, speaker.view.costs) == "answer":
        return more_about(speaker, entry)
    buttons = [speaker.show_button(item) for item in offered]
    buttons.append(button(speaker.words.say("none_of_these"), "none"))
    reply = Reply((Text(speaker.words.say("goes_on_which")),), tuple(buttons))
    state = replace(speaker.state, asked=f"{speaker.state.asked} {speaker.text}")
    found = tuple(speaker.candidate(item) for item in offered)
    return Turn(reply, state, "choices", together.top3, found)


def narrowed(speaker: Speaker, ranking: Ranking) -> Ranking:
    """「介護も？」「窓口では？」: read together with the question before, where that is clear."""
    state = speaker.state
    if not state.asked or not (state.last or _offered(speaker)) or not links_back(speaker.text):
        return ranking
    if decide(ranking, speaker.view.costs) == "answer":
        return ranking
    together = speaker.rank(f"{state.asked} {speaker.text}")
    near = {match.id for match in ranking.matches[:3]}
    clear = decide(together, speaker.view.costs) == "answer" and together.matches[0].id in near
    return together if clear else ranking


def _leaves_the_matter(speaker: Speaker, ranking: Ranking) -> bool:
    """Whether the clear first needs no subject (thanks, the menu, a person), or is all but sure."""
    first = ranking.matches[0].id
    intent = speaker.view.intent(first)
    if intent is None:
        return ranking.top1 >= _ALL_BUT_SURE
    asks_of_a_thing = intent.contact and not intent.action  # what no source says
    return not asks_of_a_thing and first != _HOW_TO_USE


def _offered(speaker: Speaker) -> list[str]:
    """What the question back on screen offers."""
    shown = [read_action(data) for _, data in speaker.state.shown]
    if speaker.state.last or not any(parts.get("do") == "none" for parts in shown):
        return []
    return [parts["id"] for parts in shown if parts.get("do") == "show" and "id" in parts]
