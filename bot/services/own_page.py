"""Links to a resident's own settings page; nothing here needs a store."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from bot.core.resident import digest

PAGE = "/settings"


class Link(NamedTuple):
    """An address, and the digest to be stored so that it opens; both "" where there is no page."""

    address: str = ""
    digest: str = ""


def new_link(public_url: str) -> Link:
    """A link nobody has seen yet. `public_url` is where we are reached from outside, or ""."""
    if not public_url:
        return Link()
    token = secrets.token_urlsafe(32)
    return Link(f"{public_url}{PAGE}/{token}", digest(token))
