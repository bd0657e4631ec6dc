"""The preferences of kinds are learned from marked candidates, and written so that they can be read."""

from __future__ import annotations

import numpy as np
import pytest

from bot.core.priors import KINDS, prior_scores, question_types, read_priors
from bot.core.priors_training import Listed, failing, fit, listed, merit, priors_file
from bot.core.scoring import FEATURES

OWN, TERM = KINDS.index("own"), KINDS.index("term")
MEANING, OTHER = "プッシュ型って何?", "プッシュ型はいつから?"


def question(number: int, text: str, right: int, source: str = "examples") -> Listed:
    """Two candidates that look alike: the city's own entry and the glossary's."""
    features = np.tile(np.linspace(0.2, 0.4, len(FEATURES)), (2, 1))
    kinds = np.array([OWN, TERM], np.int8)
    return listed(
        source, f"item-{number}", text, text, features, np.array([0.5, 0.5]), kinds,
        [place == right for place in range(2)], 1.0,
    )  # fmt: skip


QUESTIONS = [
    question(number, MEANING if number % 2 else OTHER, 1 if number % 2 else 0)
    for number in range(60)
]


def test_a_question_for_a_meaning_learns_to_want_the_term() -> None:
    priors = fit(QUESTIONS)
    wanted = priors.kinds @ question_types(MEANING)
    assert wanted[TERM] > wanted[OWN]
    assert (priors.kinds @ question_types(OTHER))[OWN] > (priors.kinds @ question_types(OTHER))[
        TERM
    ]


def test_the_figures_compare_the_plain_order_with_questions_not_fitted_on() -> None:
    figures = merit(QUESTIONS)["examples"]
    assert figures["questions"] == 60
    assert figures["plain_first"] == 0.5
    assert figures["fitted_first"] == 1.0
    assert figures["plain_three"] == 1.0


def test_the_file_gives_back_the_same_order() -> None:
    priors = fit(QUESTIONS)
    read = read_priors(priors_file(priors, {"from": "a test"}))
    assert np.allclose(read.kinds, priors.kinds, atol=1e-3)
    features = np.tile(np.linspace(0.2, 0.4, len(FEATURES)), (2, 1))
    kinds = np.array([OWN, TERM], np.int8)
    scores = prior_scores(kinds, MEANING, features, np.array([0.5, 0.5]), read)
    assert scores[1] > scores[0]


def test_a_test_that_the_fit_gets_wrong_is_named() -> None:
    odd = question(99, MEANING, 0, "tests")
    assert failing([*QUESTIONS, odd], fit([*QUESTIONS, odd]), "tests") == [MEANING]
    assert failing(QUESTIONS, fit(QUESTIONS), "examples") == []


def test_without_a_right_candidate_there_is_nothing_to_learn() -> None:
    with pytest.raises(ValueError, match="right candidate"):
        fit([question(1, MEANING, 5)])
