"""The real client and the fake give the same answers; what only the real one can get wrong."""

import json
import logging
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bot.core.ports import LineApi
from bot.errors import LineRejected, LineRetryable
from bot.line.render import render
from bot.line.reply import ReplyClient
from tests.fakes.line import FakeLine, Fault, Platform
from tests.fakes.line_http import REPLY, TOKEN, LineHttp
from tests.line.test_render import EXAMPLES

CERTIFICATE = Path(__file__).parents[1] / "fakes" / "localhost.pem"  # valid until 2126, ours alone
WORDS = [{"type": "text", "text": "こんにちは"}]
HELLO = json.dumps(WORDS)


@pytest.fixture
def line():
    """LINE on this machine."""
    with LineHttp() as stand_in:
        yield stand_in


@pytest.fixture
def client(line):
    """Our client, talking to it."""
    client = ReplyClient(TOKEN, line.url, timeouts=(0.3, 0.2))
    yield client
    client.close()


class TestContract:
    """Holds for every LineApi: the in-memory one of other tests and the real one."""

    @pytest.fixture(params=["fake", "real"])
    def pair(self, request):
        """A LineApi and the platform behind it."""
        if request.param == "fake":
            fake = FakeLine()
            return fake, fake
        return request.getfixturevalue("client"), request.getfixturevalue("line")

    def test_an_accepted_reply_was_sent_once_as_it_is(self, pair: tuple[LineApi, Platform]):
        api, platform = pair
        messages = render(EXAMPLES[0])
        api.reply("token", json.dumps(messages))
        assert [(sent.reply_token, sent.messages) for sent in platform.sent] == [
            ("token", messages)
        ]

    def test_a_token_works_once(self, pair):
        api, platform = pair
        api.reply("token", HELLO)
        with pytest.raises(LineRejected) as caught:
            api.reply("token", HELLO)
        assert caught.value.invalid_reply_token and len(platform.sent) == 1

    def test_an_expired_token_is_refused(self, pair):
        api, platform = pair
        platform.expire("token")
        with pytest.raises(LineRejected) as caught:
            api.reply("token", HELLO)
        assert caught.value.invalid_reply_token and platform.sent == []

    def test_messages_beyond_the_limits_are_refused(self, pair):
        api, platform = pair
        for messages in ([], WORDS * 6, [{"type": "text", "text": ""}]):
            with pytest.raises(LineRejected) as caught:
                api.reply("token", json.dumps(messages))
            assert caught.value.category == "invalid_request" and caught.value.status == 400
            assert not caught.value.invalid_reply_token
        assert platform.sent == []

    @pytest.mark.parametrize(
        ("fault", "status", "unknown"),
        [
            (Fault.TOO_MANY, 429, False),
            (Fault.SERVER_ERROR, 500, True),
            (Fault.GATEWAY_PAGE, 502, True),
            (Fault.TIMEOUT, None, True),
            (Fault.DROP, None, True),
        ],
    )
    def test_after_trouble_the_same_token_still_works(self, pair, fault, status, unknown):
        api, platform = pair
        platform.fail(fault)
        with pytest.raises(LineRetryable) as caught:
            api.reply("token", HELLO)
        assert (caught.value.status, caught.value.unknown_outcome) == (status, unknown)
        assert platform.sent == []
        api.reply("token", HELLO)
        assert len(platform.sent) == 1

    @pytest.mark.parametrize("fault", [Fault.ACCEPT_500, Fault.ACCEPT_TIMEOUT, Fault.ACCEPT_DROP])
    def test_after_a_lost_answer_the_token_is_spent(self, pair, fault):
        api, platform = pair
        platform.fail(fault)
        with pytest.raises(LineRetryable) as first:
            api.reply("token", HELLO)
        assert first.value.unknown_outcome
        with pytest.raises(LineRejected) as second:
            api.reply("token", HELLO)
        assert second.value.invalid_reply_token and len(platform.sent) == 1

    def test_an_unreadable_yes_is_a_yes(self, pair):
        api, platform = pair
        platform.fail(Fault.ACCEPT_GARBAGE)
        api.reply("token", HELLO)
        assert len(platform.sent) == 1

    def test_being_throttled_says_how_long(self, pair):
        api, platform = pair
        platform.fail(Fault.TOO_MANY)
        with pytest.raises(LineRetryable) as caught:
            api.reply("token", HELLO)
        assert caught.value.retry_after == 2.0

    @pytest.mark.parametrize(
        ("fault", "category"), [(Fault.UNAUTHORIZED, "unauthorized"), (Fault.REDIRECT, "other")]
    )
    def test_other_refusals_are_final(self, pair, fault, category):
        api, platform = pair
        platform.fail(fault)
        with pytest.raises(LineRejected) as caught:
            api.reply("token", HELLO)
        assert caught.value.category == category and platform.sent == []


def test_the_request_is_what_line_documents(line, client):
    client.reply("token", HELLO)
    (request,) = line.requests
    assert (request.method, request.path) == ("POST", REPLY)
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"] == "madoguchi"
    assert json.loads(request.body) == {"replyToken": "token", "messages": WORDS}


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.TIMEOUT, Fault.SERVER_ERROR, Fault.REDIRECT])
def test_nothing_is_repeated_behind_our_back(line, client, fault):
    line.fail(fault)
    with pytest.raises((LineRetryable, LineRejected)):
        client.reply("token", HELLO)
    assert len(line.requests) == 1


def test_a_refused_connection_is_known_not_to_have_sent():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(LineRetryable) as caught:
        ReplyClient(TOKEN, f"http://127.0.0.1:{port}").reply("token", HELLO)
    assert not caught.value.unknown_outcome and caught.value.status is None


@pytest.mark.parametrize("then", [(), (Fault.TOO_MANY,), (Fault.UNAUTHORIZED,)])
def test_a_kept_connection_that_ends_unanswered_leaves_doubt(line, client, then):
    client.reply("before", HELLO)
    line.fail(Fault.ACCEPT_DROP, *then)
    with pytest.raises(LineRetryable) as caught:
        client.reply("token", HELLO)  # sent; asked again behind our back, it is refused
    assert caught.value.unknown_outcome
    assert [sent.reply_token for sent in line.sent] == ["before", "token"]


def test_a_kept_connection_that_was_closed_meanwhile_is_replaced(line, client):
    client.reply("before", HELLO)
    line.fail(Fault.DROP)
    client.reply("token", HELLO)
    assert [sent.reply_token for sent in line.sent] == ["before", "token"]


def test_a_proxy_in_the_environment_gets_no_residents_words(line, client, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    client.reply("token", HELLO)
    assert len(line.sent) == 1


@pytest.mark.parametrize("trusted", [True, False])
def test_words_go_only_to_who_can_prove_to_be_line(line, monkeypatch, trusted):
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    line.speak_tls(CERTIFICATE)
    client = ReplyClient(TOKEN, line.url.replace("http://127.0.0.1", "https://localhost"))
    if trusted:
        client.reply("token", HELLO)
    else:
        with pytest.raises(LineRetryable) as caught:
            client.reply("token", HELLO)
        assert not caught.value.unknown_outcome
    assert len(line.requests) == trusted
    client.close()


def test_a_wrong_access_token_is_a_refusal(line):
    other = ReplyClient("another-token", line.url)
    with pytest.raises(LineRejected) as caught:
        other.reply("token", HELLO)
    assert (caught.value.category, caught.value.status) == ("unauthorized", 401)
    other.close()


def test_an_impossible_access_token_is_refused_without_being_quoted():
    with pytest.raises(ValueError) as caught:
        ReplyClient("geheim\n")
    assert "geheim" not in str(caught.value)


def test_log_and_errors_hold_lines_request_id_but_no_words_or_tokens(line, client, caplog):
    caplog.set_level(logging.DEBUG)
    client.reply("reply-token", HELLO)
    with pytest.raises(LineRejected) as caught:
        client.reply("reply-token", HELLO)
    assert caught.value.request_id == "request-2" and caught.value.__context__ is None
    ours = [record for record in caplog.records if record.name == "bot.line.reply"]
    seen = [(r.__dict__["line_status"], r.__dict__["line_request_id"]) for r in ours]
    assert seen == [(200, "request-1"), (400, "request-2")]
    everything = " ".join(str(record.__dict__) for record in caplog.records) + repr(caught.value)
    for secret in ("こんにちは", "\\u3053", "reply-token", TOKEN):
        assert secret not in everything


def test_one_client_serves_many_threads(line, client):
    def send(number):
        client.reply(f"token-{number}", HELLO)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {sent.reply_token for sent in line.sent} == {f"token-{number}" for number in range(12)}


def test_answering_does_not_load_the_sdk():
    code = (
        "import sys, bot.app, bot.line.client; from bot.line.reply import ReplyClient; "
        "ReplyClient('token'); sys.exit('linebot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
