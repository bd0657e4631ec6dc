"""Whether what the bot would do (erase, stop, list) was asked of a thing that is not the bot's. Pure."""

from __future__ import annotations

from bot.core.documents import Ranking
from bot.core.knowledge import Intent
from bot.core.subject import what_is_said
from bot.core.text import fold
from bot.core.view import CityView

_OURS_ALONE = frozenset(("menu", "class_list", "settings", "stop", "my_data", "erase"))
_OF_THE_CITY_HALL = frozenset(("opening-hours", "location", "phone-number"))


def acts_on_another_thing(view: CityView, text: str, ranking: Ranking) -> bool:
    """「戸籍の記録を消したい」「保健所の電話番号」: names a thing that no example of the intent has.

    Only of intents about the bot's own things or the city hall; anything else is False.
    """
    intent = view.intent(ranking.matches[0].id) if ranking.matches else None
    if intent is None:
        return False
    if intent.action not in _OURS_ALONE and intent.id not in _OF_THE_CITY_HALL:
        return False
    said = what_is_said(text, view.tokenize)
    strange = said.strange_to(view.once(("words of", intent.id), lambda: _words_of(intent)))
    return any(word in said.names and word in said.things for word in strange)


def _words_of(intent: Intent) -> str:
    return fold(" ".join((intent.title, *intent.examples)))
