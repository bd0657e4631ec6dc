"""The `announce` commands, all of them."""

from __future__ import annotations

from bot import cli_announce_more
from bot.cli_announce_steps import announce

__all__ = ["announce", "cli_announce_more"]  # the former adds to `announce`
