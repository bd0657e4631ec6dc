"""Dangers and harmless texts that nothing was learned from or mended by: what each is answered.

A labelled set of its own (dangers_unseen.tsv). The floors are below the figures in docs/quality.md,
so that a change which loses danger, or cries wolf, is seen.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.bench.dangers import read_texts
from bot.core.replies import Card, Text
from bot.services.answering import Spoken, speak
from bot.services.library import Library
from tests.conftest import NOW

UNSEEN = Path(__file__).with_name("dangers_unseen.tsv")


@pytest.fixture(scope="module")
def answered(library: Library) -> list[tuple[str, Spoken]]:
    """The kind of danger ("-" for none) of each text, and what was said to it."""
    view = library.view("hachioji")
    return [(kind, speak(view, text, None, NOW)) for text, kind in read_texts(UNSEEN)]


def has_card(spoken: Spoken) -> bool:
    first = spoken.turn.reply.parts[0]
    return isinstance(first, Card) and first.tone == "emergency"


def has_line(spoken: Spoken, library: Library) -> bool:
    line = library.view("hachioji").wording("ja").say("danger_line")
    return Text(line) in spoken.turn.reply.parts


def test_unseen_danger_is_answered_as_danger(
    answered: list[tuple[str, Spoken]], library: Library
) -> None:
    dangers = [spoken for kind, spoken in answered if kind != "-"]
    cards = sum(map(has_card, dangers))
    lines = sum(has_line(spoken, library) for spoken in dangers)
    assert len(dangers) == 80
    assert cards >= 71
    assert cards + lines >= 76


def test_unseen_harmless_texts_are_left_in_peace(
    answered: list[tuple[str, Spoken]], library: Library
) -> None:
    harmless = [spoken for kind, spoken in answered if kind == "-"]
    assert len(harmless) == 148
    assert sum(map(has_card, harmless)) <= 12
    assert sum(has_line(spoken, library) for spoken in harmless) <= 15


def test_nothing_is_learned_from_what_was_kept_unseen(library: Library) -> None:
    learned = {text for text, _ in read_texts(UNSEEN.with_name("dangers.tsv"))}
    for danger in library.content.emergencies:
        learned.update(danger.tests, danger.calm_tests)
    assert learned.isdisjoint(text for text, _ in read_texts(UNSEEN))


def test_the_shipped_weights_were_made_within_what_residents_are_promised(repository: Path) -> None:
    """Cross-validated: three cards and fifteen lines in a thousand questions to the city."""
    made = json.loads((repository / "bot/core/danger.json").read_text("utf-8"))["made"]
    assert made["figures"]["residents"]["card"] <= 0.003
    assert made["figures"]["residents"]["card_or_line"] <= 0.015
    assert made["figures"]["danger"]["card_or_line"] >= 0.8
