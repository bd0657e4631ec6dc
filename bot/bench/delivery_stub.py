"""A stand-in for LINE's sending side that keeps account of every message and forgives nothing.

`python -m bot.bench.delivery_stub` prints its port and serves until its stdin ends. As LINE does,
it accepts a retry key once, answers 409 to it afterwards, and refuses a whole multicast for one
unknown id. Faults hit requests at random. `GET /_account` tells who got what, and every breach of
the rules: a key with another body, a repeated recipient, a malformed key.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
_KEY = re.compile(rb"x-line-retry-key:\s*(\S+)", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_USER = re.compile(r"U[0-9a-f]{32}")
_REASONS = {
    200: "OK",
    400: "Bad",
    401: "No",
    404: "None",
    409: "Conflict",
    429: "Many",
    500: "Error",
}
# What may go wrong, each with the same chance; the last two reach residents all the same.
FAULTS = ("429", "500", "timeout", "accept_500", "accept_drop")

Reply = tuple[int, dict[str, Any]]


@dataclass
class DeliveryStub:
    """What LINE would remember. `rate` is requests a second (0: any), as a bucket of one second."""

    fault_rate: float = 0.0
    rate: float = 0.0
    quota: int | None = None
    unknown: frozenset[str] = frozenset()  # ids that LINE does not know: 400 at `to`
    random: random.Random = field(default_factory=random.Random)
    bodies: dict[str, str] = field(default_factory=dict)  # key -> hash of its first body
    accepted: dict[str, dict[str, Any]] = field(default_factory=dict)  # key -> unit and ids
    breaches: list[str] = field(default_factory=list)
    stats: Counter[str] = field(default_factory=Counter)
    people: int = 0
    first: float = 0.0
    last: float = 0.0
    _tokens: float = 0.0
    _filled: float = 0.0

    def answer(self, head: bytes, body: bytes) -> Reply | str:
        """Status and body; "drop" or "timeout" instead of an answer."""
        path = head.split(b" ", 2)[1].decode("ascii")
        if path.startswith("/_account"):
            return 200, {"accepted": self.accepted, "breaches": self.breaches, "stats": self.stats}
        if path.startswith("/_stats"):
            span = self.last - self.first
            return 200, {"stats": self.stats, "people": self.people, "seconds": span}
        if path == "/v2/bot/message/quota":
            limited = {"type": "limited", "value": self.quota}
            return 200, {"type": "none"} if self.quota is None else limited
        if path == "/v2/bot/message/quota/consumption":
            return 200, {"totalUsage": self.people}
        if path.startswith("/v2/bot/message/validate/"):
            return 200, {}
        if path in ("/v2/bot/message/multicast", "/v2/bot/message/broadcast"):
            return self._message(head, body)
        return 404, {"message": "Not found"}

    def _message(self, head: bytes, body: bytes) -> Reply | str:
        key = match[1].decode("ascii") if (match := _KEY.search(head)) else ""
        request = json.loads(body)
        self._examine(key, request, body)
        fault = self._fault()
        self.stats[fault or "ok"] += 1
        if fault in ("429", "500"):
            return int(fault), {"message": "no"}
        if fault == "timeout":
            return "timeout"
        if not self._allowed():
            self.stats["rate"] += 1
            return 429, {"message": "The API rate limit has been exceeded. Try again later."}
        reply = self._accept(key, request)
        if reply[0] == 200 and fault == "accept_500":
            return 500, {}
        if reply[0] == 200 and fault == "accept_drop":
            return "drop"
        return reply

    def _examine(self, key: str, request: dict[str, Any], body: bytes) -> None:
        if not _UUID.fullmatch(key):
            self.breaches.append("malformed key")
        digest = hashlib.sha256(body).hexdigest()
        if self.bodies.setdefault(key, digest) != digest:
            self.breaches.append(f"key {key} with another body")
        to = request.get("to", [])
        if len(set(to)) != len(to) or len(to) > 500 or not all(map(_USER.fullmatch, to)):
            self.breaches.append(f"key {key} with a bad list")

    def _accept(self, key: str, request: dict[str, Any]) -> Reply:
        if key in self.accepted:
            self.stats["409"] += 1
            return 409, {"message": "The retry key is already accepted"}
        to = request.get("to", [])
        for place, user_id in enumerate(to):
            if user_id in self.unknown:
                text = f"The property, to[{place}], in the request body is invalid"
                return 400, {"message": text}
        if self.quota is not None and self.people + len(to) > self.quota:
            return 429, {"message": "You have reached your monthly limit."}
        units = request.get("customAggregationUnits") or ["broadcast"]
        self.accepted[key] = {"unit": units[0], "to": to}
        self.people += len(to)
        self.last = time.time()
        self.first = self.first or self.last
        return 200, {}

    def _allowed(self) -> bool:
        if not self.rate:
            return True
        now = time.monotonic()
        filled = self._tokens + (now - self._filled) * self.rate
        self._tokens, self._filled = min(self.rate, filled), now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def _fault(self) -> str:
        dice = self.random.random()
        number = int(dice / self.fault_rate) if self.fault_rate else len(FAULTS)
        return FAULTS[number] if number < len(FAULTS) else ""


class _Connection(asyncio.Protocol):
    def __init__(self, stub: DeliveryStub, delay: float, hang: float) -> None:
        self._stub, self._delay, self._hang = stub, delay, hang
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
            wait = self._hang if answer == "timeout" else self._delay
            asyncio.get_running_loop().call_later(wait, self._write, answer)

    def _write(self, answer: Reply | str) -> None:
        if isinstance(answer, str):
            self._transport.abort()
            return
        status, value = answer
        body = json.dumps(value).encode("ascii")
        head = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\n"
            f"X-Line-Request-Id: stub\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._transport.write(head.encode("ascii") + body)


async def _serve(stub: DeliveryStub, delay: float, hang: float, port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(stub, delay, hang), "127.0.0.1", port)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay-ms", type=float, default=0.0)
    parser.add_argument("--hang-ms", type=float, default=3000.0)
    parser.add_argument("--fault-rate", type=float, default=0.0)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--quota", type=int)
    parser.add_argument("--unknown", default="")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    stub = DeliveryStub(
        options.fault_rate,
        options.rate,
        options.quota,
        frozenset(options.unknown.split(",")) - {""},
        random.Random(options.seed),
    )
    asyncio.run(_serve(stub, options.delay_ms / 1000, options.hang_ms / 1000, options.port))


if __name__ == "__main__":
    main()
