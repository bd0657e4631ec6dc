"""Decide what to answer: a message and what is remembered in, a Turn out. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from bot.core import actions, answers, choosing, guard
from bot.core.alarm import danger_of, with_danger_line
from bot.core.another import acts_on_another_thing
from bot.core.classcards import no_sessions, sessions_for, sessions_from
from bot.core.classdates import Wanted, read_wanted
from bot.core.context import is_about_last, offered_by
from bot.core.continuing import (
    about_facet,
    about_unknown,
    facet_of_nothing,
    more_about,
    other_than,
)
from bot.core.conversation import State, action, read_action
from bot.core.correcting import corrected, refuses_answer
from bot.core.documents import Ranking
from bot.core.elsewhere import about_elsewhere
from bot.core.facets import facet_alone
from bot.core.followup import changes_topic, without_change_of_topic, without_way_back
from bot.core.instead import ranked_as_meant
from bot.core.knowledge import Entry, Facet
from bot.core.language import language_written_in
from bot.core.lures import OF_FRAUD, is_lure
from bot.core.narrowing import (
    after_question_back,
    names_what_is_near,
    narrowed,
    of_same_matter,
    points_within,
)
from bot.core.offered import about_choices, meant_among
from bot.core.picking import chooses_all, chosen_place, pointed_at, refuses_choices
from bot.core.preferences import steps
from bot.core.reactions import choice, read_verdict
from bot.core.replies import Text
from bot.core.resident import Resident
from bot.core.rivals import is_unknown_matter, settled, stands_alone
from bot.core.smalltalk import nods, talk
from bot.core.text import forget
from bot.core.turn import Candidate, Message, Speaker, Turn
from bot.core.view import CityView
from bot.core.wants import wants_by
from bot.core.why import why_received
from bot.core.wishes import may_be_wish, read_wish
from bot.core.years import explain_year

# What is left of a message that only gave a number away.
_ABOUT_NUMBERS = re.compile(
    r"[\s。、．，!?！？「」（）()：:]|マイナンバー|個人番号|番号|電話|メール|アドレス|口座|カード|わたし|調べて|教えて|"
    r"確認して|登録して|お願いします|ください|です|ます|私|僕|俺|これ|は|が|の|を|に|で|と|も"
)

_FEW = 3  # answers that are shown one after another


def respond(
    message: Message,
    state: State,
    view: CityView,
    today: date,
    resident: Resident | None = None,
) -> Turn:
    """Answer one message of a resident. `today` is the day in Japan.

    Without `resident` (a web page, a group) nobody's settings are read or changed.
    """
    try:
        speaker = _speaker(message, state, view, today, resident)
        turn = _Dialog(message, speaker).understood()
    finally:
        forget()
    warning = _warning(message, speaker)
    if warning:
        parts = (Text(warning), *turn.reply.parts)
        turn = replace(turn, reply=replace(turn.reply, parts=parts))
    return turn


def _speaker(
    message: Message, state: State, view: CityView, today: date, resident: Resident | None
) -> Speaker:
    text = guard.without_labels(message.text).strip()
    if state.last or state.asked:
        if changes_topic(text):
            state = replace(state, last="", asked="")
            text = without_change_of_topic(text)
        else:
            text = without_way_back(text)
    language = _language(message, state, view)
    return Speaker(view, state, language, text, today, resident, message.at, message.in_group)


def _language(message: Message, state: State, view: CityView) -> str:
    """The language chosen; for an English sentence English, where it is offered."""
    offered = view.languages()
    kept = state.language if state.language in offered else offered[0]
    written = language_written_in(message.text)
    return written if written in offered and kept == offered[0] else kept


def _warning(message: Message, speaker: Speaker) -> str:
    if guard.MY_NUMBER in message.masked:
        return speaker.words.say("my_number")
    return speaker.words.say("personal") if message.masked else ""


@dataclass(frozen=True)
class _Dialog:
    """One message and its speaker: finds out what is meant and has it said."""

    message: Message
    speaker: Speaker

    @property
    def view(self) -> CityView:
        return self.speaker.view

    @property
    def state(self) -> State:
        return self.speaker.state

    # --- the order in which a message is understood ---

    def understood(self) -> Turn:
        text = self.speaker.text
        if self.message.data:
            return self._press(self.message.data)
        if not text or (self.message.masked and not _ABOUT_NUMBERS.sub("", text)):
            return self.speaker.say("empty")
        dangers = self.view.lookout.find(text)
        if dangers:
            return answers.show_emergency(self.speaker, *(danger.id for danger in dangers[:2]))
        known = self._button_pressed() or self._verdict() or self._wish() or self._talked()
        return known or self._alarmed()

    def _alarmed(self) -> Turn:
        """What is answered, with what its wording calls for where it sounds like danger."""
        level, card = danger_of(self.speaker), self.view.learned_danger
        if level == "card" and card:
            return answers.show_emergency(self.speaker, card.id)
        turn = self._answered()
        return turn if level == "none" else with_danger_line(self.speaker, turn)

    def _answered(self) -> Turn:
        turn = about_elsewhere(self.speaker) or corrected(self.speaker)
        return turn or self._sessions() or self._follow_up() or self._matched()

    def _button_pressed(self) -> Turn | None:
        """Words that stand for a button on screen."""
        text, shown = self.speaker.text, self.state.shown
        for words, data in shown:
            if text == words:
                return self._press(data)
        choices = [data for _, data in shown if read_action(data).get("do") == "show"]
        place = None if self.state.asking else chosen_place(text)
        if place is not None:
            if -len(choices) <= place < len(choices):
                return self._press(choices[place])
            return answers.offer_again(self.speaker) if choices else self.speaker.say("empty")
        if shown and (refuses_choices(text) or (refuses_answer(text) and not self._last())):
            return answers.fall_back(self.speaker)
        offered = offered_by(self.speaker)
        if chooses_all(text) and offered:
            shows = answers.show_each if self._are_few_matters(offered) else answers.ask_again
            return shows(self.speaker, offered)
        return self._pointed_at(choices, asked_back=bool(offered)) if choices else None

    def _are_few_matters(self, ids: list[str]) -> bool:
        """Whether all can be shown one after another, and none is small talk or a menu."""
        few = len(ids) <= _FEW
        return few and all(self.view.entry(each) or is_unknown_matter(each) for each in ids)

    def _pointed_at(self, choices: list[str], *, asked_back: bool) -> Turn | None:
        """A part of a title on screen: 「コンビニのやつ」."""
        titles = {data: self.view.title(read_action(data).get("id", "")) for data in choices}
        if last := self._last():  # whose title may have the words as well as a button under it
            titles.setdefault(action("show", id=last.id), last.title)
        data = pointed_at(self.speaker.text, titles, asked_back=asked_back)
        if data and not (last and read_action(data).get("id") == last.id):
            return self._press(data)
        return None

    def _last(self) -> Entry | None:
        """The entry just answered."""
        return self.view.entry(self.state.last)

    def _verdict(self) -> Turn | None:
        """「解決しました」 about the answer just given."""
        last = self._last()
        solved = read_verdict(self.speaker.text) if last else None
        if last is None or solved is None:
            return None
        return answers.take_verdict(self.speaker, last, solved=solved)

    def _wish(self) -> Turn | None:
        """Settings changed by talking."""
        speaker, asking = self.speaker, self.state.asking
        if moved := choosing.moved_on(speaker):
            return moved
        if not may_be_wish(speaker.text, self.view.catalog, asking):
            return None
        found = steps(self.view, speaker.language)
        wish = read_wish(speaker.text, found, self.view.catalog, speaker.today, asking)
        if wish is None or not (wish.sure or speaker.resident):
            return None
        return speaker.as_intent("settings", choosing.wished(speaker, wish))

    def _sessions(self) -> Turn | None:
        """Dated classes and events, where the city has listed what is asked for."""
        wanted = self._wanted()
        turn = sessions_for(self.speaker, wanted) if wanted else None
        return self.speaker.as_intent("class_list", turn) if turn else None

    def _wanted(self) -> Wanted | None:
        return read_wanted(self.speaker.text, self.speaker.today, self.view.city.names)

    def _follow_up(self) -> Turn | None:
        text = self.speaker.text
        if explained := explain_year(text, self.speaker.today):
            turn = self.speaker.done((Text(explained),), (self.speaker.menu_button(),))
            return replace(turn, candidates=(Candidate("year", "intent", "年度・年号", 1.0),))
        last, facet = self._last(), facet_alone(text)
        asked_on = meant_among(self.speaker) or after_question_back(self.speaker)
        if asked_on := asked_on or about_choices(self.speaker):
            return asked_on
        if last is None:
            return self._of_no_entry(facet)
        if refuses_answer(text):
            return other_than(self.speaker, last)
        return about_facet(self.speaker, last, facet) if facet else None

    def _of_no_entry(self, facet: Facet | None) -> Turn | None:
        """A follow-up to what no source says, or 「いくら？」 with nothing before it."""
        intent = self.view.intent(self.state.last)
        unknown = about_unknown(self.speaker, intent) if intent else None
        if unknown or facet is None or self._sure():
            return unknown
        return facet_of_nothing(self.speaker, facet)

    def _sure(self) -> bool:
        """Whether the message is clear alone: 「窓口予約」 where the city has an entry for it."""
        ranking = self.speaker.rank(self.speaker.text)
        return settled(self.view, self.speaker.text, ranking)[0] == "answer"

    def _talked(self) -> Turn | None:
        """A message that is nothing but a greeting, thanks, love, anger or a lure."""
        speaker, state = self.speaker, self.state
        said = talk(speaker.text) or (OF_FRAUD if is_lure(speaker.text) else "")
        if not said and nods(speaker.text):
            if offered := offered_by(speaker):
                return answers.ask_again(speaker, offered)
            said = "thanks" if self._last() else ""
        intent = self.view.intent(said)
        if intent is None:
            return None
        turn = answers.show_intent(speaker, intent)
        if turn.state.last or said == "goodbye":
            return turn
        # 「なるほど」 ends no matter: 「いくらですか」 may come after it.
        return replace(turn, state=replace(turn.state, last=state.last, asked=state.asked))

    def _matched(self) -> Turn:
        """What the matcher makes of it, with what was said before where that is meant."""
        ranking = ranked_as_meant(self.speaker, self.speaker.rank(self.speaker.text))
        return self._of_what_was_said(ranking) or self._of_its_own(ranking)

    def _of_what_was_said(self, ranking: Ranking) -> Turn | None:
        """About the answer or the question before; None for a message about neither."""
        speaker, last = self.speaker, self._last()
        within = bool(self.state.asked) and points_within(speaker.text)
        if within and (named := of_same_matter(speaker, ranking)):
            return named
        asked_back = bool(offered_by(speaker))  # what was answered before it is past
        if last and not asked_back and is_about_last(speaker, last, ranking):
            return more_about(speaker, last)
        return None if within else of_same_matter(speaker, ranking)

    def _of_its_own(self, ranking: Ranking) -> Turn:
        """An answer, a question back or an honest miss, by how sure the ranking is."""
        speaker = self.speaker
        decision, ranking = settled(self.view, speaker.text, narrowed(speaker, ranking))
        another = decision == "answer" and acts_on_another_thing(self.view, speaker.text, ranking)
        if another:
            decision, ranking = "choices", ranking.led_by(*(m.id for m in ranking.matches[1:2]))
        if decision == "fallback" and names_what_is_near(speaker, ranking):
            decision = "choices"
        two = wants_by(speaker.rank, speaker.text, linked=decision == "answer")
        if both := answers.show_both(speaker, two, ranking):
            return both
        if decision == "answer":
            return answers.show(speaker, ranking.matches[0].id, ranking)
        if (wanted := self._wanted()) and wanted.kind == "class" and not wanted.names:
            return speaker.as_intent("class_list", no_sessions(speaker))
        if two:
            return answers.offer_choices(speaker, ranking.led_by(*(want.id for want in two)))
        # What comes to lead because another thing was named is not what the likelihood was told of.
        if decision == "choices" and not another and stands_alone(self.view, speaker.text, ranking):
            return answers.show_with_rivals(speaker, ranking)
        if decision == "choices":
            return answers.offer_choices(speaker, ranking)
        return answers.fall_back(speaker, ranking)

    # --- what a button does ---

    def _press(self, data: str) -> Turn:
        """A button, with what pressing it tells of a question back."""
        turn, made = self._act(read_action(data)), choice(self.state.shown, data)
        return turn if made is None else replace(turn, reaction=made)

    def _act(self, parts: dict[str, str]) -> Turn:
        speaker = self.speaker
        match parts.get("do"):
            case "show" if self.view.item(parts.get("id", "")):
                return answers.show(speaker, parts["id"])
            case "none":
                return answers.fall_back(speaker)
            case "handoff":
                return speaker.as_intent("handoff", actions.handoff(speaker))
            case "menu":
                intent = self.view.intent_doing("menu")
                return speaker.as_intent("menu", actions.menu(speaker, intent))
            case "language":
                turn = answers.switch_language(speaker, parts.get("to"))
                return speaker.as_intent("language", turn)
            case "settings":
                return speaker.as_intent("settings", choosing.settings(speaker))
            case "sessions":
                start = int(parts["start"]) if parts.get("start", "").isdecimal() else 0
                return speaker.as_intent("class_list", sessions_from(speaker, start))
            case "solved" if entry := self.view.entry(parts.get("id", "")):
                return answers.take_verdict(speaker, entry, solved=parts.get("yes") == "1")
            case "choose":
                return speaker.as_intent("settings", choosing.choose(speaker, parts))
            case "settings_web":
                return speaker.as_intent("settings", choosing.web_page(speaker))
            case "why":
                return why_received(speaker, parts.get("id", ""))
            case "erase":
                return speaker.as_intent("erase", actions.erase(speaker, sure="sure" in parts))
            case "kept":
                return speaker.as_intent("erase", speaker.say("kept", "answer"))
        return speaker.say("gone")
