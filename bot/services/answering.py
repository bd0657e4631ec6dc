"""A resident's message or LINE event -> what is said, remembered and kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.core import guard
from bot.core.conversation import State, action, state_from_json
from bot.core.dialog import respond
from bot.core.ports import Answered, Answerer, Event
from bot.core.replies import QuickReply, Reply, Text
from bot.core.resident import Resident
from bot.core.turn import Message, Turn, unique
from bot.core.view import CityView
from bot.services.addressing import GROUPS, is_to_us

JAPAN = ZoneInfo("Asia/Tokyo")
Render = Callable[[Reply], Sequence[Mapping[str, Any]]]
_MEDIA = {"image", "video", "audio", "file"}
_SILENT = Answered((), None, "ignored", None)


@dataclass(frozen=True)
class Spoken:
    """One turn of a conversation outside LINE, with the masked words it answers."""

    text: str
    turn: Turn
    state: str


def speak(
    view: CityView,
    text: str,
    state: str | None,
    now: datetime,
    data: str = "",
    resident: Resident | None = None,
    *,
    in_group: bool = False,
) -> Spoken:
    """Answer plain words (or a button's `data`); used by the web chat and the command line."""
    masked = guard.mask(text)
    here = now.astimezone(JAPAN)
    # What came from LINE was masked at the door, before it was stored.
    kinds = masked.kinds | guard.hidden_in(masked.text)
    message = Message(masked.text, kinds, data, here.time(), in_group)
    turn = respond(message, state_from_json(state), view, here.date(), resident)
    return Spoken(masked.text, turn, turn.state.to_json())


class Answering(Answerer):
    """Decides what one LINE event is answered (`bot.core.ports.Answerer`).

    `view` gives the city's content as it is now; one event uses one snapshot from start to end.
    `resident` gives what is kept about a user id; without it nobody has settings.
    """

    def __init__(
        self,
        view: Callable[[], CityView],
        render: Render,
        resident: Callable[[str], Resident] | None = None,
    ) -> None:
        self._view = view
        self._render = render
        self._resident = resident

    def answer(self, event: Event, state: str | None, now: datetime) -> Answered:
        """See `Answerer.answer`. Text in the event is masked already; it is masked again here."""
        view = self._view()
        if event.kind == "unfollow":
            return Answered((), None, "left", None, erase=True)
        if event.mode != "active" or not event.reply_token:
            return replace(_SILENT, state=state)
        if event.source.type in GROUPS:
            return self._in_group(view, event, state, now)
        return self._one_to_one(view, event, state, now)

    def _one_to_one(
        self, view: CityView, event: Event, state: str | None, now: datetime
    ) -> Answered:
        if event.kind == "follow":
            return self._follow(view, self._speaking(event))
        if not is_to_us(event):
            return replace(_SILENT, state=state)
        if event.kind == "text" or event.kind == "postback":
            return self._dialog(view, event, state, now, self._speaking(event))
        return self._fixed(view, "media" if event.kind in _MEDIA else event.kind, state)

    def _in_group(self, view: CityView, event: Event, state: str | None, now: datetime) -> Answered:
        """Answers only when mentioned or tapped; says once where personal matters belong."""
        if event.kind == "join":
            return self._fixed(view, "group_joined", state)
        if not is_to_us(event):
            return replace(_SILENT, state=state)
        answered = self._dialog(view, event, state, now)
        kept = state_from_json(answered.state)
        if kept.group_told or not answered.messages:
            return replace(answered, erase=False)
        said = self._render(Reply((Text(view.wording(kept.language).say("group_private")),)))
        messages = (*said, *answered.messages)[-5:]
        told = replace(kept, group_told=True).to_json()
        return replace(answered, messages=messages, state=told, erase=False)

    def _speaking(self, event: Event) -> Resident | None:
        """The resident of a one-to-one chat; groups never read or set anybody's settings."""
        user_id = event.source.user_id
        if self._resident is None or event.source.type != "user" or user_id is None:
            return None
        return self._resident(user_id)

    def _dialog(
        self,
        view: CityView,
        event: Event,
        state: str | None,
        now: datetime,
        resident: Resident | None = None,
    ) -> Answered:
        text = event.text or "" if event.kind == "text" else ""
        # A button without data is one of an old menu; a message without words is only a mention.
        data = event.postback_data or "do=unknown" if event.kind == "postback" else ""
        in_group = event.source.type in GROUPS
        spoken = speak(view, text, state, now, data, resident, in_group=in_group)
        turn = spoken.turn
        # That it helped must not stay beside a user id either: the event loses its words at once.
        private = turn.remark or _tells_of_oneself(turn, state)
        return Answered(
            messages=tuple(self._render(turn.reply)),
            state=None if turn.erase else spoken.state,
            outcome=turn.decision,
            question=spoken.text if text and not (turn.erase or private) else None,
            candidates=tuple(candidate.id for candidate in turn.candidates),
            erase=turn.erase,
            changes=turn.changes,
            private=private,
            link=resident.link_digest if resident and turn.linked else "",
            reaction=turn.reaction,
        )

    def _follow(self, view: CityView, resident: Resident | None) -> Answered:
        words = view.wording("ja")
        said = words.say("follow", city=view.city.name, days=str(view.days))
        if view.privacy_url:
            said += f"\n{words.say('privacy_button')}：{view.privacy_url}"
        buttons = [QuickReply(words.say("menu_button"), action("menu")), *_languages(view)]
        if resident and view.asked:
            buttons.insert(1, QuickReply(words.say("settings_button"), action("settings")))
        messages = self._render(Reply((Text(said),), tuple(buttons)))
        return Answered(tuple(messages), State().to_json(), "answer", None)

    def _fixed(self, view: CityView, key: str, state: str | None) -> Answered:
        """One of our own sentences; what was to choose from before it still is."""
        kept = state_from_json(state)
        words = view.wording(kept.language)
        shown = (QuickReply(label, data) for label, data in kept.shown)
        buttons = unique((*shown, QuickReply(words.say("menu_button"), action("menu"))))
        messages = self._render(Reply((Text(words.say(key)),), tuple(buttons)))
        return Answered(tuple(messages), state, "answer", None)


def _tells_of_oneself(turn: Turn, before: str | None) -> bool:
    """Whether what was said is no question: settings, or words for them that were not understood."""
    if turn.changes or turn.state.asking:
        return True
    return turn.decision != "answer" and bool(state_from_json(before).asking)


def _languages(view: CityView) -> list[QuickReply]:
    others = view.languages()[1:]
    return [
        QuickReply(view.wording(language).say("name"), action("language", to=language))
        for language in others
    ]
