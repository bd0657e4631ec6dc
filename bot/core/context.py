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
    asks_also,
    asks_on,
    asks_outright,
    by_what_means,
    facet_alone,
    facets_in,
    goes_on,
    is_bare_noun,
    is_short_question,
    links_back,
    loose_facet,
    one_case_more,
)
from bot.core.knowledge import Entry, Facet
from bot.core.replies import Reply, Text
from bot.core.subject import Said, what_is_said
from bot.core.text import fold
from bot.core.turn import Speaker, Turn, button

_ALL_BUT_SURE, _UNLIKELY = 0.85, 0.5
_HOW_TO_USE = "how-to-use"  # 「使い方がわからない」: of what was just answered


def is_about_last(speaker: Speaker, last: Entry, ranking: Ranking) -> bool:
    """Whether the message asks on about `last`, the entry just answered.

    `ranking` is the message read by itself: where it is clear about a thing it names, or about
    talk and settings, it is a new question.
    """
    text, view = speaker.text, speaker.view
    if goes_on(text):
        return True
    said, further = what_is_said(text, view.tokenize), one_case_more(text)
    decision = decide(ranking, view.costs)
    clear = decision == "answer"
    if is_bare_noun(text) and decision != "fallback":
        return False
    if asks_on(text, said) or (further and not said.subjects):
        return further or not (clear and _leaves_the_matter(speaker, ranking))
    if not said.subjects or not ranking.matches:
        return decision == "fallback" and not said.subjects and asks_outright(text)
    near = [match.id for match in ranking.matches[:3]]
    if further and last.id in near:
        return True
    if clear:
        return _is_case_of(last, text, said, view.title(near[0]), ranking.top1)
    if near[0] == last.id or by_what_means(text, said):
        return True
    return is_short_question(text) and _names_nothing_else(speaker, last, said, ranking)


def more_about(speaker: Speaker, entry: Entry) -> Turn:
    """What is known of `entry` for a question in passing, and whom to ask for the rest."""
    view, words, language = speaker.view, speaker.words, speaker.language
    alone = facet_alone(speaker.text)
    named = (loose_facet(speaker.text), *facets_in(speaker.text))
    facet = alone or next((each for each in named if each in entry.details), None)
    if facet:
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


def _is_case_of(last: Entry, text: str, said: Said, title: str, top1: float) -> bool:
    """Whether a message that is clear by itself only asks of one case more of `last`.

    So are 「ペイペイも？」 and 「領収書は出る？」 after an answer that speaks of 領収書, but not what
    names the very thing that the clear first is about.
    """
    if (top1 >= _ALL_BUT_SURE and not asks_also(text)) or not is_short_question(text):
        return False
    if len(said.strange_to(fold(title))) < len(said.subjects):
        return False
    return one_case_more(text) or not said.strange_to(_words_of(last))


def _names_nothing_else(speaker: Speaker, last: Entry, said: Said, ranking: Ranking) -> bool:
    """Whether a message names only what `last` speaks of, or a thing that no title near it has."""
    view = speaker.view
    strange = said.strange_to(_words_of(last))
    titles = fold(" ".join(view.title(match.id) for match in ranking.matches[:3]))
    if set(strange) - set(said.strange_to(titles)):
        return False
    if not strange or one_case_more(speaker.text):
        return True
    names = [word for word in strange if word in said.names]
    if not names:
        return ranking.top1 < _UNLIKELY
    alone = len(names) == 1 and not names[0].isascii()
    unheard = decide(ranking, view.costs) == "fallback"
    return alone and unheard and asks_outright(speaker.text)


def _words_of(entry: Entry) -> str:
    """What an entry says and is asked, as one folded text."""
    return fold(" ".join((entry.title, *entry.questions, entry.answer, *entry.details.values())))


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
