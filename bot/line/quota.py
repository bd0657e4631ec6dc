"""What LINE says of the month's messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.core.ports import Quota
from bot.errors import LineRetryable

LIMIT = "/v2/bot/message/quota"
USED = f"{LIMIT}/consumption"


def quota_of(limit: Mapping[str, Any], used: Mapping[str, Any]) -> Quota:
    """LINE's answers to `LIMIT` and `USED` as one. Raises LineRetryable where they say no number."""
    most, total = limit.get("value"), used.get("totalUsage")
    limited = limit.get("type") == "limited"
    if not isinstance(total, int) or (limited and not isinstance(most, int)):
        raise LineRetryable("unreadable answer", unknown_outcome=False)
    return Quota(most if limited else None, total)
