"""What the bot does for an intent that is more than a set answer: menus, handoff, erasing …"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.core import choosing
from bot.core.attributes import TOPICS
from bot.core.changes import MONTHLY_CAP, QUIET_HOURS
from bot.core.classcards import CARDS, coming_here, session_cards
from bot.core.compose import contact_card, entry_card, fill, intent_part
from bot.core.conversation import State
from bot.core.knowledge import Intent
from bot.core.language import language_asked_for
from bot.core.preferences import lines, steps
from bot.core.replies import Card, Text
from bot.core.turn import Speaker, Turn, button, with_cards_first

_CLASS_CARDS = 3  # LINE shows five messages at most
_LESS = (TOPICS, QUIET_HOURS, MONTHLY_CAP)  # what makes announcements fewer


def perform(intent: Intent, speaker: Speaker) -> Turn:
    """Answer with an intent: its action, its topic menu, or its set words."""
    if intent.action in _ACTIONS:
        return _ACTIONS[intent.action](speaker, intent)
    if intent.choices or intent.topics:
        return _topic(speaker, intent)
    part = intent_part(speaker.view, intent, speaker.language)
    return speaker.done((part,), (speaker.menu_button(),))


def menu(speaker: Speaker, intent: Intent | None = None) -> Turn:
    """The topics to choose from."""
    topics = list(intent.choices) if intent and intent.choices else _all_topics(speaker)
    buttons = [speaker.show_button(topic) for topic in topics]
    if not any(_leads_to_person(speaker, topic) for topic in topics):
        buttons.append(speaker.handoff_button())
    buttons += speaker.settings_buttons()
    return speaker.done((Text(speaker.words.say("menu")),), buttons)


def handoff(speaker: Speaker, intent: Intent | None = None) -> Turn:
    """How to reach a person."""
    body = speaker.words.say("handoff", city=_city(speaker))
    if intent and intent.answer:
        body = _answer(speaker, intent)
    card = contact_card(speaker.view, speaker.language, body)
    return speaker.done((card,), (speaker.menu_button(),))


def erase(speaker: Speaker, intent: Intent | None = None, *, sure: bool = False) -> Turn:
    """Ask before erasing; with `sure` the caller erases everything about the resident.

    In a group nothing is erased, and nothing is promised.
    """
    words = speaker.words
    if speaker.in_group:
        return speaker.say("erase_elsewhere", "answer")
    if not sure:
        yes = button(words.say("erase_yes"), "erase", sure="yes")
        no = button(words.say("erase_no"), "kept")
        # Without a resident, on a web page, there is nothing but the talk that could be found.
        asked = words.say("erase_ask")
        if speaker.resident is None:
            asked = words.say("erase_ask_talk", days=str(speaker.view.days))
        return speaker.done((Text(asked),), (yes, no))
    turn = speaker.done((Text(words.say("erased")),), (speaker.menu_button(),))
    return replace(turn, state=State(), erase=True)


def choose_language(speaker: Speaker, language: str | None) -> Turn:
    """Answer in `language` from now on, or offer the languages there are."""
    offered = speaker.view.languages()
    if language is None or language not in offered:
        buttons = [
            button(speaker.view.wording(each).say("name"), "language", to=each) for each in offered
        ]
        return speaker.done((Text(speaker.words.say("language_ask")),), buttons)
    chosen = replace(speaker, language=language, state=replace(speaker.state, language=language))
    said = chosen.words.say("language_set", name=chosen.words.say("name"))
    return chosen.done((Text(said),), (chosen.menu_button(),), last=speaker.state.last)


def _topic(speaker: Speaker, intent: Intent) -> Turn:
    text = _answer(speaker, intent) or speaker.words.say("menu")
    buttons = [speaker.show_button(choice) for choice in speaker.view.menu_of(intent)]
    return speaker.done((Text(text),), (*buttons, speaker.handoff_button()))


def _classes(speaker: Speaker, intent: Intent) -> Turn:
    """What is to come and the city's own classes as cards, the common help behind buttons.

    A single class is what follow-ups are about; of several they are asked back about.
    """
    view, language = speaker.view, speaker.language
    classes = view.classes()
    own = [entry for entry in classes if entry.city == view.city.id][:_CLASS_CARDS]
    dated = coming_here(speaker)
    text = speaker.words.say("classes" if classes or dated else "no_classes", city=_city(speaker))
    cards = (entry_card(view, entry, language, speaker.today) for entry in own)
    sessions = (session_cards(speaker, dated),) if dated else ()
    buttons = [speaker.show_button(entry.id) for entry in classes if entry not in own]
    if len(dated) > CARDS:
        more = button(speaker.words.say("sessions_more"), "sessions", start=str(CARDS))
        buttons.insert(0, more)
    turn = speaker.done(
        (Text(text), *sessions, *cards),
        (*buttons, speaker.handoff_button()),
        tuple(speaker.candidate(entry.id) for entry in own),
        last=own[0].id if len(own) == 1 else intent.id,
        asked=speaker.text,
    )
    return with_cards_first(turn, (speaker.show_button(entry.id) for entry in own))


def _my_data(speaker: Speaker, intent: Intent) -> Turn:
    """Everything that is kept; neutral on a lock screen, where it may be about a child."""
    words = speaker.words
    key = "my_data_talk" if speaker.resident is None else "my_data"
    text = words.say(key, days=str(speaker.view.days))
    buttons = (button(words.say("erase_yes"), "erase"), speaker.menu_button())
    if speaker.resident is None:
        return speaker.done((Text(text),), buttons)
    chosen = lines(speaker.view, speaker.language, speaker.resident.profile())
    listed = "\n".join(chosen) or words.say("settings_none")
    title = speaker.view.title(intent.id, speaker.language)
    card = Card(title, f"{listed}\n\n{text}", words.say("sensitive_alt"))
    return speaker.done((card,), (*speaker.settings_buttons(), *buttons))


def _stop(speaker: Speaker, intent: Intent) -> Turn:
    """How to get less, or nothing any more."""
    words = speaker.words
    if not speaker.view.asked:
        return speaker.say("stop", "answer")
    if speaker.resident is None:
        return speaker.say("settings_elsewhere", "answer")
    offered = [step for step in steps(speaker.view, speaker.language) if step.id in _LESS]
    buttons = [button(step.title, "choose", a=step.id) for step in offered]
    settings = (*speaker.settings_buttons(), speaker.menu_button())
    return speaker.done((Text(words.say("stop_settings")),), (*buttons, *settings))


def _language(speaker: Speaker, intent: Intent) -> Turn:
    return choose_language(speaker, language_asked_for(speaker.text))


_ACTIONS: Mapping[str, Callable[[Speaker, Intent], Turn]] = {
    "menu": menu,
    "handoff": handoff,
    "class_list": _classes,
    "settings": choosing.settings,
    "stop": _stop,
    "my_data": _my_data,
    "erase": erase,
    "language": _language,
}


def _all_topics(speaker: Speaker) -> list[str]:
    intents = speaker.view.content.intents.values()
    menus = [i for i in intents if i.choices and not i.action]
    return [i.id for i in menus if i.visible_in(speaker.view.city.id)]


def _leads_to_person(speaker: Speaker, intent_id: str) -> bool:
    intent = speaker.view.intent(intent_id)
    return intent is not None and intent.action == "handoff"


def _answer(speaker: Speaker, intent: Intent) -> str:
    translated = speaker.view.translation(intent.id, speaker.language)
    answer = translated.answer if translated else intent.answer
    return fill(answer, speaker.view, speaker.language)


def _city(speaker: Speaker) -> str:
    return speaker.view.city.name_in(speaker.language)
