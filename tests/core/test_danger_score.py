"""A learned score hears danger by its wording; what is done about it follows from costs alone."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import danger_training
from bot.core.danger_score import (
    SHIPPED,
    DangerCosts,
    DangerWeights,
    danger_level,
    danger_ratio,
    read_weights,
    telling_parts,
    wording_score,
)
from bot.core.danger_training import Told, fit, weights_file

DANGER, ASKED = "階段の下で祖父がうごかない", "住民票の写しがほしい"
# One gram tells everything; the score is its weight over the root of the number of grams.
WEIGHTS = DangerWeights({"うごか": 50.0}, -4.0, wording=1.0, scope=-0.5, added=0.0)


def level(text: str, in_scope: float, costs: DangerCosts | None = None) -> str:
    return danger_level(text, lambda: in_scope, costs, WEIGHTS)


def test_danger_gets_the_card_and_a_question_nothing() -> None:
    assert level(DANGER, 0.01) == "card"
    assert level(ASKED, 0.01) == "none"


def test_what_the_city_is_likely_asked_gets_the_line_only() -> None:
    assert level(DANGER, 0.99) == "line"


def test_the_matcher_is_not_asked_about_what_is_plainly_harmless() -> None:
    def never() -> float:
        raise AssertionError("the matcher was asked")

    assert danger_level(ASKED, never, None, WEIGHTS) == "none"


def test_kana_and_blanks_change_nothing() -> None:
    assert wording_score("ウゴカ ナイ", WEIGHTS) == wording_score("うごかない", WEIGHTS)


def test_one_dangerous_sentence_is_heard_among_polite_ones() -> None:
    polite = "お世話になります。いつもありがとうございます。"
    assert wording_score(f"{polite}{DANGER}。よろしくお願いします。", WEIGHTS) == pytest.approx(
        wording_score(f"{DANGER}。", WEIGHTS)
    )


@pytest.mark.parametrize(
    ("dearer", "threshold", "sign"),
    [
        ("false_card", "card_from", 1),
        ("line_only", "card_from", -1),
        ("false_line", "line_from", 1),
        ("unseen", "line_from", -1),
    ],
)
def test_thresholds_follow_from_the_costs(dearer: str, threshold: str, sign: int) -> None:
    costs = DangerCosts()
    changed = replace(costs, **{dearer: getattr(costs, dearer) * 2})
    assert sign * (getattr(changed, threshold) - getattr(costs, threshold)) > 0


def test_rarer_danger_needs_more_to_be_believed() -> None:
    rare, common = DangerCosts(share=0.0002), DangerCosts(share=0.02)
    assert rare.line_from > common.line_from
    assert rare.card_from > common.card_from
    assert DangerCosts().line_from < DangerCosts().card_from < inf


@given(st.text())
def test_any_text_is_scored_without_an_error(text: str) -> None:
    assert danger_ratio(wording_score(text), 0.5) < inf
    assert telling_parts(text) is not None


def test_the_telling_part_is_named() -> None:
    assert telling_parts(DANGER, WEIGHTS) == ["うごか"]
    assert telling_parts(ASKED, WEIGHTS) == []


def test_the_shipped_score_leans_the_right_way() -> None:
    assert wording_score("子どもが息をしてない") > wording_score("子どもの保険証がほしい") + 3
    assert len(SHIPPED.grams) > 1000
    assert SHIPPED.scope < 0 < SHIPPED.wording


@pytest.mark.parametrize("text", ["{}", '{"grams": {}, "intercept": "a"}', "x"])
def test_a_broken_weights_file_is_refused(text: str) -> None:
    with pytest.raises((KeyError, ValueError)):
        read_weights(text)


TOLD = [
    *(Told(f"{who}が{how}", "danger", in_scope=0.1)
      for who in "父母兄姉弟妹孫" for how in ("動かない", "息をしない", "倒れたまま動かない")),
    *(Told(f"{who}の{what}がほしい", source, in_scope=0.9)
      for source, every in (("residents", "父母兄姉"), ("calm", "弟妹孫"))
      for who in every for what in ("住民票", "戸籍", "証明書", "保険証")),
]  # fmt: skip


def test_what_is_learned_tells_danger_from_questions_and_can_be_read_again() -> None:
    weights, figures = fit(TOLD)
    text = weights_file(weights, {"figures": figures})
    read = read_weights(text)
    assert wording_score("祖母が動かない", read) > 0 > wording_score("祖母の戸籍がほしい", read)
    assert read.scope < 0
    assert json.loads(text)["made"]["figures"]["danger"]["texts"] == 21
    assert weights_file(fit(TOLD)[0], {"figures": figures}) == text  # the same every time


def test_one_kind_of_text_alone_teaches_nothing() -> None:
    with pytest.raises(ValueError, match="needed"):
        fit(TOLD[:21])


def test_texts_about_one_thing_are_never_learned_from_and_judged_at_once() -> None:
    folds = danger_training._folds([Told("あ", "calm", group="a"), Told("い", "calm", group="a")])
    assert len(set(folds.tolist())) == 1
