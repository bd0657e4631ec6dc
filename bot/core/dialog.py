"""Decide what to answer: a message and what is remembered in, a Turn out. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from bot.core import actions, choosing, guard, solving
from bot.core.classcards import coming_here, no_sessions, sessions_for, sessions_from
from bot.core.classdates import Wanted, read_wanted
from bot.core.compose import (
    contact_card,
    emergency_card,
    entry_card,
    facet_card,
    related_buttons,
)
from bot.core.confidence import decide
from bot.core.context import about_choices, is_about_last, more_about, narrowed
from bot.core.conversation import State, read_action
from bot.core.documents import Ranking
from bot.core.elsewhere import about_elsewhere
from bot.core.followup import (
    chosen_place,
    facet_alone,
    facets_in,
    refuses_answer,
    refuses_choices,
)
from bot.core.knowledge import Entry, Facet, Intent
from bot.core.language import language_written_in
from bot.core.preferences import steps
from bot.core.reactions import choice, read_verdict
from bot.core.replies import QuickReply, Reply, Text
from bot.core.resident import Resident
from bot.core.rivals import city_before_term, may_be_known, stands_alone
from bot.core.smalltalk import talk
from bot.core.turn import Candidate, Message, Speaker, Turn, button, pairs, unique
from bot.core.view import CityView
from bot.core.wants import Want, wants_by, with_first
from bot.core.why import why_received
from bot.core.wishes import may_be_wish, read_wish
from bot.core.years import explain_year, with_both_calendars

CHOICES = 3  # a question back offers two or three
_LIKELY = 0.5  # beside an alarm only what is more likely than not is shown
# What is left of a message that only gave a number away.
_ABOUT_NUMBERS = re.compile(
    r"[\s。、．，!?！？「」（）()：:]|マイナンバー|個人番号|番号|電話|メール|アドレス|口座|カード|わたし|調べて|教えて|"
    r"確認して|登録して|お願いします|ください|です|ます|私|僕|俺|これ|は|が|の|を|に|で|と|も"
)


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
    text = guard.without_labels(message.text).strip()
    language = _language(message, state, view)
    speaker = Speaker(view, state, language, text, today, resident, message.at, message.in_group)
    turn = _Dialog(message, speaker).understood()
    warning = _warning(message, speaker)
    if warning:
        parts = (Text(warning), *turn.reply.parts)
        turn = replace(turn, reply=replace(turn.reply, parts=parts))
    return turn


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
            return self._emergency(*(danger.id for danger in dangers[:2]))
        pressed = self._button_pressed() or self._verdict() or self._wish()
        pressed = pressed or about_elsewhere(self.speaker, self._rank)
        return pressed or self._talked() or self._sessions() or self._follow_up() or self._matched()

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
            return self._no_such_choice() if choices else self.speaker.say("empty")
        if shown and (refuses_choices(text) or (refuses_answer(text) and not self.state.last)):
            return self._fallback(None)
        return None

    def _verdict(self) -> Turn | None:
        """「解決しました」 about the answer just given."""
        last, solved = self.view.entry(self.state.last), read_verdict(self.speaker.text)
        return None if last is None or solved is None else self._judge(last, solved=solved)

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
        return self._as_intent("settings", choosing.wished(speaker, wish))

    def _sessions(self) -> Turn | None:
        """Dated classes and events, where the city has listed what is asked for."""
        wanted = self._wanted()
        turn = sessions_for(self.speaker, wanted) if wanted else None
        return self._as_intent("class_list", turn) if turn else None

    def _wanted(self) -> Wanted | None:
        return read_wanted(self.speaker.text, self.speaker.today, self.view.city.names)

    def _follow_up(self) -> Turn | None:
        text = self.speaker.text
        if explained := explain_year(text, self.speaker.today):
            turn = self.speaker.done((Text(explained),), (self.speaker.menu_button(),))
            return replace(turn, candidates=(Candidate("year", "intent", "年度・年号", 1.0),))
        last, facet = self.view.entry(self.state.last), facet_alone(text)
        if asked_on := about_choices(self.speaker, self._rank):
            return asked_on
        if last is None:
            return self._facet_of_nothing(facet) if facet else None
        if refuses_answer(text):
            return self._other_than(last)
        return self._facet(last, facet) if facet else None

    def _facet_of_nothing(self, facet: Facet) -> Turn | None:
        """「いくら？」 with nothing before it: an intent may know, else ask of what."""
        ranking = self._rank(self.speaker.text)
        if ranking.matches and self.view.intent(ranking.matches[0].id):
            return None
        words = self.speaker.words
        text = words.say("facet_no_context", facet=words.say(facet))
        buttons = (self.speaker.menu_button(), self.speaker.handoff_button())
        turn = self.speaker.done((Text(text),), buttons)
        return replace(turn, decision="fallback", confidence=0.0)

    def _talked(self) -> Turn | None:
        """A message that is nothing but a greeting, thanks, love or anger."""
        intent = self.view.intent(talk(self.speaker.text))
        return self._intent(intent, None) if intent else None

    def _matched(self) -> Turn:
        ranking = self._rank(self.speaker.text)
        last = self.view.entry(self.state.last)
        if last and is_about_last(self.speaker, last, ranking):
            return more_about(self.speaker, last)
        ranking = narrowed(self.speaker, ranking, self._rank)
        ranking = city_before_term(self.view, self.speaker.text, ranking)
        decision = decide(ranking, self.view.costs)
        if decision == "answer" and may_be_known(self.view, ranking):
            decision = "choices"
        two = wants_by(self._rank, self.speaker.text, linked=decision == "answer")
        if both := self._both(two, ranking):
            return both
        if decision == "answer":
            return self._show(ranking.matches[0].id, ranking)
        if (wanted := self._wanted()) and wanted.kind == "class" and not wanted.names:
            return self._as_intent("class_list", no_sessions(self.speaker))
        if two:
            ids = tuple(want.id for want in two)
            return self._choices(replace(ranking, matches=with_first(ranking, ids)))
        if decision == "choices" and stands_alone(self.view, ranking):
            return self._with_rivals(self._show(ranking.matches[0].id, ranking), ranking)
        if decision == "choices":
            return self._choices(ranking)
        return self._fallback(ranking)

    def _with_rivals(self, turn: Turn, ranking: Ranking) -> Turn:
        """The answer with what came next behind its first buttons."""
        near = (self.speaker.show_button(item) for item in self._near(ranking)[1:])
        buttons = tuple(unique((*near, *turn.reply.quick_replies)))
        reply = replace(turn.reply, quick_replies=buttons)
        return replace(turn, reply=reply, state=replace(turn.state, shown=pairs(buttons)))

    # --- what a button does ---

    def _press(self, data: str) -> Turn:
        """A button, with what pressing it tells of a question back."""
        turn, made = self._act(read_action(data)), choice(self.state.shown, data)
        return turn if made is None else replace(turn, reaction=made)

    def _act(self, parts: dict[str, str]) -> Turn:
        match parts.get("do"):
            case "show" if self.view.item(parts.get("id", "")):
                return self._show(parts["id"])
            case "none":
                return self._fallback(None)
            case "handoff":
                return self._as_intent("handoff", actions.handoff(self.speaker))
            case "menu":
                return self._as_intent("menu", actions.menu(self.speaker, self._doing("menu")))
            case "language":
                return self._as_intent("language", self._switch_language(parts.get("to")))
            case "settings":
                return self._as_intent("settings", choosing.settings(self.speaker))
            case "sessions":
                start = int(parts["start"]) if parts.get("start", "").isdecimal() else 0
                return self._as_intent("class_list", sessions_from(self.speaker, start))
            case "solved" if entry := self.view.entry(parts.get("id", "")):
                return self._judge(entry, solved=parts.get("yes") == "1")
            case "choose":
                return self._as_intent("settings", choosing.choose(self.speaker, parts))
            case "settings_web":
                return self._as_intent("settings", choosing.web_page(self.speaker))
            case "why":
                return why_received(self.speaker, parts.get("id", ""))
            case "erase":
                return self._as_intent("erase", actions.erase(self.speaker, sure="sure" in parts))
            case "kept":
                return self._as_intent("erase", self.speaker.say("kept", "answer"))
        return self.speaker.say("gone")

    def _doing(self, action: str) -> Intent | None:
        """The intent whose action this is."""
        intents = self.view.content.intents.values()
        return next((intent for intent in intents if intent.action == action), None)

    def _as_intent(self, action: str, turn: Turn) -> Turn:
        """The turn, reported as the intent that stands for `action`."""
        intent = self._doing(action)
        if intent is None:
            return turn
        return replace(turn, candidates=(self.speaker.candidate(intent.id), *turn.candidates))

    def _show(self, item_id: str, ranking: Ranking | None = None) -> Turn:
        """Show an item because it was matched (with its ranking) or chosen."""
        entry, intent = self.view.entry(item_id), self.view.intent(item_id)
        if entry:
            return self._entry(entry, ranking)
        return self._intent(intent, ranking) if intent else self._emergency(item_id)

    def _judge(self, entry: Entry, *, solved: bool) -> Turn:
        if solved:
            return solving.solved(self.speaker, entry)
        asked, refused = self.state.asked, {*self.state.refused, entry.id}
        near = self._near(self._rank(asked), refused) if asked else []
        return solving.unsolved(self.speaker, entry, near)

    def _entry(self, entry: Entry, ranking: Ranking | None, *, calm: bool = True) -> Turn:
        """The answer; `calm`: whether it helped may be asked too."""
        speaker = self.speaker
        asked = speaker.text if ranking else ""
        more = self._asked_facets(entry) if ranking else ""
        card = entry_card(self.view, entry, speaker.language, self.speaker.today, asked, more)
        related = related_buttons(self.view, entry, speaker.language)
        if entry.topic == "class" and coming_here(speaker):
            related.insert(0, button(speaker.words.say("sessions_button"), "sessions"))
        buttons = [*related, speaker.handoff_button(), *speaker.settings_buttons()]
        if calm:
            buttons += solving.verdict_buttons(speaker, entry, len(buttons))
        return speaker.done(
            (card,),
            buttons,
            speaker.candidates(ranking, entry.id),
            confidence=ranking.top1 if ranking else 1.0,
            last=entry.id,
            asked=asked or self.state.asked,
        )

    def _both(self, two: tuple[Want, ...], ranking: Ranking) -> Turn | None:
        """Two wants, each of them sure: both answers, in the order in which they were asked."""
        turns = []
        for want in two:
            entry = self.view.entry(want.id)
            if entry is None or decide(want.ranking, self.view.costs) != "answer":
                return None
            half = replace(self, speaker=replace(self.speaker, text=want.text))
            turns.append(half._entry(entry, want.ranking, calm=False))
        if not turns:
            return None
        ids = tuple(want.id for want in two)
        return self.speaker.done(
            tuple(part for turn in turns for part in turn.reply.parts),
            dict.fromkeys(each for turn in turns for each in turn.reply.quick_replies),
            self.speaker.candidates(replace(ranking, matches=with_first(ranking, ids))),
            confidence=min(turn.confidence for turn in turns),
            asked=self.speaker.text,
        )

    def _asked_facets(self, entry: Entry) -> str:
        """What the entry knows of a facet the question itself names (スマホ教室いくら)."""
        if self.view.translation(entry.id, self.speaker.language):
            return ""
        named = facets_in(self.speaker.text)
        said = [entry.details[facet] for facet in named if facet in entry.details]
        return "\n".join(text for text in said if text not in entry.answer)

    def _intent(self, intent: Intent, ranking: Ranking | None) -> Turn:
        turn = actions.perform(intent, self.speaker)
        if turn.state.language != self.speaker.language:
            turn = self._said_again(turn)
        return replace(
            turn,
            decision="answer",
            confidence=ranking.top1 if ranking else 1.0,
            candidates=(*self.speaker.candidates(ranking, intent.id)[:1], *turn.candidates)
            if turn.candidates
            else self.speaker.candidates(ranking, intent.id),
        )

    def _switch_language(self, language: str | None) -> Turn:
        return self._said_again(actions.choose_language(self.speaker, language))

    def _said_again(self, turn: Turn) -> Turn:
        """After a change of language the last answer is given again in the new one."""
        last = self.view.entry(turn.state.last)
        if last is None:
            return turn
        speaker = replace(self.speaker, state=turn.state, language=turn.state.language)
        again = replace(self, speaker=speaker)._entry(last, None)
        parts = (*turn.reply.parts, *again.reply.parts)
        return replace(again, reply=replace(again.reply, parts=parts))

    # --- the other outcomes ---

    def _choices(self, ranking: Ranking) -> Turn:
        near = self._near(ranking)
        if len(near) < 2:
            return self._fallback(ranking)
        speaker = self.speaker
        none = button(speaker.words.say("none_of_these"), "none")
        buttons = [*unique(map(speaker.show_button, near)), none]
        state = replace(
            self.state, asked=speaker.text, shown=pairs(buttons), misses=0, refused=(), asking=""
        )
        reply = Reply((Text(speaker.words.say("choices_prompt")),), tuple(buttons))
        candidates = speaker.candidates(ranking, without=self.state.refused)
        return Turn(reply, state, "choices", ranking.top3, candidates)

    def _fallback(self, ranking: Ranking | None) -> Turn:
        """An honest miss; the second in a row offers the person first."""
        speaker, misses = self.speaker, self.state.misses + 1
        near = self._near(ranking) if ranking and ranking.in_scope >= 0.5 else []
        body = speaker.words.say("fallback" if misses < 2 else "fallback_again")
        if near:
            body += "\n" + speaker.words.say("fallback_near")
        buttons = [*map(speaker.show_button, near), speaker.menu_button()]
        buttons.insert(0 if misses >= 2 else len(near), speaker.handoff_button())
        card = contact_card(self.view, speaker.language, body)
        turn = speaker.done((card,), buttons, asked=speaker.text)
        return replace(
            turn,
            state=replace(turn.state, misses=misses),
            decision="fallback",
            confidence=ranking.top1 if ranking else 0.0,
            candidates=speaker.candidates(ranking),
        )

    def _emergency(self, *ids: str) -> Turn:
        """The danger's card first; then, never instead of it, a sure answer to the rest."""
        dangers = [danger for each in ids if (danger := self.view.emergency(each))]
        cards = tuple(
            emergency_card(self.view, danger, self.speaker.language) for danger in dangers
        )
        first = tuple(self.speaker.candidate(danger.id) for danger in dangers)
        turn = self._after_the_card()
        if turn is None:
            return self.speaker.done(cards, (self.speaker.menu_button(),), first)
        return replace(
            turn,
            reply=replace(turn.reply, parts=(*cards, *turn.reply.parts)),
            decision="answer",
            candidates=(*first, *turn.candidates),
        )

    def _after_the_card(self) -> Turn | None:
        """What else the message asks for: an entry, or a choice of entries, where they are near."""
        ranking = self._rank(self.speaker.text) if self.speaker.text else None
        if ranking is None or not ranking.matches or not self.view.entry(ranking.matches[0].id):
            return None
        if ranking.top1 < _LIKELY:
            return None  # a bare cry for help is about nothing else
        match decide(ranking, self.view.costs):
            case "answer":
                entry = self.view.entry(ranking.matches[0].id)
                return self._entry(entry, ranking, calm=False) if entry else None
            case "choices":
                turn = self._choices(ranking)
                return turn if turn.decision == "choices" else None
        return None

    # --- answers that depend on the one before ---

    def _facet(self, entry: Entry, facet: Facet) -> Turn:
        speaker = self.speaker
        if entry.topic == "class" and facet is Facet.WHEN and coming_here(speaker):
            return self._as_intent("class_list", sessions_from(speaker, 0))
        card = facet_card(self.view, entry, facet, speaker.language)
        buttons: tuple[QuickReply, ...] = (
            speaker.show_button(entry.id),
            speaker.handoff_button(),
        )
        candidates = (speaker.candidate(entry.id),)
        return speaker.done((card,), buttons, candidates, last=entry.id, asked=self.state.asked)

    def _other_than(self, last: Entry) -> Turn:
        """「そっちじゃなくて」: the next best for the same words, without what was refused."""
        state = replace(self.state, refused=(*self.state.refused, last.id))
        speaker = replace(self.speaker, state=state, text=self.state.asked)
        dialog = replace(self, speaker=speaker)
        ranking = dialog._rank(speaker.text)
        turn = dialog._choices(ranking) if speaker.text else dialog._fallback(None)
        if turn.decision != "choices":
            return turn
        title = self.view.title(last.id, speaker.language)
        prompt = Text(speaker.words.say("other_than_last", title=title))
        refused = replace(turn.state, refused=state.refused, last="")
        return replace(turn, reply=replace(turn.reply, parts=(prompt,)), state=refused)

    def _no_such_choice(self) -> Turn:
        turn = self.speaker.say("no_such_choice")
        buttons = tuple(QuickReply(words, data) for words, data in self.state.shown)
        return replace(turn, reply=replace(turn.reply, quick_replies=buttons), state=self.state)

    # --- small pieces ---

    def _rank(self, text: str) -> Ranking:
        return self.view.rank(with_both_calendars(text))

    def _near(self, ranking: Ranking, refused: Collection[str] | None = None) -> list[str]:
        without = self.state.refused if refused is None else refused
        allowed = [m.id for m in ranking.matches if m.id not in without]
        return [item for item in allowed if self.view.item(item)][:CHOICES]
