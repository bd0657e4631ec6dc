"""Webhook JSON becomes our Event, whatever LINE or the network made of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linebot.v3.models.events import UnknownEvent
from linebot.v3.webhook import WebhookParser

from bot.errors import BodyError
from bot.line.events import Event, EventKind, parse_body, parse_event
from bot.line.scrub import scrub_event
from bot.line.signature import sign
from tests.line import samples

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@st.composite
def broken_events(draw):
    """A real event in which some values, at any depth, are replaced by any JSON."""
    event = json.loads(json.dumps(draw(st.sampled_from(list(samples.ALL.values())))))
    for _ in range(draw(st.integers(1, 3))):
        place = event
        key = draw(st.sampled_from(sorted(place)))
        while isinstance(place[key], dict) and place[key] and draw(st.booleans()):
            place = place[key]
            key = draw(st.sampled_from(sorted(place)))
        place[key] = draw(JSON)
    return event


@pytest.mark.parametrize("kind", samples.ALL)
def test_every_kind_is_recognised(kind):
    event = parse_event(samples.ALL[kind])
    assert event.kind == kind
    assert (event.event_id, event.mode) == (samples.EVENT_ID, "active")
    assert event.timestamp_ms == 1462629479859


@pytest.mark.parametrize("kind", samples.ALL)
def test_lines_sdk_accepts_the_samples_and_our_signature_too(kind):
    body = json.dumps({"destination": samples.BOT, "events": [samples.ALL[kind]]})
    (event,) = WebhookParser("secret").parse(body, sign("secret", body.encode()))
    assert not isinstance(event, UnknownEvent)
    assert event.webhook_event_id == samples.EVENT_ID


def test_a_text_message_says_who_wrote_what():
    event = parse_event(samples.text("粗大ごみの出し方は？"))
    assert event.text == "粗大ごみの出し方は？"
    assert event.message_id == "444573844083572737"
    assert event.reply_token == samples.TOKEN
    assert event.conversation_key == event.source.user_id == samples.USER
    assert not event.is_redelivery and not event.mentioned


def test_a_redelivered_event_keeps_its_id():
    event = parse_event(samples.text("ごみ", deliveryContext={"isRedelivery": True}))
    assert event.is_redelivery and event.event_id == samples.EVENT_ID


def test_a_group_is_one_conversation_even_without_a_user_id():
    assert (
        parse_event(samples.text("ごみ", source=samples.IN_GROUP)).conversation_key == samples.GROUP
    )
    event = parse_event(samples.text("ごみ", source=samples.IN_ROOM))
    assert event.conversation_key == samples.ROOM
    assert (event.source.type, event.source.user_id) == ("room", None)


def test_a_group_that_hides_its_id_is_not_mixed_up_with_the_residents_own_chat():
    for source in (
        {"type": "group", "userId": samples.USER},
        {"type": "club", "userId": samples.USER},
    ):
        assert parse_event(samples.text("ごみ", source=source)).conversation_key is None


@pytest.mark.parametrize(
    ("number", "later"), [({}, False), ({"index": 1}, False), ({"index": 2}, True), ({"index": "2"}, False)]
)  # fmt: skip
def test_of_pictures_sent_at_once_all_but_the_first_are_known(number, later):
    content = {"type": "image", "imageSet": {"id": "E005D41A", "total": 3, **number}}
    event = samples.message(content)
    assert parse_event(event).later_in_set is later
    assert parse_event(scrub_event(event, str)).later_in_set is later


def test_the_bots_own_mention_is_noticed_and_cut_out():
    # 🍎 counts two: LINE counts UTF-16 units.
    event = parse_event(samples.mentioning("🍎@市役所 ごみの日は？", samples.mention(2, 4)))
    assert event.mentioned and event.text == "🍎 ごみの日は？"


def test_somebody_elses_mention_stays():
    event = parse_event(
        samples.mentioning("@花子 ごみの日は？", samples.mention(0, 3, of_bot=False))
    )
    assert not event.mentioned and event.text == "@花子 ごみの日は？"


@pytest.mark.parametrize("place", [(-1, 2), (0, 999), (3, 0), (None, 3), (True, 1)])
def test_a_mention_outside_the_text_counts_but_cuts_nothing(place):
    event = parse_event(samples.mentioning("@市 ごみ", samples.mention(*place)))
    assert event.mentioned and event.text == "@市 ごみ"


def test_a_mention_given_twice_is_cut_once():
    event = parse_event(
        samples.mentioning("@市 ごみ", samples.mention(0, 3), samples.mention(0, 3))
    )
    assert event.text == "ごみ"


def test_an_edited_message_has_the_new_words_and_the_old_id():
    event = parse_event(samples.ALL["messageEdited"])
    assert (event.text, event.message_id) == ("直しました", "444573")


def test_unsend_names_the_message_taken_back():
    event = parse_event(samples.ALL["unsend"])
    assert (event.message_id, event.reply_token) == ("325708", None)


def test_a_postback_carries_its_data():
    assert parse_event(samples.ALL["postback"]).postback_data == "do=show&id=pick-7"


@pytest.mark.parametrize(
    ("mode", "expected"), [("standby", "standby"), ("sleeping", "unknown"), (None, "unknown")]
)
def test_other_modes_are_told_apart(mode, expected):
    assert parse_event(samples.text("ごみ", mode=mode)).mode == expected


def test_what_line_invents_later_is_unknown():
    assert parse_event(samples.event("teleport")).kind is EventKind.UNKNOWN
    assert parse_event(samples.message({"type": "hologram"})).kind is EventKind.UNKNOWN
    # An event type that happens to be called like a message type is not that message.
    assert parse_event(samples.event("text")).kind is EventKind.UNKNOWN


def test_half_characters_and_nul_do_not_reach_the_database():
    event = parse_event(samples.text("ごみ\ud83d\x00の日"))
    assert event.text == "ごみ\ufffd\ufffdの日"


def test_ids_no_database_should_hold_are_not_believed():
    for strange in ("", "a b", "x" * 513, "id\x00", "番号", 7, None):
        event = parse_event(samples.text("ごみ", webhookEventId=strange, replyToken=strange))
        assert event.reply_token is None
        assert event.event_id.startswith("content-")


@given(JSON | broken_events())
def test_no_json_value_makes_the_parser_raise(value):
    event = parse_event(value)
    assert isinstance(event, Event) and event.event_id
    assert event.kind in EventKind
    json.dumps(event.text or "", ensure_ascii=False).encode()


def test_the_body_gives_destination_and_events():
    body = json.dumps({"destination": samples.BOT, "events": [samples.ALL["text"]]}).encode()
    assert parse_body(body) == (samples.BOT, [samples.ALL["text"]])


def test_verification_without_events_is_fine():
    assert parse_body(b'{"destination":"U1","events":[]}') == ("U1", [])
    assert parse_body(b'{"events":[]}') == ("", [])


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"events":{}}', b'{"events":null}', b"\xff", b"[" * 100_000]
)
def test_other_bodies_are_refused_without_quoting_them(body):
    with pytest.raises(BodyError) as caught:
        parse_body(body)
    assert caught.value.__cause__ is None and len(str(caught.value)) < 60


def test_a_bad_event_does_not_harm_its_neighbours():
    deep = json.loads("[" * 500 + "]" * 500)
    body = json.dumps({"events": [None, 5, "x", deep, {}, samples.ALL["text"]]}).encode()
    _, events = parse_body(body)
    parsed = [parse_event(event) for event in events]
    assert [event.kind for event in parsed] == [EventKind.UNKNOWN] * 5 + [EventKind.TEXT]
    assert [event.event_id for event in parsed] == [event["webhookEventId"] for event in events]


def test_an_event_without_an_id_gets_the_same_one_when_it_comes_again():
    def id_of(redelivery: bool) -> str:
        event = samples.text("ごみ", deliveryContext={"isRedelivery": redelivery})
        del event["webhookEventId"]
        return parse_body(json.dumps({"events": [event]}).encode())[1][0]["webhookEventId"]

    assert id_of(False) == id_of(True)
