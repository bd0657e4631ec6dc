"""Asks LINE about the channel: whose token, which webhook address, how much of the month is left."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bot.core.channel import BotInfo, Endpoint, WebhookTest
from bot.core.ports import Quota
from bot.errors import LineRejected
from bot.line.http import LineRequests
from bot.line.quota import LIMIT, USED, quota_of


class Channel:
    """A `bot.core.channel.LineChannel`."""

    def __init__(self, requests: LineRequests) -> None:
        self._line = requests

    def info(self) -> BotInfo:
        """Who the token belongs to."""
        answer = self._line.get("/v2/bot/info")
        found = answer.json
        return BotInfo(
            str(found.get("displayName", "")),
            str(found.get("basicId", "")),
            found.get("chatMode") == "chat",
            _date(answer.headers.get("date")),
        )

    def endpoint(self) -> Endpoint | None:
        """The webhook address, None where none is set."""
        try:
            found = self._line.get("/v2/bot/channel/webhook/endpoint").json
        except LineRejected as error:
            if error.status == 404:
                return None
            raise
        url = str(found.get("endpoint", ""))
        return Endpoint(url, found.get("active") is True) if url else None

    def test_webhook(self) -> WebhookTest:
        """Let LINE send an empty event to the address now."""
        found = self._line.post("/v2/bot/channel/webhook/test", {}).json
        status = found.get("statusCode")
        return WebhookTest(
            found.get("success") is True,
            status if isinstance(status, int) else 0,
            str(found.get("reason", "")),
        )

    def quota(self) -> Quota:
        """Messages of this month."""
        return quota_of(self._line.get(LIMIT).json, self._line.get(USED).json)


def _date(value: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(value) if value else None
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC) if found else None
