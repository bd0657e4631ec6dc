"""「ちがう、更新のほう」「窓口じゃなくて郵送」: what was not meant, and what is meant instead."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.core import answers
from bot.core.conversation import State
from bot.core.documents import Ranking
from bot.core.followup import is_short_question
from bot.core.rivals import is_unknown_matter, settled
from bot.core.subject import what_is_said
from bot.core.text import fold
from bot.core.turn import Speaker, Turn

_SURE = 0.9
_LONGEST = 40  # characters; a longer message tells a story of its own
_NO = r"(?:いや|いえ|いいえ|ううん|うーん|あ|え|ごめん|すみません|no|sorry)"
_WRONG = r"(?:違(?:う|います|くて|うって)|ちが(?:う|います|くて|うって)|(?:間違|まちが)え(?:ました|た|ちゃった|てた))(?:よ|の|わ|んです(?:けど|が)?|んだけど?)*"
_THAT = r"(?:そっち|それ|これ|そう|そこ|その(?:話|こと|手続き|やつ)|そういう(?:話|こと|の)|あれ)"
_NOT = r"(?:じゃ|では|で)(?:なくて(?!も)|なく(?!て)|ない|ありません)(?:です|よ|の|んです(?:けど|が)?|んだけど)*"
_CORRECTS = re.compile(
    rf"^(?:{_NO}[、,。!\s]*)*(?:(?:{_THAT})?{_NOT}[、,。!\s]*|(?:{_THAT}(?:は|が)?)?{_WRONG}(?:[、,。!\s]+|(?<=よ)))(?P<rest>\S.*)$|"
    rf"^{_NO}[、,。!\s]+(?P<other>\S.*(?:の(?:ほう|方|やつ)))(?:です|だ|よ|なんです|なんだ|けど|が|ね)*[。!]*$"
)
_INSTEAD = re.compile(
    rf"^(?:{_NO}[、,。!\s]*)*(?P<not>[^、。\s]{{2,14}}?){_NOT}[、,\s]*(?P<rest>\S.*)$"
)
_PERSON = re.compile(r"本人|私|わたし|俺|僕|自分|家族|夫|妻|父|母|親|子|人$")
_TAIL = re.compile(
    r"(?:の(?:ほう|方|やつ|こと|話|件|場合))?(?:です|だ|なの|なん(?:です|だ)|だ?って(?:ば)?|を?(?:聞|知)きたい|を?知りたい|を?教えて)*"
    r"(?:けど|が|よ|の|ね|ください)*[。!]*$"
)
# 「カードの間違いです」「*カード」: a word of the message before, spelled as it was meant.
_MISTYPED = re.compile(
    rf"^(?:{_NO}[、,。!\s]*)*(?P<typed>\S.{{0,18}}?)(?:の|と)(?:打ち|うち|書き|入力|変換)?(?:間違い|まちがい|間違え|まちがえ|ミス|誤字)(?:です|でした|だった|だ|ました)*(?:ね|よ)?[。!]*$|"
    r"^\*\s*(?P<starred>\S.{0,20})$"
)
# 「そっちじゃなくて」「なんか違う」: the last answer was about something else.
_NOT_THAT = re.compile(
    r"^(?:いや|いいえ|ううん|うーん|あ|no)?[、,]?(?:やっぱり?|やはり|なんか|ちょっと|全然|ぜんぜん)?(?:私が|俺が)?(?:(?:聞き|知り)たい(?:の|こと)(?:は|が))?(?:(?:そっち|それ|そう|そうじゃ|そういう(?:こと|話|意味|の)|その(?:こと|話)|これ)(?:じゃ|では)(?:なくて?|ない|ありません)(?:です|よ|の|んだけど|んですが|んですけど)?|そうじゃなくて?|(?:それ|これ)?(?:は|が)?(?:違(?:う|います)|ちが(?:う|います|うよ))(?:よ|ね|ます|の|んだけど?|んですけど?|のですが|けど)?|(?:それは)?(?:知ってる|知っています|わかってる|もう知ってる)(?:よ|けど|んだけど|んですが)?|別の(?:こと|話|やつ|もの)(?:です|なんだけど|が(?:聞|知)きたい)?|not that(?: one)?|wrong)[。、!.…]*$"
)
# 「何の話？」「そんなこと聞いてない」: whoever says so was understood wrongly.
_MISREAD = re.compile(
    r"^(?:え|えっと|は|いや|いやいや|だから|あの)?(?:(?:いったい|一体)?(?:何|なん|なに)の(?:話|こと)(?:です|だ|を?(?:して|言って))?(?:い?る|い?ます)?(?:の|か|ん|よ)*|"
    r"(?:そんな|そういう|その|そのような)(?:こと|話)?(?:は|を|なんか|なんて)?(?:聞い|きい|言っ|頼ん|質問し)[てで](?:い)?(?:ない|ません|ねえ|へん|ないん)(?:です|だ)?(?:けど|が|よ|ね|わ)?|"
    r"(?:私が|こっちが)?(?:聞い|きい|質問し|言っ)て(?:い)?る?(?:こと|の|質問|ん)?(?:と|に|は|とは)(?:全然|ぜんぜん|まったく)?(?:違う|ちがう|違います|ちがいます|答えて(?:い)?ない)(?:よ|ね|の|ん|です|だ|けど|が)*|"
    r"(?:質問|しつもん)(?:と|に|の答えに?)(?:は|が)?(?:全然|ぜんぜん)?(?:違う|ちがう|違います|合って(?:い)?ない|あって(?:い)?ない|答えて(?:い)?ない|なって(?:い)?ない)(?:よ|ね|の|ん|です|だ|けど|が)*|"
    r"(?:話|はなし)が(?:違う|ちがう|違います|かみ合わない|噛み合わない)(?:よ|ね|の|ん|です|だ|けど|が)*)[…〜ー]*$"
)
_BETWEEN = re.compile(r"[。、,!?\s]+")


def retyped(text: str) -> str:
    """The word as it was meant, "" for a message that mends no spelling."""
    found = _MISTYPED.match(fold(text))
    return (found["typed"] or found["starred"]) if found else ""


def correction(text: str) -> tuple[str, str]:
    """(what is meant instead, what was not meant or ""); ("", "") for a message that corrects nothing.

    「ちがう、更新のほう」 is ("更新", ""), 「窓口じゃなくて郵送で」 ("郵送で", "窓口").
    """
    folded = fold(text)
    if len(folded) > _LONGEST:
        return "", ""
    found = _CORRECTS.match(folded)
    if found:
        return _TAIL.sub("", found["rest"] or found["other"], count=1), ""
    found = _INSTEAD.match(folded)
    if not found or _PERSON.search(found["not"]) or is_short_question(found["rest"]):
        return "", ""
    return _TAIL.sub("", found["rest"], count=1), found["not"]


def refuses_answer(text: str) -> bool:
    """「そっちじゃなくて」「何の話？」: the last answer was about something else."""
    folded = fold(text)
    if _NOT_THAT.match(folded.replace("、", "")):
        return True
    said = [part for part in _BETWEEN.split(folded) if part]
    return bool(said) and all(_MISREAD.match(part) or _NOT_THAT.match(part) for part in said)


def corrected(speaker: Speaker) -> Turn | None:
    """What was meant instead of the answer just given; None where nothing is corrected.

    The new words are read with the question before: of what is then near, the first whose title
    has them. Else they are read alone.
    """
    state, view = speaker.state, speaker.view
    if state.asked and not state.last and (word := retyped(speaker.text)):
        return _read_with(speaker, word)
    meant, unmeant = correction(speaker.text)
    if not meant or not (state.last or state.asked):
        return None
    said = what_is_said(meant, view.tokenize)
    if unmeant and not _is_of(speaker, state.last, unmeant):
        return None
    names = tuple(dict.fromkeys((*said.names, *said.things))) or said.subjects
    # Who names what was just answered after all has not refused it.
    means_last = _has_all(speaker, state.last, names) or _is_sure_of(speaker, meant, state.last)
    refused = state.refused if means_last else _and(state, state.last)
    anew = replace(speaker, text=meant, state=replace(state, refused=refused, last=""))
    together = _without(speaker.rank(f"{state.asked} {meant}"), refused)
    decision, alone = settled(view, meant, _without(speaker.rank(meant), refused))
    sure = alone.matches[0].id if alone.matches and decision == "answer" else ""
    if sure and said.subjects and _has_all(speaker, sure, names):
        return answers.show(anew, sure, alone)
    near = [match.id for match in together.matches]
    if said.subjects:
        near += [match.id for match in alone.matches]
    named = [item for item in near if _has_all(speaker, item, names)]
    if not named and sure and not view.is_term(sure):
        # 「そうじゃなくて検針が自動になるって」: no other tells of it but what was answered.
        last_tells = is_unknown_matter(sure) and bool(said.names)
        last_tells = last_tells and _tells_of(speaker, state.last, names)
        named = [state.last if last_tells else sure]
    if said.subjects or decision != "fallback":
        named += [item for item in near if _tells_of(speaker, item, names)]
    if named:
        return answers.show(anew, named[0], together if named[0] in near else alone)
    return answers.offer_choices(replace(anew, text=f"{state.asked} {meant}".strip()), together)


def _read_with(speaker: Speaker, word: str) -> Turn:
    """The question before, which nothing answered, with a word of it spelled anew."""
    anew = replace(speaker, text=f"{speaker.state.asked} {word}")
    decision, ranking = settled(anew.view, anew.text, anew.rank(anew.text))
    if decision == "answer":
        return answers.show(anew, ranking.matches[0].id, ranking)
    if decision == "choices":
        return answers.offer_choices(anew, ranking)
    return answers.fall_back(anew, ranking)


def _is_sure_of(speaker: Speaker, text: str, item_id: str) -> bool:
    ranking = speaker.rank(text)
    return [match.id for match in ranking.matches[:1]] == [item_id] and ranking.top1 >= _SURE


def _and(state: State, item_id: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*state.refused, *filter(None, [item_id]))))


def _without(ranking: Ranking, refused: tuple[str, ...]) -> Ranking:
    kept = tuple(match for match in ranking.matches if match.id not in refused)
    return replace(ranking, matches=kept)


def _is_of(speaker: Speaker, item_id: str, words: str) -> bool:
    """Whether the words stand in what was answered or asked: 「窓口じゃなくて」 after 窓口."""
    entry = speaker.view.entry(item_id)
    said = (entry.title, *entry.questions, entry.answer) if entry else ()
    return fold(words) in fold(" ".join((speaker.state.asked, *said)))


def _has_all(speaker: Speaker, item_id: str, names: tuple[str, ...]) -> bool:
    title = fold(speaker.view.title(item_id))
    if speaker.view.is_term(item_id):
        return False
    return bool(names) and all(name in title for name in names)


def _tells_of(speaker: Speaker, item_id: str, names: tuple[str, ...]) -> bool:
    """Whether an entry that is no word's meaning speaks of all of it."""
    entry = speaker.view.entry(item_id)
    if entry is None or not names or speaker.view.is_term(item_id):
        return False
    told = fold(" ".join((entry.answer, *entry.questions)))
    return all(name in told for name in names)
