"""Danger is recognised in any wording, and everyday questions raise no alarm."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.loader import Loaded
from bot.core.emergency import Lookout
from bot.core.knowledge import Emergency

FIRE = Emergency(
    id="fire",
    title="火事",
    signs=("家|部屋|カーテン 燃え", "火事"),
    calm=("火事の保険", "火事にそなえ", "燃えるごみ"),
    answer="119",
    phones=(),
)
FALL = Emergency("fall", "急病", ("倒れ 母|父",), (), "119", ())

_TEXTS = Path(__file__).parents[1] / "bench" / "dangers.tsv"
_ROWS = [line.split("\t") for line in _TEXTS.read_text("utf-8").splitlines() if line[0] != "#"]
DANGERS = [text for text, kind in _ROWS if kind == "signs"]
EVERYDAY = [text for text, kind in _ROWS if kind == "calm"]


@pytest.fixture(scope="session")
def lookout(shipped: Loaded) -> Lookout:
    """The shipped signs, made ready once: making them takes far longer than looking."""
    return Lookout(shipped.draft.emergencies)


def found(text: str, *emergencies: Emergency) -> list[str]:
    return seen(text, Lookout(emergencies or (FIRE, FALL)))


def seen(text: str, lookout: Lookout) -> list[str]:
    return [each.id for each in lookout.find(text)]


@pytest.mark.parametrize(
    "text", ["火事です", "かじだ", "カ ジ", "カーテンが燃えています", "家、燃えた", "火 事", "ｶｼﾞ"]
)
def test_a_sign_is_found_in_any_spelling(text: str) -> None:
    kana = Emergency("fire", "火事", ("火事|かじ", *FIRE.signs), FIRE.calm, "119", ())
    assert found(text, kana) == ["fire"]


def test_every_group_of_a_sign_is_needed() -> None:
    assert found("父が倒れた") == ["fall"]
    assert found("木が倒れた") == []


def test_calm_words_are_taken_out_first() -> None:
    assert found("火事の保険に入りたい") == []
    assert found("燃えるごみを家の前に出す") == []


def test_danger_beside_calm_words_is_still_found() -> None:
    assert found("火事です。火事の保険は使えますか") == ["fire"]


def test_several_dangers_come_in_their_order() -> None:
    assert found("母が倒れた。火事だ") == ["fire", "fall"]


@pytest.mark.parametrize("words", ["", "　", "・", "|"])
def test_an_empty_sign_or_calm_word_changes_nothing(words: str) -> None:
    odd = Emergency("odd", "", (words, "火事"), (words,), "119", ())
    assert found("火事です", odd) == ["odd"]
    assert found("こんにちは", odd) == []


@given(st.text())
def test_any_text_is_looked_at_without_an_error(text: str) -> None:
    Lookout((FIRE, FALL)).find(text)


def test_nothing_said_is_no_danger() -> None:
    assert found("") == []


@pytest.mark.parametrize("text", DANGERS)
def test_shipped_signs_recognise_danger(lookout: Lookout, text: str) -> None:
    assert seen(text, lookout)


@pytest.mark.parametrize("text", EVERYDAY)
def test_shipped_signs_leave_everyday_questions_alone(lookout: Lookout, text: str) -> None:
    assert seen(text, lookout) == []


def test_no_calm_test_of_one_danger_raises_another(shipped: Loaded, lookout: Lookout) -> None:
    dangers = shipped.draft.emergencies
    tests = {text for danger in dangers for text in danger.calm_tests}
    assert {text: seen(text, lookout) for text in tests if seen(text, lookout)} == {}
    assert len(tests) > 50


def test_each_test_line_raises_its_own_danger(shipped: Loaded, lookout: Lookout) -> None:
    dangers = [danger for danger in shipped.draft.emergencies if not danger.learned]
    missed = [(d.id, t) for d in dangers for t in d.tests if d.id not in seen(t, lookout)]
    assert missed == []


def test_no_shipped_question_is_taken_for_danger(shipped: Loaded, lookout: Lookout) -> None:
    """Only what is about danger itself may bring the card before its answer."""
    entries = shipped.draft.entries.values()
    asked = {q: e.id for e in entries for q in e.questions if seen(q, lookout)}
    assert {item: q for q, item in asked.items() if item not in ABOUT_DANGER} == {}


ABOUT_DANGER = {"common-cybercrime", "hachioji-dementia-gps", "hachioji-evac-route"}


def test_a_calm_word_beside_another_takes_only_itself_away() -> None:
    lookout = Lookout([replace(FIRE, signs=("助けて", "燃え"), calm=("宿題|書類 助けて",))])
    assert not lookout.find("宿題がむずかしい助けて")
    assert not lookout.find("助けて、宿題が")
    assert lookout.find("書類が燃えた助けて")
    assert lookout.find("書類を書いていたら急に暗くなって足もとが揺れた助けて")


def test_a_particle_after_a_kanji_may_be_missing() -> None:
    lookout = Lookout([replace(FIRE, signs=("首を絞め", "煙が出"), calm=("首を絞める練習",))])
    assert lookout.find("夫に首絞められた")
    assert lookout.find("煙出てる")
    assert not lookout.find("柔道で首絞める練習")
