"""Checks across files: references, duplicates, status words, reach, freshness."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from bot.content.classes import ClassFile, check_classes
from bot.content.loader import Loaded
from bot.content.problems import Problem
from bot.content.textrules import check_texts
from bot.core.compose import first_sentence
from bot.core.danger_score import danger_level
from bot.core.emergency import Lookout
from bot.core.knowledge import (
    COMMON,
    DEFAULT_CONTACT,
    STATUS_WORDS,
    Content,
    Emergency,
    Entry,
    Intent,
)
from bot.core.text import fold, plain_spelling, squeeze
from bot.core.view import MENU_SIZE
from bot.core.years import periods

# Answers one utterance in one city: the id shown first.
Reached = Callable[[str, str], str]


def _knows_nothing() -> float:
    return 0.5


def cross_check(loaded: Loaded, today: date) -> list[Problem]:
    """Everything about the content as a whole that needs no matcher."""
    return sorted(_Checks(loaded, today).run())


def same_until(loaded: Loaded, today: date) -> date:
    """The first day after `today` on which `cross_check` may say something else."""
    last_days = [entry.review_by for entry in loaded.draft.entries.values()]
    last_days += [max(session.end for _, session in file.sessions) for file in loaded.classes if file.sessions]  # fmt: skip
    ahead = (day for day in last_days if today <= day < date.max)
    return min(ahead, default=date.max - timedelta(1)) + timedelta(1)


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
                line = place.line_of(f"tests/{utterance}")
                text = (
                    f"tests の「{utterance}」は「{expected}」ではなく「{found or '答えなし'}」になります。"
                    "例文を足すか、tests を直してください。"
                )
                problems.append(Problem(place.path, line, text))
    return problems


class _Checks:
    def __init__(self, loaded: Loaded, today: date) -> None:
        self.content: Content = loaded.draft
        self.places = loaded.places
        self.lost = loaded.lost
        self.classes: tuple[ClassFile, ...] = loaded.classes
        self.today = today

    def run(self) -> Iterator[Problem]:
        for entry in self.content.entries.values():
            yield from self._city(entry.id, entry.city) or self._contact(entry.id, entry)
            yield from self._references(entry)
            yield from self._status_words(entry)
            yield from self._own_city_only(entry)
            yield from self._freshness(entry)
        for intent in self.content.intents.values():
            yield from self._city(intent.id, intent.city) or self._contact(intent.id, intent)
            yield from self._intent(intent)
        yield from self._duplicate_phrases()
        yield from self._translations()
        yield from self._emergencies()
        yield from self._link_cities()
        yield from self._plans()
        yield from check_texts(self.content, self.places)
        yield from check_classes(self.classes, self.content.cities, self.lost, self.today)

    def _at(self, item_id: str, key: str, text: str, *, warning: bool = False) -> Problem:
        place = self.places[item_id]
        return Problem(place.path, place.line_of(key), text, warning)

    def _city(self, item_id: str, city: str) -> list[Problem]:
        """The city exists and is the one of the folder."""
        known = [COMMON, *self.content.cities]
        if city and city not in {*known, *self.lost}:
            text = f"city「{city}」はありません。{'・'.join(known)} のどれかです。"
            return [self._at(item_id, "city", text)]
        parts = self.places[item_id].path.split("/")
        folder = parts[1] if len(parts) > 2 else ""
        if city and folder in known and folder != city:
            text = f"{parts[0]}/{folder}/ の中なので、city は {folder} にしてください。"
            return [self._at(item_id, "city", text)]
        return []

    def _references(self, entry: Entry) -> Iterator[Problem]:
        yield from self._links(entry.id, entry.links)
        for other in entry.related:
            key = f"related/{other}"
            target = self.content.entries.get(other) or self.content.intents.get(other)
            if target is None:
                if other not in self.lost:
                    text = f"related の「{other}」はありません。消すか直してください。"
                    yield self._at(entry.id, key, text)
            elif target.city not in (COMMON, entry.city):
                text = f"related の「{other}」はほかの市のものです。消してください。"
                yield self._at(entry.id, key, text)

    def _contact(self, item_id: str, item: Entry | Intent) -> list[Problem]:
        if item.contact in {"", DEFAULT_CONTACT, "prefecture"} or item.city in {"", *self.lost}:
            return []
        city = self.content.cities.get(item.city)
        if city is not None and item.contact in city.contacts:
            return []
        text = f"contact「{item.contact}」が市のファイルにありません。main にするか足してください。"
        return [self._at(item_id, "contact", text)]

    def _links(self, item_id: str, links: Iterable[str]) -> Iterator[Problem]:
        for link in links:
            if link not in self.content.links and link not in self.lost:
                text = (
                    f"リンク「{link}」は knowledge/links.yaml にありません。足すか直してください。"
                )
                yield self._at(item_id, f"links/{link}", text)

    def _status_words(self, entry: Entry) -> Iterator[Problem]:
        if not entry.answer:
            return  # reported already
        sentence = first_sentence(entry.answer)
        word = STATUS_WORDS.get(entry.status)
        if word and word not in sentence:
            text = f"status が {entry.status} なので、answer の1文目に「{word}」と書いてください。"
            yield self._at(entry.id, "answer", text)
        online = STATUS_WORDS.get(entry.online_status) if entry.online_status else None
        if online and online not in sentence:
            text = f"ネット申請が {entry.online_status} なので、answer の1文目に「{online}」と書いてください。"
            yield self._at(entry.id, "answer", text)
        waiting = word if entry.status.value in ("planned", "under_consideration") else online
        if waiting and not periods(entry.answer):
            text = "予定・検討のことは、いつの計画か（「2022年の計画では」など）を answer に書いてください。"
            yield self._at(entry.id, "answer", text)

    def _own_city_only(self, entry: Entry) -> Iterator[Problem]:
        said = [("title", entry.title), ("answer", entry.answer)]
        said += [(f"details/{facet}", text) for facet, text in entry.details.items()]
        for city in self.content.cities.values():
            for key, text in said:
                if city.name and city.id != entry.city and city.name in text:
                    hint = f"ほかの市の名前「{city.name}」があります。{{city}} にするか消してください。"
                    yield self._at(entry.id, key, hint)

    def _freshness(self, entry: Entry) -> Iterator[Problem]:
        if entry.review_by < self.today:
            text = f"見直す期限（{entry.review_by}）を過ぎています。内容を確かめて期限を延ばしてください。"
            yield self._at(entry.id, "review_by", text, warning=True)

    def _intent(self, intent: Intent) -> Iterator[Problem]:
        yield from self._links(intent.id, intent.links)
        known = self._known()
        for choice in intent.choices:
            if choice not in known:
                text = f"choices の「{choice}」はありません。消すか直してください。"
                yield self._at(intent.id, f"choices/{choice}", text)
        if len(intent.choices) > MENU_SIZE:
            text = f"choices は{MENU_SIZE}個までです（LINEのボタンの数の上限）。"
            yield self._at(intent.id, "choices", text)
        for utterance, expected in intent.tests.items():
            if expected not in known:
                text = f"tests の「{utterance}」の id「{expected}」はありません。直してください。"
                yield self._at(intent.id, f"tests/{utterance}", text)

    def _known(self) -> set[str]:
        """The ids of everything that answers, and of what a broken file will bring back."""
        emergencies = {emergency.id for emergency in self.content.emergencies}
        return {*self.content.entries, *self.content.intents, *emergencies, *self.lost}

    def _duplicate_phrases(self) -> Iterator[Problem]:
        """A phrase in two items that one city sees: neither would win.

        An intent of all cities gives its phrase to the entry of a city (`library.documents`).
        """
        seen: dict[str, list[tuple[str, str, str]]] = {}
        for item_id, city, key, phrases in self._all_phrases():
            for phrase in phrases:
                found = seen.setdefault(squeeze(fold(phrase)), [])
                for other, other_city, line in found:
                    if other != item_id and self._clash((item_id, city), (other, other_city)):
                        text = f"質問「{phrase}」は {line}（{other}）にもあります。どちらか一方を消してください。"
                        yield self._at(item_id, f"{key}/{phrase}", text)
                place = self.places[item_id]
                where = f"{place.path}:{place.line_of(f'{key}/{phrase}')}"
                found.append((item_id, city, where))

    def _clash(self, one: tuple[str, str], other: tuple[str, str]) -> bool:
        """Whether two items, each an id and its city, may not have the same phrase."""
        if one[1] == other[1]:
            return True
        shared, own = (one, other) if one[1] == COMMON else (other, one)
        given = shared[0] in self.content.intents and own[0] in self.content.entries
        return shared[1] == COMMON and not given

    def _all_phrases(self) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
        for entry in self.content.entries.values():
            yield entry.id, entry.city, "questions", tuple(dict.fromkeys(entry.questions))
        for intent in self.content.intents.values():
            yield intent.id, intent.city, "examples", tuple(dict.fromkeys(intent.examples))

    def _translations(self) -> Iterator[Problem]:
        known = self._known()
        for language, translated in self.content.translations.items():
            for item_id, translation in translated.items():
                key = f"{language}:{item_id}"
                if item_id not in known:
                    text = f"id「{item_id}」の元の知識がありません。id を直すか消してください。"
                    yield self._at(key, "id", text)
                    continue
                entry = self.content.entries.get(item_id)
                word = STATUS_WORDS.get(entry.status) if entry else None
                if language == "easy_ja" and word and not _says(word, translation.answer):
                    text = f"answer の1文目に「{word}」と書いてください（まだ使えない・終わったことを伝えます）。"
                    yield self._at(key, "answer", text)

    def _emergencies(self) -> Iterator[Problem]:
        for emergency in self.content.emergencies:
            yield from self._links(emergency.id, emergency.links)
            if emergency.learned:
                yield from self._learned_danger(emergency)
                continue
            lookout = Lookout([emergency])
            for utterance in emergency.tests:
                if not lookout.find(utterance):
                    text = f"tests の「{utterance}」で緊急の案内が出ません。signs に言葉を足してください。"
                    yield self._at(emergency.id, f"tests/{utterance}", text)
            for utterance in emergency.calm_tests:
                if lookout.find(utterance):
                    text = f"calm_tests の「{utterance}」で緊急の案内が出ます。calm に言葉を足してください。"
                    yield self._at(emergency.id, f"calm_tests/{utterance}", text)

    def _learned_danger(self, emergency: Emergency) -> Iterator[Problem]:
        """Without a matcher: as for messages of which it knows nothing either way."""
        calm = tuple(plain_spelling(word) for line in emergency.calm for word in line.split("|"))
        for utterance in emergency.tests:
            if danger_level(utterance, _knows_nothing) == "none":
                text = f"tests の「{utterance}」は、言い方が危険に近くありません。この行を消して、ほかのカードの signs に言葉を足してください。"
                yield self._at(emergency.id, f"tests/{utterance}", text)
        for utterance in emergency.calm_tests:
            held = any(word and word in plain_spelling(utterance) for word in calm)
            if not held and danger_level(utterance, _knows_nothing) != "none":
                text = f"calm_tests の「{utterance}」に緊急の案内がつきます。calm に言葉を足してください。"
                yield self._at(emergency.id, f"calm_tests/{utterance}", text)

    def _link_cities(self) -> Iterator[Problem]:
        for link in self.content.links.values():
            for city in link.urls:
                if city not in self.content.cities and city not in self.lost:
                    text = f"urls の「{city}」という市はありません。消すか直してください。"
                    yield self._at(link.id, f"urls/{city}", text)

    def _plans(self) -> Iterator[Problem]:
        plans: dict[str, str] = {}
        for city in self.content.cities.values():
            if city.plan and city.plan in plans:
                text = f"plan「{city.plan}」は {plans[city.plan]} と同じです。直してください。"
                yield self._at(f"city:{city.id}", "plan", text)
            plans[city.plan] = city.id


def _says(word: str, answer: str) -> bool:
    """A status word in easy Japanese: 予定（よてい）, 検討, 終了 or 終わりました."""
    plain = {"終了": ("終了", "終わ", "おわ"), "検討": ("検討", "考え")}.get(word, (word,))
    return any(each in re.sub(r"\s", "", first_sentence(answer)) for each in plain)
