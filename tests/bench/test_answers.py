"""Guards answer quality on the shipped content: unseen questions, and messages out of scope."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot.bench.answers import OUTSIDE, ask, calibration_table, figures, outside_figures, run
from bot.bench.chart import calibration_svg
from bot.content.loader import load, read_files
from bot.core.index import Index, build_index
from bot.core.matching import Document
from bot.services.library import documents
from tests.core.knowledge import DOCUMENTS, LEXICON, TOKENIZE

UNSEEN = Path(__file__).with_name("unseen.tsv")


def lines(path: Path) -> list[str]:
    return [raw for raw in path.read_text("utf-8").splitlines() if raw and not raw.startswith("#")]


@pytest.fixture(scope="module")
def hachioji(repository: Path) -> Index:
    content = load(read_files(repository)).draft
    return build_index(documents(content, "hachioji"), content.lexicon, TOKENIZE)


def test_unseen_questions_are_answered_well(hachioji: Index) -> None:
    pairs = [raw.split("\t") for raw in lines(UNSEEN)]
    asked = [ask(hachioji, text, expected, "", TOKENIZE) for text, expected in pairs]
    found = figures(asked)
    assert found["first_right"] >= 0.85
    assert found["three_right"] >= 0.93
    assert found["answered_wrong"] <= 0.05


def test_messages_out_of_scope_get_no_sure_answer(hachioji: Index) -> None:
    asked = [ask(hachioji, text, "", "", TOKENIZE) for text in lines(OUTSIDE)]
    assert outside_figures(asked)["not_answered"] >= 0.93


def test_a_run_reports_every_city_topic_and_the_calibration() -> None:
    result = run({"town": DOCUMENTS}, LEXICON, {"child": "child"}, TOKENIZE, folds=2)
    assert result["cities"]["town"]["questions"] == result["all"]["questions"] > 5
    assert set(result["topics"]) == {"child", "intent"}
    bins = result["calibration"]["bins"]
    assert sum(row["messages"] for row in bins) == (
        result["all"]["questions"] + result["all"]["outside"]["messages"]
    )


def test_a_held_out_phrasing_is_not_in_the_index_that_is_asked() -> None:
    only = (Document("a", "題", ("むずかしい言い方",), ""), Document("b", "別", ("ちがう話",), ""))
    result = run({"town": only}, (), {}, TOKENIZE, folds=1)
    assert result["all"]["answered_right"] == 0.0


def test_no_questions_give_empty_figures() -> None:
    assert figures([])["questions"] == 0
    assert calibration_table([]) == {"ece": 0.0, "bins": []}


def test_the_calibration_plot_is_well_formed() -> None:
    table = {"ece": 0.01, "bins": [{"said": 0.9, "true": 0.8, "messages": 5}]}
    root = ElementTree.fromstring(calibration_svg(table))
    assert len(root.findall("{http://www.w3.org/2000/svg}circle")) == 1
