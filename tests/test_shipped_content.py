"""The content we ship: without errors, each question finds its answer, no city's facts leak."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.bench.examples import read_examples
from bot.content import provenance
from bot.content.checks import check_tests
from bot.content.loader import Loaded, read_files
from bot.content.problems import errors
from bot.core.compose import first_sentence
from bot.core.conversation import State, action
from bot.core.emergency import Lookout
from bot.core.knowledge import COMMON, STATUS_WORDS, Entry
from bot.core.replies import Card
from bot.core.text import fold, squeeze
from bot.core.view import CityView
from bot.core.wording import SENTENCES
from bot.line.limits import check_messages
from bot.line.render import render
from bot.services.answering import Spoken, speak
from bot.services.library import Library, documents
from bot.services.publishing import check_files
from tests.conftest import NOW, TODAY

CITIES = ["hachinohe", "goshogawara", "yachiyo", "hachioji", "onojo"]
LANGUAGES = ["ja", "en", "easy_ja"]


def press(view: CityView, item_id: str, language: str = "ja") -> Spoken:
    """Show an item as its button does."""
    state = State(language=language).to_json()
    return speak(view, "", state, NOW, action("show", id=item_id))


def own_city(entry: Entry, number: int) -> str:
    """A city that answers with the entry; common ones are spread over the five."""
    return CITIES[number % len(CITIES)] if entry.city == COMMON else entry.city


def test_there_is_content_for_the_five_cities(shipped: Loaded) -> None:
    assert set(shipped.draft.cities) == set(CITIES)
    cities = [entry.city for entry in shipped.draft.entries.values()]
    assert {city: cities.count(city) >= 15 for city in [*CITIES, COMMON]} == dict.fromkeys(
        [*CITIES, COMMON], True
    )


def test_no_session_is_shipped(shipped: Loaded) -> None:
    """Samples are for tests: nobody must be sent to a class that is not held."""
    assert {file.city for file in shipped.classes} == set(CITIES)
    assert [each for found in shipped.draft.sessions.values() for each in found] == []


def test_no_file_has_an_error(repository: object) -> None:
    files = read_files(repository)  # type: ignore[arg-type]
    checked = check_files(files, TODAY)
    found = [*checked.problems, *provenance.check(checked.loaded, files)]
    assert [str(problem) for problem in errors(found)] == []


@pytest.mark.parametrize("language", ["en", "easy_ja"])
def test_a_language_says_everything_itself(shipped: Loaded, language: str) -> None:
    """But what is said before a language is known, and the names of sources in easy Japanese."""
    sources = {"note", "note_common"} if language == "easy_ja" else set()
    lacking = SENTENCES.keys() - shipped.draft.wording[language].keys()
    assert lacking == {"follow", "language_ask"} | sources


@pytest.mark.parametrize("city", CITIES)
def test_every_test_line_reaches_its_id(shipped: Loaded, library: Library, city: str) -> None:
    def reached(text: str, city_id: str) -> str:
        matches = library.view(city_id).rank(text).matches
        return matches[0].id if matches else ""

    assert [str(each) for each in check_tests(shipped, reached, city)] == []


def test_each_question_reaches_its_own_entry(shipped: Loaded, library: Library) -> None:
    wrong, asked = [], 0
    for number, entry in enumerate(shipped.draft.entries.values()):
        view = library.view(own_city(entry, number))
        for question in entry.questions:
            asked += 1
            matches = view.rank(question).matches
            first = matches[0].id if matches else "nothing"
            if first != entry.id:
                wrong.append(f"{view.city.id}「{question}」 {entry.id} -> {first}")
    assert len(wrong) <= 0.03 * asked, f"{len(wrong)} of {asked}:\n" + "\n".join(wrong)


def test_each_example_reaches_its_own_intent(shipped: Loaded, library: Library) -> None:
    wrong, asked = [], 0
    for number, intent in enumerate(shipped.draft.intents.values()):
        view = library.view(CITIES[number % len(CITIES)])
        own = own_phrases(shipped, view.city.id)
        for example in intent.examples:
            if squeeze(fold(example)) in own:
                continue
            asked += 1
            matches = view.rank(example).matches
            first = matches[0].id if matches else "nothing"
            if first != intent.id:
                wrong.append(f"{view.city.id}「{example}」 {intent.id} -> {first}")
    assert len(wrong) <= 0.03 * asked, f"{len(wrong)} of {asked}:\n" + "\n".join(wrong)


def own_phrases(shipped: Loaded, city: str) -> set[str]:
    entries = (entry for entry in shipped.draft.entries.values() if entry.city == city)
    return {squeeze(fold(phrase)) for entry in entries for phrase in entry.questions}


@pytest.mark.parametrize("city", CITIES)
def test_a_phrase_of_a_citys_own_entry_finds_no_intent_there(shipped: Loaded, city: str) -> None:
    own = own_phrases(shipped, city)
    intents = [each for each in documents(shipped.draft, city) if each.id in shipped.draft.intents]
    assert intents
    for document in intents:
        assert not own & {squeeze(fold(phrase)) for phrase in document.questions}, document.id


@pytest.mark.parametrize("city", CITIES)
def test_a_city_searches_only_what_it_may_say(shipped: Loaded, city: str) -> None:
    content = shipped.draft
    for document in documents(content, city):
        item = content.entries.get(document.id) or content.intents[document.id]
        assert item.city in (COMMON, city), document.id


@pytest.mark.parametrize("city", CITIES)
def test_no_city_answers_with_another_citys_entry(
    shipped: Loaded, library: Library, city: str
) -> None:
    view, entries = library.view(city), shipped.draft.entries
    for entry in entries.values():
        if entry.city in (COMMON, city):
            continue
        spoken = speak(view, entry.questions[0], None, NOW)
        shown = [candidate.id for candidate in spoken.turn.candidates]
        shown += [button.data for button in spoken.turn.reply.quick_replies]
        for other in entries.values():
            if other.city not in (COMMON, city):
                assert other.id not in shown
                assert action("show", id=other.id) not in shown
        assert press(view, entry.id).turn.decision == "fallback"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("city", CITIES)
def test_everything_a_city_can_say_fits_into_line(
    shipped: Loaded, library: Library, city: str, language: str
) -> None:
    view = library.view(city)
    for item_id in ids_of(shipped, city, language):
        messages = render(press(view, item_id, language).turn.reply)
        assert check_messages(messages) == [], item_id
        assert "{" not in "".join(map(words_of, messages)), item_id


def ids_of(shipped: Loaded, city: str, language: str) -> Iterator[str]:
    """What is said in a language: everything in Japanese, else what is translated."""
    content = shipped.draft
    translated = content.translations.get(language, {})
    for item in (*content.entries.values(), *content.intents.values()):
        if item.visible_in(city) and (language == "ja" or item.id in translated):
            yield item.id
    yield from (danger.id for danger in content.emergencies)


def words_of(component: object) -> str:
    """Every text of a message object."""
    if isinstance(component, dict):
        texts = [str(component.get(key, "")) for key in ("text", "altText", "label")]
        return "".join([*texts, *map(words_of, component.values())])
    return "".join(map(words_of, component)) if isinstance(component, list) else ""


def test_what_does_not_exist_says_so_in_its_first_sentence(
    shipped: Loaded, library: Library
) -> None:
    for number, entry in enumerate(shipped.draft.entries.values()):
        word = STATUS_WORDS.get(entry.status)
        if word:
            (card,) = press(library.view(own_city(entry, number)), entry.id).turn.reply.parts
            assert isinstance(card, Card)
            assert word in first_sentence(card.body), entry.id


def test_a_sensitive_entry_shows_nothing_on_a_lock_screen(
    shipped: Loaded, library: Library
) -> None:
    for number, entry in enumerate(shipped.draft.entries.values()):
        if entry.sensitive:
            (card,) = press(library.view(own_city(entry, number)), entry.id).turn.reply.parts
            assert isinstance(card, Card)
            assert entry.title not in card.alt


def test_every_danger_can_be_called_from_its_card(shipped: Loaded, library: Library) -> None:
    lookout = Lookout(shipped.draft.emergencies)
    for danger in shipped.draft.emergencies:
        for text in danger.tests[:2]:
            spoken = speak(library.view("onojo"), text, None, NOW)
            first = spoken.turn.reply.parts[0]
            assert isinstance(first, Card)
            assert first.tone == "emergency"
            assert first.phones
            found = [each.id for each in lookout.find(text)] or [danger.id]
            assert spoken.turn.candidates[0].id in found


def test_every_button_of_every_menu_leads_somewhere(shipped: Loaded, library: Library) -> None:
    for city in CITIES:
        view = library.view(city)
        shown = [each for each in shipped.draft.intents.values() if each.city in (COMMON, city)]
        for intent in shown:
            spoken = press(view, intent.id)
            assert spoken.turn.decision == "answer", intent.id
            for button in spoken.turn.reply.quick_replies:
                if intent.action != "erase":
                    led = speak(view, "", spoken.state, NOW, button.data)
                    assert led.turn.decision == "answer", (city, intent.id, button)


def test_every_example_of_the_checklist_is_answered_at_once_with_its_item(
    shipped: Loaded, library: Library
) -> None:
    entries, wrong = shipped.draft.entries, []
    alarms = {emergency.id for emergency in shipped.draft.emergencies}
    for number, example in enumerate(read_examples()):
        city = CITIES[number % len(CITIES)] if example.city == COMMON else example.city
        turn = speak(library.view(city), example.text, None, NOW).turn
        ids = [each.id for each in turn.candidates if each.id not in alarms]
        first = entries.get(ids[0]) if ids else None
        if turn.decision != "answer" or first is None or example.item not in first.covers:
            wrong.append(f"{city}「{example.text}」 {example.item} -> {turn.decision} {ids[:1]}")
    assert wrong == []


def test_asking_words_alone_are_answered_where_an_entry_is_sure(library: Library) -> None:
    view = library.view("onojo")
    booking, deadline = speak(view, "窓口予約", None, NOW), speak(view, "期限は？", None, NOW)
    assert (booking.turn.decision, booking.turn.candidates[0].id) == ("answer", "onojo-window")
    assert deadline.turn.decision == "fallback"


@pytest.mark.parametrize("city", ["hachinohe", "hachioji", "onojo", "yachiyo"])
def test_whether_a_thing_can_be_used_is_answered_with_the_city_and_not_the_word(
    library: Library, city: str
) -> None:
    view = library.view(city)
    asked = speak(view, "電子マネー使える？", None, NOW).turn.candidates[0]
    meant = speak(view, "キャッシュレス決済って何？", None, NOW).turn.candidates[0]
    assert asked.id.startswith(f"{city}-") and meant.id == "term-cashless"
