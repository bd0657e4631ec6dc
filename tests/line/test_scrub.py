"""What may be stored of an event: the words masked, everything the bot needs untouched."""

import copy
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.guard import mask as guard_mask
from bot.line.events import parse_body, parse_event
from bot.line.scrub import scrub_event
from tests.line import samples
from tests.line.test_events import JSON, broken_events

MY_NUMBER = "1234 5678 9012"
FREE_TEXT = "番号は１２３４-５６７８-９０１２、電話090-1234-5678"


def guard(text: str) -> str:
    return guard_mask(text).text


def stars(text: str) -> str:
    """A mask that hides every digit and every Japanese character."""
    return re.sub(r"[0-9]|[^\x00-\x7f]", "*", text)


def scrubbed(event):
    return json.dumps(scrub_event(event, guard), ensure_ascii=False)


@pytest.mark.parametrize("kind", samples.ALL)
def test_an_event_without_personal_words_is_read_the_same_from_its_copy(kind):
    event = samples.ALL[kind]
    assert parse_event(scrub_event(event, str)) == parse_event(event)


def test_numbers_in_a_message_are_gone():
    copied = scrub_event(samples.text(FREE_TEXT), guard)
    assert copied["message"]["text"] == "番号は［番号］、電話［電話番号］"


@pytest.mark.parametrize(
    "event",
    [
        samples.message(samples.STICKER),
        samples.message(samples.LOCATION),
        samples.message({"type": "file", "fileName": f"{FREE_TEXT}.pdf", "fileSize": 1}),
        samples.message({"type": "file", "fileName": "a.pdf", "fileSize": 123456789012}),
        samples.message({"type": "text", "text": "はい", "quotedText": FREE_TEXT}),
        samples.event("messageEdited", message={"id": "1", "type": "text", "text": FREE_TEXT}),
        samples.event("survey", survey={"answers": [{"words": FREE_TEXT}, MY_NUMBER]}),
        samples.event("survey", survey={MY_NUMBER: 123456789012}),
        {"webhookEventId": "content-1", "unparsed": [FREE_TEXT, 123456789012]},
        samples.event("postback", postback={"data": f"number={FREE_TEXT}"}),
        samples.event("postback", postback={"data": f"do=show&id={MY_NUMBER}"}),
        samples.event("postback", postback={"data": "do=menu", "displayText": FREE_TEXT}),
        samples.event("postback", postback={"data": [FREE_TEXT], "params": {"date": FREE_TEXT}}),
        samples.event("postback", postback={"data": "do=menu", "params": {MY_NUMBER: "10:00"}}),
    ],
)
def test_numbers_are_gone_wherever_a_resident_may_have_written_them(event):
    digits = re.sub(r"[ \-]", "", scrubbed(event))
    for number in ("123456789012", "１２３４５６７８９０１２", "09012345678"):
        assert number not in digits


def test_ids_tokens_and_postbacks_stay_as_they_are():
    event = samples.ALL["postback"] | {"source": samples.IN_GROUP}
    assert scrub_event(event, stars) == event
    content = {"type": "text", "id": "123456789012", "text": "あい1"}
    copied = scrub_event(samples.event("message", message=content), stars)
    assert copied["message"] == content | {"text": "***"}


def test_an_id_that_is_no_id_is_treated_as_words():
    event = samples.event("survey", survey={"id": "私は 花子"})
    assert scrub_event(event, stars)["survey"] == {"id": "** **"}


def test_the_bots_mention_is_cut_out_and_still_known():
    event = samples.mentioning(
        "🍎@市役所 @花子 ごみ", samples.mention(2, 4), samples.mention(7, 3, of_bot=False)
    )
    copied = scrub_event(event, str)
    assert copied["message"]["text"] == "🍎 @花子 ごみ"
    assert "index" not in json.dumps(copied)
    assert parse_event(copied).mentioned


def test_the_original_is_not_changed():
    event = samples.mentioning(f"@市 {FREE_TEXT}", samples.mention(0, 3))
    before = copy.deepcopy(event)
    scrub_event(event, guard)
    assert event == before


def test_nothing_a_database_refuses_is_left():
    event = samples.event("survey", postback={"data": "a\x00b"}, other={"k\ud800": "v\x00\udc00"})
    text = json.dumps(scrub_event(event, str), ensure_ascii=False)
    assert "\\u0000" not in text
    text.encode()


@given(st.lists(JSON | broken_events(), max_size=3))
def test_a_copy_of_anything_reads_the_same(values):
    _, events = parse_body(json.dumps({"events": values}).encode())
    for event in events:
        assert parse_event(scrub_event(event, str)) == parse_event(event)
        json.dumps(scrub_event(event, stars), ensure_ascii=False).encode()


def test_a_shared_position_is_not_kept():
    kept = scrubbed(samples.ALL["location"])
    assert not any(part in kept for part in ("35.6664", "139.316", "八王子市", "自宅"))
    assert parse_event(json.loads(kept)).kind == "location"


@pytest.mark.parametrize(
    "event",
    [
        samples.ALL["memberJoined"],
        samples.ALL["memberLeft"],
        samples.mentioning("@太郎 児童手当", samples.mention(0, 3, of_bot=False)),
    ],
)
def test_ids_of_people_who_did_not_write_are_not_kept(event):
    event = {**event, "source": {"type": "group", "groupId": "C1"}}
    assert samples.USER in json.dumps(event)
    assert samples.USER not in scrubbed(event)
