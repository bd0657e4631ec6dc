"""`madoguchi announce`, as staff at a terminal use it, and the example files they start from."""

from __future__ import annotations

import csv
import io
import json
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.config import Settings
from bot.wiring.announce import delivery_worker, open_parts
from tests.services.announcing import APPROVER, Line, bystanders, people
from tests.store.builders import opened

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a command on a database of its own that has residents for every example."""
    monkeypatch.setenv("MADOGUCHI_CITY", "hachioji")
    monkeypatch.setenv("MADOGUCHI_DATABASE_URL", f"sqlite:///{tmp_path}/test.db")
    for name in ("LINE_CHANNEL_SECRET", "LINE_CHANNEL_ACCESS_TOKEN", "MADOGUCHI_APPROVERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("bot.line.reach.Reach._ask", lambda self, url: None)
    db = opened(tmp_path)
    bystanders(db)
    people(db, 6)
    people(db, 6, topics=frozenset({"child", "payment"}), life_stages=frozenset({"preschool"}))
    people(db, 6, topics=frozenset({"facility"}), district="南大沢")
    db.close()

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words])

    return run


def deliver(line: Line) -> None:
    """What `madoguchi worker` does, until nothing is left to do."""
    settings = Settings.from_env()
    with open_parts(settings) as found:
        worker = delivery_worker(settings, found.announcing.db, line, found, alone=True)
        worker.start()
        for _ in range(600):
            if worker._starting.wait_ms() is None and worker._delivery.wait_ms() is None:
                break
            threading.Event().wait(0.02)
        worker.stop()


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("announcement-*.yaml")), ids=lambda p: p.stem)
def test_every_example_announcement_passes_the_check(run, path):
    if path.stem == "announcement-correction":
        wrong = run("announce", "new", "--file", EXAMPLES / "announcement-text.yaml").stdout.strip()
        run("announce", "approve", wrong, "--as", APPROVER)
        run("announce", "send", wrong)
        deliver(Line())
        made = run("announce", "correct", wrong, "--file", path)
    else:
        made = run("announce", "new", "--file", path)
    assert made.exit_code == 0, made.output
    number = made.stdout.strip()
    assert number.isdecimal(), "the id alone"
    checked = run("announce", "check", number, "--json")
    found = json.loads(checked.stdout)
    assert checked.exit_code == 0 and found["passed"], found


def test_from_draft_to_the_exported_ledger(run):
    number = run("announce", "new", "--file", EXAMPLES / "announcement-text.yaml").stdout.strip()
    assert run("announce", "send", number).exit_code == 1
    assert run("announce", "approve", number, "--as", "田中").exit_code == 1
    assert run("announce", "approve", number, "--as", APPROVER).exit_code == 0
    assert run("announce", "send", number).exit_code == 0
    line = Line()
    deliver(line)
    status = json.loads(run("announce", "status", number, "--json").stdout)
    assert status["state"] == "sent" and status["batches"] == 1
    assert status["recipients"] == status["accepted"] == 6
    assert status["failed"] == status["unresolved"] == status["pending"] == 0
    rows = list(csv.reader(io.StringIO(run("announce", "export", number).stdout)))
    assert rows[0] == ["user_id", "batch", "state", "accepted_at"]
    assert {row[0] for row in rows[1:]} == set(line.got)
    history = run("announce", "history", number).stdout
    assert "まどぐち：配信が終わりました 配信中 → 配信ずみ" in history
    last = json.loads(run("announce", "history", number, "--json").stdout.splitlines()[-1])
    assert last["after"] == "sent" and last["at"].endswith("+09:00")  # Japan's, wherever it runs
    assert last["at"].replace("T", " ").removesuffix("+09:00") in history


def test_a_preview_is_for_people_and_for_scripts(run):
    number = run("announce", "new", "--file", EXAMPLES / "announcement-card.yaml").stdout.strip()
    found = json.loads(run("announce", "preview", number, "--json").stdout)
    assert found["count"] == 6 and set(found["messages"]) == {"ja", "en"}
    assert "届く人：6人" in run("announce", "preview", number).stdout


def test_pause_resume_and_cancel(run):
    number = run("announce", "new", "--file", EXAMPLES / "announcement-text.yaml").stdout.strip()
    run("announce", "approve", number, "--as", APPROVER)
    run("announce", "send", number)
    for command, state in (("pause", "paused"), ("resume", "scheduled"), ("cancel", "cancelled")):
        assert run("announce", command, number).exit_code == 0
        assert json.loads(run("announce", "status", number, "--json").stdout)["state"] == state
    line = Line()
    deliver(line)
    assert not line.requests
    assert run("announce", "resume", number).exit_code == 1


def test_one_person_is_enough_where_the_city_says_so(run, monkeypatch):
    monkeypatch.setenv("MADOGUCHI_APPROVERS", "1")
    number = run("announce", "new", "--file", EXAMPLES / "announcement-text.yaml").stdout.strip()
    assert run("announce", "approve", number, "--as", "田中").exit_code == 0
    assert "MADOGUCHI_APPROVERS=1" in run("announce", "history", number).stdout


def test_problems_of_a_file_come_with_their_lines(run, tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("title: 題\nkind: だめ\nmessages: []\nsegment: {all: []}\n", "utf-8")
    made = run("announce", "new", "--file", path)
    assert made.exit_code == 1 and made.stdout == ""
    for line in (2, 3, 4):
        assert f"a.yaml:{line}: " in made.stderr
    assert "author" in made.stderr


def test_an_unknown_announcement_is_said_to_be_one(run):
    for command in ("check", "preview", "send", "status", "pause", "cancel", "export"):
        found = run("announce", command, "99")
        assert found.exit_code == 1 and "99番" in found.stderr


def test_the_example_template_is_kept_approved_and_used(run):
    path = EXAMPLES / "template-evacuation.yaml"
    name = run("announce", "template", "keep", "--file", path, "--as", "田中").stdout.strip()
    assert run("announce", "template", "approve", name, "--as", APPROVER).exit_code == 0
    assert f"{name}（承認：{APPROVER}）" in run("announce", "template", "list").stdout
    blanks = ["--blank", "地区=南大沢", "--blank", "理由=川の水位が上がっています"]
    made = run("announce", "template", "use", name, *blanks, "--as", "田中")
    assert made.exit_code == 0, made.output
    assert run("announce", "check", made.stdout.strip()).exit_code == 0


def test_the_example_feed_becomes_a_draft(run):
    words = ["--segment-name", "市税の納期限", "--as", "田中"]
    made = run("announce", "feed", EXAMPLES / "news.rss", *words)
    assert made.exit_code == 0, made.output
    status = json.loads(run("announce", "status", made.stdout.strip(), "--json").stdout)
    assert (status["state"], status["title"]) == ("draft", "冬の省エネ講座を開きます")


def test_the_worker_is_refused_without_line_and_beside_another(run, tmp_path, monkeypatch):
    assert "LINEの設定" in run("worker").stderr
    monkeypatch.setenv("LINE_CHANNEL_SECRET", "0" * 32)
    monkeypatch.setenv("LINE_CHANNEL_ACCESS_TOKEN", "token")
    with open_parts(Settings.from_env(), line=True, deliver=True):
        refused = run("worker")
    assert refused.exit_code == 1 and "1つだけ" in refused.stderr


def test_every_command_has_help(run):
    for words in (["announce"], ["announce", "template"], ["announce", "testers"]):
        shown = run(*words, "--help").stdout
        commands = shown.partition("コマンド:")[2].strip().splitlines()
        assert commands and all(len(line.split(None, 1)) == 2 for line in commands)
