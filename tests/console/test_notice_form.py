"""What the composer writes is what was typed, whatever was typed."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from bot.console.notice_form import changed, from_draft, from_post, missing, written
from bot.content.drafts import read_draft
from bot.core.announcements import CardMessage, TextMessage
from tests.segments import catalog, shipped

SAVED = shipped().segments
KEYS = (
    "title kind owner audience segment_name rule when send_at every weekdays days at excluded "
    "skip_holidays until expires_at language-set m-ja-0-type m-ja-0-text m-ja-0-title m-ja-0-image "
    "m-ja-0-words m-ja-0-link-0-label m-ja-0-link-0-url m-en-0-type m-en-0-text"
).split()
WORDS = st.text(max_size=30) | st.sampled_from(
    "card text saved rule everyone at repeat weekly monthly en 10:00 2026-12-01T10:00 mon 1 "
    "{everyone:true} normal".split()
)
FORM = st.dictionaries(st.sampled_from(KEYS), WORDS, max_size=12)
TYPED = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("\n :#-'\"|>{}[]&*!%@`\\　,、"),
    min_size=1,
    max_size=80,
)
FEW = settings(max_examples=150, deadline=None)


def read(fields: Any) -> Any:
    lines = written(fields, "田中")
    return read_draft("x", lines.text().encode(), catalog(), SAVED), lines


@FEW
@given(TYPED, TYPED, TYPED, st.sampled_from(["ja", "en"]))
def test_typed_words_come_back_as_they_were(one: str, two: str, title: str, language: str) -> None:
    form = {
        "title": title, "kind": "normal", "audience": "everyone", "m-ja-0-type": "text",
        "m-ja-0-text": one, "m-ja-1-type": "card", "m-ja-1-title": "題", "m-ja-1-text": two,
        "m-ja-1-link-0-label": "見る", "m-ja-1-link-0-url": title,
    }  # fmt: skip
    fields = from_post(MultiDict(form))
    if missing(fields) or not fields.messages["ja"][1].text or len(fields.title) > 60:
        return
    found, lines = read(fields)
    assert found.draft is not None, (found.problems, lines.text())
    text, card = found.draft.messages
    assert isinstance(text, TextMessage) and isinstance(card, CardMessage)
    typed = fields.messages["ja"]
    assert (text.text, card.text, found.draft.title) == (typed[0].text, typed[1].text, fields.title)
    assert from_draft(found.draft) == fields


@FEW
@given(FORM)
def test_any_form_is_read_or_refused_at_one_of_its_fields(form: dict[str, str]) -> None:
    fields = from_post(MultiDict(form))
    if missing(fields):
        return
    found, lines = read(fields)
    for problem in found.problems:
        assert lines.place_of(problem)
    if found.draft is not None:
        again, _ = read(from_draft(found.draft))
        assert again.draft == found.draft


@FEW
@given(FORM, st.text(max_size=20) | st.sampled_from(["add-card:ja", "up:ja:1", "remove:ja:0"]))
def test_any_button_leaves_a_form_with_a_message(form: dict[str, str], do: str) -> None:
    fields, _ = changed(from_post(MultiDict(form)), do, "en")
    assert fields.messages["ja"] and all(fields.messages.values())
