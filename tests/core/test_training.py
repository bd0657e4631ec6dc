import json
import random

import pytest

from bot.bench.chart import calibration_svg
from bot.core.confidence import SIGNALS, Costs, calibration
from bot.core.documents import Match, Ranking
from bot.core.training import (
    Marked,
    calibration_table,
    changed,
    cross_validated,
    fit,
    merit,
    weights_file,
    with_calibration,
)

SOME = (Match("a", 2.0), Match("b", 1.0))


def questions(count: int = 300) -> list[Marked]:
    """The larger the first signal, the likelier the first is right."""
    chance = random.Random(3)
    found = []
    for number in range(count):
        signal = chance.uniform(-3.0, 3.0)
        right = chance.random() < 1.0 / (1.0 + 2.718 ** (-2.0 * signal))
        vector = (signal, *(chance.random() for _ in SIGNALS[1:]))
        ranking = Ranking(SOME, 0.5, 0.5, 0.5, vector)
        found.append(Marked("tests", f"q{number}", ranking, right, right, right))
    return found


def test_a_fit_tells_likely_from_unlikely() -> None:
    marked = questions()
    rankings = cross_validated(marked)
    said = [r.top1 for r, each in zip(rankings, marked, strict=True) if each.first]
    wrong = [r.top1 for r, each in zip(rankings, marked, strict=True) if not each.first]
    assert sum(said) / len(said) > sum(wrong) / len(wrong) + 0.4
    assert merit(marked, rankings, Costs())["calibration_error"] < 0.1


def test_a_question_counts_as_much_as_its_weight() -> None:
    ranking = Ranking(SOME, 0.5, 0.5, 0.5, (0.0,) * len(SIGNALS))
    heavy = Marked("marks", "x", ranking, True, True, True, weight=90.0)
    light = Marked("marks", "y", ranking, False, False, True, weight=10.0)
    assert with_calibration(heavy, fit([heavy, light])).top1 == pytest.approx(0.9, abs=0.01)


def test_what_would_be_decided_otherwise_is_shown() -> None:
    marked = questions()
    rows = changed(marked, fit(marked), Costs())
    assert rows
    assert all(row["before"] != row["after"] for row in rows)


def test_a_written_file_is_read_back() -> None:
    marked = questions()
    fitted = fit(marked)
    text = weights_file(fitted, {"from": "a test"})
    again = with_calibration(marked[0], calibration(text)).top1
    assert again == pytest.approx(with_calibration(marked[0], fitted).top1, abs=0.01)
    assert json.loads(text)["made"] == {"from": "a test"}


def test_nothing_is_learned_from_nothing() -> None:
    with pytest.raises(ValueError, match="no ranked questions"):
        fit([])


def test_questions_for_one_item_are_measured_without_each_other() -> None:
    told = [
        Marked("tests", f"{n}", Ranking(SOME, 0.5, 0.5, 0.5, (1.0,) * len(SIGNALS)), *(item == "a",) * 3, item=item)
        for item in ("a", "b")
        for n in range(40)
    ]  # fmt: skip
    a = cross_validated(told)[0].top1
    assert a < 0.5  # everything learned from says that such a question is wrong


def test_the_table_of_a_calibration_counts_by_weight() -> None:
    heavy = Marked("marks", "x", Ranking(SOME, 0.9, 0.9, 0.9), True, True, True, weight=3.0)
    light = Marked("marks", "y", Ranking(SOME, 0.9, 0.9, 0.9), False, False, True, weight=1.0)
    table = calibration_table([heavy, light], [heavy.ranking, light.ranking])
    (row,) = table["bins"]
    assert (row["true"], row["messages"]) == (0.75, 4.0)
    assert table["ece"] == pytest.approx(0.15)
    assert calibration_svg(table).count("<circle") == 1
