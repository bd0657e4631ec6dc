"""Whether a message that names nothing new is about what was said before it."""

from __future__ import annotations

import re

from bot.core.confidence import decide
from bot.core.conversation import read_action
from bot.core.documents import Ranking
from bot.core.facets import facet_alone, facets_in
from bot.core.followup import (
    as_means,
    asks_also,
    asks_for_points,
    asks_leave,
    asks_on,
    asks_outright,
    asks_when_wanted,
    by_what_means,
    even_with,
    explains,
    goes_on,
    is_bare_noun,
    is_settled,
    is_short_question,
    lends,
    names_us,
    one_case_more,
    refers_back,
    tells_a_case,
)
from bot.core.knowledge import Entry
from bot.core.points import point_of
from bot.core.rivals import is_unknown_matter
from bot.core.subject import Said, what_is_said
from bot.core.text import fold
from bot.core.turn import Speaker

_ALL_BUT_SURE, _UNLIKELY = 0.85, 0.5
_BRIEF = 24  # characters of a message about one point
# 「市のLINEって何が届くの」: the thing before what is asked about it.
_OF_A_THING = re.compile(
    r"^(.{1,14}?)(?:って|は|とは)(?:いったい|一体)?(?:何|なに|なん|どう|どん|どこ|いつ|いくら|誰|だれ)"
)
# Where the city hall is and when it is open: 「車で行ける？」 may mean another place.
THE_OFFICE = ("location", "opening-hours")
OF_THE_OFFICE = (*THE_OFFICE, "phone-number")
# 「使い方がわからない」「なんて名前ですか」: of what was just answered.
_HOW_TO_USE, _WHO_WE_ARE = "how-to-use", "who-are-you"


def is_about_last(speaker: Speaker, last: Entry, ranking: Ranking) -> bool:
    """Whether the message asks on about `last`, the entry just answered.

    `ranking` is the message read by itself: where it is clear about a thing it names, or about
    talk and settings, it is a new question.
    """
    text, view = speaker.text, speaker.view
    if goes_on(text):
        return True
    said, further = what_is_said(text, view.tokenize), one_case_more(text)
    decision = decide(ranking, view.costs)
    clear = decision == "answer"
    about = point_of(text)
    pointed = about is not None and not said.subjects  # 「予約」「駐車場」
    if is_bare_noun(text) and decision != "fallback" and not pointed:
        return False
    if refers_back(text) and not said.subjects:
        return True
    office = clear and ranking.matches[0].id in THE_OFFICE and not said.written.get("市役所")
    point = about if (office or not clear) and len(text) <= _BRIEF else None
    if point and not point.thing and decision == "choices" and said.strange_to(words_of(last)):
        point = None  # 「病院って日曜やってる？」
    if last.topic == "payment" and asks_for_points(text):
        return True
    proxy = not said.subjects and about is not None and about.key == "point_proxy"
    if proxy or as_means(text) or (point and not _has_title(speaker, point.thing, ranking)):
        return True
    if asks_on(text, said) or (further and not said.subjects):
        return further or not (clear and _leaves_the_matter(speaker, said, ranking))
    if not said.subjects or not ranking.matches:
        return decision == "fallback" and not said.subjects and asks_outright(text)
    return _names_more_of(speaker, last, said, ranking)


def _names_more_of(speaker: Speaker, last: Entry, said: Said, ranking: Ranking) -> bool:
    """The same of a message that names a subject and asks of no single point."""
    text, view = speaker.text, speaker.view
    near = [match.id for match in ranking.matches[:3]]
    if near[0] != last.id and _is_told_anew(speaker, last, near[:2]):
        return False
    if one_case_more(text) and last.id in near:
        return True
    untitled = len(said.strange_to(fold(view.title(near[0])))) == len(said.subjects)
    spoken_of = not said.strange_to(words_of(last))
    if is_settled(text) and (is_unknown_matter(near[0]) or near[0] in OF_THE_OFFICE):
        return untitled or near[0] in (last.id, *OF_THE_OFFICE)
    if tells_a_case(text) and (spoken_of or ranking.top1 < _ALL_BUT_SURE):
        return untitled or near[0] == last.id or (spoken_of and _is_menu(speaker, near[0]))
    if explains(text) and (untitled or _is_menu(speaker, near[0])):
        return spoken_of
    if decide(ranking, view.costs) == "answer":
        return _is_case_of(speaker, last, said, near[0], ranking.top1)
    if near[0] == last.id or by_what_means(text, said):
        return True
    return is_short_question(text) and _names_nothing_else(speaker, last, said, ranking)


def asks_on_alone(text: str, said: Said) -> bool:
    """Whether a message can only be about what was said before it: it names nothing."""
    return goes_on(text) or asks_on(text, said) or facet_alone(text) is not None


def _is_case_of(speaker: Speaker, last: Entry, said: Said, first: str, top1: float) -> bool:
    """Whether a message that is clear by itself only asks of one case more of `last`.

    So are 「ペイペイも？」, 「画面が割れててもいい？」 and 「領収書は出る？」 after an answer that speaks
    of 領収書, but not what names the very thing that the clear first is about.
    """
    text, title = speaker.text, speaker.view.title(first)
    if asks_also(text) and is_unknown_matter(first):
        return True
    also = asks_also(text) or even_with(text) or asks_leave(text)
    also = also or (lends(text) and is_unknown_matter(first))
    if (top1 >= _ALL_BUT_SURE and not also) or not is_short_question(text):
        return False
    if len(said.strange_to(fold(title))) < len(said.subjects):
        return False
    asks_more = also or one_case_more(text) or by_what_means(text, said)
    return asks_more or not said.strange_to(words_of(last))


def _names_nothing_else(speaker: Speaker, last: Entry, said: Said, ranking: Ranking) -> bool:
    """Whether a message names only what `last` speaks of, or a thing that no title near it has."""
    view = speaker.view
    strange = said.strange_to(words_of(last))
    titles = fold(" ".join(view.title(match.id) for match in ranking.matches[:3]))
    if set(strange) - set(said.strange_to(titles)):
        return False
    if not strange and _stands_in_titles(speaker, last, said, ranking):
        return False
    if not strange or one_case_more(speaker.text):
        return True
    names = [word for word in strange if word in said.names]
    if not names:
        return ranking.top1 < _UNLIKELY
    alone = len(names) == 1 and not names[0].isascii()
    unheard = decide(ranking, view.costs) == "fallback"
    return alone and unheard and asks_outright(speaker.text)


def _stands_in_titles(speaker: Speaker, last: Entry, said: Said, ranking: Ranking) -> bool:
    """「作らないとだめ？」: titles near it have what is named, and `last` has it in passing only."""
    near = [match.id for match in ranking.matches[:5]]
    titles = fold(" ".join(map(speaker.view.title, near[:2])))
    return (
        not said.names
        and last.id not in near
        and not said.strange_to(titles)
        and len(said.strange_to(fold(last.title))) == len(said.subjects)
    )


def _is_menu(speaker: Speaker, item_id: str) -> bool:
    intent = speaker.view.intent(item_id)
    return intent is not None and bool(intent.choices or intent.topics)


def words_of(entry: Entry) -> str:
    """What an entry says and is asked, as one folded text."""
    return fold(" ".join((entry.title, *entry.questions, entry.answer, *entry.details.values())))


def _has_title(speaker: Speaker, thing: str, ranking: Ranking) -> bool:
    """「免許証は？」 where there is an entry for it: no thing to bring along."""
    near = [match.id for match in ranking.matches[:2] if speaker.view.entry(match.id)]
    return bool(thing) and any(thing in speaker.view.title(each) for each in near)


def _is_told_anew(speaker: Speaker, last: Entry, near: list[str]) -> bool:
    """「市のLINEって何が届くの」: asks outright about a thing that titles have, but not the last's."""
    found = _OF_A_THING.match(fold(speaker.text))
    if not found:
        return False
    said = what_is_said(found[1], speaker.view.tokenize)
    titles = fold(" ".join(map(speaker.view.title, near)))
    strange = said.strange_to(fold(last.title))
    return bool(strange) and not set(strange) & set(said.strange_to(titles))


def _leaves_the_matter(speaker: Speaker, said: Said, ranking: Ranking) -> bool:
    """Whether the clear first needs no subject (thanks, the menu, a person), or is all but sure.

    「何日前から？」 names nothing and asks for something: it is sure of no entry.
    """
    first = ranking.matches[0].id
    intent = speaker.view.intent(first)
    if intent is None:
        named = bool(said.things) or not facets_in(speaker.text)
        return named and ranking.top1 >= _ALL_BUT_SURE
    if said.things and is_unknown_matter(first) and not asks_outright(speaker.text):
        return ranking.top1 >= _ALL_BUT_SURE  # 「印鑑登録したい」
    asks_of_a_thing = intent.contact and not intent.action  # what no source says
    if intent.action and (asks_when_wanted(speaker.text) or is_settled(speaker.text)):
        return False  # 「やめたいときは」「もう止めてもらいました」: of the matter, not of the bot
    if first == _WHO_WE_ARE:
        return names_us(speaker.text)
    if intent.choices or intent.topics:  # a topic's menu
        return not asks_outright(speaker.text)
    return not asks_of_a_thing and first != _HOW_TO_USE


def offered_by(speaker: Speaker) -> list[str]:
    """The ids that the question back, the topic's menu or the list of classes on screen offers."""
    shown = [read_action(data) for _, data in speaker.state.shown]
    menu = speaker.view.intent(speaker.state.last)
    asked_back = any(parts.get("do") == "none" for parts in shown)
    listed = menu and (menu.choices or menu.topics or menu.action == "class_list")
    if not (asked_back or listed):
        return []
    return [parts["id"] for parts in shown if parts.get("do") == "show" and "id" in parts]
