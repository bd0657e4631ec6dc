"""LINE's settings side on 127.0.0.1: the bot's profile, the webhook address, rich menus.

It keeps what it is told as LINE would, refuses what LINE's documents say it refuses, and counts
the requests that LINE limits to 100 an hour.
"""

from __future__ import annotations

import json
import re
import struct
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

TOKEN = "test-channel-access-token"
_USER = re.compile("U[0-9a-f]{32}")
_ALIAS = re.compile("[a-z0-9_-]{1,32}")


class Refusal(Exception):
    """An HTTP error of LINE's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class LineAdmin:
    """`with LineAdmin() as line:` serves at `line.url`; its attributes are what LINE knows."""

    def __init__(self) -> None:
        self.info = {"userId": "U" + "0" * 32, "basicId": "@minato", "displayName": "湊市"}
        self.info |= {"chatMode": "bot", "markAsReadMode": "auto"}
        self.endpoint: dict[str, Any] | None = {"endpoint": "https://x.jp", "active": True}
        self.tested = {"success": True, "statusCode": 200, "reason": "OK", "detail": "200"}
        self.quota: dict[str, Any] = {"type": "none"}
        self.used = 0
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.menus: dict[str, dict[str, Any]] = {}
        self.images: dict[str, bytes] = {}
        self.aliases: dict[str, str] = {}
        self.default: str | None = None
        self.linked: dict[str, str] = {}
        self.calls: list[str] = []
        self.fail: dict[str, int] = {}  # call -> status, once
        self._number = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._server.line = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        """For `LINE_API_BASE` and `LINE_DATA_API_BASE`."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> LineAdmin:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def changes(self) -> list[str]:
        """The requests that LINE allows 100 times an hour."""
        limited = r"POST /v2/bot/richmenu|DELETE /v2/bot/richmenu/.*"
        return [call for call in self.calls if re.fullmatch(limited, call)]

    @property
    def writes(self) -> list[str]:
        """Everything that is not a look or a validation."""
        return [c for c in self.calls if not c.startswith("GET") and "/validate" not in c]

    def menu_named(self, part: str) -> str:
        """The id of the one menu whose name holds `part`."""
        (found,) = [key for key, menu in self.menus.items() if part in menu["name"]]
        return found

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> dict[str, Any]:
        """One request. Raises Refusal."""
        call = f"{method} {path}"
        self.calls.append(call)
        if headers.get("authorization") != f"Bearer {TOKEN}":
            raise Refusal(401, "Authentication failed")
        if call in self.fail:
            raise Refusal(self.fail.pop(call), "scripted")
        parts = path.removeprefix("/v2/bot/").split("/")
        if parts[0] in ("richmenu", "user"):
            return self._rich_menu(method, parts, headers, body)
        match call:
            case "GET /v2/bot/info":
                return self.info
            case "GET /v2/bot/channel/webhook/endpoint":
                if self.endpoint is None:
                    raise Refusal(404, "Not found")
                return self.endpoint
            case "POST /v2/bot/channel/webhook/test":
                return self.tested | {"timestamp": "2026-11-21T00:00:00Z"}
            case "GET /v2/bot/message/quota":
                return self.quota
            case "GET /v2/bot/message/quota/consumption":
                return {"totalUsage": self.used}
        raise Refusal(404, "Not found")

    def _rich_menu(
        self, method: str, parts: list[str], headers: Any, body: bytes
    ) -> dict[str, Any]:
        sent = json.loads(body) if body and "json" in headers.get("content-type", "") else {}
        match method, *parts:
            case "POST", "richmenu", "validate":
                _check(sent)
            case "POST", "richmenu":
                _check(sent)
                self._number += 1
                key = f"richmenu-{self._number:032x}"
                self.menus[key] = {"richMenuId": key, **sent}
                return {"richMenuId": key}
            case "GET", "richmenu", "list":
                return {"richmenus": list(self.menus.values())}
            case "POST", "richmenu", key, "content":
                self._upload(key, headers, body)
            case "DELETE", "richmenu", "alias", alias:
                self.aliases.pop(self._alias(alias))
            case "DELETE", "richmenu", key:
                self._known(key)
                del self.menus[key]
                self.images.pop(key, None)
                self.linked = {who: menu for who, menu in self.linked.items() if menu != key}
                self.default = None if self.default == key else self.default
            case "GET", "richmenu", "alias", "list":
                pairs = self.aliases.items()
                return {"aliases": [{"richMenuAliasId": a, "richMenuId": m} for a, m in pairs]}
            case "POST", "richmenu", "alias":
                alias = sent["richMenuAliasId"]
                if alias in self.aliases or not _ALIAS.fullmatch(alias):
                    raise Refusal(400, "conflict richmenu alias id")
                self.aliases[alias] = self._usable(sent["richMenuId"])
            case "POST", "richmenu", "alias", alias:
                self.aliases[self._alias(alias)] = self._usable(sent["richMenuId"])
            case "POST", "richmenu", "bulk", "link":
                menu = self._usable(sent["richMenuId"])
                self.linked |= dict.fromkeys(_users(sent), menu)
            case "POST", "richmenu", "bulk", "unlink":
                for who in _users(sent):
                    self.linked.pop(who, None)
            case "POST", "richmenu", "batch":
                if sent["operations"] != [{"type": "unlinkAll"}]:
                    raise Refusal(400, "invalid operations")
                self.linked.clear()
            case "POST", "user", "all", "richmenu", key:
                self.default = self._usable(key)
            case "GET", "user", "all", "richmenu":
                if self.default is None:
                    raise Refusal(404, "no default richmenu")
                return {"richMenuId": self.default}
            case "DELETE", "user", "all", "richmenu":
                self.default = None
            case _:
                raise Refusal(404, "Not found")
        return {}

    def _upload(self, key: str, headers: Any, body: bytes) -> None:
        menu = self._known(key)
        if headers.get("content-type") not in ("image/png", "image/jpeg"):
            raise Refusal(415, "The content type is not supported")
        if key in self.images:
            raise Refusal(400, "An image has already been uploaded to the richmenu")
        size = struct.unpack(">II", body[16:24])  # of a PNG
        if len(body) > 1024 * 1024 or size != (menu["size"]["width"], menu["size"]["height"]):
            raise Refusal(400, "The image size is not allowed for richmenu")
        self.images[key] = body

    def _known(self, key: str) -> dict[str, Any]:
        if key not in self.menus:
            raise Refusal(404, "Not found")
        return self.menus[key]

    def _usable(self, key: str) -> str:
        self._known(key)
        if key not in self.images:
            raise Refusal(400, "must upload richmenu image before applying it to user")
        return key

    def _alias(self, alias: str) -> str:
        if alias not in self.aliases:
            raise Refusal(404, "Not found")
        return alias


def _check(menu: dict[str, Any]) -> None:
    if set(menu) != {"size", "selected", "name", "chatBarText", "areas"}:
        raise Refusal(400, "The request body has 1 error(s)")
    width, height = menu["size"]["width"], menu["size"]["height"]
    good = 800 <= width <= 2500 and height >= 250 and width / height >= 1.45
    good = good and len(menu["name"]) <= 300 and len(menu["chatBarText"]) <= 14
    for area in menu["areas"]:
        box, action = area["bounds"], area["action"]
        good = good and box["x"] + box["width"] <= width and box["y"] + box["height"] <= height
        good = good and 1 <= len(action["label"]) <= 20
        good = good and {
            "postback": {"type", "label", "data", "displayText"},
            "message": {"type", "label", "text"},
            "uri": {"type", "label", "uri"},
            "richmenuswitch": {"type", "label", "richMenuAliasId", "data"},
        }[action["type"]] == set(action)
    if not good or not 1 <= len(menu["areas"]) <= 20:
        raise Refusal(400, "The request body has 1 error(s)")


def _users(sent: dict[str, Any]) -> list[str]:
    ids: list[str] = sent["userIds"]
    if not 1 <= len(ids) <= 500 or not all(_USER.fullmatch(each) for each in ids):
        raise Refusal(400, "The value for the 'userIds' parameter is invalid")
    return ids


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        line: LineAdmin = self.server.line  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            path = urlsplit(self.path).path
            status, found = 200, line.answer(self.command, path, headers, body)
        except Refusal as refusal:
            status, found = refusal.status, {"message": refusal.message}
        data = json.dumps(found).encode()
        self.send_response_only(status)
        self.send_header("Date", format_datetime(line.now(), usegmt=True))
        self.send_header("X-Line-Request-Id", f"request-{len(line.calls)}")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Silent: the tests look at `calls`."""
