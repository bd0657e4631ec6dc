"""What is said once a message is understood: an answer, a question back, an honest miss, a danger.

Every function puts together the Turn for one Speaker, and decides nothing about its words.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from bot.core import actions, solving
from bot.core.classcards import coming_here
from bot.core.compose import contact_card, emergency_card, entry_card, related_buttons
from bot.core.confidence import decide
from bot.core.documents import Ranking
from bot.core.facets import facets_in
from bot.core.followup import is_short_question
from bot.core.knowledge import Emergency, Entry, Intent
from bot.core.replies import Card, QuickReply, Reply, Text
from bot.core.rivals import is_unknown_matter
from bot.core.text import sentences
from bot.core.turn import Candidate, Speaker, Turn, button, pairs, unique, with_cards_first
from bot.core.wants import Want

_CHOICES = 3  # a question back offers two or three
_LIKELY = 0.5  # beside an alarm only what is more likely than not is shown
_A_QUESTION = 4  # characters; less is no question beside an alarm
_IN_SCOPE = 0.5  # of what is less likely about a city's services nothing near is offered


# --- an item ---


def show(speaker: Speaker, item_id: str, ranking: Ranking | None = None) -> Turn:
    """The item of that id, because it was matched (with its ranking) or chosen."""
    entry, intent = speaker.view.entry(item_id), speaker.view.intent(item_id)
    if entry:
        return _show_entry(speaker, entry, ranking)
    return show_intent(speaker, intent, ranking) if intent else show_emergency(speaker, item_id)


def show_both(speaker: Speaker, two: tuple[Want, ...], ranking: Ranking) -> Turn | None:
    """Two wants, each of them sure: both answers, in the order in which they were asked."""
    turns = []
    for want in two:
        turn = _show_one_of_two(replace(speaker, text=want.text), want)
        if turn is None:
            return None
        turns.append(turn)
    if not turns:
        return None
    found = speaker.candidates(ranking.led_by(*(want.id for want in two)))
    return _one_after_another(speaker, turns, found, asked=speaker.text)


def show_each(speaker: Speaker, ids: Sequence[str]) -> Turn:
    """「どっちも」: everything of those ids, in their order."""
    turns = []
    for each in ids:
        entry = speaker.view.entry(each)
        turns.append(
            _show_entry(speaker, entry, None, calm=False) if entry else show(speaker, each)
        )
    found = tuple(map(speaker.candidate, ids))
    return _one_after_another(speaker, turns, found, asked=speaker.state.asked)


def _one_after_another(
    speaker: Speaker, turns: Sequence[Turn], found: tuple[Candidate, ...], *, asked: str
) -> Turn:
    """Several answers as one; a place (「上の」) then counts them before the buttons."""
    turn = speaker.done(
        tuple(part for turn in turns for part in turn.reply.parts),
        dict.fromkeys(each for turn in turns for each in turn.reply.quick_replies),
        found,
        confidence=min(turn.confidence for turn in turns),
        asked=asked,
    )
    shown = [speaker.show_button(each.id) for each in found[: len(turns)]]
    return with_cards_first(turn, shown)


def _show_one_of_two(speaker: Speaker, want: Want) -> Turn | None:
    """A sure want's answer: an entry's, or that no source says anything about it."""
    if decide(want.ranking, speaker.view.costs) != "answer":
        return None
    if entry := speaker.view.entry(want.id):
        return _show_entry(speaker, entry, want.ranking, calm=False)
    intent = speaker.view.intent(want.id)
    unknown = intent is not None and is_unknown_matter(intent.id)
    return show_intent(speaker, intent, want.ranking) if intent and unknown else None


def show_with_rivals(speaker: Speaker, ranking: Ranking) -> Turn:
    """The first of the ranking, with what came next behind its first buttons."""
    turn = show(speaker, ranking.matches[0].id, ranking)
    near = (speaker.show_button(item) for item in _near(speaker, ranking)[1:])
    buttons = tuple(unique((*near, *turn.reply.quick_replies)))
    reply = replace(turn.reply, quick_replies=buttons)
    return replace(turn, reply=reply, state=replace(turn.state, shown=pairs(buttons)))


def show_intent(speaker: Speaker, intent: Intent, ranking: Ranking | None = None) -> Turn:
    """What the intent does or says, decided as an answer."""
    turn = actions.perform(intent, speaker)
    if turn.state.language != speaker.language:
        turn = _said_again(speaker, turn)
    if not intent.action and (is_unknown_matter(intent.id) or intent.choices or intent.topics):
        # What no source says, and a menu's matter, can be asked on about, too.
        asked = speaker.text or speaker.state.asked
        turn = replace(turn, state=replace(turn.state, last=intent.id, asked=asked))
    return replace(
        turn,
        decision="answer",
        confidence=ranking.top1 if ranking else 1.0,
        candidates=(*speaker.candidates(ranking, intent.id)[:1], *turn.candidates)
        if turn.candidates
        else speaker.candidates(ranking, intent.id),
    )


def show_emergency(speaker: Speaker, *ids: str) -> Turn:
    """The danger's card first; then, never instead of it, a sure answer to the rest."""
    dangers = [danger for each in ids if (danger := speaker.view.emergency(each))]
    cards = tuple(emergency_card(speaker.view, danger, speaker.language) for danger in dangers)
    first = tuple(speaker.candidate(danger.id) for danger in dangers)
    turn, which = _after_the_card(speaker), _which(speaker, dangers)
    if turn is None or (which and turn.decision != "answer"):  # one question back is enough
        # What only sounds like danger ends no matter: 「いくらですか」 may come after the card.
        last, asked = (speaker.state.last, speaker.state.asked) if which else ("", "")
        buttons = (*which, speaker.menu_button())
        return speaker.done(cards, buttons, first, last=last, asked=asked)
    buttons = tuple(unique((*which, *turn.reply.quick_replies)))
    return replace(
        turn,
        reply=Reply((*cards, *turn.reply.parts), buttons),
        state=replace(turn.state, shown=pairs(buttons)),
        decision="answer",
        candidates=(*first, *turn.candidates),
    )


def _which(speaker: Speaker, dangers: Sequence[Emergency]) -> list[QuickReply]:
    """Under the card of what is not known for sure: a button for each danger that has its own."""
    if not any(danger.learned for danger in dangers):
        return []
    known = (each for each in speaker.view.content.emergencies if not each.learned)
    return [speaker.show_button(each.id) for each in known]


# --- no single item ---


def offer_choices(speaker: Speaker, ranking: Ranking) -> Turn:
    """A question back between the best of the ranking; a fallback where there are not two."""
    near = _near(speaker, ranking)
    if len(near) < 2:
        return fall_back(speaker, ranking)
    none = button(speaker.words.say("none_of_these"), "none")
    buttons = [*unique(map(speaker.show_button, near)), none]
    state = replace(
        speaker.state, asked=speaker.text, shown=pairs(buttons), misses=0, refused=(), asking=""
    )
    reply = Reply((Text(speaker.words.say("choices_prompt")),), tuple(buttons))
    candidates = speaker.candidates(ranking, without=speaker.state.refused)
    return Turn(reply, state, "choices", ranking.top3, candidates)


def offer_again(speaker: Speaker) -> Turn:
    """A place was named where nothing stands: the same buttons, and nothing is forgotten."""
    turn = speaker.say("no_such_choice")
    buttons = tuple(_on_screen(speaker))
    return replace(turn, reply=replace(turn.reply, quick_replies=buttons), state=speaker.state)


def ask_again(speaker: Speaker, offered: Sequence[str]) -> Turn:
    """「うん」, 「全部」 of many: none of what was offered can be shown. It is asked back once more,
    nothing is forgotten."""
    reply = Reply((Text(speaker.words.say("choices_prompt")),), tuple(_on_screen(speaker)))
    return Turn(reply, speaker.state, "choices", 0.0, tuple(map(speaker.candidate, offered)))


def _on_screen(speaker: Speaker) -> list[QuickReply]:
    return unique(QuickReply(words, data) for words, data in speaker.state.shown)


def fall_back(speaker: Speaker, ranking: Ranking | None = None) -> Turn:
    """An honest miss; the second in a row offers the person first."""
    misses = speaker.state.misses + 1
    near = _near(speaker, ranking) if ranking and ranking.in_scope >= _IN_SCOPE else []
    buttons = [*map(speaker.show_button, near), speaker.menu_button()]
    buttons.insert(0 if misses >= 2 else len(near), speaker.handoff_button())
    key = ("missed", speaker.language, misses < 2, bool(near))
    card = speaker.view.once(key, lambda: _missed(speaker, again=misses >= 2, near=bool(near)))
    turn = speaker.done((card,), buttons, asked=speaker.text)
    return replace(
        turn,
        state=replace(turn.state, misses=misses),
        decision="fallback",
        confidence=ranking.top1 if ranking else 0.0,
        candidates=speaker.candidates(ranking),
    )


def _missed(speaker: Speaker, *, again: bool, near: bool) -> Card:
    body = speaker.words.say("fallback_again" if again else "fallback")
    if near:
        body += "\n" + speaker.words.say("fallback_near")
    return replace(contact_card(speaker.view, speaker.language, body), fixed=True)


# --- after an answer ---


def take_verdict(speaker: Speaker, entry: Entry, *, solved: bool) -> Turn:
    """Whether the answer `entry` helped: thanks, or what is next nearest to the words behind it."""
    if solved:
        return solving.solved(speaker, entry)
    asked, refused = speaker.state.asked, {*speaker.state.refused, entry.id}
    near = _near(speaker, speaker.rank(asked), refused) if asked else []
    return solving.unsolved(speaker, entry, near)


def switch_language(speaker: Speaker, language: str | None) -> Turn:
    """Says that `language` is spoken from now on, and the last answer in it."""
    return _said_again(speaker, actions.choose_language(speaker, language))


# --- small pieces ---


def _show_entry(
    speaker: Speaker, entry: Entry, ranking: Ranking | None, *, calm: bool = True
) -> Turn:
    """The answer; `calm`: whether it helped may be asked too."""
    view, language = speaker.view, speaker.language
    asked = speaker.text if ranking else ""
    more = _asked_facets(speaker, entry) if ranking else ""
    card = entry_card(view, entry, language, speaker.today, asked, more)
    related = related_buttons(view, entry, language)
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
        asked=asked or speaker.state.asked,
    )


def _asked_facets(speaker: Speaker, entry: Entry) -> str:
    """What the entry knows of a facet the question itself names (スマホ教室いくら)."""
    if speaker.view.translation(entry.id, speaker.language):
        return ""
    named = facets_in(speaker.text)
    said = [entry.details[facet] for facet in named if facet in entry.details]
    return "\n".join(text for text in said if text not in entry.answer)


def _said_again(speaker: Speaker, turn: Turn) -> Turn:
    """After a change of language the last answer is given again in the new one."""
    last = speaker.view.entry(turn.state.last)
    if last is None:
        return turn
    now = replace(speaker, state=turn.state, language=turn.state.language)
    again = _show_entry(now, last, None)
    parts = (*turn.reply.parts, *again.reply.parts)
    return replace(again, reply=replace(again.reply, parts=parts))


def _after_the_card(speaker: Speaker) -> Turn | None:
    """What else the message asks for: an entry, or a choice of entries, where they are near.

    A sentence of its own that tells of no danger is read alone: 「救急車を呼びました。保険証は？」.
    """
    calm = [part for part in sentences(speaker.text) if len(part) >= _A_QUESTION]
    calm = [part for part in calm if not speaker.view.lookout.find(part)]
    if len(calm) == 1 and calm[0] != speaker.text and is_short_question(calm[0]):
        speaker = replace(speaker, text=calm[0])
    ranking = speaker.rank(speaker.text) if speaker.text else None
    if ranking is None or not ranking.matches:
        return None
    entry = speaker.view.entry(ranking.matches[0].id)
    if entry is None or ranking.top1 < _LIKELY:  # a bare cry for help is about nothing else
        return None
    match decide(ranking, speaker.view.costs):
        case "answer":
            return _show_entry(speaker, entry, ranking, calm=False)
        case "choices":
            turn = offer_choices(speaker, ranking)
            return turn if turn.decision == "choices" else None
    return None


def _near(speaker: Speaker, ranking: Ranking, refused: Collection[str] | None = None) -> list[str]:
    """The best ids that were not refused and can be shown."""
    without = speaker.state.refused if refused is None else refused
    allowed = [m.id for m in ranking.matches if m.id not in without]
    return [item for item in allowed if speaker.view.item(item)][:_CHOICES]
