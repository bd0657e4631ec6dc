"""One turn of a conversation: what came in, what goes out, and how a turn is put together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, time
from itertools import islice

from bot.core.changes import Change
from bot.core.compose import LABEL_LENGTH, label
from bot.core.confidence import Decision
from bot.core.conversation import State, action
from bot.core.documents import Ranking
from bot.core.knowledge import Kind
from bot.core.places import without_own_city, without_places
from bot.core.reactions import Reaction
from bot.core.replies import Part, QuickReply, Reply, Text
from bot.core.resident import Resident
from bot.core.view import CityView
from bot.core.wording import Wording
from bot.core.years import with_both_calendars

MAX_BUTTONS = 13  # LINE's limit
_LISTED = 5  # candidates reported beside the decision


@dataclass(frozen=True)
class Message:
    """What a resident said: masked words with the kinds that were masked, or a button's data.

    `at` is the time of day in Japan, where it is known. `in_group`: others read the answer.
    """

    text: str = ""
    masked: frozenset[str] = frozenset()
    data: str = ""
    at: time | None = None
    in_group: bool = False


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
    """The outcome of one message. With `choices` exactly the first candidates are offered.

    `changes` are to what the resident chose; `linked`: the reply holds the link to their settings.
    `reaction` is to be kept; `remark`: what was said is about the last answer and no question.
    """

    reply: Reply
    state: State
    decision: Decision
    confidence: float
    candidates: tuple[Candidate, ...] = ()
    erase: bool = False
    changes: tuple[Change, ...] = ()
    linked: bool = False
    reaction: Reaction | None = None
    remark: bool = False


@dataclass(frozen=True)
class Speaker:
    """Puts turns together for one message: its city, its language, what was remembered.

    `today` is the day in Japan, `at` the time of day where it is known. `text` is the message
    without the labels of what was masked; it is what a question back remembers. `resident` is None
    where nobody's settings may be read or changed: on a web page, in a group.
    """

    view: CityView
    state: State
    language: str
    text: str
    today: date
    resident: Resident | None = None
    at: time | None = None
    in_group: bool = False

    @property
    def words(self) -> Wording:
        """The bot's own sentences in the resident's language."""
        return self.view.wording(self.language)

    def rank(self, text: str) -> Ranking:
        """What `text`, a message or a part of one, may be about.

        Its years are read in both calendars; the places of a move and this city's name are left out.
        """
        view = self.view
        asked = without_places(without_own_city(text, view.city.names), view.tokenize)
        return view.rank(with_both_calendars(asked))

    def done(
        self,
        parts: tuple[Part, ...],
        buttons: Iterable[QuickReply],
        candidates: tuple[Candidate, ...] = (),
        *,
        confidence: float = 1.0,
        last: str = "",
        asked: str = "",
        asking: str = "",
    ) -> Turn:
        """An answer. `last` is the entry that follow-ups are about, `asked` the words behind it,
        `asking` the step of the settings that goes on."""
        shown = unique(buttons)
        state = State(
            last=last,
            shown=pairs(shown),
            asked=asked,
            language=self.state.language,
            group_told=self.state.group_told,
            asking=asking,
            judged=self.state.judged,
        )
        return Turn(Reply(parts, tuple(shown)), state, "answer", confidence, candidates)

    def say(self, key: str, decision: Decision = "fallback") -> Turn:
        """One of the bot's own sentences, with the way to the menu and to a person."""
        turn = self.done((Text(self.words.say(key)),), (self.menu_button(), self.handoff_button()))
        return replace(turn, decision=decision, confidence=1.0 if decision == "answer" else 0.0)

    def candidates(
        self, ranking: Ranking | None, chosen: str = "", without: Iterable[str] = ()
    ) -> tuple[Candidate, ...]:
        """The ranking as reported; `chosen` comes first, whatever its place was."""
        left_out = {chosen, *without}
        matches = ranking.matches if ranking else ()
        near = (match for match in matches if match.id not in left_out)
        found = [(match.id, match.score) for match in islice(near, _LISTED)]
        if chosen:
            found.insert(0, (chosen, next((m.score for m in matches if m.id == chosen), 1.0)))
        return tuple(self.candidate(*each) for each in found[:_LISTED])

    def candidate(self, item_id: str, score: float = 1.0) -> Candidate:
        """One item as reported."""
        kind, title, covers = self.view.reported(item_id)
        return Candidate(item_id, kind, title, score, covers)

    def as_intent(self, action: str, turn: Turn) -> Turn:
        """The turn, reported as the intent that stands for `action`."""
        intent = self.view.intent_doing(action)
        if intent is None:
            return turn
        return replace(turn, candidates=(self.candidate(intent.id), *turn.candidates))

    def show_button(self, item_id: str) -> QuickReply:
        """The button that shows an item."""
        return button(self.view.title(item_id, self.language), "show", id=item_id)

    def handoff_button(self) -> QuickReply:
        """The button that leads to a person."""
        return self._fixed_button("handoff")

    def menu_button(self) -> QuickReply:
        """The button that opens the menu."""
        return self._fixed_button("menu")

    def settings_button(self) -> QuickReply:
        """The button that opens the settings."""
        return self._fixed_button("settings")

    def _fixed_button(self, do: str) -> QuickReply:
        words = self.words
        key = ("button", do, self.language)
        return self.view.once(key, lambda: button(words.say(f"{do}_button"), do))

    def settings_buttons(self) -> tuple[QuickReply, ...]:
        """The same, () where there are no settings."""
        return (self.settings_button(),) if self.resident and self.view.asked else ()


def button(words: str, do: str, **values: str) -> QuickReply:
    """A quick reply whose label fits and whose data is `do` with its values."""
    return QuickReply(label(words), action(do, **values))


def unique(buttons: Iterable[QuickReply]) -> list[QuickReply]:
    """At most LINE's number of buttons; no label twice, because typed words select one of them."""
    buttons = list(buttons)
    labels = {each.label for each in buttons}
    if len(labels) == len(buttons) and "" not in labels:
        return buttons[:MAX_BUTTONS]
    found: dict[str, QuickReply] = {}
    for each in buttons:
        text, number = each.label, 2
        while text in found and found[text].data != each.data:
            text = f"{each.label[: LABEL_LENGTH - 3]}({number})"
            number += 1
        if text:
            found.setdefault(text, each if number == 2 else QuickReply(text, each.data))
    return list(found.values())[:MAX_BUTTONS]


def pairs(buttons: Iterable[QuickReply]) -> tuple[tuple[str, str], ...]:
    """The buttons as the state remembers them."""
    return tuple(buttons)


def with_cards_first(turn: Turn, cards: Iterable[QuickReply]) -> Turn:
    """The turn remembered as if each card it shows were a button before the others.

    「上の」 and 「2番」 count what is seen from the top, and cards stand above the buttons.
    """
    first = pairs(cards)
    others = (each for each in turn.state.shown if each not in first)
    return replace(turn, state=replace(turn.state, shown=(*first, *others)))
