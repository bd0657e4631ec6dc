"""Decide what to answer: a message and what is remembered in, a Turn out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from bot.core import guard
from bot.core.compose import (
    contact_card,
    emergency_card,
    entry_card,
    facet_card,
    fill,
    intent_part,
    label,
    related_buttons,
    show_button,
)
from bot.core.confidence import Decision, decide
from bot.core.conversation import State, action, read_action
from bot.core.documents import Ranking
from bot.core.emergency import find_emergencies
from bot.core.followup import (
    chosen_place,
    facet_alone,
    facets_in,
    refuses_answer,
    refuses_choices,
)
from bot.core.knowledge import Entry, Facet, Intent, Kind
from bot.core.language import language_asked_for, language_written_in
from bot.core.replies import Card, QuickReply, Reply, Text
from bot.core.view import CityView
from bot.core.wording import Wording
from bot.core.years import explain_year, with_both_calendars

MAX_BUTTONS = 13  # LINE's limit
# What is left of a message that only gave a number away.
_ABOUT_NUMBERS = re.compile(
    r"[\s。、．，!?！？「」（）()：:]|マイナンバー|個人番号|番号|電話|メール|アドレス|口座|カード|わたし|調べて|教えて|"
    r"確認して|登録して|お願いします|ください|です|ます|私|僕|俺|これ|は|が|の|を|に|で|と|も"
)
_LISTED = 5  # candidates reported beside the decision


@dataclass(frozen=True)
class Message:
    """What a resident said: masked words with the kinds that were masked, or a button's data."""

    text: str = ""
    masked: frozenset[str] = frozenset()
    data: str = ""


@dataclass(frozen=True)
class Candidate:
    """An item that was considered, best first; `covers` are checklist ids."""

    id: str
    kind: Kind
    title: str
    score: float
    covers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Turn:
    """The outcome of one message. With `choices` exactly the first candidates shown are offered."""

    reply: Reply
    state: State
    decision: Decision
    confidence: float
    candidates: tuple[Candidate, ...] = ()
    erase: bool = False


def respond(message: Message, state: State, view: CityView, today: date) -> Turn:
    """Answer one message of a resident. `today` is the day in Japan."""
    return _Dialog(message, state, view, today).turn()


@dataclass
class _Dialog:
    message: Message
    state: State
    view: CityView
    today: date
    language: str = field(init=False)

    def __post_init__(self) -> None:
        offered = self.view.languages()
        kept = self.state.language if self.state.language in offered else offered[0]
        written = language_written_in(self.message.text)
        self.language = written if written in offered and kept == offered[0] else kept
        self.text = guard.without_labels(self.message.text).strip()

    @property
    def words(self) -> Wording:
        return self.view.wording(self.language)

    # --- the order in which a message is understood ---

    def turn(self) -> Turn:
        turn = self._understood()
        warning = self._warning()
        if warning:
            parts = (Text(warning), *turn.reply.parts)
            turn = replace(turn, reply=replace(turn.reply, parts=parts))
        return turn

    def _understood(self) -> Turn:
        if self.message.data:
            return self._act(read_action(self.message.data))
        if not self.text or (self.message.masked and not _ABOUT_NUMBERS.sub("", self.text)):
            return self._say("empty", misses=self.state.misses)
        dangers = find_emergencies(self.text, self.view.content.emergencies)
        if dangers:
            return self._with_emergency([danger.id for danger in dangers[:2]])
        return self._button_pressed() or self._follow_up() or self._matched()

    def _button_pressed(self) -> Turn | None:
        """Words that stand for a button on screen."""
        if self.state.shown:
            for shown, data in self.state.shown:
                if self.text == shown:
                    return self._act(read_action(data))
            place = chosen_place(self.text)
            choices = [data for _, data in self.state.shown if self._shows(data)]
            if place is not None and choices and self.state.asked:
                if place >= len(choices):
                    return self._say("no_such_choice", keep_buttons=True)
                return self._act(read_action(choices[place]))
            if refuses_choices(self.text):
                return self._none_of_these()
        return None

    def _follow_up(self) -> Turn | None:
        if explained := explain_year(self.text, self.today):
            return self._answer(Text(explained), "year", (), title="年度・年号")
        last = self.view.entry(self.state.last)
        if last is None:
            return None
        if refuses_answer(self.text):
            return self._other_than(last)
        if facet := facet_alone(self.text):
            return self._facet(last, facet)
        return None

    def _matched(self) -> Turn:
        ranking = self._rank(self.text)
        decision = decide(ranking, self.view.costs)
        if decision == "answer":
            return self._show(ranking.matches[0].id, ranking)
        if decision == "choices":
            return self._choices(ranking)
        return self._fallback(ranking)

    # --- what a button does ---

    def _act(self, parts: dict[str, str]) -> Turn:
        match parts.get("do"):
            case "show" if self.view.item(parts.get("id", "")):
                return self._show(parts["id"])
            case "none":
                return self._none_of_these()
            case "handoff":
                return self._handoff()
            case "menu":
                return self._menu(None)
            case "language" if parts.get("to") in self.view.languages():
                return self._language(parts["to"])
            case "erase":
                return self._erase(parts.get("sure"))
            case "kept":
                return self._say("kept", decision="answer")
        return self._say("gone", decision="fallback")

    def _show(self, item_id: str, ranking: Ranking | None = None) -> Turn:
        """Show an item because it was matched (with its ranking) or chosen."""
        if self.view.emergency(item_id):
            return self._with_emergency([item_id], match=False)
        intent = self.view.intent(item_id)
        if intent:
            return self._intent(intent, ranking)
        entry = self.view.entry(item_id)
        assert entry is not None
        asked = self.text if ranking else ""
        lead = self._asked_facets(entry) if ranking else ""
        card = entry_card(self.view, entry, self.language, self.today, asked, lead)
        buttons = related_buttons(self.view, entry, self.language)
        buttons.append(self._handoff_button())
        return self._done(
            (card,), buttons, self._candidates(ranking, item_id), ranking, last=entry.id
        )

    def _asked_facets(self, entry: Entry) -> str:
        """What the entry knows of a facet the question itself names (スマホ教室いくら)."""
        said = [entry.details[f] for f in facets_in(self.text) if f in entry.details]
        if self.language != self.view.languages()[0]:
            return ""
        return "\n".join(text for text in said if text not in entry.answer)

    def _intent(self, intent: Intent, ranking: Ranking | None) -> Turn:
        actions = {
            "menu": lambda: self._menu(intent),
            "handoff": lambda: self._handoff(intent),
            "class_list": self._classes,
            "settings": lambda: self._say("settings", decision="answer"),
            "stop": lambda: self._say("stop", decision="answer"),
            "my_data": lambda: self._my_data(),
            "erase": lambda: self._erase(None),
            "language": lambda: self._language(language_asked_for(self.text)),
        }
        if intent.action in actions:
            turn = actions[intent.action]()
        elif intent.choices:
            turn = self._topic(intent)
        else:
            part = intent_part(self.view, intent, self.language)
            turn = self._done((part,), [self._menu_button()], ())
        candidates = self._candidates(ranking, intent.id)
        confidence = ranking.top1 if ranking else 1.0
        return replace(turn, decision="answer", confidence=confidence, candidates=candidates)

    # --- the three outcomes ---

    def _choices(self, ranking: Ranking) -> Turn:
        shown = self._near(ranking, 3)
        if len(shown) < 2:
            return self._fallback(ranking)
        buttons = self._unique([show_button(self.view, item, self.language) for item in shown])
        none = QuickReply(label(self.words.say("none_of_these")), action("none"))
        candidates = self._candidates(ranking)
        state = replace(self._next(), asked=self.text, shown=_shown([*buttons, none]), misses=0)
        prompt = Text(self.words.say("choices_prompt"))
        reply = Reply((prompt,), (*buttons, none))
        return Turn(reply, state, "choices", ranking.top3, candidates)

    def _fallback(self, ranking: Ranking | None) -> Turn:
        misses = self.state.misses + 1
        near = self._near(ranking, 3) if ranking and ranking.in_scope >= 0.5 else []
        buttons = self._unique([show_button(self.view, item, self.language) for item in near])
        key = "fallback" if misses < 2 else "fallback_again"
        body = self.words.say(key)
        if buttons:
            body += "\n" + self.words.say("fallback_near")
        first, rest = (buttons, [self._handoff_button(), self._menu_button()])
        if misses >= 2:
            first, rest = ([self._handoff_button()], [*buttons, self._menu_button()])
        card = contact_card(self.view, self.language, body)
        buttons = [*first, *rest]
        state = replace(
            self._next(), misses=misses, asked=self.text, shown=_shown(buttons), last=""
        )
        candidates = self._candidates(ranking)
        confidence = ranking.top1 if ranking else 0.0
        return Turn(Reply((card,), tuple(buttons)), state, "fallback", confidence, candidates)

    def _with_emergency(self, ids: list[str], match: bool = True) -> Turn:
        """The danger's card first; then, never instead of it, a sure answer to the rest."""
        dangers = [danger for each in ids if (danger := self.view.emergency(each))]
        cards: tuple[Card, ...] = tuple(
            emergency_card(self.view, danger, self.language) for danger in dangers
        )
        first = tuple(self._candidate(danger.id, 1.0) for danger in dangers)
        ranking = self._rank(self.text) if match and self.text else None
        if ranking and decide(ranking, self.view.costs) == "answer":
            entry = self.view.entry(ranking.matches[0].id)
            if entry is not None:
                turn = self._show(entry.id, ranking)
                reply = replace(turn.reply, parts=(*cards, *turn.reply.parts))
                return replace(turn, reply=reply, candidates=(*first, *turn.candidates))
        return self._done(cards, [self._menu_button()], first)

    # --- answers that depend on the one before ---

    def _facet(self, entry: Entry, facet: Facet) -> Turn:
        card = facet_card(self.view, entry, facet, self.language)
        buttons = [show_button(self.view, entry.id, self.language), self._handoff_button()]
        return self._done((card,), buttons, (self._candidate(entry.id, 1.0),), last=entry.id)

    def _other_than(self, last: Entry) -> Turn:
        refused = (*self.state.refused, last.id)
        self.state = replace(self.state, refused=refused)
        ranking = self._rank(self.state.asked) if self.state.asked else None
        near = self._near(ranking, 3) if ranking else []
        if ranking is None or len(near) < 2:
            return self._fallback(None)
        self.text = self.state.asked
        turn = self._choices(ranking)
        title = self.view.title(last.id, self.language)
        prompt = Text(self.words.say("other_than_last", title=title))
        state = replace(turn.state, refused=refused, last="")
        return replace(turn, reply=replace(turn.reply, parts=(prompt,)), state=state)

    def _none_of_these(self) -> Turn:
        return self._fallback(None)

    # --- intents with an action ---

    def _menu(self, intent: Intent | None) -> Turn:
        topics = list(intent.choices) if intent and intent.choices else self._topics()
        buttons = [show_button(self.view, topic, self.language) for topic in topics]
        text = self.words.say("menu")
        return self._done((Text(text),), [*buttons, self._handoff_button()], ())

    def _topics(self) -> list[str]:
        intents = self.view.content.intents.values()
        return [i.id for i in intents if i.choices and i.visible_in(self.view.city.id)]

    def _topic(self, intent: Intent) -> Turn:
        translated = self.view.translation(intent.id, self.language)
        text = (translated.answer if translated else intent.answer) or self.words.say("menu")
        visible = [choice for choice in intent.choices if self.view.item(choice)]
        buttons = [show_button(self.view, choice, self.language) for choice in visible]
        part = Text(fill(text, self.view, self.language))
        return self._done((part,), [*buttons, self._handoff_button()], ())

    def _handoff(self, intent: Intent | None = None) -> Turn:
        body = self.words.say("handoff", city=self.view.city.name_in(self.language))
        if intent and intent.answer:
            translated = self.view.translation(intent.id, self.language)
            said = translated.answer if translated else intent.answer
            body = fill(said, self.view, self.language)
        card = contact_card(self.view, self.language, body)
        return self._done((card,), [self._menu_button()], ())

    def _classes(self) -> Turn:
        classes = self.view.classes()
        key = "classes" if classes else "no_classes"
        buttons = [show_button(self.view, entry.id, self.language) for entry in classes]
        text = self.words.say(key, city=self.view.city.name_in(self.language))
        return self._done((Text(text),), [*buttons, self._handoff_button()], ())

    def _my_data(self) -> Turn:
        text = Text(self.words.say("my_data", days=str(self.view.days)))
        erase = QuickReply(label(self.words.say("erase_yes")), action("erase"))
        return self._done((text,), [erase, self._menu_button()], ())

    def _erase(self, sure: str | None) -> Turn:
        if sure:
            turn = self._done((Text(self.words.say("erased")),), [self._menu_button()], ())
            return replace(turn, state=State(), erase=True)
        yes = QuickReply(label(self.words.say("erase_yes")), action("erase", sure="yes"))
        no = QuickReply(label(self.words.say("erase_no")), action("kept"))
        return self._done((Text(self.words.say("erase_ask")),), [yes, no], ())

    def _language(self, chosen: str | None) -> Turn:
        offered = self.view.languages()
        if chosen not in offered:
            buttons = [
                QuickReply(label(self.view.wording(each).say("name")), action("language", to=each))
                for each in offered
            ]
            return self._done((Text(self.words.say("language_ask")),), buttons, ())
        assert chosen is not None
        self.language = chosen
        self.state = replace(self.state, language=chosen)
        said = Text(self.words.say("language_set", name=self.words.say("name")))
        last = self.view.entry(self.state.last)
        if last is None:
            return self._done((said,), [self._menu_button()], ())
        turn = self._show(last.id)
        reply = replace(turn.reply, parts=(said, *turn.reply.parts))
        return replace(turn, reply=reply)

    # --- small pieces ---

    def _rank(self, text: str) -> Ranking:
        return self.view.rank(with_both_calendars(guard.without_labels(text)))

    def _near(self, ranking: Ranking, count: int) -> list[str]:
        allowed = (m.id for m in ranking.matches if m.id not in self.state.refused)
        return [item for item in allowed if self.view.item(item)][:count]

    def _candidates(self, ranking: Ranking | None, chosen: str = "") -> tuple[Candidate, ...]:
        found = [
            self._candidate(match.id, match.score)
            for match in (ranking.matches if ranking else ())
            if match.id != chosen and match.id not in self.state.refused
        ]
        if chosen:
            scores = {match.id: match.score for match in ranking.matches} if ranking else {}
            found.insert(0, self._candidate(chosen, scores.get(chosen, 1.0)))
        return tuple(found[:_LISTED])

    def _candidate(self, item_id: str, score: float) -> Candidate:
        entry = self.view.entry(item_id)
        covers = entry.covers if entry else ()
        return Candidate(item_id, self.view.kind(item_id), self.view.title(item_id), score, covers)

    def _done(
        self,
        parts: tuple[Text | Card, ...],
        buttons: list[QuickReply],
        candidates: tuple[Candidate, ...],
        ranking: Ranking | None = None,
        last: str = "",
    ) -> Turn:
        buttons = self._unique(buttons)
        state = replace(
            self._next(),
            last=last,
            shown=_shown(buttons),
            misses=0,
            asked=self.text if ranking else self.state.asked if last else "",
        )
        confidence = ranking.top1 if ranking else 1.0
        return Turn(Reply(parts, tuple(buttons)), state, "answer", confidence, candidates)

    def _say(
        self,
        key: str,
        *,
        decision: Decision = "fallback",
        misses: int = 0,
        keep_buttons: bool = False,
    ) -> Turn:
        buttons = (
            [QuickReply(text, data) for text, data in self.state.shown] if keep_buttons else []
        )
        buttons = buttons or [self._menu_button(), self._handoff_button()]
        state = replace(self._next(), misses=misses, shown=_shown(buttons))
        if keep_buttons:
            state = replace(state, asked=self.state.asked, last=self.state.last)
        reply = Reply((Text(self.words.say(key)),), tuple(buttons))
        return Turn(reply, state, decision, 1.0 if decision == "answer" else 0.0)

    def _answer(self, part: Text, item_id: str, covers: tuple[str, ...], title: str) -> Turn:
        turn = self._done((part,), [self._menu_button()], ())
        candidate = Candidate(item_id, "intent", title, 1.0, covers)
        return replace(turn, candidates=(candidate,))

    def _next(self) -> State:
        return replace(self.state, refused=())

    def _warning(self) -> str:
        if guard.MY_NUMBER in self.message.masked:
            return self.words.say("my_number")
        return self.words.say("personal") if self.message.masked else ""

    def _handoff_button(self) -> QuickReply:
        return QuickReply(label(self.words.say("handoff_button")), action("handoff"))

    def _menu_button(self) -> QuickReply:
        return QuickReply(label(self.words.say("menu_button")), action("menu"))

    def _shows(self, data: str) -> bool:
        return read_action(data).get("do") == "show"

    def _unique(self, buttons: Iterable[QuickReply]) -> list[QuickReply]:
        """At most LINE's number of buttons, no label twice (words must select one of them)."""
        found: dict[str, QuickReply] = {}
        for button in buttons:
            text, number = button.label, 2
            while text in found and found[text].data != button.data:
                text = f"{button.label[:LABEL_CUT]}({number})"
                number += 1
            if button.label:
                found.setdefault(text, QuickReply(text, button.data))
        return list(found.values())[:MAX_BUTTONS]


LABEL_CUT = 16


def _shown(buttons: Iterable[QuickReply]) -> tuple[tuple[str, str], ...]:
    return tuple((button.label, button.data) for button in buttons)
