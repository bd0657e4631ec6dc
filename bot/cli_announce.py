"""The `announce` commands, all of them, and `worker`."""

from __future__ import annotations

from bot import cli_announce_more
from bot.cli_announce_steps import announce, worker

__all__ = ["announce", "cli_announce_more", "worker"]  # the former adds to `announce`
