"""A process killed at any moment: each event is answered exactly once, or recorded.

The whole thing with real processes: LINE delivers and redelivers, its stand-in accepts, refuses,
drops and forgets to say that it accepted, and the bot is killed with SIGKILL over and over.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress

import pytest

from bot.line.signature import sign
from bot.services.replying import MAX_CLAIMS, TOKEN_LIFE_MS
from bot.store.database import open_database
from tests.services.builders import SECRET, body, text_event
from tests.store.builders import opened, rows

log_ = logging.getLogger(__name__)

KILLS = int(os.environ.get("MADOGUCHI_KILLS", "8"))
SEED = 20261121


class Bot:
    """The process under test."""

    def __init__(self, database: str, line_port: int, log) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [sys.executable, "-m", "tests.kill_app"]
        self._command = [*command, str(self.port), database, str(line_port)]
        self._log = log

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=self._log, stderr=self._log)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with suppress(OSError):
                if get(self.port, "/readyz")[0] == 200:
                    return
            time.sleep(0.02)
        raise AssertionError("the bot did not start")

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def deliver(self, content: bytes) -> bool:
        """Whether the bot took responsibility (2xx)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            headers = {"X-Line-Signature": sign(SECRET, content)}
            connection.request("POST", "/line/webhook", content, headers)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@pytest.fixture
def line_port():
    """LINE's stand-in with 4 % each of five faults."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.bench.line_stub", "--fault-rate", "0.04", "--delay-ms", "5"]
        + ["--seed", str(SEED)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    yield int(process.stdout.readline())
    process.stdin.close()
    process.wait(10)
    process.stdout.close()


def play(bot: Bot, dice: random.Random, path) -> tuple[list[str], set[str]]:
    """Deliver events while the bot is killed and started; returns the ids of all events, and of
    those whose reply was on its way at a kill."""
    sent: list[str] = []
    on_their_way: set[str] = set()
    to_redeliver: list[bytes] = []
    for life in range(KILLS):
        bot.start()
        for _ in range(dice.randint(5, 60)):  # not so many seconds: a slow machine does as much
            ids = [f"e{life}-{len(sent) + n}" for n in range(dice.randint(1, 3))]
            events = [text_event(who=f"U{dice.randrange(20):032x}", event_id=i) for i in ids]
            sent += ids
            if not bot.deliver(body(*events)) or dice.random() < 0.1:
                again = [e | {"deliveryContext": {"isRedelivery": True}} for e in events]
                to_redeliver.append(body(*again))
            if to_redeliver and dice.random() < 0.3:
                content = to_redeliver.pop(0)
                if not bot.deliver(content):
                    to_redeliver.append(content)
        time.sleep(dice.uniform(0, 0.1))
        bot.kill()
        on_their_way |= {name for name, row in read_rows(path).items() if row.in_flight}
    bot.start()
    for content in to_redeliver:  # LINE gives up late enough
        assert bot.deliver(content)
    return sent, on_their_way


def settled_rows(path):
    """The rows when every event has an end. Its retries may take a while."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.2)
        found = read_rows(path)
        if all(row.settled_at is not None for row in found.values()):
            return found
    raise AssertionError(Counter(row.status for row in found.values()))


def read_rows(path):
    beside = open_database(f"sqlite:///{path}", exclusive=False)
    try:
        return rows(beside)
    finally:
        beside.close()


def test_killed_at_any_moment_each_event_is_answered_once_or_recorded(tmp_path, line_port):
    path = tmp_path / "test.db"
    opened(tmp_path).close()
    with (tmp_path / "log").open("wb") as log:
        bot = Bot(str(path), line_port, log)
        sent, on_their_way = play(bot, random.Random(SEED), path)
        found = settled_rows(path)
        bot.kill()
        read = json.loads(get(line_port, "/_replies")[1])
        faults = Counter(json.loads(get(line_port, "/_stats")[1]))

    answered = Counter(token for token, _ in read)
    assert set(found) == set(sent), "an event was lost, or came from nowhere"
    assert max(answered.values()) == 1
    for event_id, row in found.items():
        times = answered[f"token-{event_id}"]
        match row.status:
            case "replied":
                assert times == 1, f"{event_id} is recorded as replied and was not"
            case "unanswered":
                assert times == 0, f"{event_id} was answered and recorded as not"
            case status:
                assert status == "maybe_sent", status
    statuses = Counter(row.status for row in found.values())
    log_.info("%s kills, %s events: %s", KILLS, len(sent), dict(statuses))
    # What was neither on its way at a kill nor cut short by LINE has no reason to be open to doubt.
    doubtful = {
        name
        for name, row in found.items()
        if row.status != "replied" and name not in on_their_way and not given_up(row)
    }
    assert len(doubtful) <= faults["accept_500"] + faults["accept_drop"], sorted(doubtful)
    assert statuses["replied"]


def given_up(row) -> bool:
    """Whether it came up at too many starts or too late, as on a machine that hardly moves."""
    late = row.settled_at > row.received_at + TOKEN_LIFE_MS
    return row.status == "unanswered" and (late or row.attempts > MAX_CLAIMS)
