"""Checks across files: references, duplicates, status words, reach, freshness."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date

from bot.content.loader import Loaded
from bot.content.problems import Problem
from bot.core.compose import first_sentence
from bot.core.emergency import find_emergencies
from bot.core.knowledge import COMMON, STATUS_WORDS, Content, Entry, Intent
from bot.core.text import fold, squeeze
from bot.core.years import periods

# Answers one utterance in one city: the id shown first.
Reached = Callable[[str, str], str]


def cross_check(loaded: Loaded, today: date) -> list[Problem]:
    """Everything about the content as a whole that needs no matcher."""
    return sorted(_Checks(loaded, today).run())


def check_tests(loaded: Loaded, reached: Reached, city_id: str) -> list[Problem]:
    """Each `tests:` line of the intents that reaches another id than the one expected."""
    problems = []
    for intent in loaded.draft.intents.values():
        if not intent.visible_in(city_id):
            continue
        for utterance, expected in intent.tests.items():
            found = reached(utterance, city_id)
            if found != expected:
                place = loaded.places[intent.id]
                text = (
                    f"tests の「{utterance}」は「{expected}」ではなく「{found or '答えなし'}」になります。"
                    "例文を足すか、tests を直してください。"
                )
                problems.append(Problem(place.path, place.line, text))
    return problems


class _Checks:
    def __init__(self, loaded: Loaded, today: date) -> None:
        self.content: Content = loaded.draft
        self.places = loaded.places
        self.today = today

    def run(self) -> Iterator[Problem]:
        for entry in self.content.entries.values():
            yield from self._references(entry)
            yield from self._status_words(entry)
            yield from self._own_city_only(entry)
            yield from self._freshness(entry)
        for intent in self.content.intents.values():
            yield from self._intent(intent)
        yield from self._duplicate_phrases()
        yield from self._translations()
        yield from self._emergencies()
        yield from self._cities()

    def _at(self, item_id: str, text: str, *, warning: bool = False) -> Problem:
        place = self.places[item_id]
        return Problem(place.path, place.line, text, warning)

    def _references(self, entry: Entry) -> Iterator[Problem]:
        if entry.city != COMMON and entry.city not in self.content.cities:
            known = "・".join([COMMON, *self.content.cities])
            yield self._at(entry.id, f"city「{entry.city}」はありません。{known} のどれかです。")
        yield from self._links(entry.id, entry.links)
        for other in entry.related:
            target = self.content.entries.get(other) or self.content.intents.get(other)
            if target is None:
                yield self._at(
                    entry.id, f"related の「{other}」はありません。消すか直してください。"
                )
            elif not (target.city == COMMON or target.city == entry.city):
                text = f"related の「{other}」はほかの市のものです。消してください。"
                yield self._at(entry.id, text)
        if entry.contact not in {"main", "prefecture"}:
            cities = [self.content.cities.get(entry.city)] if entry.city != COMMON else []
            if not any(city and entry.contact in city.contacts for city in cities):
                text = f"contact「{entry.contact}」が市のファイルにありません。main にするか足してください。"
                yield self._at(entry.id, text)

    def _links(self, item_id: str, links: Iterable[str]) -> Iterator[Problem]:
        for link in links:
            if link not in self.content.links:
                text = (
                    f"リンク「{link}」は knowledge/links.yaml にありません。足すか直してください。"
                )
                yield self._at(item_id, text)

    def _status_words(self, entry: Entry) -> Iterator[Problem]:
        sentence = first_sentence(entry.answer)
        word = STATUS_WORDS.get(entry.status)
        if word and word not in sentence:
            text = f"status が {entry.status} なので、answer の1文目に「{word}」と書いてください。"
            yield self._at(entry.id, text)
        online = STATUS_WORDS.get(entry.online_status) if entry.online_status else None
        if online and online not in sentence:
            text = (
                f"ネット申請が {entry.online_status} なので、1文目に「{online}」と書いてください。"
            )
            yield self._at(entry.id, text)
        waiting = word if entry.status.value in ("planned", "under_consideration") else online
        if waiting and not periods(entry.answer) and entry.answer:
            text = "予定・検討のことは、いつの計画か（「2022年の計画では」など）を answer に書いてください。"
            yield self._at(entry.id, text)

    def _own_city_only(self, entry: Entry) -> Iterator[Problem]:
        for city in self.content.cities.values():
            if city.id == entry.city:
                continue
            if city.name in entry.answer or city.name in entry.title:
                text = f"ほかの市の名前「{city.name}」が答えにあります。{{city}} にするか消してください。"
                yield self._at(entry.id, text)

    def _freshness(self, entry: Entry) -> Iterator[Problem]:
        if entry.review_by < self.today:
            text = f"見直す期限（{entry.review_by}）を過ぎています。内容を確かめて期限を延ばしてください。"
            yield self._at(entry.id, text, warning=True)

    def _intent(self, intent: Intent) -> Iterator[Problem]:
        yield from self._links(intent.id, intent.links)
        for choice in intent.choices:
            if choice not in self.content.entries and choice not in self.content.intents:
                yield self._at(
                    intent.id, f"choices の「{choice}」はありません。消すか直してください。"
                )
        if len(intent.choices) > 12:
            yield self._at(intent.id, "choices は12個までです（LINEのボタンの数の上限）。")
        known = {*self.content.entries, *self.content.intents}
        for utterance, expected in intent.tests.items():
            if expected not in known:
                text = f"tests の「{utterance}」の id「{expected}」はありません。直してください。"
                yield self._at(intent.id, text)

    def _duplicate_phrases(self) -> Iterator[Problem]:
        """A phrase in two items that one city sees: neither would win."""
        seen: dict[str, list[tuple[str, str]]] = {}
        for item_id, city, phrases in self._all_phrases():
            for phrase in phrases:
                for other, other_city in seen.get(key := squeeze(fold(phrase)), ()):
                    if other != item_id and (COMMON in (city, other_city) or city == other_city):
                        place = self.places[other]
                        text = (
                            f"質問「{phrase}」は {place.path}:{place.line}（{other}）にもあります。"
                            "どちらか一方を消してください。"
                        )
                        yield self._at(item_id, text)
                seen.setdefault(key, []).append((item_id, city))

    def _all_phrases(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        for entry in self.content.entries.values():
            yield entry.id, entry.city, tuple(dict.fromkeys(entry.questions))
        for intent in self.content.intents.values():
            yield intent.id, intent.city, tuple(dict.fromkeys(intent.examples))

    def _translations(self) -> Iterator[Problem]:
        known = {*self.content.entries, *self.content.intents}
        known |= {emergency.id for emergency in self.content.emergencies}
        for language, translated in self.content.translations.items():
            for item_id, translation in translated.items():
                key = f"{language}:{item_id}"
                if item_id not in known:
                    text = f"id「{item_id}」の元の知識がありません。id を直すか消してください。"
                    yield self._at(key, text)
                    continue
                entry = self.content.entries.get(item_id)
                word = STATUS_WORDS.get(entry.status) if entry else None
                if language == "easy_ja" and word and not _says(word, translation.answer):
                    text = f"answer の1文目に「{word}」と書いてください（まだ使えない・終わったことを伝えます）。"
                    yield self._at(key, text)

    def _emergencies(self) -> Iterator[Problem]:
        for emergency in self.content.emergencies:
            yield from self._links(emergency.id, emergency.links)
            for utterance in emergency.tests:
                if emergency not in find_emergencies(utterance, self.content.emergencies):
                    text = f"tests の「{utterance}」で緊急の案内が出ません。signs に言葉を足してください。"
                    yield self._at(emergency.id, text)
            for utterance in emergency.calm_tests:
                if emergency in find_emergencies(utterance, self.content.emergencies):
                    text = f"calm_tests の「{utterance}」で緊急の案内が出ます。calm に言葉を足してください。"
                    yield self._at(emergency.id, text)

    def _cities(self) -> Iterator[Problem]:
        titles: dict[str, str] = {}
        for city in self.content.cities.values():
            if city.plan in titles:
                text = f"plan「{city.plan}」は {titles[city.plan]} と同じです。直してください。"
                yield self._at(f"city:{city.id}", text)
            titles[city.plan] = city.id


def _says(word: str, answer: str) -> bool:
    """A status word in easy Japanese: 予定（よてい）, 検討, 終了 or 終わりました."""
    plain = {"終了": ("終了", "終わ", "おわ"), "検討": ("検討", "考え")}.get(word, (word,))
    return any(each in re.sub(r"\s", "", first_sentence(answer)) for each in plain)
