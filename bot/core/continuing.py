"""What is said to a message that asks on about an answer, or turns it down."""

from __future__ import annotations

from dataclasses import replace

from bot.core.answers import fall_back, offer_choices, show_intent
from bot.core.classcards import coming_here, sessions_from
from bot.core.compose import (
    contact_card,
    contact_line,
    entry_card,
    facet_card,
    first_sentence,
    said_card,
    told,
)
from bot.core.confidence import decide
from bot.core.context import OF_THE_OFFICE, THE_OFFICE, asks_on_alone
from bot.core.documents import Ranking
from bot.core.facets import facet_alone, facets_in, loose_facet
from bot.core.followup import (
    asks_outright,
    by_what_means,
    even_with,
    goes_on,
    is_settled,
    one_case_more,
    tells_a_case,
    wants_it_short,
)
from bot.core.knowledge import Entry, Facet, Intent, Status
from bot.core.points import Point, point_of, said_of
from bot.core.replies import Card, Text
from bot.core.rivals import is_unknown_matter
from bot.core.subject import Said, what_is_said
from bot.core.turn import Speaker, Turn
from bot.core.wording import JAPANESE


def more_about(speaker: Speaker, entry: Entry) -> Turn:
    """What is known of `entry` for a question in passing, and whom to ask for the rest."""
    return _about(speaker, entry, _more_card(speaker, entry))


def _about(speaker: Speaker, entry: Entry, card: Card) -> Turn:
    """The card, after which the entry is still what is talked of."""
    buttons = (speaker.show_button(entry.id), speaker.handoff_button())
    found = (speaker.candidate(entry.id),)
    return speaker.done((card,), buttons, found, last=entry.id, asked=speaker.state.asked)


def _more_card(speaker: Speaker, entry: Entry) -> Card:
    """The point or the facet that the message asks of; else all there is."""
    view, words, language = speaker.view, speaker.words, speaker.language
    if wants_it_short(speaker.text):
        card = entry_card(view, entry, language, speaker.today)
        return replace(card, body=first_sentence(card.body), fixed=False)
    alone = facet_alone(speaker.text)
    point = None if alone else point_of(speaker.text)
    pointed = _point_card(speaker, entry, point) if point else None
    if pointed:
        return pointed
    named = (loose_facet(speaker.text), *facets_in(speaker.text))
    facet = alone or next((each for each in named if each in entry.details), None)
    if facet:
        return facet_card(view, entry, facet, language)
    card = entry_card(view, entry, language, speaker.today)
    opening = words.say("goes_on", title=view.title(entry.id, language))
    ask = words.say("goes_on_ask", name=contact_line(words, view.contact(entry)))
    return replace(card, body=f"{opening}\n{card.body}\n{ask}")


def _point_card(speaker: Speaker, entry: Entry, point: Point) -> Card | None:
    """What the entry says of the point, or that no source does; None where all is to be shown.

    Its sentences are Japanese: in another language all there is is said.
    """
    view, language = speaker.view, speaker.language
    said = said_of(point, entry)
    if said and language != JAPANESE:
        return None
    if not said and point.thing and Facet.ITEMS in entry.details:
        return facet_card(view, entry, Facet.ITEMS, language)
    if not said:
        said = _point_unknown(speaker, entry, point)
    elif entry.status not in (Status.IN_OPERATION, Status.REFERENCE):
        # What is only planned, or over, is never told as if it were there.
        first = first_sentence(entry.answer)
        said = said if first in said else f"{first}\n{said}"
    return said_card(view, entry, told(view, entry, said, language), language)


def _point_unknown(speaker: Speaker, item: Entry | Intent, point: Point) -> str:
    """That no source says it of the item, and whom to ask."""
    view, words = speaker.view, speaker.words
    title, name = view.title(item.id, speaker.language), view.contact(item).name
    named = words.say(point.key, **({"thing": point.thing} if point.thing else {}))
    return words.say("point_unknown", title=title, point=named, name=name)


def about_facet(speaker: Speaker, entry: Entry, facet: Facet) -> Turn:
    """「いくら？」 after an answer: what `entry` knows of it, or whom to ask."""
    if entry.topic == "class" and facet is Facet.WHEN and coming_here(speaker):
        return speaker.as_intent("class_list", sessions_from(speaker, 0))
    return _about(speaker, entry, facet_card(speaker.view, entry, facet, speaker.language))


def facet_of_nothing(speaker: Speaker, facet: Facet) -> Turn | None:
    """「いくら？」 with nothing before it: asks of what; None where an intent may know.

    One that only says what no source tells knows nothing of a matter that was not named.
    """
    first = next((match.id for match in speaker.rank(speaker.text).matches), "")
    if speaker.view.intent(first) and not is_unknown_matter(first):
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


def about_unknown(speaker: Speaker, intent: Intent) -> Turn | None:
    """「期限は？」 after an intent that says no source gives it; None for anything else.

    `intent` was just shown. What is clear by itself is answered anew.
    """
    text, view = speaker.text, speaker.view
    said = what_is_said(text, view.tokenize)
    if goes_on(text):
        return None
    ranking = speaker.rank(text)
    facet = facet_alone(text) or loose_facet(text) or next(iter(facets_in(text)), None)
    if facet is None or not asks_on_alone(text, said):
        told = _is_told(speaker, intent, said, ranking)
        return show_intent(speaker, intent) if told else None
    clear = decide(ranking, view.costs) == "answer"
    if clear and not _is_of_nothing(speaker, ranking) and not even_with(text):
        return None
    body = _unknown(speaker, intent, facet)
    card = contact_card(view, speaker.language, body, view.contact(intent))
    found = (speaker.candidate(intent.id),)
    asked = speaker.state.asked
    buttons = (speaker.menu_button(), speaker.handoff_button())
    return speaker.done((card,), buttons, found, last=intent.id, asked=asked)


def _is_told(speaker: Speaker, intent: Intent, said: Said, ranking: Ranking) -> bool:
    """「持ち込みできる？」「車持っててもいい？」: of the intent's matter, and of nothing clear alone
    but that the office was asked."""
    if not is_unknown_matter(intent.id):
        return False
    decision = decide(ranking, speaker.view.costs)
    near = [match.id for match in ranking.matches[:3]]
    of_office = decision == "answer" and near[0] in OF_THE_OFFICE
    if of_office and is_settled(speaker.text):
        return True  # 「もう市役所に電話しました」
    clear = decision == "answer" and not (near[0] in THE_OFFICE and even_with(speaker.text))
    if clear:
        return False
    if tells_a_case(speaker.text) and (decision == "fallback" or not said.subjects):
        return True
    if not asks_outright(speaker.text):
        return False
    if one_case_more(speaker.text) or near[:1] == [intent.id]:
        return True
    if decision == "fallback" and (intent.id in near or by_what_means(speaker.text, said)):
        return True
    return asks_on_alone(speaker.text, said)


def _unknown(speaker: Speaker, intent: Intent, facet: Facet) -> str:
    """That no source gives what is asked of the intent's matter, and whom to ask."""
    text, words, view = speaker.text, speaker.words, speaker.view
    point = None if facet_alone(text) else point_of(text)
    if point:
        return _point_unknown(speaker, intent, point)
    title, name = view.title(intent.id, speaker.language), view.contact(intent).name
    if facet is Facet.PHONE:
        return words.say("goes_on", title=title)
    return words.say("facet_unknown", title=title, facet=words.say(facet), name=name)


def _is_of_nothing(speaker: Speaker, ranking: Ranking) -> bool:
    """Whether the first only says of a facet in general that no source gives it (手数料, 会場), or
    is an entry or a menu that nobody named: 「何日以内？」「ネットでできる？」."""
    text = speaker.text
    intent = speaker.view.intent(ranking.matches[0].id)
    if intent is None or intent.choices or intent.topics:
        return facet_alone(text) is not None and asks_outright(text)
    return bool(intent.contact) and not intent.action
