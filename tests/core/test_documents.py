"""The values that the matcher gives back."""

from __future__ import annotations

from bot.core.documents import Match, Ranking

RANKING = Ranking((Match("a", 3.0), Match("b", 2.0), Match("c", 1.0)), 0.5, 0.5, 0.5)


def ids(ranking: Ranking) -> list[str]:
    return [match.id for match in ranking.matches]


def test_a_ranking_led_by_some_keeps_the_others_behind_them_and_every_score() -> None:
    led = RANKING.led_by("c", "a")
    assert ids(led) == ["c", "a", "b"]
    assert {match.id: match.score for match in led.matches} == {"a": 3.0, "b": 2.0, "c": 1.0}
    assert (led.top1, led.top3, led.in_scope) == (0.5, 0.5, 0.5)


def test_a_ranking_led_by_its_second_has_the_first_behind_it() -> None:
    assert ids(RANKING.led_by("b")) == ["b", "a", "c"]


def test_what_was_no_candidate_may_lead_with_a_score_of_nothing() -> None:
    assert RANKING.led_by("new").matches[0] == Match("new", 0.0)


def test_led_by_nothing_is_the_same() -> None:
    assert RANKING.led_by() == RANKING
