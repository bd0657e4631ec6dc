"""A whole installation of real processes, to be broken in every way, and judged afterwards."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, inspect, select

from bot.bench.load import question
from bot.config import REPOSITORY
from bot.errors import StoreError
from bot.line.signature import sign
from bot.store import inbox as states
from bot.store.database import open_database
from bot.store.tables import inbox

MODULE = (sys.executable, "-m", "bot")
SECRET = "bench-secret"
# How an event may end, besides `replied` and `unanswered`, without anything being wrong.
_QUIET = (states.IGNORED, states.ERASED, states.MAYBE_SENT)


class NotInTime(Exception):
    """What was waited for did not happen."""


class Stub:
    """LINE's stand-in as a process; `pause` makes it silent, `resume` lets it go on."""

    def __init__(self, *options: str, port: int = 0) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot.bench.line_stub", "--port", str(port), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def replies(self) -> list[str]:
        """The tokens of what residents got, in order."""
        return [token for token, _ in json.loads(get(self.port, "/_replies")[1])]

    def reply_times(self) -> dict[str, float]:
        """When each token's reply was taken (seconds since 1970)."""
        return dict(json.loads(get(self.port, "/_replies")[1]))

    def faults(self) -> dict[str, int]:
        """How often it answered how."""
        counts: dict[str, int] = json.loads(get(self.port, "/_stats")[1])
        return counts

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@dataclass
class Judged:
    """How the events ended, and everything that should never have been."""

    ends: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Installation:
    """`web(n)` and `worker()` start processes; `deliver` plays LINE.

    `url` names an empty database. `settings` are added to the environment of every process.
    """

    def __init__(
        self,
        folder: Path,
        url: str,
        line_port: int,
        *,
        content: Path = REPOSITORY,
        city: str = "hachioji",
        **settings: str,
    ) -> None:
        self.url, self.port = url, free_port()
        self._line_port = line_port
        self._log = (folder / "log").open("ab")
        self.log_path = folder / "log"
        self.running: list[subprocess.Popen[bytes]] = []
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MADOGUCHI_", "LINE_"))}
        self.environment = kept | {
            "MADOGUCHI_CITY": city,
            "MADOGUCHI_CONTENT_DIR": str(content),
            "MADOGUCHI_CACHE_DIR": str(folder / "cache"),
            "MADOGUCHI_DATABASE_URL": url,
            "LINE_CHANNEL_SECRET": SECRET,
            "LINE_CHANNEL_ACCESS_TOKEN": "token",
            "LINE_API_BASE": f"http://127.0.0.1:{line_port}",
            "LINE_DATA_API_BASE": f"http://127.0.0.1:{line_port}",
            **settings,
        }
        self.sent: dict[str, None] = {}  # event ids, in order
        self.accepted: set[str] = set()
        self._late: list[bytes] = []

    def web(self, workers: int = 1, **settings: str) -> subprocess.Popen[bytes]:
        """Returns when it says whether it is ready."""
        command = ["serve", "--port", str(self.port), "--workers", str(workers)]
        process = self.start(command, settings)
        until(lambda: self.status("/readyz") in (200, 503), 60)
        return process

    def worker(self, **settings: str) -> subprocess.Popen[bytes]:
        return self.start(["worker"], settings)

    def start(self, command: list[str], settings: dict[str, str]) -> subprocess.Popen[bytes]:
        """A `madoguchi` command of this installation."""
        process = subprocess.Popen(
            [*MODULE, *command],
            stdout=self._log,
            stderr=self._log,
            env=self.environment | settings,
            start_new_session=True,
        )
        self.running.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL, to all that belongs to it."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.running.remove(process)

    def kill_child(
        self, process: subprocess.Popen[bytes], dice: random.Random, *, grandchild: bool = False
    ) -> None:
        """SIGKILL, to one web process whose parent lives on, or to a child of one, if it has any."""
        children = children_of(process.pid)
        if grandchild:
            children = [pid for child in children for pid in children_of(child)]
        if children:
            with suppress(ProcessLookupError):
                os.kill(dice.choice(children), signal.SIGKILL)

    def stop(self, process: subprocess.Popen[bytes]) -> int:
        """SIGTERM, as an operator does; returns the exit code."""
        process.terminate()
        code = process.wait(40)
        self.running.remove(process)
        return code

    def status(self, path: str) -> int:
        """Of a GET, 0 where nobody answers."""
        try:
            return get(self.port, path)[0]
        except (OSError, http.client.HTTPException):
            return 0

    def deliver(self, *events: dict[str, Any]) -> int:
        """As LINE does: what is not taken (2xx) will be delivered again by `redeliver`."""
        ids = [event["webhookEventId"] for event in events]
        self.sent.update(dict.fromkeys(ids))
        status = self.post(body(*events))
        if status == 200:
            self.accepted.update(ids)
        else:
            again = [e | {"deliveryContext": {"isRedelivery": True}} for e in events]
            self._late.append(body(*again))
        return status

    def redeliver(self, seconds: float = 60) -> None:
        """What was not taken comes again, until it is."""
        deadline = time.monotonic() + seconds
        while self._late:
            if time.monotonic() > deadline:
                raise NotInTime(f"{len(self._late)} webhooks were never taken")
            if self.post(self._late[0]) == 200:
                self._late.pop(0)
            else:
                time.sleep(0.2)

    def post(self, content: bytes) -> int:
        """A signed webhook's status, 0 where nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            signed = {"X-Line-Signature": sign(SECRET, content)}
            connection.request("POST", "/line/webhook", content, signed)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def rows(self) -> dict[str, Any]:
        """Every inbox row by event id; {} where the database is away."""
        db = open_database(self.url, exclusive=False)
        try:
            with db.read() as connection:
                return {row.event_id: row for row in connection.execute(select(inbox))}
        except StoreError:
            return {}
        finally:
            db.close()

    def settled(self, seconds: float = 90) -> Counter[str]:
        """Waits until every event has its end; how many ended how."""
        until(lambda: self._open() <= 0, seconds)
        return Counter(row.status for row in self.rows().values())

    def _open(self) -> int:
        """Events without an end, those that never arrived among them."""
        db = open_database(self.url, exclusive=False)
        try:
            with db.read() as connection:
                ended = select(func.count()).where(inbox.c.settled_at.is_not(None))
                return len(self.sent) - int(connection.execute(ended).scalar_one())
        except StoreError:
            return len(self.sent) or 1
        finally:
            db.close()

    def judge(self, replies: Callable[[], list[str]], seconds: float = 90) -> Judged:
        """Nothing lost, nothing answered twice, the record true; `replies` is LINE's own word."""
        judged = Judged()
        try:
            self.settled(seconds)
        except NotInTime:
            judged.wrong.append("some events have no end")
        rows, answered = self.rows(), Counter(replies())
        judged.ends = Counter(row.status for row in rows.values())
        if set(rows) != set(self.sent):
            judged.wrong.append(f"lost: {len(set(self.sent) - set(rows))}, from nowhere: {len(set(rows) - set(self.sent))}")  # fmt: skip
        judged.wrong += [f"{token} was answered twice" for token, n in answered.items() if n > 1]
        for event_id, row in rows.items():
            times = answered[_token(event_id)]
            told = row.status == states.REPLIED
            if told and times != 1:
                judged.wrong.append(f"{event_id} is recorded as replied and was not")
            elif row.status == states.UNANSWERED and times:
                judged.wrong.append(f"{event_id} was answered and recorded as not")
            elif not told and row.status not in (*_QUIET, states.UNANSWERED):
                judged.wrong.append(f"{event_id} ended as {row.status} ({row.outcome})")
        return judged

    def traces(self, *words: str) -> list[str]:
        """Which of the words stand anywhere in the database."""
        db = open_database(self.url, exclusive=False)
        try:
            with db.read() as connection:
                tables = inspect(connection).get_table_names()
                kept = (
                    connection.exec_driver_sql(f"SELECT * FROM {name}").all() for name in tables
                )
                text = "\n".join(map(repr, kept))
        finally:
            db.close()
        return [word for word in words if word in text]

    def close(self) -> None:
        for process in [*self.running]:
            self.kill(process)
        self._log.close()


def _token(event_id: str) -> str:
    """The reply token of an event made by `ask`, or by `bot.bench.load`."""
    run, dash, number = event_id.rpartition("-")
    return f"{run}-token-{number}" if dash else f"token-{event_id}"


def someone(number: int) -> str:
    """A LINE user id."""
    return f"U{number:032x}"


def ask(number: int, resident: int, text: str = "", **changes: Any) -> dict[str, Any]:
    """A question; a resident's questions are numbered in the order they were asked."""
    event_id = f"e{number:05d}"
    text = text or question(number)
    return {
        "type": "message",
        "mode": "active",
        "timestamp": int(time.time() * 1000),
        "source": {"type": "user", "userId": someone(resident)},
        "webhookEventId": event_id,
        "deliveryContext": {"isRedelivery": False},
        "replyToken": f"token-{event_id}",
        "message": {"type": "text", "id": f"m-{event_id}", "quoteToken": "q", "text": text},
    } | changes


def leave(number: int, resident: int) -> dict[str, Any]:
    """A resident blocks the account: everything about them has to go."""
    event = ask(number, resident, type="unfollow")
    del event["replyToken"], event["message"]
    return event


def body(*events: dict[str, Any]) -> bytes:
    """A webhook with these events."""
    return json.dumps({"destination": "U" + "0" * 32, "events": list(events)}).encode()


def until(what: Callable[[], object], seconds: float = 30) -> float:
    """Waits; returns the seconds it took. Raises NotInTime."""
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > seconds:
            raise NotInTime(f"not within {seconds:.0f} s")
        time.sleep(0.05)
    return time.monotonic() - began


def get(port: int, path: str) -> tuple[int, bytes]:
    """Status and body of a GET on this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def children_of(pid: int) -> list[int]:
    """The processes that `pid` has started itself (Linux)."""
    with suppress(OSError):
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
