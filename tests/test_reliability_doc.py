"""docs/reliability.md tells of every fault there is, with a result that was really measured."""

from __future__ import annotations

import re

from bot.bench.faults import FAULTS
from bot.config import REPOSITORY

DOCUMENT = (REPOSITORY / "docs" / "reliability.md").read_text("utf-8")
RESULTS = DOCUMENT.split("<!-- table: bench faults -->")[1].split("<!-- end -->")[0]


def test_every_fault_says_how_it_was_made_and_what_came_of_it() -> None:
    for fault in FAULTS:
        assert f"| `{fault.name}` |" in DOCUMENT, fault.name
        row = re.search(rf"^\| {re.escape(fault.title)} \| (\d+) \|.*\| (\d+) \|$", RESULTS, re.M)
        assert row is not None, fault.title
        assert int(row[1]) > 0


def test_no_fault_that_is_gone_is_still_told_of() -> None:
    names = set(re.findall(r"^\| `([a-z-]+)` \|", DOCUMENT, re.M))
    assert names == {fault.name for fault in FAULTS}
