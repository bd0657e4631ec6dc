"""「受信設定」 by tapping: every step can be skipped, nothing is ticked before the resident does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.core.attributes import (
    CHILD_BIRTH_MONTH,
    LANGUAGE,
    MAX_CHILDREN,
    Choice,
    Profile,
    month_text,
)
from bot.core.changes import MANY, Change, values_of, with_changes
from bot.core.knowledge import Intent, Link
from bot.core.preferences import (
    BETWEEN,
    Step,
    birth_months,
    birth_years,
    labels,
    lines,
    month_label,
    steps,
)
from bot.core.replies import Card, QuickReply, Text
from bot.core.resident import Resident
from bot.core.text import fold
from bot.core.turn import MAX_BUTTONS, Speaker, Turn, button
from bot.core.wishes import Wish
from bot.core.wording import JAPANESE
from bot.core.years import with_both_calendars

_CONTROLS = 4  # another page, take all off, go on, end
_PAGE = MAX_BUTTONS - _CONTROLS
_CHIPS = 3  # children taken off by a tap; more of them by typing
_YEARS = _PAGE - _CHIPS
_TICK = "✓"
_NEXT = (
    "次へ",
    "次",
    "つぎ",
    "選ばない",
    "えらばない",
    "スキップ",
    "なし",
    "ない",
    "next",
    "skip",
    "none",
)
_END = ("ここまで", "終わり", "おわり", "終了", "終わる", "おわる", "やめる", "end", "stop", "done")


def settings(speaker: Speaker, intent: Intent | None = None) -> Turn:
    """Where the resident stands; for one who has chosen nothing yet the first question."""
    choosing = _open(speaker)
    return choosing.start() if isinstance(choosing, _Choosing) else choosing


def choose(speaker: Speaker, parts: Mapping[str, str]) -> Turn:
    """A tap: open a step (`a`), take or give up a choice (`v`, `on`), turn a page (`p`)."""
    choosing = _open(speaker)
    if not isinstance(choosing, _Choosing):
        return choosing
    step = choosing.find(parts.get("a", ""))
    if step is None:
        return choosing.end() if parts.get("a") == "end" else choosing.overview()
    page = int(parts["p"]) if parts.get("p", "").isdecimal() else 0
    if "on" not in parts:
        year = parts.get("y", "")
        return choosing.ask(step, page, year=int(year[:4]) if year.isdecimal() else 0)
    change = Change(step.id, parts.get("v", ""), parts["on"] == "1")
    if not step.takes(change, speaker.view.catalog, speaker.today):
        return choosing.ask(step, page)
    after = choosing.having((change,))
    if change.on and step.id not in MANY:
        return after.ask_next(step)
    return after.ask(step, page)


def wished(speaker: Speaker, wish: Wish) -> Turn:
    """What the resident said in words is done; in the middle of a step that step goes on."""
    choosing = _open(speaker)
    if not isinstance(choosing, _Choosing):
        return choosing
    after = choosing.having(wish.changes)
    if step := after.find(wish.step):
        turn = after.ask(step, 0)
        if step.id != CHILD_BIRTH_MONTH:
            return turn
        parts = (Text(speaker.words.say("settings_month_wrong")), *turn.reply.parts)
        return replace(turn, reply=replace(turn.reply, parts=parts))
    step = after.find(speaker.state.asking)
    if step is None:
        return after.confirm()
    return after.ask(step, 0) if step.id in MANY else after.ask_next(step)


def moved_on(speaker: Speaker) -> Turn | None:
    """Words for going on or ending in the middle of a step, whatever its buttons say."""
    if not speaker.state.asking:
        return None
    folded = fold(speaker.text).rstrip("。.!")
    if folded not in (*_NEXT, *_END):
        return None
    choosing = _open(speaker)
    step = choosing.find(speaker.state.asking) if isinstance(choosing, _Choosing) else None
    if step is None or not isinstance(choosing, _Choosing):
        return None
    following = choosing.after(step) if folded in _NEXT else None
    return choosing.ask(following, 0) if following else choosing.end()


def web_page(speaker: Speaker) -> Turn:
    """The way to the settings page, for this resident alone."""
    choosing = _open(speaker)
    if not isinstance(choosing, _Choosing):
        return choosing
    link = choosing.resident.link
    if not link:
        return choosing.overview()
    words = speaker.words
    body, title = words.say("settings_web"), words.say("settings_button")
    card = Card(title, body, title, links=(Link(words.say("settings_web_link"), link),))
    turn = speaker.done((card,), (speaker.settings_button(), speaker.menu_button()))
    return replace(turn, linked=True)


def _open(speaker: Speaker) -> _Choosing | Turn:
    """The settings, or why there are none here."""
    found = steps(speaker.view, speaker.language)
    if not found:
        return speaker.say("settings", "answer")
    if speaker.resident is None:
        return speaker.say("settings_elsewhere", "answer")
    return _Choosing(speaker, speaker.resident, speaker.resident.profile(), found)


@dataclass(frozen=True)
class _Choosing:
    speaker: Speaker
    resident: Resident
    profile: Profile  # with the changes
    steps: tuple[Step, ...]
    changes: tuple[Change, ...] = ()

    def find(self, step_id: str) -> Step | None:
        return next((step for step in self.steps if step.id == step_id), None)

    def after(self, step: Step) -> Step | None:
        """The next question."""
        ids = [each.id for each in self.steps]
        place = ids.index(step.id) + 1
        return self.steps[place] if place < len(ids) else None

    def having(self, changes: tuple[Change, ...]) -> _Choosing:
        """The same after changes; those that change nothing are left out."""
        made, profile = [], self.profile
        for change in changes:
            after = with_changes(profile, (change,))
            if after != profile:
                made.append(change)
            profile = after
        new = replace(self, profile=profile, changes=(*self.changes, *made))
        spoken = next((c.value for c in made if c.attribute == LANGUAGE and c.on), "")
        return new._in_language(spoken) if spoken in self.speaker.view.languages() else new

    def _in_language(self, language: str) -> _Choosing:
        """A language chosen is spoken from now on."""
        state = replace(self.speaker.state, language=language)
        speaker = replace(self.speaker, state=state, language=language)
        return replace(self, speaker=speaker, steps=steps(speaker.view, language))

    # --- what is said ---

    def start(self) -> Turn:
        if self.profile != Profile():
            return self.overview()
        intro = Text(self.speaker.words.say("settings_intro"))
        turn = self.ask(self.steps[0], 0)
        return replace(turn, reply=replace(turn.reply, parts=(intro, *turn.reply.parts)))

    def overview(self) -> Turn:
        words = self.speaker.words
        text = f"{words.say('settings_intro')}\n\n{self._summary()}"
        buttons = [button(step.title, "choose", a=step.id) for step in self.steps]
        if self.profile != Profile():
            buttons.append(button(words.say("settings_erase"), "erase"))
        return self._done(text, [*buttons, *self._ways_out()])

    def end(self) -> Turn:
        words = self.speaker.words
        text = f"{words.say('settings_done')}\n\n{self._summary()}"
        return self._done(text, [self.speaker.settings_button(), *self._ways_out()])

    def confirm(self) -> Turn:
        key = "settings_changed" if self.changes else "settings_same"
        text = f"{self.speaker.words.say(key)}\n\n{self._summary()}"
        return self._done(text, [self.speaker.settings_button(), *self._ways_out()])

    def ask_next(self, step: Step) -> Turn:
        following = self.after(step)
        if following is None:
            return self.end()
        turn = self.ask(following, 0)
        line = BETWEEN.join(self._labels(step.id)) or self.speaker.words.say("settings_none")
        said = self.speaker.words.say("settings_line", title=step.title, chosen=line)
        return replace(turn, reply=replace(turn.reply, parts=(Text(said), *turn.reply.parts)))

    def ask(self, step: Step, page: int, year: int = 0) -> Turn:
        """One question, with what is chosen already."""
        words, found = self.speaker.words, self._labels(step.id)
        month = step.id == CHILD_BIRTH_MONTH
        if month and birth_months(year, self.speaker.today):
            text = words.say("settings_month", year=str(year))
            return self._done(text, self._months(step, year), asking=step.id)
        said = [
            f"{step.title}（{self.steps.index(step) + 1}/{len(self.steps)}）",
            step.reason,
            words.say("settings_now", chosen=BETWEEN.join(found) or words.say("settings_none")),
        ]
        if month:
            full = len(self.profile.attributes.child_birth_months) >= MAX_CHILDREN
            key = "settings_month_full" if full else "settings_month_year"
            said.append(words.say(key, count=str(MAX_CHILDREN)) if full else words.say(key))
        elif step.id in MANY:
            said.append(words.say("settings_many"))
        if step.more_on_web and self.resident.link:
            said.append(words.say("settings_more_on_web"))
        shown = self._years(step, page) if month else self._choices(step, page)
        return self._done("\n".join(said), [*shown, *self._controls(step)], asking=step.id)

    # --- buttons ---

    def _choices(self, step: Step, page: int) -> list[QuickReply]:
        size = MAX_BUTTONS - _CONTROLS + 1 if len(step.choices) <= _PAGE + 1 else _PAGE
        start = page * size if page * size < len(step.choices) else 0
        shown = [self._tick(step, each, page) for each in step.choices[start : start + size]]
        return [*shown, *self._turn_page(step, start + size < len(step.choices), page, start > 0)]

    def _tick(self, step: Step, choice: Choice, page: int) -> QuickReply:
        """A choice; tapping one that is ticked takes it off."""
        ticked = choice.id in values_of(self.profile, step.id)
        values = {"a": step.id, "v": choice.id, "on": "0" if ticked else "1"}
        if page:
            values["p"] = str(page)
        return button((_TICK if ticked else "") + choice.label, "choose", **values)

    def _years(self, step: Step, page: int) -> list[QuickReply]:
        """The children so far, each taken off by a tap, then the years to choose from."""
        words = self.speaker.words
        months = sorted(self.profile.attributes.child_birth_months)
        chips = [
            button(
                _TICK + month_label(words, month),
                "choose",
                a=step.id,
                v=month_text(month),
                on="0",
            )
            for month in months[:_CHIPS]
        ]
        if len(months) >= MAX_CHILDREN:
            return chips
        years = birth_years(self.speaker.today)
        start = page * _YEARS if page * _YEARS < len(years) else 0
        shown = [
            button(self._year_label(year), "choose", a=step.id, y=str(year))
            for year in years[start : start + _YEARS]
        ]
        more = self._turn_page(step, start + _YEARS < len(years), page, start > 0, "settings_older")
        return [*chips, *shown, *more]

    def _year_label(self, year: int) -> str:
        """The year, for Japanese readers in both calendars."""
        words = self.speaker.words
        both = with_both_calendars(f"{year}年")
        return both if words.language.endswith(JAPANESE) else str(year)

    def _months(self, step: Step, year: int) -> list[QuickReply]:
        words = self.speaker.words
        buttons = [
            button(month_label(words, month), "choose", a=step.id, v=month_text(month), on="1")
            for month in birth_months(year, self.speaker.today)
        ]
        return [*buttons, button(words.say("settings_back"), "choose", a=step.id)]

    def _turn_page(
        self, step: Step, more: bool, page: int, turned: bool, key: str = "settings_other"
    ) -> list[QuickReply]:
        """The way to the next page, from the last one back to the first."""
        if not (more or turned):
            return []
        words = self.speaker.words
        following = str(page + 1) if more else "0"
        label = words.say(key if more else "settings_back")
        return [button(label, "choose", a=step.id, p=following)]

    def _controls(self, step: Step) -> list[QuickReply]:
        words, any_chosen = self.speaker.words, bool(self._labels(step.id))
        found = []
        if any_chosen and step.id in MANY:
            found.append(button(words.say("settings_clear"), "choose", a=step.id, on="0"))
        following = self.after(step)
        label = words.say("settings_next" if any_chosen else "settings_skip")
        found.append(button(label, "choose", a=following.id if following else "end"))
        if following:
            found.append(button(words.say("settings_end"), "choose", a="end"))
        return found

    def _ways_out(self) -> list[QuickReply]:
        words = self.speaker.words
        found = []
        if self.resident.link:
            found.append(button(words.say("settings_web_button"), "settings_web"))
        return [*found, self.speaker.menu_button()]

    # --- small pieces ---

    def _labels(self, attribute: str) -> list[str]:
        return labels(self.speaker.view, self.speaker.language, self.profile, attribute)

    def _summary(self) -> str:
        found = lines(self.speaker.view, self.speaker.language, self.profile)
        return "\n".join(found) or self.speaker.words.say("settings_none")

    def _done(self, text: str, buttons: list[QuickReply], asking: str = "") -> Turn:
        turn = self.speaker.done((Text(text),), buttons, asking=asking)
        return replace(turn, changes=self.changes)
