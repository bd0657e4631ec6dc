"""Delivery processes killed at any moment: everyone gets each message exactly once.

Real processes, SIGKILL, and a stand-in for LINE that accepts, refuses, drops, and forgets to say
that it accepted. `madoguchi bench delivery` is the same with 60,000 residents and 200 kills.
"""

from __future__ import annotations

import logging
import os

from bot.bench.delivery import kill_test

log = logging.getLogger(__name__)
KILLS = int(os.environ.get("MADOGUCHI_KILLS", "12"))


def test_killed_at_any_moment_every_resident_gets_each_announcement_exactly_once():
    outcome = kill_test(3000, KILLS)
    log.info("%s", outcome.as_json())
    assert outcome.wrong == []
    assert outcome.deliveries >= 3 and outcome.requests > 18
    assert sum(outcome.faults.get(name, 0) for name in ("409", "500", "accept_drop")) > 0
