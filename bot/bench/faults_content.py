"""Faults of content: half-written files, two people who save the same file at the same moment."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bot.bench import hamlet
from bot.bench.ground import POSTGRESQL, SQLITE, Ground, Outcome
from bot.content.loader import content_paths
from bot.services.saving import digest_of
from bot.store import content_changes
from bot.store.database import open_database
from bot.store.migrate import migrate

_SEEN_S = 2.5  # changes are looked for every second, and taken once nobody writes
_RESTART_EVERY = 10
_PEOPLE = ("花子", "太郎")
_FILE = "knowledge/common/life.yaml"


def half_written(ground: Ground, trials: int) -> Outcome:
    """A content file cut off anywhere, as by an editor that dies: the good version answers on."""
    outcome = Outcome(trials, SQLITE)
    restarts = 0
    content = hamlet.build(ground.folder())
    files = [path for path in content_paths(content) if path.suffix == ".yaml"]
    with ground.town(SQLITE, content=content, city=hamlet.CITY) as town:
        web = town.web()
        for number in range(trials):
            path = ground.dice.choice(files)
            whole = path.read_bytes()
            path.write_bytes(whole[: ground.dice.randrange(1, len(whole))])
            town.busy(_SEEN_S, pause=0.2)
            if number % _RESTART_EVERY == _RESTART_EVERY - 1:
                town.kill(web)
                web = town.web()
                town.busy(0.5)
                restarts += 1
            outcome.expect(town.status("/readyz") == 200, "not ready with half a file")
            path.write_bytes(whole)
        town.end(outcome)
        said = town.log_path.read_text("utf-8", "replace")
    outcome.expect("content refused" in said, "no half file was noticed")
    outcome.expect(outcome.ends["unanswered"] == 0, "a question had no answer")
    outcome.notes["killed_with_half_a_file"] = restarts
    return outcome


def two_administrators(ground: Ground, trials: int) -> Outcome:
    """Two processes save the same file from the same version at once: one does, one is told."""
    outcome = Outcome(trials, POSTGRESQL)
    said: Counter[str] = Counter()
    content = ground.folder()
    (content / _FILE).parent.mkdir(parents=True)
    (content / "intents").mkdir()
    (content / _FILE).write_bytes(b"# 0\n")
    url = ground.url(POSTGRESQL, content)
    db = open_database(url, exclusive=False)
    migrate(db)
    with ExitStack() as stack:
        savers = {name: stack.enter_context(_saver(url, content, name)) for name in _PEOPLE}
        for number in range(trials):
            before = (content / _FILE).read_bytes()
            at = time.time() + 0.05
            answers = _save(savers, digest_of(before), f"{number}", at)
            said.update(answers.values())
            winners = [name for name, answer in answers.items() if answer == "saved"]
            outcome.expect(len(winners) == 1, f"saved at once by {len(winners)}")
            held = (content / _FILE).read_bytes().decode()
            outcome.expect(held in {_text(name, f"{number}") for name in winners}, "a torn file")
    with db.read() as connection:
        history = content_changes.history(connection, _FILE, limit=100_000)
    db.close()
    kept = sum(change.who in _PEOPLE for change in history)
    outcome.expect(kept == said["saved"], f"{said['saved']} saved, {kept} versions")
    outcome.notes |= dict(said)
    return outcome


def _text(name: str, number: str) -> str:
    return f"# {name} {number}\n" + "# 長い文\n" * 500


def _save(
    savers: dict[str, subprocess.Popen[str]], base: str, number: str, at: float
) -> dict[str, str]:
    for name, process in savers.items():
        order: dict[str, Any] = {"path": _FILE, "base": base, "at": at}
        assert process.stdin is not None
        process.stdin.write(json.dumps(order | {"text": _text(name, number)}) + "\n")
        process.stdin.flush()
    answers = {}
    for name, process in savers.items():
        assert process.stdout is not None
        answers[name] = process.stdout.readline().strip()
    return answers


def _saver(url: str, content: Path, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot.bench.saver", url, str(content), name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
