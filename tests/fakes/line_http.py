"""LINE on 127.0.0.1: a small HTTP stand-in that records requests and refuses what LINE refuses."""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from bot.line.limits import check_messages
from tests.fakes.line import Fault, Platform

REPLY = "/v2/bot/message/reply"
SENDING = ("push", "multicast", "broadcast")
TOKEN = "test-channel-access-token"
MESSAGE = "/v2/bot/message"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_USER = re.compile(r"U[0-9a-f]{32}")


@dataclass(frozen=True)
class Request:
    """One request as it came; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class LineHttp(Platform):
    """`with LineHttp() as line:` serves at `line.url`; `requests`, `sent`, `fail()`, `expire()`."""

    def __init__(self, token: str = TOKEN) -> None:
        super().__init__()
        self.token = token
        self.requests: list[Request] = []
        self.accepted: dict[str, str] = {}  # retry key -> id of the request that was accepted
        self.bodies: dict[str, bytes] = {}  # retry key -> its first body
        self.got: Counter[str] = Counter()  # resident -> messages received
        self.doubles: list[str] = []  # keys that came with another body
        self.units: list[str] = []
        self.refused: tuple[int, dict[str, Any]] | None = None  # answers every send like this
        self.answers: dict[str, dict[str, Any]] = {}  # GET path -> answer
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.line = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )

    @property
    def url(self) -> str:
        """The API base to give to a client."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def speak_tls(self, certificate: Path) -> None:
        """Prove from now on to be whoever `certificate` (a PEM file with its key) says."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def __enter__(self) -> LineHttp:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a thread may wait for the next request of an idle connection
    request_queue_size = 128
    line: LineHttp


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or every answer waits 40 ms for the client's ACK
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        line = self.server.line
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        line.requests.append(Request(self.command, self.path, headers, body))
        fault = line.next_fault()
        if fault and not fault.accepts:
            return self._break(fault)
        status, answer = self._accept(headers, body)
        if fault and status == 200:
            return self._break(fault)
        self._answer(status, json.dumps(answer).encode())

    def _accept(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        if headers.get("authorization") != f"Bearer {self.server.line.token}":
            return 401, {"message": "Authentication failed"}
        if self.command == "GET":
            found = self.server.line.answers.get(self.path)
            return (200, found) if found is not None else (404, {"message": "Not found"})
        kind = self.path.removeprefix(f"{MESSAGE}/")
        if kind in SENDING or kind.startswith("validate/"):
            return self._send(kind, headers, body)
        if (self.command, self.path) != ("POST", REPLY):
            return 404, {"message": "Not found"}
        if headers.get("content-type", "").partition(";")[0] != "application/json":
            return 415, {"message": "Unsupported media type"}
        if "x-line-retry-key" in headers:
            return 400, {"message": "The retry key cannot be used here"}
        try:
            request = json.loads(body)
            token, messages = request.pop("replyToken"), request.pop("messages")
        except (ValueError, KeyError, AttributeError, TypeError):
            return 400, {"message": "The request body could not be read"}
        if request or not isinstance(token, str) or not token:
            return 400, {"message": "The request body has 1 error(s)"}
        refusal, problems = self.server.line.accept(token, messages)
        if refusal:
            return 400, {"message": refusal, "details": [{"message": p} for p in problems]}
        ids = [{"id": str(number), "quoteToken": "quote"} for number in range(len(messages))]
        return 200, {"sentMessages": ids}

    def _send(self, kind: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        line, request = self.server.line, json.loads(body)
        problems = check_messages(request.get("messages"))
        if line.refused is not None:
            return line.refused
        if problems:
            details = [{"message": "wrong", "property": each} for each in problems]
            return 400, {"message": "The request body has errors", "details": details}
        if kind not in SENDING:
            return 200, {}
        key = headers.get("x-line-retry-key", "")
        if not _UUID.fullmatch(key):
            return 400, {"message": "Invalid retry key"}
        if line.bodies.setdefault(key, body) != body:
            line.doubles.append(key)
        if key in line.accepted:
            return 409, {"message": "The retry key is already accepted"}
        to = request.get("to", [])
        people = to if isinstance(to, list) else [to]
        for place, user in enumerate(people):
            if not _USER.fullmatch(user):
                text = f"The property, to[{place}], in the request body is invalid"
                return 400, {"message": text}
        line.accepted[key] = f"request-{len(line.requests)}"
        line.got.update(people)
        line.units += request.get("customAggregationUnits", [])
        return 200, {}

    def _break(self, fault: Fault) -> None:
        match fault:
            case Fault.TOO_MANY:
                message = {"message": "The API rate limit has been exceeded. Try again later."}
                self._answer(429, json.dumps(message).encode(), {"Retry-After": "2"})
            case Fault.UNAUTHORIZED:
                self._answer(401, b'{"message":"Authentication failed"}')
            case Fault.REDIRECT:
                self._answer(307, b"", {"Location": REPLY})
            case Fault.SERVER_ERROR | Fault.ACCEPT_500:
                self._answer(500, b'{"message":"Internal Server Error"}')
            case Fault.GATEWAY_PAGE:
                page = "<html>混み合っています</html>".encode("shift_jis")
                self._answer(502, page, {"Content-Type": "text/html; charset=Shift_JIS"})
            case Fault.ACCEPT_GARBAGE:
                self._answer(
                    200, b"\xff\xfe not JSON", {"Content-Type": "text/plain; charset=none"}
                )
            case _:
                if fault in (Fault.TIMEOUT, Fault.ACCEPT_TIMEOUT):
                    self.server.line.closing.wait(30)
                self.close_connection = True

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        number = len(self.server.line.requests)
        given = {"Content-Type": "application/json", "X-Line-Request-Id": f"request-{number}"}
        key = self.headers.get("x-line-retry-key", "")
        if status == 409:
            given["X-Line-Accepted-Request-Id"] = self.server.line.accepted[key]
        self.send_response(status)
        for name, value in (given | (headers or {})).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silent: the tests look at `requests`."""
