"""A stand-in for LINE's reply call, small enough not to disturb what is measured.

`python -m bot.bench.line_stub` prints its port, then serves until its stdin ends. Reply tokens
work once, as LINE's do. `GET /_replies` lists what was accepted as `[[token, seconds], ...]`, `GET /_replies?from=N` without
the first N; `GET /_stats` counts the answers given.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

_TOKEN = re.compile(rb'"replyToken"\s*:\s*"([^"]*)"')
_FROM = re.compile(rb"GET /_replies\?from=(\d+)")
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 429: "Too Many", 500: "Error"}
_INVALID = b'{"message":"Invalid reply token"}'
_SENT = b'{"sentMessages":[{"id":"1","quoteToken":"q"}]}'
# What may go wrong, each with the same chance; the last two reach the resident all the same.
FAULTS = ("429", "500", "drop", "accept_500", "accept_drop")


@dataclass
class LineStub:
    """What LINE would remember. `fault_rate` is the chance of each of FAULTS."""

    delay: float = 0.0
    fault_rate: float = 0.0
    random: random.Random = field(default_factory=random.Random)
    accepted: list[tuple[str, float]] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    stats: Counter[str] = field(default_factory=Counter)

    def answer(self, head: bytes, body: bytes) -> tuple[int, bytes] | None:
        """Status and body, None to break the connection."""
        if head.startswith(b"GET /_replies"):
            first = int(match.group(1)) if (match := _FROM.match(head)) else 0
            return 200, json.dumps(self.accepted[first:]).encode("ascii")
        if head.startswith(b"GET /_stats"):
            return 200, json.dumps(self.stats).encode("ascii")
        match = _TOKEN.search(body)
        if not head.startswith(b"POST /v2/bot/message/reply") or match is None:
            return 404, b"{}"
        fault = self._fault()
        self.stats[fault or "ok"] += 1
        if fault in ("429", "500"):
            return int(fault), b'{"message":"no"}'
        if fault == "drop":
            return None
        return self._accept(match.group(1).decode("ascii", "replace"), fault)

    def _accept(self, token: str, fault: str) -> tuple[int, bytes] | None:
        if token in self.used:
            self.stats["invalid"] += 1
            return 400, _INVALID
        self.used.add(token)
        self.accepted.append((token, time.time()))
        if fault == "accept_drop":
            return None
        return (500, b"{}") if fault == "accept_500" else (200, _SENT)

    def _fault(self) -> str:
        dice = self.random.random()
        number = int(dice / self.fault_rate) if self.fault_rate else len(FAULTS)
        return FAULTS[number] if number < len(FAULTS) else ""


class _Connection(asyncio.Protocol):
    def __init__(self, stub: LineStub) -> None:
        self._stub = stub
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            match = _LENGTH.search(head)
            size = end + 4 + (int(match.group(1)) if match else 0)
            if len(self._buffer) < size:
                return
            answer = self._stub.answer(head, self._buffer[end + 4 : size])
            self._buffer = self._buffer[size:]
            asyncio.get_running_loop().call_later(self._stub.delay, self._write, answer)

    def _write(self, answer: tuple[int, bytes] | None) -> None:
        if answer is None:
            self._transport.abort()
            return
        status, body = answer
        head = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\n"
            f"X-Line-Request-Id: stub\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._transport.write(head.encode("ascii") + body)


async def _serve(stub: LineStub, port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(stub), "127.0.0.1", port)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay-ms", type=float, default=0.0)
    parser.add_argument("--fault-rate", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    stub = LineStub(options.delay_ms / 1000, options.fault_rate, random.Random(options.seed))
    asyncio.run(_serve(stub, options.port))


if __name__ == "__main__":
    main()
