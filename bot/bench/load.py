"""Signed webhooks at a steady pace: `python -m bot.bench.load`, one process of its own.

Prints JSON: for each event its reply token, when it should have been sent (seconds), and how long
the acknowledgement took from then (ms; waiting for the server counts), with its status.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import time
from collections import deque
from functools import cache
from importlib.resources import files
from typing import Any

from bot.line.signature import sign

# No message is the same as another for nearly four thousand: an answer remembered from before
# must not flatter the figures.
_OPENINGS = ("", "すみません。", "お世話になっております。", "質問です。", "市民です。")


RESIDENTS = 5000


@cache
def _examples() -> tuple[str, ...]:
    lines = files("bot.bench").joinpath("examples.tsv").read_text("utf-8").splitlines()
    return tuple(line.split("\t")[2] for line in lines if not line.startswith("#"))


def question(number: int) -> str:
    """What residents ask, one after the other; see above."""
    repeats, place = divmod(number, len(_examples()))
    return _OPENINGS[repeats % len(_OPENINGS)] + _examples()[place]


def event(number: int, run: str, at: float, resident: int | None = None) -> dict[str, Any]:
    """A text message of one of 5,000 residents, written `at` (seconds since 1970)."""
    resident = number % RESIDENTS if resident is None else resident
    return {
        "type": "message",
        "mode": "active",
        "timestamp": int(at * 1000),
        "source": {"type": "user", "userId": f"U{resident:032x}"},
        "webhookEventId": f"{run}-{number:06d}",
        "deliveryContext": {"isRedelivery": False},
        "replyToken": f"{run}-token-{number:06d}",
        "message": {
            "type": "text",
            "id": f"{run}-m-{number}",
            "quoteToken": "q",
            "text": question(resident),
        },
    }


class _Client(asyncio.Protocol):
    """One keep-alive connection; answers come in the order of the requests."""

    def __init__(self, idle: deque[_Client]) -> None:
        self._idle = idle
        self.waiting: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        # The bodies are empty: the first packet of an answer is all of it.
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(int(data[9:12]))
            self._idle.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(0)
        if self in self._idle:
            self._idle.remove(self)


async def _one(
    request: bytes, due: float, port: int, idle: deque[_Client], offset: float
) -> tuple[float, float, int]:
    loop = asyncio.get_running_loop()
    if idle:
        client = idle.popleft()
    else:
        _, client = await loop.create_connection(lambda: _Client(idle), "127.0.0.1", port)
    client.waiting = loop.create_future()
    client.transport.write(request)
    status = await client.waiting
    return due + offset, (time.perf_counter() - due) * 1000, status


async def run(
    port: int,
    secret: str,
    rate: float,
    seconds: float,
    name: str,
    first: int = 0,
    residents: int = RESIDENTS,
) -> dict[str, Any]:
    """Offer `rate` events a second, whatever the server does; resident `first` begins."""
    count = int(rate * seconds)
    now = time.time()
    requests = [
        _request(event(n, name, now + n / rate, (first + n) % residents), secret)
        for n in range(count)
    ]
    idle: deque[_Client] = deque()
    offset = time.time() - time.perf_counter()
    start = time.perf_counter() + 0.1
    tasks = []
    gc.disable()
    for number, request in enumerate(requests):
        due = start + number / rate
        if (pause := due - time.perf_counter()) > 0:
            await asyncio.sleep(pause)
        tasks.append(asyncio.create_task(_one(request, due, port, idle, offset)))
    results = await asyncio.gather(*tasks)
    return {
        "sent": {f"{name}-token-{n:06d}": result[0] for n, result in enumerate(results)},
        "acks": [result[1] for result in results],
        "statuses": sorted({result[2] for result in results}),
        "refused": [f"{name}-token-{n:06d}" for n, r in enumerate(results) if r[2] != 200],
    }


def _request(value: dict[str, Any], secret: str) -> bytes:
    body = json.dumps({"destination": "U" + "0" * 32, "events": [value]}).encode("ascii")
    head = (
        "POST /line/webhook HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"X-Line-Signature: {sign(secret, body)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--residents", type=int, default=RESIDENTS)
    result = asyncio.run(run(**vars(parser.parse_args())))
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
