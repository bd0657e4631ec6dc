"""What to answer when the best candidates are near each other but do not mean different things."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.core.confidence import Decision, decide
from bot.core.documents import Match, Ranking
from bot.core.knowledge import Entry
from bot.core.nearness import NEAR_DUPLICATE, closest, plain
from bot.core.owners import OTHERS_MATTER, is_others_card, names_an_owner, with_others_matter
from bot.core.text import bare, fold, squeeze
from bot.core.view import CityView

# Of the first. Of residents' 50 questions asked back about with the city's own entry or a term
# first, likely and apart, it was right for 46.
_LIKELY = 0.55
_APART = 0.6  # difference of scores
_SHOWN = 3
_NO_SOURCE = "no-info-"  # intents/not_in_plans*.yaml
_OF_ANYTHING = ("no-info-fee", "no-info-items", "no-info-venue")  # a facet, of whatever matter
# Difference of scores. Of residents' 22 questions with an entry within 2.0 of a sure intent, the
# intent was right for all 9 beyond 1.0, and for 6 of the 13 nearer than that.
_CLEARLY_MEANT = 1.0
_SHARED = 1.0
_BARE = re.compile(r"^[^ぁ-ゖ?!。、\s]{2,8}$")
_ASKS_MEANING = re.compile(
    r"とは|って(?:何|なに|なん|どう)|(?:何|なに|なん)(?:です|の(?:こと|略)|[?。]?$)|意味(?!が?(?:な[いか]|無い))|説明|違い|ちがい|呼び名|名前|言葉|という|(?:何|なに)[がに]"
)
_ASKS_TO_USE = re.compile(
    r"(?:使え|つかえ|でき|払え|はらえ|出せ|取れ|とれ|借りられ|受けられ|やって|始まって|はじまって)(?:る|ます|とる|とっと|ん)(?:か|の|かな|んですか|と)?[?。!]*$|(?:あり|やって)ますか[?。]*$|ある[?]+$"
)  # fmt: skip

_WANTS = re.compile(
    r"(?:て(?:ほし|欲し)い|て(?:くれ|もらえ)(?:る|ます|ん)(?:か|の|かな)?|(?:見|み|話し|し|頼み|出し|借り|とり|取り|使い|つかい)たい(?:です|んです|の)?|(?:見|み)(?:ら)?れ(?:る|ます|ない|ん)(?:か|の|かな|と)?|登録|相談|(?:壊|こわ)(?:れ|し)た|なくした)[?。!]*$"
)
_ASKS_WHERE_OR_WHEN = re.compile(
    r"いつ(?:から|まで|頃|ごろ|始|はじ|でき|使え|に?なる|に?なり)|どこ(?:(?:に|で|から|へ)(?:ある|あり|見|手に|もら|買|行)|(?:です)?(?:か|の|かな)?[?。!]*$)|(?:手に入|入手|ダウンロード)"
)
_ASKS_HOW_MANY = re.compile(r"何(?:業務|人|件|個|[箇か]所|割|台|種類)|いくつ|ど[れの][くぐ]らい")
# 「ビデオ通話を習える所」「ドローンに許可はいる？」: who asks this knows what the thing is called.
_KNOWS_THE_WORD = re.compile(
    r"習[いえうっ]|教わ|教えて(?:くれる|もらえる)(?:所|とこ|人|場)|(?:でき|使え)るように(?:なり|し)たい|"
    r"(?:許可|免許|資格)(?:が|は|って|も)?(?:いる|要る|いり|要り|必要)"
)
# 「ドローンで物資を運ぶ？」 asks what is done with the thing, 「ドローンで何ができる」 what it is.
_DOES_WITH = r"で(?!す|しょ|き|も|は|何が|なにが|なんで)"


def settled(view: CityView, text: str, ranking: Ranking) -> tuple[Decision, Ranking]:
    """What to do with a ranking of `text` here, and the ranking with its rivals in their order."""
    if written := in_its_own_words(view, text, ranking):
        return "answer", written
    ranking = city_before_term(view, text, ranking)
    decision = decide(ranking, view.costs)
    unclear = may_be_known(view, ranking) or only_a_word(view, text, ranking)
    if decision == "answer" and (unclear or is_shared(view, text, ranking)):
        decision = "choices"
    if is_others_card(text) and view.intent(OTHERS_MATTER):
        return "answer", ranking.led_by(OTHERS_MATTER)
    if decision != "fallback" and is_of_others(view, text, ranking):
        return "choices", with_others_matter(view, ranking)
    return decision, ranking


def stands_alone(view: CityView, text: str, ranking: Ranking) -> bool:
    """Whether the first is the city's own entry or a term, likely, and no own one is as good.

    Common entries, other terms, menus and "no source says" beside it would be answered by it too.
    What a word means is no answer to whether the thing can be used here.
    """
    first, *near = ranking.matches[:_SHOWN] or (None,)
    entry = view.entry(first.id) if first else None
    if first is None or entry is None or ranking.top1 < _LIKELY:
        return False
    if is_shared(view, text, ranking) or is_of_others(view, text, ranking):
        return False
    asks_of_word = entry.is_term and not _wants_the_thing(squeeze(fold(text)))
    if not (_is_own(view, entry.id) or asks_of_word):
        return False
    return not any(first.score - match.score < _APART and _is_own(view, match.id) for match in near)


def in_its_own_words(view: CityView, text: str, ranking: Ranking) -> Ranking | None:
    """The ranking with that one first of the first three whose phrasing the message is, letter
    for letter; None where it is none's.

    Whoever wrote 「PayPay」 under the city's payment has said what a resident means who types it.
    """
    words = bare(text)
    shown, rest = ranking.matches[:_SHOWN], ranking.matches[_SHOWN:]
    found = next((match for match in shown if _has_phrase(view, match.id, words)), None)
    if not words or found is None:
        return None
    others = (match for match in shown if match is not found)
    matches = (Match(found.id, shown[0].score), *others, *rest)
    return replace(ranking, matches=matches)


def _has_phrase(view: CityView, item_id: str, words: str) -> bool:
    return words in view.once(("phrases", item_id), lambda: _phrases(view, item_id))


def _phrases(view: CityView, item_id: str) -> frozenset[str]:
    entry, intent = view.entry(item_id), view.intent(item_id)
    phrases = entry.questions if entry else intent.examples if intent else ()
    return frozenset(map(bare, phrases))


def is_unknown_matter(intent_id: str) -> bool:
    """Whether the intent says of a matter (戸籍, 水道) that no source tells of it."""
    return intent_id.startswith(_NO_SOURCE) and intent_id not in _OF_ANYTHING


def is_of_others(view: CityView, text: str, ranking: Ranking) -> bool:
    """「ヤマダ電機のスマホ教室」: the name of somebody else, and what fits best is not about them."""
    best = ranking.matches[0].id if ranking.matches else OTHERS_MATTER
    return best != OTHERS_MATTER and names_an_owner(view, text)


def is_shared(view: CityView, text: str, ranking: Ranking) -> bool:
    """「証明書」: nothing but a word that stands in the titles of the first and of what is near it."""
    word = fold(text)
    if not _BARE.search(word) or len(ranking.matches) < 2:
        return False
    first, *near = ranking.matches[:_SHOWN]
    if not _has_in_title(view, first.id, word):
        return False
    return any(first.score - m.score < _SHARED and _has_in_title(view, m.id, word) for m in near)


def _has_in_title(view: CityView, item_id: str, word: str) -> bool:
    entry = view.entry(item_id)
    return entry is not None and not entry.is_term and word in fold(entry.title)


def may_be_known(view: CityView, ranking: Ranking) -> bool:
    """Whether an intent is first while an entry that may know is near.

    To hide an answer that is there costs a resident more than one question back, most of all
    behind "no source says".
    """
    first, *near = ranking.matches[:_SHOWN] or (None,)
    if first is None or view.intent(first.id) is None:
        return False
    found = (match for match in near if (entry := view.entry(match.id)) and not entry.is_term)
    return any(first.score - match.score < _CLEARLY_MEANT for match in found)


def only_a_word(view: CityView, text: str, ranking: Ranking) -> bool:
    """Whether somebody wants a thing and what it is called comes first: 「Zoomで相談したい」.

    What a word means is then at most one of the choices, unless it was asked in the term's words.
    """
    term = view.entry(ranking.matches[0].id) if ranking.matches else None
    if term is None or not term.is_term:
        return False
    folded = squeeze(fold(text))
    if not _wants_the_thing(folded):
        return False
    return not _ASKS_MEANING.search(folded) and not _says_its_words(folded, term)


def city_before_term(view: CityView, text: str, ranking: Ranking) -> Ranking:
    """「電子マネー使える？」「オープンデータはどこ？」: the city's entry before the glossary's.

    Only where both are first. So is what no source says before it: 「ユーチューブやってる？」.

    The meaning of a word (「…とは」) and a bare word keep the glossary's entry.
    """
    if len(ranking.matches) < 2:
        return ranking
    (first, second), rest = ranking.matches[:2], ranking.matches[2:]
    term = view.entry(first.id)
    if term is None or not term.is_term or not _may_answer(view, second.id):
        return ranking
    folded = squeeze(fold(text))
    asked = (_ASKS_TO_USE, _WANTS, _ASKS_WHERE_OR_WHEN, _ASKS_HOW_MANY)
    asks = any(each.search(folded) for each in asked) or _does_with_it(view, term, folded)
    if _ASKS_MEANING.search(folded) or not asks:
        return ranking
    if not _speak_of_the_same(view, first.id, second.id) or _says_its_words(folded, term):
        return ranking
    matches = (Match(second.id, first.score), Match(first.id, second.score), *rest)
    return replace(ranking, matches=matches)


def _wants_the_thing(folded: str) -> bool:
    return any(each.search(folded) for each in (_ASKS_TO_USE, _WANTS, _KNOWS_THE_WORD))


def _does_with_it(view: CityView, term: Entry, folded: str) -> bool:
    words = (fold(word) for word, each in view.glossary if each == term.id)
    return any(re.search(re.escape(word) + _DOES_WITH, folded) for word in words)


def _is_own(view: CityView, item_id: str) -> bool:
    entry = view.entry(item_id)
    return entry is not None and entry.city == view.city.id and not entry.is_term


def _may_answer(view: CityView, item_id: str) -> bool:
    return _is_own(view, item_id) or is_unknown_matter(item_id)


def _says_its_words(folded: str, term: Entry) -> bool:
    """Whether the message is one of the term's own phrasings, or nearly."""
    questions = [plain(question) for question in term.questions]
    return closest(plain(folded), questions, least=NEAR_DUPLICATE) is not None


def _speak_of_the_same(view: CityView, term_id: str, entry_id: str) -> bool:
    """Whether the entry names the term: it links to it, or its word stands in the entry."""
    entry, intent = view.entry(entry_id), view.intent(entry_id)
    words = [word for word, each in view.glossary if each == term_id]
    if intent:
        return any(word in "\n".join(intent.examples) for word in words)
    if entry is None:
        return False
    said = "\n".join((entry.title, entry.answer, *entry.questions))
    return term_id in entry.related or any(word in said for word in words)
