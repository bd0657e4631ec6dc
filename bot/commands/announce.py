"""The `announce` commands, all of them."""

from __future__ import annotations

from bot.commands import announce_more
from bot.commands.announce_steps import announce

__all__ = ["announce", "announce_more"]  # the former adds to `announce`
