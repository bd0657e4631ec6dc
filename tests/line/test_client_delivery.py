"""The client's side of announcements, against LINE on this machine."""

from __future__ import annotations

import json
import logging
import uuid

import pytest

from bot.core.ports import Accepted, FollowerPage, Quota, Statistics
from bot.errors import LineRejected, LineRetryable
from bot.line.client import LineClient
from tests.fakes.line import Fault
from tests.fakes.line_http import MESSAGE, TOKEN, LineHttp

HELLO = [{"type": "text", "text": "お知らせです"}]
TARO, HANAKO = "U" + "a" * 32, "U" + "b" * 32


@pytest.fixture
def line():
    """LINE on this machine."""
    with LineHttp() as stand_in:
        yield stand_in


@pytest.fixture
def client(line):
    """Our client, talking to it."""
    client = LineClient(TOKEN, line.url, timeouts=(1.0, 0.2))
    client.prepare()
    yield client
    client.close()


@pytest.fixture
def key():
    return str(uuid.uuid4())


def sends(client: LineClient, key: str):
    """The three ways to send, each with one key."""
    return {
        "push": lambda: client.push(TARO, HELLO, retry_key=key),
        "multicast": lambda: client.multicast([TARO, HANAKO], HELLO, retry_key=key, unit="m1"),
        "broadcast": lambda: client.broadcast(HELLO, retry_key=key),
    }


@pytest.mark.parametrize("kind", ["push", "multicast", "broadcast"])
def test_a_key_is_sent_with_the_first_request_and_taken_once(line, client, key, kind):
    send = sends(client, key)[kind]
    assert send() == Accepted("request-1")
    assert send() == Accepted("request-1", before=True)
    first, second = line.requests
    assert first.headers["x-line-retry-key"] == key and first.body == second.body
    assert first.path == f"{MESSAGE}/{kind}" and not line.doubles
    assert set(line.got.values()) <= {1}


def test_a_multicast_names_its_unit_and_its_recipients(line, client, key):
    client.multicast([TARO, HANAKO], HELLO, retry_key=key, unit="m20261121_1")
    assert json.loads(line.requests[0].body) == {
        "to": [TARO, HANAKO],
        "messages": HELLO,
        "customAggregationUnits": ["m20261121_1"],
    }


@pytest.mark.parametrize(
    ("fault", "unknown"),
    [
        (Fault.TOO_MANY, False),
        (Fault.SERVER_ERROR, True),
        (Fault.GATEWAY_PAGE, True),
        (Fault.TIMEOUT, True),
        (Fault.DROP, True),
        (Fault.ACCEPT_500, True),
        (Fault.ACCEPT_DROP, True),
        (Fault.ACCEPT_TIMEOUT, True),
    ],
)
def test_trouble_says_whether_the_message_may_have_gone(line, client, key, fault, unknown):
    line.fail(fault)
    send = sends(client, key)["multicast"]
    with pytest.raises(LineRetryable) as caught:
        send()
    assert caught.value.unknown_outcome is unknown
    assert send().before is fault.accepts
    assert line.got == {TARO: 1, HANAKO: 1}


@pytest.mark.parametrize(
    ("status", "body", "category"),
    [
        (400, {"message": "The property, to[3], in the request body is invalid"}, "invalid_recipients"),
        (400, {"message": "The property, 'to', in the request body is invalid (line: -)"}, "invalid_recipients"),
        (400, {"message": "x", "details": [{"message": "y", "property": "to[0]"}]}, "invalid_recipients"),
        (400, {"message": "x", "details": [{"property": "messages[0].text"}]}, "invalid_request"),
        (400, {"message": "x", "details": [{"property": "to"}, {"property": "messages"}]}, "invalid_request"),
        (400, {"message": "about to fail"}, "invalid_request"),
        (401, {"message": "Authentication failed"}, "unauthorized"),
        (403, {}, "forbidden"),
        (413, {}, "too_large"),
        (429, {"message": "You have reached your monthly limit."}, "quota_exceeded"),
    ],
)  # fmt: skip
def test_refusals_are_told_apart(line, client, key, status, body, category):
    line.refused = (status, body)
    with pytest.raises(LineRejected) as caught:
        sends(client, key)["multicast"]()
    assert (caught.value.category, caught.value.status) == (category, status)


def test_a_rate_limit_is_not_the_end_of_the_month(line, client, key):
    line.refused = (429, {"message": "The API rate limit has been exceeded. Try again later."})
    with pytest.raises(LineRetryable) as caught:
        sends(client, key)["multicast"]()
    assert caught.value.status == 429 and not caught.value.unknown_outcome


def test_validation_hands_out_lines_reasons_and_sends_nothing(line, client):
    assert client.validate(HELLO) == ()
    problems = client.validate([{"type": "text", "text": ""}])
    assert problems and "messages[0].text" in problems[0]
    assert not line.got and [r.path for r in line.requests] == [f"{MESSAGE}/validate/multicast"] * 2


def test_validation_that_cannot_be_made_is_an_error(line, client):
    line.refused = (401, {"message": "no"})
    with pytest.raises(LineRejected):
        client.validate(HELLO)


def test_the_quota_with_and_without_a_limit(line, client):
    line.answers[f"{MESSAGE}/quota/consumption"] = {"totalUsage": 30}
    line.answers[f"{MESSAGE}/quota"] = {"type": "limited", "value": 100}
    assert client.quota() == Quota(100, 30) and client.quota().left == 70
    line.answers[f"{MESSAGE}/quota"] = {"type": "none"}
    assert client.quota().left is None


def test_followers_come_in_pages(line, client):
    first = "/v2/bot/followers/ids?limit=1000"
    line.answers[first] = {"userIds": [TARO], "next": "abc/="}
    line.answers[f"{first}&start=abc%2F%3D"] = {"userIds": [HANAKO]}
    page = client.follower_ids()
    assert page == FollowerPage((TARO,), "abc/=")
    assert client.follower_ids(page.next) == FollowerPage((HANAKO,))


def test_statistics_keep_what_line_does_not_say(line, client):
    path = (
        "/v2/bot/insight/message/event/aggregation"
        "?customAggregationUnit=m1&from=20261121&to=20261205"
    )
    line.answers[path] = {"overview": {"uniqueImpression": 25, "uniqueClick": None}}
    assert client.unit_statistics("m1", "20261121", "20261205") == Statistics(25, None)


def test_an_unreadable_answer_is_trouble_not_a_crash(line, client):
    line.answers[f"{MESSAGE}/quota"] = []
    with pytest.raises(LineRetryable):
        client.quota()


@pytest.mark.parametrize(
    ("limit", "used"),
    [
        ({"type": "limited"}, {"totalUsage": 1}),
        ({"type": "limited", "value": "many"}, {"totalUsage": 1}),
        ({"type": "none"}, {}),
        ({"type": "none"}, {"totalUsage": None}),
    ],
)
def test_a_quota_without_its_numbers_is_trouble_too(line, client, limit, used):
    line.answers |= {f"{MESSAGE}/quota": limit, f"{MESSAGE}/quota/consumption": used}
    with pytest.raises(LineRetryable):
        client.quota()


def test_a_page_without_followers_is_trouble_too(line, client):
    line.answers["/v2/bot/followers/ids?limit=1000"] = {"userIds": None}
    with pytest.raises(LineRetryable):
        client.follower_ids()


def test_neither_log_nor_errors_hold_residents_or_words(line, client, key, caplog):
    caplog.set_level(logging.DEBUG)
    sends(client, key)["multicast"]()
    line.refused = (400, {"message": f"bad {TARO}", "details": [{"property": TARO}]})
    with pytest.raises(LineRejected) as caught:
        sends(client, str(uuid.uuid4()))["multicast"]()
    everything = " ".join(str(record.__dict__) for record in caplog.records)
    everything += repr(caught.value) + repr(vars(caught.value))
    for secret in (TARO, HANAKO, "お知らせ", "\\u304a", TOKEN):
        assert secret not in everything
