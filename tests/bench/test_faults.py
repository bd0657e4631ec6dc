"""The fault bench itself: it breaks real processes, counts, and notices what is wrong."""

from collections import Counter
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from bot.bench import faults
from bot.bench.installation import Installation, ask
from bot.commands.bench import bench


@pytest.mark.parametrize("name", ["disk-full", "two-admins"])
def test_a_fault_is_tried_with_real_processes_and_counted(name):
    if name == "two-admins" and faults.no_postgres():
        pytest.skip("PostgreSQLがありません")
    result = faults.run(trials=3, only=[name])
    (found,) = result["faults"]
    assert result["good"] and found["wrong"] == [] and found["trials"] > 0
    assert found["title"] in faults.table(result)


def test_an_unknown_fault_is_refused_with_those_there_are():
    result = CliRunner().invoke(bench, ["faults", "--only", "earthquake"])
    assert result.exit_code == 2 and "kill-sqlite" in result.output


def test_names_are_unique_and_every_fault_has_a_title():
    assert max(Counter(fault.name for fault in faults.FAULTS).values()) == 1
    assert all(fault.title for fault in faults.FAULTS)


def judged(tmp_path, monkeypatch, status, replies):
    town = Installation(tmp_path, f"sqlite:///{tmp_path}/x.db", 9)
    town.sent["e00001"] = None
    row = SimpleNamespace(status=status, outcome="answer")
    monkeypatch.setattr(town, "settled", lambda seconds: Counter())
    monkeypatch.setattr(town, "rows", lambda: {"e00001": row} if status else {})
    found = town.judge(lambda: replies)
    town.close()
    return found.wrong


@pytest.mark.parametrize(
    ("status", "replies", "wrong"),
    [
        ("replied", ["token-e00001"], ""),
        ("unanswered", [], ""),
        ("maybe_sent", ["token-e00001"], ""),
        ("maybe_sent", [], ""),
        ("", [], "lost: 1"),
        ("replied", [], "was not"),
        ("unanswered", ["token-e00001"], "recorded as not"),
        ("replied", ["token-e00001"] * 2, "twice"),
        ("decided", [], "ended as decided"),
    ],
)
def test_what_is_lost_doubled_or_untrue_is_noticed(tmp_path, monkeypatch, status, replies, wrong):
    found = judged(tmp_path, monkeypatch, status, replies)
    assert bool(found) == bool(wrong)
    assert wrong in " ".join(found)


def test_an_events_token_is_that_of_whoever_made_it():
    assert ask(7, 1)["replyToken"] == "token-e00007"
