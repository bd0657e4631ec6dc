"""A whole bot for the kill test: the real door, store and worker, an echo for an answer.

`python -m tests.kill_app PORT DATABASE LINE_PORT`; the process is meant to be killed.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

import urllib3
from flask import Flask
from werkzeug.serving import make_server

from bot.errors import LineRejected, LineRetryable
from bot.line.events import parse_event
from bot.services.readiness import Readiness
from bot.services.replying import Replying
from bot.store.database import open_database
from bot.store.migrate import migrate
from bot.web.health import health_blueprint
from bot.web.webhook import webhook_blueprint
from bot.worker import ReplyWorker
from tests.services.builders import Echo, receiver


class PlainLine:
    """The reply call without the SDK, whose import would take longer than a life here lasts."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/v2/bot/message/reply"
        self._pool = urllib3.PoolManager(maxsize=16, retries=False)

    def reply(self, reply_token: str, messages: str) -> None:
        try:
            response = self._pool.request(
                "POST",
                self._url,
                json={"replyToken": reply_token, "messages": json.loads(messages)},
                timeout=10,  # a lost answer breaks the connection; slow is not lost
            )
        except urllib3.exceptions.HTTPError:
            raise LineRetryable("lost", unknown_outcome=True) from None
        if response.status == 400:
            raise LineRejected("invalid_reply_token", status=400)
        if response.status != 200:
            raise LineRetryable(
                "again", status=response.status, unknown_outcome=response.status != 429
            )


def now() -> datetime:
    return datetime.now(UTC)


def main() -> None:
    port, path, line_port = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    db = open_database(f"sqlite:///{path}")
    migrate(db)
    worker = ReplyWorker(Replying(db, Echo(), PlainLine(line_port), parse_event, now))
    worker.start()
    app = Flask("kill")
    app.register_blueprint(webhook_blueprint({"main": receiver(db, now, wake=worker.wake)}))
    app.register_blueprint(health_blueprint(Readiness(db, now, lambda: True, worker.alive)))
    make_server("127.0.0.1", port, app, threaded=True).serve_forever()


if __name__ == "__main__":
    main()
