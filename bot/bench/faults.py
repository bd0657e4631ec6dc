"""`madoguchi bench faults`: everything that can break is broken, and the harm is counted.

Real processes, real databases, a stand-in for LINE. After each fault: nothing was sent twice,
every event was answered or recorded, nothing of a resident who left is there, and while nobody
was answered /readyz said so.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.bench import faults_content, faults_processes, faults_world
from bot.bench.ground import Ground, Outcome, ground, no_postgres

SEED = 20261121


@dataclass(frozen=True)
class Fault:
    """One way to break things. `title` is what operators read."""

    name: str
    title: str
    do: Callable[[Ground, int], Outcome]
    postgres: bool = False


FAULTS = (
    Fault("kill-sqlite", "プロセスをkill -9（SQLite）", faults_processes.kill_sqlite),
    Fault("kill-postgres", "Web・係をkill -9（PostgreSQL）", faults_processes.kill_postgres, True),
    Fault("kill-delivery", "配信の係をkill -9", faults_processes.kill_delivery),
    Fault("ten-workers", "10の係が1つのお知らせ、3つをkill -9", faults_processes.ten_workers, True),
    Fault("database-restart", "PostgreSQLの再起動", faults_processes.database_restarted, True),
    Fault("database-gone", "PostgreSQLがしばらくない", faults_processes.database_gone, True),
    Fault("clock", "時計がとぶ（±1時間）", faults_processes.clock_jumps, True),
    Fault("disk-full", "ディスクがいっぱい", faults_world.disk_full),
    Fault("line-fails", "LINEの429・500・切断", faults_world.line_fails),
    Fault("line-silent", "LINEが答えない（時間切れ）", faults_world.line_silent),
    Fault("line-gone", "LINEにつながらない（返信）", faults_world.line_gone),
    Fault("line-hour", "LINEに1時間つながらない（配信）", faults_world.line_gone_an_hour, True),
    Fault("half-written", "内容が書きかけ", faults_content.half_written),
    Fault("two-admins", "2人が同時に保存", faults_content.two_administrators, True),
    Fault("redelivered", "同じイベントの再送", faults_world.redelivered, True),
    Fault("peak", "災害の集中（20倍を2分）", faults_world.peak),
)


def run(
    trials: int = 30,
    only: Sequence[str] = (),
    outage: float = 20.0,
    tell: Callable[[dict[str, Any]], None] = lambda _result: None,
) -> dict[str, Any]:
    """Every fault (or `only` those named) `trials` times or a share of it; `tell` hears of each.

    `outage` is how many seconds a database stays away. `good` is whether nothing was wrong.
    """
    lacking = no_postgres()
    results = []
    with ground(SEED, outage) as here:
        for fault in FAULTS:
            if only and fault.name not in only:
                continue
            if fault.postgres and lacking:
                result: dict[str, Any] = {"name": fault.name, "left_out": lacking}
            else:
                result = _try(fault, here, trials)
            results.append(result)
            tell(result)
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "seed": SEED,
        "faults": results,
        "good": not any(result.get("wrong") for result in results),
    }


def _try(fault: Fault, here: Ground, trials: int) -> dict[str, Any]:
    began = time.monotonic()
    try:
        outcome = fault.do(here, trials)
    except Exception as error:  # the next fault is tried all the same
        outcome = Outcome(trials, "", wrong=[f"{type(error).__name__}: {error}"])
    result = {"name": fault.name, "title": fault.title, **asdict(outcome)}
    # Thousands of times the same mistake is one line with its number.
    result["wrong"] = outcome.wrong[:20]
    result["wrong_count"] = len(outcome.wrong)
    return result | {"ends": dict(outcome.ends), "seconds": round(time.monotonic() - began, 1)}


def table(result: dict[str, Any]) -> str:
    """The results as a table for people (Markdown)."""
    lines = [
        "| 故障 | 試した回数 | イベント | 終わり方 | まちがい |",
        "| --- | --- | --- | --- | --- |",
    ]
    for each in result["faults"]:
        if "left_out" in each:
            lines.append(
                f"| {each['name']} | — | — | {each['left_out']} がないので試していない | — |"
            )
            continue
        ends = "・".join(f"{_ENDS.get(name, name)} {n}" for name, n in sorted(each["ends"].items()))
        lines.append(
            f"| {each['title']} | {each['trials']} | {each['events'] or '—'} | {ends or '—'} "
            f"| {each['wrong_count']} |"
        )
    return "\n".join(lines)


_ENDS = {
    "replied": "返信",
    "unanswered": "答えられず（記録）",
    "maybe_sent": "届いたか不明（記録）",
    "ignored": "返信のいらないもの",
    "erased": "消去",
}
