"""What a draft would do, ready for the page: the answer as LINE shows it, a talk, what changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.view import CityView
from bot.line.render import render
from bot.services.answering import Spoken
from bot.services.drafts import Draft
from bot.services.replay import Moved, Report
from bot.services.workshop import Workshop
from bot.web.bubbles import Shown, shown
from bot.web.transcript import Exchange

DECISIONS = {
    "answer": "回答",
    "choices": "聞き返し",
    "fallback": "答えられない",
    "emergency": "緊急の案内",
}


@dataclass(frozen=True)
class Preview:
    """An answer as a resident sees it; `notice` is the line on a locked screen."""

    shown: Shown
    notice: str


@dataclass(frozen=True)
class Results:
    """Everything that was tried. `titles` names items by id."""

    draft: Draft
    city_name: str
    item: Preview | None
    talk: tuple[Preview, ...]
    report: Report | None
    view: CityView

    def title(self, item_id: str) -> str:
        """What staff call an item."""
        return self.view.title(item_id) or item_id or "（なし）"

    def says(self, moved: Moved, *, after: bool) -> str:
        """An outcome in words."""
        outcome = moved.after if after else moved.before
        names = "・".join(f"「{self.title(each)}」" for each in outcome.ids)
        return f"{DECISIONS[outcome.decision]}{names}"


def results_of(
    workshop: Workshop,
    draft: Draft,
    city: str,
    item: str,
    said: Sequence[str],
    *,
    replay: bool,
) -> Results | None:
    """Try the draft in a city; None where it is so broken that there is no such city."""
    if city not in draft.library.city_ids:
        return None
    view = draft.library.view(city)
    spoken = workshop.show(draft, city, item) if item else None
    return Results(
        draft=draft,
        city_name=view.city.name,
        item=_preview(spoken) if spoken else None,
        talk=tuple(map(_preview, workshop.talk(draft, city, list(said)))),
        report=workshop.what_changes(draft, city) if replay else None,
        view=view,
    )


def _preview(spoken: Spoken) -> Preview:
    reply = spoken.turn.reply
    notices = [str(m["altText"]) for m in render(reply) if "altText" in m]
    page = shown(Exchange(spoken.text, reply, spoken.turn.state.language))
    return Preview(page, notices[0] if notices else "")
