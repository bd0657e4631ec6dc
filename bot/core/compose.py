"""Entries, intents and emergencies -> what the bot says about them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from bot.core.conversation import action
from bot.core.knowledge import Contact, Emergency, Entry, Facet, Intent, Link, Status
from bot.core.replies import Card, QuickReply, Text
from bot.core.view import CityView
from bot.core.wording import JAPANESE, Wording
from bot.core.years import is_older_than_a_year, periods

LABEL_LENGTH = 20  # LINE's limit for quick replies, in grapheme clusters; ours in characters
_FIRST_SENTENCE = re.compile(r"^.*?(?:[。！？!?]|\.(?=\s|$)|\n|$)", re.S)
_PLAN_OF_A_YEAR = re.compile(r"(20\d\d)年の計画では")
_MAX_RELATED, _MAX_TERMS = 4, 2


def label(text: str) -> str:
    """A button's label: `text` within LABEL_LENGTH characters."""
    return text if len(text) <= LABEL_LENGTH else text[: LABEL_LENGTH - 1] + "…"


def first_sentence(text: str) -> str:
    """The first sentence with its mark."""
    found = _FIRST_SENTENCE.match(text.strip())
    return found.group().strip() if found else ""


def entry_card(
    view: CityView, entry: Entry, language: str, today: date, asked: str = "", more: str = ""
) -> Card:
    """The answer as a card; `more` is said after it, `asked` is what the resident wrote.

    The answer's own first sentence stays first: it carries the status word.
    """
    words = view.wording(language)
    year = _other_year(words, entry, asked, today)
    old = "" if year else _old(words, entry, today)
    said = "" if more or year else old
    key = ("card", entry.id, language, bool(said))
    card = view.once(key, lambda: _fixed_card(view, entry, language, said))
    if not (more or year):
        return card
    body = "\n".join(part for part in (card.body, more, year or old) if part)
    return replace(card, body=body, fixed=False)


def _fixed_card(view: CityView, entry: Entry, language: str, old: str) -> Card:
    """The answer as anybody is given it, with the sentence that it is `old` once it is."""
    words = view.wording(language)
    translated = view.translation(entry.id, language)
    title = translated.title if translated else entry.title
    answer = told(view, entry, translated.answer if translated else entry.answer, language)
    contact = view.contact(entry)
    return Card(
        title=title,
        body=f"{answer}\n{old}" if old else answer,
        alt=words.say("sensitive_alt") if entry.sensitive else f"{title}：{first_sentence(answer)}",
        links=_links(view, entry),
        phones=entry.phones + ((contact,) if contact.phone else ()),
        note=_note(words, view, entry),
        fixed=True,
    )


def facet_card(view: CityView, entry: Entry, facet: Facet, language: str) -> Card:
    """The answer to 「いくら？」 and the like about `entry`; says so where no source gives it."""
    said = _facet_text(view.wording(language), view, entry, facet, view.contact(entry), language)
    return said_card(view, entry, said, language, contact=facet is not Facet.PHONE)


def said_card(
    view: CityView, entry: Entry, said: str, language: str, *, contact: bool = True
) -> Card:
    """A part of the answer, or that no source gives it, with `contact`: whom to ask by phone."""
    words, title = view.wording(language), view.title(entry.id, language)
    office = view.contact(entry)
    ask = contact_line(words, office) if contact and office.phone else ""
    return Card(
        title=title,
        body=f"{said}\n{ask}".strip(),
        alt=words.say("sensitive_alt") if entry.sensitive else f"{title}：{first_sentence(said)}",
        links=_links(view, entry),
        phones=entry.phones + ((office,) if office.phone else ()),
        note=_note(words, view, entry),
    )


def intent_part(view: CityView, intent: Intent, language: str) -> Text | Card:
    """The set answer of an intent: a card where it has buttons, else plain words."""
    return view.once(("said", intent.id, language), lambda: _intent_part(view, intent, language))


def _intent_part(view: CityView, intent: Intent, language: str) -> Text | Card:
    translated = view.translation(intent.id, language)
    answer = fill(translated.answer if translated else intent.answer, view, language)
    contact = view.contact(intent) if intent.contact else None
    phones = (contact,) if contact and contact.phone else ()
    links = view.links(intent.links)
    if contact and not phones and not links:
        links = view.links(("city_top",))
    if not (links or phones):
        return Text(answer)
    title = view.title(intent.id, language)
    alt = f"{title}：{first_sentence(answer)}"
    return Card(title, answer, alt, links, phones, fixed=True)


def emergency_card(view: CityView, emergency: Emergency, language: str) -> Card:
    """The card that comes before everything else."""
    words = view.wording(language)
    translated = view.translation(emergency.id, language)
    title = translated.title if translated else emergency.title
    answer = fill(translated.answer if translated else emergency.answer, view, language)
    return Card(
        title=title,
        body=answer,
        alt=words.say("sensitive_alt")
        if emergency.sensitive
        else f"{title}：{first_sentence(answer)}",
        links=view.links(emergency.links),
        phones=emergency.phones,
        tone="emergency",
    )


def contact_card(view: CityView, language: str, body: str, contact: Contact | None = None) -> Card:
    """How to reach a person: `contact`, or the city's main one."""
    words = view.wording(language)
    contact = contact or view.contact()
    title = words.say("contact_title")
    return Card(
        title=title,
        body=f"{body}\n{contact_line(words, contact)}",
        alt=f"{title}：{first_sentence(body)}",
        links=view.links(("city_top",)),
        phones=(contact,) if contact.phone else (),
    )


def contact_line(words: Wording, contact: Contact) -> str:
    """Whom to ask, in one line."""
    if contact.phone:
        return words.say("contact_phone", name=contact.name, phone=contact.phone)
    return words.say("contact_no_phone", name=contact.name)


def related_buttons(view: CityView, entry: Entry, language: str) -> list[QuickReply]:
    """Buttons for what helps next, and for glossary words that stand in the answer."""
    made = view.once(("related", entry.id, language), lambda: _related(view, entry, language))
    return list(made)


def _related(view: CityView, entry: Entry, language: str) -> tuple[QuickReply, ...]:
    related = [item for item in entry.related if view.item(item)][:_MAX_RELATED]
    buttons = [
        QuickReply(label(view.title(item, language)), action("show", id=item)) for item in related
    ]
    if language == JAPANESE:
        buttons += [
            QuickReply(label(f"{word}とは"), action("show", id=term_id))
            for term_id, word in _terms_in(view, entry)
            if term_id not in related
        ]
    return tuple(buttons)


def fill(text: str, view: CityView, language: str) -> str:
    """Put the city's name where {city} stands."""
    return text.replace("{city}", view.city.name_in(language))


def told(view: CityView, entry: Entry, text: str, language: str) -> str:
    """A text of an entry as this city says it: what only other cities' plans said is said so."""
    filled = fill(text, view, language)
    if entry.city == view.city.id or _own_sources(view, entry):
        return filled
    return _PLAN_OF_A_YEAR.sub(r"\1年のほかの市の計画では", filled)


def _own_sources(view: CityView, entry: Entry) -> list[str]:
    return [source for source in entry.sources if source.startswith(view.city.plan)]


def _terms_in(view: CityView, entry: Entry) -> list[tuple[str, str]]:
    """The longest glossary words in the answer, with the ids of their terms."""
    found: dict[str, str] = {}
    for word, term_id in view.glossary:
        if word in entry.answer and term_id not in (entry.id, *entry.covers):
            found.setdefault(term_id, word)
    return list(found.items())[:_MAX_TERMS]


def _links(view: CityView, entry: Entry) -> tuple[Link, ...]:
    links = view.links(entry.links)
    if not links and not view.contact(entry).phone:
        links = view.links(("pref_top" if entry.level == "prefecture" else "city_top",))
    return links


def _note(words: Wording, view: CityView, entry: Entry) -> str:
    own = _own_sources(view, entry)
    if own or entry.city == view.city.id:
        return words.say("note", source=(own or list(entry.sources))[0], as_of=entry.as_of)
    return words.say("note_common", as_of=entry.as_of)


def _old(words: Wording, entry: Entry, today: date) -> str:
    if entry.is_term or not is_older_than_a_year(entry.as_of, today):
        return ""
    return words.say("old", as_of=entry.as_of)


def _other_year(words: Wording, entry: Entry, asked: str, today: date) -> str:
    """Says so when the resident names a year that the entry knows nothing of."""
    wanted = periods(asked, today)
    if not wanted:
        return ""
    known = periods(" ".join((entry.as_of, entry.title, entry.answer, *entry.questions)))
    if not known or any(a.overlaps(b) for a in wanted for b in known):
        return ""
    return words.say("other_year", asked=wanted[0].words, as_of=entry.as_of)


def _facet_text(
    words: Wording, view: CityView, entry: Entry, facet: Facet, contact: Contact, language: str
) -> str:
    if facet in entry.details:
        return told(view, entry, entry.details[facet], language)
    title = view.title(entry.id, language)
    if facet is Facet.PHONE:
        return contact_line(words, contact)
    if facet is Facet.ONLINE and entry.online_status in _ONLINE:
        key = _ONLINE[entry.online_status]
        values = {"title": title, "as_of": entry.as_of}
        return words.say(key, **values)
    return words.say("facet_unknown", title=title, facet=words.say(facet), name=contact.name)


_ONLINE = {
    Status.IN_OPERATION: "facet_online_in_operation",
    Status.PLANNED: "facet_online_planned",
    Status.UNDER_CONSIDERATION: "facet_online_under_consideration",
}
