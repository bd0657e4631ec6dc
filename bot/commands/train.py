"""`madoguchi train`: refits how sure the bot is, and shows what would change."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from bot.bench import dangers
from bot.bench.chart import calibration_svg
from bot.bench.evidence import candidates, gather
from bot.commands.environment import of_content
from bot.content.loader import load, read_files
from bot.content.sudachi import SudachiTokenizer
from bot.core import danger_training, kana_language, priors_training, training
from bot.core.confidence import SHIPPED, Costs
from bot.core.dialect import standard
from bot.core.knowledge import Content
from bot.core.priors_training import Listed
from bot.core.text import fold, sentences
from bot.core.tokens import Tokenize
from bot.core.training import Marked
from bot.services.library import documents

_WEIGHTS = Path(training.__file__).with_name("confidence.json")
_PRIORS = Path(training.__file__).with_name("priors.json")
_KANA = Path(training.__file__).with_name("kana.json")
_DANGER = Path(training.__file__).with_name("danger.json")
_ASKED, _TOLD = 2, 1  # a phrasing runs on as residents do, an answer as offices do
# Of the source tree; left out where they are not there.
_UNSEEN = Path("tests/bench/unseen.tsv")
_UNSEEN_CITY = "hachioji"
_RESIDENTS = Path("tests/bench/residents.tsv")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHOWN = 200


@click.command()
@click.option("--marks", type=_FILE, help="職員の印（市のid、質問、正しい知識のidをタブで区切る）")
@click.option(
    "--priors", is_flag=True, help="自信の度合いではなく、どの種類の答えを先に出すかを学びます"
)
@click.option(
    "--kana", is_flag=True, help="ひらがなだけの質問の読み方（言葉のつながり）を内容から学びます"
)
@click.option(
    "--danger", is_flag=True, help="signs にない危険の言い方を、内容と tests/bench から学びます"
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="自信と正答率の図（SVG）を書き出します",
)
@click.option("--write", is_flag=True, help="新しい重みを書き込みます（書かないときは見るだけ）")
@click.option("--json", "as_json", is_flag=True, help="結果をJSONで出します")
def train(
    marks: Path | None,
    priors: bool,
    kana: bool,
    danger: bool,
    plot: Path | None,
    write: bool,
    as_json: bool,
) -> None:
    """自信の度合いを学び直し、前との違いを示します。"""
    if plot and (priors or kana or danger):
        raise click.UsageError("--plot は --priors・--kana・--danger といっしょには使えません。")
    directory = of_content().madoguchi_content_dir
    content = load(read_files(directory)).draft
    kept, marked = _unseen(directory), _rows(marks) if marks else []
    tokenizer = SudachiTokenizer()
    if kana:
        result = _learn_kana(content, tokenizer, write)
    elif danger:
        result = _learn_danger(content, tokenizer, kept, directory / dangers.TEXTS, write)
    elif priors:
        result = _train_priors(candidates(content, tokenizer, kept, marked), write)
    else:
        result = _train_confidence(gather(content, tokenizer, kept, marked), write, plot)
    result["written"] = write
    click.echo(json.dumps(result, ensure_ascii=False, indent=None if as_json else 2))


def _learn_kana(content: Content, tokenize: Tokenize, write: bool) -> dict[str, Any]:
    """How Japanese runs on, from all that residents ask and the bot says; no other text."""
    weights: dict[str, int] = {}
    for city in content.cities:
        for document in documents(content, city):
            for text in sentences(fold(document.answer)):
                weights.setdefault(standard(text), _TOLD)
            for text in (document.title, *document.questions):
                weights[standard(fold(text))] = _ASKED
    made = "madoguchi train --kana: phrasings (counted twice) and answers of all cities"
    texts = ((tokenize(text), weight) for text, weight in weights.items())
    model = kana_language.learn(texts, made)
    if write:
        _KANA.write_text(model, encoding="utf-8")
    return {"texts": len(weights), "readings": len(kana_language.read_language(model).words)}


def _learn_danger(
    content: Content,
    tokenize: Tokenize,
    unseen: Sequence[tuple[str, str, str]],
    texts: Path,
    write: bool,
) -> dict[str, Any]:
    """How danger is worded where no sign stands, against all that residents ask."""
    listed = dangers.read_texts(texts) if texts.is_file() else []
    told = dangers.told(content, tokenize, unseen, listed)
    weights, figures = danger_training.fit(told)
    if write:
        made = {
            "from": "madoguchi train --danger: tests and calm_tests of the emergencies, "
            "tests/bench/dangers.tsv, residents' questions without those in which the signs see "
            "danger, phrasings of all cities, messages out of scope; each also by its reading; "
            "cross-validated by what is asked for",
            "figures": figures,
        }
        _DANGER.write_text(danger_training.weights_file(weights, made), encoding="utf-8")
    return {"figures": figures, "grams": len(weights.grams)}


def _train_priors(asked: Sequence[Listed], write: bool) -> dict[str, Any]:
    """Which kind of answer a kind of question wants. Refit the confidence afterwards."""
    fresh = priors_training.fit(asked)
    figures = priors_training.merit(asked)
    if write:
        made = {
            "from": "madoguchi train --priors: ListNet with L2 towards nothing added, over "
            "checklist examples with their wording removed, held-out phrasings, unseen questions "
            "and tests of intents; cross-validated by what is asked for",
            "figures": figures,
        }
        _PRIORS.write_text(priors_training.priors_file(fresh, made), encoding="utf-8")
    return {
        "figures": figures,
        "tests_failing": priors_training.failing(asked, fresh, "tests"),
        "unseen_not_first": priors_training.failing(asked, fresh, "unseen"),
    }


def _train_confidence(marked: Sequence[Marked], write: bool, plot: Path | None) -> dict[str, Any]:
    costs = Costs()
    fresh = training.fit(marked)
    old = [training.with_calibration(each, SHIPPED) for each in marked]
    new = training.cross_validated(marked)
    figures = _figures(marked, old, new, costs)
    moved = training.changed(marked, fresh, costs)
    at_marks = [row for row in moved if row["source"] in ("marks", "unseen", "tests")]
    if plot:
        table = training.calibration_table(marked, new)
        plot.write_text(calibration_svg(table), encoding="utf-8")
    if write:
        made = {
            "from": "madoguchi train: checklist examples with their wording removed, held-out "
            "phrasings, tests of intents, unseen questions, messages out of scope, staff's marks",
            "figures": {source: row["new"] for source, row in figures.items()},
        }
        _WEIGHTS.write_text(training.weights_file(fresh, made), encoding="utf-8")
    return {"figures": figures, "changed": len(moved), "changed_marked": at_marks[:_SHOWN]}


def _unseen(directory: Path) -> list[tuple[str, str, str]]:
    """City, question and ids of the unseen questions that lie in the source tree."""
    found = []
    if (directory / _UNSEEN).is_file():
        found += _rows(directory / _UNSEEN, _UNSEEN_CITY)
    if (directory / _RESIDENTS).is_file():
        found += [(city, text, ids) for text, city, ids in _rows(directory / _RESIDENTS)]
    return found


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
