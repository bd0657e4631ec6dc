"""The stand-in that the bench and the kill test count on."""

import json
import random

import pytest

from bot.bench.line_stub import FAULTS, LineStub
from bot.bench.load import event
from bot.line.events import parse_event

HEAD = b"POST /v2/bot/message/reply HTTP/1.1"


def reply(stub, token="t1"):
    answer = stub.answer(HEAD, json.dumps({"replyToken": token, "messages": []}).encode())
    return answer and answer[0]


def test_a_reply_token_works_once():
    stub = LineStub()
    assert [reply(stub), reply(stub), reply(stub, "t2")] == [200, 400, 200]
    assert [token for token, _ in stub.accepted] == ["t1", "t2"]


@pytest.mark.parametrize(
    ("fault", "status", "accepted"),
    [
        ("429", 429, 0),
        ("500", 500, 0),
        ("drop", None, 0),
        ("accept_500", 500, 1),
        ("accept_drop", None, 1),
    ],
)
def test_each_fault_does_what_it_says(fault, status, accepted):
    class Dice(random.Random):
        def random(self):
            return (FAULTS.index(fault) + 0.5) * 0.04

    stub = LineStub(fault_rate=0.04, random=Dice())
    assert reply(stub) == status
    assert len(stub.accepted) == accepted


def test_the_load_is_made_of_messages_the_bot_understands():
    parsed = parse_event(event(7, "run", 1_800_000_000.0))
    assert (parsed.kind, parsed.mode, parsed.reply_token) == ("text", "active", "run-token-000007")
    assert parsed.text and parsed.conversation_key
