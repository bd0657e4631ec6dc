"""`madoguchi train`: refits how sure the bot is, and shows what would change."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from bot.bench.evidence import gather
from bot.config import Settings
from bot.content.loader import load, read_files
from bot.content.sudachi import SudachiTokenizer
from bot.core import training
from bot.core.confidence import SHIPPED, Costs
from bot.core.training import Marked

_WEIGHTS = Path(training.__file__).with_name("confidence.json")
_UNSEEN = Path("tests/bench/unseen.tsv")  # of the source tree; left out where it is not there
_UNSEEN_CITY = "hachioji"
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHOWN = 200


@click.command()
@click.option("--marks", type=_FILE, help="職員の印（市のid、質問、正しい知識のidをタブで区切る）")
@click.option("--write", is_flag=True, help="新しい重みを書き込みます（書かないときは見るだけ）")
@click.option("--json", "as_json", is_flag=True, help="結果をJSONで出します")
def train(marks: Path | None, write: bool, as_json: bool) -> None:
    """自信の度合いを学び直し、前との違いを示します。"""
    directory = Settings.from_env(need_city=False).madoguchi_content_dir
    content = load(read_files(directory)).draft
    unseen = directory / _UNSEEN
    kept = _rows(unseen, _UNSEEN_CITY) if unseen.is_file() else []
    marked = gather(content, SudachiTokenizer(), kept, _rows(marks) if marks else [])
    costs = Costs()
    fresh = training.fit(marked)
    old = [training.with_calibration(each, SHIPPED) for each in marked]
    new = training.cross_validated(marked)
    figures = _figures(marked, old, new, costs)
    moved = training.changed(marked, fresh, costs)
    at_marks = [row for row in moved if row["source"] in ("marks", "unseen", "tests")]
    result = {"figures": figures, "changed": len(moved), "changed_marked": at_marks[:_SHOWN]}
    if write:
        made = {
            "from": "madoguchi train: checklist examples with their wording removed, held-out "
            "phrasings, tests of intents, unseen questions, messages out of scope, staff's marks",
            "figures": {source: row["new"] for source, row in figures.items()},
        }
        _WEIGHTS.write_text(training.weights_file(fresh, made), encoding="utf-8")
    result["written"] = write
    click.echo(json.dumps(result, ensure_ascii=False, indent=None if as_json else 2))


def _figures(
    marked: Sequence[Marked], old: Sequence[Any], new: Sequence[Any], costs: Costs
) -> dict[str, dict[str, dict[str, float]]]:
    """Old and new figures of each source and of all; the new ones are cross-validated."""
    sources = ("all", *dict.fromkeys(each.source for each in marked))
    found = {}
    for source in sources:
        places = [n for n, each in enumerate(marked) if source in ("all", each.source)]
        chosen = [marked[n] for n in places]
        found[source] = {
            "old": training.merit(chosen, [old[n] for n in places], costs),
            "new": training.merit(chosen, [new[n] for n in places], costs),
        }
    return found


def _rows(path: Path, city: str = "") -> list[tuple[str, str, str]]:
    """City, question and id of each line; lines of the unseen questions do not name the city."""
    found = []
    for number, line in enumerate(path.read_text("utf-8-sig").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [city, *line.split("\t")] if city else line.split("\t")
        if len(parts) != 3:
            raise click.UsageError(f"{path.name}の{number}行目がタブ区切りの3列になっていません。")
        found.append((parts[0], parts[1], parts[2].strip()))
    return found
