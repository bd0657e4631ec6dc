"""A message that only narrows what was asked before: 「窓口では？」「避難所のやつ」「なくした」."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.core import answers
from bot.core.confidence import decide
from bot.core.context import offered_by, words_of
from bot.core.continuing import more_about
from bot.core.documents import Ranking
from bot.core.facets import facet_alone, loose_facet
from bot.core.followup import (
    asks_also,
    asks_what_becomes,
    goes_on,
    is_bare_noun,
    links_back,
)
from bot.core.knowledge import Entry
from bot.core.rivals import settled
from bot.core.subject import Said, what_is_said
from bot.core.text import fold
from bot.core.turn import Speaker, Turn

_NEAR = 5
_LONGEST = 20  # characters of a piece of a question
# The end of 「図書館にもありますか」.
_IS_THERE = r"(?:(?:あ(?:る|ります)|使え(?:る|ます)|でき(?:る|ます)|取れ(?:る|ます))(?:の|ん)?(?:です)?(?:か|(?=[?])))?"
# 「中心街は？」「窓口のほう」「避難所のやつ」: one thing, of the matter that is talked of.
_ONE = re.compile(
    r"^(?:じゃあ?|では|なら|あと|ちなみに|あ|え|いや)?[、,\s]*(?P<thing>[^、。,!?\s]{1,12}?)"
    r"(?P<picks>の(?:ほう|方|やつ|とき|時|場合)|(?<=[^ぁ-ゖ])の(?=は|も|なら|って|[?。]|$))?(?:に|で)?(?:は|って|も|なら|だと|だけ|が|で)?"
    rf"{_IS_THERE}(?:です|だ)?(?:けど|が)?[?。…]*$"
)
_ASKS_OF_ONE = re.compile(rf"(?:は|も|なら|だと|って|では){_IS_THERE}[?。…]*$")
_ANY = re.compile(r"どこ|だれ|誰|いつ|どの|どんな|何|なに")  # 「どこの学校でも？」
# 「車もあります」 asks nothing.
_TELLS = re.compile(r"(?:ます|ました|ません|です|ない)$")
# What somebody adds who was asked which one: 「なくした」「出ていくとき」「二人目の人」.
_ADDED = re.compile(
    r"(?:とき|時|場合|人|ほう|方|やつ|だけ|[っいきしちりえけせてねべめれ]た|[っい]ちゃった|んだ|てる|でる|ている|なる|れる|んで|から|ので|けど|ん)(?:です|なの|なん(?:です|だ))?(?:けど|が|ね|よ)?[?。…]*$|"
    r"[^もそこあど]の(?:です|だ|なんです|なんだ)?(?:けど|が)?[。…]*$"
)


def narrowed(speaker: Speaker, ranking: Ranking) -> Ranking:
    """「介護も？」「窓口では？」: read together with the question before, where that is clear."""
    state, text, view = speaker.state, speaker.text, speaker.view
    if not state.asked or not (state.last or offered_by(speaker)) or not links_back(text):
        return ranking
    a_word = _is_a_word(speaker, ranking)
    decision = decide(ranking, view.costs)
    sure = decision == "answer"
    if sure and not a_word and not asks_what_becomes(text):
        return _linked_first(speaker, ranking)
    together = speaker.rank(f"{state.asked} {text}")
    near = {match.id for match in ranking.matches[:_NEAR]}
    if sure and not a_word:
        # 「児童手当はどうなる？」 while moving: not what is said of it to everybody.
        told = decide(together, view.costs) != "fallback"
        together = _related_first(speaker, together)
        return together if told and together.matches[0].id in near else ranking
    near = {match.id for match in ranking.matches[:3]}
    if decision == "fallback":
        near.add(state.last)
    clear = decide(together, view.costs) == "answer" and together.matches[0].id in near
    clear = clear and not _says_it_again(speaker, together)
    if clear or not a_word:
        return together if clear else _linked_first(speaker, ranking)
    kept = tuple(match for match in together.matches if not view.is_term(match.id))
    if kept and kept[0].id in near:
        return replace(together, matches=kept)
    said = what_is_said(text, view.tokenize)
    for match in ranking.matches[1:3]:
        entry = view.entry(match.id)
        if entry and not entry.is_term and said.subjects and not said.strange_to(words_of(entry)):
            return ranking.led_by(match.id)
    return ranking


def points_within(text: str) -> bool:
    """「避難所のほうは？」「図書館にもある？」: says outright that it means one of several."""
    found = _ONE.match(fold(text))
    if found is None or _ANY.search(found["thing"]):
        return False
    return bool(found["picks"]) or asks_also(text)


def of_same_matter(speaker: Speaker, ranking: Ranking) -> Turn | None:
    """「中心街は？」 after 「市役所でWi-Fi使える？」: the entry for that thing in the same matter.

    `ranking` is the message alone. Its title must have the thing, and one that the question
    before named. None where there is no such entry, or the message is clear by itself.
    """
    state, view = speaker.state, speaker.view
    if not state.asked or not (state.last or offered_by(speaker)):
        return None
    found = _ONE.match(fold(speaker.text))
    if not found:
        return None
    clear = decide(ranking, view.costs) == "answer" and not found["picks"]
    if clear and not _of_no_matter(speaker, ranking):
        return None
    thing = what_is_said(found["thing"], view.tokenize)
    tells = set(thing.subjects) - set(thing.names) or _TELLS.search(found["thing"])
    if tells and not found["picks"]:
        return None  # 「スマホ壊れた」「車もあります」
    asked = what_is_said(state.asked, view.tokenize)
    wanted = _names(thing)
    last = view.entry(state.last)
    if last and found["picks"] and found["thing"] in fold(last.title):
        return more_about(speaker, last)
    together = speaker.rank(f"{state.asked} {found['thing']}")
    first = _for_that(speaker, together, asked, wanted) if wanted else None
    if first:
        return answers.show(speaker, first, together.led_by(first))
    # 「税金のほう」 after 「自動車税」, of which no title has 税金.
    said_of_it = last and found["picks"] and wanted and _has_all(words_of(last), wanted)
    return more_about(speaker, last) if last and said_of_it else None


def _for_that(
    speaker: Speaker, together: Ranking, asked: Said, wanted: tuple[str, ...]
) -> str | None:
    """The nearest id but the last, titled with what is wanted and something that was asked of.

    Or whose answer tells of what is wanted: 「図書館は？」 of the public buildings' Wi-Fi.
    """
    view, last = speaker.view, speaker.state.last
    near = [match.id for match in together.matches[:_NEAR] if match.id != last]
    of_it = [each for each in near if _is_titled(speaker, each, _names(asked), wanted)]
    titled = next((each for each in of_it if _has_all(fold(view.title(each)), wanted)), None)
    if titled is not None:
        return titled
    if not (_ASKS_OF_ONE.search(fold(speaker.text)) or points_within(speaker.text)):
        return None
    of_asked = (each for each in near if _is_titled(speaker, each, asked.names, wanted))
    return next((each for each in of_asked if _tells_of(speaker, each, wanted)), None)


def _is_titled(speaker: Speaker, item_id: str, words: Iterable[str], but: Sequence[str]) -> bool:
    """Whether its title has one of the words that are not among `but`."""
    title = fold(speaker.view.title(item_id))
    return any(word in title for word in words if word not in but)


def _tells_of(speaker: Speaker, item_id: str, words: Iterable[str]) -> bool:
    """Whether it is an entry, no word's meaning, whose answer has all the words."""
    entry = speaker.view.entry(item_id)
    if entry is None or entry.is_term:
        return False
    return _has_all(fold(entry.answer), words)


def _has_all(text: str, words: Iterable[str]) -> bool:
    return all(word in text for word in words)


def names_what_is_near(speaker: Speaker, ranking: Ranking) -> bool:
    """「バスは？」 after an answer: one thing, which a title near it has, however unsure alone."""
    last = speaker.view.entry(speaker.state.last)
    found = _ONE.match(fold(speaker.text)) if last else None
    if not found:
        return False
    wanted = _names(what_is_said(found["thing"], speaker.view.tokenize))
    titles = [fold(speaker.view.title(match.id)) for match in ranking.matches[:3]]
    return bool(wanted) and any(_has_all(title, wanted) for title in titles)


def after_question_back(speaker: Speaker) -> Turn | None:
    """「なくした」「出ていくとき」 after 「どれについて知りたいですか」, or after a bare 「児童手当」.

    It is read with what was asked.

    Taken where the message alone comes near to the same; where both together are not clear
    either, it is asked back once more between what is left. None else.
    """
    state, view, text = speaker.state, speaker.view, speaker.text
    if not state.asked or not (offered_by(speaker) or (state.last and is_bare_noun(state.asked))):
        return None
    folded = fold(text)
    a_noun = is_bare_noun(text)
    if len(folded) > _LONGEST or not (a_noun or _ADDED.search(folded)):
        return None
    if facet_alone(text) or goes_on(text) or loose_facet(text):
        return None
    together, alone = speaker.rank(f"{state.asked} {text}"), speaker.rank(text)
    decision = decide(together, view.costs)
    if not alone.matches or decision == "fallback":
        return None
    near = {match.id for match in alone.matches[:_NEAR]}
    found = next((match for match in together.matches[:3] if match.id in near), None)
    entry = view.entry(found.id) if found else None
    if found is None or entry is None or not _speaks_of(speaker, entry, state.asked):
        return None
    if a_noun and not _has_all(fold(entry.title), _names(what_is_said(text, view.tokenize))):
        return None
    if entry.id != together.matches[0].id:
        decision, together = "choices", together.led_by(found.id)
    both = replace(speaker, text=f"{state.asked} {text}")
    if decision == "choices":
        return answers.offer_choices(both, together)
    return answers.show(both, entry.id, together)


def _of_no_matter(speaker: Speaker, ranking: Ranking) -> bool:
    """「市役所は？」: where the city hall is or when it is open, which may not have been meant."""
    intent = speaker.view.intent(ranking.matches[0].id)
    return intent is not None and bool(intent.contact) and not intent.action


def _names(said: Said) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*said.names, *said.things)))


def _related_first(speaker: Speaker, together: Ranking) -> Ranking:
    """With what the entry just answered links to before what it does not: 「やめるときは？」."""
    last = speaker.view.entry(speaker.state.last)
    if last is None or together.matches[0].id in (last.id, *last.related):
        return together
    linked = (match for match in together.matches[:3] if match.id in last.related)
    found = next(linked, None)
    return together.led_by(found.id) if found else together


def _linked_first(speaker: Speaker, ranking: Ranking) -> Ranking:
    """「免許証は？」 after the health card: of choices, first what the last answer links to."""
    if settled(speaker.view, speaker.text, ranking)[0] != "choices":
        return ranking
    return _related_first(speaker, ranking)


def _speaks_of(speaker: Speaker, entry: Entry, asked: str) -> bool:
    """Whether the entry's title has a thing that was asked of."""
    words = _names(what_is_said(asked, speaker.view.tokenize))
    return any(word in fold(entry.title) for word in words)


def _says_it_again(speaker: Speaker, together: Ranking) -> bool:
    """Whether it leads to the answer just given, which does not speak of what is now named."""
    last = speaker.view.entry(together.matches[0].id)
    if last is None or last.id != speaker.state.last:
        return False
    said = what_is_said(speaker.text, speaker.view.tokenize)
    return bool(said.subjects) and len(said.strange_to(words_of(last))) == len(said.subjects)


def _is_a_word(speaker: Speaker, ranking: Ranking) -> bool:
    """Whether the first explains a word: 「PayPayは？」 after an answer asks for no meaning."""
    return bool(ranking.matches) and speaker.view.is_term(ranking.matches[0].id)
