import threading

import pytest

from bot.errors import StoreError
from bot.line.signature import sign
from bot.services.receiving import Receipt
from bot.store import backlog
from tests.services.builders import (
    SECRET,
    TARO,
    FakeClock,
    body,
    deliver,
    receiver,
    silent_event,
    text_event,
)
from tests.store.builders import everything, rows, statuses


def test_events_are_kept_before_they_are_acknowledged(db):
    door = receiver(db, FakeClock())
    assert deliver(door, text_event(event_id="a"), silent_event("unfollow")) is Receipt.KEPT
    row = rows(db)["a"]
    assert (row.status, row.kind, row.reply_token) == ("waiting", "text", "token-a")
    assert row.conversation == row.resident == "U" + "a" * 32


@pytest.mark.parametrize("signature", [None, "", "wrong", sign("other", body(text_event()))])
def test_without_the_right_signature_nothing_is_kept(db, signature):
    door = receiver(db, FakeClock())
    assert door.receive(body(text_event()), signature) is Receipt.BAD_SIGNATURE
    assert statuses(db) == {}


def test_the_signature_is_over_the_bytes_as_they_came(db):
    door = receiver(db, FakeClock())
    content = body(text_event(event_id="a"))
    signature = sign(SECRET, content)
    assert door.receive(content + b" ", signature) is Receipt.BAD_SIGNATURE
    assert door.receive(content, signature) is Receipt.KEPT
    assert list(statuses(db)) == ["a"]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"events": 1}', b"\xff"])
def test_a_signed_body_that_is_no_webhook_is_refused(db, content):
    door = receiver(db, FakeClock())
    assert door.receive(content, sign(SECRET, content)) is Receipt.BAD_BODY


def test_the_verify_button_of_the_console_is_answered(db):
    assert deliver(receiver(db, FakeClock())) is Receipt.KEPT
    assert statuses(db) == {}


def test_personal_numbers_never_reach_the_database(db):
    words = "番号は１２３４-5678-9012、電話は090-1234-5678です"
    deliver(receiver(db, FakeClock()), text_event(words, event_id="a"))
    stored = everything(db)
    assert "5678" not in stored and "１２３４" not in stored
    assert "番号は".encode("ascii", "backslashreplace").decode() in rows(db)["a"].body


def test_a_redelivered_event_is_kept_once(db):
    door = receiver(db, FakeClock())
    again = text_event(event_id="a", deliveryContext={"isRedelivery": True})
    deliver(door, text_event(event_id="a"))
    assert deliver(door, again) is Receipt.KEPT
    assert list(statuses(db)) == ["a"]


def test_an_event_that_cannot_be_masked_is_kept_without_words_beside_its_neighbour(db, caplog):
    def scrub(raw):
        if raw["webhookEventId"] == "bad":
            raise ValueError(raw["message"]["text"])
        return raw

    door = receiver(db, FakeClock(), scrub=scrub)
    kept = deliver(door, text_event("ひみつ", event_id="bad"), text_event(event_id="good"))
    assert kept is Receipt.KEPT
    found = rows(db)
    assert found["bad"].body == "{}" and found["good"].body != "{}"
    assert "ひみつ" not in caplog.text and "ValueError" in caplog.records[0].error


@pytest.mark.parametrize(
    "event",
    [
        text_event("half a character \ud83d", event_id="odd"),
        text_event("\x00", event_id="odd"),
        text_event(event_id="odd", source={"type": "user", "userId": "\ud800"}),
        text_event(event_id="odd", timestamp=10**30),
        text_event(event_id="odd", timestamp="soon"),
        {"webhookEventId": "odd"},
        {"webhookEventId": "odd", "type": "new-kind", "mode": 3, "source": []},
    ],
)
def test_odd_events_are_kept_like_others(db, event):
    assert deliver(receiver(db, FakeClock()), event) is Receipt.KEPT
    assert statuses(db) == {"odd": "waiting"}


OTHERS = {"type": "group", "groupId": "C" + "c" * 32, "userId": "U" + "d" * 32}


@pytest.mark.parametrize(
    "event",
    [
        text_event("ないしょの話", event_id="a", source=OTHERS),
        text_event("ないしょの話", event_id="a", source={**OTHERS, "type": "room", "roomId": "R1"}),
        text_event("ないしょの話", event_id="a", source=OTHERS, type="messageEdited"),
        text_event("ないしょの話", event_id="a", mode="standby"),
        text_event(
            event_id="a",
            source=OTHERS,
            message={"type": "file", "id": "1", "fileName": "ないしょの話.pdf"},
        ),
        text_event(
            event_id="a",
            source=OTHERS,
            message={"type": "new-kind", "id": "1", "text": "ないしょの話"},
        ),
    ],
)
def test_what_is_said_to_others_is_not_kept_nor_who_said_it(db, event):
    door = receiver(db, FakeClock())
    assert deliver(door, event) is Receipt.KEPT
    assert list(statuses(db)) == ["a"]
    stored = everything(db)
    assert "ないしょ" not in stored and r"\u306a\u3044\u3057\u3087" not in stored
    assert "U" + "d" * 32 not in stored and TARO not in stored
    assert deliver(door, event) is Receipt.KEPT
    assert list(statuses(db)) == ["a"]


def test_what_is_said_to_us_in_a_group_is_kept_until_it_is_answered(db):
    mention = {"mentionees": [{"index": 0, "length": 3, "type": "user", "isSelf": True}]}
    message = {"type": "text", "id": "1", "text": "@市 ごみ", "mention": mention}
    deliver(receiver(db, FakeClock()), text_event(event_id="a", source=OTHERS, message=message))
    row = rows(db)["a"]
    assert (row.conversation, row.resident) == (OTHERS["groupId"], OTHERS["userId"])
    assert r"\u3054\u307f" in row.body and row.reply_token == "token-a"


def test_a_database_that_keeps_nothing_is_never_acknowledged(sqlite_db, monkeypatch, caplog):
    door = receiver(sqlite_db, FakeClock())
    sqlite_db.close()
    assert deliver(door, text_event("ひみつ")) is Receipt.NOT_KEPT
    assert "ひみつ" not in caplog.text and caplog.records[0].levelname == "ERROR"


def test_a_full_disk_is_never_acknowledged(sqlite_db):
    door = receiver(sqlite_db, FakeClock())
    pages = sqlite_db.write(lambda c: c.exec_driver_sql("PRAGMA page_count").scalar_one())
    sqlite_db.write(lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages}"))
    assert deliver(door, text_event("ごみ" * 4000, event_id="a")) is Receipt.NOT_KEPT
    assert statuses(sqlite_db) == {}
    assert deliver(door, text_event(event_id="a")) is Receipt.KEPT  # LINE delivers again


@pytest.mark.parametrize("limit", [3, 150])
def test_a_full_inbox_refuses_and_takes_again_when_there_is_room(db, limit):
    door = receiver(db, FakeClock(), limit=limit)
    for _ in range(limit // 3):
        assert deliver(door, text_event(), text_event(), text_event()) is Receipt.KEPT
    assert deliver(door, text_event()) is Receipt.NOT_KEPT
    assert len(statuses(db)) == limit
    db.write(lambda c: backlog.expire(c, 2**60, 0))
    assert deliver(door, text_event(), text_event()) is Receipt.KEPT
    assert len(statuses(db)) == limit + 2


def test_the_worker_is_woken_after_the_events_are_on_disk(db):
    seen = []
    woken = threading.Event()

    def wake():
        seen.append(list(statuses(db)))
        woken.set()

    door = receiver(db, FakeClock(), wake=wake)
    deliver(door, text_event(event_id="a"))
    assert seen == [["a"]] and woken.is_set()
    deliver(door, text_event(event_id="a"))  # nothing new: nobody is woken
    assert len(seen) == 1


def test_a_store_error_says_nothing_about_residents(db):
    with pytest.raises(StoreError) as caught:
        db.write(lambda c: c.exec_driver_sql("INSERT INTO inbox (body) VALUES ('ひみつ')"))
    assert "ひみつ" not in str(caught.value) + repr(caught.value.__cause__)
