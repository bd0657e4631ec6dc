"""A whole installation of real processes on PostgreSQL, to be broken in every way."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot.bench.postgres import Cluster
from bot.errors import StoreError
from bot.line.signature import sign
from bot.store.database import open_database
from tests.builders import content, write
from tests.services.builders import SECRET, body, text_event
from tests.store.builders import rows

MODULE = [sys.executable, "-m", "bot"]


class Stub:
    """LINE's stand-in as a process; `pause` makes it silent, `resume` lets it go on."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot.bench.line_stub", *options],
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

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Installation:
    """`web(n)` and `worker(n)` start processes; `deliver` plays LINE."""

    def __init__(self, folder: Path, cluster: Cluster, line: Stub, **settings: str) -> None:
        self.cluster, self.line = cluster, line
        self.url = cluster.create(f"town_{time.monotonic_ns()}")
        self.port = free_port()
        self._log = (folder / "log").open("ab")
        self.log_path = folder / "log"
        self.running: list[subprocess.Popen[bytes]] = []
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MADOGUCHI_", "LINE_"))}
        self._environment = kept | {
            "MADOGUCHI_CITY": "minato",
            "MADOGUCHI_CONTENT_DIR": str(write(folder / "content", content())),
            "MADOGUCHI_CACHE_DIR": str(folder / "cache"),
            "MADOGUCHI_DATABASE_URL": self.url,
            "LINE_CHANNEL_SECRET": SECRET,
            "LINE_CHANNEL_ACCESS_TOKEN": "token",
            "LINE_API_BASE": f"http://127.0.0.1:{line.port}",
            "LINE_DATA_API_BASE": f"http://127.0.0.1:{line.port}",
            **settings,
        }
        self.sent: list[str] = []
        self.accepted: set[str] = set()
        self._late: list[bytes] = []

    def web(self, workers: int = 1, **settings: str) -> subprocess.Popen[bytes]:
        """Returns when it is ready."""
        command = ["serve", "--port", str(self.port), "--workers", str(workers)]
        process = self._start(command, settings)
        until(lambda: self.status("/readyz") in (200, 503), 60)
        return process

    def worker(self, **settings: str) -> subprocess.Popen[bytes]:
        return self._start(["worker"], settings)

    def _start(self, command: list[str], settings: dict[str, str]) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [*MODULE, *command],
            stdout=self._log,
            stderr=self._log,
            env=self._environment | settings,
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
        self.sent += [each for each in ids if each not in self.sent]
        content_ = body(*events)
        status = self._post(content_)
        if status == 200:
            self.accepted.update(ids)
        else:
            again = [e | {"deliveryContext": {"isRedelivery": True}} for e in events]
            self._late.append(body(*again))
        return status

    def redeliver(self) -> None:
        """What was not taken comes again, until it is."""
        deadline = time.monotonic() + 60
        while self._late:
            assert time.monotonic() < deadline
            if self._post(self._late[0]) == 200:
                self._late.pop(0)
            else:
                time.sleep(0.2)

    def _post(self, content_: bytes) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            signed = {"X-Line-Signature": sign(SECRET, content_)}
            connection.request("POST", "/line/webhook", content_, signed)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def rows(self) -> dict[str, Any]:
        """Every inbox row by event id; {} where the database is away."""
        db = open_database(self.url)
        try:
            return rows(db)
        except StoreError:
            return {}
        finally:
            db.close()

    def settled(self, seconds: float = 90) -> Counter[str]:
        """Waits until every event has its end; how many ended how."""
        until(
            lambda: (
                (found := self.rows())
                and set(found) >= set(self.sent)
                and all(row.settled_at is not None for row in found.values())
            ),
            seconds,
        )
        return Counter(row.status for row in self.rows().values())

    def check(self) -> Counter[str]:
        """Nothing lost, nothing answered twice, the record true; returns the ends."""
        found = self.settled()
        answered = Counter(self.line.replies())
        assert set(self.rows()) == set(self.sent), "an event was lost, or came from nowhere"
        assert max(answered.values(), default=1) == 1, "somebody was answered twice"
        for event_id, row in self.rows().items():
            times = answered[f"token-{event_id}"]
            match row.status:
                case "replied":
                    assert times == 1, f"{event_id} is recorded as replied and was not"
                case "unanswered":
                    assert times == 0, f"{event_id} was answered and recorded as not"
                case status:
                    assert status == "maybe_sent", (status, row.outcome, row.body)
        return found

    def close(self) -> None:
        for process in [*self.running]:
            self.kill(process)
        self._log.close()


def someone(number: int) -> str:
    return f"U{number:032x}"


def ask(number: int, resident: int) -> dict[str, Any]:
    """A question; a resident's questions are numbered in the order they were asked."""
    return text_event("図書館カード", who=someone(resident), event_id=f"e{number:05d}")


def until(what: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
