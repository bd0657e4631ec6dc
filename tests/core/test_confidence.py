import json

import numpy as np
import pytest

from bot.core.confidence import (
    SHIPPED,
    SIGNALS,
    Costs,
    calibration,
    decide,
    expected_costs,
    probabilities,
    reasons,
)
from bot.core.matching import Match, Ranking

SOME = (Match("a", 2.0), Match("b", 1.0), Match("c", 0.5))


def test_a_sure_first_is_answered() -> None:
    assert decide(Ranking(SOME, 0.98, 0.99, 0.99), Costs()) == "answer"


def test_a_likely_three_are_offered() -> None:
    assert decide(Ranking(SOME, 0.5, 0.9, 0.95), Costs()) == "choices"


def test_what_is_out_of_scope_is_neither_answered_nor_offered() -> None:
    assert decide(Ranking(SOME, 0.02, 0.05, 0.05), Costs()) == "fallback"


def test_nothing_found_is_a_fallback() -> None:
    assert decide(Ranking((), 0.0, 0.0, 0.0), Costs()) == "fallback"


def test_dearer_wrong_answers_need_more_certainty() -> None:
    ranking = Ranking(SOME, 0.85, 0.95, 1.0)
    assert decide(ranking, Costs(wrong_answer=5)) == "answer"
    assert decide(ranking, Costs(wrong_answer=50)) == "choices"


def test_costs_are_expectations() -> None:
    expected = expected_costs(Ranking(SOME, 0.9, 0.95, 1.0), Costs())
    assert expected["answer"] == pytest.approx(1.0)
    assert expected["choices"] == pytest.approx(0.95 * 2 + 0.05 * 5)
    assert expected["fallback"] == pytest.approx(4.0)


def test_probabilities_are_ordered_and_bounded() -> None:
    for value in (-1e9, 0.0, 1e9):
        top1, top3, scope = probabilities(np.full(len(SIGNALS), value))
        assert 0.0 <= top1 <= top3 <= 1.0
        assert top1 <= scope <= 1.0


def test_a_weights_file_for_other_signals_is_refused() -> None:
    data = {"signals": ["x"], "mean": [], "deviation": [], "coefficients": [], "intercepts": []}
    with pytest.raises(ValueError, match="other signals"):
        calibration(json.dumps(data))
    assert SHIPPED.coefficients.shape == (3, len(SIGNALS))


def test_the_reasons_add_up_to_the_distance_from_the_usual_question() -> None:
    vector = SHIPPED.mean + SHIPPED.deviation
    told = reasons(vector)
    assert sum(value for _, value in told) == pytest.approx(SHIPPED.coefficients[0].sum())
    assert [abs(value) for _, value in told] == sorted((abs(v) for _, v in told), reverse=True)


def test_probabilities_are_those_of_the_regressions_written_out() -> None:
    vector = np.linspace(-2.0, 3.0, len(SIGNALS))
    logits = SHIPPED.coefficients @ ((vector - SHIPPED.mean) / SHIPPED.deviation)
    top1, top3, scope = 1.0 / (1.0 + np.exp(-(logits + SHIPPED.intercepts)))
    expected = (top1, max(top1, top3), max(top1, scope))
    assert np.allclose(probabilities(vector.tolist()), expected)
