"""The whole application on a made-up city, LINE in memory: what an operator sees of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from bot.app import EXTENSION, Running, create_app
from bot.config import Settings
from bot.line.signature import sign
from tests.builders import content, write
from tests.fakes.line import FakeLine

SECRET, TOKEN = "0123456789abcdef0123456789abcdef", "channel-token"


class Town:
    """`deliver` plays LINE, `get` a visitor, `line.sent` is what residents got."""

    def __init__(self, app: Flask, line: FakeLine) -> None:
        self.app, self.line = app, line
        self.client: FlaskClient = app.test_client()
        self.running: Running = app.extensions[EXTENSION]

    def deliver(self, *events: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
        """Hand signed events over as LINE does."""
        body = json.dumps({"destination": "U" + "0" * 32, "events": list(events)}).encode()
        signed = {"X-Line-Signature": sign(SECRET, body)} | (headers or {})
        return self.client.post("/line/webhook", data=body, headers=signed)

    def get(self, path: str, **headers: str) -> Any:
        """A page or number."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, headers=named)


def settings(folder: Path, **changes: Any) -> Settings:
    """A city with LINE, its content and database in `folder`."""
    values: dict[str, Any] = {
        "madoguchi_city": "minato",
        "madoguchi_database_url": f"sqlite:///{folder}/var/test.db",
        "madoguchi_content_dir": write(folder, content()),
        "line_channel_secret": SECRET,
        "line_channel_access_token": TOKEN,
    }
    return Settings(**(values | changes))


@contextmanager
def town(
    folder: Path,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    **changes: Any,
) -> Iterator[Town]:
    """Started, and closed at the end."""
    line = FakeLine()
    app = create_app(settings(folder, **changes), line=line, clock=clock)
    found = Town(app, line)
    try:
        yield found
    finally:
        found.running.close()
